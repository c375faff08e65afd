//! Reads for the read-through cache: values with their TTLs in one pipeline, and counting such reads.

use crate::domain::ttl::Ttl;
use crate::store::client::Store;
use crate::store::commands::read::{from_pttl, of_its_type};
use crate::store::commands::write::milliseconds;
use crate::store::error::Error;
use crate::store::net::reply::{bytes, int, strings};
use crate::store::net::request::{Request, RetryPolicy};
use crate::store::options::ReadFrom;
use redis::Value;
use std::time::Duration;

/// Limit of counts in one transaction.
const COUNTS: usize = 500;

/// Expected type of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    Text,
    /// A list, read in full.
    List,
}

/// Content of a cached key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CachedWrite {
    Text(Vec<u8>),
    /// All items of a list in order.
    List(Vec<Vec<u8>>),
    /// Another type than expected.
    Other,
}

/// An increment of hash fields or of a counter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Increment {
    /// Increments fields of a hash and sets its TTL.
    Fields {
        key: String,
        /// Field names and increments.
        by: Vec<(String, u64)>,
        ttl: Duration,
    },
    /// Increments a counter without a TTL.
    Counter { key: String, by: u64 },
}

impl Store {
    /// Returns the values and TTLs of all keys, in order and in one pipeline; `None` for a missing key. Always reads
    /// from the primary, because a replica may not have yet what another process has just fetched.
    pub async fn cached(
        &self,
        keys: &[(String, Shape)],
    ) -> Vec<Result<Option<(CachedWrite, Ttl)>, Error>> {
        let requests: Vec<Request> = keys
            .iter()
            .flat_map(|(key, shape)| {
                let read = match shape {
                    Shape::Text => Request::new("GET", key),
                    Shape::List => Request::new("LRANGE", key).arg(0).arg(-1),
                };
                [read, Request::new("PTTL", key)]
            })
            .collect();
        let mut answers = self.run(&requests, ReadFrom::Primary).await.into_iter();
        keys.iter()
            .map(|(_, shape)| {
                let mut next = || {
                    answers
                        .next()
                        .unwrap_or_else(|| Err(self.unexpected("PTTL")))
                };
                let (value, left) = (next(), next());
                let value = match of_its_type(value)? {
                    Some(value) => self.stored(value, *shape)?,
                    None => Some(CachedWrite::Other),
                };
                let left = int(&left?).map(from_pttl);
                let left = left.ok_or_else(|| self.unexpected("PTTL"))?;
                // The key may expire between the two commands.
                Ok(value
                    .filter(|_| left != Ttl::Absent)
                    .map(|value| (value, left)))
            })
            .collect()
    }

    fn stored(&self, value: Value, shape: Shape) -> Result<Option<CachedWrite>, Error> {
        match (shape, value) {
            (Shape::Text, Value::Nil) => Ok(None),
            (Shape::Text, value) => match bytes(value) {
                Some(bytes) => Ok(Some(CachedWrite::Text(bytes))),
                None => Err(self.unexpected("GET")),
            },
            (Shape::List, value) => {
                let items = strings(value).ok_or_else(|| self.unexpected("LRANGE"))?;
                // There are no empty lists.
                Ok((!items.is_empty()).then_some(CachedWrite::List(items)))
            }
        }
    }

    /// Applies increments in one pipeline. A request that may have been executed is not retried, so that nothing is
    /// counted twice.
    pub async fn grow(&self, by: &[Increment]) -> Result<(), Error> {
        let mut requests = Vec::new();
        for growth in by {
            match growth {
                Increment::Counter { key, by } => {
                    requests.push(
                        Request::new("INCRBY", key)
                            .arg(*by)
                            .again(RetryPolicy::Unsent),
                    );
                }
                Increment::Fields { key, by, ttl } => {
                    for chunk in by.chunks(COUNTS) {
                        let mut counts = chunk.iter().map(|(field, count)| {
                            Request::new("HINCRBY", key).arg(field).arg(*count)
                        });
                        let Some(first) = counts.next() else { continue };
                        let all = counts.fold(first, Request::and);
                        let expire = Request::new("PEXPIRE", key).arg(milliseconds(*ttl));
                        requests.push(all.and(expire).again(RetryPolicy::Unsent));
                    }
                }
            }
        }
        for answer in self.run(&requests, ReadFrom::Primary).await {
            answer?;
        }
        Ok(())
    }

    /// Adds a member to a sorted set that is bounded in size and age, and sets its TTL, in one transaction. `score`
    /// is in milliseconds since 1970; members more than `ttl` older are removed.
    pub async fn index(
        &self,
        key: &str,
        member: &str,
        score: u64,
        ttl: Duration,
        most: u32,
    ) -> Result<(), Error> {
        let old = score.saturating_sub(milliseconds(ttl));
        let request = Request::new("ZADD", key)
            .arg(score)
            .arg(member)
            .and(
                Request::new("ZREMRANGEBYSCORE", key)
                    .arg("-inf")
                    .arg(format!("({old}")),
            )
            .and(
                Request::new("ZREMRANGEBYRANK", key)
                    .arg(0)
                    .arg(-1 - i64::from(most)),
            )
            .and(Request::new("PEXPIRE", key).arg(milliseconds(ttl)));
        self.carry_out(request).await.map(drop)
    }
}
