//! Changes made by a run: each stored property is compared with the cached one, and values that embed a former
//! form are removed at the end of the run.

use super::ask::{Effect, Origins, PendingWrite};
use super::marks::mark_gone;
use super::place::{CacheView, items, text_at};
use super::same::same_value;
use super::values::field_value;
use crate::cache::Error;
use crate::cache::invalidate::{CacheChanges, Invalidation, RemovedStale};
use crate::cache::name_set::NameSet;
use crate::cache::values::property;
use crate::domain::invalidation::InvalidationRequest;
use crate::domain::invalidation::graph::RewrittenProperty;
use crate::domain::json::same_json;
use crate::domain::key::{Entry, Id};
use crate::domain::papi::{Property, VersionHostname};
use crate::domain::progress::NoProgress;
use crate::domain::ttl::Resource;
use crate::stop::Stop;
use crate::store::Write;
use std::collections::{BTreeMap, HashMap, HashSet};

/// Number of properties read at a time.
const NAMES: usize = 500;

/// The changes found so far in one run.
#[derive(Debug, Default)]
pub(crate) struct Changes {
    changed: CacheChanges,
    /// Host names of changed properties whose former host names are not cached. Only in a run for named
    /// properties: a run for the whole account finds lost host names in another way.
    hosts: Option<BTreeMap<Id, HashSet<String>>>,
    /// Changed properties in the form of a stored list.
    listed: BTreeMap<Id, String>,
    /// Properties whose own key was stored.
    items: NameSet,
    lists: NameSet,
    names: HashMap<Id, HashSet<String>>,
    /// Properties whose former version, name or place is embedded in keys of host names.
    embedded: HashSet<Id>,
    /// Named properties whose former form is unknown.
    unknown: HashSet<Id>,
    versions: HashSet<Id>,
    activations: HashSet<Id>,
}

impl Changes {
    /// Returns an empty set of changes, for a run for named properties or for the whole account.
    pub(crate) fn none(named: bool) -> Self {
        Self {
            hosts: named.then(BTreeMap::new),
            ..Self::default()
        }
    }

    /// Returns what these writes change in the cache.
    pub(crate) async fn of(place: &CacheView<'_>, puts: &[PendingWrite]) -> Result<Self, Error> {
        let mut changes = Self::default();
        let compared =
            |put: &&PendingWrite| is_compared(put) || matches!(put.about, Origins::Properties);
        let puts: Vec<&PendingWrite> = puts.iter().filter(compared).collect();
        let keys: Vec<String> = puts.iter().map(|put| put.write.key().to_owned()).collect();
        let former = place.values(&keys).await?;
        for (put, former) in puts.iter().zip(former) {
            changes.stored(put);
            match &put.write {
                // If no value is replaced, nothing is known to have changed.
                _ if former.is_none() => {}
                Write::Set { value, .. } if put.resource == Resource::Properties => {
                    changes.compared_list(former.as_deref(), value);
                }
                _ if is_compared(put) => changes.compared(&[put], vec![former], true),
                _ => {}
            }
        }
        Ok(changes)
    }

    /// Compares values about to be written with the cached ones; `listed` if a list of all properties was
    /// cached too.
    pub(crate) fn compared(
        &mut self,
        puts: &[&PendingWrite],
        former: Vec<Option<Vec<u8>>>,
        listed: bool,
    ) {
        for (put, former) in puts.iter().zip(former) {
            let (Origins::Property(id), Write::Set { value, .. }) = (&put.about, &put.write) else {
                continue;
            };
            let same = |former: &Vec<u8>| same_value(put.resource, former, value);
            if former.as_ref().is_some_and(same) {
                continue;
            }
            if put.resource == Resource::Details {
                if let (Some(former), Some(new)) = (&former, property(value)) {
                    self.embeds(property(former).as_ref(), &new);
                } else if former.is_none() && self.hosts.is_some() {
                    self.unknown.insert(id.clone());
                } else if former.is_none() && !listed {
                    // A first run stores all properties, so they need not be named.
                    self.changed.unknown = true;
                    continue;
                }
                let both = former.as_deref().into_iter().chain([value.as_slice()]);
                let names = both.filter_map(|json| text_at(json, &["propertyName"]));
                self.changed.add(id.clone(), names);
                continue;
            }
            if former.is_none() && self.changed.unknown {
                continue;
            }
            self.changed.add(id.clone(), None);
            if let (None, Some(hosts)) = (&former, &mut self.hosts) {
                let all = items(value, VersionHostname::parse).map(|hosts| {
                    let names = hosts.iter().map(|host| host.name.to_lowercase());
                    names.collect()
                });
                hosts.insert(id.clone(), all.unwrap_or_default());
            }
        }
    }

