//! Recommendations for single servers and shards: memory, load, connections, replication.

use super::advice;
use crate::domain::number::grouped;
use crate::domain::stats::{Advice, NodeStats};
use serde_json::json;

/// Share of the memory limit from which on a higher limit is recommended.
const FULL: f64 = 0.8;

/// Commands per second from which on spreading reads over replicas is recommended: a tenth of what one server
/// processes if commands arrive one by one.
const BUSY: u64 = 10_000;

/// Ratio of memory of the fullest shard to the emptiest from which on shards count as uneven.
const UNEVEN: f64 = 1.5;

/// Bytes below which fragmentation and unevenness do not matter.
const SMALL: u64 = 64 << 20;

/// Smallest memory limit to propose, in bytes.
const LEAST_LIMIT: u64 = 256 << 20;

/// Returns the recommendations for all servers.
pub(super) fn of_nodes(nodes: &[NodeStats]) -> Vec<Advice> {
    let primaries: Vec<&NodeStats> = nodes
        .iter()
        .filter(|node| node.role == Some("primary"))
        .collect();
    let mut advice = Vec::new();
    for node in &primaries {
        advice.extend(memory(node));
        advice.extend(load(node));
        advice.extend(replicas(node));
    }
    for node in nodes {
        advice.extend(unreachable(node));
        advice.extend(fragmentation(node));
        advice.extend(connections(node));
        advice.extend(replication(node));
    }
    advice.extend(shards(&primaries));
    advice
}

fn unreachable(node: &NodeStats) -> Option<Advice> {
    let reason = node.error.as_ref()?;
    Some(advice(
        "unreachable",
        &node.addr,
        [("error", json!(reason))],
        "it does not answer: searches of the ALECS server hang for its keys until it is back (they retry without end)",
    ))
}

/// Proposes a limit that lets the cache grow fourfold and leaves half of the machine to others.
fn proposed_limit(used: u64, system: u64) -> String {
    let wanted = used.saturating_mul(4).max(LEAST_LIMIT).next_power_of_two();
    let limit = wanted.min((system / 2).max(1 << 20));
    format!("{}mb", limit >> 20)
}

#[expect(clippy::cast_precision_loss, reason = "a share")]
fn share(part: u64, whole: u64) -> f64 {
    if whole == 0 {
        0.0
    } else {
        part as f64 / whole as f64
    }
}

/// Evicts only keys with a TTL, the least frequently used first. Locks and marks have a TTL, too.
const SET_VOLATILE_LFU: &str = "CONFIG SET maxmemory-policy volatile-lfu";

fn memory(node: &NodeStats) -> Vec<Advice> {
    let mut found = Vec::new();
    let (Some(used), Some(max)) = (node.used_memory_bytes, node.max_memory_bytes) else {
        return found;
    };
    let policy = node.eviction_policy.as_deref().unwrap_or_default();
    let evicted = node.evicted_keys.unwrap_or(0);
    let facts = || {
        [
            ("used_memory_bytes", json!(used)),
            ("max_memory_bytes", json!(max)),
            ("evicted_keys", json!(evicted)),
        ]
    };
    if evicted > 0 {
        found.push(advice(
            "evictions",
            &node.addr,
            facts(),
            format!(
                "{} keys were evicted to free memory: raise maxmemory, or add a shard",
                grouped(evicted)
            ),
        ));
    } else if max > 0 && share(used, max) >= FULL {
        found.push(advice(
            "memory_full",
            &node.addr,
            facts(),
            format!("{:.0}% of maxmemory is in use: raise it, or add a shard, before keys are evicted or writes refused", share(used, max) * 100.0),
        ));
    }
    if max == 0
        && let Some(system) = node.system_memory_bytes
    {
        found.push(advice(
            "no_memory_limit",
            &node.addr,
            [
                ("used_memory_bytes", json!(used)),
                ("max_memory_bytes", json!(0)),
                ("system_memory_bytes", json!(system)),
            ],
            "no memory limit: a cache without one can take all of the machine's memory; set maxmemory, and a policy that evicts only keys with a TTL",
        ).with([
            format!("CONFIG SET maxmemory {}", proposed_limit(used, system)),
            SET_VOLATILE_LFU.to_owned(),
        ]));
    }
    if max > 0 && policy == "noeviction" {
        found.push(advice(
            "no_eviction",
            &node.addr,
            [("max_memory_bytes", json!(max)), ("maxmemory_policy", json!(policy))],
            "memory is bounded without eviction: once it is full, writes are refused and searches of the ALECS server hang (it retries without end); evict keys with a TTL instead",
        ).with([SET_VOLATILE_LFU.to_owned()]));
    }
    if max > 0 && policy.starts_with("allkeys-") {
        found.push(advice(
            "evicts_bookkeeping",
            &node.addr,
            [("max_memory_bytes", json!(max)), ("maxmemory_policy", json!(policy))],
            format!("{policy} can evict run numbers, state and the audit log, which have no TTL; a volatile policy keeps them"),
        ).with([SET_VOLATILE_LFU.to_owned()]));
    }
    found
}

