//! Repeats work while servers or slots move, until it is certain that the current primaries have it.

use super::Error;
use crate::stop::Stop;
use crate::store::Store;
use std::time::Duration;

/// Limit of attempts.
pub(super) const ROUNDS: usize = 3;

/// Pause before another attempt.
pub(super) const PAUSE: Duration = Duration::from_millis(300);

/// Runs `work`, which must be repeatable, and runs it again if the primaries changed meanwhile, up to [`ROUNDS`]
/// times in total. Returns `false` if they changed in the last round too, so that it is unknown whether the current
/// primaries have the writes.
pub(crate) async fn until_settled(
    store: &Store,
    stop: &Stop,
    mut work: impl AsyncFnMut() -> Result<(), Error>,
) -> Result<bool, Error> {
    for round in 1..=ROUNDS {
        let before = store.snapshot().await?;
        work().await?;
        if stop.signal().is_some() || !store.verify(&before).await?.coverage.topology_changed {
            return Ok(true);
        }
        if round < ROUNDS {
            tokio::time::sleep(PAUSE).await;
        }
    }
    Ok(false)
}
