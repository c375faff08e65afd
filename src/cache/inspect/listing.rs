//! Lists the keys that match a pattern, and whether the list is complete.

use super::Inspector;
use crate::cache::name_set::NameSet;
use crate::cache::{Error, coverage};
use crate::domain::glob;
use crate::domain::inspect::escaped_bytes::escape_bytes;
use crate::domain::inspect::report::{KeyName, ListedKey, ListedKeys, seconds_left};
use std::collections::{BTreeSet, HashMap};

/// Result of one walk.
#[derive(Default)]
struct MatchedKeys {
    total: u64,
    first: BTreeSet<Vec<u8>>,
}

impl Inspector<'_> {
    /// Returns the number of keys that match a complete glob, and the first `limit` in order. Walks again if servers
    /// or slots moved, up to three times.
    pub(crate) async fn pattern(&self, glob: &[u8], limit: usize) -> Result<ListedKeys, Error> {
        let mut round = 1;
        let (found, covered) = loop {
            let before = self.store.snapshot().await?;
            let found = self.walk(glob, limit).await?;
            let covered = before.coverage(&self.store.snapshot().await?);
            if !covered.topology_changed || round == coverage::ROUNDS {
                break (found, covered);
            }
            round += 1;
            tokio::time::sleep(coverage::PAUSE).await;
        };
        // A pattern may match keys of several customers.
        let prefix = glob::literal_prefix(glob);
        let customer = self.scheme.split(&prefix);
        let mut listing = ListedKeys {
            customer: customer.map(|(customer, _)| customer),
            pattern: escape_bytes(glob).into_owned(),
            total: found.total,
            keys: Vec::new(),
            names: HashMap::new(),
            coverage: covered,
        };
        let keys: Vec<Vec<u8>> = found.first.into_iter().collect();
        let about = self.store.outline(&keys).await;
        for (key, about) in keys.into_iter().zip(about) {
            // A key that expired since the walk is not listed.
            if let Some(about) = about? {
                listing.keys.push(ListedKey {
                    name: KeyName::of(&key),
                    kind: about.kind,
                    ttl_seconds: about.ttl.and_then(seconds_left),
                    ttl: about.ttl,
                    memory_bytes: about.memory,
                });
            }
        }
        Ok(listing)
    }

    async fn walk(&self, glob: &[u8], limit: usize) -> Result<MatchedKeys, Error> {
        let mut found = MatchedKeys::default();
        // A scan may return a key twice.
        let mut seen = NameSet::default();
        let mut pages = self.store.scan(glob).await?;
        while let Some(page) = pages.next().await {
            // Also matched here, so that the list does not depend on the server's version.
            for key in page?.into_iter().filter(|key| glob::matches(glob, key)) {
                seen.insert(&key);
                found.first.insert(key);
                if found.first.len() > limit {
                    found.first.pop_last();
                }
            }
        }
        found.total = seen.len() as u64;
        Ok(found)
    }
}
