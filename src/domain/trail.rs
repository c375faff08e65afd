//! The trail of who removed and restored what.

use serde::Serialize;

/// One entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Recorded {
    /// Whose cache.
    pub customer: String,
    /// The entry's id in the stream.
    pub id: String,
    /// When, as RFC 3339 in UTC.
    pub at: String,
    /// User and host.
    pub who: String,
    /// What was typed, without secrets.
    pub command: String,
    /// Keys removed.
    pub removed: u64,
    /// Keys left for the server to refresh.
    pub softened: u64,
    /// Keys restored.
    pub restored: u64,
    /// Fields of the hash of host names removed or restored.
    pub fields: u64,
    /// Under which name it can be undone, or which one was.
    pub undo_id: Option<String>,
}
