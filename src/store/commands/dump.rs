//! Saving keys as the server serialises them, and putting them back.

use crate::store::client::{Lacks, Store};
use crate::store::error::Error;
use crate::store::net::reply::{array, bytes, int};
use crate::store::net::request::Request;
use crate::store::options::ReadFrom;
use redis::Value;

/// The first byte of a dump of a string.
const STRING: u8 = 0;

/// A key as it was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Saved {
    /// What DUMP gave.
    pub dump: Vec<u8>,
    /// When it expires (milliseconds since 1970 by the server's clock); `None` is never.
    pub expires: Option<u64>,
    /// The value of a string, for servers that refuse the dump of another version.
    pub value: Option<Vec<u8>>,
}

/// A field of a hash as it was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SavedField {
    /// Its name.
    pub name: Vec<u8>,
    /// Its value.
    pub value: Vec<u8>,
    /// When its hash expires (milliseconds since 1970 by the server's clock); `None` is never.
    pub expires: Option<u64>,
}

/// What became of a key that was to be put back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Restored {
    /// It is back.
    Back,
    /// Something newer stands in its place.
    Newer,
    /// The server does not understand the dump, and there is no plain value.
    Unreadable,
}

/// Sets the fields that a hash does not have, and gives back how many. A hash that went with its last
/// field is made again with the deadline that it had (0: none); one that is there keeps its own.
const FIELDS_SCRIPT: &str = "\
local new = redis.call('EXISTS', KEYS[1]) == 0 \
local set = 0 \
for i = 2, #ARGV, 2 do set = set + redis.call('HSETNX', KEYS[1], ARGV[i], ARGV[i + 1]) end \
if new and ARGV[1] ~= '0' then redis.call('PEXPIREAT', KEYS[1], ARGV[1]) end \
return set";

/// Sets a string with a deadline where there is none: for servers whose SET has no PXAT (Redis 6.0).
const ABSENT_SCRIPT: &str = "\
if redis.call('SETNX', KEYS[1], ARGV[1]) == 0 then return false end \
if ARGV[2] ~= '0' then redis.call('PEXPIREAT', KEYS[1], ARGV[2]) end \
return 1";

impl Store {
    /// Saves the keys, in their order; `None` for one that is not there.
    pub async fn save(&self, keys: &[Vec<u8>]) -> Result<Vec<Option<Saved>>, Error> {
        let requests: Vec<Request> = keys
            .iter()
            .flat_map(|key| {
                let deadline = self.deadline_requests(key);
                let [dump, get] = ["DUMP", "GET"].map(|name| Request::new(name, key));
                [dump, get].into_iter().chain(deadline)
            })
            .collect();
        let mut answers = self.run(&requests, ReadFrom::Primary).await.into_iter();
        let mut saved = Vec::with_capacity(keys.len());
        for _ in keys {
            let mut next = || answers.next().ok_or_else(|| self.unexpected("DUMP"));
            let (dump, value) = (next()?, next()?);
            let Some(expires) = self.deadline(&mut answers)? else {
                return Box::pin(self.save(keys)).await;
            };
            saved.push(self.saved(dump, expires, value)?);
        }
        Ok(saved)
    }

    /// Asks for what saving takes, of a key that need not be there: a user who may not have it learns
    /// so before anything is written.
    ///
    /// # Errors
    /// [`Error::Denied`], and those of the connection.
    pub async fn may_save(&self, key: &str) -> Result<(), Error> {
        self.run_one(Request::new("DUMP", key), ReadFrom::Primary)
            .await?;
        loop {
            let requests = self.deadline_requests(key.as_bytes());
            let answers = self.run(&requests, ReadFrom::Primary).await;
            if self.deadline(&mut answers.into_iter())?.is_some() {
                return Ok(());
            }
        }
    }

    /// What tells when a key expires. Without PEXPIRETIME (Redis 6) the time is asked before what is
    /// left, so that the deadline is never later than the real one.
    fn deadline_requests(&self, key: &[u8]) -> Vec<Request> {
        if Lacks::known(&self.inner.lacks.pexpiretime) {
            vec![Request::keyless("TIME", key), Request::new("PTTL", key)]
        } else {
            vec![Request::new("PEXPIRETIME", key)]
        }
    }

