//! What was measured of the servers and of the cache in them: one report, however it is shown.
//!
//! `None` is what could not be had; it is never zero.

pub(crate) mod advice;
pub(crate) mod alerts;
pub(crate) mod assert;
pub(crate) mod info;
pub(crate) mod sample;
mod specimen;
pub(crate) mod targets;

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
    /// Version of the program.
    pub version: Option<String>,
    /// Since its start.
    pub uptime_seconds: Option<u64>,
    /// Memory in use.
    pub used_memory_bytes: Option<u64>,
    /// Limit of memory; 0 is none.
    pub max_memory_bytes: Option<u64>,
    /// Memory of the machine.
    pub system_memory_bytes: Option<u64>,
    /// What happens at the limit.
    pub eviction_policy: Option<String>,
    /// Memory taken from the system for each byte in use.
    pub fragmentation_ratio: Option<f64>,
    /// Keys in the database in use.
    pub keys: Option<u64>,
    /// Keys removed for want of memory.
    pub evicted_keys: Option<u64>,
    /// Keys removed because their time was over.
    pub expired_keys: Option<u64>,
    /// Open client connections.
    pub connected_clients: Option<u64>,
    /// The most connections that are taken.
    pub max_clients: Option<u64>,
    /// Connections refused because there were too many.
    pub rejected_connections: Option<u64>,
    /// Commands carried out.
    pub commands_processed: Option<u64>,
    /// Commands a second, at the moment.
    pub ops_per_second: Option<u64>,
    /// Replies that were errors.
    pub error_replies: Option<u64>,
    /// Entries of the slow log.
    pub slow_queries: Option<u64>,
    /// Replicas that hang on it.
    pub replicas: Option<u64>,
    /// Bytes that a replica is behind; 0 for a primary.
    pub replication_lag_bytes: Option<u64>,
    /// Whether a replica's connection to its primary is up.
    pub replication_link_up: Option<bool>,
    /// Hash slots that it serves, in a cluster.
    pub slots: Option<u64>,
    /// Why it could not be asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// Whether others say that it is a primary, which counts where it cannot be asked itself.
    #[serde(skip)]
    pub said_primary: bool,
}

impl NodeStats {
    /// Whether keys that no one else counts may be on it.
    fn holds_keys(&self) -> bool {
        match self.role {
            Some(role) => role == "primary",
            None => self.said_primary,
        }
    }
}

/// The sentinels that watch the primary.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Sentinels {
    /// Name of the primary.
    pub master: String,
    /// Its address, as the first that answered says.
    pub primary: Option<String>,
    /// How many must agree that it is gone.
    pub quorum: Option<u64>,
    /// How many there are, as the first that answered knows them.
    pub sentinels: Option<u64>,
    /// Whether a failover could be agreed on.
    pub quorum_met: Option<bool>,
    /// Why they could not be asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// How much of one kind of key there is.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct ResourceUse {
    /// The kind.
    pub resource: &'static str,
    /// How much.
    #[serde(flatten)]
    pub amount: Amount,
}

/// Keys and memory, with the ends of the interval where they were sampled.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Amount {
    pub keys: u64,
    /// At least.
    pub keys_low: u64,
    /// At most.
    pub keys_high: u64,
    /// Memory; `None` where a server does not tell.
    pub memory_bytes: Option<u64>,
    /// At least.
    pub memory_bytes_low: Option<u64>,
    /// At most.
    pub memory_bytes_high: Option<u64>,
    /// Keys that never expire although they should.
    pub no_ttl_keys: u64,
    /// At least.
    pub no_ttl_keys_low: u64,
    /// At most.
    pub no_ttl_keys_high: u64,
}

impl From<Usage> for Amount {
    fn from(usage: Usage) -> Self {
        let bytes = (!usage.bytes_unknown).then_some(usage.bytes);
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

/// What a customer has in the cache.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct CustomerUse {
    /// Its name.
    pub customer: String,
    /// How much.
    #[serde(flatten)]
    pub amount: Amount,
    /// Whether a part of it is an estimate.
    pub sampled: bool,
    /// Whether keys are missing that a server holds which does not answer.
    pub partial: bool,
    /// By kind of key.
    pub resources: Vec<ResourceUse>,
}

/// Times in milliseconds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Latency {
    /// Mean.
    pub avg: Option<f64>,
    /// Half were faster.
    pub p50: Option<f64>,
    /// 95 of 100 were faster.
    pub p95: Option<f64>,
    /// 99 of 100 were faster.
    pub p99: Option<f64>,
    /// The slowest.
    pub max: Option<f64>,
    /// How many were measured.
    pub samples: u64,
}

