//! Finds the copies of properties that a value contains: the list of all properties has their items, a search and a
//! host name the item that they found, the tree their names and places, a field of the hash some of their fields, and
//! the server's results have them as text.

use crate::domain::key::Id;
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};

/// Levels of arrays, objects and JSON in strings that are looked at: twice as many as any value has.
const DEPTH: usize = 16;

/// Fields that objects inherit from those around them.
const INHERITED: [&str; 3] = ["propertyId", "groupId", "contractId"];

/// The field of the latest version.
const LATEST: &str = "latestVersion";

/// A copy of a property, or of some of its fields.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::cache) struct PropertyCopy<'a> {
    pub(in crate::cache) id: Id,
    /// The object as JSON.
    json: Cow<'a, str>,
    /// The inherited fields as JSON.
    around: Around<'a>,
}

/// Items of a list of all properties, as JSON.
pub(in crate::cache) type ListedItems = HashMap<Id, Vec<u8>>;

/// JSON of the inherited fields, as far as they are known.
type Around<'a> = [Option<Cow<'a, str>>; INHERITED.len()];

#[derive(Deserialize, PartialEq, Eq, PartialOrd, Ord)]
struct Name<'a>(#[serde(borrow)] Cow<'a, str>);

impl<'a> PropertyCopy<'a> {
    /// Takes a property's own value, which is not parsed; `None` if it is not text.
    pub(in crate::cache) fn whole(id: Id, value: &'a [u8]) -> Option<Self> {
        let json = std::str::from_utf8(value).ok()?.into();
        let around = Around::default();
        Some(Self { id, json, around })
    }

    /// True if a field that the copy and the cached property both have is not the same, unless the copy has a later
    /// version.
    pub(in crate::cache) fn is_former(&self, cached: &[u8]) -> bool {
        type Fields = BTreeMap<String, Value>;
        if self.json.as_bytes() == cached {
            return false;
        }
        let own = serde_json::from_str::<Fields>(&self.json);
        let (Ok(mut own), Ok(cached)) = (own, serde_json::from_slice::<Fields>(cached)) else {
            return false;
        };
        for (name, json) in INHERITED.into_iter().zip(&self.around) {
            let value = json
                .as_ref()
                .and_then(|json| serde_json::from_str(json).ok());
            own.extend(value.map(|value| (name.to_owned(), value)));
        }
        let version = |fields: &Fields| fields.get(LATEST).and_then(Value::as_u64);
        if version(&own) > version(&cached) && version(&cached).is_some() {
            return false;
        }
        own.iter()
            .any(|(name, value)| cached.get(name).is_some_and(|cached| cached != value))
    }

    pub(in crate::cache) fn json(&self) -> &[u8] {
        self.json.as_bytes()
    }

    pub(in crate::cache) fn into_json(self) -> Vec<u8> {
        self.json.into_owned().into_bytes()
    }

    fn into_owned<'o>(self) -> PropertyCopy<'o> {
        let owned = |json: Cow<'_, str>| Cow::Owned(json.into_owned());
        PropertyCopy {
            id: self.id,
            json: owned(self.json),
            around: self.around.map(|json| json.map(owned)),
        }
    }
}

/// Returns the copies in a value; none if it is not JSON.
pub(in crate::cache) fn copies(value: &[u8]) -> Vec<PropertyCopy<'_>> {
    let mut found = Vec::new();
    if let Ok(json) = std::str::from_utf8(value) {
        collect(json.trim_start(), &Around::default(), DEPTH, &mut found);
    }
    found
}

