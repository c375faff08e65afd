//! Restores an undo file, except for records that have expired, that would overwrite something newer, or that were
//! invalidated again later.

use super::UndoFile;
use super::block::{Block, PlacedRecord};
use super::folder::Records;
use super::newer::NewerProperties;
use super::target::RestoreTarget;
use crate::cache::copies::ListedItems;
use crate::cache::coverage::until_settled;
use crate::cache::values::owner_of;
use crate::cache::{Error, audit, note_replaced_marks};
use crate::domain::duration::milliseconds;
use crate::domain::invalidation::marks::LOST;
use crate::domain::invalidation::restorable;
use crate::domain::invalidation::restored::RestoreOutcome;
use crate::domain::invalidation::undo_file::UndoRecord;
use crate::domain::invalidation::{InvalidationTimes, MARK_LIFE};
use crate::domain::key::{Customer, Entry, Fqdn, Id, Scheme};
use crate::domain::progress::Progress;
use crate::domain::ttl::Policy;
use crate::stop::Stop;
use crate::store::Store;
use futures_util::stream::{FuturesUnordered, StreamExt};
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;
use tokio::task::{JoinError, JoinHandle};

/// Stages shown by the progress.
const SURVEY: &str = "comparing";
const STAGE: &str = "restoring";

/// Number of blocks restored concurrently.
const IN_FLIGHT: usize = 3;

/// How long marks certainly exist, in milliseconds, with a margin for clocks and slow reads.
const CERTAIN: u64 = 55 * 60 * 1000;

/// Restores one file.
pub(crate) struct Restore<'a> {
    pub store: &'a Store,
    /// Key scheme of the destination.
    pub scheme: &'a Scheme,
    /// The TTL policy.
    pub policy: &'a Policy,
    pub destination: RestoreTarget,
    /// Only count what would be restored.
    pub dry_run: bool,
    pub progress: &'a dyn Progress,
    pub stop: &'a Stop,
}

/// The passes over a file. First all of it is compared with the cache. Then a hash is restored, because its fields can
/// be compared only once it is back; then the rest.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Pass {
    Survey,
    Hashes,
    Rest,
}

impl Pass {
    /// True if the pass takes a record.
    fn takes(self, place: Option<&(Customer, Entry)>, record: &UndoRecord) -> bool {
        let is_hash = matches!(record, UndoRecord::Key { .. })
            && matches!(place, Some((_, Entry::Hostnames)));
        match self {
            Self::Survey => true,
            Self::Hashes => is_hash,
            Self::Rest => !is_hash,
        }
    }
}

/// The file and its next block; `None` at the end.
type ReadBlock = Result<(Records, Option<Vec<UndoRecord>>), Error>;

/// Invalidations since a customer's keys were removed, and the time of that removal.
type Later = BTreeMap<Customer, (InvalidationTimes, u64)>;

/// State shared by all blocks.
pub(super) struct PassContext<'a> {
    pass: Pass,
    /// The invalidation that is undone.
    own: &'a str,
    later: &'a RefCell<Later>,
    pub(super) newer: &'a RefCell<NewerProperties>,
    /// Start of the restore for each customer, by the clock of its marks.
    pub(super) began: &'a BTreeMap<Customer, u64>,
    /// The cached list of all properties at that time.
    pub(super) listed: &'a BTreeMap<Customer, ListedItems>,
    /// The server's clock at the last look.
    pub(super) now: &'a Cell<u64>,
    /// The file has a hash of host names.
    has_hash: &'a Cell<bool>,
}

