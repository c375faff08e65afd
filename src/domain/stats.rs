//! Report of `stats`: measurements of the servers and of the cache in them, independent of the output format.
//!
//! A value that could not be measured is `None`, never zero.

pub(crate) mod advice;
pub(crate) mod alerts;
pub(crate) mod assert;
pub(crate) mod info;
pub(crate) mod sample;
mod specimen;
pub(crate) mod targets;
pub(crate) mod thresholds;

use crate::domain::hit_rate::{HitCounts, HitRate};
use crate::domain::stats::sample::Usage;
use serde::Serialize;
use serde_json::Value;

/// A server.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct NodeStats {
    /// Host and port, or socket.
    pub addr: String,
    /// `primary` or `replica`.
    pub role: Option<&'static str>,
    /// `valkey` or `redis`.
    pub program: Option<&'static str>,
    pub version: Option<String>,
    /// Seconds since its start.
    pub uptime_seconds: Option<u64>,
    /// Memory in use.
    pub used_memory_bytes: Option<u64>,
    /// Memory limit; 0 is none.
    pub max_memory_bytes: Option<u64>,
    /// Memory of the machine.
    pub system_memory_bytes: Option<u64>,
    /// What the server does at the limit.
    pub eviction_policy: Option<String>,
    /// Bytes taken from the system for each byte in use.
    pub fragmentation_ratio: Option<f64>,
    /// Keys in the selected database.
    pub keys: Option<u64>,
    /// Keys removed to free memory.
    pub evicted_keys: Option<u64>,
    /// Keys removed because they expired.
    pub expired_keys: Option<u64>,
    /// Open client connections.
    pub connected_clients: Option<u64>,
    /// Limit of client connections.
    pub max_clients: Option<u64>,
    /// Connections refused because of the limit.
    pub rejected_connections: Option<u64>,
    /// Commands processed since its start.
    pub commands_processed: Option<u64>,
    /// Commands per second at present.
    pub ops_per_second: Option<u64>,
    /// Replies that were errors.
    pub error_replies: Option<u64>,
    /// Entries of the slow log.
    pub slow_queries: Option<u64>,
    /// Connected replicas.
    pub replicas: Option<u64>,
    /// Bytes that a replica is behind; 0 for a primary.
    pub replication_lag_bytes: Option<u64>,
    /// True if a replica's connection to its primary is up.
    pub replication_link_up: Option<bool>,
    /// Hash slots that it serves, in a cluster.
    pub slots: Option<u64>,
    /// Why it did not answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// True if other nodes report it as a primary; used if it does not answer itself.
    #[serde(skip)]
    pub said_primary: bool,
}

impl NodeStats {
    /// Returns true if it may hold keys that no other node counts.
    fn holds_keys(&self) -> bool {
        match self.role {
            Some(role) => role == "primary",
            None => self.said_primary,
        }
    }
}

/// Sentinels that monitor the primary.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Sentinels {
    /// Name of the primary.
    pub master: String,
    /// Its address according to the first sentinel that answered.
    pub primary: Option<String>,
    /// Number of sentinels that must agree that the primary is down.
    pub quorum: Option<u64>,
    /// Number of sentinels according to the first one that answered.
    pub sentinels: Option<u64>,
    /// True if they could agree on a failover.
    pub quorum_met: Option<bool>,
    /// Why they did not answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// Kind of key of all locks.
pub(crate) const LOCK: &str = "lock";

/// Keys and memory of one kind of key.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct ResourceUse {
    pub resource: &'static str,
    #[serde(flatten)]
    pub amount: Amount,
}

/// Keys and memory, with the bounds of the interval if they were sampled.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Amount {
    pub keys: u64,
    /// Lower bound.
    pub keys_low: u64,
    /// Upper bound.
    pub keys_high: u64,
    /// Memory; `None` if a server does not report it, or the sample has none of the keys.
    pub memory_bytes: Option<u64>,
    /// Lower bound.
    pub memory_bytes_low: Option<u64>,
    /// Upper bound.
    pub memory_bytes_high: Option<u64>,
    /// Keys that never expire although they should.
    pub no_ttl_keys: u64,
    /// Lower bound.
    pub no_ttl_keys_low: u64,
    /// Upper bound.
    pub no_ttl_keys_high: u64,
}

