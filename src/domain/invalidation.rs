//! What an invalidation is asked to do, what it leaves behind as marks, and what became of it.

pub(crate) mod audit;
pub(crate) mod counts;
pub(crate) mod graph;
pub(crate) mod marks;
pub(crate) mod restorable;
pub(crate) mod restored;
pub(crate) mod target;
pub(crate) mod undo_file;

use crate::domain::invalidation::counts::RemovalCounts;
use crate::domain::invalidation::target::{Pattern, Tag, Target};
use crate::domain::key::{Customer, Entry, Fqdn, Id, Scheme};
use crate::domain::ttl::Resource;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// How long a mark is kept: longer than any fetch takes.
pub(crate) const MARK_LIFE: Duration = Duration::from_hours(1);

/// From this many members on, one mark for everything says it in less room.
const MARKS_MAX: usize = 2000;

/// How many keys of one resource a sample shows.
const SAMPLE: usize = 3;

/// One thing that is wanted gone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum InvalidationTarget {
    /// What a word names.
    Target(Target),
    /// Everything that matches.
    Pattern(Pattern),
    /// The properties that carry the tag, each with its cascade.
    Tag(Tag),
    /// What one warm run, or every run before one, wrote or kept last.
    Generation(Generation),
    /// All data.
    Everything,
}

/// Warm runs by their numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Generation {
    /// This one.
    Exactly(u64),
    /// Every one before this.
    Before(u64),
}

/// What is asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct InvalidationRequest {
    /// What is wanted gone, each as it was typed.
    pub wanted: Vec<(String, InvalidationTarget)>,
    /// Take along what was made from it.
    pub cascade: bool,
    /// Let the server refresh what it can, instead of removing it.
    pub soft: bool,
    /// Keep for each key why it is removed.
    pub explain: bool,
}

impl InvalidationRequest {
    /// Whether something is named by a pattern, or everything is: what is asked about before it is removed.
    pub(crate) fn sweeps(&self) -> bool {
        self.wanted.iter().any(|(_, one)| {
            matches!(
                one,
                InvalidationTarget::Pattern(_) | InvalidationTarget::Everything
            )
        })
    }

    /// The tags among what is wanted, with their positions.
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

/// What is marked for one customer, so that no one brings back what is removed.
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

    /// Marks everything: a pattern, or something that has no mark of its own.
    pub(crate) fn everything(&mut self) {
        self.everything = true;
    }

    /// Marks what a key is about.
    pub(crate) fn key(&mut self, rest: &[u8]) {
        let entry = std::str::from_utf8(rest).ok().and_then(Scheme::parse_entry);
        match entry.as_ref().and_then(subject) {
            Some(KeySubject::Property(id)) => self.property(id.as_str()),
            Some(KeySubject::Host(name)) => self.host(name.as_str()),
            None => self.everything(),
        }
    }

    /// The members to add.
    pub(crate) fn members(&self) -> Vec<String> {
        let few = !self.everything && self.members.len() <= MARKS_MAX;
        if few {
            self.members.iter().cloned().collect()
        } else {
            vec!["*".into()]
        }
    }
}

/// Marks as they are read: when each member was last invalidated.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct InvalidationTimes(BTreeMap<String, u64>);

impl InvalidationTimes {
    /// Takes one in; the latest of a member counts.
    pub(crate) fn record(&mut self, member: &str, at: u64) {
        let last = self.0.entry(member.to_owned()).or_insert(at);
        *last = at.max(*last);
    }

    /// Whether an entry, or the property that its value names (`owner`), was invalidated after this time.
    pub(crate) fn after(&self, entry: &Entry, owner: Option<&str>, at: u64) -> bool {
        let later = |member: &str| self.0.get(member).is_some_and(|marked| *marked > at);
        later("*")
            || owner.is_some_and(later)
            || match subject(entry) {
                Some(KeySubject::Property(id)) => later(id.as_str()),
                Some(KeySubject::Host(name)) => later(&format!("host:{name}")),
                // It was made from many: any of them may have changed.
                None => self.0.values().any(|marked| *marked > at),
            }
    }
}

