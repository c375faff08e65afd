//! Putting back what an undo file holds: not what has expired, not over anything newer, and not
//! against a later invalidation.

use super::Kept;
use crate::cache::{Error, audit};
use crate::domain::invalidation::{MARK_LIFE, Marked};
use crate::domain::key::{Customer, Entry, Scheme};
use crate::domain::progress::Progress;
use crate::domain::undo::Record;
use crate::stop::Stop;
use crate::store::{self, Saved, SavedField, Store};
use serde::Deserialize;
use std::collections::BTreeMap;

/// The stage that progress is told of.
const STAGE: &str = "restoring";

/// How long marks are certain to stand, with room for clocks and for the time that reading takes.
const CERTAIN: u64 = 55 * 60 * 1000;

/// Where records go.
#[derive(Debug, Clone)]
pub struct Destination {
    /// The prefix that the keys of the file have.
    pub prefix: String,
    /// The customers whose records are put back, and under whose name.
    pub customers: BTreeMap<String, Customer>,
}

/// Putting back one file.
pub struct Restore<'a> {
    /// Where.
    pub store: &'a Store,
    /// How keys are spelled there.
    pub scheme: &'a Scheme,
    /// Which records, and as whose.
    pub destination: Destination,
    /// Who listens.
    pub progress: &'a dyn Progress,
    /// Whether the operator wants to stop.
    pub stop: &'a Stop,
}

/// What became of the records.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Restored {
    /// Keys that are back, for each customer.
    pub restored: BTreeMap<Customer, u64>,
    /// Fields of the hash of host names that are back.
    pub fields: u64,
    /// Something newer stands in their place.
    pub skipped_newer: u64,
    /// Their time was over.
    pub skipped_expired: u64,
    /// They were invalidated again since.
    pub skipped_invalidated: u64,
    /// The server does not understand the dump, and there is no plain value.
    pub unreadable: u64,
    /// Records that lie outside the prefix and the customers.
    pub refused: u64,
    /// The operator asked to stop.
    pub stopped: bool,
}

impl Restored {
    /// Keys that are back.
    #[must_use]
    pub fn keys(&self) -> u64 {
        self.restored.values().sum()
    }
}

/// Records of one block, under their new names.
#[derive(Default)]
struct Block {
    keys: Vec<(Customer, Vec<u8>, Saved)>,
    fields: BTreeMap<Customer, Vec<SavedField>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Owner {
    property_id: Option<String>,
}

impl Restore<'_> {
    /// Puts the records back. `done` grows with what was done, also where an error ends it.
    pub async fn run(&self, kept: &Kept, done: &mut Restored) -> Result<(), Error> {
        let mut later = BTreeMap::new();
        for (from, customer) in &self.destination.customers {
            let at = kept
                .header
                .marked
                .get(from)
                .copied()
                .unwrap_or(kept.header.at);
            later.insert(customer.clone(), (self.marked(customer, at).await?, at));
        }
        let began = self.store.now().await?;
        self.progress.begin(STAGE, Some(kept.records));
        let mut blocks = kept.records()?;
        while let Some(records) = blocks.next_block()? {
            if self.stop.heard().is_some() {
                done.stopped = true;
                break;
            }
            let steps = records.len() as u64;
            let block = self.sort(records, &later, done);
            self.put_back(block, done).await?;
            self.progress.advance(STAGE, steps);
        }
        self.progress.end(STAGE);
        self.check(kept, began, done).await
    }

    /// What was invalidated after `at`. Marks stand for an hour; for longer, the audit tells.
    async fn marked(&self, customer: &Customer, at: u64) -> Result<Marked, Error> {
        let key = self.scheme.key(customer, &Entry::Invalidated);
        let mut marked = Marked::default();
        for (member, when) in self.store.marks_since(&key, at).await? {
            marked.enter(&member, when);
        }
        if self.store.now_for(&key).await?.saturating_sub(at) > CERTAIN.min(millis(MARK_LIFE)) {
            for (member, when) in audit::marks_since(self.store, self.scheme, customer, at).await? {
                marked.enter(&member, when);
            }
        }
        Ok(marked)
    }