impl From<Usage> for Amount {
    fn from(usage: Usage) -> Self {
        let bytes = (!usage.bytes_unknown && !usage.not_met()).then_some(usage.bytes);
        Self {
            keys: usage.keys.value,
            keys_low: usage.keys.low,
            keys_high: usage.keys.high,
            memory_bytes: bytes.map(|bytes| bytes.value),
            memory_bytes_low: bytes.map(|bytes| bytes.low),
            memory_bytes_high: bytes.map(|bytes| bytes.high),
            no_ttl_keys: usage.no_ttl.value,
            no_ttl_keys_low: usage.no_ttl.low,
            no_ttl_keys_high: usage.no_ttl.high,
        }
    }
}

/// Keys and memory of one customer.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct CustomerUse {
    pub customer: String,
    #[serde(flatten)]
    pub amount: Amount,
    /// True if a part of it is an estimate.
    pub sampled: bool,
    /// True if keys of a server that does not answer are missing.
    pub partial: bool,
    /// By kind of key.
    pub resources: Vec<ResourceUse>,
}

/// Times in milliseconds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Latency {
    /// Mean.
    pub avg: Option<f64>,
    /// Median.
    pub p50: Option<f64>,
    /// 95th percentile.
    pub p95: Option<f64>,
    /// 99th percentile.
    pub p99: Option<f64>,
    /// Maximum.
    pub max: Option<f64>,
    /// Number of measurements.
    pub samples: u64,
}

/// Statistics of one command, as a server reports them.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct CommandLatency {
    pub addr: String,
    pub command: String,
    /// True if monitoring tools, such as this one, send the command; it is not load of clients.
    pub probe: bool,
    /// Number of calls.
    pub calls: u64,
    /// Number of failed calls.
    pub failed: u64,
    /// Mean time inside the server.
    pub avg_ms: f64,
    /// Median.
    pub p50_ms: Option<f64>,
    /// 99th percentile.
    pub p99_ms: Option<f64>,
    /// 99.9th percentile.
    pub p999_ms: Option<f64>,
    /// Cumulative histogram: upper bound in microseconds, and the number of calls up to that bound.
    pub histogram_us: Vec<(u64, u64)>,
}

/// An entry of a slow log.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Slow {
    /// Address of the server.
    pub addr: String,
    /// Unix time in seconds.
    pub at: u64,
    /// Execution time.
    pub duration_ms: f64,
    pub command: String,
    /// Its first argument, in most cases the key.
    pub key: Option<String>,
}

/// Error replies of one kind.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct ErrorCount {
    /// First word of the error reply.
    pub error: String,
    /// Number of replies, over all servers.
    pub count: u64,
}

/// A performance target and the measured value.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct PerformanceTarget {
    /// Name of the target in the configuration.
    pub name: &'static str,
    /// The target value.
    pub target: f64,
    /// The measured value.
    pub actual: Option<f64>,
    /// Percent, milliseconds or megabytes.
    pub unit: &'static str,
    /// `None` if nothing was measured.
    pub met: Option<bool>,
}

/// A recommendation with the figures behind it.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Advice {
    /// Name of the rule.
    pub rule: &'static str,
    /// Subject: a node, a customer or a key.
    pub about: String,
    /// What to do and why.
    pub text: String,
    /// Command lines that do it or show more.
    pub commands: Vec<String>,
    /// The figures.
    pub evidence: serde_json::Map<String, Value>,
}