/// What a key is about, if it is about one thing.
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

/// How many keys of each resource match, and a few of them to show.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct MatchedSample(BTreeMap<String, (u64, Vec<String>)>);

impl MatchedSample {
    /// Counts a key, and takes it in if there is room for it.
    pub(crate) fn offer(&mut self, rest: &[u8], key: &[u8]) {
        let word = rest.split(|byte| *byte == b':').next().unwrap_or_default();
        // Words are few in a keyspace of ours; a poisoned one must not fill our memory.
        if self.0.len() >= 32 && !self.0.contains_key(&*String::from_utf8_lossy(word)) {
            return;
        }
        let word = String::from_utf8_lossy(word).into_owned();
        let (number, keys) = self.0.entry(word).or_default();
        *number += 1;
        let key = String::from_utf8_lossy(key);
        if keys.len() < SAMPLE && !keys.iter().any(|known| **known == *key) {
            keys.push(key.into_owned());
        }
    }

    /// Takes in another one's keys, as far as there is room.
    pub(crate) fn merge(&mut self, other: Self) {
        for (word, (more, keys)) in other.0 {
            let (number, own) = self.0.entry(word).or_default();
            *number += more;
            own.extend(keys);
            own.dedup();
            own.truncate(SAMPLE);
        }
    }

    /// The keys below the first word of their names, with their number.
    pub(crate) fn by_word(&self) -> impl Iterator<Item = (&str, u64, &[String])> {
        let words = self.0.iter();
        words.map(|(word, (number, keys))| (word.as_str(), *number, keys.as_slice()))
    }

    /// The keys, resource by resource.
    pub(crate) fn keys(&self) -> Vec<&str> {
        let keys = self.0.values().flat_map(|(_, keys)| keys);
        keys.map(String::as_str).collect()
    }
}

/// A key that is removed, or a field of a hash that itself stays, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Explained {
    /// The key, or for a field of a hash the hash.
    pub key: String,
    /// The field.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// What was typed, or the key that it is removed with.
    pub because: String,
    /// Position of the target.
    #[serde(skip)]
    pub target: usize,
}

/// What a walk has covered.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Coverage {
    /// Primaries at the end.
    pub primaries: usize,
    /// Primaries that were walked to the end. Where all keys that can be removed are known beforehand, each
    /// is asked for at its owner instead, and nothing more can be there.
    pub primaries_scanned: usize,
    /// Hash slots with an owner.
    pub slots: u32,
    /// Hash slots of the primaries that were walked.
    pub slots_scanned: u32,
    /// Whether a primary or a slot moved, or replicas that followed at the start lack what was written:
    /// no proof that all of it is done.
    pub topology_changed: bool,
}

/// What became of one target.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct ByTarget {
    /// Whose keys, where there are several customers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub customer: Option<String>,
    /// As it was typed.
    pub target: String,
    /// Keys that match because of it, counted once: for the first target that takes them.
    pub matched: u64,
    /// Keys that were removed because of it.
    pub removed: u64,
}

/// What an invalidation did, or would do.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct InvalidationOutcome {
    /// Keys that were found.
    pub matched: RemovalCounts,
    /// Keys that were removed.
    pub removed: RemovalCounts,
    /// Keys that the server will refresh.
    pub softened: RemovalCounts,
    /// Fields of the hash of host names that were found or removed, for each customer.
    pub fields_of: BTreeMap<Customer, u64>,
    /// Bytes of memory that the matched keys take.
    pub bytes: u64,
    /// Whether every key was measured, or only some.
    pub bytes_exact: bool,
    /// A few keys.
    pub sample: MatchedSample,
    /// Keys with their reasons, where that was asked for.
    pub explained: Vec<Explained>,
    /// What the walk has covered.
    pub coverage: Coverage,
    /// Why the keyspace could not be walked: only keys that can be named were looked for.
    pub unwalked: Option<String>,
    /// Properties whose keys were matched, or that serve a host name that was named.
    pub properties: BTreeMap<Customer, BTreeSet<String>>,
    /// What kinds of things were matched.
    pub resources: BTreeSet<Resource>,
    /// Replicas that have the removal.
    pub replicas_acked: Option<u64>,
    /// Under which name it can be undone.
    pub undo_id: Option<String>,
}

