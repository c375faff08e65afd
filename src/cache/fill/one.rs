//! The properties named, in a few calls each: what a job runs after an activation. The list and the
//! hash are patched, the rest is not touched.

use super::ledger::Ledger;
use super::survey::{items, readable};
use super::writer::Writer;
use super::{Fill, Halt};
use crate::cache::Error;
use crate::cache::answers::{Host, field_value};
use crate::domain::account::Property;
use crate::domain::key::{Entry, Fqdn, Id};
use crate::domain::ttl::Resource;
use crate::source::{self, PropertyRef};
use crate::store::Write;
use futures_util::StreamExt;
use std::collections::{HashMap, HashSet};

/// What became of properties that were fetched one by one.
pub(super) struct Refetched {
    /// Those that came.
    pub(super) properties: Vec<Property>,
    /// The host names of those whose host names came.
    pub(super) hosts: HashMap<String, Vec<Host>>,
    /// Those that are no more, though nobody named them.
    pub(super) gone: Vec<Id>,
    /// Those that could not be fetched, or whose host names could not.
    pub(super) failed: Vec<Id>,
}

impl Fill<'_> {
    /// Fetches the properties that the request names, fresh or not.
    pub(super) async fn named(
        &self,
        writer: &Writer,
        ledger: &Ledger,
        since: u64,
    ) -> Result<(), Halt> {
        self.properties_named(writer, ledger, &self.request.ids)
            .await?;
        self.settle(writer, ledger, since).await
    }

    /// Fetches these properties and stores what the request asks for of them.
    pub(super) async fn properties_named(
        &self,
        writer: &Writer,
        ledger: &Ledger,
        ids: &[Id],
    ) -> Result<Refetched, Halt> {
        let mut again = self.fetch_properties(ledger, ids).await?;
        if self.wants(Resource::Details) {
            for property in &again.properties {
                self.put_property(writer, ledger, property).await?;
            }
        }
        let account = self.request.ids.is_empty();
        if self.wants(Resource::Hostnames) || (account && self.wants(Resource::Map)) {
            let every: Vec<&Property> = again.properties.iter().collect();
            let found = self.each(ledger, &every).await;
            for (property, hosts) in &found {
                if self.wants(Resource::Hostnames) {
                    self.put_one(writer, ledger, property, hosts).await?;
                }
            }
            let found: HashMap<String, Vec<Host>> = found
                .into_iter()
                .map(|(property, hosts)| (property.id.clone(), hosts))
                .collect();
            let lost = every.iter().filter(|p| !found.contains_key(&p.id));
            again
                .failed
                .extend(lost.filter_map(|p| Id::new(&p.id).ok()));
            again.hosts = found;
        }
        self.extras(writer, ledger, &again.properties, None).await?;
        self.patch_list(writer, &again.properties, &again.gone)
            .await?;
        ledger.go_on()?;
        Ok(again)
    }

    /// Fetches these properties, in the order of their ids as given.
    pub(super) async fn fetch_properties(
        &self,
        ledger: &Ledger,
        ids: &[Id],
    ) -> Result<Refetched, Halt> {
        let stage = "properties";
        let known = self.known(ids).await?;
        let mut again = Refetched {
            properties: Vec::new(),
            hosts: HashMap::new(),
            gone: Vec::new(),
            failed: Vec::new(),
        };
        self.progress.begin(stage, Some(ids.len() as u64));
        let ask = |id: &Id| {
            let place = known
                .get(id.as_str())
                .map_or_else(|| PropertyRef::new(id.as_str()), PropertyRef::from);
            async move { self.source.property(&place).await }
        };
        let mut answers = std::pin::pin!(self.each_asked(ledger, ids, ask));
        while let Some((id, answer)) = answers.next().await {
            match answer {
                Ok(answer) if answer.value.id == id.as_str() => {
                    again.properties.push(answer.value);
                }
                Ok(answer) => {
                    again.failed.push(id.clone());
                    let message = format!(
                        "the API answered for `{}` when asked for `{id}`",
                        answer.value.id
                    );
                    ledger.failed(Resource::Details, id.to_string(), "malformed", message);
                }
                Err(source::Error::NotFound { .. }) if !self.request.ids.contains(id) => {
                    again.gone.push(id.clone());
                }
                Err(error) => {
                    again.failed.push(id.clone());
                    Self::survive(ledger, Resource::Details, id.to_string(), error);
                }
            }
            self.progress.advance(stage, 1);
        }
        self.progress.end(stage);
        ledger.fetched(Resource::Details, again.properties.len());
        Ok(again)
    }

    /// What the cache knows of these properties; it saves the API a search when contract and group
    /// are sent along.
    pub(super) async fn known(&self, ids: &[Id]) -> Result<HashMap<String, Property>, Halt> {
        let keys: Vec<String> = ids
            .iter()
            .map(|id| self.key(&Entry::Property(id.clone())))
            .collect();
        let mut known = HashMap::new();
        for value in self.store.get(&keys).await {
            let property = readable(Some(value))?
                .and_then(|json| String::from_utf8(json).ok())
                .and_then(|json| Property::parse(&json).ok());
            known.extend(property.map(|property| (property.id.clone(), property)));
        }
        if known.len() < ids.len() {
            let wanted: HashSet<&str> = ids.iter().map(Id::as_str).collect();
            for property in self.list().await?.unwrap_or_default() {
                if wanted.contains(property.id.as_str()) {
                    known.entry(property.id.clone()).or_insert(property);
                }
            }
        }
        known.retain(|_, property| !property.contract.is_empty() && !property.group.is_empty());
        Ok(known)
    }

    /// The list of all properties, where it stands and can be read.
    pub(super) async fn list(&self) -> Result<Option<Vec<Property>>, Error> {
        let value = self
            .store
            .get(&[self.key(&Entry::Properties)])
            .await
            .into_iter()
            .next();
        Ok(readable(value)?.and_then(|json| items(&json, Property::parse)))
    }

    /// Stores the host names of one property: its list, a key for each, the fields of the hash. Names
    /// that it has lost are removed, unless another property serves them by now.
    pub(super) async fn put_one(
        &self,
        writer: &Writer,
        ledger: &Ledger,
        property: &Property,
        hosts: &[Host],
    ) -> Result<(), Halt> {
        let Some(id) = self.id(ledger, Resource::Hostnames, &property.id) else {
            return Ok(());
        };
        let before = self.names_before(&id).await?;
        self.put_hostnames(writer, ledger, property, hosts).await?;
        let mut set = Vec::new();
        let mut now: HashSet<String> = HashSet::new();
        for host in hosts {
            self.put_host(writer, ledger, property, host).await?;
            if let Ok(name) = Fqdn::new(&host.name)
                && now.insert(name.as_str().to_owned())
            {
                set.push((name.as_str().to_owned(), field_value(property).into_bytes()));
            }
        }
        let lost: Vec<Fqdn> = before
            .into_iter()
            .filter(|name| !now.contains(name.as_str()))
            .collect();
        let drop = self.remove_lost(ledger, &id, lost).await?;
        if !set.is_empty() || !drop.is_empty() {
            let write = Write::PatchFields {
                key: self.key(&Entry::Hostnames),
                set,
                drop,
            };
            writer.amend(Resource::Hostnames, write).await?;
        }
        Ok(())
    }

    /// The names that the cached list of the property holds.
    async fn names_before(&self, id: &Id) -> Result<Vec<Fqdn>, Halt> {
        let key = self.key(&Entry::PropertyHostnames(id.clone()));
        let value = self.store.get(&[key]).await.into_iter().next();
        let listed = readable(value)?
            .and_then(|json| items(&json, crate::domain::account::VersionHostname::parse));
        let names = listed.unwrap_or_default();
        Ok(names
            .iter()
            .filter_map(|host| Fqdn::new(&host.name).ok())
            .collect())
    }

    /// Removes the keys of host names that the property has lost; gives back the fields of the hash
    /// that fall with them. What another property serves by now is left.
    async fn remove_lost(
        &self,
        ledger: &Ledger,
        id: &Id,
        lost: Vec<Fqdn>,
    ) -> Result<Vec<String>, Halt> {
        if lost.is_empty() {
            return Ok(Vec::new());
        }
        let names: Vec<String> = lost.iter().map(|name| name.as_str().to_owned()).collect();
        let keys: Vec<String> = lost
            .into_iter()
            .map(|name| self.key(&Entry::Hostname(name)))
            .collect();
        let mut gone = Vec::new();
        for (key, value) in keys.iter().zip(self.store.get(&keys).await) {
            if let Some(json) = readable(Some(value))?
                && owner(&json, &["property", "propertyId"]).is_some_and(|o| o == id.as_str())
            {
                gone.push(key.clone());
            }
        }
        for removed in self.store.remove(&gone).await {
            ledger.removed(Resource::Hostnames, usize::from(removed?));
        }
        let hash = self.key(&Entry::Hostnames);
        let fields = match self.store.field_values(&hash, &names).await {
            Ok(fields) => fields,
            Err(crate::store::Error::WrongType { .. }) => return Ok(Vec::new()),
            Err(error) => return Err(error.into()),
        };
        let ours = names.into_iter().zip(fields).filter(|(_, value)| {
            let owner = value
                .as_deref()
                .and_then(|json| owner(json, &["propertyId"]));
            owner.is_some_and(|owner| owner == id.as_str())
        });
        Ok(ours.map(|(name, _)| name).collect())
    }
}

/// The text at a path in a JSON object.
pub(super) fn owner(json: &[u8], path: &[&str]) -> Option<String> {
    let mut value = &serde_json::from_slice::<serde_json::Value>(json).ok()?;
    for word in path {
        value = value.get(word)?;
    }
    value.as_str().map(ToOwned::to_owned)
}