    /// When a key expires, as PEXPIRETIME says it: -1 is never, -2 is a key that is not there. `None`
    /// where the server turns out not to have that command, and is to be asked in the other way.
    fn deadline(
        &self,
        answers: &mut impl Iterator<Item = Result<Value, Error>>,
    ) -> Result<Option<i64>, Error> {
        let lacks = &self.inner.lacks.pexpiretime;
        let mut next = || answers.next().ok_or_else(|| self.unexpected("PTTL"));
        if Lacks::known(lacks) {
            let now = self.time(next()??)?;
            let left = int(&next()??).ok_or_else(|| self.unexpected("PTTL"))?;
            let at = i64::try_from(now).unwrap_or(i64::MAX).saturating_add(left);
            return Ok(Some(if left < 0 { left } else { at }));
        }
        match next()? {
            Ok(at) => int(&at)
                .map(Some)
                .ok_or_else(|| self.unexpected("PEXPIRETIME")),
            Err(error) if error.is_unknown_syntax() => {
                log::info!("no PEXPIRETIME on this server: deadlines come from TIME and PTTL");
                Lacks::learn(lacks);
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    fn saved(
        &self,
        dump: Result<Value, Error>,
        expires: i64,
        value: Result<Value, Error>,
    ) -> Result<Option<Saved>, Error> {
        let dump = match dump? {
            Value::Nil => return Ok(None),
            dump => bytes(dump).ok_or_else(|| self.unexpected("DUMP"))?,
        };
        let expires = match expires {
            -1 => None,
            // It expired between the two questions.
            at => match u64::try_from(at) {
                Ok(at) => Some(at),
                Err(_) => return Ok(None),
            },
        };
        // Another type answers with an error; that the plain value may not be read is no reason to
        // stop, since the dump is there.
        let value = if dump.first() == Some(&STRING) {
            value.ok().and_then(bytes)
        } else {
            None
        };
        Ok(Some(Saved {
            dump,
            expires,
            value,
        }))
    }

    /// Puts keys back where nothing newer stands, each with the deadline that it had; one whose
    /// deadline has passed is not to be handed over.
    pub async fn restore(&self, keys: &[(Vec<u8>, Saved)]) -> Vec<Result<Restored, Error>> {
        let requests: Vec<Request> = keys
            .iter()
            .map(|(key, saved)| {
                Request::new("RESTORE", key)
                    .arg(saved.expires.unwrap_or(0))
                    .arg(saved.dump.as_slice())
                    .arg("ABSTTL")
            })
            .collect();
        let mut results = Vec::with_capacity(keys.len());
        for (answer, (key, saved)) in self
            .run(&requests, ReadFrom::Primary)
            .await
            .into_iter()
            .zip(keys)
        {
            results.push(match answer {
                Ok(_) => Ok(Restored::Back),
                Err(Error::Refused { reason, .. }) if reason.starts_with("BUSYKEY") => {
                    Ok(Restored::Newer)
                }
                Err(Error::Refused { reason, .. })
                    if reason.contains("DUMP payload") || reason.contains("Bad data format") =>
                {
                    self.restore_value(key, saved).await
                }
                Err(error) => Err(error),
            });
        }
        results
    }

    async fn restore_value(&self, key: &[u8], saved: &Saved) -> Result<Restored, Error> {
        let Some(value) = &saved.value else {
            return Ok(Restored::Unreadable);
        };
        let written = self.set_where_none(key, value, saved.expires).await?;
        Ok(if written {
            Restored::Back
        } else {
            Restored::Newer
        })
    }

    async fn set_where_none(
        &self,
        key: &[u8],
        value: &[u8],
        expires: Option<u64>,
    ) -> Result<bool, Error> {
        let lacks = &self.inner.lacks.set_pxat;
        if !Lacks::known(lacks) {
            let request = Request::new("SET", key).arg(value).arg("NX");
            let request = match expires {
                Some(at) => request.arg("PXAT").arg(at),
                None => request,
            };
            match self.carry_out(request).await {
                Ok(answer) => return Ok(!matches!(answer, Value::Nil)),
                Err(error) if error.is_unknown_syntax() => Lacks::learn(lacks),
                Err(error) => return Err(error),
            }
        }
        let request = Request::script(ABSENT_SCRIPT, key)
            .arg(value)
            .arg(expires.unwrap_or(0));
        Ok(!matches!(self.carry_out(request).await?, Value::Nil))
    }

    /// Saves fields of a hash; those that are not there are left out.
    pub async fn save_fields(&self, key: &str, names: &[String]) -> Result<Vec<SavedField>, Error> {
        let mut requests = vec![Request::new("HMGET", key).arg(names)];
        requests.extend(self.deadline_requests(key.as_bytes()));
        let mut answers = self.run(&requests, ReadFrom::Primary).await.into_iter();
        let values = answers.next().ok_or_else(|| self.unexpected("HMGET"))??;
        let Some(expires) = self.deadline(&mut answers)? else {
            return Box::pin(self.save_fields(key, names)).await;
        };
        let expires = u64::try_from(expires).ok();
        let values = array(values).ok_or_else(|| self.unexpected("HMGET"))?;
        let found = names.iter().zip(values).filter_map(|(name, value)| {
            Some(SavedField {
                name: name.as_bytes().to_vec(),
                value: bytes(value)?,
                expires,
            })
        });
        Ok(found.collect())
    }

    /// Puts fields back into a hash where it has none of that name, and gives back how many. All of them
    /// come from a hash with this deadline, which has not passed.
    pub async fn restore_fields(
        &self,
        key: &str,
        expires: Option<u64>,
        fields: &[SavedField],
    ) -> Result<u64, Error> {
        let request = Request::script(FIELDS_SCRIPT, key).arg(expires.unwrap_or(0));
        let request = fields.iter().fold(request, |request, field| {
            request
                .arg(field.name.as_slice())
                .arg(field.value.as_slice())
        });
        let answer = int(&self.carry_out(request).await?);
        let count = answer.and_then(|count| u64::try_from(count).ok());
        count.ok_or_else(|| self.unexpected("EVAL"))
    }
}