    /// Compares a list of properties with the cached one. Without a cached list nothing is known to have
    /// changed.
    pub(crate) fn compared_list(&mut self, former: Option<&[u8]>, new: &[u8]) {
        let read = |json: &[u8]| items(json, Property::parse);
        let (Some(former), Some(new)) = (former.and_then(read), read(new)) else {
            return;
        };
        let by_id = |all: Vec<Property>| -> HashMap<Id, Property> {
            let each = all
                .into_iter()
                .map(|property| (property.id.clone(), property));
            each.collect()
        };
        let (mut former, new) = (by_id(former), by_id(new));
        for (id, property) in &new {
            let before = former.remove(id);
            let same =
                |before: &Property| same_json(before.json.as_bytes(), property.json.as_bytes());
            if !before.as_ref().is_some_and(same) {
                self.listed(before.as_ref(), property);
            }
        }
        for lost in former.values() {
            self.differs(lost);
        }
    }

    /// Records that a property, or its place, has changed.
    pub(crate) fn differs(&mut self, property: &Property) {
        let name = property.name.clone();
        self.changed.add(property.id.clone(), [name]);
    }

    /// Records a property that a list holds in a new form.
    pub(crate) fn listed(&mut self, former: Option<&Property>, property: &Property) {
        for one in former.into_iter().chain([property]) {
            self.differs(one);
        }
        if former.is_some() {
            self.embeds(former, property);
        }
        self.listed
            .insert(property.id.clone(), property.json.clone());
    }

    /// Records that keys of host names embed another form of the property. An unreadable former form counts as
    /// another.
    pub(crate) fn embeds(&mut self, former: Option<&Property>, new: &Property) {
        let same = |former: &Property| field_value(former) == field_value(new);
        if !former.is_some_and(same) {
            self.embedded.insert(new.id.clone());
        }
    }

    pub(crate) fn gone(&mut self, id: &Id) {
        self.changed.gone.insert(id.clone());
    }

    pub(crate) fn stored(&mut self, put: &PendingWrite) {
        self.changed.rewritten.map |= put.resource == Resource::Map;
        self.changed.rewritten.tree |= put.resource == Resource::Tree;
        match (&put.about, put.resource) {
            (Origins::Property(id), Resource::Versions) => {
                self.versions.insert(id.clone());
            }
            (Origins::Property(id), Resource::Activations) => {
                self.activations.insert(id.clone());
            }
            _ if !matches!(put.write, Write::Set { .. }) => {}
            (Origins::Property(id), Resource::Details) => {
                self.items.insert(id.as_str());
            }
            (Origins::Property(id), Resource::Hostnames) => {
                self.lists.insert(id.as_str());
            }
            (Origins::Host(name, owner), _) if !self.lists.contains(owner.as_str()) => {
                let names = self.names.entry(owner.clone()).or_default();
                names.insert(name.to_string());
            }
            _ => {}
        }
    }

