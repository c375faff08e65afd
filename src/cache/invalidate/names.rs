//! Finds the names of the selected properties, because the server also caches details under a property's name.

use super::part::{CustomerPlan, VALUES};
use crate::cache::Error;
use crate::cache::copies::copies;
use crate::domain::key::{Entry, Fqdn, Id};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};

/// Names of properties by id. One that was renamed has two until each cached item shows the new one.
type KnownValues = BTreeMap<String, BTreeSet<String>>;

/// The name in a copy of a property.
#[derive(Default, Deserialize)]
struct Named {
    #[serde(default, rename = "propertyName")]
    name: Option<String>,
}

impl CustomerPlan<'_> {
    /// With cascade, adds the names of the properties: from their own items, the lists, and their hostnames' keys.
    /// Returns the properties whose name none of these contains.
    pub(super) async fn property_names(&mut self) -> Result<Vec<Id>, Error> {
        let ids = self.ids();
        if !self.graph.cascades() || ids.is_empty() {
            return Ok(Vec::new());
        }
        let mut names: KnownValues = ids
            .iter()
            .map(|id| (id.to_string(), BTreeSet::new()))
            .collect();
        let items = ids.iter().cloned().map(Entry::Property);
        let hosts = self.graph.host_names().into_iter();
        let hosts = hosts.filter_map(|name| Fqdn::new(name).ok().map(Entry::Hostname));
        let entries = items.chain([Entry::Properties, Entry::Tree]).chain(hosts);
        self.read_names(&entries.collect::<Vec<Entry>>(), &mut names)
            .await?;
        let mut unnamed = Vec::new();
        for id in ids {
            let names = names.remove(id.as_str()).unwrap_or_default();
            for name in &names {
                self.graph.property_name(&id, name);
            }
            if names.is_empty() {
                unnamed.push(id);
            }
        }
        Ok(unnamed)
    }

    /// Reads names from the values of these keys in batches.
    async fn read_names(&self, entries: &[Entry], names: &mut KnownValues) -> Result<(), Error> {
        for entries in entries.chunks(VALUES) {
            let keys: Vec<String> = entries.iter().map(|entry| self.key(entry)).collect();
            for json in self.job.store.values(&keys).await?.into_iter().flatten() {
                collect(&json, names);
            }
        }
        Ok(())
    }
}

/// Collects the names of the properties that a value shows. A large list is not parsed as a whole.
fn collect(value: &[u8], names: &mut KnownValues) {
    for copy in copies(value) {
        if let Some(all) = names.get_mut(copy.id.as_str()) {
            let own: Named = serde_json::from_slice(copy.json()).unwrap_or_default();
            all.extend(own.name.filter(|name| !name.is_empty()));
        }
    }
}
