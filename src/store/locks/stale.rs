//! Removes stale locks.

use crate::domain::duration::milliseconds;
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
}
