//! Properties of which a removed value shows another form than the cache does now. What was made from that form, and may
//! not show it, would put an old version next to the new one.

use crate::domain::key::{Customer, Entry, Id};
use std::collections::{BTreeMap, HashSet};

/// Properties of which the undo file has another form than the cache.
#[derive(Debug, Default)]
pub(super) struct NewerProperties(BTreeMap<Customer, HashSet<Id>>);

impl NewerProperties {
    pub(super) fn add(&mut self, customer: &Customer, id: Id) {
        self.0.entry(customer.clone()).or_default().insert(id);
    }

    /// True if an entry was made from one of these properties, and its value may not show it. The server's results
    /// count as made from each of them.
    pub(super) fn takes(&self, customer: &Customer, entry: &Entry) -> bool {
        let Some(newer) = self.0.get(customer) else {
            return false;
        };
        match entry {
            // The value of a property shows it, and the rule tree of a version never changes.
            Entry::Property(_) | Entry::Rules(..) => false,
            Entry::PropertiesOf { .. } | Entry::PropertyDetails(_) => true,
            entry => entry.property().is_some_and(|id| newer.contains(id)),
        }
    }
}

/// True if values of the entry have copies of properties.
pub(super) const fn shows_properties(entry: &Entry) -> bool {
    matches!(
        entry,
        Entry::Property(_)
            | Entry::Properties
            | Entry::PropertiesOf { .. }
            | Entry::PropertyDetails(_)
            | Entry::Tree
            | Entry::Hostname(_)
            | Entry::HostnameMap
            | Entry::Hostnames
            | Entry::Search(_)
    )
}