fn load(node: &NodeStats) -> Option<Advice> {
    let ops = node.ops_per_second.filter(|ops| *ops >= BUSY)?;
    let replicas = node.replicas.unwrap_or(0);
    Some(advice(
        "busy",
        &node.addr,
        [
            ("ops_per_second", json!(ops)),
            ("replicas", json!(replicas)),
        ],
        if replicas == 0 {
            format!(
                "{} commands a second: add a replica for the reads, or a shard",
                grouped(ops)
            )
        } else {
            format!(
                "{} commands a second: read from replicas (--read-from prefer-replica), or add a shard",
                grouped(ops)
            )
        },
    ))
}

fn replicas(node: &NodeStats) -> Option<Advice> {
    let replicas = node.replicas.filter(|replicas| *replicas == 0)?;
    let keys = node.keys.filter(|keys| *keys > 0)?;
    Some(advice(
        "no_replica",
        &node.addr,
        [("replicas", json!(replicas)), ("keys", json!(keys))],
        format!(
            "no replica: if this primary is lost, so are its {} keys, and every read goes to the API",
            grouped(keys)
        ),
    ))
}

fn fragmentation(node: &NodeStats) -> Option<Advice> {
    let ratio = node.fragmentation_ratio.filter(|ratio| *ratio >= 1.5)?;
    let used = node.used_memory_bytes.filter(|used| *used >= SMALL)?;
    Some(
        advice(
            "fragmentation",
            &node.addr,
            [
                ("fragmentation_ratio", json!(ratio)),
                ("used_memory_bytes", json!(used)),
            ],
            format!("{ratio} bytes are allocated for each byte in use: defragment"),
        )
        .with(["CONFIG SET activedefrag yes".to_owned()]),
    )
}

fn connections(node: &NodeStats) -> Option<Advice> {
    let rejected = node.rejected_connections.filter(|rejected| *rejected > 0)?;
    Some(advice(
        "rejected_connections",
        &node.addr,
        [
            ("rejected_connections", json!(rejected)),
            ("connected_clients", json!(node.connected_clients)),
            ("max_clients", json!(node.max_clients)),
        ],
        format!(
            "{} connections were refused: raise maxclients, or find the client that does not close its own",
            grouped(rejected)
        ),
    ))
}

fn replication(node: &NodeStats) -> Option<Advice> {
    if node.replication_link_up == Some(false) {
        return Some(advice(
            "replication_down",
            &node.addr,
            [("replication_link_up", json!(false))],
            "the replica has lost its primary: a failover would lose what it has not received",
        ));
    }
    let lag = node.replication_lag_bytes.filter(|lag| *lag >= 1 << 20)?;
    Some(advice(
        "replication_lag",
        &node.addr,
        [("replication_lag_bytes", json!(lag))],
        format!(
            "the replica is {} bytes behind: it needs a faster network, or more CPU",
            grouped(lag)
        ),
    ))
}

fn shards(primaries: &[&NodeStats]) -> Option<Advice> {
    let used = |node: &&&NodeStats| node.used_memory_bytes;
    let most = primaries.iter().max_by_key(used)?;
    let least = primaries.iter().min_by_key(used)?;
    let (more, less) = (most.used_memory_bytes?, least.used_memory_bytes?);
    if primaries.len() < 2 || more < SMALL || share(more, less.max(1)) < UNEVEN {
        return None;
    }
    Some(advice(
        "uneven_shards",
        &most.addr,
        [
            ("most_bytes", json!(more)),
            ("least_bytes", json!(less)),
            ("least_addr", json!(least.addr)),
        ],
        format!(
            "it holds {:.1} times as much as {}: rebalance the slots",
            share(more, less.max(1)),
            least.addr
        ),
    ))
}
