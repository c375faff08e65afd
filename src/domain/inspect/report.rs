//! Reports of `inspect`: one key, or the keys that match a pattern.

use crate::domain::inspect::KeyFreshness;
use crate::domain::inspect::content::Content;
use crate::domain::inspect::escaped_bytes::escape_bytes;
use crate::domain::invalidation::Coverage;
use crate::domain::key::{Customer, Key};
use crate::domain::ttl::Ttl;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;
use std::collections::HashMap;
use std::time::Duration;

/// Name of a key. A name that is not UTF-8 is escaped, with its bytes beside it.
#[derive(Debug, Serialize)]
pub(crate) struct KeyName {
    /// As text.
    pub key: String,
    /// The bytes in base64, if they are not UTF-8.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key_base64: Option<String>,
}

impl KeyName {
    /// Creates the name of these bytes.
    pub(crate) fn of(key: &[u8]) -> Self {
        Self {
            key: escape_bytes(key).into_owned(),
            key_base64: in_base64(key),
        }
    }
}

/// Encodes bytes in base64 if they are not UTF-8.
pub(crate) fn in_base64(bytes: &[u8]) -> Option<String> {
    std::str::from_utf8(bytes)
        .is_err()
        .then(|| STANDARD.encode(bytes))
}

/// One key with everything known about it.
#[derive(Debug, Serialize)]
pub(crate) struct Inspected {
    /// The whole key.
    #[serde(flatten)]
    pub name: KeyName,
    /// First word after the customer; `None` if the key is not in the scheme.
    pub resource: Option<String>,
    /// Identifier: the word after the resource.
    pub id: Option<String>,
    /// Words after the id.
    pub sub: Vec<String>,
    /// Type in Valkey, if the server reports it.
    #[serde(rename = "type")]
    pub kind: Option<String>,
    /// Expected type, if the key has another one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expected_type: Option<&'static str>,
    /// Encoding in Valkey, if the server reports it.
    pub encoding: Option<String>,
    /// Bytes of a string, members of any other type.
    pub size: Option<u64>,
    /// Memory used by the key, if the server reports it.
    pub memory_bytes: Option<u64>,
    /// Seconds left; `None` if it never expires, or if that is unknown.
    pub ttl_seconds: Option<u64>,
    /// TTL left; `None` if the server does not report it.
    #[serde(skip)]
    pub ttl: Option<Ttl>,
    /// TTL of the policy, in seconds.
    pub policy_ttl_seconds: Option<u64>,
    /// Freshness, judged against the policy.
    pub freshness: KeyFreshness,
    /// How long it stays fresh; zero if it is stale, `None` if that is unknown.
    #[serde(skip)]
    pub fresh_for: Option<Duration>,
    /// True if less than a twentieth of its TTL is left.
    pub about_to_expire: bool,
    /// Seconds since it was written, computed from the policy's TTL and the TTL left.
    pub age_seconds: Option<u64>,
    /// Seconds since its last access, if the server reports it.
    pub idle_seconds: Option<u64>,
    /// Property, group and contract that it belongs to.
    pub tags: Vec<String>,
    /// Number of the run that wrote it last.
    pub generation: Option<u64>,
    /// Content of its lock.
    pub locked_by: Option<String>,
    /// Reads that it answered in the last seven days.
    pub hits: Option<u64>,
    /// Reads that it did not answer in the last seven days.
    pub misses: Option<u64>,
    /// The value, or its first members.
    pub value: Content,
    /// The value in base64, if it is a string that is not UTF-8.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value_base64: Option<String>,
    /// True if only some of its members are shown.
    pub value_cut: bool,
    /// If only the first elements of an array are shown: the number of all elements, and of those shown.
    #[serde(skip)]
    pub elements: Option<(u64, u64)>,
    /// Limit of lines shown of an object.
    #[serde(skip)]
    pub lines: Option<usize>,
    /// Name of its property, if known.
    #[serde(skip)]
    pub property_name: Option<String>,
    /// Path of the shown part of the value, if only a part was requested.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// The parsed key; `None` if it is not in the scheme.
    #[serde(skip)]
    pub parsed: Option<Key>,
    /// Its customer; `None` for counts, which cover all customers.
    #[serde(skip)]
    pub customer: Option<Customer>,
    /// True if the server of its lock does not answer, so the lock may be held.
    #[serde(skip)]
    pub lock_unknown: bool,
}

/// One key of a list.
#[derive(Debug, Serialize)]
pub(crate) struct ListedKey {
    /// The whole key.
    #[serde(flatten)]
    pub name: KeyName,
    /// Type in Valkey, if the server reports it.
    #[serde(rename = "type")]
    pub kind: Option<String>,
    /// Seconds left; `None` if it never expires, or if that is unknown.
    pub ttl_seconds: Option<u64>,
    /// TTL left; `None` if the server does not report it.
    #[serde(skip)]
    pub ttl: Option<Ttl>,
    /// Memory used by the key, if the server reports it.
    pub memory_bytes: Option<u64>,
}

/// Keys that match a pattern.
#[derive(Debug, Serialize)]
pub(crate) struct ListedKeys {
    /// Their customer, if the glob names only one.
    #[serde(skip)]
    pub customer: Option<Customer>,
    /// The glob over whole keys.
    pub pattern: String,
    /// Number of matching keys.
    pub total: u64,
    /// The first matching keys.
    pub keys: Vec<ListedKey>,
    /// Names of their properties, where known.
    #[serde(skip)]
    pub names: HashMap<String, String>,
    /// Nodes and slots scanned, and whether the topology changed meanwhile.
    pub coverage: Coverage,
}

/// Seconds left, rounded up: a key that still exists never has 0 left.
pub(crate) fn seconds_left(ttl: Ttl) -> Option<u64> {
    match ttl {
        Ttl::Left(left) => Some(
            left.as_millis()
                .div_ceil(1000)
                .try_into()
                .unwrap_or(u64::MAX),
        ),
        Ttl::Forever | Ttl::Absent => None,
    }
}
