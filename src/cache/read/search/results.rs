//! What a search ends with, and whether more could be found.

use super::ServedFrom;
use crate::domain::read::search::SearchHit;
use serde::Deserialize;
use serde_json::value::RawValue;
use std::borrow::Cow;

/// The results of a search that finds nothing.
pub(super) const NOTHING: &[u8] = b"[]";

#[derive(Debug)]
pub struct Results {
    pub origin: ServedFrom,
    /// A JSON array in the server's shape.
    pub json: Vec<u8>,
    /// How many were found; `json` may hold fewer.
    pub total: usize,
    /// No host name was found and the property list is not cached: a part of a property's name could
    /// not be looked up. Or the API could not be asked.
    pub incomplete: bool,
    /// The API could not be asked: only the cache was searched.
    pub unasked: bool,
}

/// A stored result, as far as it says how it was found.
#[derive(Deserialize)]
struct How<'a> {
    #[serde(borrow, rename = "type")]
    how: Cow<'a, str>,
}

impl Results {
    /// What was found. `listed`: whether the property list was looked at.
    pub(super) fn of(found: &[SearchHit], origin: ServedFrom, listed: bool) -> Self {
        let a_host = found.iter().any(|found| found.hostname.is_some());
        // Texts and JSON that was read before always become JSON.
        let json = serde_json::to_vec(found).unwrap_or_else(|_| NOTHING.to_vec());
        Self {
            origin,
            json,
            total: found.len(),
            incomplete: !listed && !a_host,
            unasked: false,
        }
    }

    /// Stored results, of which it is not known whether the property list was looked at.
    pub(super) fn stored(json: Vec<u8>, origin: ServedFrom) -> Self {
        let mut results = Self {
            origin,
            json,
            total: 0,
            incomplete: false,
            unasked: false,
        };
        results.total = results.items().len();
        results.incomplete = !results.name_a_host();
        results
    }

    /// The same, found without the API.
    pub(super) fn without_the_api(self) -> Self {
        Self {
            incomplete: true,
            unasked: true,
            ..self
        }
    }

    /// Whether a host name is among the stored results.
    pub(super) fn name_a_host(&self) -> bool {
        let found: Vec<How<'_>> = serde_json::from_slice(&self.json).unwrap_or_default();
        found
            .iter()
            .any(|found| !found.how.starts_with("property_"))
    }

    fn items(&self) -> Vec<&RawValue> {
        serde_json::from_slice(&self.json).unwrap_or_default()
    }

    pub(super) fn bound(&mut self, limit: usize) {
        let items = self.items();
        if let Some(first) = items.get(..limit) {
            // JSON that was read before always becomes JSON.
            self.json = serde_json::to_vec(first).unwrap_or_else(|_| NOTHING.to_vec());
        }
    }

    /// Adds `found`, of `total` more.
    pub(super) fn add(&mut self, found: &[SearchHit], total: usize) {
        self.total += total;
        let texts = found
            .iter()
            .filter_map(|found| serde_json::value::to_raw_value(found).ok());
        let old: Vec<Box<RawValue>> = serde_json::from_slice(&self.json).unwrap_or_default();
        let all: Vec<Box<RawValue>> = old.into_iter().chain(texts).collect();
        self.json = serde_json::to_vec(&all).unwrap_or_else(|_| NOTHING.to_vec());
    }
}
