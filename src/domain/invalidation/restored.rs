//! Outcome of an undo.

use crate::domain::invalidation::Coverage;
use crate::domain::key::Customer;
use serde::{Serialize, Serializer};
use std::collections::BTreeMap;

/// Counts of the records of an undo file, by what was done with them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub(crate) struct RestoreOutcome {
    /// Keys restored, by customer.
    #[serde(serialize_with = "sum")]
    pub restored: BTreeMap<Customer, u64>,
    /// Fields of the hash of host names restored, by customer.
    #[serde(rename = "fields", serialize_with = "sum")]
    pub fields_of: BTreeMap<Customer, u64>,
    /// Records skipped because a newer value exists.
    pub skipped_newer: u64,
    /// Records skipped because they have expired.
    pub skipped_expired: u64,
    /// Records skipped because they were invalidated again since.
    pub skipped_invalidated: u64,
    /// Records that undo may not write: outside the prefix or the customers, not a key of the scheme, or of another
    /// type than the scheme gives the key.
    pub refused: u64,
    /// Records whose dump the server does not understand, without a plain value.
    pub unreadable: u64,
    /// Fields of the hash of host names that the server cannot take, for the reason in `refusal`.
    pub fields_refused: u64,
    /// Why: the server lacks a command.
    #[serde(skip)]
    pub refusal: Option<String>,
    /// True if the operator stopped the undo.
    #[serde(skip)]
    pub stopped: bool,
    /// How the primaries changed, if they did so in every round: nothing proves that the present ones have all records.
    #[serde(skip)]
    pub unproven: Option<Coverage>,
}

impl RestoreOutcome {
    /// Adds the counts of other records.
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
        self.fields_refused += other.fields_refused;
        self.refusal = self.refusal.take().or(other.refusal);
        self.stopped |= other.stopped;
    }

    /// Counts a key that was restored or has a newer value.
    pub(crate) fn count(&mut self, customer: Customer, restored: bool) {
        if restored {
            *self.restored.entry(customer).or_default() += 1;
        } else {
            self.skipped_newer += 1;
        }
    }

    /// Returns the number of keys restored.
    pub(crate) fn keys(&self) -> u64 {
        self.restored.values().sum()
    }

    /// Returns the number of fields of the hash of host names restored.
    pub(crate) fn fields(&self) -> u64 {
        self.fields_of.values().sum()
    }

    /// Adds the outcome of another round over the same records. Values restored by the round before block this one, and
    /// do not count as newer than the file.
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
