//! Properties of which a removed value shows a former version. What was made from it, also if that does not show, would put
//! an old version next to the new one.

use crate::cache::copies::{PropertyCopy, copies};
use crate::domain::key::{Customer, Entry, Id};
use std::collections::{BTreeMap, HashMap};

/// Properties of which the undo file has a former version, with the forms in which the cache shows them, as JSON.
#[derive(Debug, Default)]
pub(super) struct NewerProperties(BTreeMap<Customer, HashMap<Id, Vec<Vec<u8>>>>);

impl NewerProperties {
    pub(super) fn add(&mut self, customer: &Customer, id: &Id, forms: &[Vec<u8>]) {
        let of = self.0.entry(customer.clone()).or_default();
        let known = of.entry(id.clone()).or_default();
        for form in forms {
            if !known.contains(form) {
                known.push(form.clone());
            }
        }
    }

    /// True if a record was made from a former version: its value shows one or, if it shows no property, its key names one
    /// of these. The server's results count as made from each of them.
    pub(super) fn take(&self, customer: &Customer, entry: &Entry, value: Option<&[u8]>) -> bool {
        let Some(newer) = self.0.get(customer) else {
            return false;
        };
        match entry {
            // The rule tree of a version never changes.
            Entry::Rules(..) => false,
            Entry::PropertiesOf { .. } | Entry::PropertyDetails(_) => true,
            entry if shows_properties(entry) => {
                let copies = value.map(copies).unwrap_or_default();
                let forms = |copy: &PropertyCopy<'_>| newer.get(&copy.id).into_iter().flatten();
                copies
                    .iter()
                    .any(|copy| forms(copy).any(|form| copy.is_former(form)))
            }
            entry => entry.property().is_some_and(|id| newer.contains_key(id)),
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
