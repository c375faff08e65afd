//! Taking away what a plan names, batch by batch. Where it can be undone, a batch is on the disk before
//! it goes.

use super::Invalidation;
use super::found::Found;
use super::survey::Surveyed;
use super::tally::Ended;
use super::walk::Plan;
use crate::cache::Error;
use crate::cache::undo::UndoWriter;
use crate::domain::graph::soft_limit;
use crate::domain::key::{Customer, Entry};
use crate::domain::undo::Record;
use crate::store::{self, EarlyExpiry};
use futures_util::stream::{FuturesUnordered, StreamExt};
use std::time::Duration;

/// How many keys are taken from the plan at a time.
const BATCH: usize = 1000;

/// How many batches are on their way at the same time.
const IN_FLIGHT: usize = 3;

/// How many bytes are saved at a time.
const SAVED: u64 = 8 << 20;

/// How many fields of a hash are taken at a time.
const FIELDS: usize = 500;

/// The stage that progress is told of.
const STAGE: &str = "removing";

/// Because of which target a key falls, and whose it is.
pub(super) type Of<'s> = (usize, Option<&'s Customer>);

/// A batch, sorted by what becomes of it.
#[derive(Default)]
struct Batch<'s> {
    gone: Vec<Vec<u8>>,
    gone_of: Vec<Of<'s>>,
    soft: Vec<(Vec<u8>, Duration)>,
    soft_of: Vec<Of<'s>>,
}

/// What came of a batch.
struct Done<'s> {
    keys: u64,
    removed: Vec<(Of<'s>, u64)>,
    softened: Vec<(Of<'s>, EarlyExpiry)>,
    error: Option<store::Error>,
}

/// What all keys of a batch have in common, where it is the same for all: then they travel many to a
/// command, and their number is all that has to come back.
pub(super) fn common<'s>(of: &[Of<'s>]) -> Option<Of<'s>> {
    let first = of.first()?;
    of.iter().all(|other| other == first).then_some(*first)
}

