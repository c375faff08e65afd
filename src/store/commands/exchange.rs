//! Compare and set: a value is replaced only where it still is what was read.

use super::guarded::{Guarded, GuardedStep, SeenMarks};
use crate::store::client::Store;
use crate::store::error::Error;
use crate::store::net::reply::int;
use crate::store::net::request::Request;
use crate::store::options::ReadFrom;

/// One key, one step. The deadline stays.
const EXCHANGE_SCRIPT: &str = "\
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end \
redis.call('SET', KEYS[1], ARGV[2], 'XX', 'KEEPTTL') \
return 1";

/// What became of a value that was to be replaced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exchanged {
    /// It is replaced.
    Done,
    /// It is another one by now.
    Another,
    /// Something was marked since the marks were read.
    Marked,
}

impl Store {
    /// Replaces a string by `value` where it is `former` and, as far as one step can tell, nothing was
    /// marked since `seen`. Where a connection was lost in the middle, a value that the first attempt
    /// has replaced counts as another.
    pub async fn exchange(
        &self,
        key: &str,
        (former, value): (&[u8], &[u8]),
        seen: Option<&SeenMarks>,
    ) -> Result<Exchanged, Error> {
        let set = Request::new("SET", key).arg(value).arg("XX").arg("KEEPTTL");
        let is_former = GuardedStep::new(&Request::new("GET", key)).answering(former);
        let steps = [is_former, GuardedStep::new(&set)];
        match self.step_by_step(&[(key, &steps)], seen, &[]).await? {
            Guarded::Marked => return Ok(Exchanged::Marked),
            Guarded::Done(left) if left.is_empty() => return Ok(Exchanged::Done),
            // What stands there is asked of the server that has the key.
            Guarded::Done(_) | Guarded::Without => {}
        }
        let request = Request::script(EXCHANGE_SCRIPT, key);
        let request = request.arg(former).arg(value);
        match int(&self.run_one(request, ReadFrom::Primary).await?) {
            Some(1) => Ok(Exchanged::Done),
            Some(_) => Ok(Exchanged::Another),
            None => Err(self.unexpected("EVAL")),
        }
    }
}
