//! Which server owns what: discovery, and snapshots to tell whether it changed.

pub(crate) mod discover;
pub(crate) mod snapshot;
