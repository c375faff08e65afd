//! Decides which keys of one customer are removed with the targets, and why.
//!
//! The server that shares the cache leaves some of these keys in place when it invalidates: `hostname:FQDN`,
//! `property:PRP:details`, the lists by parameter. Here they are removed with what they were made from. Judging one
//! key takes constant time, whatever the number of ids; only patterns are tried one by one.

use crate::domain::glob;
use crate::domain::invalidation::target::is_lock;
use crate::domain::key::{Entry, Fqdn, Id};
use std::collections::HashMap;
use std::time::Duration;

mod known;
mod matcher;
mod rewritten;
mod scope;
mod subjects;

pub(crate) use known::KnownEntities;
pub(crate) use matcher::Matcher;
pub(crate) use rewritten::{RewrittenKeys, RewrittenProperty};
pub(crate) use scope::{Scope, common};

/// Kind of thing that a key belongs to. Lists and maps are removed with any target of their kind that is cached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum EntityKind {
    Property,
    /// A host name.
    Host,
    Contract,
}

impl EntityKind {
    pub(crate) const ALL: [Self; 3] = [Self::Property, Self::Host, Self::Contract];
}

/// Why a key is removed: the target and, if the key was not named itself, the key that it is removed with (the part
/// after the customer).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Reason {
    /// Position of the target in the order given.
    pub target: usize,
    /// The key that it is removed with; `None` if it was named itself.
    pub with: Option<String>,
}

impl Reason {
    /// The reason of what was named itself.
    pub(crate) fn named(target: usize) -> Self {
        Self { target, with: None }
    }
}

/// What to do with one key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Decision {
    /// Keep the key.
    Keep,
    /// Remove the key. It also proves that the target is cached.
    Own(EntityKind, Reason),
    /// The key is shared by all things of these kinds: remove it if a target of one of them is cached, and otherwise
    /// for this reason, if a pattern matched it.
    Shared(Vec<EntityKind>, Option<Reason>),
    /// Remove the key: it was named itself, or matched.
    Named(Reason),
}

/// The targets of one customer, indexed to judge keys.
#[derive(Debug, Clone, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
pub(crate) struct Graph {
    cascade: bool,
    everything: Option<usize>,
    patterns: Vec<(usize, String)>,
    exact: HashMap<String, usize>,
    properties: HashMap<String, Reason>,
    hosts: HashMap<String, Reason>,
    contracts: HashMap<String, Reason>,
    /// Names of the targeted properties in lower case, with their ids.
    names: HashMap<String, Id>,
    /// A targeted property's name is not cached: details under any name may be its own.
    unnamed: bool,
    /// True if a targeted property's id is not cached.
    unknown_property: bool,
    /// What was stored in a changed form, if the properties are targets for that reason.
    rewritten: Option<RewrittenKeys>,
    /// True if a targeted property is gone or may have lost host names.
    loses_hosts: bool,
}

impl Graph {
    /// Creates a graph without targets. With `cascade` properties take their host names, searches and the tree with
    /// them, and host names their property.
    pub(crate) fn new(cascade: bool) -> Self {
        Self {
            cascade,
            ..Self::default()
        }
    }

    /// Adds a property.
    pub(crate) fn property(&mut self, id: &Id, why: Reason) {
        self.properties.entry(id.as_str().into()).or_insert(why);
    }

    /// Records the name of a targeted property, so that with cascade `property:NAME:details` is removed with it.
    pub(crate) fn property_name(&mut self, id: &Id, name: &str) {
        self.names.insert(name.trim().to_lowercase(), id.clone());
    }

    /// Records that no cached item has the name of this property. With cascade, details of properties that were
    /// requested by any name are then removed with it.
    pub(crate) fn unnamed_property(&mut self, id: &Id) {
        self.unnamed |= self.properties.contains_key(id.as_str());
    }

    /// Adds a property whose id is not cached: what all properties share is removed, and unless its name is known, details
    /// by any name.
    pub(crate) fn unknown_property(&mut self, is_named: bool) {
        self.unknown_property = true;
        self.unnamed |= !is_named;
    }

    /// Records that the properties are targets because they were stored in a changed form: they stay, and keys that
    /// embed their former form are removed. A targeted property that was not stored is gone. Call it after all targets
    /// are added.
    pub(crate) fn set_rewritten(&mut self, rewritten: RewrittenKeys) {
        // Computed once, because each host name checks it.
        self.loses_hosts = self.properties.keys().any(|id| rewritten.has_lost(id, ""));
        self.rewritten = Some(rewritten);
    }

    /// Adds a host name.
    pub(crate) fn host(&mut self, name: &Fqdn, why: Reason) {
        self.hosts.entry(name.as_str().into()).or_insert(why);
    }

    /// Adds a contract.
    pub(crate) fn contract(&mut self, id: &Id, target: usize) {
        self.contracts
            .entry(id.as_str().into())
            .or_insert(Reason::named(target));
    }

    /// Adds one key, by its part after the customer.
    pub(crate) fn key(&mut self, rest: &str, target: usize) {
        self.exact.entry(rest.into()).or_insert(target);
    }

    /// Adds a pattern, relative to the customer.
    pub(crate) fn pattern(&mut self, pattern: &str, target: usize) {
        self.patterns.push((target, pattern.into()));
    }

    /// Adds all data.
    pub(crate) fn everything(&mut self, target: usize) {
        self.everything = Some(target);
    }

    /// Returns the targeted properties, sorted by id.
    pub(crate) fn property_ids(&self) -> Vec<&str> {
        sorted(&self.properties)
    }

    /// Returns the host names that are targets or included by the cascade, sorted.
    pub(crate) fn host_names(&self) -> Vec<&str> {
        sorted(&self.hosts)
    }

