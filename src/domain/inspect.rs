//! Rules of `inspect`: how an argument names a key or a pattern, and how a key is judged.

pub(crate) mod content;
pub(crate) mod escaped_bytes;
pub(crate) mod field;
pub(crate) mod report;

use crate::domain::glob;
use crate::domain::inspect::escaped_bytes::escape_bytes;
use crate::domain::invalidation::MARK_LIFE;
use crate::domain::key::{Customer, Entry, Key, Scheme};
use crate::domain::locks;
use crate::domain::papi::Property;
use crate::domain::read::freshness::Lifetimes;
use crate::domain::selector::{Selector, SelectorError};
use crate::domain::ttl::{REFRESH_BELOW, Ttl};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::time::Duration;

/// Fraction of the policy's TTL below which a key is about to expire.
const EXPIRES_BELOW: f64 = 0.05;

/// TTL of a day's counts.
const COUNTED: Duration = Duration::from_hours(7 * 24);

/// A parsed argument.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum InspectTarget {
    /// One key, whole.
    Key(Vec<u8>),
    /// All keys that match a glob over whole keys.
    Pattern(Vec<u8>),
}

/// Error: an argument that names nothing in the cache.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text}")]
pub(crate) struct InspectTargetError {
    text: String,
    /// What to do, if the word itself shows it.
    pub hint: Option<String>,
}

impl InspectTarget {
    /// Parses a whole key, a key relative to the customer (`property:prp_1`), a key with its customer as reports print
    /// it (`acme:property:prp_1`), a property or contract id, a host name, or a pattern: relative to the customer (or
    /// to the prefix, for `stats:`) or whole. Only whole keys and patterns may be other bytes than UTF-8.
    ///
    /// The meaning does not depend on what is cached: a word with a `*`, `?` or `[` is a pattern, unless these are
    /// escaped by backslashes. With `exact` every character is literal.
    pub(crate) fn parse(
        word: &[u8],
        exact: bool,
        scheme: &Scheme,
        customer: &Customer,
    ) -> Result<Self, InspectTargetError> {
        let name = |word| name(word, scheme, customer);
        let wild = !exact && word.iter().any(|byte| b"*?[".contains(byte));
        if !wild {
            return name(word).map(Self::Key);
        }
        if !glob::is_open(word) {
            return name(&glob::literal_prefix(word)).map(Self::Key);
        }
        let glob = if word.starts_with(scheme.prefix().as_bytes()) {
            word.to_vec()
        } else {
            let text = std::str::from_utf8(word).map_err(|_| refused(word))?;
            if text.starts_with("stats:") {
                format!("{}{text}", glob::escape(scheme.prefix())).into_bytes()
            } else {
                scheme.pattern(customer, text).into_bytes()
            }
        };
        Ok(Self::Pattern(glob))
    }
}

fn refused(word: &[u8]) -> InspectTargetError {
    let text = format!(
        "`{}` is neither an id, a host name, a key nor a pattern",
        escape_bytes(word)
    );
    InspectTargetError { text, hint: None }
}

fn not_named(error: &SelectorError) -> InspectTargetError {
    let (text, hint) = match error {
        SelectorError::Group(id) => (
            format!("`{id}` is a group, and groups have no key"),
            Some(format!(
                "see `alecs-cache get groups`, or `alecs-cache invalidate --tag group:{id} -n`"
            )),
        ),
        SelectorError::Word(word) => {
            let list = format!("{word}:all");
            let known = Scheme::parse_entry(&list);
            (
                error.to_string(),
                known.map(|_| format!("did you mean `{list}`?")),
            )
        }
        _ => (error.to_string(), None),
    };
    InspectTargetError { text, hint }
}

/// Whole key named by a word in which every character is literal.
fn name(word: &[u8], scheme: &Scheme, customer: &Customer) -> Result<Vec<u8>, InspectTargetError> {
    if word.starts_with(scheme.prefix().as_bytes()) {
        return Ok(word.to_vec());
    }
    let text = std::str::from_utf8(word).map_err(|_| refused(word))?;
    let selector = Selector::parse(text, scheme).map_err(|error| not_named(&error))?;
    Ok(selector.key(scheme, customer).into_bytes())
}

/// Returns a glob over what is cached below a property, if the key is a property's.
pub(crate) fn parts_of(key: &[u8], scheme: &Scheme) -> Option<Vec<u8>> {
    let Some(Key::Of(customer, Entry::Property(id))) = scheme.parse(key) else {
        return None;
    };
    let below = format!("property:{}:*", glob::escape(id.as_str()));
    Some(scheme.pattern(&customer, &below).into_bytes())
}

/// Returns the key of a host name with non-ASCII characters in its other form, punycode.
pub(crate) fn in_ascii(key: &[u8], scheme: &Scheme) -> Option<Vec<u8>> {
    let Some(Key::Of(customer, entry)) = scheme.parse(key) else {
        return None;
    };
    Some(scheme.key(&customer, &entry.in_ascii()?).into_bytes())
}

