//! Stores fetched values without bringing back anything that was invalidated meanwhile.

use super::look::CACHE;
use super::{Reader, Served, ServedFrom};
use crate::cache::Error;
use crate::cache::fetch::{
    ApiRequest, CacheView, Changes, Epoch, KeyNames, LOOKS, PendingWrite, ROUNDS,
};
use crate::domain::invalidation::marks::MarkedNames;
use crate::domain::key::{Entry, Id};
use crate::domain::ttl::Resource;
use crate::source;
use crate::store::{RenewedLock, SeenMarks, Write, WriteOutcome};

/// A fetched value and the writes that store it.
pub(super) struct Fetched {
    pub(super) value: Vec<u8>,
    pub(super) puts: Vec<PendingWrite>,
}

/// Outcome of storing values.
pub(super) enum StoreOutcome {
    /// The values were stored or could not be stored: either way they are an answer.
    Done,
    /// The values were invalidated since they were fetched, and are not stored.
    Marked,
}

/// What became of a batch of writes.
#[derive(Default)]
pub(super) struct WrittenBatch {
    /// Some were executed.
    pub(super) any: bool,
    /// Some were not, because something was marked.
    marked: bool,
    /// Why some failed.
    failed: Option<Error>,
}

impl Reader<'_> {
    /// Fetches an item and stores it, under its lock if we hold it. An item that was invalidated meanwhile is fetched
    /// again; after [`ROUNDS`] repetitions it is served without being cached.
    pub(super) async fn fetch_and_store(
        &self,
        item: &Entry,
        lock: Option<&RenewedLock>,
    ) -> Result<Served, Error> {
        let mut round = 0;
        loop {
            let epoch = self.epoch().await?;
            let fetched = match self.fetch(item).await {
                Ok(fetched) => fetched,
                Err(error) => {
                    if matches!(error, Error::Source(source::Error::NotFound { .. })) {
                        let unknown = self.note_unknown(item).await;
                        if item.absent().is_some() {
                            return Err(unknown);
                        }
                    }
                    return Err(error);
                }
            };
            let served = Served {
                origin: ServedFrom::Akamai,
                value: fetched.value,
            };
            let Some(epoch) = epoch else {
                // What needs it as well must not fetch it again.
                let value = served.value.clone();
                self.state.fetched.borrow_mut().insert(item.clone(), value);
                return Ok(served);
            };
            let stored = self.store_values(fetched.puts, &epoch, lock).await;
            if matches!(stored, StoreOutcome::Done) || round == ROUNDS {
                return Ok(served);
            }
            round += 1;
        }
    }

    /// Stores values unless they were invalidated since `epoch`.
    pub(super) async fn store_values(
        &self,
        puts: Vec<PendingWrite>,
        epoch: &Epoch,
        lock: Option<&RenewedLock>,
    ) -> StoreOutcome {
        let Some(cache) = self.cache() else {
            return StoreOutcome::Done;
        };
        let is_marked = |marked: &MarkedNames| puts.iter().any(|put| marked.takes(&put.about));
        let keys: Vec<String> = puts.iter().map(|put| put.write.key().to_owned()).collect();
        let changes = Changes::of(&cache, &puts).await;
        let mut written = false;
        for look in 0..=LOOKS {
            let seen = match epoch.look(&cache).await {
                Ok((marked, _)) if is_marked(&marked) => {
                    if written {
                        self.remove(&keys).await;
                    }
                    return StoreOutcome::Marked;
                }
                Ok((_, seen)) => seen.filter(|_| look < LOOKS),
                Err(error) => {
                    self.not_stored(&error);
                    return StoreOutcome::Done;
                }
            };
            let mut writes: Vec<Write> = puts.iter().map(|put| put.write.clone()).collect();
            if let Some(lock) = lock
                && !matches!(lock.still_ours().await, Ok(true))
            {
                // The present holder of the lock may have stored a newer value.
                writes = writes.into_iter().filter_map(absent_only).collect();
            }
            let wrote = self.put_unmarked(&mut writes, seen.as_ref()).await;
            self.report(&wrote);
            written |= wrote.any;
            if !wrote.marked {
                break;
            }
        }
        if !written {
            return StoreOutcome::Done;
        }
        // Marks are read before the removal as well: it must not take what has become newer than these values.
        let mut changes = Some(changes);
        loop {
            match epoch.look(&cache).await {
                Ok((marked, _)) if !is_marked(&marked) => {}
                Ok(_) => {
                    self.remove(&keys).await;
                    return StoreOutcome::Marked;
                }
                Err(error) => {
                    self.not_stored(&error);
                    self.remove(&keys).await;
                    return StoreOutcome::Done;
                }
            }
            let Some(changes) = changes.take() else {
                return StoreOutcome::Done;
            };
            let removed = async {
                let mut changes = changes?;
                let patched = cache.patch_listed(&puts, epoch, &mut changes).await;
                let forms = changes.take_forms();
                changes.remove_stale(&cache).await?;
                cache.remember_forms(&forms).await.and(patched)
            };
            if let Err(error) = removed.await {
                self.warn_once(
                    CACHE,
                    &format!(
                        "lists and searches of a former version could not be removed: {error}"
                    ),
                );
            }
        }
    }

    /// Returns the moment before a fetch; `None` if the cache is unusable.
    pub(super) async fn epoch(&self) -> Result<Option<Epoch>, Error> {
        let Some(cache) = self.cache() else {
            return Ok(None);
        };
        match Epoch::begin(&cache, false, false).await {
            Ok(epoch) => Ok(Some(epoch)),
            Err(Error::Store(error)) => {
                self.trouble(error)?;
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    /// Writes values unless something was marked since `seen`.
    pub(super) async fn put_unmarked(
        &self,
        writes: &mut [Write],
        seen: Option<&SeenMarks>,
    ) -> WrittenBatch {
        let mut batch = WrittenBatch::default();
        let Some(store) = self.usable() else {
            return batch;
        };
        for result in store.write_unmarked(writes, seen).await {
            match result {
                Ok(WriteOutcome::Marked) => batch.marked = true,
                Ok(_) => batch.any = true,
                Err(error) => batch.failed = Some(error.into()),
            }
        }
        batch
    }

    /// Warns of writes that failed. A value that cannot be stored is an answer all the same.
    pub(super) fn report(&self, wrote: &WrittenBatch) {
        if let Some(error) = &wrote.failed {
            self.not_stored(error);
        }
    }

    /// Removes keys; a failure is only a warning.
    pub(super) async fn remove(&self, keys: &[String]) {
        let Some(store) = self.usable().filter(|_| !keys.is_empty()) else {
            return;
        };
        for result in store.remove(keys).await {
            if let Err(error) = result {
                self.not_stored(&error.into());
            }
        }
    }

    /// Removes an item that the API does not know, remembers that for a while, and returns the error that says so. If
    /// a part of a property is missing, the property itself is asked for: without it all of it is removed, and with it
    /// only a missing version of the rules.
    pub(super) async fn note_unknown(&self, item: &Entry) -> Error {
        let mut unknown = self.unknown(item);
        match item.property() {
            Some(id) if self.is_gone(item, id).await => {
                self.note_gone([id.clone()].into()).await;
                unknown = self.unknown(&Entry::Property(id.clone()));
            }
            Some(_) if !matches!(item, Entry::Rules(..)) => {
                return self.not_found(format!("`{item}`"));
            }
            _ => self.store_absent(item.absent()).await,
        }
        self.remove(&[self.key(item)]).await;
        unknown
    }

    /// Returns true if the property of an item that the API does not know is unknown too.
    async fn is_gone(&self, item: &Entry, id: &Id) -> bool {
        if matches!(item, Entry::Property(_)) || self.state.gone.borrow().contains(id) {
            return true;
        }
        let property = ApiRequest::Property(self.listed_place(id).await);
        let answer = self.ask(&property).await;
        matches!(answer, Err(Error::Source(source::Error::NotFound { .. })))
    }

    /// Remembers for a while that the API does not know an item.
    pub(super) async fn store_absent(&self, entry: Option<Entry>) {
        let ttl = self.about.lifetimes.policy.ttl(Resource::Absent);
        let write = entry.map(|entry| self.keys().set(&entry, b"404".to_vec(), ttl));
        if let Some(write) = write {
            self.report(&self.put_unmarked(&mut [write], None).await);
        }
    }

    fn not_stored(&self, error: &Error) {
        self.warn_once(
            CACHE,
            &format!("what was fetched could not be stored: {error}"),
        );
    }

    pub(super) fn key(&self, entry: &Entry) -> String {
        self.keys().key(entry)
    }

    pub(super) fn keys(&self) -> KeyNames<'_> {
        KeyNames {
            scheme: self.about.scheme,
            customer: self.about.customer,
        }
    }

    /// Returns the cache, unless it is unreachable or its circuit is open.
    pub(super) fn cache(&self) -> Option<CacheView<'_>> {
        let store = self.usable()?;
        Some(CacheView {
            store,
            keys: self.keys(),
            lifetimes: self.about.lifetimes,
        })
    }
}

/// Returns a write that only creates the key; `None` if the write has no such form.
fn absent_only(write: Write) -> Option<Write> {
    match write {
        Write::Set {
            key,
            value,
            ttl: Some(ttl),
        } => Some(Write::SetAbsent { key, value, ttl }),
        _ => None,
    }
}
