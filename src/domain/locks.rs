//! Locks: who holds them, and when no one can be holding them any more.

use crate::domain::key::{Entry, Key, Scheme};
use crate::domain::ttl::Ttl;
use serde::Serialize;
use std::time::Duration;

/// The longest life of the lock that guards a single fetch.
const FETCH: Duration = Duration::from_secs(30);

/// The life of the lock that guards a run; it is renewed while the run goes on.
const RUN: Duration = Duration::from_mins(1);

/// A lock, judged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct LockReport {
    /// The whole key.
    pub key: String,
    pub customer: String,
    /// The content of the lock; host and pid where it tells them. `None`: it holds no text.
    pub owner: Option<String>,
    /// Seconds since it was taken or renewed, as far as its deadline or its text tells.
    pub age_seconds: Option<u64>,
    /// Seconds that it has left; `None` for ever.
    pub ttl_seconds: Option<u64>,
    /// Whether it never expires.
    pub no_ttl: bool,
    /// Whether no one can be holding it: it has no deadline, or one that no holder would have set.
    pub stale: bool,
    /// Its content, byte for byte: what a removal compares with.
    #[serde(skip)]
    pub value: Option<Vec<u8>>,
    /// The longest life that a holder gives it.
    #[serde(skip)]
    pub life: Duration,
}

/// The longest life that a holder gives to a lock of this name.
pub(crate) fn life(scheme: &Scheme, key: &[u8]) -> Duration {
    match scheme.parse(key) {
        Some(Key::Of(_, entry)) => life_of(&entry),
        _ => FETCH,
    }
}

/// The longest life that a holder gives to this lock.
pub(crate) fn life_of(lock: &Entry) -> Duration {
    if *lock == Entry::WarmLock { RUN } else { FETCH }
}

/// Judges a lock by its content and by the time it has left. `now` in unix milliseconds. `None`:
/// it is no lock of a customer, or it is gone.
pub(crate) fn judge(
    scheme: &Scheme,
    key: &[u8],
    value: Option<Vec<u8>>,
    ttl: Ttl,
    now: u64,
) -> Option<LockReport> {
    let (customer, rest) = scheme.split(key)?;
    if !rest.ends_with(b":lock") {
        return None;
    }
    let life = life(scheme, key);
    let left = match ttl {
        Ttl::Absent => return None,
        Ttl::Forever => None,
        Ttl::Left(left) => Some(left),
    };
    let holder = value.as_deref().map(LockHolder::read);
    let since = holder.as_ref().and_then(|holder| holder.since);
    let by_text = since.map(|since| now.saturating_sub(since) / 1000);
    let by_deadline = left.and_then(|left| Some(life.checked_sub(left)?.as_secs()));
    Some(LockReport {
        key: String::from_utf8_lossy(key).into_owned(),
        customer: customer.to_string(),
        owner: holder.map(|holder| holder.name),
        age_seconds: by_text.or(by_deadline),
        ttl_seconds: left.map(|left| left.as_secs()),
        no_ttl: left.is_none(),
        stale: left.is_none_or(|left| left > life),
        value,
        life,
    })
}

/// What a lock's text tells of its holder.
struct LockHolder {
    name: String,
    since: Option<u64>,
}

impl LockHolder {
    fn read(value: &[u8]) -> Self {
        let text = String::from_utf8_lossy(value).into_owned();
        let json: Option<serde_json::Value> = serde_json::from_slice(value).ok();
        let field = |name: &str| json.as_ref().and_then(|json| json.get(name));
        let host = field("host").and_then(serde_json::Value::as_str);
        let pid = field("pid").and_then(serde_json::Value::as_u64);
        let name = match (host, pid) {
            (Some(host), Some(pid)) => format!("{host} pid {pid}"),
            _ => text,
        };
        Self {
            name,
            since: field("since").and_then(serde_json::Value::as_u64),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn judged(key: &str, value: &str, ttl: Ttl) -> Option<LockReport> {
        let value = Some(value.as_bytes().to_vec());
        judge(&Scheme::default(), key.as_bytes(), value, ttl, 100_000)
    }

    #[test]
    fn a_lock_without_deadline_or_with_one_too_far_is_stale() {
        let stale = |key: &str, ttl| judged(key, "\"1\"", ttl).unwrap().stale;
        let fetch = "akamai:acme:property:prp_1:lock";
        assert!(stale(fetch, Ttl::Forever));
        assert!(stale(fetch, Ttl::Left(31 * SECOND)));
        assert!(!stale(fetch, Ttl::Left(30 * SECOND)));
        assert!(!stale("akamai:acme:warm:lock", Ttl::Left(60 * SECOND)));
        assert!(stale("akamai:acme:warm:lock", Ttl::Left(61 * SECOND)));
    }

    #[test]
    fn the_owner_is_named_and_its_token_is_not() {
        let text = r#"{"token":"t0k","host":"web1","pid":7,"since":40000}"#;
        let lock = judged("akamai:acme:warm:lock", text, Ttl::Left(50 * SECOND)).unwrap();
        assert_eq!(lock.owner.as_deref(), Some("web1 pid 7"));
        assert_eq!(lock.age_seconds, Some(60));
        let plain = judged("akamai:acme:x:lock", "abc", Ttl::Left(20 * SECOND)).unwrap();
        assert_eq!(plain.owner.as_deref(), Some("abc"));
        assert_eq!((plain.age_seconds, plain.ttl_seconds), (Some(10), Some(20)));
    }

    #[test]
    fn what_is_no_lock_of_a_customer_is_left_alone() {
        for key in [
            "akamai:acme:property:prp_1",
            "akamai:stats:x:lock",
            "session:lock",
            "akamai:a*:x:lock",
        ] {
            assert_eq!(judged(key, "1", Ttl::Forever), None, "{key}");
        }
        assert_eq!(judged("akamai:acme:x:lock", "1", Ttl::Absent), None);
    }
}
