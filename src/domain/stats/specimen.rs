//! A report with every number, from which the names of all numbers are derived.

use super::{
    Amount, CommandLatency, CustomerUse, ErrorCount, Latency, NodeStats, PerformanceTarget,
    ResourceUse, Sentinels, Slow, StatsReport, Usage,
};

impl StatsReport {
    /// Creates a report in which every number is present.
    pub fn specimen() -> Self {
        let one = Some(1);
        let half = Some(0.5);
        Self {
            nodes: vec![NodeStats {
                uptime_seconds: one,
                used_memory_bytes: one,
                max_memory_bytes: one,
                system_memory_bytes: one,
                fragmentation_ratio: half,
                keys: one,
                evicted_keys: one,
                expired_keys: one,
                connected_clients: one,
                max_clients: one,
                rejected_connections: one,
                commands_processed: one,
                ops_per_second: one,
                error_replies: one,
                slow_queries: one,
                replicas: one,
                replication_lag_bytes: one,
                slots: one,
                ..NodeStats::default()
            }],
            sentinel: Some(Sentinels {
                quorum_met: Some(true),
                quorum: one,
                sentinels: one,
                ..Sentinels::default()
            }),
            keys: one,
            used_memory_bytes: one,
            evicted_keys: one,
            expired_keys: one,
            customers: vec![CustomerUse {
                amount: Amount::from(Usage::default()),
                resources: vec![ResourceUse {
                    amount: Amount::from(Usage::default()),
                    ..ResourceUse::default()
                }],
                ..CustomerUse::default()
            }],
            latency_ms: Latency {
                avg: half,
                p50: half,
                p95: half,
                p99: half,
                max: half,
                samples: 1,
            },
            server_latency: vec![CommandLatency {
                p50_ms: half,
                p99_ms: half,
                p999_ms: half,
                ..CommandLatency::default()
            }],
            slow_queries: one,
            slow_log: vec![Slow::default()],
            connection_errors: one,
            command_errors: one,
            errors: vec![ErrorCount::default()],
            hits: one,
            misses: one,
            hit_rate: half,
            api_calls_saved: one,
            cost_saved: half,
            targets: vec![PerformanceTarget {
                actual: half,
                met: Some(true),
                ..PerformanceTarget::default()
            }],
            ..Self::default()
        }
    }
}
