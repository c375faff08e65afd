//! The one queue of writes: bounded batches, a few in flight, while fetching goes on. Before each batch the
//! lock is checked and the marks are read. On one server the transaction that writes watches the marks;
//! elsewhere the marks are read again after the batch.

mod channel;
mod ended;
mod evicted;
mod exchange;
mod indexed;

use super::ask::{Effect, Origins, PendingWrite};
use super::baseline::Digest;
use super::changes::Changes;
use super::check::Comparison;
use super::forms::FormDigests;
use super::journal::{Journal, MarkedKey};
use super::ledger::Ledger;
use super::marks::{Epoch, LOOKS};
use super::overtaken::KnownItems;
use super::view::CacheView;
use crate::cache::Error;
use crate::domain::invalidation::marks::MarkedNames;
use crate::domain::key::{Entry, Id};
use crate::domain::papi::Property;
use crate::domain::warm::WarmRequest;
use crate::source::Source;
use crate::store::{SeenMarks, Write, WriteOutcome};
use channel::{BATCH, Message};
pub(crate) use channel::{Closed, Drain, Queue, channel};
use ended::ends_the_run;
use futures_util::stream::{FuturesUnordered, StreamExt};
use std::cell::{Cell, RefCell};
use std::collections::{BTreeSet, HashMap};
use std::time::Duration;
use tokio::sync::{OnceCell, Semaphore};

/// Batches under way at once: some are prepared while others are written.
const IN_FLIGHT: usize = 6;

/// Batches that are written at once. The server always has one to carry out, and its other clients wait for no
/// more.
const WRITTEN: usize = 3;

struct BatchOutcome {
    /// Writes that were left out because something was marked.
    marked: Vec<PendingWrite>,
    /// The server watched the marks for every write: nothing that was written had been marked before.
    watched: bool,
    written: Result<(), Error>,
}

/// Writing side of a run: writes values, and removes them if they were invalidated meanwhile.
pub(crate) struct Writes<'a> {
    pub(super) cache: CacheView<'a>,
    pub(super) ledger: &'a Ledger,
    /// The run is for named properties, and other runs may go on beside it.
    pub(super) named: bool,
    /// Start of the run (ms since 1970, by the server's clock): before everything that it fetches.
    pub(super) began: u64,
    epoch: RefCell<std::rc::Rc<Epoch>>,
    turns: Semaphore,
    /// What was marked in this epoch.
    marked: RefCell<MarkedNames>,
    written: RefCell<Journal>,
    /// The server took no more writes. What is handed over from then on is only counted.
    failed: Cell<bool>,
    /// Properties to fetch again although nothing marked them: what is stored of them, or made from them, is not, or may
    /// not be, their newest form.
    pub(super) refetch: RefCell<BTreeSet<Id>>,
    pub(super) changes: RefCell<Changes>,
    pub(super) known_items: KnownItems,
    /// Items of the list of all properties by id, read when the first property's own key is missing.
    pub(super) listed_before: OnceCell<Option<HashMap<Id, Property>>>,
    /// The run fetches named properties again that were invalidated.
    pub(super) refills: bool,
    /// In a run of the whole account, read when the first property is compared.
    pub(super) all_digests: OnceCell<std::rc::Rc<FormDigests>>,
    /// Forms to remember because nothing embeds another any more.
    pub(super) forms: RefCell<HashMap<Id, Digest>>,
    pub(super) generation: u64,
    /// The server had no key but the run lock when the run began: none of others, and none that embeds a former form.
    pub(super) empty: bool,
    /// Set if the run writes nothing. Its writes are compared with the cache instead.
    pub(super) comparison: Option<Comparison>,
}

impl<'a> Writes<'a> {
    pub(super) async fn begin(
        cache: CacheView<'a>,
        ledger: &'a Ledger,
        request: &WarmRequest,
        source: &Source,
        refill: bool,
        empty: bool,
    ) -> Result<Self, Error> {
        let (named, check) = (!request.is_for_account(), request.check);
        let generation = if check {
            0
        } else {
            cache.next_generation().await?
        };
        ledger.numbered(Some(generation).filter(|_| !check));
        let resumed = source.resumed();
        let epoch = Epoch::begin_or_resume(&cache, named, check, resumed).await?;
        epoch.begin_checkpoint(source);
        Ok(Self {
            cache,
            ledger,
            named,
            generation,
            empty,
            began: epoch.since,
            epoch: RefCell::new(std::rc::Rc::new(epoch)),
            turns: Semaphore::new(WRITTEN),
            marked: RefCell::default(),
            written: RefCell::new(Journal::of(cache.keys)),
            failed: Cell::default(),
            refetch: RefCell::default(),
            changes: RefCell::new(Changes::none(named)),
            known_items: KnownItems::default(),
            listed_before: OnceCell::new(),
            refills: named && refill,
            all_digests: OnceCell::new(),
            forms: RefCell::default(),
            comparison: check.then(Comparison::default),
        })
    }

