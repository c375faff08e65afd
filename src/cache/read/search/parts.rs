//! Host names that contain the text, from the hash of all host names.

use super::{Reader, Results};
use crate::cache::Error;
use crate::domain::key::Entry;
use crate::domain::read::search::{Match, SearchHit, SearchTerm};
use serde::Deserialize;
use serde_json::value::to_raw_value;
use serde_json::{Map, Value, json};

#[derive(Deserialize)]
struct HostnameField {
    #[serde(rename = "propertyId")]
    id: String,
    property: Map<String, Value>,
}

impl Reader<'_> {
    /// Limits the results. If no host name was found, counts the host names that contain the text, and adds as many
    /// of them as there is room for.
    pub(super) async fn with_parts(
        &self,
        wanted: &SearchTerm,
        mut results: Results,
        limit: usize,
    ) -> Result<Results, Error> {
        let glob = wanted.part_of_hostname();
        let glob = glob.filter(|_| !results.name_a_host());
        let room = limit.saturating_sub(results.total);
        results.bound(limit);
        let (Some(store), Some(glob)) = (self.usable(), glob) else {
            return Ok(results);
        };
        let key = self.key(&Entry::Hostnames);
        let names = match store.names_matching(&key, &glob).await {
            Ok(names) => names,
            Err(error) => {
                self.trouble(error)?;
                return Ok(results);
            }
        };
        let first: Vec<String> = names
            .iter()
            .filter_map(|name| String::from_utf8(name.clone()).ok())
            .take(room)
            .collect();
        let mut found = Vec::with_capacity(first.len());
        match store.field_values(&key, &first).await {
            Ok(values) => {
                let each = first.iter().zip(values);
                found.extend(each.filter_map(|(name, value)| part(name, &value?)));
            }
            Err(error) => self.trouble(error)?,
        }
        results.add(&found, names.len());
        Ok(results)
    }
}

fn part(name: &str, value: &[u8]) -> Option<SearchHit> {
    let HostnameField { id, mut property } = serde_json::from_slice(value).ok()?;
    property.insert("propertyId".to_owned(), Value::String(id));
    Some(SearchHit::new(
        Match::PartOfHostname,
        to_raw_value(&property).ok()?,
        Some(to_raw_value(&json!({ "cnameFrom": name })).ok()?),
    ))
}
