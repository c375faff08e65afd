//! One customer's cache: its keys, their lifetimes, and their values.

use crate::cache::Error;
use crate::cache::values::{owner_of, property};
use crate::domain::key::{Customer, Entry, Fqdn, Id, Scheme};
use crate::domain::papi::{Property, VersionHostname};
use crate::domain::read::freshness::Lifetimes;
use crate::domain::ttl::{Resource, Ttl};
use crate::store::{self, Store, Write};
use serde_json::value::RawValue;
use std::borrow::Borrow;
use std::collections::{HashMap, HashSet};
use std::rc::Rc;
use std::time::Duration;

/// Number of TTLs that are read at a time.
const TIMES: usize = 3_000;

/// Number of properties whose values are read at a time.
pub(super) const CHUNK: usize = 1_000;

#[derive(Clone, Copy)]
pub(crate) struct KeyNames<'a> {
    pub scheme: &'a Scheme,
    pub customer: &'a Customer,
}

impl KeyNames<'_> {
    pub(crate) fn key(&self, entry: &Entry) -> String {
        self.scheme.key(self.customer, entry)
    }

    pub(crate) fn set(&self, entry: &Entry, value: Vec<u8>, ttl: Duration) -> Write {
        Write::Set {
            key: self.key(entry),
            value,
            ttl: Some(ttl),
        }
    }
}

/// One customer's part of the cache. All reads and writes of it by the engine, times included, go through this
/// type.
#[derive(Clone, Copy)]
pub(crate) struct CacheView<'a> {
    pub store: &'a Store,
    pub keys: KeyNames<'a>,
    pub lifetimes: Lifetimes<'a>,
}

impl<'a> CacheView<'a> {
    pub(crate) fn new(
        store: &'a Store,
        scheme: &'a Scheme,
        customer: &'a Customer,
        lifetimes: Lifetimes<'a>,
    ) -> Self {
        Self {
            store,
            keys: KeyNames { scheme, customer },
            lifetimes,
        }
    }

    pub(crate) fn key(&self, entry: &Entry) -> String {
        self.keys.key(entry)
    }

    /// Returns the key of each item, in the same order.
    pub(crate) fn keys_of<T: Clone>(&self, all: &[T], entry: impl Fn(T) -> Entry) -> Vec<String> {
        let keys = all.iter().map(|one| self.key(&entry(one.clone())));
        keys.collect()
    }

    /// Returns the clock of the server that holds the marks, in milliseconds since 1970.
    pub(crate) async fn now(&self) -> Result<u64, Error> {
        Ok(self.store.now_for(&self.key(&Entry::Invalidated)).await?)
    }

    /// Returns how long each value stays fresh, in the order of the keys.
    pub(crate) async fn own_times(
        &self,
        keys: &[String],
        resource: impl Fn(usize) -> Resource,
    ) -> Result<Vec<Ttl>, Error> {
        let mut times = Vec::with_capacity(keys.len());
        // A result takes ten times the memory of a TTL.
        for keys in keys.chunks(TIMES) {
            for left in self.store.time_to_live(keys).await {
                let resource = resource(times.len());
                times.push(self.lifetimes.own_time(resource, left?));
            }
        }
        Ok(times)
    }

    /// Returns a value. A value of another type counts as missing, since it will be overwritten.
    pub(crate) async fn value(&self, entry: &Entry) -> Result<Option<Vec<u8>>, Error> {
        Ok(self.values(&[self.key(entry)]).await?.pop().flatten())
    }

    /// Returns the values of several keys, in the same order.
    pub(crate) async fn values(&self, keys: &[String]) -> Result<Vec<Option<Vec<u8>>>, Error> {
        Ok(self.store.values(keys).await?)
    }

    /// Returns the items of a cached JSON array; `None` if any of it cannot be read.
    pub(crate) async fn list<T, E>(
        &self,
        entry: &Entry,
        parse: impl Fn(&str) -> Result<T, E>,
    ) -> Result<Option<Vec<T>>, Error> {
        let value = self.value(entry).await?;
        Ok(value.and_then(|json| items(&json, parse)))
    }

