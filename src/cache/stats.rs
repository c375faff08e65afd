//! Measures servers, customers' keys, read latency and hit counts.

mod key_census;
mod nodes;
mod probe;

use crate::cache::hit_rate;
use crate::domain::hit_rate::{HitRate, HitRateQuery, MissedKey};
use crate::domain::key::{Customer, Scheme};
use crate::domain::stats::StatsReport;
use crate::domain::stats::advice::{self, Misses};
use crate::domain::stats::targets::{self, Measurements};
use crate::domain::ttl::Policy;
use crate::store::{Error, Store};
use jiff::civil::Date;
use std::time::{Duration, Instant};

/// A live view waits this many times as long as reading the counts took before it reads them again.
const REST: u32 = 10;

/// What to measure, and how thoroughly.
pub(crate) struct StatsQuery<'a> {
    pub scheme: &'a Scheme,
    pub policy: &'a Policy,
    /// Customers to measure; `None` for all.
    pub customers: Option<&'a [Customer]>,
    /// Query for the hit counts.
    pub question: HitRateQuery,
    /// Cost of an API call, in dollars.
    pub price: f64,
    /// Examine every key.
    pub full: bool,
    /// Sample size unless `full`.
    pub samples: u64,
    /// Number of round trips.
    pub probes: u32,
    /// Threshold for a figure, by name.
    pub figure: &'a dyn Fn(&str) -> Option<f64>,
    /// Include advice.
    pub advise: bool,
}

#[derive(Debug)]
pub(crate) struct StatsOutcome {
    /// The report as far as it goes, including servers that do not answer.
    pub report: StatsReport,
    /// The error of each server that does not answer.
    pub silent: Vec<Error>,
    /// Why counts, keys or times are incomplete. Only the servers that hold them can provide them.
    pub failed: Option<Error>,
}

pub(crate) async fn measure(store: &Store, ask: &StatsQuery<'_>) -> StatsOutcome {
    // Before anything else, so that the servers' statistics do not include this command.
    let (mut report, mut silent) = nodes::survey(store).await;
    let failed = look_inside(&store.reader(), ask, &mut report).await.err();
    if failed.as_ref().is_some_and(Error::is_unreachable) {
        // A server that was lost meanwhile is listed as such.
        let (now, silent_now) = nodes::survey(store).await;
        (report.nodes, silent) = (now.nodes, silent_now);
    }
    report.incomplete = failed.as_ref().map(ToString::to_string);
    report.sum_up();
    StatsOutcome {
        report,
        silent,
        failed,
    }
}

/// Adds what only the servers with the data know: counts, keys, times.
async fn look_inside(
    reader: &Store,
    ask: &StatsQuery<'_>,
    report: &mut StatsReport,
) -> Result<(), Error> {
    let counts = hit_rate::measure(reader, ask.scheme, ask.question.clone()).await;
    let (counts, lost) = match counts {
        Ok(counts) => {
            report.take_counts(&counts, ask.price);
            (counts, None)
        }
        // The keys of the other servers can still be reported.
        Err(error) if error.is_unreachable() => (HitRate::default(), Some(error)),
        Err(error) => return Err(error),
    };
    let found = key_census::count(reader, ask, &counts).await?;
    let largest = found.largest_customer();
    report.customers = found.customers;
    report.keys_examined = found.examined;
    report.notes.extend(found.unseen.map(|keys| {
        format!(
            "customers with fewer than about {} keys may be missing from the sample",
            keys.saturating_add(1)
        )
    }));
    report.not_manageable = found.not_manageable.into_iter().collect();
    if let Some(error) = lost.or(found.lost) {
        return Err(error);
    }
    report.latency_ms = probe::round_trips(reader, ask.probes).await?;
    let measured = Measurements {
        hit_rate: counts.total.rate(),
        property_list_ms: probe::reads(reader, &found.lists).await?,
        search_ms: probe::reads(reader, &found.hostnames).await?,
        property_ms: probe::reads(reader, &found.properties).await?,
        customer_memory_mb: largest,
    };
    report.targets = targets::judge(ask.figure, &measured);
    if ask.advise {
        report.advice = Some(advice::advise(report, &misses(counts), ask.policy));
    }
    Ok(())
}

/// The counts that a live view read last. Reading very many takes the server's time, so they are only read again
/// after [`REST`] times as long.
#[derive(Debug, Default)]
pub(crate) struct CachedHitRate(Option<Measurement>);

#[derive(Debug)]
struct Measurement {
    counts: HitRate,
    at: Instant,
    took: Duration,
}

impl CachedHitRate {
    /// Returns the most missed keys, most missed first.
    pub(crate) fn top_missed(&self) -> &[MissedKey] {
        self.0
            .as_ref()
            .map_or(&[], |reading| &reading.counts.top_missed)
    }

    /// True if the counts have to be read: for other days, or because enough time has passed.
    fn is_due(&self, days: &[Date], now: Instant) -> bool {
        self.0.as_ref().is_none_or(|reading| {
            let read = reading.counts.days.iter().map(|(day, _)| day);
            !read.eq(days) || now.duration_since(reading.at) >= reading.took * REST
        })
    }
}

/// Measures what a live view repeats: servers, round trips and counts, but not all keys. What cannot be measured at
/// the moment is left out, with the reason in the report.
pub(crate) async fn measure_again(
    store: &Store,
    ask: &StatsQuery<'_>,
    known: &mut CachedHitRate,
) -> StatsReport {
    let (mut report, _) = nodes::survey(store).await;
    let looked = look_again(&store.reader(), ask, known, &mut report).await;
    report.incomplete = looked.err().map(|error| error.to_string());
    report.sum_up();
    report
}

async fn look_again(
    reader: &Store,
    ask: &StatsQuery<'_>,
    known: &mut CachedHitRate,
    report: &mut StatsReport,
) -> Result<(), Error> {
    let at = Instant::now();
    if known.is_due(&ask.question.days, at) {
        let counts = hit_rate::measure(reader, ask.scheme, ask.question.clone()).await?;
        let took = at.elapsed();
        known.0 = Some(Measurement { counts, at, took });
    }
    if let Some(Measurement { counts, .. }) = &known.0 {
        report.take_counts(counts, ask.price);
    }
    report.latency_ms = probe::round_trips(reader, ask.probes).await?;
    Ok(())
}

fn misses(counts: HitRate) -> Misses {
    Misses {
        days: counts
            .days
            .iter()
            .filter(|(_, counts)| counts.total() > 0)
            .count() as u64,
        top: counts.top_missed,
    }
}

#[expect(clippy::cast_precision_loss, reason = "shown with a few digits")]
fn milliseconds(span: Duration) -> f64 {
    span.as_micros() as f64 / 1000.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::hit_rate::HitCounts;
    use jiff::civil::date;

    #[test]
    fn a_live_view_reads_very_many_counts_less_often_and_those_of_a_new_day_at_once() {
        let (today, tomorrow) = (date(2026, 11, 26), date(2026, 11, 27));
        assert!(CachedHitRate::default().is_due(&[today], Instant::now()));
        let at = Instant::now();
        let counts = HitRate {
            days: vec![(today, HitCounts::default())],
            ..HitRate::default()
        };
        let took = Duration::from_millis(300);
        let known = CachedHitRate(Some(Measurement { counts, at, took }));
        assert!(!known.is_due(&[today], at + 9 * took));
        assert!(known.is_due(&[today], at + 10 * took));
        assert!(known.is_due(&[tomorrow], at));
    }
}
