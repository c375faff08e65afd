//! Looking at what stands in the cache, without changing it.

use super::Error;
use crate::domain::inspect::{self, Freshness};
use crate::domain::key::{Customer, Entry, Key, Scheme, Tally};
use crate::domain::ttl::{Policy, Ttl};
use crate::store::{self, Store};
use jiff::civil::Date;
use serde_json::Value;
use std::collections::{BTreeSet, HashSet};
use std::hash::{BuildHasher, RandomState};
use std::ops::ControlFlow;
use std::time::Duration;

/// Days of history that the server keeps.
const DAYS: i64 = 7;

/// Everything there is to know of one key.
#[derive(Debug, Clone)]
pub struct Inspection {
    /// The whole key.
    pub key: String,
    /// Whose it is, and what; `None` where the scheme does not know it.
    pub parsed: Option<Key>,
    /// Type, size, memory and age as the server tells them.
    pub about: store::Description,
    /// What the policy gives it.
    pub policy: Option<Duration>,
    /// Judged against the policy.
    pub freshness: Freshness,
    /// What stands in its lock.
    pub locked_by: Option<String>,
    /// Reads that it answered in the last seven days.
    pub hits: u64,
    /// Reads that it did not.
    pub misses: u64,
    /// The property, group and contract that it belongs to.
    pub tags: Vec<String>,
    /// The number of the run that wrote or kept it last.
    pub generation: Option<u64>,
    /// Its value, the collections up to the limit.
    pub value: Content,
}

/// The value of a key by its type.
#[derive(Debug, Clone, PartialEq)]
pub enum Content {
    /// Bytes as they stand.
    Text(Vec<u8>),
    /// Members in their order, or as the server gives them.
    List(Vec<Vec<u8>>),
    /// Fields and values.
    Hash(Vec<(Vec<u8>, Vec<u8>)>),
    /// Members and scores.
    Sorted(Vec<(Vec<u8>, f64)>),
    /// Entries, the newest first.
    Stream(Vec<store::StreamEntry>),
    /// A type that we do not read.
    Other,
}

/// One key of a listing.
#[derive(Debug, Clone)]
pub struct Listed {
    /// The whole key.
    pub key: String,
    /// Type, memory and time left.
    pub about: store::Description,
}

/// The keys that match a pattern.
#[derive(Debug, Clone, Default)]
pub struct Listing {
    /// How many there are.
    pub total: u64,
    /// The first of them in order, up to the limit.
    pub keys: Vec<Listed>,
}

/// Looks at cached things.
pub struct Inspector<'a> {
    /// Where they stand.
    pub store: &'a Store,
    /// How keys are spelled.
    pub scheme: &'a Scheme,
    /// How long things may stand.
    pub policy: &'a Policy,
    /// The UTC day.
    pub today: Date,
}

