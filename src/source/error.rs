//! What can go wrong between us and the Akamai API.

use std::time::Duration;

/// A failure of the source. The text is a lower-case fragment with the culprit in backticks; what
/// to do about it is said by [`crate::exit`]. No variant ever carries a credential.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Error {
    /// `.edgerc` is missing, unreadable or incomplete, or a setting of the source makes no sense.
    #[error("{0}")]
    Credentials(String),
    /// No connection, or it broke, after all tries.
    #[error("cannot reach the Akamai API at `{host}`: {reason}")]
    Network { host: String, reason: String },
    /// No answer within the limit of an attempt, after all tries.
    #[error("the Akamai API did not answer `{call}` within {} s", .after.as_secs_f32())]
    Timeout { call: String, after: Duration },
    /// 401: the credentials are not accepted.
    #[error("the Akamai API refused the credentials for `{call}`: {detail}")]
    Unauthorized { call: String, detail: String },
    /// 403: the credentials do not reach this object.
    #[error("the Akamai API does not permit `{call}`: {detail}")]
    Forbidden { call: String, detail: String },
    /// The local clock is too far from the API's.
    #[error("the local clock is {} s {} the Akamai API's", .skew_seconds.abs(), if *.skew_seconds < 0 { "behind" } else { "ahead of" })]
    ClockSkew { skew_seconds: i64 },
    /// 404: it does not exist.
    #[error("the Akamai API knows no `{call}`")]
    NotFound { call: String },
    /// 429 after all tries, or a resource limit.
    #[error("the Akamai API limits the rate of `{call}`: {detail}")]
    RateLimited { call: String, detail: String },
    /// A burst block: back off for at least a minute.
    #[error("the Akamai API has blocked this address for a burst of requests: {detail}")]
    BurstBlocked { detail: String },
    /// The number of calls allowed by `--budget` is used up.
    #[error("the budget of {budget} API calls is used up")]
    Budget { budget: u64 },
    /// Too many calls failed in a row; no more are tried.
    #[error("{failures} API calls in a row have failed, the last with: {last}")]
    BreakerOpen { failures: u32, last: String },
    /// An answer that is not what the API promises: HTML, cut short, too large, a page that lies.
    #[error("the Akamai API answered `{call}` with something else than promised: {detail}")]
    Malformed { call: String, detail: String },
    /// Any other status.
    #[error("the Akamai API answered `{call}` with {status}: {detail}")]
    Status {
        call: String,
        status: u16,
        detail: String,
    },
    /// A recording does not hold the answer, or cannot be read or written.
    #[error("{0}")]
    Recording(String),
    /// The operator has asked to stop.
    #[error("stopped before `{call}` was answered")]
    Stopped { call: String },
}
