//! Options of the source: how to reach the Akamai API, and the limits for calling it.

use crate::domain::secret::Secret;
use std::path::PathBuf;
use std::time::Duration;

/// Everything the source needs besides the credentials themselves.
#[derive(Debug, Clone)]
pub struct SourceOptions {
    /// The `.edgerc` file.
    pub edgerc: PathBuf,
    /// Section of that file; `None` means the customer's name.
    pub section: Option<String>,
    /// The section was named by an environment variable, which may be meant for another program.
    pub section_from_environment: bool,
    /// Account switch key that overrides the section's own.
    pub account_key: Option<Secret>,
    /// Alternative address of the API: `http://127.0.0.1:PORT` (loopback only) or the section's own host.
    pub host: Option<String>,
    /// Timeout of one attempt (default 20 s).
    pub timeout: Duration,
}

/// The limits for calls to one customer's account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiLimits {
    /// Calls per minute, evenly spaced; `None` leaves the pace to the API's limit.
    pub rate: Option<u32>,
    /// Total attempts, retries included; `None` means no limit.
    pub budget: Option<u64>,
    /// Attempts of the budget that were made elsewhere: for the customers before this one.
    pub spent: u64,
    /// Concurrent calls.
    pub concurrency: usize,
    /// Attempts per call.
    pub tries: u32,
    /// A person waits for the answer. A failing API is then retried for no longer than the timeout of one attempt.
    pub waited_for: bool,
    /// How long a call may wait for a burst block to end, which takes at least a minute. Zero reports the block at
    /// once.
    pub burst_wait_max: Duration,
    /// Longest wait that the API may ask for. Beyond it the call fails and names the wait.
    pub longest_wait: Duration,
}

impl Default for ApiLimits {
    fn default() -> Self {
        Self {
            rate: None,
            budget: None,
            spent: 0,
            concurrency: 4,
            tries: 10,
            waited_for: false,
            burst_wait_max: Duration::ZERO,
            longest_wait: Duration::from_mins(5),
        }
    }
}

/// Times that tests shorten.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tuning {
    /// First wait before a retry. Each further wait is twice as long.
    pub first_delay: Duration,
    /// Longest wait before a retry if the API asks for none.
    pub longest_delay: Duration,
    /// Longest wait that the API may ask for. The operator's limit may lower it.
    pub longest_wait: Duration,
    /// Retry budget of a call that gets no response, in time.
    pub unreachable_timeout: Duration,
    /// Retry budget if no connection can be opened at all: refused, or the name has no address.
    pub unconnected_timeout: Duration,
    /// How long no call is made after too many failures or a burst block.
    pub cooldown: Duration,
    /// Consecutive failed calls that open the circuit.
    pub failures: u32,
}

impl Default for Tuning {
    fn default() -> Self {
        Self {
            first_delay: Duration::from_secs(1),
            longest_delay: Duration::from_secs(30),
            longest_wait: Duration::from_mins(5),
            unreachable_timeout: Duration::from_secs(30),
            unconnected_timeout: Duration::from_secs(8),
            cooldown: Duration::from_mins(1),
            failures: 5,
        }
    }
}
