//! Removes the selected keys in batches, from a plan or during a scan.
//!
//! Three steps run concurrently on different batches: the next values are read while earlier ones are written to the
//! undo file and those before them are removed. One sync serves all batches that wait for it, and no batch is removed
//! before it is synced.

mod input;

use super::Invalidation;
use super::pace::Pace;
use super::result::RunResult;
use super::spool::{Attribution, SelectedKey};
use super::survey::RemovalSurvey;
use crate::cache::Error;
use crate::cache::undo::UndoWriter;
use crate::domain::duration::milliseconds;
use crate::domain::invalidation::restorable;
use crate::domain::invalidation::undo_file::UndoRecord;
use crate::domain::key::Entry;
use crate::store::{self};
pub(super) use input::RemovalInput;

use futures_util::stream::{FuturesOrdered, FuturesUnordered, StreamExt};
use std::collections::BTreeMap;
use std::time::Duration;
use tokio::sync::mpsc;

/// Limit of keys in a batch.
const BATCH: usize = 500;

/// Approximate bytes of values read at a time.
const BATCH_BYTES: usize = 1 << 20;

/// Number of batches read concurrently.
const READS: usize = 2;

/// Number of batches that may wait to be saved and share a sync.
const WAITING: usize = 8;

/// Number of batches removed concurrently.
const IN_FLIGHT: usize = 3;

/// Number of keys of a batch that are measured if no plan did.
const MEASURED: usize = 4;

/// Number of hash fields removed at a time.
const FIELDS: usize = 500;

/// Stage shown by the progress.
pub(super) const STAGE: &str = "removing";

/// A removal in progress.
pub(crate) struct Removal<'a> {
    pub(super) job: &'a Invalidation<'a>,
    pub(super) writer: Option<UndoWriter>,
    pub(super) pace: Pace,
    /// Servers or slots moved before the last round.
    pub(super) moved: bool,
    /// Result so far.
    pub(crate) result: RunResult,
}

/// Keys with their undo records.
struct Batch {
    keys: Vec<SelectedKey>,
    records: Vec<UndoRecord>,
    /// Number of keys that undo would not restore.
    unsaved: u64,
    /// No plan has measured the keys.
    unmeasured: bool,
}

/// Result of removing a batch.
#[derive(Default)]
struct BatchResult {
    keys: u64,
    unsaved: u64,
    gone: Vec<(Attribution, u64)>,
    /// Whether the TTL of each key was shortened.
    expired: Vec<(Attribution, bool)>,
    bytes: u64,
    /// The server did not report it.
    bytes_unknown: bool,
    error: Option<store::Error>,
}

impl Removal<'_> {
    /// Removes the keys of `source`. Stops between batches after an error or when the operator asks to.
    pub(super) async fn keys(&mut self, mut source: RemovalInput<'_>) {
        let (read, waiting) = mpsc::channel(WAITING);
        let (saved, removable) = mpsc::channel(1);
        let saving = self.writer.is_some();
        let (job, most) = (self.job, self.pace.most(BATCH));
        let reading = job.read(&mut source, saving, most, &mut self.pace, read);
        let to_disk = save(self.writer.as_mut(), waiting, saved);
        let removing = job.remove(removable, &mut self.result);
        let (was_read, was_saved, ()) = futures_util::join!(reading, to_disk, removing);
        let ended = was_saved.and(was_read);
        let whole = ended.unwrap_or_else(|error| {
            self.result.fail(error);
            false
        });
        self.result.stopped |= !whole && job.stop.signal().is_some();
        if let RemovalInput::Scan { sample, .. } = source {
            self.result.outcome.sample.merge(sample);
        }
    }

    /// Removes fields of the hashes of hostnames.
    pub(super) async fn fields(&mut self, surveyed: &RemovalSurvey) -> Result<(), Error> {
        let store = self.job.store;
        for customer in surveyed.parts.keys() {
            let key = self.job.key(customer, &Entry::Hostnames);
            let fields = surveyed.fields(customer);
            let names: Vec<String> = fields.iter().map(|(name, _)| name.clone()).collect();
            for names in names.chunks(self.pace.most(FIELDS)) {
                self.pace.turn(names.len(), self.job.stop).await;
                if self.job.stop.signal().is_some() {
                    self.result.stopped = true;
                    return Ok(());
                }
                if let Some(writer) = &mut self.writer {
                    let saved = store.save_fields(&key, names).await?;
                    let record = |field| UndoRecord::Field {
                        key: key.clone().into_bytes(),
                        field,
                    };
                    let records = saved.into_iter().map(record).collect();
                    writer.write(vec![records]).await?;
                }
                let (dropped, ended) = store.drop_fields(&key, names).await;
                let fields_of = &mut self.result.outcome.fields_of;
                let count = fields_of.entry(customer.clone()).or_default();
                // A field that comes back and is removed again counts once.
                *count = (*count + dropped).min(fields.len() as u64);
                ended?;
            }
        }
        Ok(())
    }
}

