//! What could be better, with the numbers that say so; without evidence nothing is said.

use super::hit_rate::MissedKey;
use super::key::Scheme;
use super::measure::{Advice, Node, Report};
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
    advice.extend(no_ttl(report));
    advice.extend(too_short(misses, policy));
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
    if policy.starts_with("allkeys-") {
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
        format!(
            "{ops} commands a second: let reads go to replicas (--read-from prefer-replica), or add a shard"
        ),
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

/// A key that is missed about as often as it can expire is asked for all the time and stands in the
/// cache for too short.
fn too_short(misses: &Misses, policy: &Policy) -> Vec<Advice> {
    let window = misses.days * 86_400;
    let mut by_resource: BTreeMap<Resource, (u64, &MissedKey)> = BTreeMap::new();
    for missed in &misses.top {
        let rest = missed.key.split_once(':').map(|(_, rest)| rest);
        let resource = rest
            .and_then(Scheme::parse_entry)
            .and_then(|entry| entry.resource());
        let Some(resource) = resource else { continue };
        let expiries = window / policy.ttl(resource).as_secs().max(1);
        if missed.misses >= FEW && missed.misses.saturating_mul(2) >= expiries {
            by_resource.entry(resource).or_insert((0, missed)).0 += 1;
        }
    }
    let found = by_resource.into_iter().map(|(resource, (keys, worst))| {
        let ttl = policy.ttl(resource).as_secs();
        advice(
            "ttl_too_short",
            resource.as_str(),
            [
                ("keys", json!(keys)),
                ("key", json!(worst.key)),
                ("misses", json!(worst.misses)),
                ("ttl_seconds", json!(ttl)),
                ("expiries_possible", json!(window / ttl.max(1))),
                ("days", json!(misses.days)),
            ],
            format!("{keys} of the most missed keys miss about as often as they expire ({} {} times in {} days, every {ttl} s at most): give them a longer time to live, or warm them before they expire", worst.key, worst.misses, misses.days),
        )
    });
    found.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::measure::{Amount, CustomerUse};

    fn rules(report: &Report, misses: &Misses) -> Vec<&'static str> {
        let found = advise(report, misses, &Policy::default());
        assert!(found.iter().all(|advice| !advice.evidence.is_empty()));
        found.into_iter().map(|advice| advice.rule).collect()
    }

    fn primary() -> Node {
        Node {
            addr: "h:1".into(),
            role: Some("primary"),
            used_memory_bytes: Some(10 << 20),
            max_memory_bytes: Some(100 << 20),
            eviction_policy: Some("volatile-lfu".into()),
            evicted_keys: Some(0),
            rejected_connections: Some(0),
            replicas: Some(1),
            keys: Some(5),
            ..Node::default()
        }
    }

    fn with(nodes: Vec<Node>) -> Report {
        Report {
            nodes,
            ..Report::default()
        }
    }

    #[test]
    fn without_evidence_nothing_is_said() {
        assert!(rules(&Report::default(), &Misses::default()).is_empty());
        assert!(rules(&with(vec![primary()]), &Misses::default()).is_empty());
        let silent = Node {
            role: Some("primary"),
            ..Node::default()
        };
        assert!(rules(&with(vec![silent]), &Misses::default()).is_empty());
    }

    #[test]
    fn memory_replicas_shards_and_connections_give_reason() {
        let node = |change: fn(&mut Node)| {
            let mut node = primary();
            change(&mut node);
            rules(&with(vec![node]), &Misses::default())
        };
        assert_eq!(node(|n| n.evicted_keys = Some(3)), ["evictions"]);
        assert_eq!(
            node(|n| n.used_memory_bytes = Some(81 << 20)),
            ["memory_full"]
        );
        assert_eq!(
            node(|n| n.eviction_policy = Some("noeviction".into())),
            ["no_eviction"]
        );
        assert_eq!(
            node(|n| n.eviction_policy = Some("allkeys-lru".into())),
            ["evicts_bookkeeping"]
        );
        assert_eq!(
            node(|n| {
                n.max_memory_bytes = Some(0);
                n.system_memory_bytes = Some(1 << 30);
            }),
            ["no_memory_limit"]
        );
        assert_eq!(node(|n| n.replicas = Some(0)), ["no_replica"]);
        assert_eq!(node(|n| n.ops_per_second = Some(20_000)), ["busy"]);
        assert_eq!(
            node(|n| n.rejected_connections = Some(2)),
            ["rejected_connections"]
        );
        let mut large = primary();
        large.used_memory_bytes = Some(70 << 20);
        assert_eq!(
            rules(&with(vec![primary(), large]), &Misses::default()),
            ["uneven_shards"]
        );
    }

    #[test]
    fn keys_that_never_expire_and_replicas_that_lag_give_reason() {
        let mut report = with(vec![Node {
            role: Some("replica"),
            replication_lag_bytes: Some(2 << 20),
            ..Node::default()
        }]);
        report.customers.push(CustomerUse {
            amount: Amount {
                no_ttl_keys: 2,
                ..Amount::default()
            },
            ..CustomerUse::default()
        });
        assert_eq!(
            rules(&report, &Misses::default()),
            ["replication_lag", "no_ttl"]
        );
    }

    #[test]
    fn a_key_that_is_missed_as_often_as_it_expires_lives_too_short() {
        let misses = |misses| Misses {
            top: vec![MissedKey {
                key: "acme:property:prp_1".into(),
                misses,
            }],
            days: 1,
        };
        // 900 s expire at most 96 times a day.
        assert_eq!(rules(&Report::default(), &misses(48)), ["ttl_too_short"]);
        assert!(rules(&Report::default(), &misses(47)).is_empty());
    }
}
