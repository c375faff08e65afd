//! Compare-and-set: replaces a value only if it has not changed since it was read.

use super::guarded::{Transaction, WatchedMarks, transaction};
use super::seen_marks::SeenMarks;
use crate::store::client::Store;
use crate::store::error::Error;
use crate::store::net::reply::int;
use crate::store::net::request::Request;
use redis::Value;

/// Works on one key in one step. The TTL is kept.
const EXCHANGE_SCRIPT: &str = "\
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end \
redis.call('SET', KEYS[1], ARGV[2], 'XX', 'KEEPTTL') \
return 1";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExchangeResult {
    /// The value was replaced.
    Done,
    /// The value has changed.
    Another,
    /// Something was marked since the marks were read.
    Marked,
}

impl Store {
    /// Replaces a string that equals `former` with `value`, unless something was marked since `seen`. (In a cluster
    /// the marks cannot be checked in the same step.) After a lost connection, a value that the first attempt
    /// replaced is reported as [`ExchangeResult::Another`].
    pub async fn exchange(
        &self,
        key: &str,
        (former, value): (&[u8], &[u8]),
        seen: Option<&SeenMarks>,
    ) -> Result<ExchangeResult, Error> {
        let watched = match seen {
            Some(seen) => self.watch_marks(seen, Some(key)).await,
            None => WatchedMarks::Without,
        };
        match watched {
            WatchedMarks::Marked => return Ok(ExchangeResult::Marked),
            WatchedMarks::Watched(connection) => {
                let get = redis::cmd("GET").arg(key).take();
                let is_former =
                    connection.command(&get).await? == Value::BulkString(former.to_vec());
                let set = Request::new("SET", key).arg(value).arg("XX").arg("KEEPTTL");
                if is_former {
                    let set = transaction(set.into_commands(), std::iter::empty());
                    match self.transact(&connection, &set, 1).await.0 {
                        Transaction::Changed => return Ok(ExchangeResult::Marked),
                        Transaction::Done(answers) if answers == [Value::Okay] => {
                            return Ok(ExchangeResult::Done);
                        }
                        Transaction::Done(_) | Transaction::Refused => {}
                    }
                }
            }
            WatchedMarks::Without => {}
        }
        // The reply has to come from the server that owns the key.
        let request = Request::script(EXCHANGE_SCRIPT, key);
        let request = request.arg(former).arg(value);
        match int(&self.carry_out(request).await?) {
            Some(1) => Ok(ExchangeResult::Done),
            Some(_) => Ok(ExchangeResult::Another),
            None => Err(self.unexpected("EVAL")),
        }
    }
}