/// What a server says of one command.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct CommandLatency {
    /// The server.
    pub addr: String,
    pub command: String,
    /// Whether it is one that tools send to look at a server, as this one does, and not the load of clients.
    pub probe: bool,
    /// How often it ran.
    pub calls: u64,
    /// How often it failed.
    pub failed: u64,
    /// Mean time inside the server.
    pub avg_ms: f64,
    /// Half were faster.
    pub p50_ms: Option<f64>,
    /// 99 of 100 were faster.
    pub p99_ms: Option<f64>,
    /// 999 of 1000 were faster.
    pub p999_ms: Option<f64>,
    /// Upper end of a range in microseconds, and how many calls were at most as slow.
    pub histogram_us: Vec<(u64, u64)>,
}

/// An entry of a slow log.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Slow {
    /// The server.
    pub addr: String,
    /// Unix seconds.
    pub at: u64,
    /// How long it ran.
    pub duration_ms: f64,
    pub command: String,
    /// Its first argument, mostly the key.
    pub key: Option<String>,
}

/// Error replies of one kind.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct ErrorCount {
    /// First word of the reply.
    pub error: String,
    /// How often, on all servers.
    pub count: u64,
}

/// A performance target and what was measured.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct PerformanceTarget {
    /// The name under which the configuration sets it.
    pub name: &'static str,
    /// What is wanted.
    pub target: f64,
    /// What was measured.
    pub actual: Option<f64>,
    /// Percent, milliseconds or megabytes.
    pub unit: &'static str,
    /// `None`: nothing to judge by.
    pub met: Option<bool>,
}

/// Something that could be better, with the numbers that say so.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Advice {
    /// A word for the rule.
    pub rule: &'static str,
    /// Where: a node, a customer or a key.
    pub about: String,
    /// What to do and why.
    pub text: String,
    /// Command lines that do it or show more.
    pub commands: Vec<String>,
    /// The numbers.
    pub evidence: serde_json::Map<String, Value>,
}

/// All that was measured.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct StatsReport {
    /// All servers.
    pub nodes: Vec<NodeStats>,
    /// The sentinels, where there are some.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sentinel: Option<Sentinels>,
    /// Keys of all primaries.
    pub keys: Option<u64>,
    /// Memory of all primaries.
    pub used_memory_bytes: Option<u64>,
    /// Evicted on all primaries.
    pub evicted_keys: Option<u64>,
    /// Expired on all primaries.
    pub expired_keys: Option<u64>,
    /// What each customer has in the cache.
    pub customers: Vec<CustomerUse>,
    /// Names in the place of a customer's that this tool refuses and the ALECS server takes.
    pub not_manageable: Vec<String>,
    /// Keys that were looked at for this.
    pub keys_examined: u64,
    /// Round trips as this client sees them.
    pub latency_ms: Latency,
    /// Times inside the servers.
    pub server_latency: Vec<CommandLatency>,
    /// Entries of all slow logs.
    pub slow_queries: Option<u64>,
    /// The newest of them.
    pub slow_log: Vec<Slow>,
    /// Connections that were refused.
    pub connection_errors: Option<u64>,
    /// Replies that were errors.
    pub command_errors: Option<u64>,
    /// By kind.
    pub errors: Vec<ErrorCount>,
    /// The UTC days of the counts.
    pub days: Vec<String>,
    /// Reads that the cache answered; `None`, as all that follows from them, where the counts could not
    /// be read.
    pub hits: Option<u64>,
    /// Reads that it did not.
    pub misses: Option<u64>,
    /// Percent.
    pub hit_rate: Option<f64>,
    /// Calls to the API that were not needed.
    pub api_calls_saved: Option<u64>,
    /// What they would have cost.
    pub cost_saved: Option<f64>,
    /// The performance targets.
    pub targets: Vec<PerformanceTarget>,
    /// What has to be known to read the counts right.
    pub notes: Vec<String>,
    /// Why something is missing: a server that holds it does not answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub incomplete: Option<String>,
    /// What could be better, where that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub advice: Option<Vec<Advice>>,
}

impl StatsReport {
    /// Sums up the nodes: keys, memory, evicted and expired of the primaries, errors of all. A node that
    /// did not tell makes the sum unknown; a silent replica only those of all nodes.
    pub fn sum_up(&mut self) {
        let sum = |primaries: bool, of: fn(&NodeStats) -> Option<u64>| {
            let nodes = self.nodes.iter();
            let counted: Vec<_> = nodes
                .filter(|node| !primaries || node.holds_keys())
                .map(of)
                .collect();
            // No node is no knowledge.
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

    /// Takes over the counts.
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

    /// The counts, where they could be read.
    pub fn counts(&self) -> Option<HitCounts> {
        let (hits, misses) = self.hits.zip(self.misses)?;
        Some(HitCounts { hits, misses })
    }

    /// The names of all numbers that a report can have: what `--assert` takes.
    pub fn names() -> Vec<String> {
        let specimen = serde_json::to_value(Self::specimen()).unwrap_or(Value::Null);
        crate::domain::stats::assert::names(&specimen)
    }
}

#[cfg(test)]
mod tests;
