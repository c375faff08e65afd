//! One customer's part of a survey.

use super::Invalidation;
use crate::cache::Error;
use crate::cache::values::{VERSIONS, hosts_of_list, owner_of, property, traits};
use crate::domain::invalidation::graph::{EntityKind, Graph, KnownEntities, Reason};
use crate::domain::invalidation::target::{Pattern, Tag, Target};
use crate::domain::invalidation::{InvalidationTarget, Marks};
use crate::domain::key::{Customer, Entry, Fqdn, Id, Scheme, TypedProperty};
use crate::store;
use serde_json::value::RawValue;
use std::collections::{BTreeSet, HashMap, HashSet};

/// Number of values read at a time.
pub(super) const VALUES: usize = 200;

/// What belongs to one customer.
#[derive(Default)]
pub(super) struct SurveyedPart {
    pub(super) known: KnownEntities,
    pub(super) marks: Marks,
    /// Fields of the hash of hostnames that belong to the named items, each with its reason.
    pub(super) fields: Vec<(String, Reason)>,
    /// Properties whose names only the hash of hostnames may contain.
    pub(super) unnamed: Vec<Id>,
    /// Properties that serve the removed hostnames, by the cache, and those invalidated before.
    pub(super) owners: BTreeSet<Id>,
    /// Named hostnames, and keys of details by name, whose property would be removed with them but is not cached.
    pub(super) unowned: BTreeSet<String>,
}

/// One customer's part while it is built.
pub(super) struct CustomerPlan<'a> {
    pub(super) job: &'a Invalidation<'a>,
    pub(super) customer: &'a Customer,
    pub(super) graph: Graph,
    pub(super) found: SurveyedPart,
    /// Hostnames that were named by their keys, with their targets.
    keys_of_hosts: Vec<(Fqdn, usize)>,
    /// Property names in keys of details whose property is removed with them, with their targets.
    pub(super) names_in_details: Vec<(TypedProperty, usize)>,
}

impl<'a> CustomerPlan<'a> {
    pub(super) fn new(job: &'a Invalidation<'a>, customer: &'a Customer) -> Self {
        // A tag always cascades, whatever else is named.
        let cascade = job.request.cascade || !job.request.tags().is_empty();
        Self {
            job,
            customer,
            graph: Graph::new(cascade),
            found: SurveyedPart::default(),
            keys_of_hosts: Vec::new(),
            names_in_details: Vec::new(),
        }
    }

    pub(super) fn key(&self, entry: &Entry) -> String {
        self.job.key(self.customer, entry)
    }

    /// Returns the properties named so far.
    pub(super) fn ids(&self) -> Vec<Id> {
        let ids = self.graph.property_ids().into_iter();
        ids.filter_map(|id| Id::new(id).ok()).collect()
    }

    /// Adds the named items.
    pub(super) fn name(&mut self) {
        for (at, (_, wanted)) in self.job.request.wanted.iter().enumerate() {
            let why = Reason::named(at);
            match wanted {
                InvalidationTarget::Target(Target::Property(id))
                | InvalidationTarget::Tag(Tag::Property(id)) => {
                    self.graph.property(id, why);
                }
                InvalidationTarget::Target(Target::Contract(id)) => {
                    self.graph.contract(id, at);
                    self.found.marks.everything();
                }
                InvalidationTarget::Target(Target::Host(name)) => {
                    // The API and the cache may have either form of the name.
                    if let Some(ascii) = name.in_ascii() {
                        self.graph.host(&ascii, why.clone());
                    }
                    self.graph.host(name, why);
                }
                InvalidationTarget::Target(Target::Key(customer, rest))
                    if customer.as_ref().is_none_or(|named| named == self.customer) =>
                {
                    self.name_key(rest, at);
                }
                InvalidationTarget::Pattern(Pattern::Of(customer, pattern))
                    if customer.as_ref().is_none_or(|named| named == self.customer) =>
                {
                    self.graph.pattern(pattern, at);
                    self.found.marks.everything();
                }
                InvalidationTarget::Everything => {
                    self.graph.everything(at);
                    self.found.marks.everything();
                }
                _ => {}
            }
        }
    }

    /// Adds one key. With cascade, the key also names its subject.
    pub(super) fn name_key(&mut self, rest: &str, at: usize) {
        self.graph.key(rest, at);
        self.found.marks.key(rest.as_bytes());
        let entry = Scheme::parse_entry(rest);
        if let Some(Entry::Hostname(name)) = &entry {
            self.keys_of_hosts.push((name.clone(), at));
        }
        if !self.job.request.cascade {
            return;
        }
        let why = Reason::named(at);
        match entry {
            Some(
                Entry::Property(id)
                | Entry::PropertyHostnames(id)
                | Entry::Rules(id, _)
                | Entry::Versions(id)
                | Entry::Activations(id),
            ) => self.graph.property(&id, why),
            Some(Entry::PropertyDetails(typed)) => {
                if let Some(id) = typed.id() {
                    self.graph.property(&id, why);
                } else {
                    self.found.unowned.insert(rest.to_owned());
                    self.names_in_details.push((typed, at));
                }
            }
            Some(Entry::Hostname(name)) => self.graph.host(&name, why),
            Some(Entry::Contract(id)) => self.graph.contract(&id, at),
            _ => {}
        }
    }

