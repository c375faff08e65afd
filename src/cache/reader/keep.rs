//! Writing what was fetched, so that nothing comes back that was invalidated meanwhile.

use super::look::CACHE;
use super::{Origin, Reader, Served};
use crate::cache::Error;
use crate::domain::key::Entry;
use crate::domain::marked::Marked;
use crate::domain::read::Item;
use crate::domain::ttl::Resource;
use crate::source;
use crate::store::{self, Write};

/// How often a value that was invalidated while it was fetched is fetched again before it is left out
/// of the cache.
const ROUNDS: usize = 3;

/// What was fetched, ready to be written.
pub(super) struct Fetched {
    /// The value of what was asked for, JSON.
    pub(super) value: Vec<u8>,
    /// What goes into the cache.
    pub(super) writes: Vec<Write>,
    /// The property that serves a host name.
    pub(super) owner: Option<String>,
}

impl Reader<'_> {
    /// Fetches an item and stores it. What was invalidated meanwhile is fetched again, and removed
    /// where that fails or never ends.
    pub(super) async fn fetch_and_keep(&self, item: &Item) -> Result<Served, Error> {
        let mut written: Vec<String> = Vec::new();
        for round in 0..=ROUNDS {
            let since = self.server_time().await?;
            let fetched = match self.fetch(item).await {
                Ok(fetched) => fetched,
                Err(error) => {
                    if matches!(error, Error::Source(source::Error::NotFound { .. })) {
                        written.extend(item.entry().map(|entry| self.key(&entry)));
                        self.keep_absent(item.absent()).await;
                    }
                    self.remove(&written).await;
                    return Err(error);
                }
            };
            let served = Served {
                origin: Origin::Akamai,
                value: fetched.value,
            };
            let Some(since) = since else {
                return Ok(served);
            };
            written = fetched
                .writes
                .iter()
                .map(|write| write.key().to_owned())
                .collect();
            if !self.put(&fetched.writes).await {
                return Ok(served);
            }
            match self.marked_since(since).await {
                Some(marked) if !marked.touches(item, fetched.owner.as_deref()) => {
                    return Ok(served);
                }
                Some(_) if round < ROUNDS => {}
                // Invalidated again and again, or nobody can say: it is not to stay.
                _ => {
                    self.remove(&written).await;
                    return Ok(served);
                }
            }
        }
        Err(super::fetch::unknown(&item.name()))
    }

    /// The clock of the server that holds the marks; `None` where the cache is of no use.
    pub(super) async fn server_time(&self) -> Result<Option<u64>, Error> {
        let Some(store) = self.usable() else {
            return Ok(None);
        };
        match store.now_for(&self.key(&Entry::Invalidated)).await {
            Ok(now) => Ok(Some(now)),
            Err(error) => {
                self.trouble(error)?;
                Ok(None)
            }
        }
    }

    /// What was invalidated since; `None` where that cannot be known.
    pub(super) async fn marked_since(&self, since: u64) -> Option<Marked> {
        let store = self.usable()?;
        let marks = store
            .marks_since(&self.key(&Entry::Invalidated), since)
            .await;
        match marks {
            Ok(marks) => Some(Marked::read(marks.into_iter().map(|(member, _)| member))),
            // No invalidation of ours leaves another type there.
            Err(store::Error::WrongType { .. }) => Some(Marked::default()),
            Err(error) => {
                self.not_stored(&error);
                None
            }
        }
    }

    /// Writes; `false` where that failed. A value that cannot be stored is an answer all the same.
    pub(super) async fn put(&self, writes: &[Write]) -> bool {
        let Some(store) = self.usable() else {
            return false;
        };
        let mut all = true;
        for result in store.write(writes).await {
            if let Err(error) = result {
                self.not_stored(&error);
                all = false;
            }
        }
        all
    }

    /// Removes keys, as far as that is possible.
    pub(super) async fn remove(&self, keys: &[String]) {
        let Some(store) = self.usable().filter(|_| !keys.is_empty()) else {
            return;
        };
        for result in store.remove(keys).await {
            if let Err(error) = result {
                self.not_stored(&error);
            }
        }
    }

    /// Remembers for a while that the API does not know it.
    pub(super) async fn keep_absent(&self, entry: Option<Entry>) {
        let write = entry.map(|entry| Write::Set {
            key: self.key(&entry),
            value: b"404".to_vec(),
            ttl: Some(self.patience.policy.ttl(Resource::Absent)),
        });
        if let Some(write) = write {
            self.put(&[write]).await;
        }
    }

    fn not_stored(&self, error: &store::Error) {
        self.warn_once(
            CACHE,
            &format!("what was fetched could not be stored: {error}"),
        );
    }

    pub(super) fn key(&self, entry: &Entry) -> String {
        self.scheme.key(self.customer, entry)
    }
}
