//! Reads through the cache, values with their remaining time in one pipeline, and counts such reads.

use crate::domain::ttl::Ttl;
use crate::store::client::Store;
use crate::store::commands::read::{from_pttl, of_its_type};
use crate::store::commands::write::milliseconds;
use crate::store::error::Error;
use crate::store::net::reply::{array, bytes, int};
use crate::store::net::request::{Again, Request};
use crate::store::options::ReadFrom;
use redis::Value;
use std::time::Duration;

/// The most counts in one transaction.
const COUNTS: usize = 500;

/// What a key should hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// A string.
    Text,
    /// A list, of which all items are wanted.
    List,
}

/// What was found under a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CachedWrite {
    /// A string.
    Text(Vec<u8>),
    /// The items of a list, first one first.
    List(Vec<Vec<u8>>),
    /// Another type than was asked for.
    Other,
}

/// An increment of a hash or a counter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Growth {
    /// The fields of a hash, which lives for so long from now.
    Fields {
        key: String,
        /// Their names and what they grow by.
        by: Vec<(String, u64)>,
        /// How long the hash lives.
        ttl: Duration,
    },
    /// A counter without a time to live.
    Counter {
        key: String,
        /// What it grows by.
        by: u64,
    },
}

impl Store {
    /// The values of all keys and how long they will live, in their order and in one pipeline;
    /// `None` for one that is not there. Always asked of the primary: a replica may not have yet what
    /// another process has just fetched.
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
                // It may expire between the two.
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
                let items: Option<Vec<Vec<u8>>> =
                    array(value).and_then(|items| items.into_iter().map(bytes).collect());
                let items = items.ok_or_else(|| self.unexpected("LRANGE"))?;
                // There are no empty lists.
                Ok((!items.is_empty()).then_some(CachedWrite::List(items)))
            }
        }
    }

    /// Adds to counts, all in one pipeline. What may have been carried out is not retried, so that nothing
    /// counts twice.
    pub async fn grow(&self, by: &[Growth]) -> Result<(), Error> {
        let mut requests = Vec::new();
        for growth in by {
            match growth {
                Growth::Counter { key, by } => {
                    requests.push(Request::new("INCRBY", key).arg(*by).again(Again::Unsent));
                }
                Growth::Fields { key, by, ttl } => {
                    for chunk in by.chunks(COUNTS) {
                        let mut counts = chunk.iter().map(|(field, count)| {
                            Request::new("HINCRBY", key).arg(field).arg(*count)
                        });
                        let Some(first) = counts.next() else { continue };
                        let all = counts.fold(first, Request::and);
                        let expire = Request::new("PEXPIRE", key).arg(milliseconds(*ttl));
                        requests.push(all.and(expire).again(Again::Unsent));
                    }
                }
            }
        }
        for answer in self.run(&requests, ReadFrom::Primary).await {
            answer?;
        }
        Ok(())
    }

    /// Enters a member in a sorted set that is bounded in number and in age, and gives the set its
    /// time to live, in one step. `score` is in milliseconds since 1970; members that are more than `ttl`
    /// older are removed.
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
