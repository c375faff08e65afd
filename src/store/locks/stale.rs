//! Removes stale locks.

use super::lock::{holder, is_refused};
use crate::domain::duration::milliseconds;
use crate::domain::ttl::Ttl;
use crate::store::client::Store;
use crate::store::error::Error;
use crate::store::net::reply::int;
use crate::store::net::request::Request;
use crate::store::options::ReadFrom;
use std::time::Duration;

/// Removes the key only if it still has the observed value and no TTL, or one above the limit. One step, so that a
/// process that takes the lock in between keeps it.
const CLEAR_SCRIPT: &str = "if redis.call('GET',KEYS[1])~=ARGV[1] then return 0 end \
local left=redis.call('PTTL',KEYS[1]) \
if left==-1 or left>tonumber(ARGV[2]) then return redis.call('DEL',KEYS[1]) end \
return 0";

/// A lock as it was observed.
#[derive(Debug, Clone, Copy)]
pub struct ObservedLock<'a> {
    /// The whole key.
    pub key: &'a str,
    pub value: &'a [u8],
    /// Longest TTL that a holder sets.
    pub life: Duration,
}

impl Store {
    /// Removes the locks that still have the observed value and no TTL, or one longer than `life`. Returns for each,
    /// in order, whether it was removed.
    pub async fn clear_locks(&self, locks: &[ObservedLock<'_>]) -> Vec<Result<bool, Error>> {
        let mut cleared = self.clear_by_script(locks).await;
        for (lock, answer) in locks.iter().zip(&mut cleared) {
            if answer.as_ref().is_err_and(is_refused) {
                *answer = self.clear_by_looking(lock).await;
            }
        }
        cleared
    }

    async fn clear_by_script(&self, locks: &[ObservedLock<'_>]) -> Vec<Result<bool, Error>> {
        let requests = locks.iter().map(|lock| {
            let request = Request::script(CLEAR_SCRIPT, lock.key);
            request.arg(lock.value).arg(milliseconds(lock.life))
        });
        let answers = self.run_each(requests, ReadFrom::Primary).await.into_iter();
        let removed = |answer| match answer {
            Ok(answer) => Ok(int(&answer).is_some_and(|removed| removed > 0)),
            Err(Error::WrongType { .. }) => Ok(false),
            Err(error) => Err(error),
        };
        answers.map(removed).collect()
    }

    /// Looks whether the lock is still as it was observed, and then removes it.
    async fn clear_by_looking(&self, lock: &ObservedLock<'_>) -> Result<bool, Error> {
        let stale = holder(self, lock.key).await?.is_some_and(|(value, left)| {
            value.as_bytes() == lock.value
                && match left {
                    Ttl::Forever => true,
                    Ttl::Left(left) => left > lock.life,
                    Ttl::Absent => false,
                }
        });
        if !stale {
            return Ok(false);
        }
        let removed = self.carry_out(Request::new("DEL", lock.key)).await?;
        Ok(int(&removed).is_some_and(|removed| removed > 0))
    }
}
