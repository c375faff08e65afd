//! Hit rate: the daily counts, added up by day, customer, resource or key.
//!
//! The counts arrive as fields of daily hashes (`acme:property:prp_1` → count), in any order and any number.
//! The memory used here is bounded whatever that number is.

use crate::domain::glob;
use crate::domain::key::Tally;
use crate::domain::keyword::keywords;
use jiff::civil::Date;
use serde::{Serialize, Serializer};
use std::collections::{BTreeMap, BTreeSet};

mod gathering;
mod miss_ranking;

pub(crate) use gathering::Gathering;

/// Hits and misses.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct HitCounts {
    /// Reads answered from the cache.
    pub hits: u64,
    /// Reads not answered from the cache.
    pub misses: u64,
}

impl HitCounts {
    /// Creates counts of one kind.
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

    /// Adds `other`, saturating.
    pub fn add(&mut self, other: Self) {
        self.hits = self.hits.saturating_add(other.hits);
        self.misses = self.misses.saturating_add(other.misses);
    }

    /// Number of reads.
    pub fn total(self) -> u64 {
        self.hits.saturating_add(self.misses)
    }

    /// Share of the reads answered from the cache, in percent; `None` without reads.
    #[must_use]
    #[expect(
        clippy::cast_precision_loss,
        reason = "a share needs fewer than the 53 bits that are exact"
    )]
    pub fn rate(self) -> Option<f64> {
        // Added as floats: the saturating total of two saturated counts would be too small.
        let total = self.hits as f64 + self.misses as f64;
        (total > 0.0).then(|| self.hits as f64 * 100.0 / total)
    }

    /// Money saved by the hits at `price` per call, rounded to a millionth of the currency.
    #[must_use]
    #[expect(
        clippy::cast_precision_loss,
        reason = "money is shown with a few digits"
    )]
    pub fn saved(self, price: f64) -> f64 {
        (self.hits as f64 * price * 1e6).round() / 1e6
    }
}

/// How the counts are grouped.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum GroupBy {
    #[default]
    Day,
    Customer,
    Resource,
    Key,
}

keywords! { GroupBy:
    Day = "day" "UTC days";
    Customer = "customer" "Customers";
    Resource = "resource" "Kinds of key: property, hostname, search";
    Key = "key" "Keys, the most missed first";
}

/// Which keys count. A pattern without glob characters is a part of the key; any other is a glob over the part
/// after the customer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) enum KeyFilter {
    #[default]
    All,
    /// Keys that contain this text, the customer's name included.
    Part(String),
    /// Keys whose part after the customer matches.
    Glob(String),
}

impl KeyFilter {
    /// Parses a pattern as the operator typed it.
    pub(crate) fn new(pattern: &str) -> Self {
        if pattern.is_empty() {
            Self::All
        } else if pattern.contains(['*', '?', '[']) {
            Self::Glob(pattern.into())
        } else {
            Self::Part(pattern.into())
        }
    }

    /// Returns true if the key counts. `field` is the whole field, `rest` its part after the customer.
    fn takes(&self, field: &str, rest: &str) -> bool {
        match self {
            Self::All => true,
            Self::Part(part) => field.contains(part.as_str()),
            Self::Glob(glob) => glob::matches(glob.as_bytes(), rest.as_bytes()),
        }
    }
}

/// Query over the counts.
#[derive(Debug, Clone, Default)]
pub(crate) struct HitRateQuery {
    /// UTC days, oldest first.
    pub days: Vec<Date>,
    /// Customers whose keys count; `None` for all.
    pub customers: Option<BTreeSet<String>>,
    pub wanted: KeyFilter,
    pub by: GroupBy,
    /// Number of most missed keys to list.
    pub top: usize,
    /// Row limit when grouped by key; `None` is no limit.
    pub rows: Option<usize>,
}

/// One row of the result.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct HitRateRow {
    /// The day, customer, resource or key.
    pub group: String,
    /// The customer, if rows are customers or keys.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub customer: Option<String>,
    #[serde(flatten)]
    pub counts: HitCounts,
    /// In percent; `null` without reads.
    pub hit_rate: Option<f64>,
}

/// A key that was read and not cached.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct MissedKey {
    /// The key without the prefix.
    pub key: String,
    pub misses: u64,
}

/// Result of a [`HitRateQuery`].
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
pub(crate) struct HitRate {
    /// Days of the query, oldest first, with their counts.
    #[serde(serialize_with = "dates")]
    pub days: Vec<(Date, HitCounts)>,
    /// Counts over all days.
    #[serde(flatten)]
    pub total: HitCounts,
    /// Rows, grouped as the query asked.
    pub rows: Vec<HitRateRow>,
    /// True if rows were left out: the least missed keys.
    pub rows_cut: bool,
    /// Number of keys left out because of the query's row limit.
    #[serde(skip)]
    pub rows_left: usize,
    /// True if there are more keys than can be listed, so that `rows_left` does not count all of them.
    #[serde(skip)]
    pub too_many_keys: bool,
    /// Most missed keys, most first.
    pub top_missed: Vec<MissedKey>,
    /// True if `top_missed` is certain. It may not be for very many keys with nearly equal counts over several days.
    #[serde(rename = "top_missed_exact")]
    pub top_exact: bool,
    /// Names of all customers found.
    #[serde(skip)]
    pub customers: BTreeSet<String>,
    /// Counts by day and customer, for the history.
    #[serde(skip)]
    pub daily: BTreeMap<(Date, String), HitCounts>,
    /// Fields whose count is not a number; no sum includes them.
    #[serde(rename = "malformed_fields")]
    pub malformed: u64,
    /// Keys of daily counts that are not hashes; no sum includes them.
    #[serde(skip)]
    pub unreadable: Vec<String>,
    /// Misses of single host names: one search of the server may count up to three of them.
    #[serde(skip)]
    pub hostname_misses: u64,
    /// True if keys were left out because they do not match the query.
    #[serde(skip)]
    pub left_out: bool,
}

fn dates<S: Serializer>(days: &[(Date, HitCounts)], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(days.iter().map(|(day, _)| day.to_string()))
}

impl HitRate {
    /// Notes on counts that could not be read and are missing from the sums.
    pub(crate) fn malformed_note(&self) -> Option<String> {
        let number = self.malformed;
        (number > 0).then(|| format!("{number} fields hold no number and are not counted"))
    }

    /// Returns a note for each key that is no hash of counts.
    pub(crate) fn left_out_notes(&self) -> Vec<String> {
        let unreadable = self.unreadable.iter();
        let note = |key: &String| format!("`{key}` is not a hash of counts; it is left out");
        unreadable.map(note).collect()
    }
}

/// Returns the `count` UTC days up to and including `last`, oldest first.
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

/// Returns true if the hit rate reaches `percent`, compared without rounding. Without reads it does not. Fewer
/// than `min_requests` reads always pass.
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
    fn money_has_no_binary_rounding_errors() {
        let counts = HitCounts { hits: 3, misses: 0 };
        assert_eq!(counts.saved(0.1).to_string(), "0.3");
        assert_eq!(counts.saved(0.001).to_string(), "0.003");
    }

    #[test]
    fn days_include_the_last_and_cross_months() {
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
    fn a_threshold_without_traffic_is_met_only_below_the_minimum_of_requests() {
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
