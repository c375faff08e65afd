//! One process fetches while the others wait. Each key has a lock with its owner's token; the lock is renewed while
//! its holder fetches, and released only if the token still matches. A holder that the API denies the item leaves that
//! in the lock for a moment: those who wait would be denied it too, one after the other.

use super::Reader;
use crate::cache::Error;
use crate::domain::key::Entry;
use crate::domain::locks::DENIED;
use crate::domain::ttl::Ttl;
use crate::source;
use crate::store::{Lock, LockAttempt, RenewedLock, Store};
use crate::waiting;
use std::time::Duration;
use tokio::time::Instant;

/// TTL of a lock, unless it is renewed. Its value is a random token; a foreign lock has another one, or a longer TTL.
const LIFE: Duration = Duration::from_secs(30);

/// How long it is left: some of the longest pauses of those who wait.
const DENIED_FOR: Duration = Duration::from_secs(2);

/// First pause before looking again. Each pause doubles the last one, up to `LONGEST_PAUSE`.
const PAUSE: Duration = Duration::from_millis(20);
const LONGEST_PAUSE: Duration = Duration::from_millis(400);

/// Longer waits are announced. Less than a second even after one more pause; most waits are shorter.
const NOTICED: Duration = Duration::from_millis(500);

/// How one of several processes goes on.
enum Turn<T> {
    /// Another process has done the work.
    Done(Result<T, Error>),
    /// We do it: under the lock, or without one if there is no cache or a foreign lock has kept us too long.
    Ours(Option<RenewedLock>),
}

impl Reader<'_> {
    /// Runs `work` under the lock of `entry`, unless `look` finds that another process has already done it. `look`
    /// runs repeatedly while another process holds the lock, and once more before `work`. A lock of this program lives
    /// as long as its holder renews it, and is waited for until then. For foreign locks, all of a read wait for the
    /// timeout of one command; then `work` runs without the lock.
    ///
    /// Locks are taken in one order (a search, a host name, the host names of a property, the property; a list, the
    /// groups), so that no two processes wait for each other.
    pub(super) async fn guarded<T>(
        &self,
        entry: &Entry,
        look: impl AsyncFn() -> Result<Option<Result<T, Error>>, Error>,
        work: impl AsyncFn(Option<&RenewedLock>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let held = match self.turn(entry, &look).await? {
            Turn::Done(found) => return found,
            Turn::Ours(held) => held,
        };
        // Another process may have fetched it between our look and our turn.
        let done = match look().await {
            Ok(Some(found)) => found,
            Ok(None) => work(held.as_ref()).await,
            Err(error) => Err(error),
        };
        match held {
            Some(held) if matches!(done, Err(Error::Source(source::Error::Forbidden { .. }))) => {
                if let Err(error) = held.leave(DENIED, DENIED_FOR).await {
                    log::debug!("a lock could not be released: {error}");
                }
            }
            Some(held) => self.release(held).await,
            None => {}
        }
        done
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
                return Ok(Turn::Ours(None));
            };
            let until = match Lock::take(store, &key, &token(), LIFE).await {
                Ok(LockAttempt::Taken(ours)) => return Ok(Turn::Ours(Some(ours.renewed()))),
                Ok(LockAttempt::Held { value, .. }) if value == DENIED => {
                    return Ok(Turn::Done(Err(denied(entry))));
                }
                Ok(LockAttempt::Held { value, left }) => self.waits_until(&value, left),
                Err(error) => {
                    self.trouble(error)?;
                    return Ok(Turn::Ours(None));
                }
            };
            let now = Instant::now();
            if now >= until || self.is_over() {
                return Ok(Turn::Ours(None));
            }
            // A refresh comes after the answer, so no one sees the wait.
            let new = announced.as_ref().is_none_or(|(end, _)| now >= *end);
            if new && now - began >= NOTICED && self.limit().is_none() {
                let reason = format!("another process is fetching `{entry}`");
                let wait = waiting::announced("lock", reason, until - now);
                announced = Some((until, wait));
            }
            // Jitter: not all waiting processes should look at the same moment.
            let moment = pause.mul_f64(0.5 + fastrand::f64() / 2.0);
            tokio::select! {
                () = tokio::time::sleep(moment.min(until - now)) => {}
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

    /// Returns when to stop waiting for a lock with this value and TTL.
    fn waits_until(&self, value: &str, left: Ttl) -> Instant {
        let now = Instant::now();
        match left {
            Ttl::Left(left) if left <= LIFE && uuid::Uuid::parse_str(value).is_ok() => now + left,
            _ => {
                let until = self.state.foreign_until.get();
                let until = until.unwrap_or(now + self.wait);
                self.state.foreign_until.set(Some(until));
                until
            }
        }
    }

    /// Takes the lock of `entry` without waiting; `None` if it is held.
    pub(super) async fn lock_now(&self, store: &Store, entry: &Entry) -> Option<RenewedLock> {
        let key = self.key(&entry.clone().lock());
        match Lock::take(store, &key, &token(), LIFE).await {
            Ok(LockAttempt::Taken(lock)) => Some(lock.renewed()),
            _ => None,
        }
    }

    /// Releases a lock. A lost lock belongs to another client and is not touched. A lock that cannot be released
    /// expires.
    pub(super) async fn release(&self, lock: RenewedLock) {
        if let Err(error) = lock.release().await {
            log::debug!("a lock could not be released: {error}");
        }
    }

    /// Returns true once the deadline of the refresh has passed.
    pub(super) fn is_over(&self) -> bool {
        self.limit().is_some_and(|limit| Instant::now() >= limit)
    }
}

fn denied(entry: &Entry) -> Error {
    let (call, detail) = (
        entry.described(),
        "as another process has just learned".into(),
    );
    source::Error::Forbidden { call, detail }.into()
}

fn token() -> String {
    uuid::Uuid::new_v4().to_string()
}