    /// Returns why a host name is removed, if it is.
    pub(crate) fn why_host(&self, name: &str) -> Option<&Reason> {
        self.hosts.get(name)
    }

    /// Returns why a property is removed, if it is.
    pub(crate) fn why_property(&self, id: &str) -> Option<&Reason> {
        self.properties.get(id)
    }

    /// Returns why a contract is removed, if it is.
    pub(crate) fn why_contract(&self, id: &str) -> Option<&Reason> {
        self.contracts.get(id)
    }

    /// Returns true if a property is a target.
    pub(crate) fn has_properties(&self) -> bool {
        self.unknown_property || !self.properties.is_empty()
    }

    /// Returns true if there are targets of a kind.
    pub(crate) fn targets(&self, kind: EntityKind) -> bool {
        match kind {
            EntityKind::Property => self.has_properties(),
            EntityKind::Host => !self.hosts.is_empty(),
            EntityKind::Contract => !self.contracts.is_empty(),
        }
    }

    /// Returns true if host names matter: properties take theirs with them, or only they may show that one is cached.
    pub(crate) fn reads_hosts(&self, known: &KnownEntities) -> bool {
        self.takes_hosts() || self.has_properties() && known.lacks(EntityKind::Property)
    }

    /// Returns true if targeted properties take host names with them.
    pub(crate) fn takes_hosts(&self) -> bool {
        let any = match self.rewritten {
            Some(_) => self.loses_hosts,
            None => !self.properties.is_empty(),
        };
        self.cascade && any
    }

    /// Returns why a host name cached as this property's is removed with it, if it is.
    pub(crate) fn takes_host(&self, owner: &str, name: &str) -> Option<&Reason> {
        let stays = |rewritten: &RewrittenKeys| !rewritten.has_lost(owner, name);
        self.why_property(owner)
            .filter(|_| !self.rewritten.as_ref().is_some_and(stays))
    }

    /// Returns true if properties take their host names with them.
    pub(crate) fn cascades(&self) -> bool {
        self.cascade
    }

    /// Judges a key by its part after the customer.
    pub(crate) fn judge(&self, rest: &[u8]) -> Decision {
        if self
            .rewritten
            .as_ref()
            .is_some_and(|rewritten| rewritten.keeps(rest))
        {
            return Decision::Keep;
        }
        if let Some(target) = std::str::from_utf8(rest)
            .ok()
            .and_then(|rest| self.exact.get(rest))
        {
            let reason = Reason::named(*target);
            // A key about a targeted item shows that the item is cached.
            return match self.by_subject(rest) {
                Some(Decision::Own(kind, _)) => Decision::Own(kind, reason),
                _ => Decision::Named(reason),
            };
        }
        let by_subject = (!is_lock(rest)).then(|| self.by_subject(rest)).flatten();
        match by_subject {
            Some(Decision::Shared(kinds, _)) => Decision::Shared(kinds, self.by_pattern(rest)),
            Some(decision) => decision,
            None => self
                .by_pattern(rest)
                .map_or(Decision::Keep, Decision::Named),
        }
    }

    fn by_pattern(&self, rest: &[u8]) -> Option<Reason> {
        let matched = |(_, pattern): &&(usize, String)| {
            glob::matches(pattern.as_bytes(), rest) && may_match(pattern, rest)
        };
        let pattern = self.patterns.iter().find(matched);
        let everything = || self.everything.filter(|_| is_data(rest));
        let target = pattern.map(|(target, _)| *target).or_else(everything)?;
        Some(Reason::named(target))
    }
}

/// TTL of a key after a soft invalidation: the server serves the key once more and refreshes it by itself. `None`
/// if the server never refreshes the key, which must then be removed at once.
pub(crate) fn soft_limit(rest: &[u8]) -> Option<Duration> {
    let entry = crate::domain::key::Scheme::parse_entry(std::str::from_utf8(rest).ok()?)?;
    let seconds = match entry {
        // Host names are removed: the server would fetch those of the old version and keep them.
        Entry::Property(_) => 60,
        Entry::Contracts | Entry::Groups => 600,
        // The server does not refresh it either, but searches fail without it: it expires soon, and not at once.
        Entry::Properties => 30,
        _ => return None,
    };
    Some(Duration::from_secs(seconds))
}

fn sorted(named: &HashMap<String, Reason>) -> Vec<&str> {
    let mut texts: Vec<&str> = named.keys().map(String::as_str).collect();
    texts.sort_unstable();
    texts
}

/// First words of the bookkeeping that outlives the data: counters, the audit log, the number of the last run, and what
/// runs know of the account, such as its id and a block by the API.
const BOOKKEEPING: [&[u8]; 4] = [b"metrics", b"audit", b"generation", b"warm"];

/// First word of the marks.
const MARKS: &[u8] = b"invalidated";

/// Returns true for data: no bookkeeping, marks or locks.
pub(crate) fn is_data(rest: &[u8]) -> bool {
    let word = first_word(rest);
    !is_lock(rest) && word != MARKS && !BOOKKEEPING.contains(&word)
}

/// Returns true if a pattern may remove a key that it matches. Bookkeeping is removed only if the pattern spells its
/// first word out. Marks are never removed, because they keep old values away, nor are locks, which expire.
fn may_match(pattern: &str, rest: &[u8]) -> bool {
    let word = first_word(rest);
    if word == MARKS || is_lock(rest) {
        return false;
    }
    !BOOKKEEPING.contains(&word) || glob::literal_prefix(pattern.as_bytes()).starts_with(word)
}

fn first_word(rest: &[u8]) -> &[u8] {
    rest.split(|byte| *byte == b':').next().unwrap_or_default()
}

#[cfg(test)]
mod tests;
