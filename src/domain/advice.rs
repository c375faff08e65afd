//! What could be better, with the numbers that say so; without evidence nothing is said.

use super::hit_rate::MissedKey;
use super::key::Scheme;
use super::measure::{Advice, Node, Report, Sentinels};
use super::ttl::{Policy, Resource};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// Share of the memory limit from which on there should be more.
const FULL: f64 = 0.8;

/// Commands a second from which on reads should be spread over replicas: a tenth of what one server
/// carries out when commands come one by one.
const BUSY: u64 = 10_000;

/// How many times more a shard may hold than another before they count as uneven.
const UNEVEN: f64 = 1.5;

/// Bytes below which fragmentation and unevenness do not matter.
const SMALL: u64 = 64 << 20;

/// Misses of a key below which they say nothing about its time to live.
const FEW: u64 = 10;

/// How many reads may miss at the same time when a key has expired, before the first of them has stored
/// it again.
const AT_ONCE: u64 = 4;

/// What the counts say of single keys.
#[derive(Debug, Clone, Default)]
pub struct Misses {
    /// The most missed keys.
    pub top: Vec<MissedKey>,
    /// Days in which there were reads.
    pub days: u64,
}

/// Everything that the report gives reason to say.
#[must_use]
pub fn advise(report: &Report, misses: &Misses, policy: &Policy) -> Vec<Advice> {
    let primaries: Vec<&Node> = report
        .nodes
        .iter()
        .filter(|node| node.role == Some("primary"))
        .collect();
    let mut advice = Vec::new();
    for node in &primaries {
        advice.extend(memory(node));
        advice.extend(load(node));
        advice.extend(replicas(node));
    }
    for node in &report.nodes {
        advice.extend(fragmentation(node));
        advice.extend(connections(node));
        advice.extend(replication(node));
    }
    advice.extend(shards(&primaries));
    advice.extend(report.sentinel.as_ref().and_then(quorum));
    advice.extend(no_ttl(report));
    advice.extend(missed(misses, policy));
    advice
}

fn advice<const N: usize>(
    rule: &'static str,
    about: &str,
    evidence: [(&str, Value); N],
    text: impl Into<String>,
) -> Advice {
    let evidence: Map<String, Value> = evidence
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect();
    Advice {
        rule,
        about: about.to_owned(),
        text: text.into(),
        evidence,
    }
}

#[expect(clippy::cast_precision_loss, reason = "a share")]
fn share(part: u64, whole: u64) -> f64 {
    if whole == 0 {
        0.0
    } else {
        part as f64 / whole as f64
    }
}

fn memory(node: &Node) -> Vec<Advice> {
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
                "{evicted} keys were removed for want of memory: raise maxmemory or add a shard"
            ),
        ));
    } else if max > 0 && share(used, max) >= FULL {
        found.push(advice(
            "memory_full",
            &node.addr,
            facts(),
            format!("{:.0} % of maxmemory is in use: raise it or add a shard before keys are evicted or writes refused", share(used, max) * 100.0),
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
            "maxmemory is not set: a cache without a limit takes the machine's memory; set maxmemory, and maxmemory-policy volatile-ttl or volatile-lfu",
        ));
    }
    if max > 0 && policy == "noeviction" {
        found.push(advice(
            "no_eviction",
            &node.addr,
            [("max_memory_bytes", json!(max)), ("maxmemory_policy", json!(policy))],
            "at maxmemory writes will be refused: a cache is better served by maxmemory-policy volatile-ttl or volatile-lfu",
        ));
    }
    if max > 0 && policy.starts_with("allkeys-") {
        found.push(advice(
            "evicts_bookkeeping",
            &node.addr,
            [("max_memory_bytes", json!(max)), ("maxmemory_policy", json!(policy))],
            format!("{policy} may evict locks, marks and run numbers, which never expire: volatile-lfu or volatile-ttl keeps them"),
        ));
    }
    found
}

fn load(node: &Node) -> Option<Advice> {
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
            format!("{ops} commands a second: add a replica for the reads, or a shard")
        } else {
            format!(
                "{ops} commands a second: let reads go to replicas (--read-from prefer-replica), or add a shard"
            )
        },
    ))
}

fn replicas(node: &Node) -> Option<Advice> {
    let replicas = node.replicas.filter(|replicas| *replicas == 0)?;
    let keys = node.keys.filter(|keys| *keys > 0)?;
    Some(advice(
        "no_replica",
        &node.addr,
        [("replicas", json!(replicas)), ("keys", json!(keys))],
        format!(
            "when this primary is lost, so are its {keys} keys and every read goes to the API: add a replica"
        ),
    ))
}

