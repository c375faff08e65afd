//! Fetches several missing items together if lists take fewer calls than the items one by one. The rest is fetched
//! singly on demand.

use super::fetch::served_items;
use super::lists::CALLS;
use super::storing::{Fetched, StoreOutcome};
use super::{CONCURRENCY, Reader, Served, ServedFrom};
use crate::cache::Error;
use crate::cache::fetch::{
    ApiRequest, HostnameRows, Payload, PropertyLookup, ROUNDS, UNLISTED, array, host_calls,
    hosts_in, items as cached_items, lists_pay, pages,
};
use crate::cache::values::property;
use crate::domain::key::{Entry, Fqdn, Id};
use crate::domain::papi::{Group, Property};
use crate::domain::read::freshness::Freshness;
use crate::domain::warm::HostnameView;
use crate::source;
use crate::store::RenewedLock;
use futures_util::StreamExt;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::rc::Rc;

/// Calls for one host name: a search for its property, and the host names of that property.
const BY_NAME: u64 = 2;

impl Reader<'_> {
    /// Fetches the items that lists supply with fewer calls, unless another process is doing so.
    pub(super) async fn prefetch(&self, missing: &[Entry]) {
        if missing.len() < 2 {
            return;
        }
        let look = async || {
            let looks = self.look(missing).await?;
            let mut there = looks
                .iter()
                .map(|look| look.cached.is_some() || look.absent);
            Ok(there.all(|there| there).then_some(Ok(())))
        };
        let work = async |_: Option<&RenewedLock>| {
            self.fetch_together(missing).await;
            Ok(())
        };
        if let Err(error) = self.guarded(&Entry::Hostnames, look, work).await {
            log::info!("cannot fetch the properties together: {error}");
        }
    }

    /// Like `prefetch`, for cached items that are about to expire. Returns false if another process is refreshing
    /// them.
    pub(super) async fn refetch(&self, due: &[Entry]) -> bool {
        let Some(store) = self.usable().filter(|_| due.len() > 1) else {
            return true;
        };
        let Some(lock) = self.lock_now(store, &Entry::Hostnames).await else {
            return false;
        };
        let looks = self.look(due).await.unwrap_or_default();
        let still = due
            .iter()
            .zip(looks)
            .filter(|(_, look)| !matches!(look.cached, Some((_, Freshness::Fresh))));
        let still: Vec<Entry> = still.map(|(item, _)| item.clone()).collect();
        self.fetch_together(&still).await;
        self.release(lock).await;
        true
    }

    /// Fetches and stores the items, again if they were invalidated meanwhile.
    async fn fetch_together(&self, missing: &[Entry]) {
        for _ in 0..=ROUNDS {
            let Ok(epoch) = self.epoch().await else {
                return;
            };
            let (mut served, mut puts) = (BTreeMap::new(), Vec::new());
            for (item, fetched) in Box::pin(self.fetch_many(missing)).await {
                puts.extend(fetched.puts);
                served.insert(item, fetched.value);
            }
            if served.is_empty() {
                return;
            }
            self.state.fetched.borrow_mut().append(&mut served);
            let Some(epoch) = epoch else { return };
            if matches!(
                self.store_values(puts, &epoch, None).await,
                StoreOutcome::Done
            ) {
                return;
            }
        }
    }

    /// Returns the value of an item that this command has fetched, together with others or without a cache.
    pub(super) fn fetched_before(&self, item: &Entry) -> Option<Served> {
        let value = self.state.fetched.borrow().get(item).cloned()?;
        let origin = ServedFrom::Akamai;
        Some(Served { origin, value })
    }

    async fn fetch_many(&self, missing: &[Entry]) -> Vec<(Entry, Fetched)> {
        // Missing host names, properties whose host names are missing, properties whose versions are missing, and
        // missing properties.
        let (mut names, mut lists, mut versions) = (Vec::new(), Vec::new(), Vec::new());
        let mut wanted = BTreeSet::new();
        for item in missing {
            match item {
                Entry::Hostname(name) => names.push(name.clone()),
                Entry::PropertyHostnames(id) => lists.push(id.clone()),
                Entry::Versions(id) => versions.push(id.clone()),
                Entry::Property(id) => {
                    wanted.insert(id.clone());
                }
                _ => {}
            }
        }
        versions.extend(lists.iter().cloned());
        if names.len() + versions.len() + wanted.len() < 2 || self.identify().await.is_err() {
            return Vec::new();
        }
        let rows = match self.cache() {
            Some(cache) => cache.host_rows().await.unwrap_or_default(),
            None => None,
        };
        let mut known = HashMap::new();
        self.know(&versions, &mut known, &mut wanted).await;
        let mut listing = None;
        if !names.is_empty() {
            let single = names.len() as u64 * BY_NAME + calls_for(&lists, &known);
            listing = self.listing(single, rows).await;
        }
        let owners = listing.as_ref().map(|all| all.owners(&names));
        if let Some(owners) = &owners {
            // They are active nowhere; a search may still find some of them.
            let others = names.iter().filter(|name| !owners.contains_key(*name));
            let rest = others
                .skip(UNLISTED)
                .filter_map(|name| Id::new(name.as_str()).ok());
            self.state.unlisted.borrow_mut().extend(rest);
        }
        let owners = owners.unwrap_or_default();
        self.know(owners.values(), &mut known, &mut wanted).await;
        let mut many = Vec::new();
        for property in self.find_many(&wanted).await {
            let item = Entry::Property(property.id.clone());
            let fetched = self.value(&item, property.json.clone().into_bytes(), true);
            many.push((item, fetched));
            known.insert(property.id.clone(), Rc::new(property));
        }
        // The host names of the remaining properties can be read from the list only once these are known.
        let rest: BTreeSet<&Id> = lists.iter().chain(owners.values()).collect();
        let rest = rest.into_iter().filter(|id| !known.contains_key(*id));
        let rest: Vec<&Id> = rest.collect();
        let each = futures_util::stream::iter(rest)
            .map(|id| self.property(id))
            .buffered(CONCURRENCY);
        let each: Vec<Result<Property, Error>> = each.collect().await;
        for property in each.into_iter().flatten() {
            known.insert(property.id.clone(), Rc::new(property));
        }
        if listing.is_none() {
            listing = self.listing(calls_for(&lists, &known), rows).await;
        }
        if let Some(listing) = listing {
            many.extend(self.hosts(&listing, &lists, &owners, &known));
        }
        many
    }

    /// Takes host names from the account-wide list.
    fn hosts(
        &self,
        listing: &HostnameRows,
        lists: &[Id],
        owners: &HashMap<Fqdn, Id>,
        known: &HashMap<Id, Rc<Property>>,
    ) -> Vec<(Entry, Fetched)> {
        let ids: BTreeSet<&Id> = lists.iter().chain(owners.values()).collect();
        let properties = ids.iter().filter_map(|id| known.get(*id).cloned());
        let (mut many, mut rowless) = (Vec::new(), 0);
        for (property, hosts, _) in hosts_in(listing, &properties.collect::<Vec<_>>()) {
            let id = property.id.clone();
            let is_active = property.staging.or(property.production).is_some();
            if hosts.is_empty() && is_active && rowless < UNLISTED {
                // It may be gone, or its rows have shifted between two pages: it is asked alone.
                rowless += 1;
                continue;
            }
            if lists.contains(&id) {
                let list = array(hosts.iter().map(|host| host.item.as_str()));
                let item = Entry::PropertyHostnames(id.clone());
                let fetched = self.value(&item, list, true);
                many.push((item, fetched));
            }
            for host in &hosts {
                let Some(name) = Fqdn::new(&host.name).ok() else {
                    continue;
                };
                if owners.get(&name) == Some(&id) {
                    let served_by = (id.clone(), property.as_ref());
                    let fetched = self.host_value((name.clone(), host), served_by);
                    many.push((Entry::Hostname(name), fetched));
                }
            }
        }
        many
    }

    /// Adds the cached properties to `known` and the others to `wanted`.
    async fn know(
        &self,
        ids: impl IntoIterator<Item = &Id>,
        known: &mut HashMap<Id, Rc<Property>>,
        wanted: &mut BTreeSet<Id>,
    ) {
        let new = ids
            .into_iter()
            .filter(|id| !wanted.contains(*id) && !known.contains_key(*id));
        let new: BTreeSet<Id> = new.cloned().collect();
        let items: Vec<Entry> = new.iter().cloned().map(Entry::Property).collect();
        for look in self.look(&items).await.unwrap_or_default() {
            let cached = look.cached.and_then(|(value, _)| property(&value));
            known.extend(cached.map(|one| (one.id.clone(), Rc::new(one))));
        }
        wanted.extend(new.into_iter().filter(|id| !known.contains_key(id)));
    }

    /// Fetches the account-wide list of host names if it takes fewer calls than `single`; `None` unless it arrives
    /// complete.
    async fn listing(&self, single: u64, rows: Option<u64>) -> Option<HostnameRows> {
        if !lists_pay(rows.map_or(1, pages), single) {
            return None;
        }
        let most = self.limit().map_or(single, |_| single.min(CALLS as u64));
        match self.ask(&ApiRequest::Hostnames(most)).await.ok()?.value {
            Payload::Hostnames(listing) => {
                self.note_end(listing.error.as_ref());
                Some(listing).filter(HostnameRows::is_whole)
            }
            _ => None,
        }
    }

    /// Returns the properties that lists supply.
    async fn find_many(&self, ids: &BTreeSet<Id>) -> Vec<Property> {
        if ids.len() < 2 {
            return Vec::new();
        }
        let mut places = HashMap::new();
        for id in ids {
            places.insert(id.clone(), self.listed_place(id).await);
        }
        // A cached list has said what it has.
        let mut as_one = self.listed_places().await.is_empty();
        let states = self.pair_states().await;
        let mut lookup = PropertyLookup::new(ids.iter().cloned(), places, states);
        let groups = self.peek(&Entry::AccountGroups).await;
        if let Some(groups) = groups.and_then(|json| cached_items(&json, Group::parse)) {
            lookup.take_groups(&groups, false);
        }
        let mut found = Vec::new();
        loop {
            let asks = lookup.next();
            let too_many = self.limit().is_some() && asks.len() > CALLS;
            if too_many || self.state.halted.borrow().is_some() {
                return found;
            }
            match asks.first() {
                Some(ApiRequest::Groups) => {
                    let groups = if lookup.has_groups() {
                        // There may be a new one.
                        Box::pin(self.fetch_and_store(&Entry::AccountGroups, None)).await
                    } else {
                        self.one(Entry::AccountGroups).await
                    };
                    let learned = groups.and_then(|groups| {
                        let all = served_items(&groups, Group::parse)?;
                        Ok((all, groups.origin == ServedFrom::Akamai))
                    });
                    match learned {
                        Ok((groups, learned)) => lookup.take_groups(&groups, learned),
                        Err(_) => lookup.go_singly(),
                    }
                }
                // Fetched as one list: it is then cached as well, and one process fetches it for many.
                Some(ApiRequest::Properties(_)) if as_one && lookup.asks_all(&asks) => {
                    as_one = false;
                    let list = self.one(Entry::Properties).await;
                    // Another process that has fetched the list knows whether it is whole.
                    let answers = std::mem::take(&mut *self.state.list_answers.borrow_mut());
                    match list.and_then(|list| served_items(&list, Property::parse)) {
                        Ok(list) => found.extend(lookup.take_all(list, answers)),
                        Err(_) => lookup.go_singly(),
                    }
                }
                Some(ApiRequest::Properties(_)) => {
                    for (ask, answer) in self.ask_all(asks).await {
                        let ApiRequest::Properties(pair) = ask else {
                            continue;
                        };
                        match answer.map(|answered| (answered.value, answered.item_errors)) {
                            Ok((Payload::Properties(list), item_errors)) => {
                                let whole = item_errors.is_empty();
                                found.extend(lookup.take_list(pair, list, whole));
                            }
                            Err(Error::Source(source::Error::Forbidden { .. })) => {
                                lookup.take_failure(pair, true);
                            }
                            _ => lookup.take_failure(pair, false),
                        }
                    }
                }
                // The rest is fetched singly on demand.
                _ => {
                    self.note_gone(lookup.take_missing()).await;
                    let unlisted = lookup.left_out(&asks);
                    self.state.unlisted.borrow_mut().extend(unlisted);
                    return found;
                }
            }
        }
    }
}

/// Returns the number of calls that fetch the host names of these properties one by one. Unknown properties are not
/// counted.
fn calls_for(ids: &[Id], known: &HashMap<Id, Rc<Property>>) -> u64 {
    let each = ids.iter().filter_map(|id| known.get(id));
    each.map(|property| host_calls(property, HostnameView::Active))
        .sum()
}
