//! Converts the servers' reports.

use crate::domain::stats::info::Info;
use crate::domain::stats::{CommandLatency, ErrorCount, NodeStats, Sentinels, Slow, StatsReport};
use crate::store::{Error, Facts, NodeInfo, SentinelView, Store};
use std::collections::{BTreeMap, HashMap};

/// Limit of slow log entries shown.
const NEWEST: usize = 20;

/// Queries every server and the sentinels. Also returns the errors of servers that did not answer.
pub(super) async fn survey(store: &Store) -> (StatsReport, Vec<Error>) {
    let watched = store.watch().await;
    let watch = watched.as_ref().and_then(|watch| watch.as_ref().ok());
    let db = store.db();
    let surveyed = store.survey(watch).await;
    let offsets = offsets(&surveyed);
    let mut report = StatsReport {
        nodes: surveyed.iter().map(|one| node(one, &offsets, db)).collect(),
        sentinel: watched.map(|watch| match watch {
            Ok(watch) => sentinels(&watch),
            Err(error) => Sentinels {
                error: Some(error.to_string()),
                ..Sentinels::default()
            },
        }),
        ..StatsReport::default()
    };
    let mut errors: BTreeMap<String, u64> = BTreeMap::new();
    for (addr, facts) in answers(&surveyed) {
        for (error, count) in facts.info.errors() {
            *errors.entry(error).or_default() += count;
        }
        report.server_latency.extend(latencies(addr, facts));
        report.slow_log.extend(facts.slow.iter().map(|entry| Slow {
            addr: addr.to_owned(),
            at: entry.at,
            duration_ms: micros(entry.took),
            command: entry.command.clone(),
            key: entry.key.clone(),
        }));
    }
    report
        .slow_log
        .sort_by_key(|slow| std::cmp::Reverse(slow.at));
    report.slow_log.truncate(NEWEST);
    report.errors = errors
        .into_iter()
        .map(|(error, count)| ErrorCount { error, count })
        .collect();
    let silent = surveyed.into_iter().filter_map(|one| one.facts.err());
    (report, silent.collect())
}

fn answers(surveyed: &[NodeInfo]) -> impl Iterator<Item = (&str, &Facts)> {
    surveyed
        .iter()
        .filter_map(|one| Some((one.addr.as_str(), one.facts.as_ref().ok()?)))
}

/// Returns the replication offset of each shard's primary, for comparison with the replicas.
fn offsets(surveyed: &[NodeInfo]) -> HashMap<usize, u64> {
    let primaries = surveyed.iter().filter_map(|one| {
        let info = &one.facts.as_ref().ok()?.info;
        let offset = info.number("master_repl_offset")?;
        (info.role() == Some("primary")).then_some((one.shard?, offset))
    });
    primaries.collect()
}

fn node(one: &NodeInfo, offsets: &HashMap<usize, u64>, db: u32) -> NodeStats {
    let facts = match &one.facts {
        Ok(facts) => facts,
        Err(error) => {
            return NodeStats {
                addr: one.addr.clone(),
                slots: one.slots,
                said_primary: one.said_primary,
                error: Some(error.to_string()),
                ..NodeStats::default()
            };
        }
    };
    let info = &facts.info;
    let number = |name: &str| info.number(name);
    NodeStats {
        addr: one.addr.clone(),
        role: info.role(),
        program: info.program(),
        version: info.version().map(ToOwned::to_owned),
        uptime_seconds: number("uptime_in_seconds"),
        used_memory_bytes: number("used_memory"),
        max_memory_bytes: number("maxmemory"),
        system_memory_bytes: number("total_system_memory"),
        eviction_policy: info.text("maxmemory_policy").map(ToOwned::to_owned),
        fragmentation_ratio: info.decimal("mem_fragmentation_ratio"),
        keys: info.keys(db),
        evicted_keys: number("evicted_keys"),
        expired_keys: number("expired_keys"),
        connected_clients: number("connected_clients"),
        max_clients: number("maxclients"),
        rejected_connections: number("rejected_connections"),
        commands_processed: number("total_commands_processed"),
        ops_per_second: facts.ops_per_second,
        error_replies: number("total_error_replies"),
        slow_queries: facts.slow_count,
        replicas: number("connected_slaves"),
        replication_lag_bytes: lag(info, one.shard, offsets),
        replication_link_up: info.text("master_link_status").map(|status| status == "up"),
        slots: one.slots,
        said_primary: one.said_primary,
        error: None,
    }
}

/// Returns the bytes that a replica has not received yet; 0 for a primary.
fn lag(info: &Info, shard: Option<usize>, offsets: &HashMap<usize, u64>) -> Option<u64> {
    if info.role()? == "primary" {
        return Some(0);
    }
    let own = info.number("slave_repl_offset")?;
    // The replica may have been queried slightly later than its primary.
    Some(offsets.get(&shard?)?.saturating_sub(own))
}

fn latencies(addr: &str, facts: &Facts) -> Vec<CommandLatency> {
    let percentiles = facts.info.percentiles();
    let mut histograms: HashMap<&str, &Vec<(u64, u64)>> = facts
        .histograms
        .iter()
        .map(|(name, histogram)| (name.as_str(), histogram))
        .collect();
    let commands = facts.info.commands().into_iter().map(|command| {
        let of = |wanted: f64| {
            let found = percentiles.get(command.name.as_str())?.iter();
            let mut found = found.filter(|(percentile, _)| (percentile - wanted).abs() < 1e-6);
            found.next().map(|(_, us)| us / 1000.0)
        };
        CommandLatency {
            addr: addr.to_owned(),
            probe: is_probe(&command.name),
            calls: command.calls,
            failed: command.failed,
            avg_ms: command.mean_us / 1000.0,
            p50_ms: of(50.0),
            p99_ms: of(99.0),
            p999_ms: of(99.9),
            histogram_us: histograms
                .remove(command.name.as_str())
                .cloned()
                .unwrap_or_default(),
            command: command.name,
        }
    });
    let mut commands: Vec<CommandLatency> = commands.collect();
    commands.sort_by_key(|command| std::cmp::Reverse(command.calls));
    commands
}

/// True if a command only monitors the server or keys, without reading values.
fn is_probe(command: &str) -> bool {
    let name = command.split_once('|').map_or(command, |(name, _)| name);
    let probes = [
        "acl",
        "auth",
        "client",
        "cluster",
        "command",
        "commandlog",
        "config",
        "dbsize",
        "hello",
        "info",
        "latency",
        "memory",
        "object",
        "ping",
        "pttl",
        "randomkey",
        "replconf",
        "role",
        "scan",
        "select",
        "slowlog",
        "time",
    ];
    probes.contains(&name)
}

fn sentinels(watch: &SentinelView) -> Sentinels {
    let master = &watch.master;
    Sentinels {
        master: master.get("name").unwrap_or_default().to_owned(),
        primary: master.node().map(|node| node.to_string()),
        quorum: master.number("quorum"),
        // The sentinel that answered does not count itself.
        sentinels: master
            .number("num-other-sentinels")
            .map(|others| others + 1),
        quorum_met: watch.quorum_met,
        error: None,
    }
}

#[expect(clippy::cast_precision_loss, reason = "shown with a few digits")]
fn micros(count: u64) -> f64 {
    count as f64 / 1000.0
}