    /// Finds the properties that serve the named hostnames. With cascade, those properties are added.
    pub(super) async fn add_owners(&mut self) -> Result<(), Error> {
        for (name, id, target) in self.owners_of_hosts().await? {
            if self.job.request.cascade {
                let with = Entry::Hostname(name).to_string();
                // The host name shows that its property is known, even if nothing of it is cached.
                let known = &mut self.found.known;
                known.add(EntityKind::Property, target, with.clone());
                let with = Some(with);
                self.graph.property(&id, Reason { target, with });
            }
            self.found.owners.insert(id);
        }
        Ok(())
    }

    /// Returns the properties that serve the named hostnames: from the hostnames' keys and the hash, and with cascade
    /// also from the map and the properties' lists, if those know nothing of a name.
    async fn owners_of_hosts(&mut self) -> Result<Vec<(Fqdn, Id, usize)>, Error> {
        let in_words = self.graph.host_names().into_iter().filter_map(|name| {
            let target = self.graph.why_host(name)?.target;
            Some((Fqdn::new(name).ok()?, target))
        });
        let names: Vec<(Fqdn, usize)> =
            in_words.chain(self.keys_of_hosts.iter().cloned()).collect();
        if names.is_empty() {
            return Ok(Vec::new());
        }
        let key = |(name, _): &(Fqdn, usize)| self.key(&Entry::Hostname(name.clone()));
        let keys: Vec<String> = names.iter().map(key).collect();
        let texts: Vec<String> = names.iter().map(|(name, _)| name.to_string()).collect();
        let values = self.job.store.values(&keys).await?.into_iter();
        // A key and its field may name different properties: both are owners.
        let values = values.chain(self.field_values(&texts).await?);
        let mut owners = Vec::new();
        for ((name, target), value) in names.iter().cycle().zip(values) {
            let owner = value.as_deref().and_then(owner_of);
            owners.extend(owner.map(|owner| (name.clone(), owner, *target)));
        }
        if self.job.request.cascade {
            let mut unowned: HashMap<Fqdn, usize> = names.into_iter().collect();
            retain_unowned(&mut unowned, &owners);
            if !unowned.is_empty() {
                self.owners_in_lists(&mut unowned, &mut owners).await?;
            }
            self.found
                .unowned
                .extend(unowned.into_keys().map(|name| one_form(&name).to_string()));
        }
        Ok(owners)
    }

    /// Looks the names up in the map and in every property's list, and moves them to the owners.
    async fn owners_in_lists(
        &self,
        unowned: &mut HashMap<Fqdn, usize>,
        owners: &mut Vec<(Fqdn, Id, usize)>,
    ) -> Result<(), Error> {
        let store = self.job.store;
        let map = store.values(&[self.key(&Entry::HostnameMap)]).await?;
        for json in map.into_iter().flatten() {
            let map: HashMap<&str, &RawValue> = serde_json::from_slice(&json).unwrap_or_default();
            let owner = |name: &Fqdn| owner_of(map.get(name.as_str())?.get().as_bytes());
            let found = unowned.iter();
            let found = found.filter_map(|(name, at)| Some((name.clone(), owner(name)?, *at)));
            owners.extend(found);
        }
        let pattern = self
            .job
            .scheme
            .pattern(self.customer, "property:*:hostnames");
        let mut pages = match store.scan(pattern.as_bytes()).await {
            Err(store::Error::NoScan(_)) => return Ok(()),
            pages => pages?,
        };
        while let Some(page) = pages.next().await {
            let keys = page?
                .into_iter()
                .filter_map(|key| String::from_utf8(key).ok());
            let keys: Vec<String> = keys.collect();
            for (key, value) in keys.iter().zip(store.values(&keys).await?) {
                let entry = self.job.scheme.split(key.as_bytes());
                let entry = entry.and_then(|(_, rest)| std::str::from_utf8(rest).ok());
                let entry = entry.and_then(Scheme::parse_entry);
                let (Some(Entry::PropertyHostnames(id)), Some(json)) = (entry, value) else {
                    continue;
                };
                for host in hosts_of_list(&json) {
                    if let Some(at) = unowned.get(&host) {
                        owners.push((host, id.clone(), *at));
                    }
                }
            }
        }
        retain_unowned(unowned, owners);
        Ok(())
    }

