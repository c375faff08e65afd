//! Lock that allows one warmer per customer at a time.

use super::view::CacheView;
use crate::cache::Error;
use crate::domain::duration::shown;
use crate::domain::key::{Customer, Entry};
use crate::domain::locks::LockHolder;
use crate::domain::progress::Progress;
use crate::domain::ttl::Ttl;
use crate::source;
use crate::stop::Stop;
use crate::store::{Lock, LockAttempt, RenewedLock};
use crate::waiting;
use jiff::Timestamp;
use serde::Serialize;
use std::time::{Duration, Instant};

/// TTL of the lock unless it is renewed.
const LIFE: Duration = Duration::from_mins(1);

/// How the lock was lost, if the server does not say.
const UNKNOWN: &str = "was lost to another run, or could not be renewed";

/// Pause of a waiting warmer between two attempts.
const LOOK_AGAIN: Duration = Duration::from_millis(500);

/// Interval at which a running warmer checks that it still holds the lock.
const WATCH: Duration = Duration::from_secs(2);

/// Content of the lock, so that the next warmer can name the holder.
#[derive(Serialize)]
struct LockOwner {
    token: String,
    host: String,
    pid: u32,
    /// Unix milliseconds by the server's clock.
    since: u64,
}

pub(super) struct RunLock {
    lock: RenewedLock,
    customer: Customer,
}

/// Fails if a lock that the run needs is no longer its own, as the server says itself.
pub(super) async fn still_ours(lock: Option<&RunLock>) -> Result<(), Error> {
    match lock {
        Some(lock) if !lock.lock.still_ours().await? => Err(lock.loss().await),
        _ => Ok(()),
    }
}

impl RunLock {
    /// Takes the lock, waiting for it up to `wait`.
    pub(super) async fn take(
        cache: CacheView<'_>,
        wait: Duration,
        stop: &Stop,
    ) -> Result<Self, Error> {
        let key = cache.key(&Entry::WarmLock);
        let began = Instant::now();
        let mut announced = false;
        loop {
            let now = cache.store.now_for(&key).await?;
            let holder = LockOwner {
                token: uuid::Uuid::new_v4().to_string(),
                host: rustix::system::uname()
                    .nodename()
                    .to_string_lossy()
                    .into_owned(),
                pid: std::process::id(),
                since: now,
            };
            let value = serde_json::to_string(&holder).unwrap_or(holder.token);
            let (held, stale) = match Lock::take(cache.store, &key, &value, LIFE).await? {
                LockAttempt::Taken(lock) => {
                    let customer = cache.keys.customer.clone();
                    let lock = lock.renewed();
                    return Ok(Self { lock, customer });
                }
                LockAttempt::Held { value, left } => {
                    let stale = match left {
                        Ttl::Left(left) => left > LIFE,
                        left => left == Ttl::Forever,
                    };
                    (describe(&value, now), stale)
                }
            };
            if began.elapsed() >= wait {
                return Err(Error::Busy {
                    customer: cache.keys.customer.to_string(),
                    holder: held,
                    stale,
                });
            }
            if !announced {
                let reason = format!("`{}` is being warmed by {held}", cache.keys.customer);
                waiting::announce("lock", reason, wait.saturating_sub(began.elapsed()));
                announced = true;
            }
            let pause = LOOK_AGAIN.min(wait.saturating_sub(began.elapsed()));
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                _ = stop.raised() => {
                    return Err(source::Error::Stopped { call: "the run lock".into() }.into());
                }
            }
        }
    }

    /// Waits until the lock is lost; never returns if it is not.
    pub(super) async fn lost(&self) -> Error {
        loop {
            tokio::select! {
                () = self.lock.lost() => return self.loss().await,
                () = tokio::time::sleep(WATCH) => {}
            }
            // A server that does not answer is left to the renewals.
            if matches!(self.lock.still_ours().await, Ok(false)) {
                return self.loss().await;
            }
        }
    }

    /// Returns how the lock was lost, as far as the server reports it.
    async fn loss(&self) -> Error {
        let how = match self.lock.holder().await {
            Ok(Some(value)) => {
                let now = u64::try_from(Timestamp::now().as_millisecond()).unwrap_or_default();
                format!("was taken by {}", describe(&value, now))
            }
            Ok(None) => "is gone: it was removed, or the server evicted it".to_owned(),
            Err(_) => UNKNOWN.to_owned(),
        };
        lost(&self.customer, how)
    }

    /// Releases the lock, which would otherwise stay until it expires.
    ///
    /// # Errors
    /// [`Error::LockLost`] if the lock was no longer ours: another process may have written meanwhile.
    pub(super) async fn release(self, progress: &dyn Progress) -> Result<(), Error> {
        match self.lock.release().await {
            Ok(true) => {}
            Ok(false) => return Err(lost(&self.customer, UNKNOWN.to_owned())),
            Err(error) => progress.note(&format!(
                "the run lock could not be released ({error}); it expires within {}",
                shown(LIFE)
            )),
        }
        Ok(())
    }
}

fn lost(customer: &Customer, how: String) -> Error {
    Error::LockLost {
        customer: customer.to_string(),
        how,
    }
}

fn describe(value: &str, now: u64) -> String {
    let holder = LockHolder::read(value.as_bytes());
    let Some((host, pid)) = holder.process else {
        return "an unknown holder".into();
    };
    let age = |since| {
        let seconds = Duration::from_secs(now.saturating_sub(since) / 1000);
        format!(" (started {} ago)", shown(seconds))
    };
    let age = holder.since.map_or_else(String::new, age);
    format!("pid {pid} on {host}{age}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_holder_is_named_as_far_as_the_lock_tells() {
        for (value, holder) in [
            (
                r#"{"token":"t","host":"h","pid":7,"since":1767225600000}"#,
                "pid 7 on h (started 3 s ago)",
            ),
            (
                r#"{"host":"h","pid":7,"since":"2026-01-01T00:00:00Z"}"#,
                "pid 7 on h (started 3 s ago)",
            ),
            (r#"{"host":"h","pid":7}"#, "pid 7 on h"),
            (r#"{"host":"h"}"#, "an unknown holder"),
            ("1", "an unknown holder"),
            ("no JSON", "an unknown holder"),
        ] {
            assert_eq!(describe(value, 1_767_225_603_999), holder, "{value}");
        }
    }
}
