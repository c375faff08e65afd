//! Inspects what is cached, without changing it.

use super::{Error, names};
use crate::domain::inspect::content::Content;
use crate::domain::inspect::escaped_bytes::escape_bytes;
use crate::domain::inspect::report::{Inspected, KeyName, in_base64, seconds_left};
use crate::domain::inspect::{KeyFreshness, Lifetime, about_to_expire, fresh_for, tags};
use crate::domain::key::{Customer, Entry, Key, Scheme, Tally, type_of};
use crate::domain::locks::DENIED;
use crate::domain::read::freshness::Lifetimes;
use crate::domain::ttl::Ttl;
use crate::store::{self, Store};
use jiff::civil::Date;
use std::borrow::Cow;
use std::time::Duration;

mod listing;

/// Days of history that the server keeps.
const DAYS: i64 = 7;

/// How long to wait for the servers of counts and generations. A dead one must not prevent the key from being shown.
const SOON: Duration = Duration::from_secs(2);

pub(crate) struct Inspector<'a> {
    pub store: &'a Store,
    pub scheme: &'a Scheme,
    pub lifetimes: Lifetimes<'a>,
    /// Current UTC day.
    pub today: Date,
}

/// Awaits secondary information about a key, from whichever server holds it; `None` if that server does not answer
/// soon.
async fn soon<T>(besides: impl Future<Output = Result<T, Error>>) -> Result<Option<T>, Error> {
    match tokio::time::timeout(SOON, besides).await {
        Ok(Ok(found)) => Ok(Some(found)),
        Ok(Err(Error::Store(error))) if error.is_unreachable() => Ok(None),
        Ok(Err(error)) => Err(error),
        Err(_) => Ok(None),
    }
}

