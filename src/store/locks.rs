//! Locks in the store: taking, renewing, and removing stale ones.

pub(crate) mod lock;
pub(crate) mod renewal;
pub(crate) mod stale;