fn fragmentation(node: &Node) -> Option<Advice> {
    let ratio = node.fragmentation_ratio.filter(|ratio| *ratio >= 1.5)?;
    let used = node.used_memory_bytes.filter(|used| *used >= SMALL)?;
    Some(advice(
        "fragmentation",
        &node.addr,
        [
            ("fragmentation_ratio", json!(ratio)),
            ("used_memory_bytes", json!(used)),
        ],
        format!(
            "{ratio} bytes are taken from the system for each byte in use: try activedefrag yes"
        ),
    ))
}

fn connections(node: &Node) -> Option<Advice> {
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
            "{rejected} connections were refused: raise maxclients, or find who does not close theirs"
        ),
    ))
}

fn replication(node: &Node) -> Option<Advice> {
    if node.replication_link_up == Some(false) {
        return Some(advice(
            "replication_down",
            &node.addr,
            [("replication_link_up", json!(false))],
            "the replica does not hear its primary: a failover would lose what it has not seen",
        ));
    }
    let lag = node.replication_lag_bytes.filter(|lag| *lag >= 1 << 20)?;
    Some(advice(
        "replication_lag",
        &node.addr,
        [("replication_lag_bytes", json!(lag))],
        format!("the replica is {lag} bytes behind: it needs a better network, or more CPU"),
    ))
}

fn shards(primaries: &[&Node]) -> Option<Advice> {
    let used = |node: &&&Node| node.used_memory_bytes;
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

fn quorum(sentinels: &Sentinels) -> Option<Advice> {
    let met = sentinels.quorum_met.filter(|met| !met)?;
    Some(advice(
        "no_quorum",
        &sentinels.master,
        [
            ("quorum_met", json!(met)),
            ("quorum", json!(sentinels.quorum)),
            ("sentinels", json!(sentinels.sentinels)),
        ],
        "too few sentinels answer to agree on a failover: when the primary is lost, nobody takes over; start the others again, or add some",
    ))
}

fn no_ttl(report: &Report) -> Vec<Advice> {
    let customers = report.customers.iter();
    let leaking = customers.filter(|customer| customer.amount.no_ttl_keys > 0);
    leaking
        .map(|customer| {
            let keys = customer.amount.no_ttl_keys;
            advice(
                "no_ttl",
                &customer.customer,
                [("no_ttl_keys", json!(keys)), ("keys", json!(customer.amount.keys))],
                format!("{keys} keys never expire although they should: they are served however old; remove them with `invalidate`"),
            )
        })
        .collect()
}

/// Why a key is missed again and again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Want {
    /// About as often as it can expire: it stands in the cache for too short.
    Time,
    /// Far more often: it does not stand there at all.
    Keeping,
}

fn missed(misses: &Misses, policy: &Policy) -> Vec<Advice> {
    let window = misses.days * 86_400;
    let mut kinds: BTreeMap<(Resource, Want), (u64, &MissedKey)> = BTreeMap::new();
    for missed in &misses.top {
        let rest = missed.key.split_once(':').map(|(_, rest)| rest);
        let resource = rest
            .and_then(Scheme::parse_entry)
            .and_then(|entry| entry.resource());
        let Some(resource) = resource else { continue };
        let expiries = window / policy.ttl(resource).as_secs().max(1);
        if missed.misses < FEW || missed.misses.saturating_mul(2) < expiries {
            continue;
        }
        let want = if missed.misses > expiries.saturating_mul(AT_ONCE) {
            Want::Keeping
        } else {
            Want::Time
        };
        kinds.entry((resource, want)).or_insert((0, missed)).0 += 1;
    }
    let found = kinds.into_iter().map(|((resource, want), (keys, worst))| {
        let ttl = policy.ttl(resource).as_secs();
        let expiries = window / ttl.max(1);
        let (key, count, days) = (&worst.key, worst.misses, misses.days);
        let (rule, text) = match want {
            Want::Time => (
                "ttl_too_short",
                format!("{keys} of the most missed keys miss about as often as they expire ({key} {count} times in {days} days, every {ttl} s at most): give them a longer time to live, or warm them before they expire"),
            ),
            Want::Keeping => (
                "not_kept",
                format!("{keys} of the most missed keys miss far more often than they can expire ({key} {count} times in {days} days, in which it expires {expiries} times at most): they are not stored, or invalidated again and again; `warm --from-misses` stores those that exist"),
            ),
        };
        advice(
            rule,
            resource.as_str(),
            [
                ("keys", json!(keys)),
                ("key", json!(key)),
                ("misses", json!(count)),
                ("ttl_seconds", json!(ttl)),
                ("expiries_possible", json!(expiries)),
                ("days", json!(days)),
            ],
            text,
        )
    });
    found.collect()
}

#[cfg(test)]
mod tests;
