//! Requests, marks and outcomes of invalidations.

pub(crate) mod audit;
pub(crate) mod counts;
mod coverage;
pub(crate) mod graph;
pub(crate) mod marks;
pub(crate) mod restorable;
pub(crate) mod restored;
pub(crate) mod target;
pub(crate) mod undo_file;

pub use coverage::Coverage;

use crate::domain::invalidation::counts::RemovalCounts;
use crate::domain::invalidation::marks::{invalidated, is_invalidation};
use crate::domain::invalidation::target::{Pattern, Tag, Target};
use crate::domain::key::{Customer, Entry, Fqdn, Id, Scheme};
use crate::domain::ttl::Resource;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// TTL of a mark: longer than any fetch takes.
pub(crate) const MARK_LIFE: Duration = Duration::from_hours(1);

/// Above this many members, a single mark for everything takes less room.
const MARKS_MAX: usize = 2000;

/// Keys shown per resource in a sample.
const SAMPLE: usize = 3;

/// One thing to remove.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum InvalidationTarget {
    /// An id, a host name or a key.
    Target(Target),
    /// Everything that matches a pattern.
    Pattern(Pattern),
    /// The properties with the tag, each with its cascade.
    Tag(Tag),
    /// The keys last written or kept by one warm run, or by every run before one.
    Generation(Generation),
    /// All data.
    Everything,
}

/// Warm runs by number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Generation {
    /// This run.
    Exactly(u64),
    /// Every run before this one.
    Before(u64),
}

/// What to invalidate, and how.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct InvalidationRequest {
    /// Targets, each with the text that the operator typed.
    pub wanted: Vec<(String, InvalidationTarget)>,
    /// Remove what was made from the targets, too.
    pub cascade: bool,
    /// Let the server refresh what it can instead of removing it.
    pub soft: bool,
    /// Record for each key why it is removed.
    pub explain: bool,
    /// Limit of keys to remove.
    pub most: Option<u64>,
}

impl InvalidationRequest {
    /// Returns true if a target is a pattern or everything: these need a confirmation.
    pub(crate) fn sweeps(&self) -> bool {
        self.wanted.iter().any(|(_, one)| {
            matches!(
                one,
                InvalidationTarget::Pattern(_) | InvalidationTarget::Everything
            )
        })
    }

    /// Returns the tags among the targets, with their positions.
    pub(crate) fn tags(&self) -> Vec<(usize, &Tag)> {
        let wanted = self.wanted.iter().enumerate();
        wanted
            .filter_map(|(at, (_, wanted))| match wanted {
                InvalidationTarget::Tag(tag) => Some((at, tag)),
                _ => None,
            })
            .collect()
    }
}

/// Marks to write for one customer, so that no other process stores old values of what is removed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Marks {
    everything: bool,
    members: BTreeSet<String>,
}

impl Marks {
    /// Marks a property.
    pub(crate) fn property(&mut self, id: &str) {
        self.members.insert(id.to_owned());
    }

    /// Marks a host name.
    pub(crate) fn host(&mut self, name: &str) {
        self.members.insert(format!("host:{name}"));
    }

    /// Marks everything: for a pattern, or for something that has no mark of its own.
    pub(crate) fn everything(&mut self) {
        self.everything = true;
    }

    /// Marks the subject of a key. `rest` is the part after the customer.
    pub(crate) fn key(&mut self, rest: &[u8]) {
        let entry = std::str::from_utf8(rest).ok().and_then(Scheme::parse_entry);
        match entry.as_ref().and_then(subject) {
            Some(KeySubject::Property(id)) => self.property(id.as_str()),
            Some(KeySubject::Host(name)) => self.host(name.as_str()),
            None => self.everything(),
        }
    }

    /// Returns the members to add to the set of marks. With a mark for everything, the others say only what was cached:
    /// ids sort after host names, and stay if there are too many.
    pub(crate) fn members(&self) -> Vec<String> {
        let too_many = self.members.len().saturating_sub(MARKS_MAX);
        let everything = (self.everything || too_many > 0).then(|| "*".to_owned());
        let named = self.members.iter().skip(too_many).cloned();
        everything.into_iter().chain(named).collect()
    }
}

/// When each member of the set of marks was last invalidated.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct InvalidationTimes(BTreeMap<String, u64>);

