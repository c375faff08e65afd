//! Ghosts: cached keys whose subject is gone at Akamai. A check reports those that a run would remove.

use super::Halt;
use super::check::written_since;
use super::known::{KnownAccount, NamedProperties};
use super::pair_states::Readable;
use super::run::FetchRun;
use super::values::{GroupContract, pair_of};
use crate::cache::Error;
use crate::domain::key::{Entry, Fqdn, Id, Key};
use crate::domain::ttl::Resource;
use crate::store;
use std::collections::{BTreeMap, BTreeSet, HashSet};

/// What a server without SCAN means for a check.
const NOT_REPORTED: &str = "what is cached of items that are gone at Akamai is not reported";

impl FetchRun<'_> {
    /// Searches all keys of the customer for ghosts, if everything was fetched.
    pub(super) async fn find_ghosts(&self, known: &KnownAccount) -> Result<(), Halt> {
        self.queue.flush().await?;
        if !self.ledger.is_complete() || known.spoiled {
            return Ok(());
        }
        let own: HashSet<&Id> = known.properties.iter().map(|one| &one.id).collect();
        let (hosts, contracts) = (&known.host_names, &known.contracts);
        let is_gone = |entry: &Entry| match (entry, entry.property()) {
            (_, Some(id)) => known.crawled && !own.contains(id),
            (Entry::Hostname(name), _) => hosts
                .as_ref()
                .is_some_and(|all| !all.contains(name.as_str())),
            (Entry::Contract(id), _) => contracts.as_ref().is_some_and(|all| !all.contains(id)),
            _ => false,
        };
        let mut ghosts = Vec::new();
        self.scan("*", NOT_REPORTED, |entry, key| {
            if is_gone(&entry) {
                ghosts.push((entry, key));
            }
        })
        .await?;
        self.leave_unreadable(&mut ghosts, known).await?;
        // What was written during the run may be newer than the lists.
        let resource = |entry: &Entry| entry.resource().unwrap_or(Resource::Details);
        let keys = ghosts.iter();
        let keys = keys.map(|(entry, key)| (key.clone(), resource(entry)));
        let new = written_since(&self.cache, self.writes.began, keys.collect()).await?;
        let old = ghosts.into_iter().zip(new).filter(|(_, new)| !new);
        self.report(old.map(|((_, key), _)| key));
        Ok(())
    }

    fn report(&self, keys: impl Iterator<Item = String>) {
        if let Some(comparison) = &self.writes.comparison {
            keys.for_each(|key| comparison.ghost(&key));
        }
    }

    /// Drops keys of properties of pairs that these credentials may not read: they may exist.
    async fn leave_unreadable(
        &self,
        ghosts: &mut Vec<(Entry, String)>,
        known: &KnownAccount,
    ) -> Result<(), Error> {
        let states = known.states();
        let never = |pair: &GroupContract| states.get(pair) == Some(&Readable::Never);
        if !known.asked.keys().any(never) {
            return Ok(());
        }
        let ids: BTreeSet<Id> = ghosts
            .iter()
            .filter_map(|(one, _)| one.property().cloned())
            .collect();
        let ids: Vec<Id> = ids.into_iter().collect();
        let items = self.cache.own_items(&ids).await?.into_iter();
        let readable = items.filter(|one| !never(&pair_of(one)));
        let readable: HashSet<Id> = readable.map(|one| one.id).collect();
        ghosts.retain(|(entry, _)| entry.property().is_none_or(|id| readable.contains(id)));
        Ok(())
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
        let mut lost: BTreeMap<Id, Vec<(Entry, String)>> = BTreeMap::new();
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
