//! How the Akamai API is reached, and the limits for calling it.

use crate::domain::secret::Secret;
use std::path::PathBuf;
use std::time::Duration;

/// Everything the source needs to know besides the credentials themselves.
#[derive(Debug, Clone)]
pub struct Options {
    /// The `.edgerc` file.
    pub edgerc: PathBuf,
    /// Section of that file; `None` is the customer's name.
    pub section: Option<String>,
    /// The section was named by the environment, where it may be meant for another program.
    pub section_from_environment: bool,
    /// Account switch key that overrides the section's own.
    pub account_key: Option<Secret>,
    /// Another address for the API: `http://127.0.0.1:PORT` (loopback only) or the section's own host.
    pub host: Option<String>,
    /// Limit of one attempt (default 20 s).
    pub timeout: Duration,
}

/// The limits for calls to one customer's account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiLimits {
    /// Calls a minute, evenly spaced; `None` leaves it to the API's own limit.
    pub rate: Option<u32>,
    /// Attempts in all, retries included; `None` is any number.
    pub budget: Option<u64>,
    /// Calls under way at once.
    pub concurrency: usize,
    /// Attempts for one call.
    pub tries: u32,
    /// A person waits for the answer: a failing API is retried for as long as one attempt may take, and no
    /// longer.
    pub waited_for: bool,
    /// How long a call may wait for a burst block to end; a block lasts a minute at least. Zero
    /// reports the block at once.
    pub burst_wait_max: Duration,
    /// The longest wait that the API may ask for; beyond it the call fails and says so.
    pub longest_wait: Duration,
}

impl Default for ApiLimits {
    fn default() -> Self {
        Self {
            rate: None,
            budget: None,
            concurrency: 4,
            tries: 10,
            waited_for: false,
            burst_wait_max: Duration::ZERO,
            longest_wait: Duration::from_mins(5),
        }
    }
}

/// Times that only tests change, so that they need not wait for them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tuning {
    /// The first wait before a retry; each further one is twice as long.
    pub first_delay: Duration,
    /// The longest wait before a retry of which the API says nothing.
    pub longest_delay: Duration,
    /// The longest wait that the API may ask for; a cap of the operator's limits comes on top.
    pub longest_wait: Duration,
    /// Retry budget of a call that gets no answer, in time.
    pub unreachable_timeout: Duration,
    /// The same where no connection can be made at all: refused, or no address for the name.
    pub unconnected_timeout: Duration,
    /// How long no call is made after too many failures, and after a burst block.
    pub cooldown: Duration,
    /// Failed calls in a row after which no more are made.
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
