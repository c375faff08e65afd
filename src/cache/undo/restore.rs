//! Putting back what an undo file holds: not what has expired, not over anything newer, and not
//! against a later invalidation.

use super::UndoFile;
use super::folder::Records;
use super::newer::Newer;
use crate::cache::coverage::until_settled;
use crate::cache::values::{owner_in_hash, owner_of_host};
use crate::cache::{Error, audit};
use crate::domain::invalidation::restorable;
use crate::domain::invalidation::restored::RestoreOutcome;
use crate::domain::invalidation::undo_file::UndoRecord;
use crate::domain::invalidation::{InvalidationTimes, MARK_LIFE};
use crate::domain::key::{Customer, Entry, Fqdn, Id, Key, Scheme};
use crate::domain::progress::Progress;
use crate::domain::ttl::Policy;
use crate::stop::Stop;
use crate::store::{Saved, SavedField, Store};
use futures_util::stream::{FuturesUnordered, StreamExt};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;

/// The stage that progress is reported of.
const STAGE: &str = "restoring";

/// How many blocks are put back at the same time.
const IN_FLIGHT: usize = 3;

/// How long marks are certain to exist, with room for clocks and for the time that reading takes.
const CERTAIN: u64 = 55 * 60 * 1000;

/// Where records go.
#[derive(Debug, Clone)]
pub(crate) struct RestoreTarget {
    /// The prefix that the keys of the file have.
    pub prefix: String,
    /// The customers whose records are put back, and under whose name.
    pub customers: BTreeMap<String, Customer>,
}

/// Putting back one file.
pub(crate) struct Restore<'a> {
    /// Where.
    pub store: &'a Store,
    /// How keys are named there.
    pub scheme: &'a Scheme,
    /// How long things may be kept.
    pub policy: &'a Policy,
    /// Which records, and as whose.
    pub destination: RestoreTarget,
    /// Only count what would be put back.
    pub dry_run: bool,
    /// Who listens.
    pub progress: &'a dyn Progress,
    /// Whether the operator wants to stop.
    pub stop: &'a Stop,
}

/// The records that are put back together. What the properties of a file turn out to be decides about
/// what was made from them.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Properties,
    Others,
}

/// What was invalidated since a customer's keys were removed, and when that was.
type Later = BTreeMap<Customer, (InvalidationTimes, u64)>;

/// Records of one block, under their new names.
#[derive(Default)]
pub(super) struct Block {
    pub(super) keys: Vec<Old>,
    pub(super) fields: BTreeMap<Customer, Vec<SavedField>>,
    /// Former properties that are not put back: another value may be cached.
    pub(super) left: Vec<FormerProperty>,
}

/// A property as it was.
pub(super) struct FormerProperty {
    pub(super) customer: Customer,
    pub(super) entry: Entry,
    pub(super) value: Vec<u8>,
}

impl Block {
    fn add(&mut self, key: String, customer: Customer, entry: Entry, record: UndoRecord) {
        match record {
            UndoRecord::Key {
                expires,
                dump,
                value,
                early,
                ..
            } => self.keys.push(Old {
                customer,
                entry,
                key: key.into_bytes(),
                saved: Saved {
                    dump,
                    expires,
                    value,
                },
                early,
            }),
            UndoRecord::Field {
                expires,
                name,
                value,
                ..
            } => self.fields.entry(customer).or_default().push(SavedField {
                name,
                value,
                expires,
            }),
        }
    }
}

/// A key as it was, under its new name.
pub(super) struct Old {
    pub(super) customer: Customer,
    pub(super) entry: Entry,
    pub(super) key: Vec<u8>,
    pub(super) saved: Saved,
    pub(super) early: bool,
}

impl FormerProperty {
    /// `None` for what is no property, and where its value is not known.
    pub(super) fn of(customer: Customer, entry: Entry, value: Option<Vec<u8>>) -> Option<Self> {
        let value = value.filter(|_| matches!(entry, Entry::Property(_)))?;
        Some(Self {
            customer,
            entry,
            value,
        })
    }
}

/// What the blocks know of each other.
struct Seen<'a> {
    part: Part,
    later: &'a RefCell<Later>,
    newer: &'a RefCell<Newer>,
    /// When it began to put back the keys of each customer, by the clock of its marks.
    began: &'a BTreeMap<Customer, u64>,
}

