//! One customer's cache: its keys, how long they live, and what they hold.

use crate::cache::Error;
use crate::domain::key::{Customer, Entry, Fqdn, Id, Scheme};
use crate::domain::papi::Property;
use crate::domain::read::freshness::Lifetimes;
use crate::domain::ttl::{Resource, Ttl};
use crate::store::{self, Store, Write};
use serde_json::value::RawValue;
use std::borrow::Borrow;
use std::collections::HashSet;
use std::time::Duration;

/// Times to live that are asked for together.
const TIMES: usize = 3_000;

/// How the keys of one customer are named.
#[derive(Clone, Copy)]
pub(crate) struct KeyNames<'a> {
    pub scheme: &'a Scheme,
    pub customer: &'a Customer,
}

impl KeyNames<'_> {
    pub(crate) fn key(&self, entry: &Entry) -> String {
        self.scheme.key(self.customer, entry)
    }

    /// A whole value with its time to live.
    pub(crate) fn set(&self, entry: &Entry, value: Vec<u8>, ttl: Duration) -> Write {
        Write::Set {
            key: self.key(entry),
            value,
            ttl: Some(ttl),
        }
    }
}

/// One customer's part of the cache. Everything that reads or writes it for the engine goes through
/// here, times included.
#[derive(Clone, Copy)]
pub(crate) struct CacheView<'a> {
    /// Where the keys are.
    pub store: &'a Store,
    /// How they are named.
    pub keys: KeyNames<'a>,
    /// How long values live.
    pub lifetimes: Lifetimes<'a>,
}