impl Invalidation<'_> {
    /// Removes what the plan names, and the fields of hashes that fall with it. Stops at the edge of a
    /// batch when something fails or the operator wants it. `again`: what was softened before is still
    /// there, and counted already.
    pub(super) async fn remove(
        &self,
        surveyed: &Surveyed,
        plan: Plan,
        again: bool,
        writer: &mut Option<UndoWriter>,
        ended: &mut Ended,
    ) {
        self.progress.begin(STAGE, Some(plan.names.len()));
        if let Err(error) = self.keys(surveyed, plan, again, writer, ended).await {
            ended.fail(error);
        }
        self.progress.end(STAGE);
        if !ended.is_over()
            && let Err(error) = self.fields(surveyed, writer, ended).await
        {
            ended.fail(error);
        }
    }

    async fn keys(
        &self,
        surveyed: &Surveyed,
        plan: Plan,
        again: bool,
        writer: &mut Option<UndoWriter>,
        ended: &mut Ended,
    ) -> Result<(), Error> {
        let found = plan.found;
        let mut names = plan.names.read()?;
        let mut in_flight = FuturesUnordered::new();
        let mut result = Ok(());
        while result.is_ok() && !ended.is_over() {
            if self.stop.heard().is_some() {
                ended.stopped = true;
                break;
            }
            let keys = match names.take(BATCH) {
                Ok(keys) if keys.is_empty() => break,
                Ok(keys) => keys,
                Err(error) => {
                    result = Err(error);
                    break;
                }
            };
            let pieces = match self.affordable(keys, writer.is_some()).await {
                Ok(pieces) => pieces,
                Err(error) => {
                    result = Err(error);
                    break;
                }
            };
            for keys in pieces {
                let batch = self.sort(surveyed, &found, keys);
                if let Some(writer) = writer
                    && let Err(error) = self.save(writer, &batch).await
                {
                    result = Err(error);
                    break;
                }
                in_flight.push(self.carry_away(batch));
                while in_flight.len() >= IN_FLIGHT
                    && let Some(done) = in_flight.next().await
                {
                    self.enter(done, again, ended);
                }
            }
        }
        // What is on its way is waited for, whatever happened.
        while let Some(done) = in_flight.next().await {
            self.enter(done, again, ended);
        }
        result
    }

    /// Cuts a batch that is to be saved so that its values fit into memory together.
    async fn affordable(
        &self,
        keys: Vec<Vec<u8>>,
        saved: bool,
    ) -> Result<Vec<Vec<Vec<u8>>>, Error> {
        if !saved {
            return Ok(vec![keys]);
        }
        let sizes = self.store.memory(&keys).await?;
        let (mut pieces, mut piece, mut bytes) = (Vec::new(), Vec::new(), 0);
        for (key, size) in keys.into_iter().zip(sizes) {
            let size = size.unwrap_or(0);
            if !piece.is_empty() && bytes + size > SAVED {
                pieces.push(std::mem::take(&mut piece));
                bytes = 0;
            }
            bytes += size;
            piece.push(key);
        }
        pieces.push(piece);
        Ok(pieces)
    }

    fn sort<'s>(&self, surveyed: &'s Surveyed, found: &Found, keys: Vec<Vec<u8>>) -> Batch<'s> {
        let mut batch = Batch::default();
        for key in keys {
            let judged = surveyed.matcher.judge(&key);
            let Some(why) = found.why(&judged, &key) else {
                continue;
            };
            let of = (why.target, judged.customer);
            let limit =
                soft_limit(judged.rest).filter(|_| self.request.soft && judged.customer.is_some());
            if let Some(limit) = limit {
                batch.soft.push((key, limit));
                batch.soft_of.push(of);
            } else {
                batch.gone.push(key);
                batch.gone_of.push(of);
            }
        }
        batch
    }

    async fn save(&self, writer: &mut UndoWriter, batch: &Batch<'_>) -> Result<(), Error> {
        let saved = self.store.save(&batch.gone).await?;
        let records = batch.gone.iter().zip(saved).filter_map(|(key, saved)| {
            let saved = saved?;
            Some(Record::Key {
                key: key.clone(),
                expires: saved.expires,
                dump: saved.dump,
                value: saved.value,
            })
        });
        writer.write(records.collect()).await
    }

    async fn carry_away<'s>(&self, batch: Batch<'s>) -> Done<'s> {
        let mut done = Done {
            keys: (batch.gone.len() + batch.soft.len()) as u64,
            removed: Vec::new(),
            softened: Vec::new(),
            error: None,
        };
        if let Some(of) = common(&batch.gone_of) {
            match self.store.remove_many(&batch.gone).await {
                Ok(removed) => done.removed.push((of, removed)),
                Err(error) => done.error = Some(error),
            }
        } else {
            let removed = self.store.remove_each(&batch.gone).await;
            for (removed, of) in removed.into_iter().zip(batch.gone_of) {
                match removed {
                    Ok(removed) => done.removed.push((of, u64::from(removed))),
                    Err(error) => done.error = Some(error),
                }
            }
        }
        let softened = self.store.expire_early(&batch.soft).await;
        for (softened, of) in softened.into_iter().zip(batch.soft_of) {
            match softened {
                Ok(softened) => done.softened.push((of, softened)),
                Err(error) => done.error = Some(error),
            }
        }
        done
    }

    fn enter(&self, done: Done<'_>, again: bool, ended: &mut Ended) {
        self.progress.advance(STAGE, done.keys);
        for ((target, customer), removed) in done.removed {
            ended.outcome.removed.add(target, customer, removed);
        }
        for ((target, customer), softened) in done.softened {
            let counts = match softened {
                EarlyExpiry::Missing => false,
                EarlyExpiry::Already => !again,
                EarlyExpiry::Shortened => true,
            };
            let softened = &mut ended.outcome.softened;
            softened.add(target, customer, u64::from(counts));
        }
        if let Some(error) = done.error {
            ended.fail(error);
        }
    }

    /// Removes the fields of the hashes of host names, and the members of the indexes of searches.
    async fn fields(
        &self,
        surveyed: &Surveyed,
        writer: &mut Option<UndoWriter>,
        ended: &mut Ended,
    ) -> Result<(), Error> {
        for (customer, fields) in &surveyed.fields {
            let key = self.key(customer, &Entry::Hostnames);
            let names: Vec<String> = fields.iter().map(|(name, _)| name.clone()).collect();
            for names in names.chunks(FIELDS) {
                if let Some(writer) = writer {
                    let saved = self.store.save_fields(&key, names).await?;
                    let record = |field: store::SavedField| Record::Field {
                        key: key.clone().into_bytes(),
                        expires: field.expires,
                        name: field.name,
                        value: field.value,
                    };
                    writer
                        .write(saved.into_iter().map(record).collect())
                        .await?;
                }
                let dropped = self.store.drop_fields(&key, names).await?;
                let fields_of = &mut ended.outcome.fields_of;
                *fields_of.entry(customer.clone()).or_default() += dropped;
            }
        }
        for (customer, members) in &surveyed.members {
            let key = self.key(customer, &Entry::Searches);
            match self.store.drop_members(&key, members).await {
                Ok(_) | Err(store::Error::WrongType { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }
}