    /// Removes stale values. If the former host names of a named property are unknown, lost ones are searched
    /// among all cached host names.
    pub(crate) async fn remove_stale(
        mut self,
        place: &CacheView<'_>,
    ) -> Result<RemovedStale, Error> {
        let properties = &mut self.changed.properties;
        properties.retain(|id, _| !self.changed.gone.contains(id));
        if self.changed.is_empty() {
            return Ok(RemovedStale::default());
        }
        mark_gone(place, &self.changed.gone.iter().collect()).await?;
        self.name(place).await?;
        let old = self.old_items(place).await?;
        for id in self.changed.properties.keys() {
            let stored = self.lists.contains(id.as_str());
            // Cached host names that were not stored were made from the former version.
            let hosts = stored || !self.embedded.contains(id);
            // So were the lists of versions and activations.
            let listed = !self.embedded.contains(id) && !self.unknown.contains(id);
            let own = RewrittenProperty {
                item: !old.contains(id),
                versions: listed || self.versions.contains(id),
                activations: listed || self.activations.contains(id),
                hosts,
                names: if hosts {
                    let hosts = self.hosts.as_mut();
                    hosts.and_then(|hosts| hosts.remove(id)).filter(|_| stored)
                } else {
                    Some(self.names.remove(id).unwrap_or_default())
                },
            };
            self.changed.rewritten.add_property(id.as_str(), own);
        }
        let request = InvalidationRequest {
            cascade: true,
            ..InvalidationRequest::default()
        };
        let job = Invalidation {
            store: place.store,
            scheme: place.keys.scheme,
            customers: std::slice::from_ref(place.keys.customer),
            request: &request,
            progress: &NoProgress,
            // This finishes work that is already done.
            stop: &Stop::never(),
        };
        Box::pin(job.remove_stale(place.keys.customer, self.changed)).await
    }

    /// Returns the properties whose own key still has another form than the list.
    async fn old_items(&self, place: &CacheView<'_>) -> Result<HashSet<Id>, Error> {
        let listed = self.listed.iter();
        let listed: Vec<(&Id, &String)> = listed
            .filter(|(id, _)| !self.items.contains(id.as_str()))
            .collect();
        let mut old = HashSet::new();
        for some in listed.chunks(NAMES) {
            let own = |(id, _): (&Id, &String)| Entry::Property(id.clone());
            let values = place.values(&place.keys_of(some, own)).await?;
            let differ = some.iter().zip(values).filter(|((_, new), cached)| {
                let same = |cached: &Vec<u8>| same_json(cached, new.as_bytes());
                cached.as_ref().is_some_and(|cached| !same(cached))
            });
            old.extend(differ.map(|((id, _), _)| (*id).clone()));
        }
        Ok(old)
    }

    /// Adds the names of properties whose host names alone were stored.
    async fn name(&mut self, place: &CacheView<'_>) -> Result<(), Error> {
        let all = self.changed.properties.iter();
        let nameless = all.filter(|(_, names)| names.is_empty());
        let nameless: Vec<Id> = nameless.map(|(id, _)| id.clone()).collect();
        for some in nameless.chunks(NAMES) {
            let keys = place.keys_of(some, Entry::Property);
            for (id, json) in some.iter().zip(place.values(&keys).await?) {
                let name = json.and_then(|json| text_at(&json, &["propertyName"]));
                self.changed.add(id.clone(), name);
            }
        }
        Ok(())
    }
}

impl CacheView<'_> {
    /// Returns the items of the list of all properties by id; `None` if the list is missing or unreadable.
    pub(super) async fn listed(&self) -> Result<Option<HashMap<Id, String>>, Error> {
        let list = self.properties().await?;
        let each = |property: Property| (property.id, property.json);
        Ok(list.map(|list| list.into_iter().map(each).collect()))
    }
}

/// Returns true if a write stores a property or its host names, and so is compared.
pub(crate) fn is_compared(put: &PendingWrite) -> bool {
    put.effect == Effect::Stored
        && matches!(put.about, Origins::Property(_))
        && matches!(put.write, Write::Set { .. })
        && matches!(put.resource, Resource::Details | Resource::Hostnames)
}
