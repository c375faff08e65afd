//! How often the cache had the answer: the daily counts, added up by whatever the operator asks for.
//!
//! The counts come as fields of daily hashes (`acme:property:prp_1` → how often), in any order and
//! as many as there are; what is kept of them here is bounded whatever their number.

use crate::domain::glob;
use crate::domain::key::Tally;
use jiff::civil::Date;
use serde::{Serialize, Serializer};
use std::collections::{BTreeMap, BTreeSet};

mod gathering;
mod most;

pub(crate) use gathering::Gathering;

/// Hits and misses.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct HitCounts {
    /// Reads that the cache answered.
    pub hits: u64,
    /// Reads that it did not.
    pub misses: u64,
}

impl HitCounts {
    /// Counts of one kind.
    pub fn of(tally: Tally, count: u64) -> Self {
        match tally {
            Tally::Hits => Self {
                hits: count,
                misses: 0,
            },
            Tally::Misses => Self {
                hits: 0,
                misses: count,
            },
        }
    }

    /// Adds others. Counts that do not fit stay at the largest number.
    pub fn add(&mut self, other: Self) {
        self.hits = self.hits.saturating_add(other.hits);
        self.misses = self.misses.saturating_add(other.misses);
    }

    /// All reads.
    pub fn total(self) -> u64 {
        self.hits.saturating_add(self.misses)
    }

    /// Share of the reads that the cache answered, in percent; `None` without any reads.
    #[must_use]
    #[expect(
        clippy::cast_precision_loss,
        reason = "a share needs fewer than the 53 bits that are exact"
    )]
    pub fn rate(self) -> Option<f64> {
        // Of two sums that reached the largest number, the total has lost one.
        let total = self.hits as f64 + self.misses as f64;
        (total > 0.0).then(|| self.hits as f64 * 100.0 / total)
    }

    /// What the hits saved, at a price for each call, to a millionth of the currency.
    #[must_use]
    #[expect(
        clippy::cast_precision_loss,
        reason = "money is shown with a few digits"
    )]
    pub fn saved(self, price: f64) -> f64 {
        (self.hits as f64 * price * 1e6).round() / 1e6
    }
}

/// By what the counts are added up.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum By {
    /// UTC days.
    #[default]
    Day,
    Customer,
    /// Kinds of key: property, hostname, search …
    Resource,
    /// Keys, the most missed first.
    Key,
}

/// Which keys count: without glob characters a part of the key, else a glob over the part after
/// the customer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) enum KeyFilter {
    /// All of them.
    #[default]
    All,
    /// Those that hold this text anywhere, the customer's name included.
    Part(String),
    /// Those whose part behind the customer matches.
    Glob(String),
}

impl KeyFilter {
    /// Reads what the operator typed.
    pub(crate) fn new(pattern: &str) -> Self {
        if pattern.is_empty() {
            Self::All
        } else if pattern.contains(['*', '?', '[']) {
            Self::Glob(pattern.into())
        } else {
            Self::Part(pattern.into())
        }
    }

    /// Whether the key counts: the whole field, and its part behind the customer.
    fn takes(&self, field: &str, rest: &str) -> bool {
        match self {
            Self::All => true,
            Self::Part(part) => field.contains(part.as_str()),
            Self::Glob(glob) => glob::matches(glob.as_bytes(), rest.as_bytes()),
        }
    }
}

/// What is asked of the counts.
#[derive(Debug, Clone, Default)]
pub(crate) struct HitRateQuery {
    /// The UTC days, oldest first.
    pub days: Vec<Date>,
    /// Whose keys; `None` for everybody's.
    pub customers: Option<BTreeSet<String>>,
    /// Which keys.
    pub wanted: KeyFilter,
    /// By what the counts are added up.
    pub by: By,
    /// How many of the most missed keys to name.
    pub top: usize,
    /// How many lines there may be where they are keys; `None` is all.
    pub rows: Option<usize>,
}

/// A line of the answer.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct HitRateRow {
    /// The day, customer, resource or key.
    pub group: String,
    /// Whose key it is, where lines are customers or keys.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub customer: Option<String>,
    /// Hits and misses.
    #[serde(flatten)]
    pub counts: HitCounts,
    /// Percent; `null` without any reads.
    pub hit_rate: Option<f64>,
}

/// A key that is asked for and missing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct MissedKey {
    /// The key without the prefix.
    pub key: String,
    /// How often.
    pub misses: u64,
}