impl CacheView<'_> {
    pub(crate) fn key(&self, entry: &Entry) -> String {
        self.keys.key(entry)
    }

    /// The clock of the server that holds the marks, in milliseconds since 1970.
    pub(crate) async fn now(&self) -> Result<u64, Error> {
        Ok(self.store.now_for(&self.key(&Entry::Invalidated)).await?)
    }

    /// How long each value stays fresh, in the order of the keys.
    pub(crate) async fn own_times(
        &self,
        keys: &[String],
        resource: impl Fn(usize) -> Resource,
    ) -> Result<Vec<Ttl>, Error> {
        let mut times = Vec::with_capacity(keys.len());
        // A result takes ten times what a time does.
        for keys in keys.chunks(TIMES) {
            for left in self.store.time_to_live(keys).await {
                let resource = resource(times.len());
                times.push(self.lifetimes.own_time(resource, left?));
            }
        }
        Ok(times)
    }

    /// A value; one of another type is none, since it will be written anew.
    pub(crate) async fn value(&self, entry: &Entry) -> Result<Option<Vec<u8>>, Error> {
        let values = self.values(&[self.key(entry)]).await?;
        Ok(values.into_iter().next().flatten())
    }

    /// The values of several keys, in their order.
    pub(crate) async fn values(&self, keys: &[String]) -> Result<Vec<Option<Vec<u8>>>, Error> {
        let values = self.store.get(keys).await;
        let values = values.into_iter().collect::<Result<_, _>>();
        Ok(values?)
    }

    /// The items of a cached JSON array; `None` where any of it cannot be read.
    pub(crate) async fn list<T, E>(
        &self,
        entry: &Entry,
        parse: impl Fn(&str) -> Result<T, E>,
    ) -> Result<Option<Vec<T>>, Error> {
        let value = self.value(entry).await?;
        Ok(value.and_then(|json| items(&json, parse)))
    }

    /// The items of a list that may be large: it travels on a connection of its own, whose buffers go with it.
    pub(super) async fn large_list<T, E>(
        &self,
        entry: &Entry,
        parse: impl Fn(&str) -> Result<T, E>,
    ) -> Result<Option<Vec<T>>, Error> {
        let value = {
            let store = &self.store.apart();
            CacheView { store, ..*self }.value(entry).await?
        };
        Ok(value.and_then(|json| items(&json, parse)))
    }

    /// The cached list of all properties, each once; `None` where any of it cannot be read.
    pub(crate) async fn properties(&self) -> Result<Option<Vec<Property>>, Error> {
        let value = self.value(&Entry::Properties).await?;
        Ok(value.and_then(|json| properties(&json)))
    }

    /// How many host names the cache knows; `None` where it knows of none.
    pub(crate) async fn host_rows(&self) -> Result<Option<u64>, Error> {
        let hash = [self.key(&Entry::Hostnames)];
        let fields = self.store.numbers_of_fields(&hash).await?;
        Ok(fields.into_iter().flatten().find(|fields| *fields > 0))
    }

    /// The values of fields of the hash of all host names.
    pub(crate) async fn fields(&self, names: &[String]) -> Result<Vec<Option<Vec<u8>>>, Error> {
        let key = self.key(&Entry::Hostnames);
        Ok(self.store.field_values(&key, names).await?)
    }

    /// The property of each of these host names, by its own key or its field in the hash.
    pub(crate) async fn owners(&self, names: &[Fqdn]) -> Result<Vec<Option<Id>>, Error> {
        let keys: Vec<String> = names
            .iter()
            .map(|name| self.key(&Entry::Hostname(name.clone())))
            .collect();
        let texts: Vec<String> = names.iter().map(ToString::to_string).collect();
        let (values, fields) = (self.values(&keys).await?, self.fields(&texts).await?);
        let each = values.into_iter().zip(fields);
        Ok(each
            .map(|(value, field)| {
                let by_key = value.and_then(|json| text_at(&json, &["property", "propertyId"]));
                let id = by_key.or_else(|| text_at(&field?, &["propertyId"]))?;
                Id::new(&id).ok()
            })
            .collect())
    }

    /// Sets fields of what is remembered between runs. Something else in its place is replaced.
    pub(crate) async fn remember(&self, fields: Vec<(String, Vec<u8>)>) -> Result<(), Error> {
        let key = self.key(&Entry::WarmState);
        let write = [Write::Mapping {
            key: key.clone(),
            fields,
        }];
        let mut written = self.store.write(&write).await;
        if let Some(Err(store::Error::WrongType { .. })) = written.first() {
            self.remove(&[key]).await?;
            written = self.store.write(&write).await;
        }
        Ok(written.into_iter().collect::<Result<_, _>>()?)
    }

    /// Removes keys; tells how many were there.
    pub(crate) async fn remove(&self, keys: &[String]) -> Result<usize, Error> {
        let mut removed = 0;
        for gone in self.store.remove(keys).await {
            removed += usize::from(gone?);
        }
        Ok(removed)
    }
}

/// The items of a JSON array; `None` where any of it cannot be read.
pub(crate) fn items<T, E>(json: &[u8], parse: impl Fn(&str) -> Result<T, E>) -> Option<Vec<T>> {
    let items: Vec<&RawValue> = serde_json::from_slice(json).ok()?;
    items
        .into_iter()
        .map(|item| parse(item.get()).ok())
        .collect()
}

/// The properties of a list of all, each once; `None` where any of it cannot be read.
pub(crate) fn properties(json: &[u8]) -> Option<Vec<Property>> {
    let mut list = items(json, Property::parse)?;
    each_once(&mut list);
    Some(list)
}

/// Takes out repeated properties, the first of each stays; tells whether there were any. Another program
/// may have written the list.
pub(crate) fn each_once<P: Borrow<Property>>(list: &mut Vec<P>) -> bool {
    let before = list.len();
    let mut seen = HashSet::new();
    list.retain(|property| seen.insert(property.borrow().id.clone()));
    list.len() < before
}

/// The text at a path in a JSON object.
pub(crate) fn text_at(json: &[u8], path: &[&str]) -> Option<String> {
    let mut value = &serde_json::from_slice::<serde_json::Value>(json).ok()?;
    for word in path {
        value = value.get(word)?;
    }
    value.as_str().map(ToOwned::to_owned)
}
