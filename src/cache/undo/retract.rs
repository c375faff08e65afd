//! Removes again what was invalidated while it was being restored.

use super::UndoFile;
use super::restore::{Restore, subject};
use crate::cache::Error;
use crate::domain::invalidation::InvalidationTimes;
use crate::domain::invalidation::restored::RestoreOutcome;
use crate::domain::invalidation::undo_file::UndoRecord;
use crate::domain::key::{Customer, Entry};
use std::collections::BTreeMap;

impl Restore<'_> {
    /// Removes again what was invalidated since `began` (milliseconds since 1970, by the clock of the marks).
    pub(super) async fn check(
        &self,
        kept: &UndoFile,
        began: &BTreeMap<Customer, u64>,
        done: &mut RestoreOutcome,
    ) -> Result<(), Error> {
        for (customer, began) in began {
            let mut marked = InvalidationTimes::default();
            marked.extend(self.marks(customer, *began, &kept.header.id).await?);
            if marked == InvalidationTimes::default() {
                continue;
            }
            let since = began.saturating_sub(1);
            let mut blocks = kept.records()?;
            while let Some(records) = blocks.next_block()? {
                self.take_back(customer, &records, &marked, since, done)
                    .await?;
            }
        }
        Ok(())
    }

    /// Removes those of the records that were marked after `since`.
    async fn take_back(
        &self,
        customer: &Customer,
        records: &[UndoRecord],
        marked: &InvalidationTimes,
        since: u64,
        done: &mut RestoreOutcome,
    ) -> Result<(), Error> {
        let (mut keys, mut fields) = (Vec::new(), Vec::new());
        for record in records {
            let Some((_, entry)) = self
                .destination
                .place(record.key())
                .filter(|(of, _)| of == customer)
            else {
                continue;
            };
            let (about, owner) = subject(&entry, record);
            if !marked.after(&about, owner.as_deref(), since) {
                continue;
            }
            match record {
                UndoRecord::Key { .. } => keys.push(self.scheme.key(customer, &entry).into_bytes()),
                UndoRecord::Field { field, .. } => {
                    fields.push(String::from_utf8_lossy(&field.name).into_owned());
                }
            }
        }
        let removed = self.store.remove_many(&keys).await?;
        let hash = self.scheme.key(customer, &Entry::Hostnames);
        let (dropped, ended) = self.store.drop_fields(&hash, &fields).await;
        done.skipped_invalidated += removed + dropped;
        for (count, less) in [
            (done.restored.get_mut(customer), removed),
            (done.fields_of.get_mut(customer), dropped),
        ] {
            if let Some(count) = count {
                *count = count.saturating_sub(less);
            }
        }
        Ok(ended?)
    }
}
