//! Names and sums of a report.

use super::*;

#[test]
fn every_number_of_the_report_can_be_named() {
    let names = StatsReport::names();
    for name in [
        "hit_rate",
        "api_calls_saved",
        "cost_saved",
        "latency_ms.avg",
        "latency_ms.p99",
        "nodes.*.evicted_keys",
        "nodes.*.replication_lag_bytes",
        "customers.*.no_ttl_keys",
        "customers.*.resources.*.memory_bytes",
        "slow_queries",
        "connection_errors",
        "command_errors",
        "targets.*.actual",
        "sentinel.quorum",
    ] {
        assert!(
            names.iter().any(|known| known == name),
            "{name} of {names:?}"
        );
    }
}

#[test]
fn sums_count_primaries_only_and_are_unknown_if_a_node_is_silent() {
    let node = |role, keys, evicted_keys| NodeStats {
        role: Some(role),
        keys,
        evicted_keys,
        error_replies: Some(2),
        ..NodeStats::default()
    };
    let mut report = StatsReport {
        nodes: vec![
            node("primary", Some(3), Some(1)),
            node("primary", Some(4), None),
            node("replica", Some(3), Some(9)),
        ],
        ..StatsReport::default()
    };
    report.sum_up();
    assert_eq!(report.keys, Some(7));
    assert_eq!(report.evicted_keys, None);
    assert_eq!(report.command_errors, Some(6));
    report.nodes.push(NodeStats {
        error: Some("gone".into()),
        ..NodeStats::default()
    });
    report.sum_up();
    assert_eq!((report.keys, report.command_errors), (Some(7), None));
    report.nodes.push(NodeStats {
        error: Some("gone".into()),
        said_primary: true,
        ..NodeStats::default()
    });
    report.sum_up();
    assert_eq!(report.keys, None);
    let mut silent = StatsReport::default();
    silent.sum_up();
    assert_eq!(silent.keys, None);
}
