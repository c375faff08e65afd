//! Finds the names of the selected properties, because the server also caches details under a property's name.

use super::part::{CustomerPlan, VALUES};
use crate::cache::Error;
use crate::domain::key::{Entry, Fqdn, Id};
use crate::domain::papi::Property;
use serde_json::Value;
use std::collections::BTreeMap;

/// Property names by id, as far as cached items contain them.
type KnownValues = BTreeMap<String, String>;

impl CustomerPlan<'_> {
    /// With cascade, adds the names of the properties: from their own items, otherwise from the lists, otherwise from
    /// their hostnames' keys. Returns the properties whose name none of these contains.
    pub(super) async fn property_names(&mut self) -> Result<Vec<Id>, Error> {
        if !self.graph.cascades() {
            return Ok(Vec::new());
        }
        let ids = self.ids();
        let mut names = KnownValues::new();
        let entries: Vec<Entry> = ids.iter().cloned().map(Entry::Property).collect();
        self.read_names(&entries, &mut names).await?;
        let lists = [Entry::Properties, Entry::Tree];
        let hosts = self
            .graph
            .host_names()
            .into_iter()
            .filter_map(|name| Fqdn::new(name).ok());
        let hosts: Vec<Entry> = hosts.map(Entry::Hostname).take(VALUES).collect();
        for more in [lists.as_slice(), &hosts] {
            if ids.iter().any(|id| !names.contains_key(id.as_str())) {
                self.read_names(more, &mut names).await?;
            }
        }
        let mut unnamed = Vec::new();
        for id in ids {
            match names.get(id.as_str()) {
                Some(name) => self.graph.property_name(&id, name),
                None => unnamed.push(id),
            }
        }
        Ok(unnamed)
    }

    /// Reads names from the values of these keys in batches.
    async fn read_names(&self, entries: &[Entry], names: &mut KnownValues) -> Result<(), Error> {
        for entries in entries.chunks(VALUES) {
            let keys: Vec<String> = entries.iter().map(|entry| self.key(entry)).collect();
            for value in self.job.store.get(&keys).await {
                let json = value?.and_then(|json| String::from_utf8(json).ok());
                match json.as_deref().map(|json| (Property::parse(json), json)) {
                    Some((Ok(item), _)) if !item.name.is_empty() => {
                        names.insert(item.id.to_string(), item.name);
                    }
                    Some((_, json)) => {
                        collect(&serde_json::from_str(json).unwrap_or_default(), names);
                    }
                    None => {}
                }
            }
        }
        Ok(())
    }
}

/// Collects every object with both an id and a name, at any depth; `serde_json` limits the depth.
fn collect(value: &Value, names: &mut KnownValues) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| collect(item, names)),
        Value::Object(members) => {
            let text = |name| members.get(name).and_then(Value::as_str);
            if let (Some(id), Some(name)) = (text("propertyId"), text("propertyName")) {
                names.entry(id.into()).or_insert_with(|| name.into());
            }
            members.values().for_each(|member| collect(member, names));
        }
        _ => {}
    }
}
