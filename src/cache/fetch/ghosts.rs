//! Ghosts: cached keys whose subject is gone at Akamai. A check reports those that a run would remove.

use super::Halt;
use super::ask::ApiRequest;
use super::check::written_since;
use super::known::{KnownAccount, NamedProperties};
use super::pair_states::Readable;
use super::plan::FetchStep;
use super::run::FetchRun;
use super::values::GroupContract;
use crate::cache::Error;
use crate::domain::key::{Entry, Fqdn, Id, Key};
use crate::domain::ttl::Resource;
use crate::source::PropertyRef;
use crate::store;
use std::collections::{BTreeMap, BTreeSet, HashSet};

/// Maximum number of properties asked for one by one because their keys were written during the run.
const ASKED: usize = 100;

/// What a server without SCAN means for a check.
const NOT_REPORTED: &str = "what is cached of items that are gone at Akamai is not reported";

type KeysOf = BTreeMap<Id, Vec<(Entry, String)>>;

impl FetchRun<'_> {
    /// Searches all keys of the customer for ghosts, if everything was fetched.
    pub(super) async fn find_ghosts(&self, known: &mut KnownAccount) -> Result<(), Halt> {
        self.queue.flush().await?;
        if !self.ledger.is_complete() || known.spoiled {
            return Ok(());
        }
        let own: HashSet<Id> = known
            .properties
            .iter()
            .map(|property| property.id.clone())
            .collect();
        let (mut lost, mut single) = (KeysOf::new(), Vec::new());
        let (hosts, contracts) = (&known.host_names, &known.contracts);
        let lacks_host = |name: &str| hosts.as_ref().is_some_and(|all| !all.contains(name));
        let lacks = |id: &Id| contracts.as_ref().is_some_and(|all| !all.contains(id));
        self.scan("*", NOT_REPORTED, |entry, key| {
            if let Some(id) = entry.property() {
                if known.crawled && !own.contains(id) {
                    let keys = lost.entry(id.clone()).or_default();
                    keys.push((entry, key));
                }
                return;
            }
            match &entry {
                Entry::Hostname(name) if lacks_host(name.as_str()) => {
                    single.push((key, Resource::Hostnames));
                }
                Entry::Contract(id) if lacks(id) => {
                    single.push((key, Resource::Contracts));
                }
                _ => {}
            }
        })
        .await?;
        self.leave_unreadable(&mut lost, known).await?;
        let new = self.exist_after_all(&lost, known).await?;
        lost.retain(|id, _| !new.contains(id));
        self.report(lost.into_values().flatten().map(|(_, key)| key));
        let new = written_since(&self.cache, self.writes.began, single.clone()).await?;
        let old = single.into_iter().zip(new).filter(|(_, new)| !new);
        self.report(old.map(|((key, _), _)| key));
        Ok(())
    }

    fn report(&self, keys: impl Iterator<Item = String>) {
        if let Some(comparison) = &self.writes.comparison {
            keys.for_each(|key| comparison.ghost(&key));
        }
    }

    /// Drops properties of pairs that these credentials may not read: they may exist.
    async fn leave_unreadable(&self, lost: &mut KeysOf, known: &KnownAccount) -> Result<(), Error> {
        let states = known.states();
        let never = |pair: &GroupContract| states.get(pair) == Some(&Readable::Never);
        if !known.asked.keys().any(never) {
            return Ok(());
        }
        let ids: Vec<Id> = lost.keys().cloned().collect();
        let items = self.cache.own_items(&ids).await?.into_iter();
        let readable =
            items.filter(|one| !never(&(one.contract.to_string(), one.group.to_string())));
        let readable: HashSet<Id> = readable.map(|one| one.id).collect();
        lost.retain(|id, _| readable.contains(id));
        Ok(())
    }

    /// Asks for properties whose keys were written during the run: they may be new.
    async fn exist_after_all(
        &self,
        lost: &KeysOf,
        known: &mut KnownAccount,
    ) -> Result<BTreeSet<Id>, Halt> {
        let each = lost.iter().flat_map(|(id, keys)| {
            let resource = move |(entry, key): &(Entry, String)| {
                Some((id.clone(), (key.clone(), entry.resource()?)))
            };
            keys.iter().filter_map(resource)
        });
        let (ids, keys): (Vec<Id>, Vec<_>) = each.unzip();
        let young = written_since(&self.cache, self.writes.began, keys).await?;
        let new = ids.into_iter().zip(young).filter(|(_, young)| *young);
        let new: BTreeSet<Id> = new.map(|(id, _)| id).collect();
        if new.is_empty() {
            return Ok(new);
        }
        known.named = NamedProperties::default();
        let new = new.into_iter().take(ASKED).map(PropertyRef::new);
        let steps = FetchStep::each(new, ApiRequest::Property);
        self.carry_out(steps, known).await?;
        self.ledger.go_on()?;
        let found = std::mem::take(&mut known.named.properties);
        for property in &found {
            known.replace(property);
        }
        if !found.is_empty() {
            self.make_list(known).await?;
            self.queue.flush().await?;
        }
        Ok(found.iter().map(|property| property.id.clone()).collect())
    }

    /// Searches for cached values of named properties that do not exist. If nothing of a property is cached,
    /// there is nothing to compare, and its error is reported.
    pub(super) async fn find_ghosts_of_gone(
        &self,
        named: &mut NamedProperties,
    ) -> Result<(), Halt> {
        let gone = std::mem::take(&mut named.unknown);
        if gone.is_empty() {
            return Ok(());
        }
        self.queue.flush().await?;
        let mut lost = KeysOf::new();
        self.scan("property:*", NOT_REPORTED, |entry, key| {
            if let Some(id) = entry.property().filter(|id| gone.contains_key(*id)) {
                let keys = lost.entry(id.clone()).or_default();
                keys.push((entry, key));
            }
        })
        .await?;
        for (id, error) in gone {
            let Some(keys) = lost.remove(&id) else {
                self.ledger
                    .call_failed(Resource::Details, id.to_string(), error);
                continue;
            };
            for (entry, key) in keys {
                if let Entry::PropertyHostnames(id) = &entry {
                    let hosts = self.cache.host_names_of(&[id]).await?.into_iter();
                    let hosts = hosts.flatten().flatten();
                    let hosts = hosts.map(|name| (name, id.clone()));
                    // Unless another property serves them by now.
                    let fields = self.remove_lost(&hosts.collect::<Vec<_>>()).await?;
                    if let Some(comparison) = &self.writes.comparison {
                        comparison.ghosts(&self.cache.key(&Entry::Hostnames), &fields);
                    }
                }
                self.report([key].into_iter());
            }
        }
        Ok(())
    }

    /// Reports what is cached of a host name that no property serves. Returns false if nothing is: then there is
    /// nothing to compare.
    pub(super) async fn find_ghosts_of_host(&self, name: &str) -> Result<bool, Halt> {
        let (Ok(host), Some(comparison)) = (Fqdn::new(name), &self.writes.comparison) else {
            return Ok(false);
        };
        let fields = [host.to_string()];
        let key = self.cache.key(&Entry::Hostname(host));
        let by_key = self.cache.is_there(&key).await?;
        if by_key {
            comparison.ghost(&key);
        }
        let by_field = self
            .cache
            .fields(&fields)
            .await?
            .iter()
            .any(Option::is_some);
        if by_field {
            comparison.ghosts(&self.cache.key(&Entry::Hostnames), &fields);
        }
        Ok(by_key || by_field)
    }

    /// Passes the customer's keys that match to `each`, if they are spelled as ours. Without SCAN there are none, and
    /// `without` says what that means.
    pub(super) async fn scan(
        &self,
        pattern: &str,
        without: &str,
        mut each: impl FnMut(Entry, String),
    ) -> Result<(), Error> {
        let keys = self.cache.keys;
        let pattern = keys.scheme.pattern(keys.customer, pattern);
        let scan = async {
            let mut pages = self.cache.store.scan(pattern.as_bytes()).await?;
            while let Some(page) = pages.next().await {
                for key in page? {
                    if let Some(Key::Of(_, entry)) = keys.scheme.parse(&key)
                        && let Ok(key) = String::from_utf8(key)
                    {
                        each(entry, key);
                    }
                }
            }
            Ok(())
        };
        match scan.await {
            Err(error) if store::Error::refuses_scan(&error) => {
                self.progress.note(&format!("{error}; {without}"));
                Ok(())
            }
            scanned => Ok(scanned?),
        }
    }
}
