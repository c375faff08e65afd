//! Compare and set: a value is replaced only where it still is what was read.

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

impl Store {
    /// Replaces a string by `value` where it is `former`; tells whether it was. Where a connection was
    /// lost in the middle, a value that the first attempt has replaced counts as another.
    pub async fn exchange(&self, key: &str, former: &[u8], value: &[u8]) -> Result<bool, Error> {
        let request = Request::script(EXCHANGE_SCRIPT, key);
        let request = request.arg(former).arg(value);
        match int(&self.run_one(request, ReadFrom::Primary).await?) {
            Some(done) => Ok(done == 1),
            None => Err(self.unexpected("EVAL")),
        }
    }
}