/// TTL that the scheme gives a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Lifetime {
    /// Time for which the key is fresh once it was written.
    pub given: Duration,
    /// Time for which the key is kept after that (`--stale-for`).
    pub stale_for: Duration,
    /// True if the key is rewritten before it expires; locks, marks and counts are not.
    pub renewed: bool,
}

impl Lifetime {
    /// Returns the lifetime of a key; `None` if it never expires or the scheme sets no TTL.
    pub(crate) fn of(key: &Key, lifetimes: &Lifetimes<'_>) -> Option<Self> {
        let once = |given| Lifetime {
            given,
            stale_for: Duration::ZERO,
            renewed: false,
        };
        Some(match key {
            Key::Stats(..) => once(COUNTED),
            Key::Of(_, lock @ (Entry::Lock(_) | Entry::WarmLock)) => once(locks::life_of(lock)),
            Key::Of(_, Entry::Invalidated) => once(MARK_LIFE),
            Key::Of(_, entry) => {
                let given = lifetimes.policy.ttl(entry.resource()?);
                match entry {
                    Entry::Absent(..) => once(given),
                    Entry::Searches => Lifetime {
                        renewed: true,
                        ..once(given)
                    },
                    _ => Lifetime {
                        given,
                        stale_for: lifetimes.stale_for,
                        renewed: true,
                    },
                }
            }
        })
    }

    /// Returns how long a key with `left` stays fresh.
    fn own_time(&self, left: Duration) -> Duration {
        left.saturating_sub(self.stale_for)
    }
}

/// Freshness of a key, judged against the policy of its resource as a read judges it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum KeyFreshness {
    /// At least a fifth of its TTL is left, or it is not rewritten before it expires.
    Fresh,
    /// Less than a fifth of its TTL is left.
    RefreshDue,
    /// Its TTL is over, and `--stale-for` keeps it.
    Stale,
    /// More is left than it was given: its age is unknown.
    KeptBeyondTtl,
    /// It should expire but has no TTL.
    NoTtl,
    /// The scheme sets no TTL for it.
    Unknown,
}

impl KeyFreshness {
    /// Judges a key by the TTL left and the TTL given.
    pub(crate) fn of(ttl: Ttl, lifetime: Option<Lifetime>) -> Self {
        let (left, life) = match (ttl, lifetime) {
            (Ttl::Forever, Some(_)) => return Self::NoTtl,
            (Ttl::Left(left), Some(life)) => (left, life),
            _ => return Self::Unknown,
        };
        let own = life.own_time(left);
        if own.is_zero() && !life.stale_for.is_zero() {
            Self::Stale
        } else if own > life.given {
            Self::KeptBeyondTtl
        } else if life.renewed && own < life.given.mul_f64(REFRESH_BELOW) {
            Self::RefreshDue
        } else {
            Self::Fresh
        }
    }
}

/// Returns how long a key stays fresh, unless it is stale or that is unknown.
pub(crate) fn fresh_for(ttl: Ttl, lifetime: Option<Lifetime>) -> Option<Duration> {
    match (ttl, lifetime) {
        (Ttl::Left(left), Some(life)) => {
            let own = life.own_time(left);
            (own <= life.given).then_some(own)
        }
        _ => None,
    }
}

/// Returns true if so little of the TTL is left that the key may expire before anyone reads it.
pub(crate) fn about_to_expire(ttl: Ttl, lifetime: Option<Lifetime>) -> bool {
    matches!((ttl, lifetime), (Ttl::Left(left), Some(Lifetime { given, renewed: true, .. })) if left < given.mul_f64(EXPIRES_BELOW))
}

/// Tags of a cached value: the property, group and contract that it belongs to. They are computed from the value,
/// because stored sets leak and drift.
pub(crate) fn tags(entry: &Entry, value: &str) -> Vec<String> {
    #[derive(Deserialize)]
    struct Host<'a> {
        #[serde(borrow)]
        property: &'a RawValue,
    }
    let item = match entry {
        Entry::Property(_) | Entry::PropertyDetails(_) => Some(value),
        Entry::Hostname(_) => serde_json::from_str(value)
            .ok()
            .map(|host: Host| host.property.get()),
        _ => None,
    };
    let mut tags = Vec::new();
    if let Some(property) = item.and_then(|item| Property::parse(item).ok()) {
        let named = [
            ("property", property.id.as_str()),
            ("group", &*property.group),
            ("contract", &*property.contract),
        ];
        tags.extend(
            named
                .iter()
                .filter(|(_, id)| !id.is_empty())
                .map(|(kind, id)| format!("{kind}:{id}")),
        );
    } else if let (_, Some(id), _) = entry.parts()
        && id.starts_with("prp_")
    {
        tags.push(format!("property:{id}"));
    }
    tags
}

#[cfg(test)]
mod tests;
