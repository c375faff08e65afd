//! Latency of round trips and reads, as seen by this client.

use super::milliseconds;
use crate::domain::stats::Latency;
use crate::store::{Error, Store};
use futures_util::future::try_join_all;
use hdrhistogram::Histogram;
use std::time::{Duration, Instant};

/// Limit for all round trips to one server.
const LONGEST_WAIT: Duration = Duration::from_secs(2);

/// Number of reads of each key.
const TIMES: usize = 5;

/// Measures round trips to all servers, sequentially for each server.
pub(super) async fn round_trips(reader: &Store, probes: u32) -> Result<Latency, Error> {
    let nodes = reader.nodes().await?;
    let each = probes.div_ceil(u32::try_from(nodes.len().max(1)).unwrap_or(1));
    let spans = nodes.iter().map(async |node| {
        let began = Instant::now();
        let mut spans = Vec::new();
        for _ in 0..each {
            spans.push(node.round_trip().await?);
            if began.elapsed() > LONGEST_WAIT {
                break;
            }
        }
        Ok::<_, Error>(spans)
    });
    let spans = try_join_all(spans).await?;
    Ok(summary(spans.into_iter().flatten()))
}

/// Returns the 95th percentile of reading one of the keys, in milliseconds; `None` without keys. A key of another type
/// is not read: the server would count an error.
pub(super) async fn reads(reader: &Store, keys: &[String]) -> Result<Option<f64>, Error> {
    let kinds = reader.types(keys).await;
    // After an error, reading the key shows it.
    let is_string = |kind: Result<Option<String>, Error>| {
        let kind = kind.ok().flatten();
        kind.is_none_or(|kind| kind == "string")
    };
    let keys = keys.iter().zip(kinds);
    let keys: Vec<&String> = keys
        .filter_map(|(key, kind)| is_string(kind).then_some(key))
        .collect();
    let mut spans = Vec::new();
    let began = Instant::now();
    for key in keys.iter().copied().cycle().take(keys.len() * TIMES) {
        let read = Instant::now();
        match reader.get(std::slice::from_ref(key)).await.pop() {
            // A key that expired meanwhile was not read.
            Some(Ok(Some(_))) => spans.push(read.elapsed()),
            Some(Ok(None)) | None => {}
            Some(Err(error)) => return Err(error),
        }
        if began.elapsed() > LONGEST_WAIT {
            break;
        }
    }
    Ok(summary(spans).p95)
}

fn summary(spans: impl IntoIterator<Item = Duration>) -> Latency {
    // Three significant digits, up to a minute. The histogram accepts these constants.
    let Ok(mut histogram) = Histogram::<u64>::new_with_bounds(1, 60_000_000, 3) else {
        return Latency::default();
    };
    let (mut sum, mut max) = (Duration::ZERO, Duration::ZERO);
    for span in spans {
        sum += span;
        max = max.max(span);
        histogram.saturating_record(u64::try_from(span.as_micros()).unwrap_or(u64::MAX));
    }
    let samples = histogram.len();
    if samples == 0 {
        return Latency::default();
    }
    let quantile = |share| {
        Some(milliseconds(Duration::from_micros(
            histogram.value_at_quantile(share),
        )))
    };
    Latency {
        avg: Some(milliseconds(
            sum.div_f64(f64::from(u32::try_from(samples).unwrap_or(u32::MAX))),
        )),
        p50: quantile(0.5),
        p95: quantile(0.95),
        p99: quantile(0.99),
        max: Some(milliseconds(max)),
        samples,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_those_of_the_sorted_times() {
        let latency = summary((1..=100).map(Duration::from_millis));
        let near = |found: Option<f64>, expected: f64| {
            (found.unwrap() - expected).abs() < expected / 500.0
        };
        assert!(near(latency.avg, 50.5) && near(latency.p50, 50.0) && near(latency.p95, 95.0));
        assert!(near(latency.p99, 99.0) && near(latency.max, 100.0));
        assert_eq!(summary([]), Latency::default());
    }
}
