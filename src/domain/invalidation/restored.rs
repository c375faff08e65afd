//! What became of the records of an undo file.

use crate::domain::key::Customer;
use serde::{Serialize, Serializer};
use std::collections::BTreeMap;

/// What became of the records.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub(crate) struct RestoreOutcome {
    /// Keys that are back, for each customer.
    #[serde(serialize_with = "sum")]
    pub restored: BTreeMap<Customer, u64>,
    /// Fields of the hash of host names that are back, for each customer.
    #[serde(rename = "fields", serialize_with = "sum")]
    pub fields_of: BTreeMap<Customer, u64>,
    /// A newer value exists.
    pub skipped_newer: u64,
    /// Their time was over.
    pub skipped_expired: u64,
    /// They were invalidated again since.
    pub skipped_invalidated: u64,
    /// Records that undo may not write: outside the prefix and the customers, no key of the scheme, of
    /// another type than the scheme gives it.
    pub refused: u64,
    /// The server does not understand the dump, and there is no plain value.
    pub unreadable: u64,
    /// The operator asked to stop.
    #[serde(skip)]
    pub stopped: bool,
    /// The primaries changed each time: no one knows whether today's have all of it.
    #[serde(skip)]
    pub unproven: bool,
}

impl RestoreOutcome {
    /// Adds what became of other records.
    pub(crate) fn merge(&mut self, other: Self) {
        for (customer, keys) in other.restored {
            *self.restored.entry(customer).or_default() += keys;
        }
        for (customer, fields) in other.fields_of {
            *self.fields_of.entry(customer).or_default() += fields;
        }
        self.skipped_newer += other.skipped_newer;
        self.skipped_expired += other.skipped_expired;
        self.skipped_invalidated += other.skipped_invalidated;
        self.unreadable += other.unreadable;
        self.refused += other.refused;
        self.stopped |= other.stopped;
    }

    /// Keys that are back.
    pub(crate) fn keys(&self) -> u64 {
        self.restored.values().sum()
    }

    /// Fields of the hash of host names that are back.
    pub(crate) fn fields(&self) -> u64 {
        self.fields_of.values().sum()
    }

    /// Adds what a further round did. What the round before had put back is in the way of this one
    /// and is not newer than the file.
    pub(crate) fn add_round(&mut self, round: Self, first: bool) {
        let newer = if first {
            round.skipped_newer
        } else {
            self.skipped_newer.min(round.skipped_newer)
        };
        let (restored, fields_of) = (
            std::mem::take(&mut self.restored),
            std::mem::take(&mut self.fields_of),
        );
        *self = round;
        self.skipped_newer = newer;
        for (now, before) in [
            (&mut self.restored, restored),
            (&mut self.fields_of, fields_of),
        ] {
            for (customer, count) in before {
                let now = now.entry(customer).or_default();
                *now = count.max(*now);
            }
        }
    }
}

fn sum<S: Serializer>(counts: &BTreeMap<Customer, u64>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u64(counts.values().sum())
}
