//! Removes locks that no one can be holding.

use crate::store::client::Store;
use crate::store::error::Error;
use crate::store::net::reply::int;
use crate::store::net::request::Request;
use crate::store::options::ReadFrom;
use std::time::Duration;

/// Removes the key only if it still holds what was seen and still has no deadline, or one beyond the
/// limit: one step, so that a process that takes the lock in between keeps it.
const CLEAR_SCRIPT: &str = "if redis.call('GET',KEYS[1])~=ARGV[1] then return 0 end \
local left=redis.call('PTTL',KEYS[1]) \
if left==-1 or left>tonumber(ARGV[2]) then return redis.call('DEL',KEYS[1]) end \
return 0";

/// A lock as it was seen.
#[derive(Debug, Clone, Copy)]
pub struct ObservedLock<'a> {
    /// The whole key.
    pub key: &'a str,
    /// Its content.
    pub value: &'a [u8],
    /// The longest life that a holder gives it.
    pub life: Duration,
}

impl Store {
    /// Removes the locks that hold what was seen and have no deadline, or one further away than `life`;
    /// `false` for one of which that is not so (any more). In their order.
    pub async fn clear_locks(&self, locks: &[ObservedLock<'_>]) -> Vec<Result<bool, Error>> {
        let requests = locks.iter().map(|lock| {
            let life = u64::try_from(lock.life.as_millis()).unwrap_or(u64::MAX);
            let request = Request::script(CLEAR_SCRIPT, lock.key);
            request.arg(lock.value).arg(life)
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
