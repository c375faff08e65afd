//! Finds records made from a property that has been stored again since. Restoring them would put an old version next
//! to the new one.

use crate::domain::json::same_json;
use crate::domain::key::{Customer, Entry, Id};
use std::collections::{BTreeMap, HashSet};

/// Properties whose cached value differs from the removed one.
#[derive(Debug, Default)]
pub(super) struct NewerProperties(BTreeMap<Customer, HashSet<Id>>);

impl NewerProperties {
    /// True if an entry, whose value names `owner`, was made from one of these properties. An entry that contains
    /// many properties counts as made from each of them.
    pub(super) fn takes(&self, customer: &Customer, entry: &Entry, owner: Option<&str>) -> bool {
        let Some(newer) = self.0.get(customer) else {
            return false;
        };
        match entry {
            // The property itself is cached. The rule tree of a version never changes.
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

    /// Adds a property if its cached value differs from the former one.
    pub(super) fn compared(&mut self, customer: &Customer, id: &Id, (one, other): (&[u8], &[u8])) {
        if !same_json(one, other) {
            let newer = self.0.entry(customer.clone()).or_default();
            newer.insert(id.clone());
        }
    }
}
