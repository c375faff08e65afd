//! One process fetches while the others wait. Each key has a lock with its owner's token; the lock is renewed while
//! its holder fetches, and released only if the token still matches.

use super::Reader;
use crate::cache::Error;
use crate::domain::key::Entry;
use crate::source;
use crate::store::{Lock, LockAttempt, RenewedLock, Store};
use std::time::Duration;
use tokio::time::Instant;

/// TTL of a lock, unless it is renewed.
const LIFE: Duration = Duration::from_secs(30);

/// First pause before looking again. Each pause doubles the last one, up to `LONGEST_PAUSE`.
const PAUSE: Duration = Duration::from_millis(20);
const LONGEST_PAUSE: Duration = Duration::from_millis(400);

impl Reader<'_> {
    /// Runs `work` under the lock of `entry`, unless `look` finds that another process has already done it. `look`
    /// runs once under the lock, and repeatedly while another process holds the lock. After the timeout of a command,
    /// `work` runs without the lock.
    pub(super) async fn guarded<T>(
        &self,
        entry: &Entry,
        look: impl AsyncFn() -> Result<Option<Result<T, Error>>, Error>,
        work: impl AsyncFn(Option<&RenewedLock>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let key = self.key(&entry.clone().lock());
        let began = Instant::now();
        let mut pause = PAUSE;
        loop {
            let Some(store) = self.usable() else {
                return work(None).await;
            };
            match Lock::take(store, &key, &token(), LIFE).await {
                Ok(LockAttempt::Taken(ours)) => {
                    let kept = ours.keep();
                    // Another process may have fetched it between our look and our lock.
                    let done = match look().await {
                        Ok(Some(found)) => found,
                        Ok(None) => work(Some(&kept)).await,
                        Err(error) => Err(error),
                    };
                    self.release(kept).await;
                    return done;
                }
                Ok(LockAttempt::Held { .. }) => {
                    if began.elapsed() >= self.wait || self.is_over() {
                        return work(None).await;
                    }
                }
                Err(error) => {
                    self.trouble(error)?;
                    return work(None).await;
                }
            }
            // Jitter: not all waiting processes should look at the same moment.
            let moment = pause.mul_f64(0.5 + fastrand::f64() / 2.0);
            tokio::select! {
                () = tokio::time::sleep(moment) => {}
                _ = self.about.stop.raised() => {
                    let call = format!("fetching `{entry}`");
                    return Err(source::Error::Stopped { call }.into());
                }
            }
            pause = (pause * 2).min(LONGEST_PAUSE);
            if let Some(found) = look().await? {
                return found;
            }
        }
    }

    /// Takes the lock of `entry` without waiting; `None` if it is held.
    pub(super) async fn lock_now(&self, store: &Store, entry: &Entry) -> Option<RenewedLock> {
        let key = self.key(&entry.clone().lock());
        match Lock::take(store, &key, &token(), LIFE).await {
            Ok(LockAttempt::Taken(lock)) => Some(lock.keep()),
            _ => None,
        }
    }

    /// Releases a lock. A lost lock belongs to another client and is not touched. A lock that cannot be released
    /// expires.
    pub(super) async fn release(&self, kept: RenewedLock) {
        if let Err(error) = kept.release().await {
            log::debug!("a lock could not be released: {error}");
        }
    }

    /// Returns true once the deadline of the refresh has passed.
    pub(super) fn is_over(&self) -> bool {
        self.limit().is_some_and(|limit| Instant::now() >= limit)
    }
}

fn token() -> String {
    uuid::Uuid::new_v4().to_string()
}
