//! One process fetches while the others wait. Each key has a lock with its owner's token; the lock is renewed while
//! its holder fetches, and released only if the token still matches.

use super::Reader;
use crate::cache::Error;
use crate::domain::key::Entry;
use crate::source;
use crate::store::{Lock, LockAttempt, RenewedLock, Store};
use crate::waiting;
use std::time::Duration;
use tokio::time::Instant;

/// TTL of a lock, unless it is renewed.
const LIFE: Duration = Duration::from_secs(30);

/// First pause before looking again. Each pause doubles the last one, up to `LONGEST_PAUSE`.
const PAUSE: Duration = Duration::from_millis(20);
const LONGEST_PAUSE: Duration = Duration::from_millis(400);

/// Longer waits are announced. Less than a second even after one more pause; most waits are shorter.
const NOTICED: Duration = Duration::from_millis(500);

/// How one of several processes goes on.
enum Turn<T> {
    /// We hold the lock.
    Ours(RenewedLock),
    /// Another process has done the work.
    Done(Result<T, Error>),
    /// There is no cache, or the holder of the lock takes too long.
    WithoutLock,
}

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
        match self.turn(entry, &look).await? {
            Turn::Done(found) => found,
            Turn::WithoutLock => work(None).await,
            Turn::Ours(kept) => {
                // Another process may have fetched it between our look and our lock.
                let done = match look().await {
                    Ok(Some(found)) => found,
                    Ok(None) => work(Some(&kept)).await,
                    Err(error) => Err(error),
                };
                self.release(kept).await;
                done
            }
        }
    }

    async fn turn<T>(
        &self,
        entry: &Entry,
        look: &impl AsyncFn() -> Result<Option<Result<T, Error>>, Error>,
    ) -> Result<Turn<T>, Error> {
        let key = self.key(&entry.clone().lock());
        let began = Instant::now();
        let mut pause = PAUSE;
        let mut announced = None;
        loop {
            let Some(store) = self.usable() else {
                return Ok(Turn::WithoutLock);
            };
            match Lock::take(store, &key, &token(), LIFE).await {
                Ok(LockAttempt::Taken(ours)) => return Ok(Turn::Ours(ours.keep())),
                Ok(LockAttempt::Held { .. }) => {}
                Err(error) => {
                    self.trouble(error)?;
                    return Ok(Turn::WithoutLock);
                }
            }
            let waited = began.elapsed();
            if waited >= self.wait || self.is_over() {
                return Ok(Turn::WithoutLock);
            }
            // Nobody waits for a refresh, which comes after the answer.
            if announced.is_none() && waited >= NOTICED && self.limit().is_none() {
                let reason = format!("another process is fetching `{entry}`");
                let rest = self.wait.saturating_sub(waited);
                announced = Some(waiting::announced("lock", reason, rest));
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
                return Ok(Turn::Done(found));
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
