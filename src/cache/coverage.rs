//! Repeats work while servers or slots move, until it is certain that the current primaries have it.

use super::Error;
use crate::domain::invalidation::Coverage;
use crate::stop::Stop;
use crate::store::Store;
use std::time::Duration;

/// Limit of attempts.
pub(super) const ROUNDS: usize = 3;

/// Pause before another attempt.
pub(super) const PAUSE: Duration = Duration::from_millis(300);

/// Runs `work`, which must be repeatable, and runs it again if the primaries changed meanwhile, up to [`ROUNDS`]
/// times in total. Returns how they changed if they did so in the last round too, so that it is unknown whether the
/// current primaries have the writes.
pub(crate) async fn until_settled(
    store: &Store,
    stop: &Stop,
    mut work: impl AsyncFnMut() -> Result<(), Error>,
) -> Result<Option<Coverage>, Error> {
    let mut changed = None;
    for round in 1..=ROUNDS {
        let before = store.snapshot().await?;
        work().await?;
        if stop.signal().is_some() {
            return Ok(None);
        }
        let coverage = store.verify(&before).await?.coverage;
        if !coverage.topology_changed {
            return Ok(None);
        }
        changed = Some(coverage);
        if round < ROUNDS {
            tokio::time::sleep(PAUSE).await;
        }
    }
    Ok(changed)
}
