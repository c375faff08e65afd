//! Which keys of one customer are removed with what was named, and why.
//!
//! The server that shares the cache forgets some of them when it invalidates: `hostname:FQDN`,
//! `property:PRP:details`, the lists by parameter. Here they are removed with what they were made from. One
//! key is judged in constant time, whatever the number of ids; only patterns are tried one by one.

use crate::domain::glob;
use crate::domain::invalidation::target::is_lock;
use crate::domain::key::{Entry, Fqdn, Id, Typed};
use std::collections::HashMap;
use std::time::Duration;

mod anew;
mod matcher;
mod scope;

pub(crate) use anew::{Anew, Own};
pub(crate) use matcher::Matcher;
pub(crate) use scope::{Scope, common};

/// What a key belongs to. Lists and maps are removed with any one of their kind that is in the cache.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum EntityKind {
    Property,
    /// A host name.
    Host,
    Contract,
}

/// Why something is removed: what was asked for, and the key that draws it along where it was not named
/// itself (the part after the customer).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Reason {
    /// Position of the target in the order in which they were given.
    pub target: usize,
    /// The key that it is removed with; `None` where it was named itself.
    pub with: Option<String>,
}

/// What becomes of one key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Decision {
    /// It stays.
    Keep,
    /// It is removed, and shows that the cache knows what was named.
    Own(EntityKind, Reason),
    /// It is shared by all of a kind: it is removed if one of those named is in the cache at all.
    Shared(&'static [EntityKind]),
    /// It is removed because it was named itself or matched.
    Named(Reason),
}

/// What was found in the cache of those that were named, by kind: the first target with its key.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct KnownEntities {
    found: HashMap<EntityKind, (usize, String)>,
}

impl KnownEntities {
    /// Enters one that was found; the first target of a kind is kept.
    pub(crate) fn add(&mut self, kind: EntityKind, target: usize, key: String) {
        match self.found.get(&kind) {
            Some((earlier, _)) if *earlier <= target => {}
            _ => {
                self.found.insert(kind, (target, key));
            }
        }
    }

    /// Takes in what else was found.
    pub(crate) fn merge(&mut self, other: &Self) {
        for (kind, (target, key)) in &other.found {
            self.add(*kind, *target, key.clone());
        }
    }

    /// Why a key shared by these kinds is removed, if it is.
    pub(crate) fn why(&self, kinds: &[EntityKind]) -> Option<Reason> {
        let (target, key) = kinds.iter().filter_map(|kind| self.found.get(kind)).min()?;
        Some(Reason {
            target: *target,
            with: Some(key.clone()),
        })
    }
}

/// What was named for one customer, ready to judge keys.
#[derive(Debug, Clone, Default)]
pub(crate) struct Graph {
    cascade: bool,
    everything: Option<usize>,
    patterns: Vec<(usize, String)>,
    exact: HashMap<String, usize>,
    properties: HashMap<String, Reason>,
    hosts: HashMap<String, Reason>,
    contracts: HashMap<String, Reason>,
    /// Names of the properties, in lower case, with their ids.
    names: HashMap<String, Id>,
    /// A property whose name no cached item says.
    nameless: Option<Id>,
    /// What was stored anew, where that is why properties are named.
    anew: Option<Anew>,
    /// One of them is gone, or may have lost host names.
    loses_hosts: bool,
}

impl Graph {
    /// Nothing named yet. With `cascade` properties take their host names, searches and the tree with
    /// them, and host names their property.
    pub(crate) fn new(cascade: bool) -> Self {
        Self {
            cascade,
            ..Self::default()
        }
    }

    /// Names a property.
    pub(crate) fn property(&mut self, id: &Id, why: Reason) {
        self.properties.entry(id.as_str().into()).or_insert(why);
    }

    /// Says what a property that was named is called, so that with cascade `property:NAME:details` is
    /// removed with it.
    pub(crate) fn property_name(&mut self, id: &Id, name: &str) {
        self.names.insert(name.trim().to_lowercase(), id.clone());
    }

    /// Says that no cached item tells what this property is called: with cascade, the details of
    /// properties that were asked for by any name are removed with it.
    pub(crate) fn nameless(&mut self, id: &Id) {
        self.nameless.get_or_insert_with(|| id.clone());
    }

    /// Says that properties are named because they were stored anew: they stay, and take what embeds
    /// their former form. One that is named and was not stored is gone. To be said when all are named.
    pub(crate) fn stored_anew(&mut self, anew: Anew) {
        // Asked of each host name: not to be found out each time.
        self.loses_hosts = self.properties.keys().any(|id| anew.has_lost(id, ""));
        self.anew = Some(anew);
    }

    /// Names a host name.
    pub(crate) fn host(&mut self, name: &Fqdn, why: Reason) {
        self.hosts.entry(name.as_str().into()).or_insert(why);
    }

    /// Names a contract.
    pub(crate) fn contract(&mut self, id: &Id, target: usize) {
        self.contracts
            .entry(id.as_str().into())
            .or_insert(Reason { target, with: None });
    }

