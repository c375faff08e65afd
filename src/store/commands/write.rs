//! Writes. Each concerns one key, is atomic, and may be repeated.

use crate::store::client::Store;
use crate::store::error::Error;
use crate::store::net::request::Request;
use crate::store::options::ReadFrom;
use crate::store::unsupported::Unsupported;
use redis::Value;
use std::time::Duration;

/// Limit of fields in one transaction. A larger hash takes several transactions, each of which leaves it with a TTL.
const FIELDS: usize = 500;
/// Limit of bytes in one transaction, unless a single field has more.
const FIELD_BYTES: usize = 1 << 20;
/// Limit of writes converted to commands at a time, so that a large batch is not in memory twice.
const WINDOW: usize = 2000;
/// The same limit in bytes.
const WINDOW_BYTES: usize = 8 << 20;

/// One write. Keys are complete, including the prefix. TTLs are at least 1 ms.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Write {
    /// Sets a string with a TTL. `None` means no expiry, for counters and state only.
    Set {
        key: String,
        value: Vec<u8>,
        ttl: Option<Duration>,
    },
    /// Sets a string with a TTL if the key does not exist.
    SetAbsent {
        key: String,
        value: Vec<u8>,
        ttl: Duration,
    },
    /// Replaces an existing string and keeps its TTL.
    Patch { key: String, value: Vec<u8> },
    /// Sets fields of a hash, and its TTL in the same step.
    Fields {
        key: String,
        /// Names and values.
        fields: Vec<(String, Vec<u8>)>,
        ttl: Duration,
    },
    /// Sets and drops fields of an existing hash; never creates one.
    PatchFields {
        key: String,
        /// Names and values to set.
        set: Vec<(String, Vec<u8>)>,
        /// Names to drop.
        drop: Vec<String>,
    },
    /// Drops fields of a hash.
    DropFields {
        key: String,
        /// Names to drop.
        fields: Vec<String>,
    },
    /// Sets the TTL of an existing key.
    Expire { key: String, ttl: Duration },
    /// Replaces a list and sets its TTL in one step. Without items the key is removed.
    List {
        key: String,
        /// The items in order.
        items: Vec<String>,
        ttl: Duration,
    },
    /// Sets fields of a hash without a TTL, for state.
    Mapping {
        key: String,
        /// Names and values.
        fields: Vec<(String, Vec<u8>)>,
    },
    /// Sets the score of members of a sorted set without a TTL.
    Scores {
        key: String,
        score: u64,
        members: Vec<String>,
        /// Update existing members only.
        listed_only: bool,
    },
}

/// Sets and drops fields of an existing hash. `ARGV[1]` is the number of fields to set.
const PATCH_SCRIPT: &str = "\
if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end \
local set = tonumber(ARGV[1]) * 2 + 1 \
for i = 2, set, 2 do redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 1]) end \
for i = set + 1, #ARGV do redis.call('HDEL', KEYS[1], ARGV[i]) end \
return 1";

impl Store {
    /// Executes all writes, each on the server that owns its key, and returns their results in order. Writes to the
    /// same key keep their order. Failed writes may be repeated.
    pub async fn write(&self, batch: &[Write]) -> Vec<Result<(), Error>> {
        let mut results = Vec::with_capacity(batch.len());
        let mut rest = batch;
        while !rest.is_empty() {
            let (now, later) = rest.split_at(window(rest));
            results.extend(self.write_window(now).await);
            rest = later;
        }
        results
    }

    async fn write_window(&self, batch: &[Write]) -> Vec<Result<(), Error>> {
        let mut requests = Vec::with_capacity(batch.len());
        let mut owners = Vec::with_capacity(batch.len());
        let later = self.keeps_later_scores();
        for (index, write) in batch.iter().enumerate() {
            write.append_to(&mut requests, later);
            owners.resize(requests.len(), index);
        }
        let answers = self.run(&requests, ReadFrom::Primary).await;
        let mut results: Vec<Result<(), Error>> = batch.iter().map(|_| Ok(())).collect();
        let mut unknown = false;
        for (owner, answer) in owners.into_iter().zip(answers) {
            if let Err(error) = answer
                && let Some(result) = results.get_mut(owner)
                && result.is_ok()
            {
                unknown |= later
                    && matches!(batch.get(owner), Some(Write::Scores { .. }))
                    && error.wants_a_script();
                *result = Err(error);
            }
        }
        if unknown {
            Unsupported::learn(&self.inner.unsupported.zadd_gt);
            // Such a write had no effect, and all others may be repeated.
            return Box::pin(self.write_window(batch)).await;
        }
        results
    }

