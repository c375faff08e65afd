//! Values that hold something of many properties (the list, the map, the tree), changed in what they
//! say of a few. Each keeps its deadline: the rest of it is as old as it was.

use super::one::{Refetched, owner};
use super::survey::readable;
use super::writer::Writer;
use super::{Fill, Halt};
use crate::cache::answers::{array, host_value, tree_item};
use crate::domain::account::Property;
use crate::domain::key::{Entry, Fqdn, Id};
use crate::domain::ttl::Resource;
use crate::domain::worth::StoredFor;
use crate::store::{self, Write};
use serde_json::Value;
use serde_json::value::RawValue;
use std::collections::BTreeMap;

impl Fill<'_> {
    /// Puts the fetched properties in their place in the list of all, and takes those out that are
    /// gone. Where there is no list none is made, since a list of a few would be taken for all.
    pub(super) async fn patch_list(
        &self,
        writer: &Writer,
        fetched: &[Property],
        gone: &[Id],
    ) -> Result<(), Halt> {
        if fetched.is_empty() && gone.is_empty() {
            return Ok(());
        }
        let Some(mut list) = self.list().await? else {
            return Ok(());
        };
        list.retain(|listed| !gone.iter().any(|id| id.as_str() == listed.id));
        for property in fetched {
            match list.iter_mut().find(|listed| listed.id == property.id) {
                Some(listed) => *listed = property.clone(),
                None => list.push(property.clone()),
            }
        }
        let value = array(list.iter().map(|property| property.json.as_str()));
        self.patch(writer, &Entry::Properties, Resource::Properties, value)
            .await
    }

    /// Puts what was fetched again in its place in the map, where that is written and still stands.
    pub(super) async fn patch_map(
        &self,
        writer: &Writer,
        ids: &[Id],
        again: &Refetched,
    ) -> Result<(), Halt> {
        let (entry, resource) = (Entry::HostnameMap, Resource::Map);
        match self.standing(&entry, resource).await? {
            // What cannot be read holds nothing that could be kept.
            Some(map) => {
                let map = patched_map(&map, ids, again).unwrap_or_else(|| "{}".into());
                self.patch(writer, &entry, resource, map.into_bytes()).await
            }
            None => Ok(()),
        }
    }

    /// The same in the tree.
    pub(super) async fn patch_tree(
        &self,
        writer: &Writer,
        ids: &[Id],
        again: &Refetched,
    ) -> Result<(), Halt> {
        let (entry, resource) = (Entry::Tree, Resource::Tree);
        match self.standing(&entry, resource).await? {
            Some(tree) => {
                let tree = patched_tree(&tree, ids, again).unwrap_or_else(|| "[]".into());
                self.patch(writer, &entry, resource, tree.into_bytes())
                    .await
            }
            None => Ok(()),
        }
    }

    /// A value that this run writes, where it stands.
    async fn standing(&self, entry: &Entry, resource: Resource) -> Result<Option<Vec<u8>>, Halt> {
        if !self.wants(resource) {
            return Ok(None);
        }
        let value = self.store.get(&[self.key(entry)]).await.pop();
        Ok(readable(value)?)
    }

    /// Replaces a value that still stands; it keeps its deadline.
    pub(super) async fn patch(
        &self,
        writer: &Writer,
        entry: &Entry,
        resource: Resource,
        value: Vec<u8>,
    ) -> Result<(), Halt> {
        let key = self.key(entry);
        // It stands for as long as before, and goes on saying so.
        let last = self
            .store
            .last_bytes(std::slice::from_ref(&key))
            .await
            .pop();
        let value = match last.transpose() {
            Ok(last) => StoredFor::told_by(last.flatten()).marked(value),
            Err(store::Error::WrongType { .. }) => value,
            Err(error) => return Err(error.into()),
        };
        Ok(writer.put(resource, Write::Patch { key, value }).await?)
    }
}

