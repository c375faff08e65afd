//! Fetches named properties in a few calls each, as a job does after an activation. The list and the hash are
//! patched, and the rest is not touched.

use super::again::ROUNDS;
use super::ask::PendingWrite;
use super::known::{KnownAccount, NamedProperties, differing};
use super::marks::mark_warmed;
use super::overtaken::TIMES;
use super::pair_states::PairStates;
use super::run::FetchRun;
use super::values::array;
use super::view::{CacheView, properties};
use super::{CachedBefore, Halt, Owners, RemovedList};
use crate::cache::Error;
use crate::domain::invalidation::marks::warmed;
use crate::domain::key::{Entry, Fqdn, Id};
use crate::domain::papi::{Group, Property};
use crate::domain::ttl::Resource;
use crate::domain::warm::WarmRequest;
use crate::source::PropertyRef;
use crate::store::Write;
use std::collections::{HashMap, HashSet};
use std::rc::Rc;
use std::time::Duration;

/// Number of attempts to patch the list. Of the processes that patch it at the same time, one succeeds each
/// time.
const ATTEMPTS: u64 = 300;

impl FetchRun<'_> {
    pub(super) async fn named(&self) -> Result<(), Halt> {
        // A replay may begin with an empty cache.
        let finds_owners = self.source.is_recorded();
        let mut known = self.cache.named(self.request, finds_owners).await?;
        if let Some(before) = self.before {
            before.recall(&mut known);
        }
        self.identify(&mut known).await?;
        self.find_owners(&mut known).await?;
        let mut owners = std::mem::take(&mut known.named.owners);
        let mut all = known.named.ids.clone();
        let mut ids = all.clone();
        for round in 0..=ROUNDS {
            self.writes.known_items.read(&self.cache, &ids).await?;
            let fetched = self.fetch_ids(std::mem::take(&mut ids), &mut known).await;
            if !matches!(fetched, Err(Halt::Closed)) {
                self.forget_unknown().await?;
                // Also if the run ends early: received properties are stored, and must be in the list.
                self.patch_list(&known.named).await?;
            }
            fetched?;
            if self.checks() {
                self.find_ghosts_of_gone(&mut known.named).await?;
            }
            ids = self.owners_again(&mut owners, &mut known).await?;
            all.extend(ids.iter().cloned());
            self.queue.flush().await?;
            let mut marked = self.writes.next_epoch(self.source, 0).await?;
            if round < TIMES && !self.checks() {
                let (items, fetched) = (&self.writes.known_items, &known.named.properties);
                let overtaken = items.overtaken(&self.cache, fetched);
                marked.properties.extend(overtaken.await?);
            }
            if ids.is_empty() {
                self.ledger.fetches_again();
            }
            ids.extend(
                all.iter()
                    .filter(|id| marked.everything || marked.properties.contains(*id))
                    .cloned(),
            );
            if ids.is_empty() {
                break;
            }
            if round == ROUNDS {
                self.report_changing(Resource::Details).await?;
                break;
            }
            known.named.refs.clear();
        }
        Ok(())
    }

    /// Forgets properties that are gone and that the cache does not know: nothing of them is to be removed.
    async fn forget_unknown(&self) -> Result<(), Error> {
        let gone = self.writes.changes.borrow().changed.gone.clone();
        if !gone.is_empty() {
            let known = self.cache.with_traces(&gone).await?;
            self.writes.changes.borrow_mut().changed.gone = known;
        }
        Ok(())
    }

    /// Searches for host names whose property is gone, or no longer serves them: they may have moved to another one.
    async fn owners_again(
        &self,
        owners: &mut Vec<(Fqdn, Id)>,
        known: &mut KnownAccount,
    ) -> Result<Vec<Id>, Halt> {
        if owners.is_empty() {
            return Ok(Vec::new());
        }
        let read = known.hosts.iter().filter(|(.., whole)| *whole);
        let read: HashSet<&Id> = read.map(|(property, ..)| &property.id).collect();
        let hosts = known.hosts.iter().flat_map(|(_, hosts, _)| hosts);
        let served: HashSet<Fqdn> = hosts
            .filter_map(|host| Fqdn::new(&host.name).ok())
            .collect();
        let named = &known.named;
        let is_others = |name: &Fqdn, id: &Id| {
            let owner = named.owned_by.get(name.as_str());
            owner.is_some_and(|owner| owner != id)
        };
        let moved = |(name, id): &mut (Fqdn, Id)| {
            named.gone.contains(id)
                || read.contains(id) && (!served.contains(name) || is_others(name, id))
        };
        let lost: Vec<(Fqdn, Id)> = owners.extract_if(.., moved).collect();
        let mut searched = Vec::new();
        for (name, id) in lost {
            if !self.checks() {
                self.drop_hosts(&[(name.clone(), id)]).await?;
            }
            searched.push(name);
        }
        if searched.is_empty() {
            return Ok(Vec::new());
        }
        let mut found = KnownAccount {
            named: NamedProperties {
                searched,
                ..NamedProperties::default()
            },
            ..KnownAccount::default()
        };
        self.find_owners(&mut found).await?;
        found.named.ids.retain(|id| !known.named.gone.contains(id));
        Ok(found.named.ids)
    }

    /// Replaces the fetched properties in the list of all properties, and removes those that are gone. If no
    /// list is cached, none is made, because a list of a few would be taken for all; but a former list is put
    /// back.
    async fn patch_list(&self, named: &NamedProperties) -> Result<(), Halt> {
        let former = self.before.and_then(|before| before.list.as_ref());
        if let Some(former) = former.filter(|former| !former.used.replace(true)) {
            self.put_back(former, named).await?;
        }
        if !self.wants(Resource::Details) {
            // No write of theirs shows what has changed.
            self.writes.compare_items(&named.properties, None).await?;
        }
        if named.properties.is_empty() && named.gone.is_empty() {
            return Ok(());
        }
        self.exchange_list(named).await
    }

    async fn put_back(&self, former: &RemovedList, named: &NamedProperties) -> Result<(), Halt> {
        let Some(list) = properties(&former.json) else {
            return Ok(());
        };
        self.compare(&list, named);
        // The rest of the list is as old as before: it must not contain what was invalidated since.
        let marks = self.cache.key(&Entry::Invalidated);
        let since = self.cache.store.marks_since(&marks, former.at + 1).await?;
        let Some(since) = since else { return Ok(()) };
        let own: HashSet<String> = named.ids.iter().map(warmed).collect();
        let left = former.expires.saturating_sub(self.cache.now().await?);
        if since.iter().any(|(member, _)| !own.contains(member))
            || !named.failed.is_empty()
            || left == 0
        {
            return Ok(());
        }
        let entry = Entry::Properties;
        let key = self.cache.key(&entry);
        if former.expires_early {
            // Removed to make room: the patched list is up to date.
            self.cache.remove(std::slice::from_ref(&key)).await?;
        }
        let write = Write::SetAbsent {
            key,
            value: patched(list, named),
            ttl: Duration::from_millis(left),
        };
        self.put(PendingWrite::new(&entry, write)).await
    }

    /// Changes the list in one step, if it is still as it was read: other processes may change it as well.
    async fn exchange_list(&self, named: &NamedProperties) -> Result<(), Halt> {
        let entry = Entry::Properties;
        let key = self.cache.key(&entry);
        let patch = async |former: &[u8], list: Vec<Property>| {
            self.compare(&list, named);
            let value = patched(list, named);
            if value == former && !self.checks() {
                return Ok(true);
            }
            let key = key.clone();
            let put = PendingWrite::new(&entry, Write::Patch { key, value });
            self.writes.exchange(former, put).await
        };
        if !self.cache.change_list(ATTEMPTS, patch).await? {
            let message = "other clients changed it during each attempt to patch it".to_owned();
            self.ledger
                .failed(Resource::Properties, key, "busy", message);
        }
        Ok(())
    }

    /// Marks properties that this run is about to write: other runs may hold an older form.
    pub(super) async fn announce(&self, all: &[Rc<Property>]) -> Result<(), Halt> {
        if !self.request.is_for_account() && !self.checks() {
            mark_warmed(&self.cache, all).await?;
        }
        Ok(())
    }

    /// Compares with the list, which may have a former form or name that the property's own key lacks.
    fn compare(&self, list: &[Property], named: &NamedProperties) {
        let mut changes = self.writes.changes.borrow_mut();
        for (listed, new) in differing(&named.properties, list) {
            changes.list_differs(listed, new);
        }
    }
}

