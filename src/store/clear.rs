//! Removing a lock that nobody can be holding.

use super::error::Error;
use super::reply::int;
use super::request::Request;
use super::store::Store;
use std::time::Duration;

/// Removes the key only if it still holds what was seen and still has no deadline, or one beyond the
/// limit: one step, so that who takes the lock in between keeps it.
const CLEAR_SCRIPT: &str = "if redis.call('GET',KEYS[1])~=ARGV[1] then return 0 end \
local left=redis.call('PTTL',KEYS[1]) \
if left==-1 or left>tonumber(ARGV[2]) then return redis.call('DEL',KEYS[1]) end \
return 0";

impl Store {
    /// Removes a lock that holds `seen` and has no deadline, or one further away than `life`; `false`
    /// where that is not so (any more).
    pub async fn clear_lock(&self, key: &str, seen: &[u8], life: Duration) -> Result<bool, Error> {
        let life = u64::try_from(life.as_millis()).unwrap_or(u64::MAX);
        let request = Request::script(CLEAR_SCRIPT, key).arg(seen).arg(life);
        match self.carry_out(request).await {
            Ok(answer) => Ok(int(&answer).is_some_and(|removed| removed > 0)),
            Err(Error::WrongType { .. }) => Ok(false),
            Err(error) => Err(error),
        }
    }
}
