//! Where records are restored.

use crate::domain::invalidation::restorable;
use crate::domain::key::{Customer, Entry, Scheme};
use std::collections::{BTreeMap, BTreeSet};

/// Destination of the records.
#[derive(Debug, Clone)]
pub(crate) struct RestoreTarget {
    /// Key scheme of the file.
    pub scheme: Scheme,
    /// Customers to restore, each with its name at the destination.
    pub customers: BTreeMap<String, Customer>,
    /// The other customers of the file.
    pub others: BTreeSet<String>,
}

impl RestoreTarget {
    /// Returns true if keys restored under this scheme have the same names as in the file.
    pub(crate) fn keeps_names(&self, scheme: &Scheme) -> bool {
        let same = |(from, to): (&String, &Customer)| from == to.as_str();
        self.scheme == *scheme && self.customers.iter().all(same)
    }

    /// Returns the customer and entry that a key is restored as; `None` if undo may not write it.
    pub(super) fn place(&self, key: &[u8]) -> Option<(Customer, Entry)> {
        let (customer, entry) = restorable::place(&self.scheme, key)?;
        let to = match self.customers.get(customer.as_str()) {
            Some(to) => to.clone(),
            None => self.others.get(customer.as_str()).map(|_| customer)?,
        };
        Some((to, entry))
    }
}
