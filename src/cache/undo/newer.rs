//! Finds records made from a property that has been stored again since. Restoring them would put an old version next
//! to the new one.

use crate::domain::json::same_json;
use crate::domain::key::{Customer, Entry, Id};
use std::collections::{BTreeMap, BTreeSet, HashSet};

/// Properties whose cached value differs from the removed one.
#[derive(Debug, Default)]
pub(super) struct NewerProperties {
    /// Those whose own value was removed.
    own: BTreeMap<Customer, HashSet<Id>>,
    /// Customers of whose properties a removed value has an older copy.
    pub(super) copied: BTreeSet<Customer>,
}

impl NewerProperties {
    /// True if an entry was made from one of these properties, and its value may not show it. The server's results
    /// count as made from each of them.
    pub(super) fn takes(&self, customer: &Customer, entry: &Entry) -> bool {
        let own = self.own.get(customer);
        match entry {
            // The property itself is cached. The rule tree of a version never changes.
            Entry::Property(_) | Entry::Rules(..) => false,
            Entry::PropertiesOf { .. } | Entry::PropertyDetails(_) => {
                own.is_some() || self.copied.contains(customer)
            }
            entry => entry
                .property()
                .is_some_and(|id| own.is_some_and(|newer| newer.contains(id))),
        }
    }

    /// Adds a property if its cached value differs from the former one.
    pub(super) fn compared(&mut self, customer: &Customer, id: &Id, (one, other): (&[u8], &[u8])) {
        if !same_json(one, other) {
            let newer = self.own.entry(customer.clone()).or_default();
            newer.insert(id.clone());
        }
    }
}

/// True if values of the entry have copies of properties.
pub(super) const fn shows_properties(entry: &Entry) -> bool {
    matches!(
        entry,
        Entry::Properties
            | Entry::PropertiesOf { .. }
            | Entry::PropertyDetails(_)
            | Entry::Tree
            | Entry::Hostname(_)
            | Entry::HostnameMap
            | Entry::Hostnames
            | Entry::Search(_)
    )
}