/// All measurements.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct StatsReport {
    pub nodes: Vec<NodeStats>,
    /// The sentinels, if the deployment has any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sentinel: Option<Sentinels>,
    /// Keys on all primaries.
    pub keys: Option<u64>,
    /// Memory in use on all primaries.
    pub used_memory_bytes: Option<u64>,
    /// Keys evicted on all primaries.
    pub evicted_keys: Option<u64>,
    /// Keys expired on all primaries.
    pub expired_keys: Option<u64>,
    /// Keys and memory of each customer.
    pub customers: Vec<CustomerUse>,
    /// Names in the place of a customer's that this tool refuses but the ALECS server accepts.
    pub not_manageable: Vec<String>,
    /// Keys examined for the customers' figures.
    pub keys_examined: u64,
    /// Round trips measured by this client.
    pub latency_ms: Latency,
    /// Times inside the servers.
    pub server_latency: Vec<CommandLatency>,
    /// Entries of all slow logs.
    pub slow_queries: Option<u64>,
    /// Newest entries of the slow logs.
    pub slow_log: Vec<Slow>,
    /// Connections that were refused.
    pub connection_errors: Option<u64>,
    /// Replies that were errors.
    pub command_errors: Option<u64>,
    /// Error replies by kind.
    pub errors: Vec<ErrorCount>,
    /// The UTC days of the counts.
    pub days: Vec<String>,
    /// Reads answered from the cache. `None`, like all figures derived from it, if the counts could not be read.
    pub hits: Option<u64>,
    /// Reads not answered from the cache.
    pub misses: Option<u64>,
    /// In percent.
    pub hit_rate: Option<f64>,
    /// API calls saved by the hits.
    pub api_calls_saved: Option<u64>,
    /// Cost of those API calls.
    pub cost_saved: Option<f64>,
    pub targets: Vec<PerformanceTarget>,
    /// Caveats about the counts.
    pub notes: Vec<String>,
    /// Why something is missing: a server that holds it does not answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub incomplete: Option<String>,
    /// Recommendations, if requested.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub advice: Option<Vec<Advice>>,
}

impl StatsReport {
    /// Sums up the nodes: keys, memory, evictions and expirations of the primaries, errors of all nodes. A node without
    /// a figure makes that sum unknown; a silent replica affects only the sums over all nodes.
    pub fn sum_up(&mut self) {
        let sum = |primaries: bool, of: fn(&NodeStats) -> Option<u64>| {
            let nodes = self.nodes.iter();
            let counted: Vec<_> = nodes
                .filter(|node| !primaries || node.holds_keys())
                .map(of)
                .collect();
            // Without nodes the sum is unknown, not zero.
            (!counted.is_empty())
                .then(|| counted.into_iter().sum())
                .flatten()
        };
        let (keys, memory) = (sum(true, |n| n.keys), sum(true, |n| n.used_memory_bytes));
        let (evicted, expired) = (sum(true, |n| n.evicted_keys), sum(true, |n| n.expired_keys));
        let connections = sum(false, |n| n.rejected_connections);
        let commands = sum(false, |n| n.error_replies);
        let slow = sum(false, |n| n.slow_queries);
        self.keys = keys;
        self.used_memory_bytes = memory;
        self.evicted_keys = evicted;
        self.expired_keys = expired;
        self.connection_errors = connections;
        self.command_errors = commands;
        self.slow_queries = slow;
    }

    /// Fills in the hits and misses, and the figures derived from them at `price` per call.
    pub(crate) fn take_counts(&mut self, read: &HitRate, price: f64) {
        let counts = read.total;
        self.days = read.days.iter().map(|(day, _)| day.to_string()).collect();
        self.notes = read.left_out_notes();
        self.hits = Some(counts.hits);
        self.misses = Some(counts.misses);
        self.hit_rate = counts.rate();
        self.api_calls_saved = Some(counts.hits);
        self.cost_saved = Some(counts.saved(price));
    }

    /// Returns hits and misses, if the counts could be read.
    pub fn counts(&self) -> Option<HitCounts> {
        let (hits, misses) = self.hits.zip(self.misses)?;
        Some(HitCounts { hits, misses })
    }

    /// Returns the names of all numbers that a report can have: the names that `--assert` accepts.
    pub fn names() -> Vec<String> {
        let specimen = serde_json::to_value(Self::specimen()).unwrap_or(Value::Null);
        crate::domain::stats::assert::names(&specimen)
    }
}

#[cfg(test)]
mod tests;
