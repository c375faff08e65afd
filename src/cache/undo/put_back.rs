//! Writes the records of a block, or counts what that would do.

use super::block::Block;
use super::restore::{PassContext, Restore};
use crate::cache::Error;
use crate::domain::duration::milliseconds;
use crate::domain::invalidation::restorable;
use crate::domain::invalidation::restored::RestoreOutcome;
use crate::domain::invalidation::undo_file::{SavedField, SavedKey};
use crate::domain::key::{Customer, Entry};
use crate::domain::ttl::Ttl;
use crate::store;
use std::collections::BTreeMap;

/// Customer and entry of a key, and whether it was made to expire early.
type Owner = (Customer, Entry, bool);

impl Restore<'_> {
    /// Writes the records that have not expired.
    pub(super) async fn put_back(
        &self,
        block: Block,
        seen: &PassContext<'_>,
        done: &mut RestoreOutcome,
    ) -> Result<(), Error> {
        let now = seen.now.get();
        let (mut owners, mut keys) = (Vec::new(), Vec::new());
        for mut old in block.keys {
            if old.saved.expires.is_some_and(|at| at <= now) {
                done.skipped_expired += 1;
            } else {
                let had = old.saved.expires;
                old.saved.expires = restorable::deadline(&old.entry, had, now, self.policy);
                owners.push((old.customer, old.entry, old.early));
                keys.push((old.key, old.saved));
            }
        }
        if self.dry_run {
            self.would_return(owners, keys, now, done).await?;
        } else {
            self.keys(owners, keys, seen, done).await?;
        }
        self.fields(block.fields, now, done).await
    }

    /// Restores keys, and the expiry times of keys that were made to expire early.
    async fn keys(
        &self,
        owners: Vec<Owner>,
        keys: Vec<(Vec<u8>, SavedKey)>,
        seen: &PassContext<'_>,
        done: &mut RestoreOutcome,
    ) -> Result<(), Error> {
        let results = self.store.restore(&keys).await;
        let (mut failed, mut early, mut hashes) = (None, Vec::new(), Vec::new());
        for (((customer, entry, was_early), (key, saved)), result) in
            owners.into_iter().zip(keys).zip(results)
        {
            match result {
                Ok(store::RestoreResult::Back) if entry == Entry::Hostnames => {
                    hashes.push(customer);
                }
                Ok(store::RestoreResult::Back) => done.count(customer, true),
                Ok(store::RestoreResult::Newer) => match saved.expires.filter(|_| was_early) {
                    Some(at) => early.push((customer, (key, at))),
                    None => done.count(customer, false),
                },
                Ok(store::RestoreResult::Unreadable) => done.unreadable += 1,
                Err(error) => failed = Some(error),
            }
        }
        for customer in hashes {
            let (dropped, stays) = self.drop_former_fields(&customer, seen).await?;
            done.skipped_newer += dropped;
            if stays {
                done.count(customer, true);
            }
        }
        let (owners, deadlines): (Vec<Customer>, Vec<(Vec<u8>, u64)>) = early.into_iter().unzip();
        let given = self.store.postpone(&deadlines, seen.now.get()).await?;
        for (customer, given) in owners.into_iter().zip(given) {
            done.count(customer, given);
        }
        failed.map_or(Ok(()), |error| Err(error.into()))
    }

    /// Counts what would be restored and what would be skipped.
    async fn would_return(
        &self,
        owners: Vec<Owner>,
        keys: Vec<(Vec<u8>, SavedKey)>,
        now: u64,
        done: &mut RestoreOutcome,
    ) -> Result<(), Error> {
        let names: Vec<&[u8]> = keys.iter().map(|(key, _)| key.as_slice()).collect();
        let times = self.store.time_to_live(&names).await;
        for (((customer, _, early), (_, saved)), ttl) in owners.into_iter().zip(keys).zip(times) {
            let returns = match ttl? {
                Ttl::Absent => true,
                Ttl::Left(left) => {
                    let is_early = |had| restorable::is_early(milliseconds(left), now, had);
                    early && saved.expires.is_some_and(is_early)
                }
                Ttl::Forever => false,
            };
            done.count(customer, returns);
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
                    match self.store.restore_fields(&key, expires, &fields).await {
                        // Without scripts the hash stays as it is; the keys behind it are restored all the same.
                        Err(error) if error.is_unknown_syntax() => {
                            done.fields_refused += all;
                            done.refusal.get_or_insert(error.to_string());
                            continue;
                        }
                        back => back?,
                    }
                };
                *done.fields_of.entry(customer.clone()).or_default() += back;
                done.skipped_newer += all.saturating_sub(back);
            }
        }
        Ok(())
    }

    /// Returns how many of these fields the hash lacks.
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
