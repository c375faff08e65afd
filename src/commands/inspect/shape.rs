//! What was found, in the terms of the output.

use crate::cache::inspect::{self, Inspection, KeyListing};
use crate::domain::inspect::content::Content;
use crate::domain::inspect::escaped_bytes::spelled;
use crate::domain::inspect::{about_to_expire, type_of};
use crate::domain::key::{Entry, Key};
use crate::output::reports::inspect::{
    self as report, Inspected, ListedKey, ListedKeys, Name, ValueView,
};

pub(super) fn inspected(found: Inspection) -> Inspected {
    let about = found.about;
    let (resource, id, sub) = match &found.parsed {
        Some(Key::Of(_, entry)) => {
            let (resource, id, sub) = entry.parts();
            (Some(resource.to_owned()), id, sub)
        }
        Some(Key::Stats(day, tally)) => (
            Some("stats".to_owned()),
            Some(day.to_string()),
            vec![tally.as_str().to_owned()],
        ),
        None => (None, None, Vec::new()),
    };
    let timed = matches!(
        found.parsed,
        Some(Key::Of(_, Entry::Searches | Entry::Invalidated))
    );
    let value_base64 = match &found.value {
        Content::Text(bytes) => report::in_base64(bytes),
        _ => None,
    };
    let members = found.value.members();
    let expected_type = found.parsed.as_ref().map(type_of);
    Inspected {
        expected_type: expected_type.filter(|kind| about.kind.as_deref() != Some(kind)),
        name: Name::of(&found.key),
        resource,
        id,
        sub,
        ttl_seconds: about.ttl.and_then(report::left),
        policy_ttl_seconds: found.lifetime.map(|life| life.given.as_secs()),
        freshness: found.freshness,
        about_to_expire: about
            .ttl
            .is_some_and(|ttl| about_to_expire(ttl, found.lifetime)),
        age_seconds: about
            .ttl
            .and_then(|ttl| inspect::age(ttl, found.lifetime))
            .map(|age| age.as_secs()),
        idle_seconds: about.idle.map(|idle| idle.as_secs()),
        tags: found.tags,
        generation: found.generation,
        locked_by: found.locked_by.map(|token| spelled(&token).into_owned()),
        hits: found.hits,
        misses: found.misses,
        value_cut: members
            .zip(about.size)
            .is_some_and(|((shown, _), all)| (shown as u64) < all),
        elements: None,
        lines: None,
        field: None,
        value: ValueView {
            content: found.value,
            timed,
        },
        value_base64,
        kind: about.kind.unwrap_or_default(),
        encoding: about.encoding,
        size: about.size,
        memory_bytes: about.memory,
    }
}

pub(super) fn listed(glob: &[u8], listing: KeyListing) -> ListedKeys {
    let keys = listing.keys.into_iter().map(|listed| ListedKey {
        name: Name::of(&listed.key),
        ttl_seconds: listed.about.ttl.and_then(report::left),
        memory_bytes: listed.about.memory,
        kind: listed.about.kind.unwrap_or_default(),
    });
    ListedKeys {
        pattern: spelled(glob).into_owned(),
        total: listing.total,
        keys: keys.collect(),
        coverage: listing.coverage,
    }
}
