//! What can go wrong between us and Valkey.

use std::sync::Arc;
use std::time::Duration;

/// What the driver said: the source of an error.
pub(crate) type Cause = Arc<dyn std::error::Error + Send + Sync>;

/// A failure of the store. The text is a lower-case fragment with the culprit in backticks; what to
/// do about it is said by [`crate::exit`].
#[derive(Debug, Clone, thiserror::Error)]
pub enum Error {
    /// No connection could be made.
    #[error("cannot connect to `{endpoint}`: {reason}")]
    Connect {
        endpoint: String,
        reason: String,
        source: Option<Cause>,
    },
    /// A connection that stood was lost and could not be had again.
    #[error("lost the connection to `{endpoint}`: {reason}")]
    Lost {
        endpoint: String,
        reason: String,
        source: Option<Cause>,
    },
    /// The TLS handshake failed: certificate, name or protocol.
    #[error("TLS with `{endpoint}` failed: {reason}")]
    Tls { endpoint: String, reason: String },
    /// No answer within the time allowed; what was sent may or may not have been carried out.
    #[error("`{endpoint}` did not answer `{command}` within {} s", .after.as_secs_f32())]
    Timeout {
        endpoint: String,
        command: String,
        after: Duration,
    },
    /// The server refused user or password, or wants one.
    #[error("`{endpoint}` refused the credentials: {reason}")]
    Auth { endpoint: String, reason: String },
    /// The sentinels, which have credentials of their own, refused user or password, or want one.
    #[error("the sentinel `{endpoint}` refused the credentials: {reason}")]
    SentinelAuth { endpoint: String, reason: String },
    /// The user may not run this command or touch this key (NOPERM).
    #[error("the user may not run `{command}` on `{endpoint}`: {reason}")]
    Denied {
        endpoint: String,
        command: String,
        reason: String,
    },
    /// The server is a read-only replica.
    #[error("`{endpoint}` is a read-only replica")]
    ReadOnly { endpoint: String },
    /// `maxmemory` is reached and nothing may be evicted.
    #[error("`{endpoint}` is out of memory and takes no more writes")]
    OutOfMemory { endpoint: String },
    /// A value is too large to be saved before it is removed.
    #[error("the value of `{key}` takes {} MB at the server, too much to save it", bytes >> 20)]
    TooLarge { key: String, bytes: u64 },
    /// The key holds another type than the scheme says.
    #[error("`{key}` is not of the type that the key scheme gives it")]
    WrongType { key: String },
    /// Another process holds the embedded server's folder.
    #[error("`{what}` is in use by {holder}")]
    Busy { what: String, holder: String },
    /// The embedded server's program is missing or did not start.
    #[error("{0}")]
    Embedded(String),
    /// The embedded server runs and says nothing, or does not end.
    #[error("{0}")]
    EmbeddedSilent(String),
    /// The settings contradict each other or the server (`--db` in a cluster, an unknown master).
    #[error("{0}")]
    Settings(String),
    /// Only replicas may be read, and none follows.
    #[error("`{primary}` has no replica to read from")]
    NoReplica { primary: String },
    /// It answers that it cannot serve yet, and went on saying so for as long as it was asked:
    /// LOADING, CLUSTERDOWN, MASTERDOWN, TRYAGAIN, BUSY.
    #[error("`{endpoint}` is not ready for `{command}`: {reason}")]
    NotReady {
        endpoint: String,
        command: String,
        reason: String,
    },
    /// A collection went to another server each time that it was walked: a cursor means nothing there.
    #[error("`{key}` moved to another server while it was read: {reason}")]
    Moved { key: String, reason: String },
    /// The keys cannot be walked there: SCAN is refused, or answered by several servers at once.
    #[error("{0}")]
    NoScan(String),
    /// Any other error reply or an answer of an unexpected shape.
    #[error("`{endpoint}` answered `{command}` with an error: {reason}")]
    Refused {
        endpoint: String,
        command: String,
        reason: String,
    },
}

/// The commands that a server lacks which takes neither transactions nor scripts.
pub(crate) const NEITHER: &str = "MULTI and EVAL";

impl Error {
    /// Whether a server did not answer, or is not ready for anybody.
    pub fn is_unreachable(&self) -> bool {
        matches!(
            self,
            Self::Connect { .. } | Self::Lost { .. } | Self::Timeout { .. } | Self::NotReady { .. }
        )
    }

    /// Whether a script may take the place of what the server does not know.
    pub(crate) fn wants_a_script(&self) -> bool {
        let neither = matches!(self, Self::Refused { command, .. } if command == NEITHER);
        !neither && self.is_unknown_syntax()
    }

    /// What is said of a server that refuses transactions, and this of a script.
    pub(crate) fn neither(&self, node: &str) -> Self {
        let reason = match self {
            Self::Refused { reason, .. } => reason.as_str(),
            _ => "",
        };
        Self::Refused {
            endpoint: node.to_owned(),
            command: NEITHER.to_owned(),
            reason: format!(
                "writing a value and its time to live in one step takes one of the two ({reason})"
            ),
        }
    }

    /// Whether the server takes no writes until it can save its data again.
    pub(crate) fn cannot_save(&self) -> bool {
        matches!(self, Self::Refused { reason, .. } if reason.starts_with("MISCONF"))
    }

    /// Whether the server does not know the command or its form. Nothing was carried out then.
    pub(crate) fn is_unknown_syntax(&self) -> bool {
        let Self::Refused { reason, .. } = self else {
            return false;
        };
        if self.cannot_save() {
            return false;
        }
        let reason = reason.to_ascii_lowercase();
        [
            "unknown command",
            "unknown redis command",
            "syntax error",
            "wrong number of arguments",
            "unsupported option",
            // What services and proxies say.
            "unsupported command",
            "not supported",
            "not allowed",
            "not available",
            "disabled",
        ]
        .iter()
        .any(|sign| reason.contains(sign))
    }
}
