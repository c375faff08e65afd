//! What an operator wants to know of one key, and how what they type names it.

use super::account::Property;
use super::glob;
use super::key::{Customer, Entry, Fqdn, Id, Key, Scheme};
use super::ttl::{Policy, Ttl};
use serde::Serialize;
use std::time::Duration;

/// Share of the policy, in percent, below which a key counts as due for a refresh.
const REFRESH_BELOW: f64 = 0.20;

/// Share of the policy below which a key is about to expire.
const EXPIRES_BELOW: f64 = 0.05;

/// What was typed, understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// One key, whole.
    Key(String),
    /// All keys that match this glob, whole.
    Pattern(String),
}

/// A text that names nothing in the cache.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is neither a key, an id, a host name nor a pattern")]
pub struct NotATarget(pub String);

impl Target {
    /// Understands a whole key, a key relative to the customer (`property:prp_1`), one with its
    /// customer as reports print it (`acme:property:prp_1`), a property or contract id, a host name, or
    /// a pattern of any of the key forms.
    pub fn parse(text: &str, scheme: &Scheme, customer: &Customer) -> Result<Self, NotATarget> {
        let refused = || NotATarget(text.to_owned());
        if text.is_empty() {
            return Err(refused());
        }
        if text.starts_with(scheme.prefix()) {
            return Ok(if is_pattern(text) {
                Self::Pattern(text.to_owned())
            } else {
                Self::Key(text.to_owned())
            });
        }
        if is_pattern(text) {
            return Ok(Self::Pattern(scheme.pattern(customer, text)));
        }
        if let Some(entry) = entry_named(text) {
            return Ok(Self::Key(scheme.key(customer, &entry)));
        }
        let with_prefix = format!("{}{text}", scheme.prefix());
        match scheme.parse(with_prefix.as_bytes()) {
            Some(Key::Of(..) | Key::Stats(..)) => Ok(Self::Key(with_prefix)),
            None => Err(refused()),
        }
    }
}

fn is_pattern(text: &str) -> bool {
    text.contains(['*', '?', '['])
}

/// The entry that an id, a host name or a relative key names.
fn entry_named(text: &str) -> Option<Entry> {
    if let Some(entry) = Scheme::parse_entry(text) {
        return Some(entry);
    }
    if text.contains(':') {
        return None;
    }
    if text.starts_with("prp_") {
        return Id::new(text).ok().map(Entry::Property);
    }
    if text.starts_with("ctr_") {
        return Id::new(text).ok().map(Entry::Contract);
    }
    // A full stop at the end is how DNS writes an absolute name.
    Fqdn::new(text.strip_suffix('.').unwrap_or(text))
        .ok()
        .map(Entry::Hostname)
}

/// How fresh a key is, judged against the policy of its resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Freshness {
    /// More than a fifth of its time is left.
    Fresh,
    /// In the last fifth of its time.
    RefreshDue,
    /// It should expire and never will.
    NoTtl,
    /// The scheme sets no time for it.
    Unknown,
}

impl Freshness {
    /// Judges a key by what is left and what it was given.
    #[must_use]
    pub fn of(ttl: Ttl, policy: Option<Duration>) -> Self {
        match (ttl, policy) {
            (Ttl::Forever, Some(_)) => Self::NoTtl,
            (Ttl::Left(left), Some(policy)) if left < policy.mul_f64(REFRESH_BELOW) => {
                Self::RefreshDue
            }
            (Ttl::Left(_), Some(_)) => Self::Fresh,
            _ => Self::Unknown,
        }
    }
}

/// Whether so little is left that the key may be gone before anyone reads it.
#[must_use]
pub fn about_to_expire(ttl: Ttl, policy: Option<Duration>) -> bool {
    matches!((ttl, policy), (Ttl::Left(left), Some(policy)) if left < policy.mul_f64(EXPIRES_BELOW))
}

