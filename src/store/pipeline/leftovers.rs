//! Keys that a refused transaction left without a TTL.

use crate::store::client::Store;
use crate::store::error::Error;
use crate::store::net::reply::int;
use crate::store::net::request::Request;
use crate::store::options::ReadFrom;
use redis::Value;

impl Store {
    /// A server that refuses MULTI executes the commands after it one by one. Of the requests `one_by_one`, removes the
    /// keys of those that failed and left their key without a TTL: every transaction ends by setting one.
    pub(super) async fn remove_leftovers(
        &self,
        requests: &[Request],
        one_by_one: &[usize],
        results: &[Option<Result<Value, Error>>],
    ) {
        let failed = one_by_one.iter().filter(|index| {
            let result = results.get(**index).and_then(Option::as_ref);
            // A key of another type is not ours.
            matches!(
                result,
                Some(Err(Error::Denied { .. }
                    | Error::Refused { .. }
                    | Error::OutOfMemory { .. }))
            )
        });
        let mut keys: Vec<&[u8]> = failed
            .filter_map(|index| requests.get(*index).map(Request::key))
            .collect();
        keys.sort_unstable();
        keys.dedup();
        let looks = keys.iter().map(|key| Request::new("PTTL", *key));
        let left = self.run_each(looks, ReadFrom::Primary).await;
        let for_ever = keys
            .iter()
            .zip(left)
            .filter(|(_, left)| left.as_ref().is_ok_and(|left| int(left) == Some(-1)))
            .map(|(key, _)| Request::new("UNLINK", *key));
        // If this fails too, the write is still reported as failed.
        let _ = self.run_each(for_ever, ReadFrom::Primary).await;
    }
}