impl Extend<(String, u64)> for InvalidationTimes {
    /// Adds members that were invalidated and their times; the latest time of a member counts.
    fn extend<T: IntoIterator<Item = (String, u64)>>(&mut self, marks: T) {
        let marks = marks.into_iter();
        for (member, at) in marks.filter(|(member, _)| is_invalidation(member)) {
            let subject = invalidated(&member).to_owned();
            let last = self.0.entry(subject).or_insert(at);
            *last = at.max(*last);
        }
    }
}

impl InvalidationTimes {
    /// Returns true if the entry, or the property that its value names (`owner`), was invalidated after `at`.
    pub(crate) fn after(&self, entry: &Entry, owner: Option<&str>, at: u64) -> bool {
        let later = |member: &str| self.0.get(member).is_some_and(|marked| *marked > at);
        later("*")
            || owner.is_some_and(later)
            || match subject(entry) {
                Some(KeySubject::Property(id)) => later(id.as_str()),
                Some(KeySubject::Host(name)) => later(&format!("host:{name}")),
                // The value was made from many things, any of which may have changed.
                None => self.0.values().any(|marked| *marked > at),
            }
    }
}

/// The one property or host name that a key is about.
enum KeySubject {
    Property(Id),
    Host(Fqdn),
}

fn subject(entry: &Entry) -> Option<KeySubject> {
    match entry {
        Entry::PropertyDetails(typed) => typed.id().map(KeySubject::Property),
        Entry::Hostname(name) => Some(KeySubject::Host(name.clone())),
        entry => entry.property().cloned().map(KeySubject::Property),
    }
}

/// Number of matching keys of each resource, with a few examples.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct MatchedSample(BTreeMap<String, (u64, Vec<String>)>);

impl MatchedSample {
    /// Counts a key, and keeps it as an example if there is room.
    pub(crate) fn offer(&mut self, rest: &[u8], key: &str) {
        let word = rest.split(|byte| *byte == b':').next().unwrap_or_default();
        // Our keys have few first words. A polluted keyspace must not fill the memory.
        if self.0.len() >= 32 && !self.0.contains_key(&*String::from_utf8_lossy(word)) {
            return;
        }
        let word = String::from_utf8_lossy(word).into_owned();
        let (number, keys) = self.0.entry(word).or_default();
        *number += 1;
        if keys.len() < SAMPLE && !keys.iter().any(|known| known == key) {
            keys.push(key.to_owned());
        }
    }

    /// Adds the counts of another sample, and its examples as far as there is room.
    pub(crate) fn merge(&mut self, other: Self) {
        for (word, (more, keys)) in other.0 {
            let (number, own) = self.0.entry(word).or_default();
            *number += more;
            own.extend(keys);
            own.dedup();
            own.truncate(SAMPLE);
        }
    }

    /// Returns the examples grouped by the first word of their names, each group with the number of its keys.
    pub(crate) fn by_word(&self) -> impl Iterator<Item = (&str, u64, &[String])> {
        let words = self.0.iter();
        words.map(|(word, (number, keys))| (word.as_str(), *number, keys.as_slice()))
    }

    /// Returns the examples, resource by resource.
    pub(crate) fn keys(&self) -> Vec<&str> {
        let keys = self.0.values().flat_map(|(_, keys)| keys);
        keys.map(String::as_str).collect()
    }
}

/// A removed key, or a removed field of a hash, with the reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct RemovedKey {
    /// The key, or the hash of the field.
    pub key: String,
    /// The field.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// Target as typed, or the key that this one is removed with.
    pub because: String,
    /// Position of the target.
    #[serde(skip)]
    pub target: usize,
}

/// Outcome of one target.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct TargetOutcome {
    /// Customer of the keys, if there are several customers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub customer: Option<String>,
    /// The target as typed.
    pub target: String,
    /// Keys that matched. A key that several targets match counts for the first of them.
    pub matched: u64,
    /// Keys removed.
    pub removed: u64,
}