    /// Returns true unless ZADD is known to lack GT.
    pub(super) fn keeps_later_scores(&self) -> bool {
        !Unsupported::known(&self.inner.unsupported.zadd_gt)
    }

    /// Removes the keys (UNLINK, which frees memory in the background) and reports for each whether it existed. After
    /// a lost connection, a key that the first attempt removed may be reported as missing.
    pub async fn remove(&self, keys: &[String]) -> Vec<Result<bool, Error>> {
        let requests = keys.iter().map(|key| Request::new("UNLINK", key));
        let answers = self.run_each(requests, ReadFrom::Primary).await;
        self.numbers(answers, "UNLINK", |removed| removed > 0)
    }

    /// Runs one request on the primary.
    pub(crate) async fn carry_out(&self, request: Request) -> Result<Value, Error> {
        self.run_one(request, ReadFrom::Primary).await
    }
}

impl Write {
    /// Returns the key that is written.
    pub fn key(&self) -> &str {
        match self {
            Self::Set { key, .. }
            | Self::SetAbsent { key, .. }
            | Self::Patch { key, .. }
            | Self::Fields { key, .. }
            | Self::PatchFields { key, .. }
            | Self::DropFields { key, .. }
            | Self::Expire { key, .. }
            | Self::List { key, .. }
            | Self::Mapping { key, .. }
            | Self::Scores { key, .. } => key,
        }
    }

    /// Returns the approximate size in bytes.
    pub fn bytes(&self) -> usize {
        let pairs = |fields: &[(String, Vec<u8>)]| {
            fields
                .iter()
                .map(|(name, value)| name.len() + value.len())
                .sum::<usize>()
        };
        let names = |names: &[String]| names.iter().map(String::len).sum::<usize>();
        self.key().len()
            + match self {
                Self::Set { value, .. }
                | Self::SetAbsent { value, .. }
                | Self::Patch { value, .. } => value.len(),
                Self::Fields { fields, .. } | Self::Mapping { fields, .. } => pairs(fields),
                Self::PatchFields { set, drop, .. } => pairs(set) + names(drop),
                Self::DropFields { fields, .. } => names(fields),
                Self::List { items, .. } => names(items),
                Self::Scores { members, .. } => names(members),
                Self::Expire { .. } => 0,
            }
    }

    /// Returns the number of elements written; each costs the server about the same time.
    pub(super) fn elements(&self) -> usize {
        match self {
            Self::Set { .. }
            | Self::SetAbsent { .. }
            | Self::Patch { .. }
            | Self::Expire { .. } => 1,
            Self::Fields { fields, .. } | Self::Mapping { fields, .. } => fields.len(),
            Self::PatchFields { set, drop, .. } => set.len() + drop.len(),
            Self::DropFields { fields, .. } => fields.len(),
            Self::List { items, .. } => items.len(),
            Self::Scores { members, .. } => members.len(),
        }
    }

    /// Appends the requests of this write; none if there is nothing to do. With `later`, a member of a sorted set keeps
    /// a higher score.
    pub(super) fn append_to(&self, requests: &mut Vec<Request>, later: bool) {
        match self {
            Self::Set { key, value, ttl } => {
                let request = Request::set(key, value);
                requests.push(match ttl {
                    Some(ttl) => request.arg("PX").arg(milliseconds(*ttl)),
                    None => request,
                });
            }
            Self::SetAbsent { key, value, ttl } => requests.push(
                Request::set(key, value)
                    .arg("NX")
                    .arg("PX")
                    .arg(milliseconds(*ttl)),
            ),
            Self::Patch { key, value } => {
                requests.push(Request::set(key, value).arg("XX").arg("KEEPTTL"));
            }
            Self::Fields { key, fields, ttl } => {
                let ttl = milliseconds(*ttl);
                requests.extend(chunks(fields).map(|chunk| {
                    let expire = Request::new("PEXPIRE", key).arg(ttl);
                    with_pairs(Request::new("HSET", key), chunk).and(expire)
                }));
            }
            Self::PatchFields { key, set, drop } => {
                requests.extend(chunks(set).map(|chunk| {
                    with_pairs(Request::script(PATCH_SCRIPT, key).arg(chunk.len()), chunk)
                }));
                requests.extend(
                    drop.chunks(FIELDS)
                        .map(|chunk| Request::script(PATCH_SCRIPT, key).arg(0).arg(chunk)),
                );
            }
            Self::DropFields { key, fields } => requests.extend(
                fields
                    .chunks(FIELDS)
                    .map(|chunk| Request::new("HDEL", key).arg(chunk)),
            ),
            Self::Expire { key, ttl } => {
                requests.push(Request::new("PEXPIRE", key).arg(milliseconds(*ttl)));
            }
            Self::List { key, items, .. } if items.is_empty() => {
                requests.push(Request::new("UNLINK", key));
            }
            Self::List { key, items, ttl } => requests.push(
                Request::new("DEL", key)
                    .and(Request::new("RPUSH", key).arg(items))
                    .and(Request::new("PEXPIRE", key).arg(milliseconds(*ttl))),
            ),
            Self::Scores {
                key,
                score,
                members,
                listed_only,
            } => requests.extend(members.chunks(FIELDS).map(|chunk| {
                let add = Request::new("ZADD", key);
                let add = if *listed_only { add.arg("XX") } else { add };
                // With concurrent runs the later one wins.
                let add = if later { add.arg("GT") } else { add };
                let scored = chunk.iter();
                scored.fold(add, |add, member| add.arg(*score).arg(member))
            })),
            Self::Mapping { key, fields } => requests
                .extend(chunks(fields).map(|chunk| with_pairs(Request::new("HSET", key), chunk))),
        }
    }
}