impl CacheView<'_> {
    /// Returns what is cached about the items that a request names: the properties and their references. With
    /// `finds_owners` the API is to name the properties of host names.
    pub(super) async fn named(
        &self,
        request: &WarmRequest,
        finds_owners: bool,
    ) -> Result<KnownAccount, Error> {
        let mut named = NamedProperties {
            ids: request.ids.clone(),
            ..NamedProperties::default()
        };
        let mut listed: HashSet<Id> = request.ids.iter().cloned().collect();
        for (name, owner) in self.named_hosts(&request.hosts).await? {
            let Some(id) = owner.filter(|_| !finds_owners) else {
                named.searched.push(name);
                continue;
            };
            named.owners.push((name, id.clone()));
            if listed.insert(id.clone()) {
                named.ids.push(id);
            }
        }
        let mut found = self.own_items(&named.ids).await?;
        if found.len() < named.ids.len() {
            let have: HashSet<Id> = found.iter().map(|p| p.id.clone()).collect();
            let list = self.properties().await?;
            let more = list
                .unwrap_or_default()
                .into_iter()
                .filter(|property| !have.contains(&property.id) && listed.contains(&property.id));
            found.extend(more);
        }
        named.refs = found
            .iter()
            .map(|property| (property.id.clone(), PropertyRef::from(property)))
            .collect();
        named.unseen = named
            .ids
            .iter()
            .filter(|id| !named.refs.contains_key(*id))
            .cloned()
            .chain(
                named
                    .searched
                    .iter()
                    .filter_map(|name| Id::new(name.as_str()).ok()),
            )
            .collect();
        named.properties = found.into_iter().map(Rc::new).collect();
        let mut known = KnownAccount {
            named,
            ..KnownAccount::default()
        };
        if request.ids.len() + request.hosts.len() > 1 {
            // Needed to tell whether lists take fewer calls.
            known.groups = self.list(&Entry::AccountGroups, Group::parse).await?;
            known.pairs = PairStates::read(self).await?;
        }
        known.host_rows = self.host_rows().await?;
        Ok(known)
    }

    /// Returns the host names with their cached owners. A Unicode name stays as it is if it is cached in that form;
    /// otherwise it becomes punycode, as in the API.
    async fn named_hosts(&self, typed: &[Fqdn]) -> Result<Vec<(Fqdn, Option<Id>)>, Error> {
        let owners = self.owners(typed).await?;
        let form = |(name, owner): (&Fqdn, &Option<Id>)| {
            let ascii = name.in_ascii().filter(|_| owner.is_none());
            ascii.unwrap_or_else(|| name.clone())
        };
        let hosts: Vec<Fqdn> = typed.iter().zip(&owners).map(form).collect();
        let owners = if hosts == typed {
            owners
        } else {
            self.owners(&hosts).await?
        };
        Ok(hosts.into_iter().zip(owners).collect())
    }
}

