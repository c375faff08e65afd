//! Restores saved keys unless a newer value exists.

use crate::domain::invalidation::restorable::is_early;
use crate::domain::invalidation::undo_file::{SavedField, SavedKey};
use crate::store::client::Store;
use crate::store::error::Error;
use crate::store::net::reply::{int, number};
use crate::store::net::request::Request;
use crate::store::options::ReadFrom;
use crate::store::unsupported::Unsupported;
use redis::Value;

/// Result of restoring a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RestoreResult {
    /// The key was restored.
    Back,
    /// A newer value exists.
    Newer,
    /// The server cannot read the dump, and there is no plain value.
    Unreadable,
}

/// Sets the fields that the hash lacks and returns how many. A hash that is created again gets its former expiry time
/// (0: none); an existing hash keeps its own. Servers do not roll a script back: a user who may not set the expiry
/// fails before anything is written.
const FIELDS_SCRIPT: &str = "\
local new = redis.call('EXISTS', KEYS[1]) == 0 \
if new and ARGV[1] ~= '0' then redis.call('PEXPIREAT', KEYS[1], ARGV[1]) end \
local set = 0 \
for i = 2, #ARGV, 2 do set = set + redis.call('HSETNX', KEYS[1], ARGV[i], ARGV[i + 1]) end \
if new and ARGV[1] ~= '0' then redis.call('PEXPIREAT', KEYS[1], ARGV[1]) end \
return set";

/// Sets a missing string with an expiry time, for servers whose SET lacks PXAT (Redis 6.0). A user who may not set the
/// expiry fails before anything is written.
const ABSENT_SCRIPT: &str = "\
if redis.call('EXISTS', KEYS[1]) == 1 then return false end \
if ARGV[2] ~= '0' then redis.call('PEXPIREAT', KEYS[1], ARGV[2]) end \
redis.call('SETNX', KEYS[1], ARGV[1]) \
if ARGV[2] ~= '0' then redis.call('PEXPIREAT', KEYS[1], ARGV[2]) end \
return 1";

impl Store {
    /// Restores keys that do not exist, with their former expiry times, which must not have passed. A plain value can
    /// be restored on any version of the server. After a lost answer, a key that exists counts as restored.
    pub async fn restore(&self, keys: &[(Vec<u8>, SavedKey)]) -> Vec<Result<RestoreResult, Error>> {
        let back = |(key, saved): &(Vec<u8>, SavedKey)| match &saved.value {
            Some(value) => self.set_request(key, value, saved.expires),
            None => Request::new("RESTORE", key)
                .arg(saved.expires.unwrap_or(0))
                .arg(saved.dump.as_slice())
                .arg("ABSTTL")
                .changes(1),
        };
        let occupied = self.existing_keys(keys).await;
        let free = keys.iter().zip(&occupied).filter(|(_, there)| !**there);
        let requests: Vec<Request> = free.map(|(one, _)| back(one)).collect();
        let mut answers = self.run(&requests, ReadFrom::Primary).await.into_iter();
        let mut results = Vec::with_capacity(keys.len());
        for ((key, saved), there) in keys.iter().zip(occupied) {
            if there {
                results.push(Ok(RestoreResult::Newer));
                continue;
            }
            let answer = answers.next();
            results.push(
                match answer.unwrap_or_else(|| Err(self.unexpected("RESTORE"))) {
                    // SET NX returns nil for an existing key.
                    Ok(Value::Nil) => Ok(RestoreResult::Newer),
                    Ok(_) => Ok(RestoreResult::Back),
                    Err(error) if error.is_busy_key() => Ok(RestoreResult::Newer),
                    Err(Error::Refused { reason, .. })
                        if reason.contains("DUMP payload")
                            || reason.contains("Bad data format") =>
                    {
                        Ok(RestoreResult::Unreadable)
                    }
                    Err(error) => match &saved.value {
                        Some(value) if error.is_unknown_syntax() => {
                            Unsupported::learn(&self.inner.unsupported.set_pxat);
                            let request = self.set_request(key, value, saved.expires);
                            self.carry_out(request).await.map(|answer| match answer {
                                Value::Nil => RestoreResult::Newer,
                                _ => RestoreResult::Back,
                            })
                        }
                        _ => Err(error),
                    },
                },
            );
        }
        results
    }

    /// Reports which keys with dumps exist. RESTORE over an existing key would count as an error at the server.
    async fn existing_keys(&self, keys: &[(Vec<u8>, SavedKey)]) -> Vec<bool> {
        let dumps = keys.iter().filter(|(_, saved)| saved.value.is_none());
        let ask: Vec<Request> = dumps.map(|(key, _)| Request::new("EXISTS", key)).collect();
        let mut there = self.run(&ask, ReadFrom::Primary).await.into_iter();
        let occupied = keys.iter().map(|(_, saved)| {
            saved.value.is_none() && matches!(there.next(), Some(Ok(Value::Int(1))))
        });
        occupied.collect()
    }

    /// Returns the request for setting a missing string, in the form that this server supports.
    fn set_request(&self, key: &[u8], value: &[u8], expires: Option<u64>) -> Request {
        if Unsupported::known(&self.inner.unsupported.set_pxat) {
            return Request::script(ABSENT_SCRIPT, key)
                .arg(value)
                .arg(expires.unwrap_or(0))
                .changes(1);
        }
        let request = Request::set(key, value).arg("NX").changes(1);
        match expires {
            Some(at) => request.arg("PXAT").arg(at),
            None => request,
        }
    }

    /// Restores the former expiry times of keys whose current one is earlier. Times are in milliseconds since 1970 by
    /// the server's clock, which says `now`. Returns for each key whether it was changed.
    pub async fn postpone(&self, keys: &[(Vec<u8>, u64)], now: u64) -> Result<Vec<bool>, Error> {
        let ask: Vec<Request> = keys
            .iter()
            .map(|(key, _)| Request::new("PTTL", key))
            .collect();
        let mut earlier = Vec::with_capacity(keys.len());
        for (answer, (_, at)) in self
            .run(&ask, ReadFrom::Primary)
            .await
            .into_iter()
            .zip(keys)
        {
            let left = number(&answer?);
            earlier.push(left.is_some_and(|left| is_early(left, now, *at)));
        }
        let chosen = keys.iter().zip(&earlier).filter(|(_, earlier)| **earlier);
        let requests: Vec<Request> = chosen
            .map(|((key, at), _)| Request::new("PEXPIREAT", key).arg(*at))
            .collect();
        let mut given = self.run(&requests, ReadFrom::Primary).await.into_iter();
        let given = earlier.into_iter().map(|earlier| {
            let answer = if earlier {
                given.next().transpose()?
            } else {
                None
            };
            Ok(answer.is_some_and(|set| int(&set) == Some(1)))
        });
        given.collect()
    }

    /// Restores fields that the hash lacks and returns how many. All fields come from a hash with the expiry time
    /// `expires`, which must not have passed. After a lost answer all of them count as restored.
    pub async fn restore_fields(
        &self,
        key: &str,
        expires: Option<u64>,
        fields: &[SavedField],
    ) -> Result<u64, Error> {
        let request = Request::script(FIELDS_SCRIPT, key)
            .arg(expires.unwrap_or(0))
            .changes(fields.len());
        let request = fields.iter().fold(request, |request, field| {
            request
                .arg(field.name.as_slice())
                .arg(field.value.as_slice())
        });
        let count = number(&self.carry_out(request).await?);
        count.ok_or_else(|| self.unexpected("EVAL"))
    }
}
