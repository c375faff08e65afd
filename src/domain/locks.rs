//! Locks: who holds them, and when they are stale.

use crate::domain::key::{Entry, Key, Scheme};
use crate::domain::ttl::Ttl;
use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;
use std::time::Duration;

/// Longest TTL of the lock that guards a single fetch.
const FETCH: Duration = Duration::from_secs(30);

/// TTL of the lock that guards a run; the run renews it.
const RUN: Duration = Duration::from_mins(1);

/// Value that the last holder of a fetch leaves for a moment if the API denies the item: no process holds the lock.
pub(crate) const DENIED: &str = "403";

/// A judged lock.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct LockReport {
    /// The whole key.
    pub key: String,
    pub customer: String,
    /// Content of the lock, shortened to host and pid if it has them; `None` if it holds no text.
    pub owner: Option<String>,
    /// Seconds since the lock was taken or renewed, from its content or its deadline; `None` if neither shows it.
    pub age_seconds: Option<u64>,
    /// Seconds left; `None` if it never expires.
    pub ttl_seconds: Option<u64>,
    /// True if it never expires.
    pub no_ttl: bool,
    /// True if no process can be holding it: it never expires, or its deadline is later than any holder would set.
    pub stale: bool,
    /// Content byte for byte, compared by a removal.
    #[serde(skip)]
    pub value: Option<Vec<u8>>,
    /// Longest TTL that a holder gives it.
    #[serde(skip)]
    pub life: Duration,
}

/// Returns the longest TTL that a holder gives to a lock of this name.
pub(crate) fn life(scheme: &Scheme, key: &[u8]) -> Duration {
    match scheme.parse(key) {
        Some(Key::Of(_, entry)) => life_of(&entry),
        _ => FETCH,
    }
}

/// Returns the longest TTL that a holder gives to this lock.
pub(crate) fn life_of(lock: &Entry) -> Duration {
    if *lock == Entry::WarmLock { RUN } else { FETCH }
}

/// Judges a lock by its content and the TTL left; `now` is in Unix milliseconds. `None` if the key is not a lock of
/// a customer, no longer exists, or only says that the API denies the item.
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
    let stale = left.is_none_or(|left| left > life);
    if !stale && value.as_deref() == Some(DENIED.as_bytes()) {
        return None;
    }
    let holder = value.as_deref().map(LockHolder::read);
    let since = holder.as_ref().and_then(|holder| holder.since);
    let by_text = since.map(|since| now.saturating_sub(since) / 1000);
    let by_deadline = left.and_then(|left| Some(life.checked_sub(left)?.as_secs()));
    Some(LockReport {
        key: String::from_utf8_lossy(key).into_owned(),
        customer: customer.to_string(),
        owner: holder.map(|holder| match holder.process {
            Some((host, pid)) => format!("{host} pid {pid}"),
            None => holder.text,
        }),
        age_seconds: by_text.or(by_deadline),
        ttl_seconds: left.map(|left| left.as_secs()),
        no_ttl: left.is_none(),
        stale,
        value,
        life,
    })
}

/// Holder of a lock, as its content describes it.
pub(crate) struct LockHolder {
    /// The content.
    pub text: String,
    /// Host and process id.
    pub process: Option<(String, u64)>,
    /// When it took the lock, in Unix milliseconds.
    pub since: Option<u64>,
}

impl LockHolder {
    pub(crate) fn read(value: &[u8]) -> Self {
        let json: Value = serde_json::from_slice(value).unwrap_or_default();
        let of_date =
            |text: &str| u64::try_from(text.parse::<Timestamp>().ok()?.as_millisecond()).ok();
        let since = &json["since"];
        Self {
            text: String::from_utf8_lossy(value).into_owned(),
            process: json["host"]
                .as_str()
                .map(ToOwned::to_owned)
                .zip(json["pid"].as_u64()),
            since: since.as_u64().or_else(|| since.as_str().and_then(of_date)),
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
    fn a_lock_without_a_deadline_or_with_one_too_late_is_stale() {
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
        let text = r#"{"host":"web1","pid":7,"since":"1970-01-01T00:00:40Z"}"#;
        let lock = judged("akamai:acme:warm:lock", text, Ttl::Left(50 * SECOND)).unwrap();
        assert_eq!(lock.age_seconds, Some(60));
        let plain = judged("akamai:acme:x:lock", "abc", Ttl::Left(20 * SECOND)).unwrap();
        assert_eq!(plain.owner.as_deref(), Some("abc"));
        assert_eq!((plain.age_seconds, plain.ttl_seconds), (Some(10), Some(20)));
    }

    #[test]
    fn a_key_that_is_not_a_lock_of_a_customer_is_left_alone() {
        for key in [
            "akamai:acme:property:prp_1",
            "akamai:stats:x:lock",
            "session:lock",
            "akamai:a*:x:lock",
        ] {
            assert_eq!(judged(key, "1", Ttl::Forever), None, "{key}");
        }
        assert_eq!(judged("akamai:acme:x:lock", "1", Ttl::Absent), None);
        let denied = |ttl| judged("akamai:acme:x:lock", DENIED, ttl);
        assert_eq!(denied(Ttl::Left(2 * SECOND)), None);
        assert!(denied(Ttl::Forever).unwrap().stale);
    }
}
