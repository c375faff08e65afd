//! The end of a run of the whole account: removes keys that an earlier run wrote and a complete one no longer
//! sees, and removes missing keys from the index of runs. Properties that are gone count as changes: what embeds
//! them is removed with the rest that is stale.

use super::known::KnownAccount;
use super::run::FetchRun;
use super::run_lock::still_ours;
use super::state::field::{CRAWL_RUN, HOSTS_RUN};
use crate::cache::Error;
use crate::domain::key::{Entry, Id, Key};
use crate::domain::ttl::Resource;
use std::collections::HashSet;

/// What a run has seen of the account.
struct LiveItems<'k> {
    /// Ids of all properties, if the list is known.
    properties: Option<HashSet<&'k str>>,
    /// Number of the last run that fetched all properties. A key with this number or a later one is not lost.
    crawl: u64,
    /// The same for all host names.
    hosts: u64,
}

impl LiveItems<'_> {
    /// Returns whether the property is among all; `None` if the list is unknown.
    fn knows(&self, id: &Id) -> Option<bool> {
        let all = self.properties.as_ref();
        all.map(|all| all.contains(id.as_str()))
    }
}

impl FetchRun<'_> {
    /// Sweeps the index. An incomplete run removes no keys.
    pub(super) async fn sweep(&self, known: &KnownAccount) -> Result<(), Error> {
        let seen = &self.live_items(known).await?;
        let removes = self.ledger.is_complete();
        let index = self.cache.key(&Entry::Generations);
        let store = self.cache.store;
        let before = format!("({}", self.writes.generation);
        let mut kept_until = 0;
        loop {
            let page = store.members(&index, ("-inf", &before), kept_until).await;
            let page = match page {
                Err(crate::store::Error::WrongType { .. }) => return Ok(()),
                page => page?,
            };
            if page.is_empty() {
                return Ok(());
            }
            still_ours(self.lock).await?;
            let count = page.len();
            let (mut lost, mut kept, mut dropped) = (Vec::new(), Vec::new(), Vec::new());
            for (member, score) in page {
                match self.entry(&member) {
                    None => dropped.push(member),
                    Some(entry) if removes && self.is_lost(&entry, score, seen) => {
                        lost.push((entry, member));
                    }
                    Some(_) => kept.push(member),
                }
            }
            kept.extend(self.spare_listed_hosts(&mut lost).await?);
            let there = store.exist(&kept).await;
            for (member, there) in kept.into_iter().zip(there) {
                if !there? {
                    dropped.push(member);
                }
            }
            self.remove_lost_keys(&lost, seen).await?;
            dropped.extend(lost.into_iter().map(|(_, member)| member));
            self.forget(&dropped).await?;
            kept_until += count - dropped.len();
        }
    }

    async fn forget(&self, members: &[Vec<u8>]) -> Result<(), Error> {
        let index = self.cache.key(&Entry::Generations);
        self.cache.store.drop_members(&index, members).await?;
        Ok(())
    }

    /// Remembers what this run fetched whole.
    async fn live_items<'k>(&self, known: &'k KnownAccount) -> Result<LiveItems<'k>, Error> {
        let own = self.writes.generation;
        let names = [CRAWL_RUN, HOSTS_RUN];
        let former = self.cache.remembered(names).await?;
        let whole = [known.crawled, known.host_names.is_some()];
        let new = names.into_iter().zip(whole).filter(|(_, whole)| *whole);
        let fields = new.map(|(name, _)| (name, own.to_string()));
        self.cache.remember(fields).await?;
        let mut last = whole.into_iter().zip(former).map(|(whole, former)| {
            let former = former.and_then(|text| text.parse().ok());
            if whole { own } else { former.unwrap_or(0) }
        });
        let ids = known.properties.iter().map(|one| one.id.as_str());
        Ok(LiveItems {
            properties: (known.has_all && !known.spoiled).then(|| ids.collect()),
            crawl: last.next().unwrap_or(0),
            hosts: last.next().unwrap_or(0),
        })
    }

    /// Parses a member of the index. It is data like any other, and must not lead to another customer.
    fn entry(&self, member: &[u8]) -> Option<Entry> {
        match self.cache.keys.scheme.parse(member)? {
            Key::Of(customer, entry) if customer == *self.cache.keys.customer => {
                entry.resource().map(|_| entry)
            }
            _ => None,
        }
    }

    /// Returns true if this run, being complete, would have written or kept the key if it were still valid.
    fn is_lost(&self, entry: &Entry, score: f64, seen: &LiveItems<'_>) -> bool {
        #[expect(clippy::cast_precision_loss, reason = "run numbers are small")]
        let before = |border: u64| score < border as f64;
        let known = |id: &Id| seen.knows(id);
        match entry {
            Entry::Rules(id, _) if known(id) == Some(true) => self.request.wants(Resource::Rules),
            Entry::Property(id)
            | Entry::PropertyHostnames(id)
            | Entry::Rules(id, _)
            | Entry::Versions(id)
            | Entry::Activations(id) => known(id) == Some(false) && before(seen.crawl),
            Entry::Hostname(_) => self.request.wants(Resource::Hostnames) && before(seen.hosts),
            Entry::Contract(_) => self.request.wants(Resource::Contracts),
            _ => false,
        }
    }

    /// Takes host names that are in the hash of all host names out of `lost`, and returns their keys.
    async fn spare_listed_hosts(
        &self,
        lost: &mut Vec<(Entry, Vec<u8>)>,
    ) -> Result<Vec<Vec<u8>>, Error> {
        let name = |(entry, _): &(Entry, Vec<u8>)| match entry {
            Entry::Hostname(name) => Some(name.to_string()),
            _ => None,
        };
        let names: Vec<String> = lost.iter().filter_map(name).collect();
        if names.is_empty() {
            return Ok(Vec::new());
        }
        let fields = self.cache.fields(&names).await?;
        let listed = names.into_iter().zip(fields);
        let listed: HashSet<String> = listed
            .filter_map(|(name, field)| field.map(|_| name))
            .collect();
        let spared = lost.extract_if(.., |one| {
            name(one).is_some_and(|name| listed.contains(&name))
        });
        Ok(spared.map(|(_, member)| member).collect())
    }

    /// Removes lost keys. Items of properties that are gone stay until what embeds them is removed too: they have the
    /// names by which it is found.
    async fn remove_lost_keys(
        &self,
        lost: &[(Entry, Vec<u8>)],
        seen: &LiveItems<'_>,
    ) -> Result<(), Error> {
        let mut keys = Vec::with_capacity(lost.len());
        for (entry, _) in lost {
            if let Some(id) = entry.property().filter(|id| seen.knows(id) == Some(false)) {
                self.writes.changes.borrow_mut().gone(id);
            }
            let stays = matches!(entry, Entry::Property(_));
            if let Some(resource) = entry.resource().filter(|_| !stays) {
                keys.push((resource, self.cache.key(entry)));
            }
        }
        let (resources, keys): (Vec<Resource>, Vec<String>) = keys.into_iter().unzip();
        let removed = self.cache.store.remove(&keys).await;
        for (resource, removed) in resources.into_iter().zip(removed) {
            self.ledger.removed(resource, usize::from(removed?));
        }
        Ok(())
    }
}