    /// With cascade, adds the hostnames in the properties' lists.
    pub(super) async fn hosts(&mut self) -> Result<(), Error> {
        let ids = self.ids();
        if ids.is_empty() || !self.graph.cascades() {
            return Ok(());
        }
        for ids in ids.chunks(VALUES) {
            let entries: Vec<Entry> = ids
                .iter()
                .map(|id| Entry::PropertyHostnames(id.clone()))
                .collect();
            let keys: Vec<String> = entries.iter().map(|entry| self.key(entry)).collect();
            let values = self.job.store.values(&keys).await?;
            for ((id, entry), value) in ids.iter().zip(&entries).zip(values) {
                let Some(json) = value else { continue };
                let why = self.graph.why_property(id.as_str());
                let target = why.map_or(0, |why| why.target);
                for name in hosts_of_list(&json) {
                    let with = Some(entry.to_string());
                    self.graph.host(&name, Reason { target, with });
                }
            }
        }
        Ok(())
    }

    /// Adds the versions whose rules may be cached: those in the list of versions and in the property's item. Either shows
    /// that the property is known.
    pub(super) async fn rules(
        &mut self,
        rules: &mut Vec<(Customer, Id, u32)>,
    ) -> Result<(), Error> {
        let ids = self.ids();
        for ids in ids.chunks(VALUES) {
            let of = |entry: fn(Id) -> Entry| -> Vec<String> {
                ids.iter().map(|id| self.key(&entry(id.clone()))).collect()
            };
            let items = self.job.store.values(&of(Entry::Property)).await?;
            let lists = self.job.store.heads(&of(Entry::Versions), VERSIONS).await;
            for ((id, item), list) in ids.iter().zip(items).zip(lists) {
                let versions = item.as_deref().and_then(property);
                let versions = versions.map(|item| [item.latest, item.staging, item.production]);
                let list = list?;
                if item.is_some() || !list.is_empty() {
                    let target = self.graph.why_property(id).map_or(0, |why| why.target);
                    let property = Entry::Property(id.clone()).to_string();
                    self.found.known.add(EntityKind::Property, target, property);
                }
                let listed = list.iter().filter_map(|version| version_of(version));
                let named = versions.into_iter().flatten().flatten();
                let versions: BTreeSet<u32> = named.chain(listed).collect();
                rules.extend(
                    versions
                        .into_iter()
                        .map(|version| (self.customer.clone(), id.clone(), version)),
                );
            }
        }
        Ok(())
    }

    /// Returns the fields of the hash to remove. An existing field shows that its hostname is known. They are removed
    /// before the hash is walked, so the names of properties in them are added here.
    pub(super) async fn fields(&mut self) -> Result<Vec<(String, Reason)>, Error> {
        let names: Vec<String> = self
            .graph
            .host_names()
            .into_iter()
            .map(ToOwned::to_owned)
            .collect();
        let values = self.field_values(&names).await?;
        let mut fields = Vec::new();
        let mut resolved = BTreeSet::new();
        for (name, value) in names.into_iter().zip(values) {
            if let Some(value) = value
                && let Some(why) = self.graph.why_host(&name).cloned()
            {
                let found = traits(&value).filter(|of| !of.name.is_empty());
                if let Some(of) = found {
                    if self.graph.why_property(of.id.as_str()).is_some() {
                        self.graph.property_name(&of.id, &of.name);
                        resolved.insert(of.id);
                    } else {
                        self.found.owners.insert(of.id);
                    }
                }
                self.found
                    .known
                    .add(EntityKind::Host, why.target, Entry::Hostnames.to_string());
                fields.push((name, why));
            }
        }
        self.found.unnamed.retain(|id| !resolved.contains(id));
        Ok(fields)
    }

    async fn field_values(&self, names: &[String]) -> Result<Vec<Option<Vec<u8>>>, Error> {
        let hash = self.key(&Entry::Hostnames);
        Ok(self.job.store.field_values(&hash, names).await?)
    }

    pub(super) fn mark(&mut self) {
        self.graph
            .property_ids()
            .into_iter()
            .for_each(|id| self.found.marks.property(id));
        self.graph
            .host_names()
            .into_iter()
            .for_each(|name| self.found.marks.host(name));
    }
}

/// Drops the names whose owner was found, in whichever form of the name.
fn retain_unowned(names: &mut HashMap<Fqdn, usize>, owners: &[(Fqdn, Id, usize)]) {
    let owned: HashSet<Fqdn> = owners.iter().map(|(name, ..)| one_form(name)).collect();
    names.retain(|name, _| !owned.contains(&one_form(name)));
}

/// Returns the form of a host name that is the same for both.
fn one_form(name: &Fqdn) -> Fqdn {
    name.in_ascii().unwrap_or_else(|| name.clone())
}

/// Parses the number in `v12`.
fn version_of(text: &[u8]) -> Option<u32> {
    std::str::from_utf8(text)
        .ok()?
        .strip_prefix('v')?
        .parse()
        .ok()
}
