//! Key counts by target and customer, so that every row of a report has its own.

use crate::domain::key::Customer;
use std::collections::BTreeMap;

/// Key counts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct RemovalCounts {
    /// Counts of each customer; the index is the target's position.
    of: BTreeMap<Customer, Vec<u64>>,
    /// Counts of keys that belong to all customers.
    shared: Vec<u64>,
    total: u64,
}

impl RemovalCounts {
    /// Adds keys of a target; `None` for keys that belong to all customers.
    pub(crate) fn add(&mut self, target: usize, customer: Option<&Customer>, keys: u64) {
        if keys == 0 {
            return;
        }
        let of = match customer {
            None => &mut self.shared,
            // Looked up first, so that the name is not cloned for each key.
            Some(customer) if self.of.contains_key(customer) => {
                self.of.get_mut(customer).unwrap_or(&mut self.shared)
            }
            Some(customer) => self.of.entry(customer.clone()).or_default(),
        };
        if of.len() <= target {
            of.resize(target + 1, 0);
        }
        if let Some(count) = of.get_mut(target) {
            *count += keys;
        }
        self.total += keys;
    }

    pub(crate) fn merge(&mut self, other: &Self) {
        for (target, keys) in other.shared.iter().enumerate() {
            self.add(target, None, *keys);
        }
        for (customer, counts) in &other.of {
            for (target, keys) in counts.iter().enumerate() {
                self.add(target, Some(customer), *keys);
            }
        }
    }

    /// Returns the number of all keys.
    pub(crate) fn total(&self) -> u64 {
        self.total
    }

    /// Returns the keys of a target, over all customers.
    pub(crate) fn of_target(&self, target: usize) -> u64 {
        let of = self.of.values().chain([&self.shared]);
        of.filter_map(|of| of.get(target)).sum()
    }

    /// Returns the keys of a target for one customer; `None` for keys that belong to all customers.
    pub(crate) fn of_both(&self, target: usize, customer: Option<&Customer>) -> u64 {
        let of = customer.map_or(Some(&self.shared), |customer| self.of.get(customer));
        of.and_then(|of| of.get(target)).copied().unwrap_or(0)
    }

    /// Returns the keys of a customer, over all targets.
    pub(crate) fn of_customer(&self, customer: &Customer) -> u64 {
        self.of.get(customer).into_iter().flatten().sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_counted_by_target_and_by_customer() {
        let customer = |name| Customer::new(name).unwrap();
        let (acme, beta) = (customer("acme"), customer("beta"));
        let mut counts = RemovalCounts::default();
        counts.add(2, Some(&acme), 3);
        counts.add(0, Some(&acme), 1);
        counts.add(2, Some(&beta), 4);
        counts.add(1, None, 5);
        counts.add(1, Some(&customer("gamma")), 0);
        assert_eq!(counts.total(), 13);
        assert_eq!((counts.of_target(2), counts.of_target(1)), (7, 5));
        assert_eq!(counts.of_both(2, Some(&beta)), 4);
        assert_eq!(
            (counts.of_both(0, Some(&beta)), counts.of_both(9, None)),
            (0, 0)
        );
        assert_eq!((counts.of_customer(&acme), counts.of_both(1, None)), (4, 5));
        let mut twice = counts.clone();
        twice.merge(&counts);
        assert_eq!((twice.total(), twice.of_both(1, None)), (26, 10));
        assert_eq!(twice.of_both(2, Some(&beta)), 8);
    }
}