impl Restore<'_> {
    /// Puts the records back, and again while the primaries change under it. `done` is what was done,
    /// also where an error ends it.
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
        done.unproven = !*settled.as_ref().unwrap_or(&true);
        settled.map(|_| ())
    }

    async fn round(&self, kept: &UndoFile, done: &mut RestoreOutcome) -> Result<(), Error> {
        let (mut later, mut began) = (BTreeMap::new(), BTreeMap::new());
        for customer in self.destination.customers.values() {
            let marks = self.scheme.key(customer, &Entry::Invalidated);
            began.insert(customer.clone(), self.store.now_for(&marks).await?);
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
        self.progress.begin(STAGE, Some(kept.records));
        let (later, newer) = (RefCell::new(later), RefCell::default());
        let mut left = kept.records;
        for part in [Part::Properties, Part::Others] {
            if left > 0 {
                let seen = Seen {
                    part,
                    later: &later,
                    newer: &newer,
                    began: &began,
                };
                left -= self.blocks(kept.records()?, &seen, done).await?.min(left);
            }
        }
        self.progress.end(STAGE);
        if self.dry_run {
            return Ok(());
        }
        self.check(kept, &began, done).await
    }

    /// Puts the records back block by block, a few blocks at the same time while the next one is read;
    /// gives back how many there were. What is invalidated meanwhile is left out of the blocks that
    /// follow: a process that is killed does not come to its end.
    async fn blocks(
        &self,
        records: Records,
        seen: &Seen<'_>,
        done: &mut RestoreOutcome,
    ) -> Result<u64, Error> {
        let mut in_flight = FuturesUnordered::new();
        let (mut failed, mut count) = (None, 0);
        let mut reading = Some(Box::pin(next_block(records)));
        loop {
            let free = in_flight.len() < IN_FLIGHT && reading.is_some();
            let next = async {
                match &mut reading {
                    Some(reading) => reading.await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                biased;
                Some((part, steps, error)) = in_flight.next() => {
                    done.merge(part);
                    self.progress.advance(STAGE, steps);
                    count += steps;
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
                    reading = Some(Box::pin(next_block(records)));
                    in_flight.push(async move {
                        let (mut part, mut steps) = Default::default();
                        let error = self.block(block, seen, &mut part, &mut steps).await.err();
                        (part, steps, error)
                    });
                }
                else => return failed.map_or(Ok(count), Err),
            }
        }
    }

    /// Puts the records of a block back.
    async fn block(
        &self,
        records: Vec<UndoRecord>,
        seen: &Seen<'_>,
        done: &mut RestoreOutcome,
        steps: &mut u64,
    ) -> Result<(), Error> {
        let (now, looked) = futures_util::join!(self.store.now(), self.look(seen));
        looked?;
        let block = {
            let (later, newer) = (seen.later.borrow(), seen.newer.borrow());
            self.sort(records, seen.part, &later, &newer, done, steps)
        };
        let left = self.put_back(block, now?, done).await?;
        self.compare(left, seen).await
    }

    /// Compares properties that were not put back with those that are cached.
    async fn compare(&self, left: Vec<FormerProperty>, seen: &Seen<'_>) -> Result<(), Error> {
        let key = |former: &FormerProperty| self.scheme.key(&former.customer, &former.entry);
        let keys: Vec<String> = left.iter().map(key).collect();
        for (former, cached) in left.iter().zip(self.store.get(&keys).await) {
            if let (Some(cached), Entry::Property(id)) = (cached?, &former.entry) {
                let mut newer = seen.newer.borrow_mut();
                newer.compared(&former.customer, id, (&former.value, &cached));
            }
        }
        Ok(())
    }

    /// Enters what was invalidated since it began.
    async fn look(&self, seen: &Seen<'_>) -> Result<(), Error> {
        for (customer, began) in seen.began {
            let key = self.scheme.key(customer, &Entry::Invalidated);
            let marks = self.store.marks_since(&key, *began).await?;
            if let Some((marked, _)) = seen.later.borrow_mut().get_mut(customer) {
                for (member, at) in marks {
                    marked.record(&member, at);
                }
            }
        }
        Ok(())
    }

    /// What was invalidated after `at`, by others than the invalidation `own`. Marks live for an hour;
    /// beyond that, the audit log has them.
    async fn marked(
        &self,
        customer: &Customer,
        at: u64,
        own: &str,
    ) -> Result<InvalidationTimes, Error> {
        let key = self.scheme.key(customer, &Entry::Invalidated);
        let mut marked = InvalidationTimes::default();
        for (member, when) in self.store.marks_since(&key, at).await? {
            marked.record(&member, when);
        }
        if self.store.now_for(&key).await?.saturating_sub(at) > CERTAIN.min(millis(MARK_LIFE)) {
            let marks = audit::marks_since(self.store, self.scheme, customer, at, own).await?;
            for (member, when) in marks {
                marked.record(&member, when);
            }
        }
        Ok(marked)
    }

    /// Gives each record its new name, and leaves out what may not come back.
    fn sort(
        &self,
        records: Vec<UndoRecord>,
        part: Part,
        later: &Later,
        newer: &Newer,
        done: &mut RestoreOutcome,
        steps: &mut u64,
    ) -> Block {
        let mut block = Block::default();
        for record in records {
            let place = self.place(record.key());
            let own = match place {
                Some((_, Entry::Property(_))) => Part::Properties,
                _ => Part::Others,
            };
            if own != part {
                continue;
            }
            *steps += 1;
            let Some((customer, entry)) = place else {
                done.refused += 1;
                continue;
            };
            // Records of customers that were not asked for are no trouble.
            let Some((marked, at)) = later.get(&customer) else {
                continue;
            };
            let fits = match &record {
                UndoRecord::Key { dump, value, .. } => {
                    let key = Key::Of(customer.clone(), entry.clone());
                    restorable::fits(&key, value.as_deref(), dump)
                }
                UndoRecord::Field { .. } => entry == Entry::Hostnames,
            };
            let (about, owner) = subject(&entry, &record);
            if !fits {
                done.refused += 1;
            } else if marked.after(&about, owner.as_deref(), *at) {
                done.skipped_invalidated += 1;
                if let UndoRecord::Key { value, .. } = record {
                    let left = FormerProperty::of(customer, entry, value);
                    block.left.extend(left);
                }
            } else if newer.takes(&customer, &about, owner.as_deref()) {
                done.skipped_newer += 1;
            } else {
                block.add(self.scheme.key(&customer, &entry), customer, entry, record);
            }
        }
        block
    }

    /// Under whose name a key comes back, and what it is. `None`: undo may not write it.
    pub(super) fn place(&self, key: &[u8]) -> Option<(Customer, Entry)> {
        let from = Scheme::new(&self.destination.prefix).ok()?;
        let Some(Key::Of(customer, entry)) = from.parse(key) else {
            return None;
        };
        let to = self.destination.customers.get(customer.as_str());
        restorable::returns(&entry).then(|| (to.cloned().unwrap_or(customer), entry))
    }
}

/// What a record is about, and the property that its value names: a host name, whether it is a key or a
/// field, comes from its property and changes with it.
pub(super) fn subject(entry: &Entry, record: &UndoRecord) -> (Entry, Option<Id>) {
    match record {
        UndoRecord::Field { name, value, .. } => {
            let name = Fqdn::new(&String::from_utf8_lossy(name));
            let about = name.map_or_else(|_| entry.clone(), Entry::Hostname);
            (about, owner_in_hash(value))
        }
        UndoRecord::Key { value, .. } => {
            let value = value
                .as_deref()
                .filter(|_| matches!(entry, Entry::Hostname(_)));
            (entry.clone(), value.and_then(owner_of_host))
        }
    }
}

/// Reads the next block without keeping the connections waiting.
async fn next_block(mut records: Records) -> Result<(Records, Option<Vec<UndoRecord>>), Error> {
    let read = tokio::task::spawn_blocking(move || {
        let block = records.next_block()?;
        Ok((records, block))
    });
    read.await.unwrap_or_else(|error| {
        Err(Error::Disk {
            what: "reading the undo file".into(),
            source: Arc::new(io::Error::other(error)),
        })
    })
}

pub(super) fn millis(duration: std::time::Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
