//! A lock is a key that names its holder and expires when the holder is gone.

use crate::domain::ttl::Ttl;
use crate::store::client::Store;
use crate::store::commands::read::from_pttl;
use crate::store::commands::write::milliseconds;
use crate::store::error::Error;
use crate::store::net::reply::{int, text};
use crate::store::net::request::{Request, RetryPolicy};
use crate::store::options::ReadFrom;
use crate::store::unsupported::Unsupported;
use redis::Value;
use std::time::Duration;
use tokio::time::Instant;

/// Attempts to take a lock that disappears while its holder is looked up, or to release one.
const ATTEMPTS: usize = 5;

/// Extends the lock if it still has our value. (SET … IFEQ and DELIFEQ exist on few servers, and elsewhere each attempt counts
/// as an error.)
const RENEW_SCRIPT: &str = "\
if redis.call('GET', KEYS[1]) == ARGV[1] then \
return redis.call('PEXPIRE', KEYS[1], ARGV[2]) end return 0";

/// Removes the lock if it still has our value.
const RELEASE_SCRIPT: &str = "\
if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0";

/// Gives the lock another value and TTL if it still has our value.
const LEAVE_SCRIPT: &str = "\
if redis.call('GET', KEYS[1]) == ARGV[1] then \
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3]) return 1 end return 0";

/// A lock that was ours at the last check.
#[derive(Debug)]
pub struct Lock {
    pub(crate) store: Store,
    pub(super) key: String,
    pub(super) value: String,
    /// TTL that each renewal sets.
    pub(super) life: Duration,
    /// No other process can hold the lock before this time. Measured from before the command was sent.
    pub(super) until: Instant,
}

/// Result of trying to take a lock.
#[derive(Debug)]
pub enum LockAttempt {
    /// The lock is ours.
    Taken(Lock),
    /// Another process holds it.
    Held {
        /// The holder's value.
        value: String,
        /// TTL of the lock unless it is renewed.
        left: Ttl,
    },
}

impl Lock {
    /// Takes the lock if it is free. `value` must be unique to this attempt (a token): it identifies our lock even if
    /// the reply was lost.
    pub async fn take(
        store: &Store,
        key: &str,
        value: &str,
        life: Duration,
    ) -> Result<LockAttempt, Error> {
        let mut failed = None;
        for _ in 0..ATTEMPTS {
            let until = Instant::now() + life;
            let request = Request::new("SET", key)
                .arg(value)
                .arg("NX")
                .arg("PX")
                .arg(milliseconds(life))
                .again(RetryPolicy::Unsent);
            let ours = LockAttempt::Taken(Self {
                store: store.clone(),
                key: key.to_owned(),
                value: value.to_owned(),
                life,
                until,
            });
            match store.carry_out(request).await {
                Ok(Value::Nil) => {}
                Ok(_) => return Ok(ours),
                // The command may have been executed; the lock's value shows whether it was.
                Err(error @ (Error::Timeout { .. } | Error::Lost { .. })) => failed = Some(error),
                Err(error) => return Err(error),
            }
            match holder(store, key).await? {
                Some((held, _)) if held == value => return Ok(ours),
                Some((value, left)) => return Ok(LockAttempt::Held { value, left }),
                None => {}
            }
        }
        Err(failed.unwrap_or_else(|| store.unexpected("SET")))
    }

    /// Extends the lock to its full life. Returns `false` if it is no longer ours.
    pub async fn renew(&mut self) -> Result<bool, Error> {
        let until = Instant::now() + self.life;
        let life = milliseconds(self.life);
        let script = Request::script(RENEW_SCRIPT, &self.key);
        let script = script.arg(&self.value).arg(life);
        let last = Request::new("PEXPIRE", &self.key).arg(life);
        let ours = self.scripted(script, last).await?;
        if ours {
            self.until = until;
        }
        Ok(ours)
    }

    /// Asks the server whether the lock is still ours.
    pub async fn still_ours(&self) -> Result<bool, Error> {
        let held = holder(&self.store, &self.key).await?;
        Ok(held.is_some_and(|(value, _)| value == self.value))
    }

    /// Releases the lock. Returns `false` if it was no longer ours; then it is left alone.
    pub async fn release(self) -> Result<bool, Error> {
        let mut failed = None;
        for _ in 0..ATTEMPTS {
            let script = Request::script(RELEASE_SCRIPT, &self.key).arg(&self.value);
            let last = Request::new("DEL", &self.key).again(RetryPolicy::Unsent);
            match self.scripted(script.again(RetryPolicy::Unsent), last).await {
                // The command may have been executed: a lock that is gone is released.
                Err(error @ (Error::Timeout { .. } | Error::Lost { .. })) => {
                    match holder(&self.store, &self.key).await? {
                        None => return Ok(true),
                        Some((held, _)) if held == self.value => failed = Some(error),
                        Some(_) => return Ok(false),
                    }
                }
                released => return released,
            }
        }
        Err(failed.unwrap_or_else(|| self.store.unexpected("DEL")))
    }

    /// Leaves a value in the lock for `life`, for those who wait for it, instead of releasing it. Does nothing if the
    /// lock is no longer ours.
    pub async fn leave(self, value: &str, life: Duration) -> Result<(), Error> {
        let life = milliseconds(life);
        let script = Request::script(LEAVE_SCRIPT, &self.key);
        let script = script.arg(&self.value).arg(value).arg(life);
        let last = Request::new("SET", &self.key);
        let last = last.arg(value).arg("PX").arg(life);
        match self.scripted(script, last).await {
            Ok(_) => Ok(()),
            Err(_) => self.release().await.map(|_| ()),
        }
    }

    /// Runs a script that changes the lock if it is still ours. Without scripts, looks whether it is, and then runs the
    /// command `last`.
    async fn scripted(&self, script: Request, last: Request) -> Result<bool, Error> {
        let unsupported = &self.store.inner.unsupported.eval;
        let mut done = None;
        if !Unsupported::known(unsupported) {
            match self.store.carry_out(script).await {
                Err(error) if is_refused(&error) => Unsupported::learn(unsupported),
                answer => done = Some(answer),
            }
        }
        let done = match done {
            Some(done) => done,
            None if self.still_ours().await? => self.store.carry_out(last).await,
            None => return Ok(false),
        };
        match done {
            Ok(answer) => Ok(int(&answer).is_some_and(|done| done > 0)),
            Err(Error::WrongType { .. }) => Ok(false),
            Err(error) => Err(error),
        }
    }
}

/// True if the server lacks a command, or the user may not run it.
pub(super) fn is_refused(error: &Error) -> bool {
    error.is_unknown_syntax() || matches!(error, Error::Denied { .. })
}

/// Returns the lock's value and TTL from the primary; `None` if it is free.
pub(crate) async fn holder(store: &Store, key: &str) -> Result<Option<(String, Ttl)>, Error> {
    let requests = [Request::new("GET", key), Request::new("PTTL", key)];
    let mut answers = store.run(&requests, ReadFrom::Primary).await.into_iter();
    let mut next = || {
        answers
            .next()
            .unwrap_or_else(|| Err(store.unexpected("GET")))
    };
    let value = match next() {
        // A key of another type blocks every client.
        Err(Error::WrongType { .. }) => Some(String::new()),
        answer => text(answer?),
    };
    let left = int(&next()?).map_or(Ttl::Absent, from_pttl);
    Ok(value.zip((left != Ttl::Absent).then_some(left)))
}