    /// Names one key, by the part after the customer.
    pub(crate) fn key(&mut self, rest: &str, target: usize) {
        self.exact.entry(rest.into()).or_insert(target);
    }

    /// Names a pattern, relative to the customer.
    pub(crate) fn pattern(&mut self, pattern: &str, target: usize) {
        self.patterns.push((target, pattern.into()));
    }

    /// Names all data.
    pub(crate) fn everything(&mut self, target: usize) {
        self.everything = Some(target);
    }

    /// The properties named, in order of their ids.
    pub(crate) fn property_ids(&self) -> Vec<&str> {
        sorted(&self.properties)
    }

    /// The host names named or included by the cascade, in order.
    pub(crate) fn host_names(&self) -> Vec<&str> {
        sorted(&self.hosts)
    }

    /// Why a host name is removed, where it is.
    pub(crate) fn why_host(&self, name: &str) -> Option<&Reason> {
        self.hosts.get(name)
    }

    /// Why a property is removed, where it is.
    pub(crate) fn why_property(&self, id: &str) -> Option<&Reason> {
        self.properties.get(id)
    }

    /// Why a contract is removed, where it is.
    pub(crate) fn why_contract(&self, id: &str) -> Option<&Reason> {
        self.contracts.get(id)
    }

    /// Whether properties are named that take host names with them.
    pub(crate) fn takes_hosts(&self) -> bool {
        let any = match self.anew {
            Some(_) => self.loses_hosts,
            None => !self.properties.is_empty(),
        };
        self.cascade && any
    }

    /// Why a host name that is cached as this property's is removed with it, if it is.
    pub(crate) fn takes_host(&self, owner: &str, name: &str) -> Option<&Reason> {
        let stays = |anew: &Anew| !anew.has_lost(owner, name);
        self.why_property(owner)
            .filter(|_| !self.anew.as_ref().is_some_and(stays))
    }

    /// Whether properties draw their host names along.
    pub(crate) fn cascades(&self) -> bool {
        self.cascade
    }

    /// Judges a key by the part after its customer.
    pub(crate) fn judge(&self, rest: &[u8]) -> Decision {
        if self.anew.as_ref().is_some_and(|anew| anew.keeps(rest)) {
            return Decision::Keep;
        }
        if let Some(target) = std::str::from_utf8(rest)
            .ok()
            .and_then(|rest| self.exact.get(rest))
        {
            return Decision::Named(Reason {
                target: *target,
                with: None,
            });
        }
        if !is_lock(rest)
            && let Some(decision) = self.by_subject(rest)
        {
            return decision;
        }
        let matched = |(_, pattern): &&(usize, String)| {
            glob::matches(pattern.as_bytes(), rest) && may_match(pattern, rest)
        };
        let by_pattern = self
            .patterns
            .iter()
            .find(matched)
            .map(|(target, _)| *target);
        let everything = self.everything.filter(|_| is_data(rest));
        match by_pattern.or(everything) {
            Some(target) => Decision::Named(Reason { target, with: None }),
            None => Decision::Keep,
        }
    }

    fn by_subject(&self, rest: &[u8]) -> Option<Decision> {
        if let Some(Entry::PropertyDetails(typed)) = std::str::from_utf8(rest)
            .ok()
            .and_then(crate::domain::key::Scheme::parse_entry)
            && let Some(decision) = self.details(&typed)
        {
            return Some(decision);
        }
        let mut words = rest.splitn(3, |byte| *byte == b':');
        let (first, second, below) = (words.next()?, words.next(), words.next());
        let properties = !self.properties.is_empty();
        let cascade = self.cascade && properties;
        match (first, second) {
            (b"property", Some(id)) => {
                let (id, why) = named(&self.properties, id)?;
                let why = match below {
                    None => why.clone(),
                    Some(_) => along(why, &["property:", id]),
                };
                Some(Decision::Own(EntityKind::Property, why))
            }
            (b"properties", Some(b"tree")) if below.is_none() => {
                let contracts = self.cascade && !self.contracts.is_empty();
                shared(&[
                    (EntityKind::Property, cascade),
                    (EntityKind::Contract, contracts),
                ])
            }
            (b"properties", Some(contract)) => {
                let by_contract = named(&self.contracts, contract).filter(|_| self.cascade);
                if let Some((id, why)) = by_contract {
                    return Some(Decision::Own(
                        EntityKind::Contract,
                        along(why, &["contract:", id]),
                    ));
                }
                shared(&[(EntityKind::Property, properties)])
            }
            (b"hostname", Some(b"map")) if below.is_none() => shared(&[
                (EntityKind::Property, properties),
                (EntityKind::Host, !self.hosts.is_empty()),
            ]),
            (b"hostname", Some(name)) if below.is_none() => Some(Decision::Own(
                EntityKind::Host,
                named(&self.hosts, name)?.1.clone(),
            )),
            (b"search", Some(_)) | (b"searches", None) => {
                shared(&[(EntityKind::Property, cascade)])
            }
            (b"contract", Some(id)) if below.is_none() => Some(Decision::Own(
                EntityKind::Contract,
                named(&self.contracts, id)?.1.clone(),
            )),
            (b"contracts", Some(_)) | (b"account", Some(b"contracts")) => {
                shared(&[(EntityKind::Contract, !self.contracts.is_empty())])
            }
            (b"absent", Some(what)) => self.absent(what, below?, cascade),
            _ => None,
        }
    }

