//! The owners of keys.

use crate::store::net::reply::{array, int, pairs, text};
use crate::store::options::{AnnouncedNames, Node, NodeAddress};
use redis::Value;
use std::ops::RangeInclusive;

/// Number of hash slots in a cluster.
pub(crate) const SLOTS: u16 = 16384;

/// A primary, its replicas, and the slots that they hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Shard {
    pub primary: NodeAddress,
    pub replicas: Vec<NodeAddress>,
    pub slots: Vec<RangeInclusive<u16>>,
}

impl Shard {
    /// Returns a shard that holds all keys.
    pub(crate) fn whole(primary: NodeAddress, replicas: Vec<NodeAddress>) -> Self {
        Self {
            primary,
            replicas,
            slots: vec![0..=SLOTS - 1],
        }
    }
}

/// All shards at one moment.
#[derive(Debug, Clone, Default)]
pub(crate) struct Topology {
    /// Grows with each refresh.
    pub epoch: u64,
    /// One shard, or several in a cluster.
    pub shards: Vec<Shard>,
    /// First slot, last slot and index of the shard, sorted.
    owners: Vec<(u16, u16, usize)>,
}

impl Topology {
    pub(crate) fn new(epoch: u64, shards: Vec<Shard>) -> Self {
        let mut owners: Vec<(u16, u16, usize)> = shards
            .iter()
            .enumerate()
            .flat_map(|(shard, of)| {
                of.slots
                    .iter()
                    .map(move |range| (*range.start(), *range.end(), shard))
            })
            .collect();
        owners.sort_unstable();
        Self {
            epoch,
            shards,
            owners,
        }
    }

    /// Returns the number of slots that no shard owns.
    pub(crate) fn uncovered(&self) -> u16 {
        let owned = self.owners.iter().map(|(first, last, _)| last - first + 1);
        owned.fold(SLOTS, u16::saturating_sub)
    }

    /// Returns the index of the shard that owns the key; `None` if the cluster does not cover its slot.
    pub(crate) fn place(&self, key: &[u8]) -> Option<usize> {
        match self.owners.as_slice() {
            // One shard owns all slots.
            [(0, last, shard)] if *last == SLOTS - 1 => Some(*shard),
            _ => self.at(slot(key)),
        }
    }

    /// Returns the shard that owns the key.
    pub(crate) fn owner_of(&self, key: &[u8]) -> Option<&Shard> {
        self.shards.get(self.place(key)?)
    }

    /// Returns the shard that owns the slot; `None` if the cluster does not cover it.
    pub(crate) fn owner(&self, slot: u16) -> Option<&Shard> {
        self.shards.get(self.at(slot)?)
    }

    fn at(&self, slot: u16) -> Option<usize> {
        let at = self
            .owners
            .partition_point(|(first, _, _)| *first <= slot)
            .checked_sub(1)?;
        let (_, last, shard) = self.owners.get(at)?;
        (slot <= *last).then_some(*shard)
    }
}

/// Returns the slot of a key: CRC16 (XMODEM) of the part between the first `{` and the next `}`, or of the whole key
/// if there is no such part.
pub(crate) fn slot(key: &[u8]) -> u16 {
    let tag = || {
        let open = key.iter().position(|byte| *byte == b'{')?;
        let behind = key.get(open + 1..)?;
        let length = behind.iter().position(|byte| *byte == b'}')?;
        behind.get(..length).filter(|tag| !tag.is_empty())
    };
    let hashed = tag().unwrap_or(key);
    let crc = hashed.iter().fold(0u16, |crc, byte| {
        (0..8).fold(crc ^ (u16::from(*byte) << 8), |crc, _| {
            if crc & 0x8000 == 0 {
                crc << 1
            } else {
                (crc << 1) ^ 0x1021
            }
        })
    });
    crc % SLOTS
}

