//! Names of all Prometheus metrics. Dashboards and alerts depend on them.

use super::prometheus::{Metric, MetricKind};

macro_rules! metrics {
    ($($constant:ident = $kind:ident $name:literal, $help:literal;)*) => {
        $(
            #[doc = $help]
            pub(crate) const $constant: Metric = Metric { name: $name, kind: MetricKind::$kind, help: $help };
        )*
        /// All metrics.
        pub const ALL: &[Metric] = &[$($constant),*];
    };
}

metrics! {
    SCRAPED = Gauge "alecs_cache_scrape_timestamp_seconds", "When these figures were taken.";
    HITS = Gauge "alecs_cache_window_hits", "Reads that the cache answered, as recorded in the days asked for.";
    MISSES = Gauge "alecs_cache_window_misses", "Reads that the cache did not answer, as recorded in the days asked for.";
    HIT_RATIO = Gauge "alecs_cache_hit_ratio", "Share of the reads that the cache answered, from 0 to 1.";
    WINDOW = Gauge "alecs_cache_window_seconds", "Span of the days that the counts of hits and misses cover.";
    CALLS_SAVED = Gauge "alecs_cache_window_api_calls_saved", "API calls that were not needed in the days asked for.";
    COST_SAVED = Gauge "alecs_cache_window_cost_saved_dollars", "What these calls would have cost.";
    GROUP_HITS = Gauge "alecs_cache_group_window_hits", "Reads that the cache answered, by day, customer, resource or key.";
    GROUP_MISSES = Gauge "alecs_cache_group_window_misses", "Reads that the cache did not answer, by day, customer, resource or key.";
    NODE_UP = Gauge "alecs_cache_node_up", "Whether the server answered.";
    NODE_INFO = Gauge "alecs_cache_node_info", "Role and version of the server; always 1.";
    NODE_UPTIME = Gauge "alecs_cache_node_uptime_seconds", "Since the server started.";
    NODE_MEMORY = Gauge "alecs_cache_node_memory_used_bytes", "Memory in use.";
    NODE_MEMORY_MAX = Gauge "alecs_cache_node_memory_max_bytes", "Limit of memory; 0 is none.";
    NODE_FRAGMENTATION = Gauge "alecs_cache_node_memory_fragmentation_ratio", "Memory taken from the system for each byte in use.";
    NODE_KEYS = Gauge "alecs_cache_node_keys", "Keys in the database in use.";
    NODE_EVICTED = Counter "alecs_cache_node_evicted_keys_total", "Keys evicted to free memory.";
    NODE_EXPIRED = Counter "alecs_cache_node_expired_keys_total", "Keys that expired.";
    NODE_CLIENTS = Gauge "alecs_cache_node_connected_clients", "Open client connections.";
    NODE_REJECTED = Counter "alecs_cache_node_rejected_connections_total", "Connections refused because there were too many.";
    NODE_COMMANDS = Counter "alecs_cache_node_commands_processed_total", "Commands carried out.";
    NODE_ERRORS = Counter "alecs_cache_node_error_replies_total", "Replies that were errors.";
    NODE_LAG = Gauge "alecs_cache_node_replication_lag_bytes", "Bytes that a replica is behind its primary.";
    NODE_SLOW = Gauge "alecs_cache_node_slow_log_entries", "Entries of the slow log.";
    NODE_SLOTS = Gauge "alecs_cache_node_slots", "Hash slots that a primary of a cluster serves.";
    CUSTOMER_KEYS = Gauge "alecs_cache_customer_keys", "Keys of a customer.";
    CUSTOMER_MEMORY = Gauge "alecs_cache_customer_memory_bytes", "Memory of a customer's keys.";
    CUSTOMER_NO_TTL = Gauge "alecs_cache_customer_no_ttl_keys", "Keys of a customer that never expire although they should.";
    RESOURCE_KEYS = Gauge "alecs_cache_resource_keys", "Keys of a customer by kind.";
    RESOURCE_MEMORY = Gauge "alecs_cache_resource_memory_bytes", "Memory of a customer's keys by kind.";
    ROUND_TRIP = Summary "alecs_cache_round_trip_seconds", "Round trips to the primaries as this client saw them.";
    COMMAND_LATENCY = Summary "alecs_cache_command_latency_seconds", "Time that calls of a command took inside the server.";
    ERRORS = Counter "alecs_cache_errors_total", "Replies that were errors, by kind.";
    TARGET = Gauge "alecs_cache_target", "Value that a performance target asks for, in its unit.";
    TARGET_ACTUAL = Gauge "alecs_cache_target_actual", "Measured value of a performance target, in its unit.";
    TARGET_MET = Gauge "alecs_cache_target_met", "Whether a performance target is met.";
    QUORUM = Gauge "alecs_cache_sentinel_quorum_met", "Whether the sentinels could agree on a failover.";
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn names_are_unique_and_end_with_a_unit_that_fits_their_kind() {
        let names: BTreeSet<&str> = ALL.iter().map(|metric| metric.name).collect();
        assert_eq!(names.len(), ALL.len());
        for Metric { name, kind, help } in ALL {
            assert_eq!(
                name.ends_with("_total"),
                *kind == MetricKind::Counter,
                "{name}"
            );
            assert!(
                name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_'),
                "{name}"
            );
            assert!(help.ends_with('.'), "{name}");
        }
    }
}
