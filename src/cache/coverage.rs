//! Repeating what was done while servers or slots move, until it is certain where it arrived.

use super::Error;
use crate::stop::Stop;
use crate::store::Store;
use std::time::Duration;

/// How often it is done.
pub(super) const ROUNDS: usize = 3;

/// The pause before it is done again.
pub(super) const PAUSE: Duration = Duration::from_millis(300);

/// Does `work`, which writes and may be done again, and again as long as the primaries change under
/// it, up to three times. False: they changed the last time too, so that no one knows whether today's
/// primary has it.
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