/// The answer.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub(crate) struct HitRate {
    /// The days that were asked for, oldest first.
    #[serde(serialize_with = "dates")]
    pub days: Vec<(Date, HitCounts)>,
    /// All of it.
    #[serde(flatten)]
    pub total: HitCounts,
    /// By what was asked for.
    pub rows: Vec<HitRateRow>,
    /// Whether lines were left out of `rows`: the least missed keys.
    pub rows_cut: bool,
    /// How many keys were left out because fewer were asked for.
    #[serde(skip)]
    pub rows_left: usize,
    /// The most missed keys, most first.
    pub top_missed: Vec<MissedKey>,
    /// Whether `top_missed` is certain; among very many keys, over several days, with nearly equal
    /// counts it is not.
    #[serde(rename = "top_missed_exact")]
    pub top_exact: bool,
    /// The names of all customers that were found.
    #[serde(skip)]
    pub customers: BTreeSet<String>,
    /// Counts by day and customer, for the history.
    #[serde(skip)]
    pub daily: BTreeMap<(Date, String), HitCounts>,
    /// Fields whose count is no number; they are not in any sum.
    #[serde(rename = "malformed_fields")]
    pub malformed: u64,
    /// Keys in the place of daily counts that are no hashes; what they hold is not in any sum.
    #[serde(skip)]
    pub unreadable: Vec<String>,
    /// Misses of single host names: one search of the server may count up to three of them.
    #[serde(skip)]
    pub hostname_misses: u64,
    /// Whether there were keys that do not match what was asked for.
    #[serde(skip)]
    pub left_out: bool,
}

fn dates<S: Serializer>(days: &[(Date, HitCounts)], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(days.iter().map(|(day, _)| day.to_string()))
}

impl HitRate {
    /// What is not in the sums because it could not be read.
    pub(crate) fn left_out_notes(&self) -> Vec<String> {
        let unreadable = self.unreadable.iter();
        let note = |key: &String| format!("`{key}` is not a hash of counts; it is left out");
        unreadable.map(note).collect()
    }
}

/// The UTC days up to and including `last`, oldest first.
pub(crate) fn days_until(last: Date, count: u16) -> Vec<Date> {
    let mut days: Vec<Date> = (0..count)
        .filter_map(|back| {
            last.checked_sub(jiff::Span::new().try_days(back).ok()?)
                .ok()
        })
        .collect();
    days.reverse();
    days
}

/// Whether a rate is high enough: compared without rounding. Without reads it is not, unless fewer
/// than `min_requests` reads excuse it.
pub(crate) fn is_met(counts: HitCounts, percent: f64, min_requests: u64) -> bool {
    counts.total() < min_requests || counts.rate().is_some_and(|rate| rate >= percent)
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn there_is_no_rate_without_reads() {
        assert_eq!(HitCounts::default().rate(), None);
        let counts = HitCounts { hits: 3, misses: 1 };
        assert_eq!(counts.rate(), Some(75.0));
        let full = HitCounts {
            hits: u64::MAX,
            misses: u64::MAX,
        };
        assert_eq!(full.rate(), Some(50.0));
    }

    #[test]
    fn money_is_not_blurred_by_binary_fractions() {
        let counts = HitCounts { hits: 3, misses: 0 };
        assert_eq!(counts.saved(0.1).to_string(), "0.3");
        assert_eq!(counts.saved(0.001).to_string(), "0.003");
    }

    #[test]
    fn days_end_with_the_last_and_cross_months() {
        assert_eq!(
            days_until(date(2026, 3, 1), 2),
            [date(2026, 2, 28), date(2026, 3, 1)]
        );
    }

    #[test]
    fn a_text_without_glob_characters_is_a_part_of_the_whole_key() {
        let part = KeyFilter::new("acme:prop");
        assert!(part.takes("acme:property:prp_1", "property:prp_1"));
        assert!(!part.takes("beta:property:prp_1", "property:prp_1"));
        let glob = KeyFilter::new("property:*");
        assert!(glob.takes("acme:property:prp_1", "property:prp_1"));
        assert!(!glob.takes("acme:x:property:prp_1", "x:property:prp_1"));
        assert_eq!(KeyFilter::new(""), KeyFilter::All);
    }

    #[test]
    fn a_threshold_without_traffic_is_met_only_by_excuse() {
        let none = HitCounts::default();
        assert!(!is_met(none, 85.0, 0));
        assert!(is_met(none, 85.0, 1));
        let good = HitCounts {
            hits: 85,
            misses: 15,
        };
        assert!(is_met(good, 85.0, 0));
        assert!(!is_met(good, 85.1, 100));
        assert!(is_met(good, 85.1, 101));
    }
}
