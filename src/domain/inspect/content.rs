//! Value of a key by its type in Valkey, and its JSON.

use crate::domain::inspect::escaped_bytes::escape_bytes;
use crate::domain::json::compact;
use serde::ser::{Serialize, SerializeMap, SerializeSeq, Serializer};
use serde_json::value::RawValue;
use std::borrow::Cow;

/// A name and a value.
pub(crate) type NameValue = (Vec<u8>, Vec<u8>);

/// Value of a key, or its first members.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Content {
    /// A string's bytes.
    Text(Vec<u8>),
    /// Items in order.
    List(Vec<Vec<u8>>),
    /// Members in the server's order.
    Set(Vec<Vec<u8>>),
    /// Fields and values in the server's order.
    Hash(Vec<NameValue>),
    /// Members and scores, lowest score first.
    Sorted(Vec<(Vec<u8>, f64)>),
    /// Ids and fields of the entries, newest first.
    Stream(Vec<(String, Vec<NameValue>)>),
    /// A type that is not read.
    Other,
}

impl Content {
    /// Returns the number of members here and the noun for one of them; `None` for a string or an unread type.
    pub(crate) fn members(&self) -> Option<(usize, &'static str)> {
        Some(match self {
            Self::Text(_) | Self::Other => return None,
            Self::List(items) => (items.len(), "item"),
            Self::Set(members) => (members.len(), "member"),
            Self::Hash(fields) => (fields.len(), "field"),
            Self::Sorted(members) => (members.len(), "member"),
            Self::Stream(entries) => (entries.len(), "entry"),
        })
    }

    /// True if the server returns the members in no order.
    pub(crate) fn is_unordered(&self) -> bool {
        matches!(self, Self::Hash(_) | Self::Set(_))
    }
}

/// Returns the text of the value if it is JSON.
pub(crate) fn json(bytes: &[u8]) -> Option<&str> {
    let raw: &RawValue = serde_json::from_slice(bytes).ok()?;
    Some(raw.get())
}

/// Serializes a value as it is if it is JSON, else as a string.
struct ValueText<'a>(&'a [u8]);

impl Serialize for ValueText<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let raw = json(self.0).and_then(|json| RawValue::from_string(compact(json)).ok());
        match raw {
            Some(raw) => raw.serialize(serializer),
            None => serializer.serialize_str(&escape_bytes(self.0)),
        }
    }
}

/// Serializes named values as an object.
struct Fields<'a>(&'a [NameValue]);

impl Serialize for Fields<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (name, value) in self.0 {
            map.serialize_entry(&escape_bytes(name), &ValueText(value))?;
        }
        map.end()
    }
}

#[derive(serde::Serialize)]
struct ScoredMember<'a> {
    member: Cow<'a, str>,
    /// A string if infinite: JSON has no infinite numbers, Valkey has.
    score: serde_json::Value,
}

#[derive(serde::Serialize)]
struct StreamItem<'a> {
    id: &'a str,
    fields: Fields<'a>,
}

impl Serialize for Content {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Content::Text(bytes) => ValueText(bytes).serialize(serializer),
            Content::Hash(fields) => Fields(fields).serialize(serializer),
            Content::Other => serializer.serialize_none(),
            Content::List(items) | Content::Set(items) => {
                each(serializer, items, |item| ValueText(item))
            }
            Content::Sorted(members) => each(serializer, members, |(member, score)| ScoredMember {
                member: escape_bytes(member),
                score: if score.is_finite() {
                    (*score).into()
                } else {
                    score.to_string().into()
                },
            }),
            Content::Stream(entries) => each(serializer, entries, |(id, fields)| StreamItem {
                id,
                fields: Fields(fields),
            }),
        }
    }
}

fn each<'a, S: Serializer, T, U: Serialize>(
    serializer: S,
    items: &'a [T],
    shown: impl Fn(&'a T) -> U,
) -> Result<S::Ok, S::Error> {
    let mut seq = serializer.serialize_seq(Some(items.len()))?;
    items
        .iter()
        .try_for_each(|item| seq.serialize_element(&shown(item)))?;
    seq.end()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair(name: &str, value: &str) -> NameValue {
        (name.into(), value.into())
    }

    #[test]
    fn json_is_kept_and_other_bytes_are_escaped() {
        let json = |content: Content| serde_json::to_string(&content).unwrap();
        assert_eq!(
            json(Content::Text(b" {\"a\" : 1e400, \"a\": 1.0}\n".to_vec())),
            r#"{"a":1e400,"a":1.0}"#
        );
        assert_eq!(json(Content::Text(b"caf\xe9".to_vec())), r#""caf\\xe9""#);
        assert_eq!(
            json(Content::Hash(vec![pair("b", "x"), pair("a", "1")])),
            r#"{"b":"x","a":1}"#
        );
        assert_eq!(
            json(Content::Sorted(vec![
                (b"m".to_vec(), 5.0),
                (b"n".to_vec(), f64::INFINITY)
            ])),
            r#"[{"member":"m","score":5.0},{"member":"n","score":"inf"}]"#
        );
        assert_eq!(
            json(Content::Stream(vec![(
                "1-1".into(),
                vec![pair("who", "me")]
            )])),
            r#"[{"id":"1-1","fields":{"who":"me"}}]"#
        );
        assert_eq!(json(Content::Other), "null");
    }
}