/// The policy for a key; locks and marks have times of their own that are no concern of the policy.
#[must_use]
pub fn policy_of(entry: &Entry, policy: &Policy) -> Option<Duration> {
    entry.resource().map(|resource| policy.ttl(resource))
}

/// The tags of a cached value: the property, group and contract that it belongs to. They are computed
/// from the value, since stored sets leak and drift.
#[must_use]
pub fn tags(entry: &Entry, value: &serde_json::Value) -> Vec<String> {
    let item = match entry {
        Entry::Property(_) | Entry::PropertyDetails(_) => Some(value),
        Entry::Hostname(_) => value.get("property"),
        _ => None,
    };
    let mut tags = Vec::new();
    if let Some(property) = item.and_then(|item| Property::parse(&item.to_string()).ok()) {
        let named = [
            ("property", &property.id),
            ("group", &property.group),
            ("contract", &property.contract),
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

/// The glob as the client matches it, so that both sides agree on a server of any version.
#[must_use]
pub fn matches(pattern: &str, key: &[u8]) -> bool {
    glob::matches(pattern.as_bytes(), key)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(text: &str) -> Result<Target, NotATarget> {
        Target::parse(text, &Scheme::default(), &Customer::new("acme").unwrap())
    }

    #[test]
    fn what_is_typed_is_understood_or_refused() {
        for (text, key) in [
            ("prp_1", "akamai:acme:property:prp_1"),
            ("ctr_C-1", "akamai:acme:contract:ctr_C-1"),
            ("WWW.Example.com.", "akamai:acme:hostname:www.example.com"),
            (
                "property:prp_1:hostnames",
                "akamai:acme:property:prp_1:hostnames",
            ),
            ("hostnames", "akamai:acme:hostnames"),
            ("beta:property:prp_1", "akamai:beta:property:prp_1"),
            ("akamai:beta:property:prp_1", "akamai:beta:property:prp_1"),
            ("stats:2026-01-02:hits", "akamai:stats:2026-01-02:hits"),
        ] {
            assert_eq!(target(text), Ok(Target::Key(key.into())), "{text}");
        }
        for (text, pattern) in [
            ("property:*", "akamai:acme:property:*"),
            ("akamai:beta:prop[ae]*", "akamai:beta:prop[ae]*"),
        ] {
            assert_eq!(target(text), Ok(Target::Pattern(pattern.into())), "{text}");
        }
        for text in ["", "nonsense", "a:b:c", "session:1"] {
            assert_eq!(target(text), Err(NotATarget(text.into())), "{text}");
        }
    }

    #[test]
    fn freshness_is_judged_against_the_policy() {
        let policy = Some(Duration::from_mins(15));
        let left = |seconds| Ttl::Left(Duration::from_secs(seconds));
        assert_eq!(Freshness::of(left(181), policy), Freshness::Fresh);
        assert_eq!(Freshness::of(left(179), policy), Freshness::RefreshDue);
        assert_eq!(Freshness::of(Ttl::Forever, policy), Freshness::NoTtl);
        assert_eq!(Freshness::of(Ttl::Forever, None), Freshness::Unknown);
        assert!(about_to_expire(left(44), policy));
        assert!(!about_to_expire(left(46), policy));
    }

    #[test]
    fn tags_are_computed_from_the_value() {
        let item = serde_json::json!({
            "propertyId": "prp_1", "propertyName": "a", "contractId": "ctr_1", "groupId": "grp_1",
        });
        let id = Id::new("prp_1").unwrap();
        let expected = ["property:prp_1", "group:grp_1", "contract:ctr_1"];
        assert_eq!(tags(&Entry::Property(id.clone()), &item), expected);
        let host = serde_json::json!({ "property": item, "hostname": {} });
        let name = Fqdn::new("a.b").unwrap();
        assert_eq!(tags(&Entry::Hostname(name), &host), expected);
        assert_eq!(
            tags(&Entry::Rules(id, 1), &serde_json::json!({})),
            ["property:prp_1"]
        );
    }
}