    /// Gives each record its new name, and leaves out what may not come back.
    fn sort(
        &self,
        records: Vec<Record>,
        later: &BTreeMap<Customer, (Marked, u64)>,
        done: &mut Restored,
    ) -> Block {
        let mut block = Block::default();
        for record in records {
            let Some((customer, rest)) = self.place(record.key()) else {
                done.refused += 1;
                continue;
            };
            // Records of customers that were not asked for are no trouble.
            let Some((marked, at)) = later.get(&customer) else {
                continue;
            };
            match record {
                Record::Key {
                    expires,
                    dump,
                    value,
                    ..
                } => {
                    if marked.after(&rest, *at) {
                        done.skipped_invalidated += 1;
                        continue;
                    }
                    let of = self.scheme.of_customer(&customer).into_bytes();
                    let key = [of.as_slice(), &rest].concat();
                    block.keys.push((
                        customer,
                        key,
                        Saved {
                            dump,
                            expires,
                            value,
                        },
                    ));
                }
                Record::Field { name, value, .. } => {
                    let owner: Option<Owner> = serde_json::from_slice(&value).ok();
                    let owner = owner.and_then(|owner| owner.property_id);
                    if rest != Entry::Hostnames.to_string().as_bytes() {
                        done.refused += 1;
                    } else if marked.field_after(&name, owner.as_deref(), *at) {
                        done.skipped_invalidated += 1;
                    } else {
                        let fields = block.fields.entry(customer).or_default();
                        fields.push(SavedField { name, value });
                    }
                }
            }
        }
        block
    }

    /// Under whose name a key comes back, and what stands behind the customer. `None`: the file has no
    /// business with it.
    fn place(&self, key: &[u8]) -> Option<(Customer, Vec<u8>)> {
        let from = Scheme::new(&self.destination.prefix).ok()?;
        let (customer, rest) = from.split(key)?;
        let to = self.destination.customers.get(customer.as_str());
        Some((to.cloned().unwrap_or(customer), rest.to_vec()))
    }

    async fn put_back(&self, block: Block, done: &mut Restored) -> Result<(), Error> {
        let now = self.store.now().await?;
        let (mut owners, mut keys) = (Vec::new(), Vec::new());
        for (customer, key, saved) in block.keys {
            if saved.expires.is_some_and(|at| at <= now) {
                done.skipped_expired += 1;
            } else {
                owners.push(customer);
                keys.push((key, saved));
            }
        }
        let mut failed = None;
        for (customer, result) in owners.into_iter().zip(self.store.restore(&keys).await) {
            match result {
                Ok(store::Restored::Back) => *done.restored.entry(customer).or_default() += 1,
                Ok(store::Restored::Newer) => done.skipped_newer += 1,
                Ok(store::Restored::Unreadable) => done.unreadable += 1,
                Err(error) => failed = Some(error),
            }
        }
        if let Some(error) = failed {
            return Err(error.into());
        }
        for (customer, fields) in block.fields {
            let key = self.scheme.key(&customer, &Entry::Hostnames);
            let all = fields.len() as u64;
            match self.store.restore_fields(key.as_bytes(), &fields).await? {
                Some(back) => {
                    done.fields += back;
                    done.skipped_newer += all.saturating_sub(back);
                }
                // Its deadline went with the hash.
                None => done.skipped_expired += all,
            }
        }
        Ok(())
    }

    /// Removes again what was invalidated while it was put back.
    async fn check(&self, kept: &Kept, began: u64, done: &mut Restored) -> Result<(), Error> {
        for customer in self.destination.customers.values() {
            let key = self.scheme.key(customer, &Entry::Invalidated);
            let mut marked = Marked::default();
            for (member, at) in self.store.marks_since(&key, began).await? {
                marked.enter(&member, at);
            }
            if marked == Marked::default() {
                continue;
            }
            let mut blocks = kept.records()?;
            while let Some(records) = blocks.next_block()? {
                let fallen = records.iter().filter_map(|record| {
                    let (owner, rest) = self.place(record.key())?;
                    let fallen = owner == *customer && marked.after(&rest, began.saturating_sub(1));
                    let key = matches!(record, Record::Key { .. }) && fallen;
                    key.then(|| [self.scheme.of_customer(customer).as_bytes(), &rest].concat())
                });
                let removed = self.store.remove_many(&fallen.collect::<Vec<_>>()).await?;
                done.skipped_invalidated += removed;
                if let Some(restored) = done.restored.get_mut(customer) {
                    *restored = restored.saturating_sub(removed);
                }
            }
        }
        Ok(())
    }
}

fn millis(duration: std::time::Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
