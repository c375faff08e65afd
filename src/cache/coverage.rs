//! What a walk over the keys has proved, and how often it is tried again while servers or slots move.

use crate::domain::invalidation::Coverage;
use crate::store::{self, Witness};
use std::time::Duration;

/// How often it is done.
pub(super) const ROUNDS: usize = 3;

/// The pause before it is done again.
pub(super) const PAUSE: Duration = Duration::from_millis(300);

/// What was covered between two witnesses.
pub(super) fn between(before: &Witness, after: &Witness) -> Coverage {
    let store::Coverage {
        primaries,
        primaries_scanned,
        slots,
        slots_scanned,
        topology_changed,
    } = before.coverage(after);
    Coverage {
        primaries,
        primaries_scanned,
        slots,
        slots_scanned,
        topology_changed,
    }
}