impl CachedBefore {
    /// Reads what is cached about the items that a request names.
    pub(crate) async fn read(cache: &CacheView<'_>, request: &WarmRequest) -> Result<Self, Error> {
        let known = cache.named(request, false).await?;
        Ok(Self {
            owners: Owners::default(),
            refs: known.named.refs,
            groups: known.groups,
            host_rows: known.host_rows,
            list: None,
        })
    }

    /// Fills in what was cached before and is not any more.
    fn recall(&self, known: &mut KnownAccount) {
        for (id, at) in &self.refs {
            let known = known.named.refs.entry(id.clone());
            known.or_insert_with(|| at.clone());
        }
        known.groups = known.groups.take().or_else(|| self.groups.clone());
        known.host_rows = self.host_rows.or(known.host_rows);
    }
}

/// Returns the list with the received properties in it, and without those that are gone.
fn patched(mut list: Vec<Property>, named: &NamedProperties) -> Vec<u8> {
    let gone: HashSet<&Id> = named.gone.iter().collect();
    list.retain(|listed| !gone.contains(&listed.id));
    let places = list.iter().enumerate();
    let places: HashMap<Id, usize> = places.map(|(at, one)| (one.id.clone(), at)).collect();
    for property in &named.properties {
        let place = places.get(&property.id).and_then(|at| list.get_mut(*at));
        match place {
            Some(listed) => *listed = property.as_ref().clone(),
            None => list.push(property.as_ref().clone()),
        }
    }
    array(list.iter().map(|property| property.json.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn property(json: &str) -> Property {
        Property::parse(json).unwrap()
    }

    #[test]
    fn the_list_gets_the_new_items_and_loses_what_is_gone() {
        let list = [
            r#"{"propertyId":"prp_1","n":1}"#,
            r#"{"propertyId":"prp_12"}"#,
            r#"{"propertyId":"prp_2"}"#,
        ];
        let named = NamedProperties {
            properties: [
                r#"{"propertyId":"prp_1","n":2}"#,
                r#"{"propertyId":"prp_3"}"#,
            ]
            .map(|json| Rc::new(property(json)))
            .into(),
            gone: vec![Id::new("prp_2").unwrap()],
            ..NamedProperties::default()
        };
        let patched = patched(list.map(property).into(), &named);
        let expected =
            r#"[{"propertyId":"prp_1","n":2},{"propertyId":"prp_12"},{"propertyId":"prp_3"}]"#;
        assert_eq!(String::from_utf8(patched).unwrap(), expected);
    }
}
