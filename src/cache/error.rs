//! Errors that end an operation of the cache.

use crate::domain::invalidation::Coverage;
use crate::domain::key::Id;
use crate::domain::os_error::cause;
use crate::{source, store};
use std::io;
use std::sync::Arc;

/// An error that ended an operation. Errors that did not end it are in the report.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Error {
    /// Valkey failed.
    #[error(transparent)]
    Store(#[from] store::Error),
    /// The Akamai API failed, or the limits that were set for it are reached.
    #[error(transparent)]
    Source(#[from] source::Error),
    /// The cache cannot be reached, and there are no usable credentials for the API. The cache is the first problem
    /// to solve.
    #[error("{cache}; cannot ask Akamai instead: {credentials}")]
    Neither {
        /// Why the cache cannot be reached.
        #[source]
        cache: Box<store::Error>,
        /// Why the API cannot be called.
        credentials: Box<source::Error>,
    },
    /// The credentials belong to another account than the cached one.
    #[error(
        "the credentials of `{customer}` are those of account {found}, and its cache holds account {cached}"
    )]
    OtherAccount {
        customer: String,
        /// `act_…`
        cached: String,
        /// `act_…`
        found: String,
    },
    /// No list that may be read has the property or host name, and many others are in none either.
    #[error(
        "no list that these credentials may read has `{0}`, and too many others are missing to look up each"
    )]
    Unlisted(Id),
    /// Another warm run is in progress.
    #[error("`{customer}` is being warmed by {holder}")]
    Busy {
        customer: String,
        /// The holder of the lock, as far as the lock says.
        holder: String,
        /// The lock lasts longer than any run sets it to, so no live run holds it.
        stale: bool,
    },
    /// The run lock was lost to another run, to expiry or to eviction. Nothing was written after that.
    #[error("the run lock of `{customer}` {how}")]
    LockLost {
        customer: String,
        /// How the lock was lost.
        how: String,
    },
    /// Servers or slots changed during the writes, so it is unknown whether the current primaries have them.
    #[error("{}; some values may not be cached", .0.change())]
    TopologyChanged(Coverage),
    /// More keys match than the operator allowed to remove: they were written after the count.
    #[error(
        "{all} keys match by now, and at most {most} may be removed; the {more} written since the count were not removed"
    )]
    MoreKeys { all: u64, most: u64, more: u64 },
    /// A file of this program could not be written.
    #[error("{what} failed: {}", cause(source))]
    Disk {
        /// The file, and what was done with it.
        what: String,
        source: Arc<io::Error>,
    },
    /// The list of keys to remove did not fit in the temporary folder.
    #[error("the list of keys to remove cannot be kept: {}", cause(source))]
    Spool { source: Arc<io::Error> },
    /// Others can write to a file or folder, so its content is not trusted.
    #[error("refusing `{file}`: {}", cause(source))]
    NotPrivate {
        file: String,
        source: Arc<io::Error>,
    },
    /// An undo file cannot be read or is damaged.
    #[error("the undo file `{file}` cannot be used: {}", cause(source))]
    UndoFile {
        file: String,
        source: Arc<io::Error>,
    },
}
