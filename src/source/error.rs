//! What can go wrong between us and the Akamai API.

use std::sync::Arc;
use std::time::Duration;

/// A failure of the source. The text is a lower-case fragment with the culprit in backticks; what
/// to do about it is said by [`crate::exit`]. No variant ever carries a credential.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Error {
    /// `.edgerc` is missing, unreadable or incomplete, or a setting of the source is invalid.
    #[error("{0}")]
    Credentials(String),
    /// No connection, or it broke, after all tries.
    #[error("cannot reach the Akamai API at `{host}`: {reason}")]
    Network {
        /// Where the API was looked for.
        host: String,
        /// What the system said.
        reason: String,
        /// What the HTTP client said, without the URL.
        source: Option<Arc<dyn std::error::Error + Send + Sync>>,
    },
    /// No answer within the limit of an attempt, after all tries.
    #[error("the Akamai API did not answer `{call}` within {} s", .after.as_secs_f32())]
    Timeout {
        /// The call that was not answered.
        call: String,
        /// The limit of one attempt.
        after: Duration,
    },
    /// 401: the credentials are not accepted.
    #[error("the Akamai API refused the credentials for `{call}`: {detail}")]
    Unauthorized {
        /// The call that was refused.
        call: String,
        /// The API's explanation.
        detail: String,
    },
    /// 403: the credentials do not reach this object.
    #[error("the Akamai API denied `{call}`: {detail}")]
    Forbidden {
        /// The call that was refused.
        call: String,
        /// The API's explanation.
        detail: String,
    },
    /// The local clock is too far from the API's.
    #[error("the Akamai API rejected the time of the request: the clock of this machine is {}", against_its_own(*.skew_seconds))]
    ClockSkew {
        /// Local time less the API's time.
        skew_seconds: i64,
    },
    /// 404: it does not exist.
    #[error("{}", missing(.call, .customer.as_deref()))]
    NotFound {
        /// The call that asked for it.
        call: String,
        /// Whose account was asked, where that is known.
        customer: Option<String>,
    },
    /// 429 after all tries.
    #[error("the Akamai API limits the rate of `{call}`: {detail}")]
    RateLimited {
        /// The call that was refused.
        call: String,
        /// The API's explanation.
        detail: String,
    },
    /// 429 with `limitKey`: there may be no more of this one thing. Asking again does not help, and
    /// says nothing about other calls.
    #[error("a limit of the Akamai API on this resource is reached, `{call}` is refused: {detail}")]
    ResourceLimit {
        /// The call that was refused.
        call: String,
        /// The API's explanation.
        detail: String,
    },
    /// A burst block: back off for at least a minute.
    #[error("the Akamai API has blocked this address for a burst of requests, no call is made for {} s: {detail}", .wait.as_secs())]
    BurstBlocked {
        /// The API's explanation.
        detail: String,
        /// How long to leave the API alone.
        wait: Duration,
    },
    /// The number of calls allowed by `--budget` is used up.
    #[error("the budget of {budget} API call{} is used up", if *budget == 1 { "" } else { "s" })]
    Budget {
        /// The number of calls allowed.
        budget: u64,
    },
    /// What is left to ask would take until the next run is due.
    #[error("the next run is due, and goes on with what is left")]
    NextRun,
    /// Too many calls failed in a row; no more are tried.
    #[error("{failures} API calls in a row have failed, the last with: {last}")]
    BreakerOpen {
        /// How many.
        failures: u32,
        /// What the last of them failed with.
        #[source]
        last: Box<Error>,
    },
    /// An answer that is not what the API promises: HTML, cut short, too large, a page that lies.
    #[error("unexpected response to `{call}`: {detail}")]
    Malformed {
        /// The call that was answered so.
        call: String,
        /// What is wrong with the answer.
        detail: String,
    },
    /// Any other status.
    #[error("the Akamai API answered `{call}` with {status}: {detail}")]
    Status {
        /// The call that was answered so.
        call: String,
        /// The HTTP status.
        status: u16,
        /// The API's explanation.
        detail: String,
    },
    /// A recording does not hold the answer, or cannot be read or begun.
    #[error("{0}")]
    Recording(String),
    /// An answer could not be written to the recording: no other one could, and it would not be whole.
    #[error("{0}")]
    Unrecorded(String),
    /// The operator has asked to stop.
    #[error("stopped before `{call}` was answered")]
    Stopped {
        /// The call under way.
        call: String,
    },
}

/// What a 404 means, by what was asked for.
fn missing(call: &str, customer: Option<&str>) -> String {
    let path = call.strip_prefix("GET /papi/v1/properties/");
    let Some(path) = path.map(|path| path.split_once('?').map_or(path, |(path, _)| path)) else {
        return format!("the Akamai API answered `{call}` with 404 (not found)");
    };
    let account = customer.map_or_else(|| "this account".into(), |name| format!("account {name}"));
    let unseen = format!("does not exist in {account}, or its credentials may not see it");
    match path.split_once('/') {
        None => format!("property {path} {unseen}"),
        Some((id, below)) => format!("`{below}` of property {id} {unseen}"),
    }
}

/// How far the local clock is from the API's. A few seconds are those of
/// the answer's way, and no reason to refuse a request.
fn against_its_own(skew_seconds: i64) -> String {
    match skew_seconds {
        -5..=5 => "as good as the Akamai API's".into(),
        ..-5 => format!("{} s behind the Akamai API's", skew_seconds.unsigned_abs()),
        _ => format!("{skew_seconds} s ahead of the Akamai API's"),
    }
}

impl Error {
    /// Whether the next call would fail the same way.
    pub fn ends_the_run(&self) -> bool {
        matches!(
            self,
            Self::Credentials(_)
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

    /// Whether the same call may well be answered in some minutes.
    pub(crate) fn may_pass(&self) -> bool {
        match self {
            Self::Network { .. } | Self::Timeout { .. } => true,
            Self::Status { status, .. } => matches!(status, 409 | 500 | 502..=599),
            _ => false,
        }
    }

    /// The word for the kind of failure, for reports that scripts read.
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
            Self::Recording(_) | Self::Unrecorded(_) => "recording",
            Self::Stopped { .. } => "interrupted",
        }
    }
}