impl InvalidationOutcome {
    /// Fields of the hash of host names, whoever's.
    pub(crate) fn fields(&self) -> u64 {
        self.fields_of.values().sum()
    }

    /// Adds what a further plan found; what is done of it is counted as it is done.
    pub(crate) fn planned(&mut self, plan: Self) {
        let first = self.matched.total() == 0;
        self.matched.merge(&plan.matched);
        self.bytes += plan.bytes;
        self.bytes_exact = plan.bytes_exact && (first || self.bytes_exact);
        self.sample.merge(plan.sample);
        self.explained.extend(plan.explained);
        self.coverage = plan.coverage;
        self.unwalked = self.unwalked.take().or(plan.unwalked);
        for (customer, ids) in plan.properties {
            self.properties.entry(customer).or_default().extend(ids);
        }
        self.resources.extend(plan.resources);
    }

    /// Whether anything was changed.
    pub(crate) fn did_something(&self) -> bool {
        self.removed.total() + self.softened.total() + self.fields() > 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_name_what_is_removed_or_everything() {
        let mut marks = Marks::default();
        marks.property("prp_1");
        marks.host("a.b");
        marks.key(b"property:prp_2:hostnames");
        assert_eq!(marks.members(), ["host:a.b", "prp_1", "prp_2"]);
        marks.key(b"groups:all");
        assert_eq!(marks.members(), ["*"]);
        let mut many = Marks::default();
        (0..=MARKS_MAX).for_each(|number| many.property(&number.to_string()));
        assert_eq!(many.members(), ["*"]);
    }

    #[test]
    fn a_key_is_held_back_by_later_marks_of_its_own_subject() {
        let mut marked = InvalidationTimes::default();
        marked.record("prp_1", 10);
        marked.record("prp_1", 5);
        marked.record("host:a.b", 10);
        for (rest, expected) in [
            ("property:prp_1", true),
            ("property:prp_1:rules:v3", true),
            ("property:prp_12", false),
            ("hostname:a.b", true),
            ("hostname:www.a.b", false),
            ("properties:all", true),
        ] {
            let entry = Scheme::parse_entry(rest).unwrap();
            assert_eq!(marked.after(&entry, None, 9), expected, "{rest}");
            assert!(!marked.after(&entry, None, 10), "{rest}");
        }
        let host = Scheme::parse_entry("hostname:c.d").unwrap();
        assert!(marked.after(&host, Some("prp_1"), 9));
        assert!(!marked.after(&host, Some("prp_2"), 9));
        marked.record("*", 20);
        assert!(marked.after(&host, None, 19));
    }

    #[test]
    fn a_sample_shows_a_few_keys_of_each_resource_once() {
        let mut sample = MatchedSample::default();
        for number in [1, 2, 3, 4] {
            let rest = format!("property:prp_{number}");
            sample.offer(rest.as_bytes(), rest.as_bytes());
        }
        sample.offer(b"groups:all", b"groups:all");
        let expected = [
            "groups:all",
            "property:prp_1",
            "property:prp_2",
            "property:prp_3",
        ];
        assert_eq!(sample.keys(), expected);
        let numbers: Vec<_> = sample
            .by_word()
            .map(|(word, number, _)| (word, number))
            .collect();
        assert_eq!(numbers, [("groups", 1), ("property", 4)]);
    }
}