/// Writes all waiting batches to disk and passes them on once they are synced.
async fn save(
    mut writer: Option<&mut UndoWriter>,
    mut waiting: mpsc::Receiver<Batch>,
    saved: mpsc::Sender<Batch>,
) -> Result<(), Error> {
    while let Some(first) = waiting.recv().await {
        let mut batches = vec![first];
        while let Ok(next) = waiting.try_recv() {
            batches.push(next);
        }
        if let Some(writer) = &mut writer {
            let records = batches
                .iter_mut()
                .map(|batch| std::mem::take(&mut batch.records));
            writer.write(records.collect()).await?;
        }
        for batch in batches {
            if saved.send(batch).await.is_err() {
                return Ok(());
            }
        }
    }
    Ok(())
}

impl Invalidation<'_> {
    /// Reads ahead: the next keys, and their values if they are saved. Returns whether it reached the end.
    async fn read(
        &self,
        source: &mut RemovalInput<'_>,
        saving: bool,
        most: usize,
        pace: &mut Pace,
        to: mpsc::Sender<Batch>,
    ) -> Result<bool, Error> {
        let (mut size, mut more) = (most, true);
        // At a given rate a value saved ahead would be old by the time that it is removed.
        let ahead = if pace.is_limited() { 1 } else { READS };
        let mut reads = FuturesOrdered::new();
        loop {
            if more && reads.len() < ahead {
                match source.next(size).await? {
                    Some(keys) => {
                        pace.turn(keys.len(), self.stop).await;
                        let unmeasured = matches!(source, RemovalInput::Scan { .. });
                        reads.push_back(self.values(keys, saving, unmeasured));
                    }
                    None => more = false,
                }
                continue;
            }
            let Some(batch) = reads.next().await else {
                return Ok(true);
            };
            let (batch, rest) = batch?;
            if !rest.is_empty() {
                reads.push_back(self.values(rest, saving, batch.unmeasured));
            }
            if saving {
                let bytes: usize = batch.records.iter().map(UndoRecord::bytes).sum();
                let mean = bytes / batch.keys.len().max(1);
                size = (BATCH_BYTES / mean.max(1)).clamp(1, most);
            }
            if self.stop.signal().is_some() || to.send(batch).await.is_err() {
                return Ok(false);
            }
        }
    }

    /// Reads the values to save, as many as can be held at once. Returns the remaining keys.
    async fn values(
        &self,
        mut keys: Vec<SelectedKey>,
        saving: bool,
        unmeasured: bool,
    ) -> Result<(Batch, Vec<SelectedKey>), Error> {
        let mut left = keys.len();
        let (mut records, mut unsaved) = (Vec::new(), 0);
        if saving {
            let of_data = keys.iter().filter_map(|selected| {
                let (_, entry) = restorable::place(self.scheme, &selected.key)?;
                Some((selected, entry))
            });
            let of_data: Vec<(&SelectedKey, Entry)> = of_data.collect();
            let names = of_data
                .iter()
                .map(|(selected, entry)| (&*selected.key, entry.type_name() == "string"));
            let names: Vec<(&[u8], bool)> = names.collect();
            let now = match keys.iter().find(|selected| selected.limit.is_some()) {
                Some(soft) => {
                    let key = String::from_utf8_lossy(&soft.key);
                    self.store.now_for(&key).await?
                }
                None => 0,
            };
            let saved = self.store.save(&names).await?;
            if let Some((first, _)) = names.get(saved.len()) {
                let at = keys.iter().position(|selected| selected.key == *first);
                left = at.unwrap_or(keys.len());
            }
            unsaved = left.saturating_sub(saved.len()) as u64;
            for ((selected, entry), saved) in of_data.iter().zip(saved) {
                let Some(saved) = saved else { continue };
                if !restorable::fits(entry, saved.value.as_deref(), &saved.dump) {
                    unsaved += 1;
                    continue;
                }
                // A key that expires as early by itself is not changed.
                let as_early = |(limit, at): (Duration, u64)| at <= now + milliseconds(limit);
                if selected.limit.zip(saved.expires).is_some_and(as_early) {
                    continue;
                }
                records.push(UndoRecord::Key {
                    key: selected.key.clone(),
                    saved,
                    early: selected.limit.is_some(),
                });
            }
        }
        let rest = keys.split_off(left);
        let batch = Batch {
            keys,
            records,
            unsaved,
            unmeasured,
        };
        Ok((batch, rest))
    }

    async fn remove(&self, mut batches: mpsc::Receiver<Batch>, result: &mut RunResult) {
        let mut in_flight = FuturesUnordered::new();
        let mut open = true;
        loop {
            tokio::select! {
                biased;
                Some(removed) = in_flight.next() => self.record(removed, result),
                batch = batches.recv(), if open && in_flight.len() < IN_FLIGHT => {
                    open = batch.is_some() && !result.is_over();
                    let Some(batch) = batch.filter(|_| open) else { continue };
                    if self.stop.signal().is_some() {
                        result.stopped = true;
                        open = false;
                        continue;
                    }
                    in_flight.push(self.remove_batch(batch));
                }
                else => break,
            }
        }
    }

    async fn remove_batch(&self, batch: Batch) -> BatchResult {
        let mut removed = BatchResult {
            keys: batch.keys.len() as u64,
            unsaved: batch.unsaved,
            ..BatchResult::default()
        };
        let measured: Vec<Vec<u8>> = if batch.unmeasured {
            let keys = batch.keys.iter().take(MEASURED);
            keys.map(|selected| selected.key.clone()).collect()
        } else {
            Vec::new()
        };
        let mut groups: BTreeMap<Attribution, Vec<Vec<u8>>> = BTreeMap::new();
        let (mut early, mut early_of): (Vec<(Vec<u8>, Duration)>, Vec<Attribution>) =
            Default::default();
        for SelectedKey { key, of, limit } in batch.keys {
            match limit {
                Some(limit) => {
                    early.push((key, limit));
                    early_of.push(of);
                }
                None => groups.entry(of).or_default().push(key),
            }
        }
        let (of, groups): (Vec<Attribution>, Vec<Vec<Vec<u8>>>) = groups.into_iter().unzip();
        // Sent first on the same connection, so that the keys still exist.
        let measuring = self.store.memory(&measured);
        let removing = self.store.remove_groups(&groups);
        let (sizes, (counts, ended)) = futures_util::join!(measuring, removing);
        removed.error = ended.err();
        // A key that comes back and is removed again counts once.
        let counts = of.into_iter().zip(counts);
        removed.gone.extend(counts.filter(|(of, _)| !of.again));
        let sizes: Vec<u64> = sizes.unwrap_or_default().into_iter().flatten().collect();
        let mean = sizes.iter().sum::<u64>() / (sizes.len().max(1) as u64);
        let gone = removed.gone.iter().map(|(_, count)| count).sum::<u64>();
        removed.bytes = mean * gone;
        removed.bytes_unknown = sizes.is_empty() && !measured.is_empty() && gone > 0;
        for (of, expired) in early_of
            .into_iter()
            .zip(self.store.expire_early(&early).await)
        {
            match expired {
                Ok(_) if of.again => {}
                Ok(expired) => removed.expired.push((of, expired)),
                Err(error) => removed.error = Some(error),
            }
        }
        removed
    }

    fn record(&self, removed: BatchResult, result: &mut RunResult) {
        self.progress.advance(STAGE, removed.keys);
        let customer = |of: Attribution| self.customers.get(of.customer?);
        let outcome = &mut result.outcome;
        outcome.unsaved += removed.unsaved;
        outcome.bytes += removed.bytes;
        outcome.bytes_unknown |= removed.bytes_unknown;
        for (of, count) in removed.gone {
            outcome.removed.add(of.target, customer(of), count);
        }
        for (of, expired) in removed.expired {
            let count = u64::from(expired);
            outcome.softened.add(of.target, customer(of), count);
        }
        if let Some(error) = removed.error {
            result.fail(error);
        }
    }
}
