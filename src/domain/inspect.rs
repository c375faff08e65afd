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
mod tests {
    use super::*;
    use crate::domain::key::{Fqdn, Id};
    use crate::domain::ttl::Policy;

    fn target(text: &str) -> Result<InspectTarget, InspectTargetError> {
        let acme = Customer::new("acme").unwrap();
        InspectTarget::parse(text.as_bytes(), false, &Scheme::default(), &acme)
    }

    fn exact(text: &str) -> Result<InspectTarget, InspectTargetError> {
        let acme = Customer::new("acme").unwrap();
        InspectTarget::parse(text.as_bytes(), true, &Scheme::default(), &acme)
    }

    #[expect(
        clippy::unnecessary_wraps,
        reason = "what it is compared with may fail"
    )]
    fn key(text: &str) -> Result<InspectTarget, InspectTargetError> {
        Ok(InspectTarget::Key(text.into()))
    }

    #[test]
    fn an_argument_names_a_key_or_is_refused() {
        for (text, named) in [
            ("prp_1", "akamai:acme:property:prp_1"),
            ("ctr_C-1", "akamai:acme:contract:ctr_C-1"),
            ("WWW.Example.com.", "akamai:acme:hostname:www.example.com"),
            (
                "hostname:WWW.Example.com",
                "akamai:acme:hostname:www.example.com",
            ),
            ("search:WWW: b\n", "akamai:acme:search:www: b\n"),
            ("search:a\\b", "akamai:acme:search:a\\b"),
            ("search:x:lock", "akamai:acme:search:x:lock"),
            (
                "property:prp_1:hostnames",
                "akamai:acme:property:prp_1:hostnames",
            ),
            ("hostnames", "akamai:acme:hostnames"),
            ("beta:property:prp_1", "akamai:beta:property:prp_1"),
            ("akamai:beta:property:prp_1", "akamai:beta:property:prp_1"),
            ("stats:2026-01-02:hits", "akamai:stats:2026-01-02:hits"),
        ] {
            assert_eq!(target(text), key(named), "{text}");
            assert_eq!(exact(text), key(named), "{text}");
        }
        for text in ["", "nonsense", "a:b:c", "session:1", "123", "grp_1"] {
            assert!(target(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_pattern_is_recognized_by_its_text_alone() {
        for (text, glob) in [
            ("property:*", "akamai:acme:property:*"),
            ("search:a?", "akamai:acme:search:a?"),
            ("akamai:beta:p[ae]*", "akamai:beta:p[ae]*"),
            ("search:a\\**", "akamai:acme:search:a\\**"),
            ("stats:*", "akamai:stats:*"),
            ("*", "akamai:acme:*"),
        ] {
            assert_eq!(
                target(text),
                Ok(InspectTarget::Pattern(glob.into())),
                "{text}"
            );
        }
    }

    #[test]
    fn keys_below_a_property_match_a_glob() {
        let parts = |key: &str| parts_of(key.as_bytes(), &Scheme::default());
        assert_eq!(
            parts("akamai:acme:property:prp_1"),
            Some(b"akamai:acme:property:prp_1:*".to_vec())
        );
        assert_eq!(parts("akamai:acme:property:prp_1:hostnames"), None);
        assert_eq!(parts("akamai:acme:contract:ctr_1"), None);
    }

    #[test]
    fn glob_characters_are_literal_if_escaped_or_exact() {
        for (escaped, text, named) in [
            ("search:a\\*b", "search:a*b", "akamai:acme:search:a*b"),
            (
                "\\*.example.com",
                "*.example.com",
                "akamai:acme:hostname:*.example.com",
            ),
            (
                "search:\\[x]\\\\\\?",
                "search:[x]\\?",
                "akamai:acme:search:[x]\\?",
            ),
            ("akamai:acme:x\\*", "akamai:acme:x*", "akamai:acme:x*"),
        ] {
            assert_eq!(target(escaped), key(named), "{escaped}");
            assert_eq!(exact(text), key(named), "{text}");
        }
        assert!(exact("no:such*").is_err());
    }

    #[test]
    fn only_whole_keys_may_be_other_bytes_than_utf_8() {
        let acme = Customer::new("acme").unwrap();
        let parse = |word: &[u8]| InspectTarget::parse(word, false, &Scheme::default(), &acme);
        let word = b"akamai:acme:search:caf\xe9";
        assert_eq!(parse(word), Ok(InspectTarget::Key(word.to_vec())));
        let refused = parse(b"search:caf\xe9").unwrap_err().to_string();
        assert!(
            refused.starts_with("`search:caf\\xe9` is neither"),
            "{refused}"
        );
    }

    #[test]
    fn freshness_is_judged_against_the_policy() {
        let policy = Some(Lifetime {
            given: Duration::from_mins(15),
            stale_for: Duration::ZERO,
            renewed: true,
        });
        let left = |seconds| Ttl::Left(Duration::from_secs(seconds));
        assert_eq!(KeyFreshness::of(left(181), policy), KeyFreshness::Fresh);
        assert_eq!(
            KeyFreshness::of(left(179), policy),
            KeyFreshness::RefreshDue
        );
        assert_eq!(KeyFreshness::of(Ttl::Forever, policy), KeyFreshness::NoTtl);
        assert_eq!(KeyFreshness::of(Ttl::Forever, None), KeyFreshness::Unknown);
        assert!(about_to_expire(left(44), policy));
        assert!(!about_to_expire(left(46), policy));
    }

    #[test]
    fn a_key_is_judged_as_a_read_judges_it() {
        use crate::domain::read::freshness::Freshness;
        use crate::domain::ttl::Resource;
        let policy = Policy::default();
        for stale_for in [0, 600, 3_600].map(Duration::from_secs) {
            let lifetimes = Lifetimes {
                policy: &policy,
                stale_for,
            };
            let key = Scheme::default().parse(b"akamai:acme:property:prp_1");
            let lifetime = Lifetime::of(&key.unwrap(), &lifetimes);
            for left in (1..6_000).map(|left| Ttl::Left(Duration::from_millis(left * 1_000 + 1))) {
                let read = match lifetimes.freshness(Resource::Details, left) {
                    Some(Freshness::Fresh) => vec![KeyFreshness::Fresh],
                    Some(Freshness::Stale) => vec![KeyFreshness::Stale],
                    _ => vec![KeyFreshness::RefreshDue, KeyFreshness::KeptBeyondTtl],
                };
                let judged = KeyFreshness::of(left, lifetime);
                assert!(read.contains(&judged), "{left:?} {stale_for:?}");
                let known = judged != KeyFreshness::KeptBeyondTtl;
                assert_eq!(fresh_for(left, lifetime).is_some(), known);
            }
        }
    }

    #[test]
    fn locks_marks_and_counts_have_a_time_and_are_never_due_for_a_refresh() {
        let policy = Policy::default();
        let lifetimes = Lifetimes {
            policy: &policy,
            stale_for: Duration::from_hours(1),
        };
        let lifetime = |key: &str| {
            Lifetime::of(
                &Scheme::default().parse(key.as_bytes()).unwrap(),
                &lifetimes,
            )
        };
        for (key, seconds) in [
            ("akamai:acme:property:prp_1:lock", 30),
            ("akamai:acme:warm:lock", 60),
            ("akamai:acme:invalidated", 3_600),
            ("akamai:acme:absent:property:prp_1", 60),
            ("akamai:stats:2026-01-02:hits", 604_800),
        ] {
            let found = lifetime(key);
            assert_eq!(
                found.map(|life| life.given.as_secs()),
                Some(seconds),
                "{key}"
            );
            let little = Ttl::Left(Duration::from_secs(1));
            assert_eq!(
                KeyFreshness::of(little, found),
                KeyFreshness::Fresh,
                "{key}"
            );
            assert_eq!(
                KeyFreshness::of(Ttl::Forever, found),
                KeyFreshness::NoTtl,
                "{key}"
            );
        }
        for key in [
            "akamai:acme:generation",
            "akamai:acme:audit",
            "akamai:acme:metrics:cache:hits",
        ] {
            assert_eq!(lifetime(key), None, "{key}");
        }
    }

    #[test]
    fn tags_are_computed_from_the_value() {
        let item = serde_json::json!({
            "propertyId": "prp_1", "propertyName": "a", "contractId": "ctr_1", "groupId": "grp_1",
        });
        let id = Id::new("prp_1").unwrap();
        let expected = ["property:prp_1", "group:grp_1", "contract:ctr_1"];
        let text = item.to_string();
        assert_eq!(tags(&Entry::Property(id.clone()), &text), expected);
        let host = serde_json::json!({ "property": item, "hostname": {} });
        let name = Fqdn::new("a.b").unwrap();
        assert_eq!(tags(&Entry::Hostname(name), &host.to_string()), expected);
        assert_eq!(tags(&Entry::Rules(id, 1), "{}"), ["property:prp_1"]);
    }
}
