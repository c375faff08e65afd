//! The report as Prometheus metrics.

use super::StatsView;
use crate::domain::stats::{CustomerUse, NodeStats, StatsReport};
use crate::output::metrics as m;
use crate::output::prometheus::{Exposition, Labels, Metric};
use crate::output::reports::hit_rate::{float, window};

impl StatsView<'_> {
    /// Formats the report; values that are unknown are left out.
    pub(crate) fn prometheus(&self) -> String {
        let mut text = Exposition::default();
        let report = self.report;
        text.add_one(&m::SCRAPED, Some(float(self.at)));
        if let Some(counts) = report.counts() {
            let days = float(report.days.len() as u64);
            window(&mut text, counts, self.price, days);
        }
        nodes(&mut text, &report.nodes);
        if let Some(sentinel) = &report.sentinel {
            let met = sentinel.quorum_met.map(flag);
            text.add(
                &m::QUORUM,
                [(vec![("master", sentinel.master.as_str())], met)],
            );
        }
        customers(&mut text, &report.customers);
        latencies(&mut text, report);
        let errors = report.errors.iter();
        text.add(
            &m::ERRORS,
            errors.map(|one| (vec![("error", one.error.as_str())], Some(float(one.count)))),
        );
        for (metric, of) in [
            (
                m::TARGET,
                (|t| Some(t.target)) as fn(&crate::domain::stats::PerformanceTarget) -> Option<f64>,
            ),
            (m::TARGET_ACTUAL, |t| t.actual),
            (m::TARGET_MET, |t| t.met.map(flag)),
        ] {
            let targets = report.targets.iter();
            text.add(
                &metric,
                targets.map(|target| {
                    (
                        vec![("target", target.name), ("unit", target.unit)],
                        of(target),
                    )
                }),
            );
        }
        text.text()
    }
}

type OfNode = fn(&NodeStats) -> Option<u64>;

fn nodes(text: &mut Exposition, nodes: &[NodeStats]) {
    let labels = |node: &NodeStats| vec![("node", node.addr.clone())];
    let add = |text: &mut Exposition, metric: &Metric, of: &dyn Fn(&NodeStats) -> Option<f64>| {
        let owned: Vec<_> = nodes.iter().map(|node| (labels(node), of(node))).collect();
        text.add(
            metric,
            owned
                .iter()
                .map(|(labels, value)| (borrowed(labels), *value)),
        );
    };
    add(text, &m::NODE_UP, &|node| Some(flag(node.error.is_none())));
    text.add(
        &m::NODE_INFO,
        nodes.iter().map(|node| {
            let role = node.role.unwrap_or("unknown");
            let version = node.version.as_deref().unwrap_or("unknown");
            let labels = vec![
                ("node", node.addr.as_str()),
                ("role", role),
                ("program", node.program.unwrap_or("unknown")),
                ("version", version),
            ];
            (labels, Some(1.0))
        }),
    );
    let numbers: [(Metric, OfNode); 13] = [
        (m::NODE_UPTIME, |n| n.uptime_seconds),
        (m::NODE_MEMORY, |n| n.used_memory_bytes),
        (m::NODE_MEMORY_MAX, |n| n.max_memory_bytes),
        (m::NODE_KEYS, |n| n.keys),
        (m::NODE_EVICTED, |n| n.evicted_keys),
        (m::NODE_EXPIRED, |n| n.expired_keys),
        (m::NODE_CLIENTS, |n| n.connected_clients),
        (m::NODE_REJECTED, |n| n.rejected_connections),
        (m::NODE_COMMANDS, |n| n.commands_processed),
        (m::NODE_ERRORS, |n| n.error_replies),
        (m::NODE_LAG, |n| n.replication_lag_bytes),
        (m::NODE_SLOW, |n| n.slow_queries),
        (m::NODE_SLOTS, |n| n.slots),
    ];
    for (metric, of) in numbers {
        add(text, &metric, &|node| of(node).map(float));
    }
    add(text, &m::NODE_FRAGMENTATION, &|node| {
        node.fragmentation_ratio
    });
}