/// Outcome of an invalidation, or of its dry run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct InvalidationOutcome {
    /// Keys that matched.
    pub matched: RemovalCounts,
    /// Keys removed.
    pub removed: RemovalCounts,
    /// Keys left for the server to refresh.
    pub softened: RemovalCounts,
    /// Keys that match or were removed, and that undo does not restore if it saves the others.
    pub unsaved: u64,
    /// Fields of the hash of host names that matched or were removed, by customer.
    pub fields_of: BTreeMap<Customer, u64>,
    /// Memory used by the matched keys, in bytes.
    pub bytes: u64,
    /// True if every key was measured, false if only some were.
    pub bytes_exact: bool,
    /// True if the server does not report the memory of keys.
    pub bytes_unknown: bool,
    /// Examples of the matched keys.
    pub sample: MatchedSample,
    /// Keys with their reasons, if requested.
    pub explained: Vec<RemovedKey>,
    /// Part of the keyspace that the scan covered.
    pub coverage: Coverage,
    /// Why the keyspace could not be scanned: only keys with known names were looked for.
    pub scan_skipped: Option<String>,
    /// Properties whose keys matched, or that serve a host name among the targets, each with those of its own resources
    /// that matched.
    pub properties: BTreeMap<Customer, BTreeMap<String, BTreeSet<Resource>>>,
    /// Host names and details to remove with their property, which the cache does not name.
    pub unowned: BTreeSet<String>,
    /// Resources of the matched keys, as far as `warm` writes such keys.
    pub resources: BTreeMap<Customer, BTreeSet<Resource>>,
    /// Customers whose hash of host names matched.
    pub hashes: BTreeSet<Customer>,
    /// Replicas that acknowledged the removal.
    pub replicas_acked: Option<u64>,
    /// Undo id.
    pub undo_id: Option<String>,
}

impl InvalidationOutcome {
    /// Returns the number of fields of the hash of host names, over all customers.
    pub(crate) fn fields(&self) -> u64 {
        self.fields_of.values().sum()
    }

    /// Adds the findings of another plan. Removals are counted as they are done, not here.
    pub(crate) fn planned(&mut self, plan: Self) {
        let first = self.matched.total() == 0;
        self.matched.merge(&plan.matched);
        self.bytes += plan.bytes;
        self.bytes_exact = plan.bytes_exact && (first || self.bytes_exact);
        self.bytes_unknown |= plan.bytes_unknown;
        self.sample.merge(plan.sample);
        self.explained.extend(plan.explained);
        self.coverage = plan.coverage;
        self.scan_skipped = self.scan_skipped.take().or(plan.scan_skipped);
        for (customer, ids) in plan.properties {
            let all = self.properties.entry(customer).or_default();
            for (id, resources) in ids {
                all.entry(id).or_default().extend(resources);
            }
        }
        self.unowned.extend(plan.unowned);
        self.hashes.extend(plan.hashes);
        for (customer, resources) in plan.resources {
            self.resources
                .entry(customer)
                .or_default()
                .extend(resources);
        }
    }

    /// Returns true if a key of the resource matched that `warm` writes.
    pub(crate) fn has(&self, customer: &Customer, resource: Resource) -> bool {
        let resources = self.resources.get(customer);
        resources.is_some_and(|resources| resources.contains(&resource))
    }

    /// Returns true if a value matched that is made from all properties.
    pub(crate) fn has_made_of_all(&self, customer: &Customer) -> bool {
        let made = [Resource::Properties, Resource::Map, Resource::Tree];
        self.hashes.contains(customer) || made.iter().any(|one| self.has(customer, *one))
    }

    /// Returns the customers whose list of all properties matched.
    pub(crate) fn lists(&self) -> impl Iterator<Item = &Customer> {
        let customers = self.resources.keys();
        customers.filter(|customer| self.has(customer, Resource::Properties))
    }

    /// Returns the part of the keyspace that was covered: nothing of it if it could not be scanned.
    pub(crate) fn covered(&self) -> Coverage {
        let mut covered = self.coverage.clone();
        if self.scan_skipped.is_some() {
            (covered.primaries_scanned, covered.slots_scanned) = (0, 0);
        }
        covered
    }

    /// Returns the memory used by the matched keys, if it is known.
    pub(crate) fn known_bytes(&self) -> Option<u64> {
        (!self.bytes_unknown).then_some(self.bytes)
    }

    /// Returns true if anything was changed.
    pub(crate) fn did_something(&self) -> bool {
        self.removed.total() + self.softened.total() + self.fields() > 0
    }
}

#[cfg(test)]
mod tests;
