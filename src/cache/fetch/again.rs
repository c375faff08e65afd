//! Values that were invalidated while a run fetched them, or stored by runs for named properties: the queue removes
//! them, and they are fetched again here.

use super::Halt;
use super::known::KnownAccount;
use super::run::FetchRun;
use super::view::{CHUNK, items};
use crate::domain::invalidation::marks::MarkedNames;
use crate::domain::key::{Entry, Id};
use crate::domain::papi::VersionHostname;
use crate::domain::ttl::Resource;
use std::collections::HashSet;

/// Number of times that values are fetched again because they were invalidated while they were fetched. After that they
/// are not cached.
pub(crate) const ROUNDS: usize = 3;

impl FetchRun<'_> {
    /// Fetches again what was invalidated meanwhile, until nothing new is. The hash of all host names lacks what could
    /// not be fetched.
    pub(super) async fn fetch_marked(&self, known: KnownAccount) -> Result<KnownAccount, Halt> {
        let (failed, mut again) = (self.ledger.errors(), false);
        let fetched = Box::pin(self.fetch_in_rounds(known, &mut again)).await;
        if again && self.hash_whole.get() && !matches!(fetched, Err(Halt::Closed)) {
            let same = self.ledger.errors() == failed && !self.ledger.is_halted();
            self.expire_hash(fetched.is_ok() && same).await?;
        }
        fetched
    }

    async fn fetch_in_rounds(
        &self,
        mut known: KnownAccount,
        again: &mut bool,
    ) -> Result<KnownAccount, Halt> {
        for round in 0..=ROUNDS {
            self.queue.flush().await?;
            self.find_late(&mut known);
            self.find_heirs(&known).await?;
            let pairs = known.asked.len();
            let marked = self.writes.next_epoch(self.source, pairs).await?;
            if marked.is_empty() {
                return Ok(known);
            }
            *again = true;
            if round == ROUNDS {
                self.report_changing(Resource::Properties).await?;
            } else if marked.is_much(pairs) || self.has_lost_hash().await? {
                // What was removed is missing now, and the survey finds it.
                self.progress.note(
                    "much was invalidated or stored by other commands meanwhile: fetching what is missing",
                );
                self.ledger.fetches_again();
                known = self.all_stages().await?;
            } else {
                self.fetch_again(&marked, &mut known).await?;
            }
        }
        Ok(known)
    }

    /// Finds properties whose change was learned when it was too late to fetch them whole.
    fn find_late(&self, known: &mut KnownAccount) {
        let changes = self.writes.changes.borrow();
        let late = changes.embedded.difference(&known.changed);
        let late: Vec<Id> = late.cloned().collect();
        if self.checks() || late.is_empty() {
            return;
        }
        known.tree |= self.wants(Resource::Tree) && known.groups.is_some();
        known.changed.extend(late.iter().cloned());
        self.writes.refetch.borrow_mut().extend(late);
    }

    /// Removes the host names of properties that were found to be gone. They belong to other properties that list them.
    async fn find_heirs(&self, known: &KnownAccount) -> Result<(), Halt> {
        if self.checks() || !self.wants(Resource::Hostnames) {
            return Ok(());
        }
        let mut lost = HashSet::new();
        let gone = self.writes.changes.borrow().changed.gone.clone();
        let ids: Vec<&Id> = gone.iter().collect();
        for ids in ids.chunks(CHUNK) {
            let lists = ids.iter().zip(self.cache.host_names_of(ids).await?);
            let names = lists.flat_map(|(id, names)| {
                let names = names.unwrap_or_default().into_iter();
                names.map(|name| (name, Id::clone(id)))
            });
            lost.extend(self.drop_hosts(&names.collect::<Vec<_>>()).await?);
        }
        if lost.is_empty() {
            return Ok(());
        }
        let ids: Vec<Id> = known.properties.iter().map(|one| one.id.clone()).collect();
        for ids in ids.chunks(CHUNK) {
            let lists = self.cache.keys_of(ids, Entry::PropertyHostnames);
            for (id, list) in ids.iter().zip(self.cache.values(&lists).await?) {
                let hosts = list.and_then(|list| items(&list, VersionHostname::parse));
                let mut hosts = hosts.unwrap_or_default().into_iter();
                if hosts.any(|host| lost.contains(&host.name.to_lowercase())) {
                    self.writes.refetch.borrow_mut().insert(id.clone());
                }
            }
        }
        Ok(())
    }

    /// Reports items that were invalidated or changed again each time they were fetched.
    pub(super) async fn report_changing(&self, resource: Resource) -> Result<(), Halt> {
        let message = if let Some(ahead) = self.cache.marked_ahead().await? {
            let minutes = ahead.as_secs().div_ceil(60);
            format!(
                "it was invalidated before the Valkey server's clock went back; not stored until the clock catches up, in {minutes} min"
            )
        } else if self.checks() {
            "it changed during each comparison".to_owned()
        } else {
            "other commands invalidated or stored it during each fetch; run this again to store it"
                .to_owned()
        };
        self.ledger.failed(resource, None, "invalidated", message);
        Ok(())
    }

    async fn fetch_again(
        &self,
        marked: &MarkedNames,
        known: &mut KnownAccount,
    ) -> Result<(), Halt> {
        let all: HashSet<&Id> = known.properties.iter().map(|p| &p.id).collect();
        // A cached list that a check found to be newer may have one that the run does not know.
        let takes = |id: &&Id| self.checks() || all.contains(id);
        let ids = marked.properties.iter().filter(takes);
        let ids: Vec<Id> = ids.cloned().collect();
        drop(all);
        if !ids.is_empty() {
            let count = ids.len();
            self.progress.note(&format!(
                "{count} changed, or invalidated or stored by other commands meanwhile: fetching again"
            ));
            self.ledger.fetches_again();
            self.fetch_ids(ids, known).await?;
        }
        known.spoiled |= !known.named.failed.is_empty();
        if known.spoiled {
            // Keys made from all properties were removed, and are not made again.
            return Ok(());
        }
        let gone = std::mem::take(&mut known.named.gone);
        known.properties.retain(|known| !gone.contains(&known.id));
        let found = std::mem::take(&mut known.named.properties);
        self.take_newest(found, known).await?;
        self.make_list(known).await?;
        if known.tree {
            self.make_tree(known).await?;
        }
        if known.map.is_none() && self.writes.changes.borrow().any() {
            return self.map_of_cached(known).await;
        }
        self.remake_map(marked, known).await
    }
}