fn collect<'a>(
    json: &'a str,
    around: &Around<'a>,
    depth: usize,
    found: &mut Vec<PropertyCopy<'a>>,
) {
    let Some(depth) = depth.checked_sub(1) else {
        return;
    };
    match json.as_bytes() {
        [b'[', ..] => {
            let items: Vec<&RawValue> = serde_json::from_str(json).unwrap_or_default();
            for item in items {
                collect(item.get(), around, depth, found);
            }
        }
        [b'{', ..] => {
            let fields: BTreeMap<Name<'_>, &RawValue> =
                serde_json::from_str(json).unwrap_or_default();
            let mut around = around.clone();
            for (place, name) in around.iter_mut().zip(INHERITED) {
                if let Some(own) = fields.get(&Name(name.into())) {
                    *place = Some(own.get().into());
                }
            }
            let id = around[0].as_ref();
            let id = id.and_then(|json| serde_json::from_str::<String>(json).ok());
            if let Some(id) = id.and_then(|id| Id::new(&id).ok()) {
                found.push(PropertyCopy {
                    id,
                    json: json.into(),
                    around: around.clone(),
                });
            }
            for value in fields.values() {
                collect(value.get(), &around, depth, found);
            }
        }
        [b'"', b'{' | b'[', ..] => {
            let text: String = serde_json::from_str(json).unwrap_or_default();
            let mut inner = Vec::new();
            collect(&text, &Around::default(), depth, &mut inner);
            found.extend(inner.into_iter().map(PropertyCopy::into_owned));
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ITEM: &str = r#"{"propertyId":"prp_1","propertyName":"one","groupId":"grp_1","contractId":"ctr_1","latestVersion":4,"note":"n"}"#;

    fn differ(value: &str) -> Vec<(String, bool)> {
        let copies = copies(value.as_bytes()).into_iter();
        copies
            .map(|copy| (copy.id.to_string(), copy.is_former(ITEM.as_bytes())))
            .filter(|(id, differs)| id != "prp_1" || *differs)
            .collect()
    }

    #[test]
    fn a_copy_is_found_in_every_value_that_has_one() {
        let old = ITEM.replace(":4", ":3");
        let tree = |group: &str, name: &str| {
            format!(
                r#"[{{"groupId":"{group}","groupName":"g","contracts":[{{"contractId":"ctr_1","properties":[{{"propertyId":"prp_1","propertyName":"{name}"}}]}}]}}]"#
            )
        };
        let field = |version: u8| {
            format!(
                r#"{{"propertyId":"prp_1","property":{{"propertyName":"one","latestVersion":{version}}}}}"#
            )
        };
        let text = |item: &str| {
            serde_json::json!({"content": [{"type": "text", "text": item}]}).to_string()
        };
        for (same, other) in [
            (format!("[{ITEM}]"), format!("[{old}]")),
            (
                format!(r#"[{{"type":"x","property":{ITEM},"hostname":{{"cnameFrom":"a.b"}}}}]"#),
                format!(r#"[{{"type":"x","property":{old}}}]"#),
            ),
            (
                format!(r#"{{"a.b":{{"property":{ITEM},"hostname":{{}}}}}}"#),
                format!(r#"{{"a.b":{{"property":{old},"hostname":{{}}}}}}"#),
            ),
            (tree("grp_1", "one"), tree("grp_1", "two")),
            (tree("grp_1", "one"), tree("grp_2", "one")),
            (field(4), field(3)),
            (text(ITEM), text(&old)),
        ] {
            assert_eq!(differ(&same), [], "{same}");
            assert_eq!(differ(&other), [("prp_1".to_owned(), true)], "{other}");
        }
    }

    #[test]
    fn what_is_no_json_has_no_copies_and_depth_is_bounded() {
        for value in ["", "x", "[", "{\"propertyId\":\"prp_1\"", "\"[\""] {
            assert_eq!(copies(value.as_bytes()), []);
        }
        assert_eq!(copies(b"\xff[]"), []);
        let deep = "[".repeat(100_000);
        assert_eq!(copies(deep.as_bytes()), []);
        let deep = format!("{}{ITEM}{}", "[".repeat(40), "]".repeat(40));
        assert_eq!(copies(deep.as_bytes()), []);
    }

    #[test]
    fn a_copy_of_a_later_version_is_not_a_former_one() {
        let newer = ITEM.replace(":4", ":5").replace("one", "renamed");
        assert_eq!(differ(&newer), []);
        assert!(copies(ITEM.as_bytes())[0].is_former(newer.as_bytes()));
    }

    #[test]
    fn a_cached_value_that_is_no_object_tells_nothing() {
        assert!(!copies(ITEM.as_bytes())[0].is_former(b"[]"));
        assert!(!copies(ITEM.as_bytes())[0].is_former(ITEM.as_bytes()));
    }
}
