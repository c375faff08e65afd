//! Writing the records of a block, or counting what that would do.

use super::restore::{Block, Restore, millis};
use crate::cache::Error;
use crate::domain::invalidation::restorable;
use crate::domain::invalidation::restored::RestoreOutcome;
use crate::domain::key::{Customer, Entry};
use crate::domain::ttl::Ttl;
use crate::store::{self, Saved, SavedField};
use std::collections::BTreeMap;

impl Restore<'_> {
    /// Writes what has not expired.
    pub(super) async fn put_back(
        &self,
        block: Block,
        done: &mut RestoreOutcome,
    ) -> Result<(), Error> {
        let now = self.store.now().await?;
        let (mut owners, mut keys) = (Vec::new(), Vec::new());
        for mut old in block.keys {
            if old.saved.expires.is_some_and(|at| at <= now) {
                done.skipped_expired += 1;
            } else {
                let had = old.saved.expires;
                old.saved.expires = restorable::deadline(&old.entry, had, now, self.policy);
                owners.push((old.customer, old.early));
                keys.push((old.key, old.saved));
            }
        }
        if self.dry_run {
            self.would_return(&owners, &keys, now, done).await?;
        } else {
            self.keys(owners, keys, now, done).await?;
        }
        self.fields(block.fields, now, done).await
    }

    /// Puts keys back, and gives those that were made to expire early their deadline.
    async fn keys(
        &self,
        owners: Vec<(Customer, bool)>,
        keys: Vec<(Vec<u8>, Saved)>,
        now: u64,
        done: &mut RestoreOutcome,
    ) -> Result<(), Error> {
        let results = self.store.restore(&keys).await;
        let (mut failed, mut early) = (None, Vec::new());
        for (((customer, was_early), (key, saved)), result) in
            owners.into_iter().zip(keys).zip(results)
        {
            match (result, saved.expires.filter(|_| was_early)) {
                (Ok(store::RestoreResult::Back), _) => {
                    *done.restored.entry(customer).or_default() += 1;
                }
                (Ok(store::RestoreResult::Newer), Some(at)) => early.push((customer, (key, at))),
                (Ok(store::RestoreResult::Newer), None) => done.skipped_newer += 1,
                (Ok(store::RestoreResult::Unreadable), _) => done.unreadable += 1,
                (Err(error), _) => failed = Some(error),
            }
        }
        let (owners, deadlines): (Vec<Customer>, Vec<(Vec<u8>, u64)>) = early.into_iter().unzip();
        let given = self.store.postpone(&deadlines, now).await?;
        for (customer, given) in owners.into_iter().zip(given) {
            if given {
                *done.restored.entry(customer).or_default() += 1;
            } else {
                done.skipped_newer += 1;
            }
        }
        failed.map_or(Ok(()), |error| Err(error.into()))
    }

    /// Counts what would be put back, and what would not.
    async fn would_return(
        &self,
        owners: &[(Customer, bool)],
        keys: &[(Vec<u8>, Saved)],
        now: u64,
        done: &mut RestoreOutcome,
    ) -> Result<(), Error> {
        let names = keys
            .iter()
            .map(|(key, _)| String::from_utf8_lossy(key).into_owned());
        let left = self.store.time_to_live(&names.collect::<Vec<_>>()).await;
        for (((customer, early), (_, saved)), left) in owners.iter().zip(keys).zip(left) {
            let returns = match left? {
                Ttl::Absent => true,
                Ttl::Left(left) => {
                    let is_early = |had| restorable::is_early(millis(left), now, had);
                    *early && saved.expires.is_some_and(is_early)
                }
                Ttl::Forever => false,
            };
            if returns {
                *done.restored.entry(customer.clone()).or_default() += 1;
            } else {
                done.skipped_newer += 1;
            }
        }
        Ok(())
    }

    async fn fields(
        &self,
        fields: BTreeMap<Customer, Vec<SavedField>>,
        now: u64,
        done: &mut RestoreOutcome,
    ) -> Result<(), Error> {
        for (customer, fields) in fields {
            let key = self.scheme.key(&customer, &Entry::Hostnames);
            let mut of: BTreeMap<Option<u64>, Vec<SavedField>> = BTreeMap::new();
            for field in fields {
                of.entry(field.expires).or_default().push(field);
            }
            for (expires, fields) in of {
                let all = fields.len() as u64;
                if expires.is_some_and(|at| at <= now) {
                    done.skipped_expired += all;
                    continue;
                }
                let expires = restorable::deadline(&Entry::Hostnames, expires, now, self.policy);
                let back = if self.dry_run {
                    self.absent_fields(&key, &fields).await?
                } else {
                    self.store.restore_fields(&key, expires, &fields).await?
                };
                *done.fields_of.entry(customer.clone()).or_default() += back;
                done.skipped_newer += all.saturating_sub(back);
            }
        }
        Ok(())
    }

    /// How many of these fields the hash does not have.
    async fn absent_fields(&self, key: &str, fields: &[SavedField]) -> Result<u64, Error> {
        let names = fields
            .iter()
            .map(|field| String::from_utf8_lossy(&field.name).into_owned());
        let values = self
            .store
            .field_values(key, &names.collect::<Vec<_>>())
            .await?;
        Ok(values.iter().filter(|value| value.is_none()).count() as u64)
    }
}
