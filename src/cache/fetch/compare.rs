//! Compares what a run is about to write with the earlier forms of properties, and removes what embeds those.

use super::ask::{Origins, PendingWrite};
use super::baseline::digest;
use super::changes::{Changes, is_compared};
use super::forms::FormDigests;
use super::queue::Writes;
use super::view::CHUNK;
use crate::cache::Error;
use crate::cache::name_set::NameSet;
use crate::domain::key::{Entry, Id};
use crate::domain::papi::Property;
use crate::domain::progress::Progress;
use crate::domain::ttl::Resource;
use crate::store::{self, Write};
use std::collections::{BTreeSet, HashMap};
use std::rc::Rc;

impl Writes<'_> {
    /// Returns true if nothing is cached that what the run writes could differ from, or if it writes nothing.
    fn changes_nothing(&self) -> bool {
        self.empty || self.comparison.is_some()
    }

    /// Returns the digests of these properties as they were before this run. To a refill they say nothing: what the
    /// cache agreed with was invalidated.
    async fn digests(&self, ids: &[Id]) -> Result<Rc<FormDigests>, Error> {
        if self.refills {
            return Ok(Rc::default());
        }
        if self.named {
            return Ok(Rc::new(FormDigests::of_some(&self.cache, ids).await?));
        }
        let read = async || Ok(Rc::new(FormDigests::read(&self.cache).await?));
        self.all_digests.get_or_try_init(read).await.cloned()
    }

    /// Compares values about to be written with the cached ones.
    pub(super) async fn compare(&self, batch: &[PendingWrite]) -> Result<(), Error> {
        if self.changes_nothing() {
            let mut changes = self.changes.borrow_mut();
            for put in batch {
                changes.made(put.resource);
            }
            return Ok(());
        }
        let puts: Vec<&PendingWrite> = batch.iter().filter(|put| is_compared(put)).collect();
        let keys: Vec<String> = puts.iter().map(|put| put.write.key().to_owned()).collect();
        let mut former = self.cache.values(&keys).await?;
        let mut ids = Vec::new();
        for (put, former) in puts.iter().zip(&mut former) {
            let (Origins::Property(id), Resource::Details) = (&put.about, put.resource) else {
                continue;
            };
            ids.push(id.clone());
            if let Write::Set { value, .. } = &put.write
                && self.named
            {
                self.known_items.replace(id, former.as_deref(), value);
            }
            if former.is_none() {
                // The property's own key has expired; the list may still have it.
                *former = self.listed_item(id).await?.map(<[u8]>::to_vec);
            }
        }
        let digests = if ids.is_empty() {
            Rc::default()
        } else {
            self.digests(&ids).await?
        };
        let listed = self.is_listed();
        let mut changes = self.changes.borrow_mut();
        changes.compared(&puts, former, &digests, listed);
        for put in batch {
            changes.stored(put);
        }
        Ok(())
    }

    /// Compares properties that the run takes as the newest form with all that is cached of them: their own keys, and
    /// their items in the list, which are in `listed` if it was read. So the forms that the run does not replace are
    /// found, whatever it was asked for.
    pub(super) async fn compare_items(
        &self,
        newest: &[Rc<Property>],
        listed: Option<&HashMap<Id, Rc<Property>>>,
    ) -> Result<(), Error> {
        self.agree_if_empty(newest);
        if self.changes_nothing() || newest.is_empty() {
            return Ok(());
        }
        let ids: Vec<Id> = newest.iter().map(|one| one.id.clone()).collect();
        let digests = self.digests(&ids).await?;
        for (some, ids) in newest.chunks(CHUNK).zip(ids.chunks(CHUNK)) {
            let keys = self.cache.keys_of(ids, Entry::Property);
            let own = self.cache.values(&keys).await?;
            for (property, own) in some.iter().zip(own) {
                let item = match listed {
                    Some(listed) => listed.get(&property.id).map(|item| item.json.as_bytes()),
                    None if own.is_none() => self.listed_item(&property.id).await?,
                    None => None,
                };
                let cached: Vec<&[u8]> = own.as_deref().into_iter().chain(item).collect();
                let is_listed = listed.is_some() || self.is_listed();
                let mut changes = self.changes.borrow_mut();
                changes.newest(property, &cached, &digests, is_listed);
            }
        }
        Ok(())
    }

    /// Remembers the forms of these properties if the cache was empty, so that nothing embeds others.
    pub(super) fn agree_if_empty(&self, newest: &[Rc<Property>]) {
        if self.empty && self.comparison.is_none() {
            let forms = newest.iter();
            let forms = forms.map(|one| (one.id.clone(), digest(one.json.as_bytes())));
            self.forms.borrow_mut().extend(forms);
        }
    }

    /// Returns the properties that the cache agrees with a form of, and that are not among all any more.
    pub(super) async fn compare_lost(&self, all: &NameSet) -> Result<BTreeSet<Id>, Error> {
        let digests = self.digests(&[]).await?;
        let lost = digests.ids().filter(|id| !all.contains(id.as_str()));
        let lost: BTreeSet<Id> = lost.cloned().collect();
        if !self.changes_nothing() {
            let mut changes = self.changes.borrow_mut();
            for id in &lost {
                changes.changed.add(id.clone(), None);
            }
        }
        Ok(lost)
    }

    /// Compares a list of properties that stays.
    pub(super) async fn compare_kept(&self, all: &[Rc<Property>]) -> Result<(), Error> {
        if self.changes_nothing() {
            return Ok(());
        }
        let digests = self.digests(&[]).await?;
        let mut changes = self.changes.borrow_mut();
        changes.list_kept(all, &digests, self.generation > 1);
        Ok(())
    }

    /// Returns a property's item in the list of all properties as it was before the first comparison.
    async fn listed_item(&self, id: &Id) -> Result<Option<&[u8]>, Error> {
        let listed = self
            .listed_before
            .get_or_try_init(|| self.cache.properties_by_id());
        let item = listed.await?.as_ref().and_then(|all| all.get(id));
        Ok(item.map(|item| item.json.as_bytes()))
    }

    /// Returns true if a list of all properties was read and is readable.
    fn is_listed(&self) -> bool {
        matches!(self.listed_before.get(), Some(Some(_)))
    }

    /// Removes values that embed a former form of a stored value, or a property that is gone. In an empty cache these are
    /// values that the run itself has stored.
    pub(super) async fn remove_stale(&self, progress: &dyn Progress) -> Result<(), Error> {
        if self.comparison.is_some() {
            return Ok(());
        }
        let mut changes = self.changes.take();
        let forms = changes.take_forms();
        if changes.any() {
            self.remove_embedding(changes, progress).await?;
        }
        self.forms.borrow_mut().extend(forms);
        Ok(())
    }

    async fn remove_embedding(
        &self,
        changes: Changes,
        progress: &dyn Progress,
    ) -> Result<(), Error> {
        let scan_skipped = match changes.remove_stale(&self.cache).await {
            Ok(removed) => {
                let scan_skipped = removed.scan_skipped.clone();
                self.ledger.removed_stale(removed);
                scan_skipped
            }
            Err(Error::Store(error @ (store::Error::Denied { .. } | store::Error::NoScan(_)))) => {
                Some(error.to_string())
            }
            Err(error) => return Err(error),
        };
        if let Some(reason) = scan_skipped {
            progress.note(&format!(
                "{reason}; searches and lists of the server may show former versions until they expire"
            ));
        }
        Ok(())
    }

    /// Remembers the forms that the cache agrees with now, unless the lines of all properties have them.
    pub(super) async fn remember_forms(&self) -> Result<(), Error> {
        let forms = self.forms.take();
        self.cache.remember_forms(&forms).await
    }
}