    /// The details of a property, which the server keeps under whatever its client typed. The id itself
    /// is below the property; its bare number and its name take the cascade.
    fn details(&self, typed: &Typed) -> Option<Decision> {
        let by = |id: &Id| {
            let why = self.properties.get(id.as_str())?;
            let why = along(why, &["property:", id.as_str()]);
            Some(Decision::Own(EntityKind::Property, why))
        };
        let id = typed.id();
        let below = id.as_ref().filter(|id| id.as_str() == typed.as_str());
        if let Some(decision) = below.and_then(by) {
            return Some(decision);
        }
        if !self.cascade {
            return None;
        }
        let named = || by(self.names.get(&typed.name())?);
        if let Some(decision) = id.as_ref().and_then(by).or_else(named) {
            return Some(decision);
        }
        let nameless = self.nameless.as_ref().filter(|_| id.is_none())?;
        let why = self.properties.get(nameless.as_str())?;
        let because = [
            "property:",
            nameless.as_str(),
            ", whose name is not cached: details by any name may be its own",
        ];
        Some(Decision::Named(along(why, &because)))
    }

    /// That something does not exist is a claim about it like any other. With cascade a property takes
    /// the claims that nothing was found: it may have been given what was looked for.
    fn absent(&self, what: &[u8], id: &[u8], cascade: bool) -> Option<Decision> {
        let id = std::str::from_utf8(id)
            .ok()
            .filter(|id| !id.contains(':'))?;
        let of_rules = id.rsplit_once("-v").map_or("", |(id, _)| id);
        let id = id.as_bytes();
        let own = match what {
            b"hostname" => named(&self.hosts, id),
            b"contract" => named(&self.contracts, id),
            b"rules" => named(&self.properties, of_rules.as_bytes()),
            b"search" => None,
            _ => named(&self.properties, id),
        };
        match (own, what) {
            (Some((_, why)), _) => Some(Decision::Named(why.clone())),
            (None, b"hostname" | b"search") => shared(&[(EntityKind::Property, cascade)]),
            _ => None,
        }
    }
}

/// How long a key lives after a soft invalidation, so that the server serves it once more and
/// refreshes it by itself. `None`: the server never refreshes it, so that it has to go at once.
pub(crate) fn soft_limit(rest: &[u8]) -> Option<Duration> {
    let entry = crate::domain::key::Scheme::parse_entry(std::str::from_utf8(rest).ok()?)?;
    let seconds = match entry {
        // Host names are removed: the server would fetch those of the old version and keep them.
        Entry::Property(_) => 60,
        Entry::Contracts | Entry::Groups => 600,
        // Not refreshed either, but searches fail without it: short enough, and not at once.
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

fn named<'a>(all: &'a HashMap<String, Reason>, text: &[u8]) -> Option<(&'a str, &'a Reason)> {
    let (text, why) = all.get_key_value(std::str::from_utf8(text).ok()?)?;
    Some((text, why))
}

fn along(why: &Reason, with: &[&str]) -> Reason {
    Reason {
        target: why.target,
        with: Some(with.concat()),
    }
}

/// The kinds that share a key, of those that are named at all.
fn shared(kinds: &[(EntityKind, bool)]) -> Option<Decision> {
    let named: Vec<EntityKind> = kinds
        .iter()
        .filter(|(_, named)| *named)
        .map(|(kind, _)| *kind)
        .collect();
    let kinds: &'static [EntityKind] = match named.as_slice() {
        [] => return None,
        [EntityKind::Property] => &[EntityKind::Property],
        [EntityKind::Host] => &[EntityKind::Host],
        [EntityKind::Contract] => &[EntityKind::Contract],
        [_, EntityKind::Host] => &[EntityKind::Property, EntityKind::Host],
        _ => &[EntityKind::Property, EntityKind::Contract],
    };
    Some(Decision::Shared(kinds))
}

/// Whether it is data, and not counters, marks, audit, the number of the last run or a lock.
pub(crate) fn is_data(rest: &[u8]) -> bool {
    let word = rest.split(|byte| *byte == b':').next().unwrap_or_default();
    !is_lock(rest) && !matches!(word, b"metrics" | b"invalidated" | b"audit" | b"generation")
}

/// Whether a pattern that matches may also take: bookkeeping is removed only where the pattern spells its
/// first word out (a lock: its last one), and marks never, since they are what keeps old values away.
fn may_match(pattern: &str, rest: &[u8]) -> bool {
    let word = rest.split(|byte| *byte == b':').next().unwrap_or_default();
    if word == b"invalidated" || (is_lock(rest) && !pattern.ends_with(":lock")) {
        return false;
    }
    let bookkeeping = matches!(word, b"metrics" | b"audit" | b"generation" | b"warm");
    !bookkeeping || glob::literal_prefix(pattern.as_bytes()).starts_with(word)
}

#[cfg(test)]
mod tests;
