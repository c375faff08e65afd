//! Errors of the Akamai API and its client.

use crate::domain::duration::shown;
use std::sync::Arc;
use std::time::Duration;

/// A failure of the source. The text is a lower-case fragment with the culprit in backticks; [`crate::exit`] adds the
/// hint. No variant contains a credential.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Error {
    /// `.edgerc` is missing, unreadable or incomplete, or a setting of the source is invalid.
    #[error("{0}")]
    Credentials(String),
    /// The connection failed or broke, in all attempts.
    #[error("cannot reach the Akamai API at `{host}`: {reason}")]
    Network {
        host: String,
        /// The system's message.
        reason: String,
        /// False if not even a connection could be opened.
        connected: bool,
        /// The HTTP client's error, without the URL.
        source: Option<Arc<dyn std::error::Error + Send + Sync>>,
    },
    /// No response within the limit of an attempt, in all attempts.
    #[error("the Akamai API did not answer `{call}` within {}", shown(*.after))]
    Timeout {
        call: String,
        /// The limit of one attempt.
        after: Duration,
    },
    /// 401: the credentials are not accepted.
    #[error("the Akamai API refused the credentials for `{call}`: {detail}")]
    Unauthorized {
        /// The refused call.
        call: String,
        /// The API's explanation.
        detail: String,
    },
    /// 403: the credentials do not give access to this object.
    #[error("the Akamai API denied `{call}`: {detail}")]
    Forbidden {
        /// The refused call.
        call: String,
        /// The API's explanation.
        detail: String,
    },
    /// The local clock differs too much from the API's.
    #[error("the Akamai API rejected the time of the request: the clock of this machine is {}", describe_skew(*.skew_seconds))]
    ClockSkew {
        /// Local time minus the API's time.
        skew_seconds: i64,
    },
    /// The object does not exist: 404, or an answer without it.
    #[error("{}", missing(.call, .customer.as_deref()))]
    NotFound {
        /// The call that requested it, or its kind and name.
        call: String,
        /// The customer whose account was queried, if known.
        customer: Option<String>,
    },
    /// 429 in all attempts.
    #[error("the Akamai API limits the rate of `{call}`: {detail}")]
    RateLimited {
        /// The refused call.
        call: String,
        /// The API's explanation.
        detail: String,
    },
    /// 429 with `limitKey`: the account reached a limit on this kind of item. Retrying does not help, and other calls
    /// are not affected.
    #[error("the Akamai API refused `{call}`, whose resource has reached a limit: {detail}")]
    ResourceLimit {
        /// The refused call.
        call: String,
        /// The API's explanation.
        detail: String,
    },
    /// A burst block. No call may be made for at least a minute.
    #[error("the Akamai API has blocked this address for a burst of requests; making no call for {}: {detail}", shown(*.wait))]
    BurstBlocked {
        /// The API's explanation.
        detail: String,
        /// How long no call is made.
        wait: Duration,
    },
    /// The calls allowed by `--budget` are used up.
    #[error("the budget of {budget} API call{} is used up", if *budget == 1 { "" } else { "s" })]
    Budget {
        /// Calls allowed.
        budget: u64,
    },
    /// The remaining calls would take until the next run is due.
    #[error("stopped because the next run is due; it continues with what is left")]
    NextRun,
    /// Too many consecutive calls failed. No more are made.
    #[error("{failures} API calls in a row have failed, the last with: {last}")]
    BreakerOpen {
        /// Number of failed calls.
        failures: u32,
        /// Error of the last call.
        #[source]
        last: Box<Error>,
    },
    /// A response that breaks the API's contract: HTML, truncated, too large, an inconsistent page.
    #[error("unexpected response to `{call}`: {detail}")]
    Malformed {
        call: String,
        /// What is wrong with the response.
        detail: String,
    },
    /// Any other error status.
    #[error("the Akamai API answered `{call}` with {status}: {detail}")]
    Status {
        call: String,
        /// The HTTP status.
        status: u16,
        /// The API's explanation.
        detail: String,
    },
    /// A recording cannot be read or created, or lacks the customer.
    #[error("{0}")]
    Recording(String),
    /// A recording has no response to the call.
    #[error("the recording `{recording}` has no answer to `{call}`")]
    NotRecorded { recording: String, call: String },
    /// A response could not be written to the recording. The run ends, because the recording would be incomplete.
    #[error("{0}")]
    Unrecorded(String),
    /// The operator asked to stop.
    #[error("stopped before `{call}` was answered")]
    Stopped {
        /// The call in flight.
        call: String,
    },
}

/// Describes what does not exist: by its name, or by the path that was requested.
fn missing(call: &str, customer: Option<&str>) -> String {
    let account = customer.map_or_else(|| "this account".into(), |name| format!("account {name}"));
    let unseen = format!("does not exist in {account}, or its credentials may not see it");
    let path = call.strip_prefix("GET /papi/v1/properties/");
    let Some(path) = path.map(|path| path.split_once('?').map_or(path, |(path, _)| path)) else {
        return if call.contains(" /") {
            format!("the Akamai API answered `{call}` with 404 (not found)")
        } else {
            format!("{call} {unseen}")
        };
    };
    match path.split_once('/') {
        None => format!("property {path} {unseen}"),
        Some((id, below)) => format!("`{below}` of property {id} {unseen}"),
    }
}

/// Describes the offset of the local clock. Up to 5 seconds can be network delay and are no reason to refuse a request.
fn describe_skew(skew_seconds: i64) -> String {
    let skew = shown(Duration::from_secs(skew_seconds.unsigned_abs()));
    match skew_seconds {
        -5..=5 => "the same as the Akamai API's".into(),
        ..-5 => format!("{skew} behind the Akamai API's"),
        _ => format!("{skew} ahead of the Akamai API's"),
    }
}

impl Error {
    /// True if the next call would fail the same way.
    pub fn ends_the_run(&self) -> bool {
        matches!(
            self,
            Self::Credentials(_)
                | Self::Network {
                    connected: false,
                    ..
                }
                | Self::Unauthorized { .. }
                | Self::ClockSkew { .. }
                | Self::RateLimited { .. }
                | Self::BurstBlocked { .. }
                | Self::Budget { .. }
                | Self::NextRun
                | Self::BreakerOpen { .. }
                | Self::Unrecorded(_)
                | Self::Stopped { .. }
        )
    }

    /// True if the same call may succeed in some minutes.
    pub(crate) fn is_transient(&self) -> bool {
        match self {
            Self::Network { .. } | Self::Timeout { .. } => true,
            Self::Status { status, .. } => matches!(status, 409 | 500 | 502..=599),
            _ => false,
        }
    }

    /// Kind of failure as one word, for reports read by scripts.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Credentials(_) => "config",
            Self::Network { .. } | Self::BreakerOpen { .. } => "network",
            Self::Timeout { .. } => "timeout",
            Self::Unauthorized { .. } | Self::Forbidden { .. } | Self::ClockSkew { .. } => "denied",
            Self::NotFound { .. } => "not_found",
            Self::RateLimited { .. }
            | Self::ResourceLimit { .. }
            | Self::BurstBlocked { .. }
            | Self::Budget { .. }
            | Self::NextRun => "rate_limited",
            Self::Malformed { .. } => "malformed",
            Self::Status { .. } => "status",
            Self::Recording(_) | Self::NotRecorded { .. } | Self::Unrecorded(_) => "recording",
            Self::Stopped { .. } => "interrupted",
        }
    }
}
