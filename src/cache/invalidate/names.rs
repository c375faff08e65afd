//! Finds the names of the selected properties, because the server also caches details under a property's name.

use super::part::{CustomerPlan, VALUES};
use crate::cache::Error;
use crate::domain::key::{Entry, Fqdn, Id};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Names of properties by id. One that was renamed has two until each cached item shows the new one.
type KnownValues = BTreeMap<String, BTreeSet<String>>;

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
            for value in self.job.store.get(&keys).await {
                if let Some(json) = value? {
                    collect(&serde_json::from_slice(&json).unwrap_or_default(), names);
                }
            }
        }
        Ok(())
    }
}

/// Collects the names from every object that has both an id and a name, at any depth; `serde_json` limits the depth.
fn collect(value: &Value, names: &mut KnownValues) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| collect(item, names)),
        Value::Object(members) => {
            let text = |name| members.get(name).and_then(Value::as_str);
            if let (Some(id), Some(name)) = (text("propertyId"), text("propertyName"))
                && let Some(all) = names.get_mut(id)
                && !name.is_empty()
            {
                all.insert(name.to_owned());
            }
            members.values().for_each(|member| collect(member, names));
        }
        _ => {}
    }
}