    /// Returns the items of a list that may be large. It is read on a connection of its own, whose buffers are
    /// freed with it.
    pub(super) async fn large_list<T, E>(
        &self,
        entry: &Entry,
        parse: impl Fn(&str) -> Result<T, E>,
    ) -> Result<Option<Vec<T>>, Error> {
        let value = {
            let store = &self.store.apart();
            CacheView { store, ..*self }.value(entry).await?
        };
        // The task of the connection ends, and frees its buffers, when it runs next: before the items need room.
        tokio::task::yield_now().await;
        Ok(value.and_then(|json| items(&json, parse)))
    }

    /// Returns the cached list of all properties, each once; `None` if any of it cannot be read.
    pub(crate) async fn properties(&self) -> Result<Option<Vec<Property>>, Error> {
        let value = self.value(&Entry::Properties).await?;
        Ok(value.and_then(|json| properties(&json)))
    }

    pub(super) async fn properties_by_id(&self) -> Result<Option<HashMap<Id, Property>>, Error> {
        let by_id = |one: Property| (one.id.clone(), one);
        let list = self.properties().await?;
        Ok(list.map(|list| list.into_iter().map(by_id).collect()))
    }

    /// Returns the number of cached host names; `None` if there are none.
    pub(crate) async fn host_rows(&self) -> Result<Option<u64>, Error> {
        let hash = [self.key(&Entry::Hostnames)];
        let fields = self.store.numbers_of_fields(&hash).await?;
        Ok(fields.into_iter().flatten().find(|fields| *fields > 0))
    }

    /// Returns the values of fields of the hash of all host names.
    pub(crate) async fn fields(&self, names: &[String]) -> Result<Vec<Option<Vec<u8>>>, Error> {
        let key = self.key(&Entry::Hostnames);
        Ok(self.store.field_values(&key, names).await?)
    }

    /// Returns the property of each host name, from its own key or its field in the hash.
    pub(crate) async fn owners(&self, names: &[Fqdn]) -> Result<Vec<Option<Id>>, Error> {
        let keys = self.keys_of(names, Entry::Hostname);
        let texts: Vec<String> = names.iter().map(ToString::to_string).collect();
        let (values, fields) = (self.values(&keys).await?, self.fields(&texts).await?);
        let each = values.into_iter().zip(fields);
        Ok(each
            .map(|(value, field)| {
                let by_key = value.and_then(|json| owner_of(&json));
                by_key.or_else(|| owner_of(&field?))
            })
            .collect())
    }

    /// Returns the keys and the fields of the hash that give these host names to these properties.
    pub(super) async fn owned_by(
        &self,
        names: &[(Fqdn, Id)],
    ) -> Result<(Vec<String>, Vec<String>), Error> {
        let own = |value: &Option<Vec<u8>>, id: &Id| {
            let owner = value.as_deref().and_then(owner_of);
            owner.as_ref() == Some(id)
        };
        let keys = self.keys_of(names, |(name, _)| Entry::Hostname(name));
        let values = self.values(&keys).await?;
        let keys = keys.into_iter().zip(values).zip(names);
        let keys = keys.filter(|((_, value), (_, id))| own(value, id));
        let texts: Vec<String> = names.iter().map(|(name, _)| name.to_string()).collect();
        let fields = self.fields(&texts).await?;
        let fields = texts.into_iter().zip(fields).zip(names);
        let fields = fields.filter(|((_, field), (_, id))| own(field, id));
        Ok((
            keys.map(|((key, _), _)| key).collect(),
            fields.map(|((name, _), _)| name).collect(),
        ))
    }

    /// Returns the host names in the cached list of each property; `None` if it is missing or unreadable.
    pub(super) async fn host_names_of(&self, ids: &[&Id]) -> Result<Vec<Option<Vec<Fqdn>>>, Error> {
        let keys = self.keys_of(ids, |id| Entry::PropertyHostnames(id.clone()));
        let names = |hosts: Vec<VersionHostname>| {
            let names = hosts.iter().filter_map(|host| Fqdn::new(&host.name).ok());
            names.collect()
        };
        let lists = self.values(&keys).await?.into_iter();
        Ok(lists
            .map(|list| items(&list?, VersionHostname::parse).map(names))
            .collect())
    }

