//! Adds up the counts, field by field.

use super::miss_ranking::{MissRanking, MostMissed};
use super::{GroupBy, HitCounts, HitRate, HitRateQuery, HitRateRow, MissedKey};
use crate::domain::inspect::escaped_bytes::escape_bytes;
use crate::domain::key::Tally;
use jiff::civil::Date;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Limit of customers or resources counted separately. Further ones share one row, so that a hash full of garbage
/// cannot fill the memory.
const GROUPS: usize = 10_000;

/// Row of the groups beyond [`GROUPS`].
const OTHERS: &str = "(others)";

/// Customer or resource of a field that names none: neither this program nor the server recorded such a field.
const NONE: &str = "(none)";

/// Limit of rows when grouped by key.
const KEYS: usize = 100_000;

/// Number of keys listed if there are more than [`KEYS`].
const KEYS_OF_MANY: usize = 1_000;

/// Adds up the fields of daily hashes as they arrive.
#[derive(Debug)]
pub(crate) struct Gathering {
    question: HitRateQuery,
    /// Each customer with its counts by day.
    customers: Vec<(String, Vec<HitCounts>)>,
    /// Index of each customer in `customers`.
    places: HashMap<String, usize>,
    /// Index of the last customer, which the next field shares in most cases.
    last: usize,
    resources: BTreeMap<String, HitCounts>,
    most: MissRanking,
    malformed: u64,
    hostname_misses: u64,
    left_out: bool,
    again: bool,
}

impl Gathering {
    /// Creates a gathering for the query. `missed_on` is the number of days on which there were misses.
    pub(crate) fn new(question: HitRateQuery, missed_on: usize) -> Self {
        // Keys need not be told apart if none is to be listed.
        let once = missed_on <= 1 || question.top == 0;
        let by_key = question.by == GroupBy::Key;
        Self {
            most: MissRanking::new(question.top, once && !by_key, by_key),
            customers: Vec::new(),
            places: HashMap::new(),
            last: 0,
            resources: BTreeMap::new(),
            malformed: 0,
            hostname_misses: 0,
            left_out: false,
            again: false,
            question,
        }
    }

    /// Returns true if hashes of this kind are needed in the current pass.
    pub(crate) fn wants(&self, tally: Tally) -> bool {
        // The second pass is only about the most missed keys.
        !self.again || tally == Tally::Misses || self.question.by == GroupBy::Key
    }

    /// Adds a field of a daily hash; `day` is the index into the query's days.
    pub(crate) fn take(&mut self, day: usize, tally: Tally, field: &[u8], value: &[u8]) {
        let field = escape_bytes(field);
        let (customer, rest) = field.split_once(':').unwrap_or(("", &field));
        let foreign = |names: &BTreeSet<String>| !names.contains(customer);
        if self.question.customers.as_ref().is_some_and(foreign) {
            return;
        }
        if !self.question.wanted.takes(&field, rest) {
            self.left_out = true;
            return;
        }
        let Some(count) = number(value) else {
            self.malformed += u64::from(!self.again);
            return;
        };
        self.most.add(&field, tally, count);
        if self.again {
            return;
        }
        let counts = HitCounts::of(tally, count);
        let customer = named(customer);
        let resource = named(rest.split(':').next().unwrap_or_default());
        if resource == "hostname" {
            self.hostname_misses = self.hostname_misses.saturating_add(counts.misses);
        }
        if self.question.by == GroupBy::Resource {
            if let Some(sum) = self.resources.get_mut(resource) {
                sum.add(counts);
            } else {
                let free = self.resources.len() < GROUPS;
                let name = if free { resource } else { OTHERS };
                self.resources.entry(name.into()).or_default().add(counts);
            }
        }
        let place = self.place(customer);
        let days = self.customers.get_mut(place).map(|(_, days)| days);
        if let Some(sum) = days.and_then(|days| days.get_mut(day)) {
            sum.add(counts);
        }
    }

    /// Index of the customer's counts; adds the customer if it is new.
    fn place(&mut self, customer: &str) -> usize {
        let last = self.customers.get(self.last);
        if last.is_none_or(|(name, _)| name != customer) {
            let free = self.customers.len() < GROUPS;
            self.last = match self.places.get(customer) {
                Some(place) => *place,
                None if free => self.settle(customer),
                None => match self.places.get(OTHERS) {
                    Some(place) => *place,
                    None => self.settle(OTHERS),
                },
            };
        }
        self.last
    }

