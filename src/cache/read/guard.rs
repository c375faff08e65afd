//! One process fetches, the others wait for it: a lock for each key, with an owner's token, renewed
//! while its holder fetches and released by comparing.

use super::Reader;
use crate::cache::Error;
use crate::domain::key::Entry;
use crate::source;
use crate::store::{Lock, LockAttempt, RenewedLock, Store};
use std::time::Duration;
use tokio::time::Instant;

/// How long a lock lives unless renewed.
const LIFE: Duration = Duration::from_secs(30);

/// The first pause before looking again, and the longest.
const PAUSE: Duration = Duration::from_millis(20);
const LONGEST_PAUSE: Duration = Duration::from_millis(400);

impl Reader<'_> {
    /// Does `work` under the lock of `entry`, unless `look` finds that another process has done it:
    /// it is asked under the lock, and again and again while another process holds that. A foreign lock is
    /// waited for no longer than a command may take.
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
                    // It may have been fetched between our look and our lock.
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
            // Not all at the same moment.
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

    /// The lock of `entry` if no one has it; it is not waited for.
    pub(super) async fn lock_now(&self, store: &Store, entry: &Entry) -> Option<RenewedLock> {
        let key = self.key(&entry.clone().lock());
        match Lock::take(store, &key, &token(), LIFE).await {
            Ok(LockAttempt::Taken(lock)) => Some(lock.keep()),
            _ => None,
        }
    }

    /// Gives a lock back. One that was lost is another client's and is not touched; one that cannot be
    /// given back ends by itself.
    pub(super) async fn release(&self, kept: RenewedLock) {
        if let Err(error) = kept.release().await {
            log::debug!("a lock could not be released: {error}");
        }
    }

    /// Whether a refresh has had its time.
    pub(super) fn is_over(&self) -> bool {
        self.limit().is_some_and(|limit| Instant::now() >= limit)
    }
}

fn token() -> String {
    uuid::Uuid::new_v4().to_string()
}