impl Inspector<'_> {
    /// Everything about one key; `None` where there is no such key. Collections are read up to `limit`
    /// members.
    pub async fn key(&self, key: &str, limit: usize) -> Result<Option<Inspection>, Error> {
        let parsed = self.scheme.parse(key.as_bytes());
        let keys = [key.to_owned()];
        let locks = [format!("{key}:lock")];
        let marks = match &parsed {
            Some(Key::Of(customer, _)) => Some(self.scheme.key(customer, &Entry::Generations)),
            _ => None,
        };
        let generation = async {
            match &marks {
                Some(index) => self.store.score(index, key).await,
                None => Ok(None),
            }
        };
        // Sent together: the whole look is one round trip for a string. The description comes first,
        // so that the idle time is not that of our own look.
        let (about, value, lock, hits, misses, generation) = futures_util::join!(
            self.store.describe(&keys),
            self.store.get(&keys),
            self.store.get(&locks),
            self.count(key, Tally::Hits),
            self.count(key, Tally::Misses),
            generation,
        );
        let Some(about) = about.into_iter().next().transpose()?.flatten() else {
            return Ok(None);
        };
        let value = match value.into_iter().next() {
            Some(Ok(Some(bytes))) => Content::Text(bytes),
            Some(Err(store::Error::WrongType { .. })) => {
                self.collection(key, &about, limit).await?
            }
            Some(Err(error)) => return Err(error.into()),
            // It went while we looked.
            Some(Ok(None)) | None => return Ok(None),
        };
        let lock = lock.into_iter().next().and_then(Result::ok).flatten();
        let policy = match &parsed {
            Some(Key::Of(_, entry)) => inspect::policy_of(entry, self.policy),
            Some(Key::Stats(..)) => Some(Duration::from_hours(7 * 24)),
            None => None,
        };
        let tags = match (&parsed, &value) {
            (Some(Key::Of(_, entry)), Content::Text(bytes)) => {
                let json = serde_json::from_slice(bytes).unwrap_or(Value::Null);
                inspect::tags(entry, &json)
            }
            _ => Vec::new(),
        };
        Ok(Some(Inspection {
            key: key.to_owned(),
            freshness: about
                .ttl
                .map_or(Freshness::Unknown, |ttl| Freshness::of(ttl, policy)),
            policy,
            locked_by: lock.map(|token| String::from_utf8_lossy(&token).into_owned()),
            hits: hits?,
            misses: misses?,
            tags,
            generation: generation.unwrap_or_default().map(whole),
            value,
            parsed,
            about,
        }))
    }

    /// How often a key was counted in the last seven days.
    async fn count(&self, key: &str, tally: Tally) -> Result<u64, Error> {
        let Some(field) = key.strip_prefix(self.scheme.prefix()) else {
            return Ok(0);
        };
        let fields = [field.to_owned()];
        let days = (0..DAYS).filter_map(|back| {
            self.today
                .checked_sub(jiff::Span::new().try_days(back).ok()?)
                .ok()
        });
        let hashes: Vec<String> = days.map(|day| self.scheme.stats(day, tally)).collect();
        let counts = hashes
            .iter()
            .map(|hash| self.store.field_values(hash, &fields));
        let mut sum = 0_u64;
        for counted in futures_util::future::join_all(counts).await {
            let counted = match counted {
                Ok(values) => values.into_iter().next().flatten(),
                Err(store::Error::WrongType { .. } | store::Error::Denied { .. }) => None,
                Err(error) => return Err(error.into()),
            };
            let number = counted.and_then(|bytes| String::from_utf8(bytes).ok()?.parse().ok());
            sum = sum.saturating_add(number.unwrap_or(0));
        }
        Ok(sum)
    }

    async fn collection(
        &self,
        key: &str,
        about: &store::Description,
        limit: usize,
    ) -> Result<Content, Error> {
        Ok(match about.kind.as_deref().unwrap_or_default() {
            "hash" => Content::Hash(self.store.read_hash(key, limit).await?),
            "list" => Content::List(self.store.read_list(key, limit).await?),
            "set" => Content::List(self.store.read_set(key, limit).await?),
            "zset" => Content::Sorted(self.store.read_zset(key, limit).await?),
            "stream" => Content::Stream(self.store.read_stream(key, limit).await?),
            _ => Content::Other,
        })
    }

    /// The keys that match a whole glob: how many there are, and the first `limit` in order. Each is
    /// counted once, although a scan may see it twice.
    pub async fn pattern(&self, pattern: &str, limit: usize) -> Result<Listing, Error> {
        let mut first: BTreeSet<Vec<u8>> = BTreeSet::new();
        // A scan may see a key twice: counted are the keys' hashes, which stay small for millions.
        let hasher = RandomState::new();
        let mut seen: HashSet<u64> = HashSet::new();
        self.store
            .scan(pattern.as_bytes(), |keys| {
                for key in keys
                    .into_iter()
                    .filter(|key| inspect::matches(pattern, key))
                {
                    seen.insert(hasher.hash_one(&key));
                    first.insert(key);
                    if first.len() > limit {
                        first.pop_last();
                    }
                }
                ControlFlow::Continue(())
            })
            .await?;
        let total = seen.len() as u64;
        let keys: Vec<String> = first
            .into_iter()
            .map(|key| String::from_utf8_lossy(&key).into_owned())
            .collect();
        let about = self.store.describe(&keys).await;
        let mut listing = Listing {
            total,
            keys: Vec::new(),
        };
        for (key, about) in keys.into_iter().zip(about) {
            // One that expired since the scan is not listed.
            if let Some(about) = about? {
                listing.keys.push(Listed { key, about });
            }
        }
        Ok(listing)
    }
}

/// The customer of a key, where it has one.
#[must_use]
pub fn customer_of(parsed: Option<&Key>) -> Option<&Customer> {
    match parsed {
        Some(Key::Of(customer, _)) => Some(customer),
        _ => None,
    }
}

/// What is left of the policy tells how long ago the key was written, as long as its time to live was
/// not shortened.
#[must_use]
pub fn age(ttl: Ttl, policy: Option<Duration>) -> Option<Duration> {
    match (ttl, policy) {
        (Ttl::Left(left), Some(policy)) => policy.checked_sub(left),
        _ => None,
    }
}

/// A generation as a whole number; scores are floating point.
fn whole(score: f64) -> u64 {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "run numbers are small and positive"
    )]
    let number = score.max(0.0) as u64;
    number
}
