//! What a search ends with, and whether more could be found.

use super::Origin;
use crate::domain::search::Found;
use serde::Deserialize;
use serde_json::value::RawValue;
use std::borrow::Cow;

/// The results of a search that finds nothing.
pub(super) const NOTHING: &[u8] = b"[]";

/// The results of a search.
#[derive(Debug)]
pub struct Results {
    /// Where they came from.
    pub origin: Origin,
    /// A JSON array in the server's shape.
    pub json: Vec<u8>,
    /// No host name was found and the property list is not cached: a part of a property's name could
    /// not be looked up.
    pub incomplete: bool,
}

/// A stored result, as far as it says how it was found.
#[derive(Deserialize)]
struct How<'a> {
    #[serde(borrow, rename = "type")]
    how: Cow<'a, str>,
}

impl Results {
    /// What was found. `listed`: whether the property list was looked at.
    pub(super) fn of(found: &[Found], origin: Origin, listed: bool) -> Self {
        let a_host = found.iter().any(|found| found.hostname.is_some());
        // Texts and JSON that was read before always become JSON.
        let json = serde_json::to_vec(found).unwrap_or_else(|_| NOTHING.to_vec());
        Self {
            origin,
            json,
            incomplete: !listed && !a_host,
        }
    }

    /// Stored results, of which it is not known whether the property list was looked at.
    pub(super) fn stored(json: Vec<u8>, origin: Origin) -> Self {
        let found: Vec<How<'_>> = serde_json::from_slice(&json).unwrap_or_default();
        let incomplete = found.iter().all(|found| found.how.starts_with("property_"));
        Self {
            origin,
            json,
            incomplete,
        }
    }

    /// How many results there are.
    pub(super) fn len(&self) -> usize {
        let found: Vec<&RawValue> = serde_json::from_slice(&self.json).unwrap_or_default();
        found.len()
    }
}