    fn settle(&mut self, name: &str) -> usize {
        let days = vec![HitCounts::default(); self.question.days.len()];
        self.customers.push((name.into(), days));
        let place = self.customers.len() - 1;
        self.places.insert(name.into(), place);
        place
    }

    /// Returns true if all hashes must be read a second time, because there were too many keys to find the most missed
    /// ones in one pass. Call it after the last field; it returns true at most once.
    pub(crate) fn wants_more(&mut self) -> bool {
        if self.again || !self.most.begin_second_pass(self.limit_of_many()) {
            return false;
        }
        self.again = true;
        true
    }

    fn limit_of_many(&self) -> usize {
        match self.question.by {
            GroupBy::Key => self.question.top.max(KEYS_OF_MANY),
            _ => self.question.top,
        }
    }

    /// Returns the result.
    pub(crate) fn finish(self) -> HitRate {
        let limit = match self.question.by {
            GroupBy::Key if self.again => self.question.top.max(KEYS_OF_MANY),
            GroupBy::Key => KEYS.max(self.question.top),
            _ => self.question.top,
        };
        let MostMissed { keys, exact, all } = self.most.finish(limit);
        let days: Vec<(Date, HitCounts)> = self
            .question
            .days
            .iter()
            .enumerate()
            .map(|(at, day)| {
                let counts = self.customers.iter().filter_map(|(_, days)| days.get(at));
                (*day, sum(counts))
            })
            .collect();
        let rows = match self.question.by {
            GroupBy::Day => days
                .iter()
                .map(|(day, counts)| row(day.to_string(), None, *counts))
                .collect(),
            GroupBy::Customer => largest_first(
                self.customers
                    .iter()
                    .map(|(name, days)| row(name.clone(), Some(name.clone()), sum(days)))
                    .collect(),
            ),
            GroupBy::Resource => largest_first(
                self.resources
                    .into_iter()
                    .map(|(name, counts)| row(name, None, counts))
                    .collect(),
            ),
            GroupBy::Key => keys
                .iter()
                .map(|(key, counts)| {
                    let customer = key.split_once(':').map(|(customer, _)| customer.to_owned());
                    row(key.clone(), customer, *counts)
                })
                .collect(),
        };
        let mut rows: Vec<HitRateRow> = rows;
        let bound = self
            .question
            .rows
            .filter(|_| self.question.by == GroupBy::Key);
        let rows_left = bound.map_or(0, |bound| rows.len().saturating_sub(bound));
        rows.truncate(bound.unwrap_or(rows.len()));
        let too_many_keys = self.question.by == GroupBy::Key && !all;
        let mut daily = BTreeMap::new();
        for (name, sums) in &self.customers {
            for (day, counts) in self.question.days.iter().zip(sums) {
                if counts.total() > 0 {
                    daily.insert((*day, name.clone()), *counts);
                }
            }
        }
        let top_missed = keys.into_iter().filter(|(_, counts)| counts.misses > 0);
        HitRate {
            total: sum(days.iter().map(|(_, counts)| counts)),
            rows_cut: too_many_keys || rows_left > 0,
            rows,
            rows_left,
            too_many_keys,
            unreadable: Vec::new(),
            top_missed: top_missed
                .take(self.question.top)
                .map(|(key, counts)| MissedKey {
                    key,
                    misses: counts.misses,
                })
                .collect(),
            top_exact: exact,
            customers: self.places.into_keys().collect(),
            daily,
            malformed: self.malformed,
            hostname_misses: self.hostname_misses,
            left_out: self.left_out,
            days,
        }
    }
}

fn named(name: &str) -> &str {
    if name.is_empty() { NONE } else { name }
}

/// Parses a count as HINCRBY writes it. Counters only grow, so a negative count was not written by this program or
/// the server.
fn number(value: &[u8]) -> Option<u64> {
    std::str::from_utf8(value).ok()?.parse().ok()
}

fn sum<'a>(counts: impl IntoIterator<Item = &'a HitCounts>) -> HitCounts {
    counts
        .into_iter()
        .fold(HitCounts::default(), |mut sum, one| {
            sum.add(*one);
            sum
        })
}

fn row(group: String, customer: Option<String>, counts: HitCounts) -> HitRateRow {
    HitRateRow {
        hit_rate: counts.rate(),
        group,
        customer,
        counts,
    }
}

fn largest_first(mut rows: Vec<HitRateRow>) -> Vec<HitRateRow> {
    rows.sort_by(|a, b| {
        let (left, right) = (b.counts.total(), a.counts.total());
        left.cmp(&right).then_with(|| a.group.cmp(&b.group))
    });
    rows
}

#[cfg(test)]
mod tests;
