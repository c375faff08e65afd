//! Tolerant parsing of item fields: missing, null and odd values count as absent.

use super::with_prefix;
use crate::domain::key::Id;
use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use std::borrow::Cow;
use std::fmt;

/// Why an item cannot be used, as a lower-case phrase.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct ItemError(pub String);

/// Parses the fields of one object.
pub(super) fn read<'a, T: Deserialize<'a>>(json: &'a str) -> Result<T, ItemError> {
    // Serde would read an array as the fields in order.
    if !json.trim_start().starts_with('{') {
        return Err(ItemError("an item that is not an object".into()));
    }
    serde_json::from_str(json).map_err(|error| ItemError(format!("an unreadable item: {error}")))
}

/// A string field. A number counts as its digits, anything else as absent.
#[derive(Clone, Default)]
pub(super) struct Text<'a>(pub(super) Option<Cow<'a, str>>);

impl Text<'_> {
    pub(super) fn required(self, field: &str) -> Result<String, ItemError> {
        match self.0 {
            Some(text) if !text.is_empty() => Ok(text.into_owned()),
            _ => Err(ItemError(format!("an item without `{field}`"))),
        }
    }

    /// Returns an identifier with its prefix, checked to be valid as a part of a key.
    pub(super) fn id(self, prefix: &str, field: &str) -> Result<Id, ItemError> {
        let text = with_prefix(prefix, &self.required(field)?);
        Id::new(&text).map_err(|error| ItemError(format!("an item whose {error}")))
    }

    pub(super) fn or_empty(self) -> String {
        self.0.map(Cow::into_owned).unwrap_or_default()
    }
}

/// A whole number field. Digits in a string count, anything else is absent.
#[derive(Clone, Copy, Default)]
pub(super) struct Number(pub(super) Option<u32>);

impl<'de: 'a, 'a> Deserialize<'de> for Text<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Scalar).map(Self)
    }
}

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = deserializer.deserialize_any(Scalar)?;
        Ok(Self(text.and_then(|digits| digits.parse().ok())))
    }
}

struct Scalar;

impl<'de> Visitor<'de> for Scalar {
    type Value = Option<Cow<'de, str>>;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("anything")
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Some(Cow::Borrowed(text)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Some(Cow::Owned(text.to_owned())))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Self::Value, E> {
        Ok(Some(Cow::Owned(number.to_string())))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Self::Value, E> {
        Ok(Some(Cow::Owned(number.to_string())))
    }

    fn visit_f64<E>(self, _: f64) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
        while items.next_element::<IgnoredAny>()?.is_some() {}
        Ok(None)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Self::Value, A::Error> {
        while entries.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(None)
    }
}
