//! Finds the properties that have a named tag, or a named name, by every cached item that shows a property.

use super::part::{CustomerPlan, VALUES};
use crate::cache::Error;
use crate::cache::values::{property, readable, traits};
use crate::domain::invalidation::graph::Reason;
use crate::domain::invalidation::target::Tag;
use crate::domain::key::{Entry, Id, Scheme};
use crate::domain::papi::Property;
use serde_json::value::RawValue;
use std::collections::HashMap;

impl CustomerPlan<'_> {
    /// Adds the properties whose cached items carry a named tag, or the name in a named key of details.
    pub(super) async fn tags(&mut self) -> Result<(), Error> {
        let tags = self.job.request.tags();
        let by_id = tags.iter().all(|(_, tag)| matches!(tag, Tag::Property(_)));
        if by_id && self.names_in_details.is_empty() {
            return Ok(());
        }
        let lists = [Entry::Properties, Entry::HostnameMap].map(|entry| self.key(&entry));
        let mut values = self.job.store.values(&lists).await?.into_iter();
        if let Some(json) = values.next().flatten() {
            for item in readable(&json, Property::parse) {
                self.tagged(&item.id, [&item.name, &item.contract, &item.group]);
            }
        }
        if let Some(json) = values.next().flatten() {
            let map: HashMap<&str, &RawValue> = serde_json::from_slice(&json).unwrap_or_default();
            for value in map.values() {
                self.tagged_host(value.get().as_bytes());
            }
        }
        if by_id && self.found.unowned.is_empty() {
            return Ok(());
        }
        match self.own_items().await {
            // The operator is warned of a name that stays unknown.
            Err(Error::Store(error)) if by_id && error.refuses_scan() => {}
            read => read?,
        }
        let (job, hash) = (self.job, self.key(&Entry::Hostnames));
        let read = job.store.fields(&hash, |_, value| self.tagged_host(value));
        Ok(read.await?)
    }

    /// Reads the keys of properties and host names.
    async fn own_items(&mut self) -> Result<(), Error> {
        let pattern = self.job.scheme.pattern(self.customer, "[hp]*");
        let mut pages = self.job.store.scan(pattern.as_bytes()).await?;
        let mut keys = Vec::new();
        while let Some(page) = pages.next().await {
            keys.extend(page?.into_iter().filter_map(|key| self.item_key(&key)));
            while keys.len() >= VALUES {
                self.tagged_items(keys.drain(..VALUES).collect()).await?;
            }
        }
        self.tagged_items(keys).await
    }

    fn item_key(&self, key: &[u8]) -> Option<String> {
        let (customer, rest) = self.job.scheme.split(key)?;
        let entry = Scheme::parse_entry(std::str::from_utf8(rest).ok()?)?;
        let shows = matches!(entry, Entry::Property(_) | Entry::Hostname(_));
        let own = customer == *self.customer && shows;
        own.then(|| String::from_utf8(key.to_vec()).ok()).flatten()
    }

    async fn tagged_items(&mut self, keys: Vec<String>) -> Result<(), Error> {
        for json in self.job.store.values(&keys).await?.into_iter().flatten() {
            match property(&json) {
                Some(item) => self.tagged(&item.id, [&item.name, &item.contract, &item.group]),
                None => self.tagged_host(&json),
            }
        }
        Ok(())
    }

    /// Adds the property in the value of a host name or in its field of the hash, if it is tagged.
    fn tagged_host(&mut self, json: &[u8]) {
        if let Some(item) = traits(json) {
            self.tagged(&item.id, [&item.name, &item.contract, &item.group]);
        }
    }

    /// Adds a property with these fields if it has a named tag, or a name in `names_in_details`.
    fn tagged(&mut self, id: &Id, [name, contract, group]: [&str; 3]) {
        let tags = self.job.request.tags();
        let on = |(_, tag): &&(usize, &Tag)| tag.is_on(id, name, contract, group);
        if let Some((at, _)) = tags.iter().find(on) {
            self.graph.property(id, Reason::named(*at));
        }
        for (typed, at) in &self.names_in_details {
            if typed.name() == name.trim().to_lowercase() {
                self.graph.property(id, Reason::named(*at));
                let key = Entry::PropertyDetails(typed.clone()).to_string();
                self.found.unowned.remove(&key);
            }
        }
    }
}
