//! Values that show what no key names: the property of a host name, and targets in lists, maps and searches.

use super::KeyWalk;
use crate::cache::Error;
use crate::cache::invalidate::hosts::{UnclaimedHost, VALUES};
use crate::cache::values::{owner_of, traits};
use crate::domain::invalidation::graph::{EntityKind, Graph, Reason};
use crate::domain::key::{Customer, Entry, Fqdn, Id};

/// Number of lists, maps and searches read at a time: a list may have many properties.
const LISTS: usize = 20;

impl KeyWalk<'_> {
    /// Notes a key whose value may be all that shows another target than the one that it is removed for.
    pub(super) fn note_trace(
        &mut self,
        customer: &Customer,
        place: Option<usize>,
        rest: &[u8],
        key: &[u8],
    ) {
        if is_list(rest) {
            self.lists.push((customer.clone(), key.to_vec()));
            return;
        }
        let reads = || Some(self.lacks(customer, EntityKind::Property));
        let host = UnclaimedHost::new(reads, customer, place, rest, key);
        self.unclaimed.extend(host.map(|host| UnclaimedHost {
            is_selected: true,
            ..host
        }));
    }

    /// True if targets of this kind exist, and none was found.
    fn lacks(&self, customer: &Customer, kind: EntityKind) -> bool {
        let graph = self.surveyed.matcher.graph(customer);
        let known = self.seen.known.get(customer);
        graph
            .zip(known)
            .is_some_and(|(graph, known)| graph.targets(kind) && known.lacks(kind))
    }

    /// Reads the values of the unclaimed hostnames once there are more than `waiting`.
    pub(in crate::cache::invalidate) async fn look_at_hosts(
        &mut self,
        waiting: usize,
    ) -> Result<(), Error> {
        if self.unclaimed.len() <= waiting {
            return Ok(());
        }
        let mut hosts = std::mem::take(&mut self.unclaimed);
        hosts.retain(|host| !host.is_selected || self.lacks(&host.customer, EntityKind::Property));
        for hosts in hosts.chunks(VALUES) {
            let keys: Vec<String> = hosts.iter().map(|host| host.key.clone()).collect();
            for (host, value) in hosts.iter().zip(self.job.store.values(&keys).await?) {
                let Some(json) = value else { continue };
                if let Some(owner) = owner_of(&json) {
                    self.claim(host, owner, &json)?;
                }
            }
        }
        Ok(())
    }

    fn claim(&mut self, host: &UnclaimedHost, id: Id, json: &[u8]) -> Result<(), Error> {
        let graph = self.surveyed.matcher.graph(&host.customer);
        let name = host.rest.strip_prefix("hostname:").unwrap_or_default();
        let target = graph.and_then(|graph: &Graph| Some(graph.takes_host(&id, name)?.target));
        let Some(target) = target else {
            return Ok(());
        };
        let reason = Reason {
            target,
            with: Some(Entry::Property(id).to_string()),
        };
        if let Some(owner) = traits(json) {
            let name = (host.customer.clone(), owner.name.trim().to_lowercase());
            self.named.entry(name).or_insert_with(|| reason.clone());
        }
        if let Some(known) = self.seen.known.get_mut(&host.customer) {
            known.add(EntityKind::Property, target, host.rest.clone());
        }
        if host.is_selected || !graph.is_some_and(Graph::cascades) {
            return Ok(());
        }
        self.select(
            host.place,
            host.rest.as_bytes(),
            host.key.as_bytes(),
            &reason,
        )
    }

    /// Looks in the lists, maps and searches for targets of each kind of which none has a key of its own.
    pub(super) async fn look_into(&mut self) -> Result<(), Error> {
        let mut rest = std::mem::take(&mut self.lists);
        while !rest.is_empty() {
            let mut lists = rest.split_off(rest.len().saturating_sub(LISTS));
            lists.retain(|(customer, _)| {
                let mut kinds = EntityKind::ALL.into_iter();
                kinds.any(|kind| self.lacks(customer, kind))
            });
            let (customers, keys): (Vec<Customer>, Vec<Vec<u8>>) = lists.into_iter().unzip();
            for (customer, value) in customers.iter().zip(self.job.store.values(&keys).await?) {
                if let Some(json) = value
                    && let Some(graph) = self.surveyed.matcher.graph(customer)
                    && let Some(known) = self.seen.known.get_mut(customer)
                {
                    for (kind, target, rest) in mentioned(&json, graph) {
                        known.add(kind, target, rest);
                    }
                }
            }
        }
        Ok(())
    }
}

/// True if the key holds a list, a map or a search, which names its sources.
fn is_list(rest: &[u8]) -> bool {
    rest == Entry::HostnameMap.to_string().as_bytes()
        || rest == Entry::Contracts.to_string().as_bytes()
        || rest == Entry::AccountContracts.to_string().as_bytes()
        || rest.starts_with(b"properties:")
        || rest.starts_with(b"search:")
}

/// Returns the targets that the JSON text mentions, as a value or a member name: each one's kind, its number, and the
/// key that it would have.
fn mentioned(json: &[u8], graph: &Graph) -> impl Iterator<Item = (EntityKind, usize, String)> {
    let texts = json
        .split(|byte| *byte == b'"')
        .filter_map(|text| std::str::from_utf8(text).ok());
    texts.filter_map(|text| {
        let (kind, why, entry) = if let Some(why) = graph.why_property(text) {
            let entry = Entry::Property(Id::new(text).ok()?);
            (EntityKind::Property, why, entry)
        } else if let Some(why) = graph.why_host(text) {
            let entry = Entry::Hostname(Fqdn::new(text).ok()?);
            (EntityKind::Host, why, entry)
        } else {
            let why = graph.why_contract(text)?;
            (
                EntityKind::Contract,
                why,
                Entry::Contract(Id::new(text).ok()?),
            )
        };
        Some((kind, why.target, entry.to_string()))
    })
}
