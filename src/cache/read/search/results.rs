//! Results of a search, and whether they are complete.

use super::ServedFrom;
use crate::domain::read::search::SearchHit;
use serde::Deserialize;
use serde_json::value::RawValue;
use std::borrow::Cow;

/// Results of a search that finds nothing.
pub(super) const NOTHING: &[u8] = b"[]";

#[derive(Debug)]
pub struct Results {
    pub origin: ServedFrom,
    /// JSON array in the server's format.
    pub json: Vec<u8>,
    /// Number of results found; `json` may hold fewer.
    pub total: usize,
    /// No host name was found and the property list is not cached, so that parts of property names could not be
    /// searched; or the API could not be called.
    pub incomplete: bool,
    /// The API could not be called: only the cache was searched.
    pub unasked: bool,
}

/// The `type` of a stored result.
#[derive(Deserialize)]
struct How<'a> {
    #[serde(borrow, rename = "type")]
    how: Cow<'a, str>,
}

impl Results {
    /// Creates results from hits. `listed`: the property list was searched.
    pub(super) fn of(found: &[SearchHit], origin: ServedFrom, listed: bool) -> Self {
        let a_host = found.iter().any(|found| found.hostname.is_some());
        // Strings and parsed JSON always serialize.
        let json = serde_json::to_vec(found).unwrap_or_else(|_| NOTHING.to_vec());
        Self {
            origin,
            json,
            total: found.len(),
            incomplete: !listed && !a_host,
            unasked: false,
        }
    }

    /// Creates results from stored ones. Whether the property list was searched for them is unknown.
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

    /// Marks the results as found without the API.
    pub(super) fn without_the_api(self) -> Self {
        Self {
            incomplete: true,
            unasked: true,
            ..self
        }
    }

    /// Returns true if a host name is among the results.
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
            // Parsed JSON always serializes.
            self.json = serde_json::to_vec(first).unwrap_or_else(|_| NOTHING.to_vec());
        }
    }

    /// Adds `found`, which are some of `total` further results.
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
