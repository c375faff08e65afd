//! Locks: a key that names its holder and expires when the holder is gone.

use crate::domain::ttl::Ttl;
use crate::store::client::{Store, Unsupported};
use crate::store::commands::read::from_pttl;
use crate::store::commands::write::milliseconds;
use crate::store::error::Error;
use crate::store::net::reply::{int, text};
use crate::store::net::request::{Again, Request};
use crate::store::options::ReadFrom;
use redis::Value;
use std::time::Duration;
use tokio::time::Instant;

/// Retries for a lock that vanishes while its holder is looked up.
const ATTEMPTS: usize = 5;

/// Extends the lock if it is still ours, for servers without SET … IFEQ.
const RENEW_SCRIPT: &str = "\
if redis.call('GET', KEYS[1]) == ARGV[1] then \
return redis.call('PEXPIRE', KEYS[1], ARGV[2]) end return 0";

/// Removes the lock if it is still ours: for servers without DELIFEQ.
const RELEASE_SCRIPT: &str = "\
if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0";

/// A lock that was ours when we last looked.
#[derive(Debug)]
pub struct Lock {
    pub(crate) store: Store,
    key: String,
    value: String,
    life: Duration,
    /// No one else can have it before this, counted from before our command was sent.
    until: Instant,
}

/// The outcome of trying to take a lock.
#[derive(Debug)]
pub enum Attempt {
    /// It is ours.
    Taken(Lock),
    /// Another process has it.
    Held {
        /// What the holder wrote into it.
        value: String,
        /// How long it lives if it is not renewed.
        left: Ttl,
    },
}

impl Lock {
    /// Takes the lock if no one has it. `value` must be this attempt's alone (a token): it tells us
    /// from others, also where an answer was lost and no one knows whether we have it.
    pub async fn take(
        store: &Store,
        key: &str,
        value: &str,
        life: Duration,
    ) -> Result<Attempt, Error> {
        let mut failed = None;
        for _ in 0..ATTEMPTS {
            let until = Instant::now() + life;
            let request = Request::new("SET", key)
                .arg(value)
                .arg("NX")
                .arg("PX")
                .arg(milliseconds(life))
                .again(Again::Unsent);
            let ours = Attempt::Taken(Self {
                store: store.clone(),
                key: key.to_owned(),
                value: value.to_owned(),
                life,
                until,
            });
            match store.carry_out(request).await {
                Ok(Value::Nil) => {}
                Ok(_) => return Ok(ours),
                // It may have been carried out: the value says so.
                Err(error @ (Error::Timeout { .. } | Error::Lost { .. })) => failed = Some(error),
                Err(error) => return Err(error),
            }
            match holder(store, key).await? {
                Some((held, _)) if held == value => return Ok(ours),
                Some((value, left)) => return Ok(Attempt::Held { value, left }),
                None => {}
            }
        }
        Err(failed.unwrap_or_else(|| store.unexpected("SET")))
    }

    pub fn key(&self) -> &str {
        &self.key
    }

    /// What we wrote into it.
    pub fn value(&self) -> &str {
        &self.value
    }

    /// How long it lives from each renewal.
    pub fn life(&self) -> Duration {
        self.life
    }

    /// No one else can have it before this, as far as we know.
    pub fn until(&self) -> Instant {
        self.until
    }

    /// Extends it to its full life; `false` if it is no longer ours.
    pub async fn renew(&mut self) -> Result<bool, Error> {
        let until = Instant::now() + self.life;
        let life = milliseconds(self.life);
        let unsupported = &self.store.inner.unsupported.set_ifeq;
        let mut ours = None;
        if !Unsupported::known(unsupported) {
            let request = Request::new("SET", &self.key)
                .arg(&self.value)
                .arg("IFEQ")
                .arg(&self.value)
                .arg("PX")
                .arg(life);
            match self.store.carry_out(request).await {
                Ok(answer) => ours = Some(answer != Value::Nil),
                Err(error) if error.is_unknown_syntax() => Unsupported::learn(unsupported),
                Err(Error::WrongType { .. }) => ours = Some(false),
                // A full server refuses SET; extending a key takes no memory.
                Err(Error::OutOfMemory { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        let ours = if let Some(ours) = ours {
            ours
        } else {
            let request = Request::script(RENEW_SCRIPT, &self.key)
                .arg(&self.value)
                .arg(life);
            self.scripted(request).await?
        };
        if ours {
            self.until = until;
        }
        Ok(ours)
    }

    /// Whether it is still ours, asked of the server.
    pub async fn still_ours(&self) -> Result<bool, Error> {
        let held = holder(&self.store, &self.key).await?;
        Ok(held.is_some_and(|(value, _)| value == self.value))
    }

    /// Releases it; `false` if it was no longer ours, and then it is left alone.
    pub async fn release(self) -> Result<bool, Error> {
        let unsupported = &self.store.inner.unsupported.delifeq;
        if !Unsupported::known(unsupported) {
            let request = Request::new("DELIFEQ", &self.key).arg(&self.value);
            match self.store.carry_out(request).await {
                Ok(answer) => return Ok(int(&answer).is_some_and(|removed| removed > 0)),
                Err(error) if error.is_unknown_syntax() => Unsupported::learn(unsupported),
                Err(Error::WrongType { .. }) => return Ok(false),
                Err(error) => return Err(error),
            }
        }
        let request = Request::script(RELEASE_SCRIPT, &self.key).arg(&self.value);
        self.scripted(request).await
    }

    async fn scripted(&self, request: Request) -> Result<bool, Error> {
        match self.store.carry_out(request).await {
            Ok(answer) => Ok(int(&answer).is_some_and(|done| done > 0)),
            Err(Error::WrongType { .. }) => Ok(false),
            Err(error) => Err(error),
        }
    }
}

/// Who holds the lock, and for how long; `None` when no one does. Asked of the primary.
pub(crate) async fn holder(store: &Store, key: &str) -> Result<Option<(String, Ttl)>, Error> {
    let requests = [Request::new("GET", key), Request::new("PTTL", key)];
    let mut answers = store.run(&requests, ReadFrom::Primary).await.into_iter();
    let mut next = || {
        answers
            .next()
            .unwrap_or_else(|| Err(store.unexpected("GET")))
    };
    let value = match next() {
        // A foreign key of another type blocks every client.
        Err(Error::WrongType { .. }) => Some(String::new()),
        answer => text(answer?),
    };
    let left = int(&next()?).map_or(Ttl::Absent, from_pttl);
    Ok(value.zip((left != Ttl::Absent).then_some(left)))
}
