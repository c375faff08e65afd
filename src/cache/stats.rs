//! Measuring: every server, every customer's keys, the time that reads take, and what the counts say.

mod nodes;
mod population;
mod probe;

use crate::cache::hit_rate;
use crate::domain::advice::{self, Misses};
use crate::domain::hit_rate::{HitRate, Question};
use crate::domain::key::{Customer, Scheme};
use crate::domain::measure::Report;
use crate::domain::targets::{self, Measured};
use crate::domain::ttl::Policy;
use crate::store::{Error, Store};
use std::time::Duration;

/// What to measure and how thoroughly.
pub struct Ask<'a> {
    /// How keys are spelled.
    pub scheme: &'a Scheme,
    /// How long things may stand.
    pub policy: &'a Policy,
    /// Whose keys; `None` for everybody's.
    pub customers: Option<&'a [Customer]>,
    /// Which counts.
    pub question: Question,
    /// What an API call costs, in dollars.
    pub price: f64,
    /// Look at every key.
    pub full: bool,
    /// Keys to draw where not every key is looked at.
    pub samples: u64,
    /// Round trips to make.
    pub probes: u32,
    /// The figures to judge by, by name.
    pub figure: &'a dyn Fn(&str) -> Option<f64>,
    /// Whether to say what could be better.
    pub advise: bool,
}

/// Measures. Servers that do not answer are in the report. Where one of them holds keys or counts, the
/// report goes as far as it could, and the reason comes with it.
pub async fn measure(store: &Store, ask: &Ask<'_>) -> (Report, Option<Error>) {
    // First, so that what the servers tell of themselves is not about us.
    let mut report = nodes::survey(store).await;
    let failed = look_inside(&store.reader(), ask, &mut report).await.err();
    report.incomplete = failed.as_ref().map(ToString::to_string);
    report.sum_up();
    (report, failed)
}

/// Adds what only the servers that hold it can tell: counts, keys, times.
async fn look_inside(reader: &Store, ask: &Ask<'_>, report: &mut Report) -> Result<(), Error> {
    let counts = hit_rate::measure(reader, ask.scheme, ask.question.clone()).await?;
    report.days = counts.days.iter().map(|(day, _)| day.to_string()).collect();
    report.take_counts(counts.total, ask.price);
    let found = population::count(reader, ask, &counts).await?;
    report.latency_ms = probe::round_trips(reader, ask.probes).await?;
    let measured = Measured {
        hit_rate: counts.total.rate(),
        property_list_ms: probe::reads(reader, &found.lists).await?,
        search_ms: probe::reads(reader, &found.hostnames).await?,
        property_ms: probe::reads(reader, &found.properties).await?,
        customer_memory_mb: found.largest_customer(),
    };
    report.targets = targets::judge(ask.figure, &measured);
    report.customers = found.customers;
    report.keys_examined = found.examined;
    if ask.advise {
        report.advice = Some(advice::advise(report, &misses(counts), ask.policy));
    }
    Ok(())
}

/// What a live view shows again and again: servers, round trips and counts, but not all keys.
pub async fn glance(store: &Store, ask: &Ask<'_>) -> Result<(Report, HitRate), Error> {
    let reader = store.reader();
    let mut report = nodes::survey(store).await;
    let counts = hit_rate::measure(&reader, ask.scheme, ask.question.clone()).await?;
    report.latency_ms = probe::round_trips(&reader, ask.probes).await?;
    report.days = counts.days.iter().map(|(day, _)| day.to_string()).collect();
    report.take_counts(counts.total, ask.price);
    report.sum_up();
    Ok((report, counts))
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
