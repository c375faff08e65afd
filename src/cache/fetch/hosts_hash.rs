//! The hash of all host names. It denies the names that it lacks, so its TTL says whether it is whole: it has the TTL of
//! an incomplete value from the first field that a run of the account writes until that run knows that no name is
//! missing. The whole TTL is refused if something was marked in the same epoch. Patches of single properties leave the
//! TTL as it is.

use super::Halt;
use super::all_hosts::HostOwners;
use super::ask::{Effect, Origins};
use super::run::FetchRun;
use crate::domain::key::Entry;
use crate::domain::ttl::{Resource, Ttl};
use crate::store::Write;
use std::time::Duration;

/// Number of fields in one write.
pub(super) const FIELDS: usize = 200;

impl FetchRun<'_> {
    /// Remembers that host names are written in another view than before. Until all are, the hash is due.
    pub(super) async fn change_view(&self) -> Result<(), Halt> {
        self.expire_hash(false).await?;
        self.queue.flush().await?;
        Ok(self.cache.remember_view(self.request.hostnames).await?)
    }

    /// Writes fields of the hash, which passes for incomplete until all are written: the run may end before.
    pub(super) async fn put_fields(&self, fields: Vec<(String, Vec<u8>)>) -> Result<(), Halt> {
        if fields.is_empty() {
            return Ok(());
        }
        let write = Write::Fields {
            key: self.cache.key(&Entry::Hostnames),
            fields,
            ttl: self.ttl(Resource::Hostnames, false),
        };
        self.put_hash(write, Effect::Amended).await
    }

    async fn put_hash(&self, write: Write, effect: Effect) -> Result<(), Halt> {
        self.write(Resource::Hostnames, write, Origins::Fields, effect)
            .await
    }

    /// Changes fields of the hash, which counts as a stored key of a run for named properties.
    pub(super) async fn patch_hash(
        &self,
        set: Vec<(String, Vec<u8>)>,
        drop: Vec<String>,
    ) -> Result<(), Halt> {
        if set.is_empty() && drop.is_empty() {
            return Ok(());
        }
        let key = self.cache.key(&Entry::Hostnames);
        let write = Write::PatchFields { key, set, drop };
        let named = !self.request.is_for_account() && self.before.is_none() && !self.checks();
        let first = named && !self.hash_patched.replace(true);
        let stored = first && self.cache.host_rows().await?.is_some();
        let effect = if stored {
            Effect::Stored
        } else {
            Effect::Amended
        };
        self.put_hash(write, effect).await
    }

    /// Removes lost host names from the hash (with `sweep`), and only then gives the hash its new TTL: a run
    /// that is killed half way must not keep old fields alive. An incomplete run removes nothing, and lost
    /// names make the hash due for the next run. A hash that this run has begun (`new`) holds no lost names, and
    /// is not read. Returns true if the hash is whole.
    pub(super) async fn finish_hash(
        &self,
        names: &HostOwners,
        sweep: bool,
        new: bool,
    ) -> Result<bool, Halt> {
        self.queue.flush().await?;
        let key = self.cache.key(&Entry::Hostnames);
        let lost = |name: Vec<u8>| {
            let name = String::from_utf8(name).ok()?;
            (sweep && !names.contains(&name)).then_some(name)
        };
        let lost = if new {
            None
        } else {
            self.cache.store.field_names_as(&key, lost).await?
        };
        let lost = lost.unwrap_or_default();
        let removes = sweep && self.ledger.is_complete();
        if names.is_empty() && removes && !self.checks() {
            // A hash without fields cannot exist. For an empty account, no hash is the right state.
            self.cache.remove(&[key]).await?;
            self.ledger.removed(Resource::Hostnames, lost.len());
            return Ok(true);
        }
        let whole = sweep
            && (removes || lost.is_empty())
            && self.has_fields(names.taken() + lost.len()).await?;
        let lost = if removes { lost } else { Vec::new() };
        if !self.checks() {
            self.ledger.removed(Resource::Hostnames, lost.len());
        }
        for chunk in lost.chunks(FIELDS) {
            let write = Write::DropFields {
                key: key.clone(),
                fields: chunk.to_vec(),
            };
            self.put_hash(write, Effect::Amended).await?;
        }
        if self.checks() && names.is_empty() {
            return Ok(whole);
        }
        self.expire_hash(whole).await?;
        if !self.checks() {
            self.ledger.stored(Resource::Hostnames, Effect::Stored, 0);
        }
        Ok(whole)
    }

    /// Returns true if the hash has at least as many fields, unless marks explain that it has less: it may have expired
    /// or been evicted while it was written.
    async fn has_fields(&self, count: usize) -> Result<bool, Halt> {
        if self.checks() || self.writes.marked_within().await?.is_some() {
            return Ok(true);
        }
        let fields = self.cache.host_rows().await?.unwrap_or_default();
        Ok(fields >= count as u64)
    }

    /// Returns true if there is no hash yet. A key of another type, which the hash could not overwrite, is
    /// removed.
    pub(super) async fn is_new_hash(&self) -> Result<bool, Halt> {
        let hash = [self.cache.key(&Entry::Hostnames)];
        let fields = self.cache.store.numbers_of_fields(&hash).await?;
        let other = fields.contains(&None);
        if other && !self.checks() {
            self.cache.remove(&hash).await?;
        }
        Ok(other || fields.contains(&Some(0)))
    }

    /// Returns true if the hash, which this run has brought up to date, is missing by now: its last field was removed.
    pub(super) async fn has_lost_hash(&self) -> Result<bool, Halt> {
        Ok(self.wants(Resource::Hostnames) && !self.checks() && self.is_new_hash().await?)
    }

    /// Gives the hash the TTL of a whole or of an incomplete value: once this run has written its fields or found them
    /// as they should be, and again once what was marked meanwhile was fetched again, or could not be. Until then the
    /// whole TTL counts from before the marks, so that a search heeds them.
    pub(super) async fn expire_hash(&self, whole: bool) -> Result<(), Halt> {
        self.hash_whole.set(whole);
        self.queue.flush().await?;
        let least = self.ttl(Resource::Hostnames, false);
        if !whole {
            return self.put_ttl(least, Origins::Fields).await;
        }
        let ttl = self.ttl(Resource::Hostnames, true);
        let (ttl, about) = match self.writes.marked_within().await? {
            None => (ttl, Origins::AllFields),
            Some(age) => (ttl.saturating_sub(age).max(least), Origins::Fields),
        };
        self.put_ttl(ttl, about).await
    }

    /// Keeps the hash from expiring. Its TTL is not shortened. It gets the whole one if the hash was found `whole`, or
    /// this run has made it so, and nothing was marked meanwhile.
    pub(super) async fn keep_hash(&self, whole: bool) -> Result<(), Halt> {
        let key = self.cache.key(&Entry::Hostnames);
        let left = self.cache.store.time_to_live(&[key]).await.pop();
        let least = self.ttl(Resource::Hostnames, false);
        let expires = matches!(left.transpose()?, Some(Ttl::Left(left)) if left < least);
        let whole = whole || self.hash_whole.get();
        self.hash_whole.set(whole);
        if expires {
            self.put_ttl(least, Origins::Fields).await?;
        }
        if whole {
            let ttl = self.ttl(Resource::Hostnames, true);
            self.put_ttl(ttl, Origins::AllFields).await?;
        }
        let kept = u64::from(expires || whole);
        self.ledger.kept_alive(Resource::Hostnames, kept);
        Ok(())
    }

    /// As the TTL of `AllFields`, it is not written if something was marked since the epoch began.
    async fn put_ttl(&self, ttl: Duration, about: Origins) -> Result<(), Halt> {
        let key = self.cache.key(&Entry::Hostnames);
        let write = Write::Expire { key, ttl };
        self.write(Resource::Hostnames, write, about, Effect::Amended)
            .await
    }
}
