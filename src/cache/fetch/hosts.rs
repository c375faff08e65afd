//! Host names: a list for each property, a key for each name, a hash of all names, and the map if it is
//! requested.

use super::Halt;
use super::all_hosts::AllHosts;
use super::ask::{HostnameRows, PendingWrite};
use super::baseline::hosts_digest;
use super::hosts_hash::FIELDS;
use super::known::KnownAccount;
use super::marks::mark_unhashed;
use super::rows::HostRow;
use super::run::FetchRun;
use super::survey::Survey;
use super::values::{HostsOf, array, field_value, host_value};
use super::view::CHUNK;
use crate::cache::values::owner_of;
use crate::domain::invalidation::marks::MarkedNames;
use crate::domain::key::{Entry, Fqdn, Id};
use crate::domain::papi::Property;
use crate::domain::ttl::Resource;
use std::collections::{BTreeMap, HashMap, HashSet};

/// Number of properties whose host names are written together.
const TOGETHER: usize = 100;

impl FetchRun<'_> {
    /// Writes everything made from the host names that were fetched for the whole account.
    pub(super) async fn finish_hosts(
        &self,
        survey: &Survey,
        known: &mut KnownAccount,
    ) -> Result<(), Halt> {
        // The list of all properties is large. It is written first, so that it is not in memory beside what
        // follows.
        self.queue.flush().await?;
        if survey.other_view && self.wants(Resource::Hostnames) && !self.checks() {
            self.change_view().await?;
        }
        let unread;
        let all = if let Some(mut listing) = known.listing.take() {
            // What no row names was asked for alone, or stays as it was.
            for (property, hosts, whole) in std::mem::take(&mut known.hosts) {
                for host in &hosts {
                    listing.rows.push(HostRow::of(&property.id, host));
                }
                listing.has_errors |= !whole;
            }
            let properties = known.properties.iter();
            unread = std::mem::take(&mut known.hosts_unread);
            let lacks: HashSet<&Id> = unread.iter().collect();
            let properties = properties.filter(|one| !lacks.contains(&one.id));
            let properties = properties.map(|one| (one.clone(), !listing.has_errors));
            let explained = known.explained();
            AllHosts::of_list(self.ledger, properties.collect(), listing, explained)
        } else if known.hosts_of_all {
            let mut each = std::mem::take(&mut known.hosts);
            // Every property that could claim a name is in `each`.
            let (mut former, unknown) = (HashMap::new(), HashSet::new());
            self.decide_claims(&mut each, &mut former, unknown).await?;
            let complete = each.len() == known.properties.len();
            unread = known.without_hosts(&each);
            AllHosts::of_each(self.ledger, each, complete)
        } else {
            let mut each = std::mem::take(&mut known.hosts);
            self.put_each(&mut each, None).await?;
            if std::mem::take(&mut known.extends_hash) && self.ledger.is_complete() {
                self.expire_hash(true).await?;
                self.ledger.kept_alive(Resource::Hostnames, 1);
            }
            return Ok(());
        };
        let read = all.properties.iter().filter(|(_, whole)| *whole);
        let read: HashSet<Id> = read.map(|(one, _)| one.id.clone()).collect();
        self.writes.changes.borrow_mut().lost_hosts.clear();
        self.put_all(all, survey.is_due(Resource::Map), known)
            .await?;
        // Also if the run is not complete: a list says no more that its property had them.
        self.queue.flush().await?;
        let mut lost = std::mem::take(&mut self.writes.changes.borrow_mut().lost_hosts);
        lost.retain(|(_, id)| read.contains(id));
        for lost in lost.chunks(CHUNK) {
            self.drop_hosts(lost).await?;
        }
        if unread.is_empty() || self.checks() {
            return Ok(());
        }
        // Marked after the hash is written, so that it denies none of their names.
        self.queue.flush().await?;
        Ok(mark_unhashed(&self.cache, &unread).await?)
    }

    /// Writes the host names of all properties, with the hash and the map: lists by property id, and names in
    /// the API's order, which is alphabetical. Neighbors in the index of runs cost the server less.
    async fn put_all(
        &self,
        all: AllHosts,
        map: bool,
        known: &mut KnownAccount,
    ) -> Result<(), Halt> {
        let store = self.wants(Resource::Hostnames);
        let new_hash = store && self.is_new_hash().await?;
        if store {
            self.hash_whole.set(false);
        }
        if store && all.each_whole {
            for at in all.sorted_by_id() {
                if let Some((property, read)) = all.properties.get(at) {
                    self.put_hostnames(property, all.list(at), *read).await?;
                }
            }
        }
        let whole = !all.has_errors;
        let mut owners = all.owners;
        let mut fields: Vec<(String, Vec<u8>)> = Vec::new();
        let mut mapped: BTreeMap<String, (Id, String)> = BTreeMap::new();
        for (at, row) in all.rows.iter() {
            let Some((property, _)) = all.properties.get(at) else {
                continue;
            };
            let Some(name) = self.fqdn(row.name) else {
                continue;
            };
            if !owners.take(name.as_str(), at) {
                continue;
            }
            let value = host_value(property, row.item);
            if map {
                let value = (property.id.clone(), value.clone());
                mapped.insert(name.to_string(), value);
            }
            if store {
                fields.push((name.to_string(), field_value(property).into_bytes()));
                self.put_host(name, property, value).await?;
                if fields.len() >= FIELDS {
                    self.put_fields(std::mem::take(&mut fields)).await?;
                }
            }
        }
        if store {
            self.put_fields(fields).await?;
            if all.complete {
                let finished = self.finish_hash(&owners, whole, new_hash).await;
                let holds_all =
                    finished.inspect_err(|_| self.ledger.unstored(Resource::Hostnames))?;
                known.host_names = Some(owners).filter(|_| holds_all);
            } else if new_hash && whole && all.each_whole {
                // Only the host names of properties that could not be read are missing. These are marked.
                self.expire_hash(true).await?;
            }
        }
        if map && all.complete {
            self.put_map(&mapped, whole && self.ledger.is_complete())
                .await?;
            known.map = Some(mapped);
        }
        Ok(())
    }

    async fn put_map(&self, map: &BTreeMap<String, (Id, String)>, whole: bool) -> Result<(), Halt> {
        let mut json = b"{".to_vec();
        for (name, (_, value)) in map {
            if json.len() > 1 {
                json.push(b',');
            }
            json.extend_from_slice(
                serde_json::Value::from(name.as_str())
                    .to_string()
                    .as_bytes(),
            );
            json.push(b':');
            json.extend_from_slice(value.as_bytes());
        }
        json.push(b'}');
        self.set(&Entry::HostnameMap, json, whole).await
    }

    /// Makes the map from the cached keys of host names, which are up to date.
    pub(super) async fn map_of_cached(&self, known: &mut KnownAccount) -> Result<(), Halt> {
        if !(self.wants(Resource::Map) && self.wants(Resource::Hostnames)) {
            return Ok(());
        }
        self.queue.flush().await?;
        if self.writes.changes.borrow().lacks_hosts() {
            // Some of the cached keys are not up to date. The map is removed with them.
            return Ok(());
        }
        let hash = self.cache.key(&Entry::Hostnames);
        let names = self.cache.store.field_names(&hash).await?;
        let names = names.unwrap_or_default().into_iter();
        let names: Vec<Fqdn> = names
            .filter_map(|name| Fqdn::new(&String::from_utf8_lossy(&name)).ok())
            .collect();
        let all: HashSet<&Id> = known.properties.iter().map(|one| &one.id).collect();
        let mut map = BTreeMap::new();
        for names in names.chunks(FIELDS) {
            let keys = self.cache.keys_of(names, Entry::Hostname);
            for (name, value) in names.iter().zip(self.cache.values(&keys).await?) {
                let value = value.and_then(|value| String::from_utf8(value).ok());
                let owner = |value: &String| owner_of(value.as_bytes());
                if let Some((owner, value)) = value.and_then(|value| Some((owner(&value)?, value)))
                {
                    if all.contains(&owner)
                        && !self.writes.changes.borrow().changed.gone.contains(&owner)
                    {
                        map.insert(name.to_string(), (owner, value));
                    }
                } else {
                    let message = "it has just been removed or replaced".to_owned();
                    self.ledger
                        .failed(Resource::Map, name.to_string(), "missing", message);
                    return Ok(());
                }
            }
        }
        self.put_map(&map, self.ledger.is_complete()).await?;
        known.map = Some(map);
        Ok(())
    }

    /// Writes the map again, with the new host names of the properties that were invalidated.
    pub(super) async fn remake_map(
        &self,
        marked: &MarkedNames,
        known: &mut KnownAccount,
    ) -> Result<(), Halt> {
        let Some(mut map) = known.map.take() else {
            return Ok(());
        };
        map.retain(|_, (owner, _)| !marked.properties.contains(owner));
        for (property, hosts, _) in &known.hosts {
            for host in hosts {
                if let Ok(name) = Fqdn::new(&host.name) {
                    let value = || (property.id.clone(), host_value(property, &host.item));
                    map.entry(name.to_string()).or_insert_with(value);
                }
            }
        }
        self.put_map(&map, true).await?;
        known.map = Some(map);
        Ok(())
    }

    async fn put_hostnames(
        &self,
        property: &Property,
        value: Vec<u8>,
        whole: bool,
    ) -> Result<(), Halt> {
        // A run from a recording remembers nothing.
        if whole && !self.source.is_replay() {
            let digest = hosts_digest(self.request.hostnames, &value);
            let mut written = self.hosts_written.borrow_mut();
            written.insert(property.id.clone(), digest);
        }
        let entry = Entry::PropertyHostnames(property.id.clone());
        self.set(&entry, value, whole).await
    }

    async fn put_host(&self, name: Fqdn, property: &Property, value: String) -> Result<(), Halt> {
        let entry = Entry::Hostname(name.clone());
        let ttl = self.ttl(Resource::Hostnames, true);
        let write = self.cache.keys.set(&entry, value.into_bytes(), ttl);
        let put = PendingWrite::of_host(name, property.id.clone(), write);
        self.put(put).await
    }

    /// Writes the host names of some properties, which may come from the account-wide list. Returns the owner of each
    /// name.
    pub(crate) async fn put_each(
        &self,
        each: &mut [HostsOf],
        listing: Option<&HostnameRows>,
    ) -> Result<HashMap<String, Id>, Halt> {
        self.may_write()?;
        let owners = self.decide_owners(each, listing).await?;
        self.writes.changes.borrow_mut().search_lost_hosts();
        for some in each.chunks(TOGETHER) {
            self.put_some(some, &owners).await?;
        }
        let here: HashSet<&Id> = each.iter().map(|(property, ..)| &property.id).collect();
        for (property, hosts, _) in &*each {
            // No write replaces what the cache says of names that belong to a property that is not fetched.
            let names = hosts.iter().filter_map(|host| Fqdn::new(&host.name).ok());
            let owner = |name: &Fqdn| owners.get(name.as_str());
            let others = names.filter(|name| owner(name).is_some_and(|id| !here.contains(id)));
            let others = others.map(|name| (name, property.id.clone()));
            self.drop_hosts(&others.collect::<Vec<_>>()).await?;
        }
        Ok(owners)
    }

    /// Writes the host names of some properties: their lists, and for each name that one owns a key and a field of the
    /// hash. Names that they have lost are removed, unless another property serves them by now. What is cached is read
    /// for all of them at once: waiting for each would leave every batch of writes with a single property.
    async fn put_some(&self, some: &[HostsOf], owners: &HashMap<String, Id>) -> Result<(), Halt> {
        let ids: Vec<&Id> = some.iter().map(|(property, ..)| &property.id).collect();
        let (mut set, mut lost) = (Vec::new(), Vec::new());
        let cached = self.cache.host_names_of(&ids).await?;
        for ((property, hosts, whole), before) in some.iter().zip(cached) {
            let value = array(hosts.iter().map(|host| host.item.as_str()));
            self.put_hostnames(property, value, *whole).await?;
            let mut now: HashSet<String> = HashSet::new();
            for host in hosts {
                let Some(name) = self.fqdn(&host.name) else {
                    continue;
                };
                let own = owners.get(name.as_str()) == Some(&property.id);
                if now.insert(name.to_string()) && own {
                    set.push((name.to_string(), field_value(property).into_bytes()));
                    let value = host_value(property, &host.item);
                    self.put_host(name, property, value).await?;
                }
            }
            let taken = |name: &str| now.contains(name) || owners.contains_key(name);
            let names = before.unwrap_or_default().into_iter();
            let names = names.filter(|name| !taken(name.as_str()));
            lost.extend(names.map(|name| (name, property.id.clone())));
        }
        let drop = self.remove_lost(&lost).await?;
        self.patch_hash(set, drop).await
    }

    /// Removes host names that their properties have lost, and returns their fields of the hash.
    pub(super) async fn drop_hosts(&self, lost: &[(Fqdn, Id)]) -> Result<Vec<String>, Halt> {
        let drop = self.remove_lost(lost).await?;
        self.patch_hash(Vec::new(), drop.clone()).await?;
        Ok(drop)
    }

    /// Removes the keys of host names that their properties have lost, and returns their fields of the hash. Names
    /// that another property serves by now are left.
    pub(super) async fn remove_lost(&self, lost: &[(Fqdn, Id)]) -> Result<Vec<String>, Halt> {
        if lost.is_empty() {
            return Ok(Vec::new());
        }
        let (own, fields) = self.cache.owned_by(lost).await?;
        if let Some(comparison) = &self.writes.comparison {
            for key in &own {
                comparison.ghost(key);
            }
        } else {
            if !fields.is_empty() {
                // Another property may serve them by now, which this run does not ask for.
                mark_unhashed(&self.cache, &fields).await?;
            }
            let removed = self.cache.remove(&own).await?;
            self.ledger.removed(Resource::Hostnames, removed);
        }
        Ok(fields)
    }
}
