//! How often a walk over the keys is repeated while servers or slots move.

use std::time::Duration;

/// How often it is done.
pub(super) const ROUNDS: usize = 3;

/// The pause before it is done again.
pub(super) const PAUSE: Duration = Duration::from_millis(300);