impl Inspector<'_> {
    /// Returns everything about one key; `None` if it does not exist. Collections are read up to `limit` members, and
    /// only the beginning of a string with more than `longest` bytes.
    pub(crate) async fn key(
        &self,
        key: &[u8],
        limit: usize,
        longest: usize,
    ) -> Result<Option<Inspected>, Error> {
        let parsed = self.scheme.parse(key);
        let customer = self.scheme.split(key).map(|(customer, _)| customer);
        let collection = matches!(&parsed, Some(Key::Of(_, entry)) if entry.is_collection());
        // Sent together, so that a string takes one round trip.
        let (found, lock, hits, misses, generation) = futures_util::join!(
            self.store.look(key, collection, longest),
            soon(self.lock(key)),
            soon(self.count(key, Tally::Hits)),
            soon(self.count(key, Tally::Misses)),
            soon(self.generation(key, customer.as_ref())),
        );
        let Some((about, value)) = found? else {
            return Ok(None);
        };
        let value = match value {
            Some(bytes) => Content::Text(bytes),
            None => self.collection(key, &about, limit).await?,
        };
        let lock = lock?;
        let lifetime = parsed
            .as_ref()
            .and_then(|key| Lifetime::of(key, &self.lifetimes));
        let (resource, id, sub) = match &parsed {
            Some(Key::Of(_, entry)) => {
                let (resource, id, sub) = entry.parts();
                let sub = sub.into_iter().map(Cow::into_owned);
                (
                    Some(resource.to_owned()),
                    id.map(Cow::into_owned),
                    sub.collect(),
                )
            }
            Some(Key::Stats(day, tally)) => (
                Some("stats".to_owned()),
                Some(day.to_string()),
                vec![tally.as_str().to_owned()],
            ),
            None => (None, None, Vec::new()),
        };
        let property_name = match (&parsed, &value) {
            (Some(Key::Of(_, Entry::Property(_))), Content::Text(bytes)) => {
                names::of_property(bytes)
            }
            _ => None,
        };
        let shown = match &value {
            Content::Text(bytes) => Some(bytes.len()),
            value => value.members().map(|(shown, _)| shown),
        };
        Ok(Some(Inspected {
            name: KeyName::of(key),
            resource,
            id,
            sub,
            expected_type: parsed
                .as_ref()
                .map(type_of)
                .filter(|expected| about.kind.as_deref().is_some_and(|kind| kind != *expected)),
            encoding: about.encoding,
            size: about.size,
            memory_bytes: about.memory,
            ttl_seconds: about.ttl.and_then(seconds_left),
            ttl: about.ttl,
            policy_ttl_seconds: lifetime.map(|life| life.given.as_secs()),
            freshness: about
                .ttl
                .map_or(KeyFreshness::Unknown, |ttl| KeyFreshness::of(ttl, lifetime)),
            about_to_expire: about.ttl.is_some_and(|ttl| about_to_expire(ttl, lifetime)),
            fresh_for: about.ttl.and_then(|ttl| fresh_for(ttl, lifetime)),
            age_seconds: about
                .ttl
                .and_then(|ttl| age(ttl, lifetime))
                .map(|age| age.as_secs()),
            idle_seconds: about.idle.map(|idle| idle.as_secs()),
            tags: tags_of(parsed.as_ref(), &value),
            generation: generation?.flatten(),
            lock_unknown: lock.is_none(),
            locked_by: lock
                .flatten()
                .map(|token| escape_bytes(&token).into_owned()),
            hits: hits?,
            misses: misses?,
            value_base64: match &value {
                Content::Text(bytes) => in_base64(bytes),
                _ => None,
            },
            value_cut: shown
                .zip(about.size)
                .is_some_and(|(shown, all)| (shown as u64) < all),
            value,
            kind: about.kind,
            elements: None,
            lines: None,
            field: None,
            property_name,
            parsed,
            customer,
        }))
    }

    /// Returns the content of a key's lock; `None` if the user may not read it.
    async fn lock(&self, key: &[u8]) -> Result<Option<Vec<u8>>, Error> {
        let locks = [[key, b":lock"].concat()];
        match self.store.get(&locks).await.into_iter().next() {
            None | Some(Err(store::Error::Denied { .. })) => Ok(None),
            Some(lock) => Ok(lock?.filter(|owner| owner != DENIED.as_bytes())),
        }
    }

    /// Returns the number of the run that last wrote or kept a key.
    async fn generation(
        &self,
        key: &[u8],
        customer: Option<&Customer>,
    ) -> Result<Option<u64>, Error> {
        let (Some(customer), Ok(member)) = (customer, std::str::from_utf8(key)) else {
            return Ok(None);
        };
        let index = self.scheme.key(customer, &Entry::Generations);
        match self.store.score(&index, member).await {
            Ok(score) => Ok(score.map(whole)),
            Err(store::Error::Denied { .. }) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Returns how often a key was counted in the last seven days.
    async fn count(&self, key: &[u8], tally: Tally) -> Result<u64, Error> {
        let field = std::str::from_utf8(key).ok();
        let Some(field) = field.and_then(|key| key.strip_prefix(self.scheme.prefix())) else {
            return Ok(0);
        };
        let days = (0..DAYS).filter_map(|back| {
            self.today
                .checked_sub(jiff::Span::new().try_days(back).ok()?)
                .ok()
        });
        let hashes: Vec<String> = days.map(|day| self.scheme.stats(day, tally)).collect();
        let mut sum = 0_u64;
        for counted in self.store.field_of_each(&hashes, field).await {
            let counted = match counted {
                Ok(value) => value,
                Err(store::Error::Denied { .. }) => None,
                Err(error) => return Err(error.into()),
            };
            let number = counted.and_then(|bytes| String::from_utf8(bytes).ok()?.parse().ok());
            sum = sum.saturating_add(number.unwrap_or(0));
        }
        Ok(sum)
    }

    async fn collection(
        &self,
        key: &[u8],
        about: &store::Description,
        limit: usize,
    ) -> Result<Content, Error> {
        Ok(match about.kind.as_deref().unwrap_or_default() {
            "hash" => {
                let mut fields = self.store.read_hash(key, limit).await?;
                fields.sort();
                Content::Hash(fields)
            }
            "list" => Content::List(self.store.read_list(key, limit).await?),
            "set" => {
                let mut members = self.store.read_set(key, limit).await?;
                members.sort();
                Content::Set(members)
            }
            "zset" => Content::Sorted(self.store.read_zset(key, limit).await?),
            "stream" => {
                let entries = self.store.read_stream(key, limit).await?.into_iter();
                Content::Stream(entries.map(|entry| (entry.id, entry.fields)).collect())
            }
            _ => Content::Other,
        })
    }
}

/// Returns a key's tags, using its value if that is JSON.
fn tags_of(parsed: Option<&Key>, value: &Content) -> Vec<String> {
    let Some(Key::Of(_, entry)) = parsed else {
        return Vec::new();
    };
    let json = match value {
        Content::Text(bytes) => std::str::from_utf8(bytes).unwrap_or_default(),
        _ => "",
    };
    tags(entry, json)
}

/// Computes the age of a key from its TTL and the policy. Correct unless the TTL was shortened.
fn age(ttl: Ttl, lifetime: Option<Lifetime>) -> Option<Duration> {
    match (ttl, lifetime) {
        (Ttl::Left(left), Some(lifetime)) => {
            let kept = lifetime.given.saturating_add(lifetime.stale_for);
            kept.checked_sub(left)
        }
        _ => None,
    }
}

/// Converts a score, which is floating point, to a generation.
fn whole(score: f64) -> u64 {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "run numbers are small and positive"
    )]
    let number = score.max(0.0) as u64;
    number
}
