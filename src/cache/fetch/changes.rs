//! Changes made by a run: each stored property is compared with the cached one, and values that embed a former
//! form are removed at the end of the run.

mod stale;

use super::ask::{Effect, Origins, PendingWrite};
use super::baseline::{Digest, digest};
use super::forms::FormDigests;
use super::same::same_value;
use super::values::field_value;
use super::view::{CacheView, items, text_at};
use crate::cache::Error;
use crate::cache::invalidate::CacheChanges;
use crate::cache::name_set::NameSet;
use crate::cache::values::property;
use crate::domain::json::same_json;
use crate::domain::key::{Fqdn, Id};
use crate::domain::papi::{Property, VersionHostname};
use crate::domain::ttl::Resource;
use crate::store::Write;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::rc::Rc;

/// What finds the changes.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Finder {
    /// A read. If nothing is known of a former form, it takes the property for unchanged: a walk over the keyspace
    /// for each first read would cost too much.
    #[default]
    Read,
    Named,
    Account,
}

/// The changes found so far in one run.
#[derive(Debug, Default)]
pub(crate) struct Changes {
    finder: Finder,
    pub(super) changed: CacheChanges,
    /// Host names of changed properties whose former host names are not cached, so that lost ones have to be
    /// searched. A run that writes all host names of the account finds them in another way.
    hosts: Option<BTreeMap<Id, HashSet<String>>>,
    /// In a run of the account, host names that the new list of their property lacks.
    pub(super) lost_hosts: Vec<(Fqdn, Id)>,
    /// Changed properties in their newest form, JSON. Their own keys may have another.
    newest: BTreeMap<Id, String>,
    /// Properties of which keys of host names may embed another version, name or group.
    pub(super) embedded: HashSet<Id>,
    /// Parts of properties that were stored.
    stored: NameSet,
    /// Host names that were stored, by property, unless its list was.
    stored_names: HashMap<Id, HashSet<String>>,
    /// Forms to remember once nothing embeds another.
    forms: HashMap<Id, Digest>,
    /// The run has made or found the hash of host names whole.
    pub(super) hash_whole: bool,
}

impl Changes {
    /// Returns an empty set of changes, for a run for named properties or for the whole account.
    pub(crate) fn none(named: bool) -> Self {
        Self {
            finder: if named {
                Finder::Named
            } else {
                Finder::Account
            },
            hosts: named.then(BTreeMap::new),
            ..Self::default()
        }
    }

    /// Returns what these writes change in the cache.
    pub(crate) async fn of(cache: &CacheView<'_>, puts: &[PendingWrite]) -> Result<Self, Error> {
        let mut changes = Self::default();
        let is_list = |put: &PendingWrite| put.resource == Resource::Properties;
        let compared: Vec<&PendingWrite> = puts.iter().filter(|put| is_compared(put)).collect();
        let list = puts.iter().find_map(|put| match &put.write {
            Write::Set { value, .. } if is_list(put) => Some(value),
            _ => None,
        });
        for put in puts {
            changes.stored(put);
        }
        if compared.is_empty() && list.is_none() {
            return Ok(changes);
        }
        let digests = if list.is_some() {
            FormDigests::read(cache).await?
        } else {
            let ids = compared.iter().filter_map(|put| match &put.about {
                Origins::Property(id) if put.resource == Resource::Details => Some(id.clone()),
                _ => None,
            });
            FormDigests::of_some(cache, &ids.collect::<Vec<Id>>()).await?
        };
        let keys: Vec<String> = compared
            .iter()
            .map(|put| put.write.key().to_owned())
            .collect();
        let former = cache.values(&keys).await?;
        changes.compared(&compared, former, &digests, false);
        if let Some(new) = list.and_then(|list| items(list, Property::parse)) {
            changes.compare_list(&new, cache, &digests).await?;
        }
        Ok(changes)
    }

    /// Compares values about to be written with the cached ones; `listed` if a list of all properties was
    /// cached too.
    pub(crate) fn compared(
        &mut self,
        puts: &[&PendingWrite],
        former: Vec<Option<Vec<u8>>>,
        digests: &FormDigests,
        listed: bool,
    ) {
        for (put, former) in puts.iter().zip(former) {
            let (Origins::Property(id), Write::Set { value, .. }) = (&put.about, &put.write) else {
                continue;
            };
            if put.resource == Resource::Details {
                self.property(id, value, former.as_deref().as_slice(), digests, listed);
            } else {
                self.host_names(id, former.as_deref(), value);
            }
        }
    }