impl Restore<'_> {
    /// Restores the records, and repeats this while the primaries change. `done` is filled even if an error ends the
    /// restore.
    pub(crate) async fn run(
        &self,
        kept: &UndoFile,
        done: &mut RestoreOutcome,
    ) -> Result<(), Error> {
        let mut first = true;
        let settled = until_settled(self.store, self.stop, async || {
            let mut round = RestoreOutcome::default();
            let ended = self.round(kept, &mut round).await;
            done.add_round(round, first);
            first = false;
            ended
        });
        let settled = settled.await;
        note_replaced_marks(self.store, |text| self.progress.note(text));
        done.unproven = settled?;
        Ok(())
    }

    async fn round(&self, kept: &UndoFile, done: &mut RestoreOutcome) -> Result<(), Error> {
        let (mut later, mut began) = (BTreeMap::new(), BTreeMap::new());
        let mut listed = BTreeMap::new();
        for customer in self.destination.customers.values() {
            let marks = self.scheme.key(customer, &Entry::Invalidated);
            began.insert(customer.clone(), self.store.now_for(&marks).await?);
            listed.insert(customer.clone(), self.listed(customer).await?);
        }
        for (from, customer) in &self.destination.customers {
            let at = kept
                .header
                .marked
                .get(from)
                .copied()
                .unwrap_or(kept.header.at);
            let marked = self.marked(customer, at, &kept.header.id).await?;
            later.insert(customer.clone(), (marked, at));
        }
        let (later, newer) = (RefCell::new(later), RefCell::default());
        let (now, has_hash) = (Cell::new(self.store.now().await?), Cell::new(false));
        let mut ended = Ok(());
        for (pass, stage) in [
            (Pass::Survey, SURVEY),
            (Pass::Hashes, STAGE),
            (Pass::Rest, STAGE),
        ] {
            if pass == Pass::Hashes && !has_hash.get() {
                continue;
            }
            let seen = PassContext {
                pass,
                own: &kept.header.id,
                later: &later,
                newer: &newer,
                began: &began,
                listed: &listed,
                now: &now,
                has_hash: &has_hash,
            };
            self.progress.begin(stage, Some(kept.records));
            ended = self.blocks(kept.records()?, &seen, stage, done).await;
            self.progress.end(stage);
            if ended.is_err() {
                break;
            }
        }
        if self.dry_run {
            return ended;
        }
        // Also after an error: what was restored until then may have been invalidated meanwhile.
        let checked = self.check(kept, &began, done).await;
        ended.and(checked)
    }

    /// Makes a pass block by block, several concurrently. The next block is read ahead. What is invalidated meanwhile is
    /// left out of the following blocks, in case this process is killed before the final check.
    async fn blocks(
        &self,
        records: Records,
        seen: &PassContext<'_>,
        stage: &'static str,
        done: &mut RestoreOutcome,
    ) -> Result<(), Error> {
        let mut in_flight = FuturesUnordered::new();
        let mut failed = None;
        let mut reading = Some(next_block(records));
        loop {
            let free = in_flight.len() < IN_FLIGHT && reading.is_some();
            let next = async {
                match &mut reading {
                    Some(reading) => reading.await.unwrap_or_else(unread),
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                biased;
                Some((part, steps, error)) = in_flight.next() => {
                    done.merge(part);
                    self.progress.advance(stage, steps);
                    failed = failed.or(error);
                }
                read = next, if free && failed.is_none() => {
                    reading = None;
                    let (records, block) = read?;
                    let Some(block) = block else { continue };
                    if self.stop.signal().is_some() {
                        done.stopped = true;
                        continue;
                    }
                    reading = Some(next_block(records));
                    in_flight.push(async move {
                        let mut part = RestoreOutcome::default();
                        let records = self.of_pass(block, seen.pass);
                        let steps = records.len() as u64;
                        let error = self.block(records, seen, &mut part).await.err();
                        (part, steps, error)
                    });
                }
                else => return failed.map_or(Ok(()), Err),
            }
        }
    }

    /// Returns the records that a pass takes, each with its place.
    fn of_pass(&self, records: Vec<UndoRecord>, pass: Pass) -> Vec<PlacedRecord> {
        let placed = records
            .into_iter()
            .map(|record| (self.destination.place(record.key()), record));
        placed
            .filter(|(place, record)| pass.takes(place.as_ref(), record))
            .collect()
    }

    async fn block(
        &self,
        records: Vec<PlacedRecord>,
        seen: &PassContext<'_>,
        done: &mut RestoreOutcome,
    ) -> Result<(), Error> {
        if seen.pass == Pass::Survey {
            let mut hashes = records
                .iter()
                .filter(|(place, record)| Pass::Hashes.takes(place.as_ref(), record));
            seen.has_hash
                .set(seen.has_hash.get() || hashes.next().is_some());
            return self.survey(&records, seen).await;
        }
        let block = self.sort(records, seen, done);
        // The look is for the blocks after this one. Waiting for it before each block left the server idle meanwhile.
        let put_back = self.put_back(block, seen, done);
        let (put_back, looked) = futures_util::join!(put_back, self.look(seen));
        put_back.and(looked)
    }

    /// Records the time, and what was invalidated since the restore began.
    async fn look(&self, seen: &PassContext<'_>) -> Result<(), Error> {
        seen.now.set(self.store.now().await?);
        for (customer, began) in seen.began {
            let marks = self.marks(customer, *began, seen.own).await?;
            if let Some((marked, _)) = seen.later.borrow_mut().get_mut(customer) {
                marked.extend(marks);
            }
        }
        Ok(())
    }

    /// Returns the marks from `at` on. Marks that were lost come from the audit log.
    pub(super) async fn marks(
        &self,
        customer: &Customer,
        at: u64,
        own: &str,
    ) -> Result<Vec<(String, u64)>, Error> {
        let key = self.scheme.key(customer, &Entry::Invalidated);
        let found = self.store.marks_since(&key, at).await?;
        if found.is_none() && !self.dry_run {
            self.store.replace_marks(&key, MARK_LIFE).await?;
        }
        let is_lost = |(member, _): &(String, u64)| member == LOST;
        let lost = found.as_ref().is_none_or(|marks| marks.iter().any(is_lost));
        let mut marks = found.unwrap_or_default();
        if lost {
            marks.retain(|mark| !is_lost(mark));
            marks.extend(audit::marks_since(self.store, self.scheme, customer, at, own).await?);
        }
        Ok(marks)
    }

    /// Returns what was invalidated after `at`, except by the invalidation `own`. Marks live for an hour; older ones
    /// come from the audit log.
    async fn marked(
        &self,
        customer: &Customer,
        at: u64,
        own: &str,
    ) -> Result<InvalidationTimes, Error> {
        let key = self.scheme.key(customer, &Entry::Invalidated);
        let mut marked = InvalidationTimes::default();
        marked.extend(self.marks(customer, at, own).await?);
        if self.store.now_for(&key).await?.saturating_sub(at) > CERTAIN.min(milliseconds(MARK_LIFE))
        {
            marked.extend(audit::marks_since(self.store, self.scheme, customer, at, own).await?);
        }
        Ok(marked)
    }

    /// Maps each record to its new name and drops those that must not be restored.
    fn sort(
        &self,
        records: Vec<PlacedRecord>,
        seen: &PassContext<'_>,
        done: &mut RestoreOutcome,
    ) -> Block {
        let (later, newer) = (seen.later.borrow(), seen.newer.borrow());
        let mut block = Block::default();
        let keeps_names = self.destination.keeps_names(self.scheme);
        for (place, record) in records {
            let Some((customer, entry)) = place else {
                done.refused += 1;
                continue;
            };
            // Records of other customers are skipped silently.
            let Some((marked, removed)) = later.get(&customer) else {
                continue;
            };
            let fits = match &record {
                UndoRecord::Key { saved, .. } => {
                    restorable::fits(&entry, saved.value.as_deref(), &saved.dump)
                }
                UndoRecord::Field { .. } => entry == Entry::Hostnames,
            };
            let (about, owner) = subject(&entry, &record);
            if !fits {
                done.refused += 1;
            } else if marked.after(&about, owner.as_deref(), *removed) {
                done.skipped_invalidated += 1;
            } else if newer.take(&customer, &about, record.value()) {
                done.skipped_newer += 1;
            } else {
                let renamed = (!keeps_names).then(|| self.scheme.key(&customer, &entry));
                block.add(renamed, customer, entry, record);
            }
        }
        block
    }
}

/// Returns the subject of a record and the property that its value names. A hostname, as a key or a field, comes from
/// its property and changes with it.
pub(super) fn subject(entry: &Entry, record: &UndoRecord) -> (Entry, Option<Id>) {
    match record {
        UndoRecord::Field { field, .. } => {
            let name = Fqdn::new(&String::from_utf8_lossy(&field.name));
            let about = name.map_or_else(|_| entry.clone(), Entry::Hostname);
            (about, owner_of(&field.value))
        }
        UndoRecord::Key { saved, .. } => {
            let value = saved
                .value
                .as_deref()
                .filter(|_| matches!(entry, Entry::Hostname(_)));
            (entry.clone(), value.and_then(owner_of))
        }
    }
}

/// Starts reading the next block on a blocking thread, so that the connections keep running.
fn next_block(mut records: Records) -> JoinHandle<ReadBlock> {
    tokio::task::spawn_blocking(move || {
        let block = records.next_block()?;
        Ok((records, block))
    })
}

/// Error of a reading thread that ended early.
fn unread(error: JoinError) -> ReadBlock {
    Err(Error::Disk {
        what: "reading the undo file".into(),
        source: Arc::new(io::Error::other(error)),
    })
}
