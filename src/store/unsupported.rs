//! Commands that a server does not have.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// Commands that the server refused as unknown. They are not sent again, because each attempt counts as an error in
/// the server's statistics.
#[derive(Default)]
pub(crate) struct Unsupported {
    pub hscan_novalues: AtomicBool,
    pub pexpiretime: AtomicBool,
    pub expire_lt: AtomicBool,
    pub zadd_gt: AtomicBool,
    pub set_pxat: AtomicBool,
    pub multi: AtomicBool,
    pub eval: AtomicBool,
    /// The server does not accept a transaction that watches the marks.
    pub guard: AtomicBool,
    /// Number of keys from such transactions that were found on the right server.
    pub guarded: AtomicUsize,
}

impl Unsupported {
    /// Reads `flag`. Relaxed is enough, because a second attempt does no harm.
    pub(crate) fn known(flag: &AtomicBool) -> bool {
        flag.load(Ordering::Relaxed)
    }

    /// Sets `flag`.
    pub(crate) fn learn(flag: &AtomicBool) {
        flag.store(true, Ordering::Relaxed);
    }
}