    /// Compares a property with what is known of its former form: what is cached of it, by itself and in the list,
    /// and the digest of the form that the cache agrees with. Without either, `listed` tells whether a list of all
    /// properties lacks it, so that it is new. Returns true if it has changed.
    fn property(
        &mut self,
        id: &Id,
        json: &[u8],
        cached: &[&[u8]],
        digests: &FormDigests,
        listed: bool,
    ) -> bool {
        let (now, known) = (digest(json), digests.of(id));
        let remembers = self.finder != Finder::Read || known.is_some();
        if known != Some(now) && remembers {
            self.forms.insert(id.clone(), now);
        }
        let others = cached.iter().filter(|cached| !same_json(cached, json));
        let others: Vec<&[u8]> = others.copied().collect();
        // The cache agrees with a third form, or with one that is not cached any more.
        let unseen = |known| known != now && cached.iter().all(|cached| digest(cached) != known);
        let unseen = known.is_some_and(unseen);
        if cached.is_empty() && known.is_none() {
            let is_new = listed || self.finder != Finder::Read && !digests.is_empty();
            match self.finder {
                Finder::Read if !is_new => return false,
                Finder::Account if !is_new => {
                    // A first run stores all properties, so they need not be named.
                    self.changed.unknown = true;
                    self.embedded.insert(id.clone());
                    return true;
                }
                _ => self.embedded.insert(id.clone()),
            };
        } else if unseen {
            self.embedded.insert(id.clone());
            self.changed.renamed.insert(id.clone());
        } else if !others.is_empty() {
            if let Some(new) = property(json) {
                for other in &others {
                    self.embeds(property(other).as_ref(), &new);
                }
            }
        } else {
            return false;
        }
        let all = others.into_iter().chain([json]);
        let names = all.filter_map(|json| text_at(json, &["propertyName"]));
        self.changed.add(id.clone(), names);
        true
    }

    /// Compares a property that the run takes as the newest form, and may not store by itself, with what is cached
    /// of it.
    pub(super) fn newest(
        &mut self,
        new: &Property,
        cached: &[&[u8]],
        digests: &FormDigests,
        listed: bool,
    ) {
        if self.property(&new.id, new.json.as_bytes(), cached, digests, listed) {
            self.newest.insert(new.id.clone(), new.json.clone());
        }
    }

    fn host_names(&mut self, id: &Id, former: Option<&[u8]>, new: &[u8]) {
        let same = |former| same_value(Resource::Hostnames, former, new);
        if former.is_some_and(same) {
            return;
        }
        let names = |list| {
            let hosts = items(list, VersionHostname::parse)?;
            let names = hosts.iter().map(|host| host.name.to_lowercase());
            Some(names.collect::<HashSet<String>>())
        };
        if self.finder == Finder::Account
            && let (Some(former), Some(new)) = (former.and_then(names), names(new))
        {
            let lost = former
                .difference(&new)
                .filter_map(|name| Fqdn::new(name).ok());
            self.lost_hosts.extend(lost.map(|name| (name, id.clone())));
        }
        if let (None, Some(hosts)) = (former, &mut self.hosts) {
            hosts.insert(id.clone(), names(new).unwrap_or_default());
        } else if former.is_none() && (self.changed.unknown || self.finder == Finder::Read) {
            return;
        }
        self.changed.add(id.clone(), None);
    }

    /// Compares a list of properties with the cached one, and those that it lacks with their own keys.
    async fn compare_list(
        &mut self,
        new: &[Property],
        cache: &CacheView<'_>,
        digests: &FormDigests,
    ) -> Result<(), Error> {
        let listed = cache.properties_by_id().await?;
        let is_listed = listed.is_some();
        let mut listed = listed.unwrap_or_default();
        let ids = new.iter().map(|property| &property.id);
        let mut own: HashMap<&Id, Vec<u8>> = HashMap::new();
        let lacking = ids.filter(|id| !listed.contains_key(*id));
        let read = cache.each_item(lacking, |id, value| {
            own.extend(value.map(|value| (id, value)));
        });
        read.await?;
        for property in new {
            let former = listed.remove(&property.id);
            let cached = former.as_ref().map(|former| former.json.as_bytes());
            let cached = cached.or(own.get(&property.id).map(Vec::as_slice));
            self.newest(property, cached.as_slice(), digests, is_listed);
        }
        for lost in listed.values() {
            self.differs(lost);
        }
        Ok(())
    }