/// Returns how many writes are converted to commands together; at least one.
fn window(batch: &[Write]) -> usize {
    let mut bytes = 0;
    let fits = batch.iter().take(WINDOW).take_while(|write| {
        bytes += write.bytes();
        bytes <= WINDOW_BYTES
    });
    fits.count().max(1).min(batch.len())
}

/// Splits fields into chunks of bounded number and size.
pub(super) fn chunks(fields: &[(String, Vec<u8>)]) -> impl Iterator<Item = &[(String, Vec<u8>)]> {
    let mut rest = fields;
    std::iter::from_fn(move || {
        let mut bytes = 0;
        let fits = rest.iter().take(FIELDS).take_while(|(name, value)| {
            bytes += name.len() + value.len();
            bytes <= FIELD_BYTES
        });
        let count = fits.count().max(1).min(rest.len());
        let (chunk, later) = rest.split_at(count);
        rest = later;
        (!chunk.is_empty()).then_some(chunk)
    })
}

pub(super) fn with_pairs(request: Request, fields: &[(String, Vec<u8>)]) -> Request {
    fields.iter().fold(request, |request, (name, value)| {
        request.arg(name).arg(value.as_slice())
    })
}

/// Converts to whole milliseconds, at least 1: the server would refuse 0, or remove the key at once.
pub(crate) fn milliseconds(ttl: Duration) -> u64 {
    u64::try_from(ttl.as_millis())
        .unwrap_or(u64::MAX)
        .clamp(1, i64::MAX.unsigned_abs() / 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field(name: usize, size: usize) -> (String, Vec<u8>) {
        (name.to_string(), vec![b'x'; size])
    }

    #[test]
    fn fields_are_cut_by_number_and_by_size_and_none_is_lost() {
        let sizes = |fields: &[(String, Vec<u8>)]| {
            let cut: Vec<usize> = chunks(fields).map(<[_]>::len).collect();
            assert_eq!(cut.iter().sum::<usize>(), fields.len());
            cut
        };
        let small: Vec<_> = (0..1001).map(|name| field(name, 1)).collect();
        assert_eq!(sizes(&small), [500, 500, 1]);
        let large: Vec<_> = (0..3)
            .map(|name| field(name, FIELD_BYTES * 2 / 3))
            .collect();
        assert_eq!(sizes(&large), [1, 1, 1]);
        assert_eq!(sizes(&[field(1, 2 * FIELD_BYTES)]), [1]);
        assert!(sizes(&[]).is_empty());
    }

    #[test]
    fn a_window_holds_at_least_one_write_and_no_more_than_fits() {
        let set = |size: usize| Write::Set {
            key: "k".into(),
            value: vec![0; size],
            ttl: None,
        };
        assert_eq!(window(&vec![set(1); WINDOW + 1]), WINDOW);
        assert_eq!(window(&vec![set(WINDOW_BYTES / 2); 3]), 1);
        assert_eq!(window(&[set(2 * WINDOW_BYTES), set(1)]), 1);
    }

    #[test]
    fn a_time_to_live_is_at_least_a_millisecond() {
        assert_eq!(milliseconds(Duration::ZERO), 1);
        assert_eq!(milliseconds(Duration::from_micros(300)), 1);
        assert_eq!(milliseconds(Duration::from_secs(2)), 2000);
        assert!(milliseconds(Duration::MAX) < i64::MAX.unsigned_abs());
    }
}
