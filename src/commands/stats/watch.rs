//! `stats --watch`: again and again.

use crate::cache::stats::{Ask, Known, glance};
use crate::clock::{now, today};
use crate::domain::hit_rate::days_until;
use crate::exit::Failure;
use crate::output::Output;
use crate::output::reports::live::{Live, LiveInput};
use crate::output::reports::stats::StatsView;
use crate::stop::Signal;
use crate::store::Store;
use std::time::Duration;
use tokio::time::{MissedTickBehavior, interval};

/// Measures until it is stopped, the reader of stdout has gone, or `q` is pressed. Servers that do not
/// answer for a while are no reason to look away.
pub async fn run(
    store: &Store,
    mut ask: Ask<'_>,
    every: Duration,
    out: &Output,
    endpoint: &str,
) -> Result<(), Failure> {
    let mut live = Live::begin(out, endpoint)?;
    let mut ticks = interval(every);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let span = u16::try_from(ask.question.days.len()).unwrap_or(u16::MAX);
    let mut known = Known::default();
    while !out.is_gone() {
        // A view that stays open goes on at midnight.
        ask.question.days = days_until(today(), span);
        let report = {
            let measuring = async {
                ticks.tick().await;
                glance(store, &ask, &mut known).await
            };
            let mut measuring = std::pin::pin!(measuring);
            loop {
                tokio::select! {
                    report = &mut measuring => break report,
                    wish = live.input() => match wish {
                        LiveInput::Quit => return Ok(()),
                        LiveInput::Interrupt => return Err(Failure::signal(Signal::Interrupt)),
                        LiveInput::Redraw => live.draw()?,
                    },
                }
            }
        };
        let view = StatsView {
            report: &report,
            asked: ask.customers.map(|asked| {
                asked
                    .iter()
                    .map(crate::domain::key::Customer::as_str)
                    .collect()
            }),
            price: ask.price,
            at: now(),
        };
        live.show(out, &view, endpoint, known.top_missed())?;
    }
    Ok(())
}
