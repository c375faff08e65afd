//! Counts of reads: the daily hashes in the server's format, and the counters of each customer.

use crate::domain::key::{Customer, Entry, Tally};
use std::collections::BTreeMap;

/// Hits and misses of this process.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct ReadCounters {
    counts: BTreeMap<(Tally, String), u64>,
    totals: BTreeMap<(Tally, Customer), u64>,
}

impl ReadCounters {
    pub(crate) fn count(&mut self, customer: &Customer, entry: &Entry, tally: Tally) {
        // The server names a key without its prefix.
        let field = format!("{customer}:{entry}");
        *self.counts.entry((tally, field)).or_default() += 1;
        *self.totals.entry((tally, customer.clone())).or_default() += 1;
    }

    /// Returns true if nothing was counted.
    pub(crate) fn is_empty(&self) -> bool {
        self.counts.is_empty()
    }

    /// Returns the fields of a day's hash and their increments.
    pub(crate) fn fields(&self, tally: Tally) -> impl Iterator<Item = (&str, u64)> {
        let of = move |((kind, _), _): &(&(Tally, String), &u64)| *kind == tally;
        let counts = self.counts.iter().filter(of);
        counts.map(|((_, field), count)| (field.as_str(), *count))
    }

    /// Returns the counter of each customer and its increment.
    pub(crate) fn totals(&self) -> impl Iterator<Item = (&Customer, Tally, u64)> {
        self.totals
            .iter()
            .map(|((tally, customer), count)| (customer, *tally, *count))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::key::Id;

    #[test]
    fn fields_are_keys_without_the_prefix_and_totals_belong_to_customers() {
        let (acme, beta) = (
            Customer::new("acme").unwrap(),
            Customer::new("beta").unwrap(),
        );
        let property = Entry::Property(Id::new("prp_1").unwrap());
        let mut reads = ReadCounters::default();
        assert!(reads.is_empty());
        reads.count(&acme, &property, Tally::Hits);
        reads.count(&acme, &property, Tally::Hits);
        reads.count(&acme, &Entry::Groups, Tally::Misses);
        reads.count(&beta, &Entry::Groups, Tally::Hits);
        let hits: Vec<_> = reads.fields(Tally::Hits).collect();
        assert_eq!(hits, [("acme:property:prp_1", 2), ("beta:groups:all", 1)]);
        let misses: Vec<_> = reads.fields(Tally::Misses).collect();
        assert_eq!(misses, [("acme:groups:all", 1)]);
        let totals: Vec<_> = reads.totals().collect();
        assert_eq!(
            totals,
            [
                (&acme, Tally::Hits, 2),
                (&beta, Tally::Hits, 1),
                (&acme, Tally::Misses, 1)
            ]
        );
    }
}