    /// Compares a list that stays with the forms that the cache agrees with: a run that was killed may have stored
    /// the list, and not removed what embeds former forms. `after_a_run` says that there was an earlier run; if it
    /// remembered nothing, it did not end.
    pub(super) fn list_kept(
        &mut self,
        all: &[Rc<Property>],
        digests: &FormDigests,
        after_a_run: bool,
    ) {
        if digests.is_empty() {
            if after_a_run && !all.is_empty() {
                self.changed.unknown = true;
                // Once all that may embed another form is removed, the cache agrees with these.
                let forms = all.iter();
                let forms = forms.map(|one| (one.id.clone(), digest(one.json.as_bytes())));
                self.forms.extend(forms);
            }
            return;
        }
        for property in digests.others(all) {
            let known = digests.of(&property.id);
            let cached = known.map(|_| property.json.as_bytes());
            self.newest(property, cached.as_slice(), digests, true);
        }
    }

    /// Searches lost host names of properties whose list of host names is not cached from now on.
    pub(super) fn search_lost_hosts(&mut self) {
        self.hosts.get_or_insert_default();
    }

    /// Returns true if keys embed, or may embed, a former form of a property.
    pub(super) fn any(&self) -> bool {
        !self.changed.is_empty()
    }

    /// Returns true if keys may embed a former form of this property.
    pub(super) fn has(&self, id: &Id) -> bool {
        self.embedded.contains(id) || self.changed.properties.contains_key(id)
    }

    /// Returns true if cached host names of some property embed its former form, because new ones were not stored.
    pub(super) fn lacks_hosts(&self) -> bool {
        let stored = |id: &Id| self.has_stored(Resource::Hostnames, id);
        !self.embedded.iter().all(stored)
    }

    pub(crate) fn take_forms(&mut self) -> HashMap<Id, Digest> {
        std::mem::take(&mut self.forms)
    }

    /// Records that a property, or its group, has changed.
    pub(crate) fn differs(&mut self, property: &Property) {
        let name = property.name.clone();
        self.changed.add(property.id.clone(), [name]);
    }

    /// Records that a property does not exist any more.
    pub(super) fn gone(&mut self, id: &Id) {
        self.changed.gone.insert(id.clone());
    }

    /// Records a property that a list holds in a new form.
    pub(crate) fn list_differs(&mut self, former: &Property, new: &Property) {
        self.differs(former);
        self.differs(new);
        self.embeds(Some(former), new);
        self.newest.insert(new.id.clone(), new.json.clone());
    }

    /// Records that keys of host names embed another form of the property. An unreadable former form counts as
    /// another.
    fn embeds(&mut self, former: Option<&Property>, new: &Property) {
        let same = |former: &Property| field_value(former) == field_value(new);
        if !former.is_some_and(same) {
            self.embedded.insert(new.id.clone());
        }
    }

    pub(crate) fn stored(&mut self, put: &PendingWrite) {
        if matches!(put.write, Write::Scores { .. }) {
            // The key is kept as it is.
            return;
        }
        self.made(put.resource);
        let is_set = matches!(put.write, Write::Set { .. });
        match (&put.about, put.resource) {
            (Origins::Property(id), Resource::Versions | Resource::Activations) => {
                self.stored.insert(part(put.resource, id));
            }
            (Origins::Property(id), resource) if is_set => {
                self.stored.insert(part(resource, id));
            }
            (Origins::Host(name, owner), resource)
                if is_set && !self.has_stored(resource, owner) =>
            {
                let names = self.stored_names.entry(owner.clone()).or_default();
                names.insert(name.to_string());
            }
            _ => {}
        }
    }

    /// Returns true if a property's value, or (of host names) its list, was stored.
    fn has_stored(&self, resource: Resource, id: &Id) -> bool {
        self.stored.contains(part(resource, id))
    }

    /// Records that a value made from all properties was stored: it has none that is gone.
    pub(super) fn made(&mut self, resource: Resource) {
        self.changed.rewritten.map |= resource == Resource::Map;
        self.changed.rewritten.tree |= resource == Resource::Tree;
    }
}

fn part(resource: Resource, id: &Id) -> String {
    format!("{resource} {id}")
}

/// Returns true if a write stores a property or its host names, and so is compared.
pub(crate) fn is_compared(put: &PendingWrite) -> bool {
    put.effect == Effect::Stored
        && matches!(put.about, Origins::Property(_))
        && matches!(put.write, Write::Set { .. })
        && matches!(put.resource, Resource::Details | Resource::Hostnames)
}
