//! What was made from a property that has been stored anew since: it would come back as a former version
//! beside the new one.

use crate::domain::key::{Customer, Entry, Id};
use serde_json::Value;
use std::collections::{BTreeMap, HashSet};

/// The properties of which another value is cached than the one that was removed.
#[derive(Debug, Default)]
pub(super) struct Newer(BTreeMap<Customer, HashSet<Id>>);

impl Newer {
    /// Whether an entry, whose value names `owner`, was made from one of them. What holds many properties
    /// counts as made from each.
    pub(super) fn takes(&self, customer: &Customer, entry: &Entry, owner: Option<&str>) -> bool {
        let Some(newer) = self.0.get(customer) else {
            return false;
        };
        match entry {
            // It is there. A version's rule tree stays what it is.
            Entry::Property(_) | Entry::Rules(..) => false,
            Entry::Hostname(_) => owner
                .and_then(|id| Id::new(id).ok())
                .is_some_and(|id| newer.contains(&id)),
            Entry::Properties
            | Entry::PropertiesOf { .. }
            | Entry::PropertyDetails(_)
            | Entry::Tree
            | Entry::HostnameMap
            | Entry::Search(_) => true,
            entry => entry.property().is_some_and(|id| newer.contains(id)),
        }
    }

    /// Adds a property that is not cached as it was.
    pub(super) fn compared(&mut self, customer: &Customer, id: &Id, (one, other): (&[u8], &[u8])) {
        if !same(one, other) {
            let newer = self.0.entry(customer.clone()).or_default();
            newer.insert(id.clone());
        }
    }
}

/// Whether two values say the same, in whatever order.
fn same(one: &[u8], other: &[u8]) -> bool {
    let read = |json| serde_json::from_slice::<Value>(json).ok();
    one == other || read(one).is_some_and(|one| read(other) == Some(one))
}
