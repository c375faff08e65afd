//! Looks, at the end of a run during which the server evicted keys, for those that the run wrote.

use super::Writes;
use crate::cache::Error;
use crate::domain::ttl::Resource;
use crate::domain::warm::WarmRequest;
use std::collections::{BTreeMap, HashSet};
use std::time::Duration;

/// Keys in one batch.
const BATCH: usize = 1000;

impl Writes<'_> {
    /// Records the keys that the run wrote and that are gone, unless they were invalidated or may have expired. The
    /// run writes nothing more.
    pub(in crate::cache::fetch) async fn report_evicted(
        &self,
        request: &WarmRequest,
    ) -> Result<(), Error> {
        self.look().await?;
        let (written, marked) = (self.written.take(), self.marked.take());
        let age = Duration::from_millis(self.cache.now().await?.saturating_sub(self.began));
        let (due, policy, jitter) = (request.due, self.cache.lifetimes.policy, request.jitter);
        let lasts = |resource| age < due.jittered(resource, policy, jitter, 1.0);
        let mut keys = written
            .keys(&marked)
            .filter(|(resource, _)| lasts(*resource));
        // A key may have been written twice.
        let mut gone: BTreeMap<Resource, HashSet<Vec<u8>>> = BTreeMap::new();
        loop {
            let (resources, keys): (Vec<Resource>, Vec<Vec<u8>>) =
                keys.by_ref().take(BATCH).unzip();
            if keys.is_empty() {
                break;
            }
            let there = self.cache.store.exist(&keys).await;
            for ((resource, key), there) in resources.into_iter().zip(keys).zip(there) {
                if !there? {
                    gone.entry(resource).or_default().insert(key);
                }
            }
        }
        for (resource, keys) in gone {
            self.ledger.evicted(resource, keys.len() as u64);
        }
        Ok(())
    }
}
