//! The number of the last warm run, and the index (a sorted set) of the run that wrote or kept each key.

use crate::store::client::Store;
use crate::store::error::Error;
use crate::store::net::reply::{number, scored};
use crate::store::net::request::Request;

/// Number of members read at a time.
const PAGE: usize = 1000;

impl Store {
    /// Increments a counter and returns the new value; `None` if the key holds something else. Repeated after a lost
    /// answer, it leaves out a number, which harms nothing.
    pub async fn next_number(&self, key: &str) -> Result<Option<u64>, Error> {
        let request = Request::new("INCRBY", key).arg(1);
        match self.carry_out(request).await {
            Err(Error::WrongType { .. } | Error::Refused { .. }) => Ok(None),
            answer => Ok(number(&answer?)),
        }
    }

    /// Returns a page of members with scores between two limits (in the syntax of ZRANGEBYSCORE), lowest first,
    /// starting at `place`. Empty after the last member.
    pub async fn members(
        &self,
        key: &str,
        (from, to): (&str, &str),
        place: usize,
    ) -> Result<Vec<(Vec<u8>, f64)>, Error> {
        let request = Request::new("ZRANGEBYSCORE", key)
            .arg(from)
            .arg(to)
            .arg("WITHSCORES")
            .arg("LIMIT")
            .arg(place)
            .arg(PAGE);
        let value = self.run_one(request, self.reads).await?;
        scored(value).ok_or_else(|| self.unexpected("ZRANGEBYSCORE"))
    }
}
