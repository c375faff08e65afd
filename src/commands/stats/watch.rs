//! `stats --watch`: measures repeatedly.

use crate::cache::names;
use crate::cache::stats::{CachedHitRate, StatsQuery, measure_again};
use crate::clock::{now, today};
use crate::domain::hit_rate::days_until;
use crate::exit::{Exit, Failure};
use crate::output::Output;
use crate::output::reports::live::{Live, LiveInput, ScreenHeader};
use crate::output::reports::stats::StatsView;
use crate::store::Store;
use std::collections::BTreeSet;
use std::time::Duration;
use tokio::time::{Interval, MissedTickBehavior, interval_at};

/// Shortest and longest interval that can be chosen by key press.
const INTERVALS: (Duration, Duration) = (Duration::from_millis(250), Duration::from_mins(5));

/// State changed by key presses.
struct WatchState {
    every: Duration,
    paused: bool,
    /// One of `seen`; `None` for the customers of the command line.
    customer: Option<String>,
    seen: BTreeSet<String>,
}

impl WatchState {
    /// Applies a key press. Returns `true` if the counts of another customer are needed.
    fn change(&mut self, input: LiveInput) -> bool {
        let (shortest, longest) = INTERVALS;
        match input {
            LiveInput::Pause => self.paused = !self.paused,
            LiveInput::Slower => self.every = (self.every * 2).min(longest).max(self.every),
            LiveInput::Faster => self.every = (self.every / 2).max(shortest).min(self.every),
            LiveInput::NextCustomer => {
                let mut names = self.seen.iter();
                self.customer = match &self.customer {
                    None => names.next().cloned(),
                    Some(current) => names.find(|name| *name > current).cloned(),
                };
                return true;
            }
            LiveInput::Quit | LiveInput::Interrupt | LiveInput::Redraw => {}
        }
        false
    }

    fn ticks(&self, first: Duration) -> Interval {
        let mut ticks = interval_at(tokio::time::Instant::now() + first, self.every);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        ticks
    }
}

/// Measures until it is stopped, stdout is closed, or a key ends it. Servers that do not answer for a while do not
/// end it.
pub(super) async fn run(
    store: &Store,
    mut ask: StatsQuery<'_>,
    every: Duration,
    target: Option<f64>,
    out: &Output,
    endpoint: &str,
) -> Result<Exit, Failure> {
    let mut live = Live::begin(out, endpoint)?;
    let asked = ask.question.customers.clone();
    let mut choice = WatchState {
        every,
        paused: false,
        customer: None,
        seen: asked.iter().flatten().cloned().collect(),
    };
    let mut ticks = choice.ticks(Duration::ZERO);
    let span = u16::try_from(ask.question.days.len()).unwrap_or(u16::MAX);
    let mut known = CachedHitRate::default();
    // True until the figures of the chosen customer are shown, which a pause does not prevent.
    let mut due = false;
    while !out.is_gone() {
        // A view that stays open continues past midnight.
        ask.question.days = days_until(today(), span);
        ask.question.customers = match &choice.customer {
            Some(one) => Some([one.clone()].into_iter().collect()),
            None => asked.clone(),
        };
        let names: Vec<String> = ask.question.customers.iter().flatten().cloned().collect();
        live.head(ScreenHeader {
            customers: names.join(", "),
            every: choice.every,
            paused: choice.paused,
            target,
        })?;
        let (paused, mut input) = (choice.paused && !due, None);
        let report = {
            let measuring = async {
                if paused {
                    std::future::pending::<()>().await;
                }
                ticks.tick().await;
                measure_again(store, &ask, &mut known).await
            };
            let mut measuring = std::pin::pin!(measuring);
            loop {
                tokio::select! {
                    report = &mut measuring => break Some(report),
                    typed = live.input() => match typed {
                        LiveInput::Quit => return Ok(Exit::Done),
                        LiveInput::Interrupt => return Ok(Exit::Interrupted),
                        LiveInput::Redraw => live.draw()?,
                        typed => {
                            input = Some(typed);
                            break None;
                        }
                    },
                }
            }
        };
        if let Some(input) = input {
            let others = choice.change(input);
            due |= others;
            if others {
                known = CachedHitRate::default();
            }
            ticks = choice.ticks(if others { Duration::ZERO } else { choice.every });
        }
        let Some(report) = report else { continue };
        due = false;
        let view = StatsView {
            report: &report,
            asked: (!names.is_empty()).then(|| names.iter().map(String::as_str).collect()),
            price: ask.price,
            at: now(),
        };
        let customers = known.top_missed().iter();
        let customers = customers.filter_map(|missed| missed.key.split_once(':'));
        choice
            .seen
            .extend(customers.map(|(customer, _)| customer.to_owned()));
        let missed = known.top_missed();
        let keys = missed.iter().map(|missed| missed.key.as_str());
        let names = names::of_properties(store, ask.scheme, keys).await;
        live.show(out, &view, endpoint, missed, names)?;
    }
    Ok(Exit::Done)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_change_the_interval_within_bounds_and_go_round_the_customers() {
        let mut choice = WatchState {
            every: Duration::from_secs(2),
            paused: false,
            customer: None,
            seen: ["acme".to_owned(), "beta".to_owned()].into(),
        };
        assert!(!choice.change(LiveInput::Slower));
        assert_eq!(choice.every, Duration::from_secs(4));
        for _ in 0..20 {
            choice.change(LiveInput::Faster);
        }
        assert_eq!(choice.every, INTERVALS.0);
        // An interval below the limit that was given on the command line is not lengthened.
        choice.every = Duration::from_millis(50);
        choice.change(LiveInput::Faster);
        assert_eq!(choice.every, Duration::from_millis(50));
        choice.change(LiveInput::Pause);
        assert!(choice.paused);
        let mut round = Vec::new();
        for _ in 0..3 {
            assert!(choice.change(LiveInput::NextCustomer));
            round.push(choice.customer.clone());
        }
        assert_eq!(round, [Some("acme".into()), Some("beta".into()), None]);
    }
}