/// Parses the reply to CLUSTER SLOTS from the node at `asked`. A node that does not know its own address returns nil,
/// an empty string or `?`, which all mean the host that was asked. A node may add its hostname after its id.
/// Certificates usually contain that name, so the names are returned too.
pub(crate) fn parse_slots(answer: Value, asked: &str) -> Option<(Vec<Shard>, AnnouncedNames)> {
    let mut names = Vec::new();
    let mut node = |value: Value| {
        let mut parts = array(value)?.into_iter();
        let host = parts.next().and_then(text).unwrap_or_default();
        let host = match host.as_str() {
            "" | "?" => asked.to_owned(),
            _ => host,
        };
        let port = u16::try_from(int(&parts.next()?)?).ok()?;
        let node = Node { host, port };
        let name = parts.nth(1).and_then(announced);
        names.extend(
            name.filter(|name| *name != node.host)
                .map(|name| (node.clone(), name)),
        );
        Some(NodeAddress::Tcp(node))
    };
    let mut shards: Vec<Shard> = Vec::new();
    for range in array(answer)? {
        let mut parts = array(range)?.into_iter();
        let first = u16::try_from(int(&parts.next()?)?).ok()?;
        let last = u16::try_from(int(&parts.next()?)?).ok()?;
        if first > last || last >= SLOTS {
            return None;
        }
        let primary = node(parts.next()?)?;
        let replicas = parts.map(&mut node).collect::<Option<Vec<_>>>()?;
        match shards.iter_mut().find(|shard| shard.primary == primary) {
            Some(shard) => shard.slots.push(first..=last),
            None => shards.push(Shard {
                primary,
                replicas,
                slots: vec![first..=last],
            }),
        }
    }
    Some((shards, names))
}

/// Returns the hostname in a node's metadata, a list of alternating names and values.
fn announced(about: Value) -> Option<String> {
    let host = |(name, value)| (text(name)? == "hostname").then(|| text(value)).flatten();
    let name = pairs(about)?.into_iter().find_map(host)?;
    (!matches!(name.as_str(), "" | "?")).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Expected values from CLUSTER KEYSLOT of a Valkey 9.1 server.
    #[test]
    fn a_key_has_the_slot_that_the_server_gives_it() {
        for (key, expected) in [
            ("", 0),
            ("foo", 12182),
            ("123456789", 12739),
            ("akamai:acme:properties:all", 8813),
            ("{user1000}.following", 3443),
            ("foo{}{bar}", 8363),
            ("foo{{bar}}zap", 4015),
            ("foo{bar}{zap}", 5061),
        ] {
            assert_eq!(slot(key.as_bytes()), expected, "{key}");
        }
    }

    fn slots(text: &str) -> Vec<Shard> {
        let value = redis::parse_redis_value(text.as_bytes()).unwrap();
        parse_slots(value, "asked").unwrap().0
    }

    #[test]
    fn a_node_that_does_not_know_its_name_is_the_host_that_was_asked() {
        for host in ["$-1", "$0\r\n", "$1\r\n?"] {
            let text = format!("*1\r\n*3\r\n:0\r\n:16383\r\n*3\r\n{host}\r\n:7000\r\n$2\r\nid\r\n");
            assert_eq!(
                slots(&text),
                [Shard::whole(
                    NodeAddress::Tcp(Node {
                        host: "asked".into(),
                        port: 7000
                    }),
                    Vec::new()
                )]
            );
        }
    }

    #[test]
    fn a_node_may_announce_a_hostname_besides_its_address() {
        let named = |about: &str| {
            let node = format!("*4\r\n$8\r\n10.0.0.1\r\n:7000\r\n$2\r\nid\r\n{about}");
            let text = format!("*1\r\n*3\r\n:0\r\n:16383\r\n{node}");
            let value = redis::parse_redis_value(text.as_bytes()).unwrap();
            let (_, names) = parse_slots(value, "asked").unwrap();
            names.first().map(|(node, name)| format!("{node} {name}"))
        };
        let about = "*2\r\n$8\r\nhostname\r\n$7\r\nh.local\r\n";
        assert_eq!(named(about).as_deref(), Some("10.0.0.1:7000 h.local"));
        for about in ["*0\r\n", "*2\r\n$8\r\nhostname\r\n$0\r\n\r\n"] {
            assert_eq!(named(about), None, "{about}");
        }
    }

    #[test]
    fn a_slot_belongs_to_the_shard_of_its_range_or_to_nobody() {
        let shard = |port, slots: Vec<RangeInclusive<u16>>| Shard {
            primary: NodeAddress::Tcp(Node {
                host: "h".into(),
                port,
            }),
            replicas: Vec::new(),
            slots,
        };
        let topology = Topology::new(
            1,
            vec![
                shard(1, vec![0..=9, 30..=16383]),
                shard(2, vec![10..=19, 25..=25]),
            ],
        );
        let owner = |slot| topology.owner(slot).map(|shard| shard.primary.to_string());
        assert_eq!(owner(0).as_deref(), Some("h:1"));
        assert_eq!(owner(19).as_deref(), Some("h:2"));
        assert_eq!(owner(20), None);
        assert_eq!(owner(25).as_deref(), Some("h:2"));
        assert_eq!(owner(29), None);
        assert_eq!(owner(16383).as_deref(), Some("h:1"));
        assert!(Topology::default().owner(0).is_none());
    }
}
