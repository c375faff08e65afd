//! Why an operation of the cache ended early.

use crate::{source, store};
use std::io;
use std::sync::Arc;

/// A failure that ended an operation; what failed on the way without ending it is in the report.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Error {
    /// Valkey failed.
    #[error(transparent)]
    Store(#[from] store::Error),
    /// The Akamai API failed, or the limits that were set for it are reached.
    #[error(transparent)]
    Source(#[from] source::Error),
    /// The cache cannot be reached, and nothing is known with which the API could be asked instead: the
    /// operator's trouble is the first.
    #[error("{cache}, and Akamai cannot be asked instead: {credentials}")]
    Neither {
        /// What keeps us from the cache.
        #[source]
        cache: Box<store::Error>,
        /// What keeps us from the API.
        credentials: Box<source::Error>,
    },
    /// The credentials are those of another account than the one that is cached.
    #[error(
        "the credentials of `{customer}` are those of account {found}, and its cache holds account {cached}"
    )]
    OtherAccount {
        /// Whose cache.
        customer: String,
        /// `act_…`
        cached: String,
        /// Likewise.
        found: String,
    },
    /// Another warmer is at work.
    #[error("`{customer}` is being warmed by {holder}")]
    Busy {
        /// Whose cache.
        customer: String,
        /// Who holds the lock, as far as the lock tells.
        holder: String,
    },
    /// The run lock was lost to another run, to time or to eviction; nothing more was written.
    #[error("the run lock of `{customer}` {how}")]
    LockLost {
        /// Whose cache.
        customer: String,
        /// What became of it.
        how: String,
    },
    /// Servers or slots changed while it was written: no one knows whether today's primaries have it.
    #[error("the primaries changed during the run; some values may not be cached")]
    TopologyChanged,
    /// A file of our own could not be written.
    #[error("{what} failed: {source}")]
    Disk {
        /// Which one, and what was done with it.
        what: String,
        source: Arc<io::Error>,
    },
    /// The list of what is to be removed did not fit among the temporary files.
    #[error("the list of keys to remove cannot be kept: {source}")]
    Spool { source: Arc<io::Error> },
    /// A file or folder that others can write to: its content is not trusted.
    #[error("refusing `{file}`: {source}")]
    NotPrivate {
        /// Its path.
        file: String,
        source: Arc<io::Error>,
    },
    /// An undo file cannot be read, or is not whole.
    #[error("the undo file `{file}` cannot be used: {source}")]
    UndoFile {
        /// Its path.
        file: String,
        source: Arc<io::Error>,
    },
}
