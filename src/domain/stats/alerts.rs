//! Alert rules for Prometheus, generated from the thresholds in force.

use super::targets::{Bound, TARGETS};
use std::fmt::Write as _;

/// An alert rule: its name, its expression over the metrics of `stats -o prometheus`, how long that must hold, its
/// severity and its summary.
type Rule<'a> = [&'a str; 5];

/// Returns the rules as YAML for Prometheus. `figure` returns a threshold by its name.
pub(crate) fn yaml(figure: impl Fn(&str) -> Option<f64>) -> String {
    let targets = targets(figure);
    let of_targets = targets.iter().map(|[name, expression, summary]| {
        let rule: Rule<'_> = [name, expression, "30m", "warning", summary];
        rule
    });
    let mut text = "groups:\n  - name: alecs-cache\n    rules:\n".to_owned();
    for [name, expression, for_, severity, summary] in of_targets.chain(HEALTH) {
        let (expression, summary) = (quoted(expression), quoted(summary));
        // Writing to a string cannot fail.
        let _ = write!(
            text,
            "      - alert: {name}\n        expr: {expression}\n        for: {for_}\n        labels:\n          severity: {severity}\n        annotations:\n          summary: {summary}\n",
        );
    }
    text
}

/// Name, expression and summary of the rules for the performance targets, with the thresholds in force.
fn targets(figure: impl Fn(&str) -> Option<f64>) -> Vec<[String; 3]> {
    let mut rules = Vec::new();
    if let Some(least) = figure("hit_rate") {
        rules.push([
            "AlecsCacheHitRateLow".to_owned(),
            format!("alecs_cache_hit_ratio < {}", least / 100.0),
            format!("The cache answers {{{{ $value | humanizePercentage }}}} of the reads, less than {least}%"),
        ]);
    }
    if let Some(most) = figure("customer_memory_mb") {
        rules.push([
            "AlecsCacheCustomerMemoryHigh".to_owned(),
            format!("alecs_cache_customer_memory_bytes > {}", most * 1e6),
            format!(
                "{{{{ $labels.customer }}}} takes {{{{ $value | humanize }}}}B, more than {most} MB"
            ),
        ]);
    }
    for (name, _, bound, _) in TARGETS {
        let alert = match name {
            "api_call_reduction" => "AlecsCacheApiCallsHigh",
            "property_list_ms" => "AlecsCachePropertyListSlow",
            "search_ms" => "AlecsCacheSearchSlow",
            "property_ms" => "AlecsCachePropertySlow",
            _ => continue,
        };
        let Some(target) = figure(name) else { continue };
        let sign = match bound {
            Bound::AtLeast => "<",
            Bound::AtMost => ">",
        };
        rules.push([
            alert.to_owned(),
            format!("alecs_cache_target_actual{{target=\"{name}\"}} {sign} {target}"),
            format!("The target {name} of {target} is not met: {{{{ $value }}}}"),
        ]);
    }
    rules
}

/// Rules that do not depend on thresholds.
const HEALTH: [Rule<'static>; 8] = [
    [
        "AlecsCacheNodeDown",
        "alecs_cache_node_up == 0",
        "2m",
        "critical",
        "{{ $labels.node }} does not answer",
    ],
    [
        "AlecsCacheFiguresStale",
        "time() - alecs_cache_scrape_timestamp_seconds > 3600",
        "5m",
        "warning",
        "The cache has not been measured for an hour",
    ],
    [
        "AlecsCacheMemoryFull",
        "alecs_cache_node_memory_used_bytes / (alecs_cache_node_memory_max_bytes > 0) > 0.9",
        "10m",
        "warning",
        "{{ $labels.node }} uses {{ $value | humanizePercentage }} of its maxmemory",
    ],
    [
        "AlecsCacheEvictions",
        "increase(alecs_cache_node_evicted_keys_total[1h]) > 0",
        "5m",
        "warning",
        "{{ $labels.node }} evicted {{ $value | humanize }} keys in an hour to free memory",
    ],
    [
        "AlecsCacheConnectionsRejected",
        "increase(alecs_cache_node_rejected_connections_total[1h]) > 0",
        "5m",
        "warning",
        "{{ $labels.node }} refused {{ $value | humanize }} connections in an hour",
    ],
    [
        "AlecsCacheReplicationLag",
        "alecs_cache_node_replication_lag_bytes > 10485760",
        "10m",
        "warning",
        "{{ $labels.node }} is {{ $value | humanize1024 }}B behind its primary",
    ],
    [
        "AlecsCacheKeysWithoutTtl",
        "alecs_cache_customer_no_ttl_keys > 0",
        "1h",
        "warning",
        "{{ $labels.customer }} has {{ $value | humanize }} keys that never expire",
    ],
    [
        "AlecsCacheNoQuorum",
        "alecs_cache_sentinel_quorum_met == 0",
        "5m",
        "critical",
        "The sentinels could not agree on a failover",
    ],
];

/// Quotes a text in single quotes, in which YAML has only one special character.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_follow_the_thresholds_in_force() {
        let text = yaml(|name| (name == "hit_rate").then_some(92.5));
        assert!(text.starts_with("groups:\n  - name: alecs-cache\n    rules:\n      - alert: AlecsCacheHitRateLow\n        expr: 'alecs_cache_hit_ratio < 0.925'\n        for: 30m\n"), "{text}");
        assert!(!text.contains("CustomerMemoryHigh"));
    }

    #[test]
    fn a_quote_is_doubled() {
        assert_eq!(quoted("a'b"), "'a''b'");
    }
}
