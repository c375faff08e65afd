//! Errors of Valkey and its connections.

use crate::domain::duration::shown;
use std::sync::Arc;
use std::time::Duration;

/// The driver's error, as the source of ours.
pub(crate) type Cause = Arc<dyn std::error::Error + Send + Sync>;

/// A failure of the store. The text is a lower-case fragment with the culprit in backticks; [`crate::exit`] adds the
/// hint.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Error {
    /// The connection could not be opened.
    #[error("cannot connect to `{endpoint}`: {reason}")]
    Connect {
        endpoint: String,
        reason: String,
        source: Option<Cause>,
    },
    /// An open connection was lost and could not be restored.
    #[error("lost the connection to `{endpoint}`: {reason}")]
    Lost {
        endpoint: String,
        reason: String,
        source: Option<Cause>,
    },
    /// The TLS handshake failed: certificate, name or protocol.
    #[error("TLS with `{endpoint}` failed: {reason}")]
    Tls { endpoint: String, reason: String },
    /// No reply within the timeout. The command may or may not have been executed.
    #[error("`{endpoint}` did not answer `{command}` within {}", shown(*.after))]
    Timeout {
        endpoint: String,
        command: String,
        after: Duration,
    },
    /// The server refused the user or password, or requires one.
    #[error("`{endpoint}` refused the credentials: {reason}")]
    Auth { endpoint: String, reason: String },
    /// The sentinels, which have their own credentials, refused the user or password, or require one.
    #[error("the sentinel `{endpoint}` refused the credentials: {reason}")]
    SentinelAuth { endpoint: String, reason: String },
    /// The user may not run this command or access this key (NOPERM).
    #[error("the user may not run `{command}` on `{endpoint}`: {reason}")]
    Denied {
        endpoint: String,
        command: String,
        reason: String,
    },
    /// The only server that was named is a read-only replica.
    #[error("`{endpoint}` is a read-only replica")]
    ReadOnly { endpoint: String },
    /// `maxmemory` is reached and nothing may be evicted.
    #[error("`{endpoint}` is out of memory and takes no more writes")]
    OutOfMemory { endpoint: String },
    /// A value is too large to be saved before it is removed.
    #[error("the value of `{key}` is {} MiB on the server, too large to save", bytes >> 20)]
    TooLarge { key: String, bytes: u64 },
    /// The key holds another type than the key scheme requires.
    #[error("`{key}` does not have the type that the key scheme defines")]
    WrongType { key: String },
    /// Another process holds the embedded server's folder.
    #[error("`{what}` is in use by {holder}")]
    Busy { what: String, holder: String },
    /// The embedded server's program is missing or did not start.
    #[error("{0}")]
    Embedded(String),
    /// The embedded server runs but does not answer or stop.
    #[error("{0}")]
    EmbeddedSilent(String),
    /// The settings contradict each other or the server (`--db` in a cluster, an unknown master).
    #[error("{0}")]
    Settings(String),
    /// Reads must go to replicas, and there is none.
    #[error("`{primary}` has no replica to read from")]
    NoReplica { primary: String },
    /// The server kept answering that it is not ready until the retry budget ran out: LOADING, CLUSTERDOWN,
    /// MASTERDOWN, TRYAGAIN, BUSY.
    #[error("`{endpoint}` is not ready for `{command}`: {reason}")]
    NotReady {
        endpoint: String,
        command: String,
        reason: String,
    },
    /// A collection moved to another server during each attempt to walk it; cursors are not valid there.
    #[error("`{key}` moved to another server while it was read: {reason}")]
    Moved { key: String, reason: String },
    /// The keys cannot be walked: SCAN is refused, or several servers answer at once.
    #[error("{0}")]
    NoScan(String),
    /// Any other error reply, or a reply of an unexpected shape.
    #[error("`{endpoint}` answered `{command}` with an error: {reason}")]
    Refused {
        endpoint: String,
        command: String,
        reason: String,
    },
}

/// What a server is not that is named as a sentinel.
pub(crate) const NO_SENTINEL: &str = "is not a sentinel";

/// Begins the error about a primary that no sentinel knows.
pub(crate) const NO_PRIMARY: &str = "no sentinel knows a primary named";

/// What a server is not that is named as a node of a cluster.
pub(crate) const NO_CLUSTER_NODE: &str = "is not a node of a cluster";

/// What the number of a database is that a server refuses.
pub(crate) const NO_DATABASE: &str = "cannot be used";

/// Name of the missing commands of a server without transactions and scripts.
pub(crate) const NEITHER: &str = "MULTI and EVAL";

impl Error {
    /// A server is a replica where the sentinels or the cluster said that it is the primary: a failover is under way.
    pub(crate) fn not_primary(endpoint: &str) -> Self {
        Self::Lost {
            endpoint: endpoint.to_owned(),
            reason: "it is a replica now, and no other server is known as the primary yet"
                .to_owned(),
            source: None,
        }
    }

    /// True if a server did not answer or is not ready.
    pub fn is_unreachable(&self) -> bool {
        matches!(
            self,
            Self::Connect { .. } | Self::Lost { .. } | Self::Timeout { .. } | Self::NotReady { .. }
        )
    }

    /// True if a script can replace what the server does not support.
    pub(crate) fn wants_a_script(&self) -> bool {
        let neither = matches!(self, Self::Refused { command, .. } if command == NEITHER);
        !neither && self.is_unknown_syntax()
    }

    /// Error of a server that refused a transaction, and then refused the script for it with `self`.
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

    /// True if SCAN is missing, refused or not permitted.
    pub(crate) fn refuses_scan(&self) -> bool {
        matches!(self, Self::NoScan(_))
            || matches!(self, Self::Denied { command, .. } if command == "SCAN")
    }

    /// True if the server accepts no writes until it can save its data again.
    pub(crate) fn cannot_save(&self) -> bool {
        matches!(self, Self::Refused { reason, .. } if reason.starts_with("MISCONF"))
    }

    /// True if RESTORE found that the key exists.
    pub(crate) fn is_busy_key(&self) -> bool {
        matches!(self, Self::Refused { reason, .. } if reason.starts_with("BUSYKEY"))
    }

    /// True if the server does not know the command or its syntax. It had no effect then.
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
            // Messages of managed services and proxies.
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