    /// Writes what is handed over until all queues are dropped. Calls `still_ours` before each batch: a run
    /// that has lost its lock writes nothing more.
    ///
    /// A single write that fails is recorded in the ledger. An error that would fail the next write as well
    /// ends the run: what is still handed over is counted as not stored, until the fetching side flushes.
    pub(super) async fn run(
        &self,
        mut drain: Drain,
        still_ours: impl AsyncFn() -> Result<(), Error>,
    ) -> Result<(), Error> {
        let (mut in_flight, mut ended) = (FuturesUnordered::new(), Ok(()));
        loop {
            let message = tokio::select! {
                message = drain.0.recv(), if in_flight.len() < IN_FLIGHT => message,
                Some(written) = in_flight.next() => { ended = self.first(ended, written)?; continue }
            };
            let barrier = match message {
                None => break,
                Some(Message::Barrier(done)) => Some(done),
                Some(Message::Put(first)) => {
                    let (batch, barrier) = drain.batch(*first);
                    let still_ours = &still_ours;
                    // Batches in flight go on meanwhile.
                    in_flight.push(self.batch(batch, still_ours));
                    barrier
                }
            };
            if let Some(done) = barrier {
                while let Some(written) = in_flight.next().await {
                    ended = self.first(ended, written)?;
                }
                if ended.is_ok() {
                    // The waiting side may have given up.
                    let _ = done.send(());
                }
            }
        }
        while let Some(written) = in_flight.next().await {
            ended = self.first(ended, written)?;
        }
        ended
    }

    async fn batch(
        &self,
        mut batch: Vec<PendingWrite>,
        still_ours: &impl AsyncFn() -> Result<(), Error>,
    ) -> Result<(), Error> {
        if let Some(comparison) = &self.comparison {
            still_ours().await?;
            self.ready(&mut batch).await?;
            let young = comparison.compare(&self.cache, self.began, &batch).await?;
            self.refetch.borrow_mut().extend(young);
            return Ok(());
        }
        let prepared = self.prepared(&mut batch, still_ours).await;
        let turn = self.turns.acquire().await;
        let mut seen = match prepared {
            Ok(seen) if !self.has_failed() => seen,
            prepared => {
                self.unstored(&batch);
                return prepared.map(drop);
            }
        };
        let (mut written, mut watched) = (Ok(()), true);
        for look in 1..=LOOKS {
            let outcome = self.write(batch, seen.as_ref()).await;
            (batch, written) = (outcome.marked, outcome.written);
            watched &= outcome.watched;
            if batch.is_empty() || written.is_err() {
                break;
            }
            match self.ready(&mut batch).await {
                Ok(now) => seen = now.filter(|_| look < LOOKS - 1),
                Err(error) => {
                    (written, watched) = (Err(error), false);
                    break;
                }
            }
        }
        drop(turn);
        if written.is_err() {
            self.failed.set(true);
            self.unstored(&batch);
        }
        if watched {
            return written;
        }
        // Also after an error: a part of the batch may be written.
        let removed = self.remove_marked().await;
        written.and(removed)
    }

    /// Prepares a batch: what is left of it may be written.
    async fn prepared(
        &self,
        batch: &mut Vec<PendingWrite>,
        still_ours: &impl AsyncFn() -> Result<(), Error>,
    ) -> Result<Option<SeenMarks>, Error> {
        if self.has_failed() {
            return Ok(None);
        }
        let (ours, seen) = futures_util::join!(still_ours(), self.ready(batch));
        ours?;
        let seen = seen?;
        self.compare(batch).await?;
        Ok(seen)
    }

    /// Reads the marks, and removes marked values from a batch.
    async fn ready(&self, batch: &mut Vec<PendingWrite>) -> Result<Option<SeenMarks>, Error> {
        let seen = self.look().await?;
        {
            let mut marked = self.marked.borrow_mut();
            if !marked.is_empty() {
                let mut owners = Vec::new();
                batch.retain(|put| {
                    let takes = marked.takes(&put.about);
                    if let (true, Origins::Host(_, owner)) = (takes, &put.about) {
                        owners.push(owner.clone());
                    }
                    !takes
                });
                for put in batch.iter_mut() {
                    marked.take_fields(put);
                }
                // The property that serves a host name is stale with it.
                marked.properties.extend(owners);
            }
        }
        Ok(seen)
    }