    /// Returns the items of these properties that have a readable key of their own.
    pub(super) async fn own_items(&self, ids: &[Id]) -> Result<Vec<Property>, Error> {
        let mut items = Vec::new();
        let read = self.each_item(ids, |_, json| {
            items.extend(json.and_then(|json| property(&json)));
        });
        read.await?;
        Ok(items)
    }

    /// Passes the cached item of each property to `each`, in this order. They are read a part at a time.
    pub(super) async fn each_item<'i>(
        &self,
        ids: impl IntoIterator<Item = &'i Id>,
        mut each: impl FnMut(&'i Id, Option<Vec<u8>>),
    ) -> Result<(), Error> {
        let ids: Vec<&Id> = ids.into_iter().collect();
        for some in ids.chunks(CHUNK) {
            let keys = self.keys_of(some, |id| Entry::Property(id.clone()));
            for (id, value) in some.iter().zip(self.values(&keys).await?) {
                each(id, value);
            }
        }
        Ok(())
    }

    /// Writes one value, and replaces a value of another type.
    pub(super) async fn overwrite(&self, write: Write) -> Result<(), store::Error> {
        let write = [write];
        let mut written = self.store.write(&write).await;
        if let Some(Err(store::Error::WrongType { .. })) = written.first() {
            let key = write.each_ref().map(|write| write.key().to_owned());
            let removed = self.store.remove(&key).await;
            removed.into_iter().collect::<Result<Vec<_>, _>>()?;
            written = self.store.write(&write).await;
        }
        written.into_iter().collect()
    }

    pub(super) async fn is_there(&self, key: &str) -> Result<bool, Error> {
        let left = self.store.time_to_live(&[key.to_owned()]).await;
        let left = left.into_iter().next().transpose()?;
        Ok(left.is_some_and(|left| left != Ttl::Absent))
    }

    /// Removes keys, and returns how many existed.
    pub(crate) async fn remove(&self, keys: &[String]) -> Result<usize, Error> {
        let mut removed = 0;
        for gone in self.store.remove(keys).await {
            removed += usize::from(gone?);
        }
        Ok(removed)
    }
}

/// Parses the items of a JSON array; `None` if any of it cannot be read.
pub(crate) fn items<T, E>(json: &[u8], parse: impl Fn(&str) -> Result<T, E>) -> Option<Vec<T>> {
    let items: Vec<&RawValue> = serde_json::from_slice(json).ok()?;
    items
        .into_iter()
        .map(|item| parse(item.get()).ok())
        .collect()
}

/// Parses a list of properties, each once; `None` if any of it cannot be read.
pub(crate) fn properties(json: &[u8]) -> Option<Vec<Property>> {
    let mut list = items(json, Property::parse)?;
    each_once(&mut list);
    Some(list)
}

/// Removes repeated properties except the first of each, and returns true if there were any. Another program
/// may have written the list.
pub(crate) fn each_once<P: Borrow<Property>>(list: &mut Vec<P>) -> bool {
    let before = list.len();
    let mut seen = HashSet::new();
    list.retain(|property| seen.insert(property.borrow().id.clone()));
    list.len() < before
}

/// Returns properties by id.
pub(super) fn by_id(all: &[Rc<Property>]) -> HashMap<Id, Rc<Property>> {
    let each = all.iter();
    each.map(|property| (property.id.clone(), property.clone()))
        .collect()
}

/// Returns the text at a path in a JSON object.
pub(crate) fn text_at(json: &[u8], path: &[&str]) -> Option<String> {
    let mut value = &serde_json::from_slice::<serde_json::Value>(json).ok()?;
    for word in path {
        value = value.get(word)?;
    }
    value.as_str().map(ToOwned::to_owned)
}
