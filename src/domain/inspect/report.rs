//! What `inspect` reports of one key, or of the keys that match a pattern.

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

/// A key's name. One that is not UTF-8 is escaped, and given byte for byte beside that.
#[derive(Debug, Serialize)]
pub(crate) struct KeyName {
    /// As text.
    pub key: String,
    /// The bytes in base64, where the text does not say it all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key_base64: Option<String>,
}

impl KeyName {
    /// Of these bytes.
    pub(crate) fn of(key: &[u8]) -> Self {
        Self {
            key: escape_bytes(key).into_owned(),
            key_base64: in_base64(key),
        }
    }
}

/// Bytes in base64, where they are not UTF-8.
pub(crate) fn in_base64(bytes: &[u8]) -> Option<String> {
    std::str::from_utf8(bytes)
        .is_err()
        .then(|| STANDARD.encode(bytes))
}

/// One key, with everything that is known of it.
#[derive(Debug, Serialize)]
pub(crate) struct Inspected {
    /// The whole key.
    #[serde(flatten)]
    pub name: KeyName,
    /// First word behind the customer; `None` where the scheme does not know the key.
    pub resource: Option<String>,
    /// What the resource is of.
    pub id: Option<String>,
    /// The part after the id.
    pub sub: Vec<String>,
    /// Type in Valkey.
    #[serde(rename = "type")]
    pub kind: String,
    /// The type that it should have, where that is another.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expected_type: Option<&'static str>,
    /// Encoding in Valkey, where the server tells.
    pub encoding: Option<String>,
    /// Bytes of a string, members of anything else.
    pub size: Option<u64>,
    /// Memory that it takes, where the server tells.
    pub memory_bytes: Option<u64>,
    /// Seconds left; `None` never expires.
    pub ttl_seconds: Option<u64>,
    /// Seconds that the policy gives it.
    pub policy_ttl_seconds: Option<u64>,
    /// Judged against the policy.
    pub freshness: KeyFreshness,
    /// Less than a twentieth of its time is left.
    pub about_to_expire: bool,
    /// Seconds since it was written, as the policy and what is left of it tell.
    pub age_seconds: Option<u64>,
    /// Seconds since it was last touched, where the server tells.
    pub idle_seconds: Option<u64>,
    /// The property, group and contract that it belongs to.
    pub tags: Vec<String>,
    /// The run that wrote it last.
    pub generation: Option<u64>,
    /// The content of its lock.
    pub locked_by: Option<String>,
    /// Reads that it answered in the last seven days.
    pub hits: Option<u64>,
    /// Reads that it did not.
    pub misses: Option<u64>,
    /// Its value, or the first members of it.
    pub value: Content,
    /// The value in base64, where it is a string that is not UTF-8.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value_base64: Option<String>,
    /// Whether only a part of its members is shown.
    pub value_cut: bool,
    /// Elements of an array of which only the first are shown: of all, and of these.
    #[serde(skip)]
    pub elements: Option<(u64, u64)>,
    /// Lines of an object that are shown at most.
    #[serde(skip)]
    pub lines: Option<usize>,
    /// The name of the property that it is of, where that is known.
    #[serde(skip)]
    pub property_name: Option<String>,
    /// The place in the value that is shown, where only a part was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// What the key is; `None` where the scheme does not know it.
    #[serde(skip)]
    pub parsed: Option<Key>,
    /// Whose it is; `None` for counts, which are of all customers.
    #[serde(skip)]
    pub customer: Option<Customer>,
    /// The server of its lock does not answer, so that it may be held.
    #[serde(skip)]
    pub lock_unknown: bool,
}

/// One key of a listing.
#[derive(Debug, Serialize)]
pub(crate) struct ListedKey {
    /// The whole key.
    #[serde(flatten)]
    pub name: KeyName,
    /// Type in Valkey.
    #[serde(rename = "type")]
    pub kind: String,
    /// Seconds left; `None` never expires.
    pub ttl_seconds: Option<u64>,
    /// Memory that it takes, where the server tells.
    pub memory_bytes: Option<u64>,
}

/// The keys that match a pattern.
#[derive(Debug, Serialize)]
pub(crate) struct ListedKeys {
    /// Whose they are, where the glob names one customer.
    #[serde(skip)]
    pub customer: Option<Customer>,
    /// The glob as it was matched.
    pub pattern: String,
    /// How many keys match.
    pub total: u64,
    /// The first of them.
    pub keys: Vec<ListedKey>,
    /// The names of the properties that they are of, where they are known.
    #[serde(skip)]
    pub names: HashMap<String, String>,
    /// What was walked, and whether something moved meanwhile.
    pub coverage: Coverage,
}

/// Seconds left, rounded up: a key that still exists has not 0 left.
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
