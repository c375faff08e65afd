//! What was made from a property that has been stored anew since: it would come back as a former version
//! beside the new one.

use super::UndoFile;
use super::restore::{Restore, next_block};
use crate::cache::Error;
use crate::domain::invalidation::undo_file::UndoRecord;
use crate::domain::key::{Customer, Entry, Id};
use serde::Deserialize;
use serde_json::Value;
use std::collections::{BTreeMap, HashSet};

/// Properties that are read at a time.
const CHUNK: usize = 500;

/// The properties of which another value is cached than the one that was removed.
#[derive(Debug, Default)]
pub(super) struct Newer(BTreeMap<Customer, HashSet<Id>>);

/// What a value of `hostname:FQDN` says of its property.
#[derive(Deserialize)]
struct HostnameProperty {
    property: PropertyIdOf,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PropertyIdOf {
    property_id: Option<String>,
}

impl Newer {
    /// Whether a key was made from one of them. What holds many properties counts as made from each.
    pub(super) fn takes(&self, customer: &Customer, entry: &Entry, value: Option<&[u8]>) -> bool {
        let Some(newer) = self.0.get(customer) else {
            return false;
        };
        match entry {
            // It is there. A version's rule tree stays what it is.
            Entry::Property(_) | Entry::Rules(..) => false,
            Entry::Hostname(_) => {
                let read = |json| serde_json::from_slice::<HostnameProperty>(json).ok();
                let owner = value
                    .and_then(read)
                    .and_then(|host| host.property.property_id);
                self.takes_of(customer, owner.as_deref())
            }
            Entry::Properties
            | Entry::PropertiesOf { .. }
            | Entry::PropertyDetails(_)
            | Entry::Tree
            | Entry::HostnameMap
            | Entry::Search(_) => true,
            entry => entry.property().is_some_and(|id| newer.contains(id)),
        }
    }

    /// Whether one of them is this property.
    pub(super) fn takes_of(&self, customer: &Customer, id: Option<&str>) -> bool {
        let id = id.and_then(|id| Id::new(id).ok());
        let newer = self.0.get(customer);
        id.is_some_and(|id| newer.is_some_and(|newer| newer.contains(&id)))
    }
}

impl Restore<'_> {
    /// Compares the properties of a file with those that are cached by now. What was put back before is
    /// no other one.
    pub(super) async fn newer(&self, kept: &UndoFile) -> Result<Newer, Error> {
        let mut newer = Newer::default();
        let mut records = kept.records()?;
        while self.stop.heard().is_none() {
            let (rest, block) = next_block(records).await?;
            records = rest;
            let Some(block) = block else { break };
            let mut items = Vec::new();
            for record in block {
                let UndoRecord::Key {
                    key,
                    value: Some(value),
                    ..
                } = record
                else {
                    continue;
                };
                if let Some((customer, Entry::Property(id))) = self.place(&key) {
                    items.push((customer, id, value));
                }
            }
            for some in items.chunks(CHUNK) {
                let key = |(customer, id, _): &(Customer, Id, Vec<u8>)| {
                    self.scheme.key(customer, &Entry::Property(id.clone()))
                };
                let cached = self
                    .store
                    .get(&some.iter().map(key).collect::<Vec<_>>())
                    .await;
                for ((customer, id, former), cached) in some.iter().zip(cached) {
                    if cached?.is_some_and(|cached| !same(&cached, former)) {
                        let of = newer.0.entry(customer.clone()).or_default();
                        of.insert(id.clone());
                    }
                }
            }
        }
        Ok(newer)
    }
}

/// Whether two values say the same, in whatever order.
fn same(one: &[u8], other: &[u8]) -> bool {
    let read = |json| serde_json::from_slice::<Value>(json).ok();
    one == other || read(one).is_some_and(|one| read(other) == Some(one))
}