    /// Writes a batch, except for what was marked since `seen`.
    async fn write(&self, batch: Vec<PendingWrite>, seen: Option<&SeenMarks>) -> BatchOutcome {
        let (abouts, writes): (Vec<_>, Vec<Write>) = batch
            .into_iter()
            .map(|put| ((put.resource, put.about, put.effect), put.write))
            .unzip();
        let (entered, writes, results) = self.write_indexed(writes, seen).await;
        let unwatched = |result: &_| matches!(result, Ok(WriteOutcome::Unwatched) | Err(_));
        let watched = !results.iter().any(unwatched);
        let (mut marked, mut ended) = (Vec::new(), Ok(()));
        match (entered, abouts.first()) {
            (Err(error), Some((resource, ..))) if !ends_the_run(&error) => {
                let index = self.cache.key(&Entry::Generations);
                self.ledger
                    .failed(*resource, index, "store", error.to_string());
            }
            (entered, _) => ended = entered.map_err(Error::from),
        }
        let each = abouts.into_iter().zip(writes).zip(results);
        for (((resource, about, effect), write), result) in each {
            let counted = effect != Effect::Amended;
            match result {
                Ok(WriteOutcome::Marked) => {
                    marked.push(PendingWrite {
                        resource,
                        write,
                        about,
                        effect,
                    });
                    continue;
                }
                Ok(_) if matches!(write, Write::Scores { .. }) => {}
                Ok(_) if effect == Effect::KeptAlive => self.ledger.kept_alive(resource, 1),
                Ok(_) => {
                    self.ledger.stored(resource, effect, write.bytes());
                    self.ledger.wrote(resource, &write);
                }
                Err(error) if ends_the_run(&error) => {
                    if counted {
                        self.ledger.unstored(resource);
                    }
                    ended = Err(error.into());
                }
                Err(error) => {
                    let key = write.key().to_owned();
                    self.ledger
                        .failed(resource, key, "store", error.to_string());
                }
            }
            if counted {
                let mut written = self.written.borrow_mut();
                written.push(write.key(), resource, &about);
            }
        }
        BatchOutcome {
            marked,
            watched,
            written: ended,
        }
    }

    /// Returns the index entries of keys that this run keeps as they are, a batch at a time.
    pub(super) fn seen(&self, keys: &[String]) -> impl Iterator<Item = Write> {
        let entered = |keys: &[String]| self.cache.entered(self.generation, keys.to_vec(), true);
        keys.chunks(BATCH).map(entered)
    }

    /// Returns how long ago the epoch began, if something was marked in it.
    pub(super) async fn marked_within(&self) -> Result<Option<Duration>, Error> {
        if self.marked.borrow().is_empty() {
            return Ok(None);
        }
        let since = self.epoch.borrow().since;
        let age = self.cache.now().await?.saturating_sub(since);
        Ok(Some(Duration::from_millis(age)))
    }

    async fn look(&self) -> Result<Option<SeenMarks>, Error> {
        let epoch = self.epoch.borrow().clone();
        let (new, seen) = epoch.look(&self.cache).await?;
        self.marked.borrow_mut().join(new);
        Ok(seen)
    }

    /// Removes values that were written and have been invalidated since.
    pub(super) async fn remove_marked(&self) -> Result<(), Error> {
        self.look().await?;
        if self.comparison.is_some() || self.marked.borrow().is_empty() {
            return Ok(());
        }
        let removed = self.written.borrow_mut().remove(&self.marked.borrow());
        let (mut keys, mut names) = (Vec::with_capacity(removed.len()), BTreeSet::new());
        for MarkedKey {
            key,
            resource,
            host,
        } in removed
        {
            if let Some((name, owner)) = host {
                names.insert(name.to_string());
                // The property that serves a host name is stale with it.
                self.marked.borrow_mut().properties.insert(owner);
            }
            keys.push(key);
            self.ledger.removed(resource, 1);
        }
        let hash = self.cache.key(&Entry::Hostnames);
        if self.marked.borrow().everything && !keys.is_empty() {
            keys.push(hash.clone());
        }
        self.cache.remove(&keys).await?;
        names.extend(self.marked.borrow().hosts.iter().map(ToString::to_string));
        let names: Vec<String> = names.into_iter().collect();
        Ok(self.cache.store.drop_fields(&hash, &names).await.1?)
    }

    /// Ends the epoch, returns what was marked in it or is to be fetched again for another reason, and begins the next.
    /// What an interrupted run received is then not used any more.
    pub(super) async fn next_epoch(
        &self,
        source: &Source,
        pairs: usize,
    ) -> Result<MarkedNames, Error> {
        let next = Epoch::begin(&self.cache, self.named, self.comparison.is_some()).await?;
        self.remove_marked().await?;
        let mut marked = std::mem::take(&mut *self.marked.borrow_mut());
        if marked.is_much(pairs) {
            next.begin_checkpoint(source);
        } else if !marked.is_empty() {
            // A run that continues this one sees the same marks, and need not repeat the rest.
            source.stop_replaying();
        }
        *self.epoch.borrow_mut() = std::rc::Rc::new(next);
        marked.properties.extend(self.refetch.take());
        Ok(marked)
    }
}
