//! What undo may write. Anyone with access to the disk may have edited or replaced the undo file, so a record is
//! restored only as the key scheme allows.

use crate::domain::duration::milliseconds;
use crate::domain::key::{Customer, Entry, Key, Scheme};
use crate::domain::ttl::{Policy, Resource};
use std::time::Duration;

/// Returns true if undo saves and restores the key: data and counters, no locks and no bookkeeping. An old state of
/// the warmer or old marks would be wrong about the present.
pub(crate) fn returns(entry: &Entry) -> bool {
    !matches!(
        entry,
        Entry::Lock(_)
            | Entry::WarmLock
            | Entry::WarmState
            | Entry::Invalidated
            | Entry::Generation
            | Entry::Generations
            | Entry::Audit
    )
}

/// Returns the customer and entry of a key that undo saves and restores; `None` for history, bookkeeping and keys that
/// the scheme does not define.
pub(crate) fn place(scheme: &Scheme, key: &[u8]) -> Option<(Customer, Entry)> {
    let Key::Of(customer, entry) = scheme.parse(key)? else {
        return None;
    };
    returns(&entry).then_some((customer, entry))
}

/// Returns true if the saved value has the type that the scheme gives the entry. It is the value of a string, which is
/// preferred if there is one, or a dump.
pub(crate) fn fits(entry: &Entry, value: Option<&[u8]>, dump: &[u8]) -> bool {
    let saved = match value {
        Some(_) => Some("string"),
        None => dump.first().and_then(|first| kind(*first)),
    };
    saved == Some(entry.type_name())
}

/// Type named by the first byte of a dump (`RDB_TYPE_…` of the servers' `rdb.h`).
fn kind(first: u8) -> Option<&'static str> {
    Some(match first {
        0 => "string",
        1 | 10 | 14 | 18 => "list",
        2 | 11 | 20 => "set",
        3 | 5 | 12 | 17 => "zset",
        4 | 9 | 13 | 16 | 22..=25 => "hash",
        15 | 19 | 21 => "stream",
        _ => return None,
    })
}

/// Deadline of a restored key (milliseconds since 1970, as `now`): its former one, unless no policy explains it.
/// Data without a deadline, or with one beyond the longest TTL, gets the TTL of its policy. Counters keep their
/// former deadline, if any.
pub(crate) fn deadline(entry: &Entry, had: Option<u64>, now: u64, policy: &Policy) -> Option<u64> {
    let Some(resource) = entry.resource() else {
        return had;
    };
    let after = |ttl: Duration| now.saturating_add(milliseconds(ttl));
    let longest = Resource::ALL
        .into_iter()
        .map(|resource| policy.ttl(resource))
        .max();
    let latest = after(longest.unwrap_or_default());
    Some(
        had.filter(|had| *had <= latest)
            .unwrap_or_else(|| after(policy.ttl(resource))),
    )
}

/// Returns true if a key with `left` milliseconds left expires before its former deadline `had`. The TTL is read
/// some moments after `now`, so deadlines less than a second apart are the same.
pub(crate) const fn is_early(left: u64, now: u64, had: u64) -> bool {
    now.saturating_add(left).saturating_add(1_000) < had
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(rest: &str) -> Entry {
        Scheme::parse_entry(rest).unwrap()
    }

    #[test]
    fn data_and_counters_are_restored_and_bookkeeping_is_not() {
        for rest in [
            "property:prp_1",
            "groups:Main",
            "searches",
            "metrics:cache:hits",
            "absent:property:prp_1",
        ] {
            assert!(returns(&entry(rest)), "{rest}");
        }
        for rest in [
            "warm:lock",
            "property:prp_1:lock",
            "warm:state",
            "invalidated",
            "generation",
            "generations",
            "audit",
        ] {
            assert!(!returns(&entry(rest)), "{rest}");
        }
    }

    #[test]
    fn a_dump_of_another_type_does_not_fit() {
        assert!(fits(&entry("properties:all"), None, b"\x00\x01x"));
        assert!(!fits(&entry("properties:all"), None, b"\x11"));
        assert!(fits(&entry("property:prp_1:versions"), None, b"\x12"));
        assert!(fits(&entry("hostnames"), None, b"\x10"));
        assert!(!fits(&entry("hostnames"), None, b""));
        assert!(fits(&entry("properties:all"), Some(b"[]"), b""));
        assert!(!fits(&entry("hostnames"), Some(b"[]"), b"\x10"));
        assert!(!fits(&entry("hostnames"), None, b"\xff"));
    }

    #[test]
    fn a_restored_key_lives_no_longer_than_a_policy_allows() {
        let policy = Policy::default();
        let deadline = |rest: &str, had| deadline(&entry(rest), had, 1_000, &policy);
        assert_eq!(deadline("property:prp_1", Some(500_000)), Some(500_000));
        assert_eq!(deadline("property:prp_1", None), Some(901_000));
        assert_eq!(deadline("property:prp_1", Some(u64::MAX)), Some(901_000));
        assert_eq!(deadline("metrics:cache:hits", None), None);
    }
}
