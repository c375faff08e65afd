//! Work that must not delay the answer: refreshing values that are about to expire, and counting.

use super::{CONCURRENCY, Reader};
use crate::clock::today;
use crate::domain::key::{Entry, Tally};
use crate::domain::read::freshness::Freshness;
use crate::store::Increment;
use futures_util::StreamExt;
use std::time::Duration;
use tokio::time::{Instant, timeout};

/// Time limit of all API calls of a refresh, and of the cache for counting.
pub(super) const MOMENT: Duration = Duration::from_secs(2);

/// Additional time for the cache to store what was refreshed: a hanging server must not keep the process alive.
const GRACE: Duration = Duration::from_secs(1);

/// TTL of a day's counts, the same as the server's.
const HISTORY: Duration = Duration::from_hours(7 * 24);

impl Reader<'_> {
    /// Refreshes due values with a single attempt, and records hits and misses. Call it after the answer is out;
    /// neither can fail a read.
    pub async fn finish(&self, refresh: bool, record: bool) {
        let forgetting = async {
            if timeout(MOMENT, self.forget_block()).await.is_err() {
                log::info!("the end of a block was not recorded in time");
            }
        };
        let refreshing = async {
            if refresh && timeout(MOMENT + GRACE, self.refresh()).await.is_err() {
                log::info!("values about to expire were not refreshed in time");
            }
        };
        let recording = async {
            if record && timeout(MOMENT, self.record()).await.is_err() {
                log::info!("hits and misses were not recorded in time");
            }
        };
        futures_util::join!(refreshing, recording, forgetting);
    }

    async fn refresh(&self) {
        let due = std::mem::take(&mut *self.state.due.borrow_mut());
        let search = self.state.search_due.borrow_mut().take();
        self.state.limit.set(Some(Instant::now() + MOMENT));
        let all: Vec<Entry> = due.iter().cloned().collect();
        let goes_on = self.refetch(&all).await;
        let due = due.into_iter();
        let due = due.filter(|item| {
            goes_on && self.fetched_before(item).is_none() && self.refuse_known(item).is_ok()
        });
        futures_util::stream::iter(due)
            .map(|item| async move { self.refresh_one(&item).await })
            .buffer_unordered(CONCURRENCY)
            .collect::<()>()
            .await;
        if let Some(wanted) = search {
            self.search_again(&wanted).await;
        }
    }

    async fn refresh_one(&self, entry: &Entry) {
        let Some(store) = self.usable().filter(|_| !self.is_over()) else {
            return;
        };
        // The holder of the lock is already refreshing it.
        let Some(held) = self.lock_now(store, entry).await else {
            return;
        };
        let still_due = match self.look_again(entry).await {
            Ok(look) => !matches!(look.cached, Some((_, Freshness::Fresh))),
            Err(_) => false,
        };
        if still_due && let Err(error) = self.fetch_and_store(entry, Some(&held)).await {
            log::info!("`{entry}` was not refreshed: {error}");
        }
        self.release(held).await;
    }

    async fn record(&self) {
        let reads = std::mem::take(&mut *self.state.reads.borrow_mut());
        let Some(store) = self.usable().filter(|_| !reads.is_empty()) else {
            return;
        };
        let today = today();
        let mut growth = Vec::new();
        for tally in [Tally::Hits, Tally::Misses] {
            let of = reads.iter().filter(|((kind, _), _)| *kind == tally);
            let by: Vec<(String, u64)> = of.map(|((_, key), by)| (key.clone(), *by)).collect();
            if by.is_empty() {
                continue;
            }
            growth.push(Increment::Counter {
                key: self.key(&Entry::Metric(tally)),
                by: by.iter().map(|(_, by)| by).sum(),
            });
            growth.push(Increment::Fields {
                key: self.about.scheme.stats(today, tally),
                by,
                ttl: HISTORY,
            });
        }
        if let Err(error) = store.grow(&growth).await {
            log::info!("hits and misses were not recorded: {error}");
        }
    }
}
