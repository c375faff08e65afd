//! Discovery of the servers and their slots, and snapshots that detect changes.

pub(crate) mod discover;
pub(crate) mod sentinel;
mod sentinels;
pub(crate) mod snapshot;
