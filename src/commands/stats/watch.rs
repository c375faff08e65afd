//! `stats --watch`: again and again, a line each time.

use crate::cache::stats::{Ask, glance};
use crate::exit::Failure;
use crate::output::Output;
use crate::output::live::Live;
use crate::store::Store;
use std::time::Duration;

/// Measures until it is stopped, the reader of stdout has gone, or `q` is pressed.
pub async fn run(
    store: &Store,
    mut ask: Ask<'_>,
    every: Duration,
    out: &Output,
    endpoint: &str,
) -> Result<(), Failure> {
    let mut live = Live::begin(out, endpoint)?;
    let mut ticks = tokio::time::interval(every);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let span = u16::try_from(ask.question.days.len()).unwrap_or(u16::MAX);
    while !out.is_gone() {
        tokio::select! {
            _ = ticks.tick() => {}
            () = live.quit() => return Ok(()),
        }
        // A view that stays open goes on at midnight.
        ask.question.days = crate::domain::hit_rate::days_until(crate::clock::today(), span);
        let (report, counts) = glance(store, &ask).await?;
        live.show(out, &report, &counts.top_missed)?;
    }
    Ok(())
}