/// The map without what it said of these properties, and with what was fetched of them. A host name
/// that another property serves stays with that.
fn patched_map(map: &[u8], ids: &[Id], again: &Refetched) -> Option<String> {
    let mut map: BTreeMap<String, Box<RawValue>> = serde_json::from_slice(map).ok()?;
    map.retain(|_, value| {
        let owner = owner(value.get().as_bytes(), &["property", "propertyId"]);
        !owner.is_some_and(|owner| ids.iter().any(|id| id.as_str() == owner))
    });
    for property in &again.properties {
        for host in again.hosts.get(&property.id).into_iter().flatten() {
            if let Ok(name) = Fqdn::new(&host.name)
                && !map.contains_key(name.as_str())
            {
                let value = RawValue::from_string(host_value(property, host)).ok()?;
                map.insert(name.to_string(), value);
            }
        }
    }
    serde_json::to_string(&map).ok()
}

/// The tree likewise.
fn patched_tree(tree: &[u8], ids: &[Id], again: &Refetched) -> Option<String> {
    let mut tree: Value = serde_json::from_slice(tree).ok()?;
    for group in tree.as_array_mut()? {
        let group_id = text(group, "groupId");
        for contract in group.get_mut("contracts")?.as_array_mut()? {
            let contract_id = text(contract, "contractId");
            let properties = contract.get_mut("properties")?.as_array_mut()?;
            properties.retain(|item| {
                let known = text(item, "propertyId");
                !ids.iter().any(|id| Some(id.as_str()) == known.as_deref())
            });
            let here = again.properties.iter().filter(|property| {
                Some(&property.group) == group_id.as_ref()
                    && Some(&property.contract) == contract_id.as_ref()
            });
            properties.extend(here.map(tree_item));
        }
    }
    Some(tree.to_string())
}

fn text(value: &Value, field: &str) -> Option<String> {
    value.get(field)?.as_str().map(ToOwned::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cache::answers::Host;
    use std::collections::HashMap;

    fn again() -> Refetched {
        let item =
            r#"{"propertyId":"prp_1","propertyName":"new","contractId":"ctr_1","groupId":"grp_1"}"#;
        let host = |name: &str| Host {
            name: name.into(),
            item: r#"{"n":2}"#.into(),
        };
        Refetched {
            properties: vec![Property::parse(item).unwrap()],
            hosts: HashMap::from([(
                "prp_1".to_owned(),
                vec![host("B.example"), host("c.example")],
            )]),
            gone: vec![Id::new("prp_3").unwrap()],
            failed: Vec::new(),
        }
    }

    fn ids() -> [Id; 2] {
        ["prp_1", "prp_3"].map(|id| Id::new(id).unwrap())
    }

    #[test]
    fn a_map_says_of_the_properties_fetched_again_what_came_and_of_others_what_it_said() {
        let map = br#"{"a.example":{"property":{"propertyId":"prp_1"},"hostname":{}},
            "c.example":{"property":{"propertyId":"prp_2"},"hostname":{}},
            "d.example":{"property":{"propertyId":"prp_3"},"hostname":{}}}"#;
        let patched = patched_map(map, &ids(), &again()).unwrap();
        let patched: Value = serde_json::from_str(&patched).unwrap();
        assert_eq!(
            patched,
            serde_json::json!({
                "b.example": {
                    "property": {"propertyId": "prp_1", "propertyName": "new",
                        "contractId": "ctr_1", "groupId": "grp_1"},
                    "hostname": {"n": 2},
                },
                "c.example": {"property": {"propertyId": "prp_2"}, "hostname": {}},
            })
        );
        assert_eq!(patched_map(b"[]", &ids(), &again()), None);
    }

    #[test]
    fn a_tree_has_the_properties_fetched_again_where_they_are_now() {
        let tree = br#"[{"groupId":"grp_1","contracts":[{"contractId":"ctr_1","properties":[]}]},
            {"groupId":"grp_2","contracts":[{"contractId":"ctr_1","properties":[
                {"propertyId":"prp_1"},{"propertyId":"prp_2"},{"propertyId":"prp_3"}]}]}]"#;
        let patched = patched_tree(tree, &ids(), &again()).unwrap();
        let patched: Value = serde_json::from_str(&patched).unwrap();
        assert_eq!(
            patched,
            serde_json::json!([
                {"groupId": "grp_1", "contracts": [{"contractId": "ctr_1", "properties": [
                    {"propertyId": "prp_1", "propertyName": "new"}]}]},
                {"groupId": "grp_2", "contracts": [{"contractId": "ctr_1", "properties": [
                    {"propertyId": "prp_2"}]}]},
            ])
        );
        assert_eq!(patched_tree(b"{}", &ids(), &again()), None);
    }
}