/// Adds the figures of each customer. Partial ones are left out, because they would look complete.
fn customers(text: &mut Exposition, customers: &[CustomerUse]) {
    let customers = || customers.iter().filter(|one| !one.partial);
    for (metric, of) in [
        (
            m::CUSTOMER_KEYS,
            (|c| Some(c.amount.keys)) as fn(&CustomerUse) -> Option<u64>,
        ),
        (m::CUSTOMER_MEMORY, |c| c.amount.memory_bytes),
        (m::CUSTOMER_NO_TTL, |c| Some(c.amount.no_ttl_keys)),
    ] {
        let rows = customers();
        text.add(
            &metric,
            rows.map(|one| {
                (
                    vec![("customer", one.customer.as_str())],
                    of(one).map(float),
                )
            }),
        );
    }
    let kinds = || {
        customers().flat_map(|one| {
            one.resources.iter().map(|kind| {
                let labels = vec![
                    ("customer", one.customer.as_str()),
                    ("resource", kind.resource),
                ];
                (labels, kind.amount)
            })
        })
    };
    text.add(
        &m::RESOURCE_KEYS,
        kinds().map(|(labels, amount)| (labels, Some(float(amount.keys)))),
    );
    text.add(
        &m::RESOURCE_MEMORY,
        kinds().map(|(labels, amount)| (labels, amount.memory_bytes.map(float))),
    );
}

fn latencies(text: &mut Exposition, report: &StatsReport) {
    let latency = report.latency_ms;
    let seconds = |milliseconds: Option<f64>| milliseconds.map(|ms| ms / 1000.0);
    let sum = latency.avg.map(|avg| avg / 1000.0 * float(latency.samples));
    text.add_suffixed(
        &m::ROUND_TRIP,
        [
            ("", vec![("quantile", "0.5")], seconds(latency.p50)),
            ("", vec![("quantile", "0.95")], seconds(latency.p95)),
            ("", vec![("quantile", "0.99")], seconds(latency.p99)),
            ("_sum", Vec::new(), sum),
            ("_count", Vec::new(), sum.map(|_| float(latency.samples))),
        ],
    );
    text.add_suffixed(
        &m::COMMAND_LATENCY,
        report.server_latency.iter().flat_map(|one| {
            let labels = |quantile: Option<&'static str>| {
                let mut labels = vec![
                    ("node", one.addr.as_str()),
                    ("command", one.command.as_str()),
                ];
                labels.extend(quantile.map(|quantile| ("quantile", quantile)));
                labels
            };
            let sum = one.avg_ms / 1000.0 * float(one.calls);
            [
                ("", labels(Some("0.5")), seconds(one.p50_ms)),
                ("", labels(Some("0.99")), seconds(one.p99_ms)),
                ("", labels(Some("0.999")), seconds(one.p999_ms)),
                ("_sum", labels(None), Some(sum)),
                ("_count", labels(None), Some(float(one.calls))),
            ]
        }),
    );
}

fn borrowed<'a>(labels: &'a [(&'static str, String)]) -> Labels<'a> {
    labels
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect()
}

fn flag(yes: bool) -> f64 {
    f64::from(u8::from(yes))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::metrics::ALL;
    use std::collections::BTreeSet;

    /// Every metric that dashboards and alerts may use has a source.
    #[test]
    fn exactly_the_listed_metrics_are_exposed() {
        let report = StatsReport::specimen();
        let view = StatsView {
            report: &report,
            asked: None,
            price: 1.0,
            at: 7,
        };
        let text = view.prometheus();
        let given: BTreeSet<&str> = text
            .lines()
            .filter_map(|line| line.strip_prefix("# TYPE "))
            .filter_map(|line| line.split(' ').next())
            .collect();
        // These two belong to `hit-rate`.
        let groups = [m::GROUP_HITS.name, m::GROUP_MISSES.name];
        let listed = ALL
            .iter()
            .map(|metric| metric.name)
            .filter(|name| !groups.contains(name));
        assert_eq!(given, listed.collect());
    }
}
