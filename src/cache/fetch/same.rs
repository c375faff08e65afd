//! Compares cached values with the API's: JSON equality, with lists of items in any order. The API has two
//! forms of host names and of CP codes. Of these only members that both forms have are compared.

use crate::domain::ttl::Resource;
use crate::domain::warm::Mismatch;
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet, HashSet};

/// The member with the host name, whose case does not matter.
const HOST: &str = "cnameFrom";

/// A difference in an item, or (`None`) in the value as a whole.
pub(super) type Difference = (Option<String>, Mismatch);

pub(super) fn differences(resource: Resource, new: &[u8], cached: &[u8]) -> Vec<Difference> {
    if new == cached {
        return Vec::new();
    }
    let read = |json| serde_json::from_slice::<Value>(json).ok();
    let (Some(new), Some(cached)) = (read(new), read(cached)) else {
        return vec![(None, Mismatch::Differs)];
    };
    match (&new, &cached) {
        (Value::Array(new), Value::Array(cached)) => {
            if let Some(id) = id_of(resource)
                && let (Some(new_by_id), Some(cached_by_id)) =
                    (by_member(new, id), by_member(cached, id))
            {
                let same = |new: &Value, cached: &Value| same_item(resource, new, cached);
                let mut parts = parts(&new_by_id, &cached_by_id, same);
                let listed = |id: &String| parts.iter().any(|(item, _)| item.as_ref() == Some(id));
                let (twice, allowed) = (repeated(cached, id), repeated(new, id));
                let twice = twice.difference(&allowed).filter(|id| !listed(id));
                let twice: Vec<Difference> = twice
                    .map(|id| (Some(id.clone()), Mismatch::Differs))
                    .collect();
                parts.extend(twice);
                return parts;
            }
        }
        (Value::Object(new), Value::Object(cached)) if resource == Resource::Map => {
            let members = |map| Map::iter(map).map(|(name, value)| (name.clone(), value));
            let (new, cached) = (members(new).collect(), members(cached).collect());
            return parts(&new, &cached, same_host);
        }
        _ => {}
    }
    let same = match resource {
        // The list of a property is an array.
        Resource::Hostnames if new.is_object() => same_host(&new, &cached),
        Resource::Tree => in_order(new) == in_order(cached),
        _ => new == cached,
    };
    if same {
        Vec::new()
    } else {
        vec![(None, Mismatch::Differs)]
    }
}

/// Returns true if two values of a property, of its host names, or of a host name mean the same.
pub(crate) fn same_value(resource: Resource, one: &[u8], other: &[u8]) -> bool {
    differences(resource, one, other).is_empty()
}

/// Returns the member that identifies the items of a list, if their order means nothing.
fn id_of(resource: Resource) -> Option<&'static str> {
    Some(match resource {
        Resource::Properties => "propertyId",
        Resource::Hostnames => HOST,
        Resource::Contracts => "contractId",
        Resource::Groups => "groupId",
        Resource::CpCodes => "cpcodeId",
        Resource::Activations => "activationId",
        _ => return None,
    })
}

fn name_of(item: &Value, id: &str) -> Option<String> {
    let text = item.get(id)?.as_str()?;
    Some(if id == HOST {
        text.to_lowercase()
    } else {
        text.to_owned()
    })
}

fn by_member<'v>(items: &'v [Value], id: &str) -> Option<BTreeMap<String, &'v Value>> {
    let named = items.iter().map(|item| Some((name_of(item, id)?, item)));
    named.collect()
}

/// Returns the items that a list has more than once.
fn repeated(items: &[Value], id: &str) -> BTreeSet<String> {
    let mut seen = HashSet::new();
    let names = items.iter().filter_map(|item| name_of(item, id));
    names.filter(|name| !seen.insert(name.clone())).collect()
}

fn parts(
    new: &BTreeMap<String, &Value>,
    cached: &BTreeMap<String, &Value>,
    same: impl Fn(&Value, &Value) -> bool,
) -> Vec<Difference> {
    let mut parts = Vec::new();
    for (id, item) in new {
        match cached.get(id) {
            None => parts.push((Some(id.clone()), Mismatch::Missing)),
            Some(cached) if !same(item, cached) => {
                parts.push((Some(id.clone()), Mismatch::Differs));
            }
            Some(_) => {}
        }
    }
    let ghosts = cached.keys().filter(|id| !new.contains_key(*id));
    parts.extend(ghosts.map(|id| (Some(id.clone()), Mismatch::Ghost)));
    parts
}

fn same_item(resource: Resource, new: &Value, cached: &Value) -> bool {
    match resource {
        Resource::Hostnames | Resource::CpCodes => same_where_both_have_it(new, cached),
        Resource::Contracts | Resource::Groups => in_order(new.clone()) == in_order(cached.clone()),
        _ => new == cached,
    }
}

/// Compares values of a host name: the property, and the item.
fn same_host(new: &Value, cached: &Value) -> bool {
    new.get("property") == cached.get("property")
        && match (new.get("hostname"), cached.get("hostname")) {
            (Some(new), Some(cached)) => same_where_both_have_it(new, cached),
            (new, cached) => new == cached,
        }
}

/// Skips the host name, which identifies the items and may be spelled in another case.
fn same_where_both_have_it(new: &Value, cached: &Value) -> bool {
    let (Value::Object(new), Value::Object(cached)) = (new, cached) else {
        return new == cached;
    };
    new.iter()
        .filter(|(name, _)| *name != HOST)
        .all(|(name, value)| cached.get(name).is_none_or(|other| other == value))
}

fn in_order(value: Value) -> Value {
    match value {
        Value::Array(items) => {
            let mut items: Vec<Value> = items.into_iter().map(in_order).collect();
            items.sort_by_cached_key(ToString::to_string);
            Value::Array(items)
        }
        Value::Object(members) => {
            let mut all: Vec<(String, Value)> = members
                .into_iter()
                .map(|(name, value)| (name, in_order(value)))
                .collect();
            all.sort_by(|one, other| one.0.cmp(&other.0));
            Value::Object(all.into_iter().collect())
        }
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts_of(resource: Resource, new: &str, cached: &str) -> String {
        let parts = differences(resource, new.as_bytes(), cached.as_bytes());
        let each = parts
            .into_iter()
            .map(|(item, state)| format!("{}:{state:?}", item.unwrap_or_default()));
        each.collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn a_list_is_compared_by_item_in_any_order() {
        let new = r#"[{"propertyId":"prp_1","v":1},{"propertyId":"prp_2"},{"propertyId":"prp_3"}]"#;
        let list = |cached| parts_of(Resource::Properties, new, cached);
        let same =
            r#"[{"propertyId":"prp_3"},{"v":1, "propertyId":"prp_1"},{"propertyId":"prp_2"}]"#;
        assert_eq!(list(same), "");
        let other = r#"[{"propertyId":"prp_1","v":2},{"propertyId":"prp_2"},{"propertyId":"x"}]"#;
        assert_eq!(list(other), "prp_1:Differs prp_3:Missing x:Ghost");
        for unreadable in ["{}", "no JSON", r#"[{"propertyName":"a"}]"#] {
            assert_eq!(list(unreadable), ":Differs", "{unreadable}");
        }
    }

    #[test]
    fn an_item_that_only_the_cached_list_has_twice_differs() {
        let hosts = |new, cached| parts_of(Resource::Hostnames, new, cached);
        let once = r#"[{"cnameFrom":"a.x"},{"cnameFrom":"b.x"}]"#;
        let twice = r#"[{"cnameFrom":"a.x"},{"cnameFrom":"b.x"},{"cnameFrom":"A.x"}]"#;
        let same = r#"[{"cnameFrom":"a.x"},{"cnameFrom":"a.x"},{"cnameFrom":"b.x"}]"#;
        assert_eq!(hosts(once, twice), "a.x:Differs");
        assert_eq!(hosts(twice, same), "");
        assert_eq!(hosts("[]", twice), "a.x:Ghost b.x:Ghost");
        let list = |cached| parts_of(Resource::Groups, "[]", cached);
        assert_eq!(list(r#"[{"groupId":"1"},{"groupId":"1"}]"#), "1:Ghost");
    }

    #[test]
    fn of_two_forms_of_an_item_only_what_both_tell_is_compared() {
        let hosts = |new, cached| parts_of(Resource::Hostnames, new, cached);
        let new = r#"[{"cnameFrom":"A.x","cnameTo":"e"}]"#;
        let server = r#"[{"cnameFrom":"a.x","cnameTo":"e","certStatus":{}}]"#;
        assert_eq!(hosts(new, server), "");
        assert_eq!(hosts(new, "{}"), ":Differs");
        assert_eq!(hosts(new, "[]"), "a.x:Missing");
        assert_eq!(
            hosts(new, r#"[{"cnameFrom":"a.x","cnameTo":"f"}]"#),
            "a.x:Differs"
        );
        let new = r#"{"property":{"v":1},"hostname":{"cnameFrom":"a.x"}}"#;
        let same = r#"{"hostname":{"cnameFrom":"a.x","edge":1},"property":{"v":1}}"#;
        assert_eq!(hosts(new, same), "");
        let other = r#"{"hostname":{"cnameFrom":"a.x"},"property":{"v":2}}"#;
        assert_eq!(hosts(new, other), ":Differs");
        let codes = |new, cached| parts_of(Resource::CpCodes, new, cached);
        let by_pair = r#"[{"cpcodeId":"cpc_1","createdDate":"2026"}]"#;
        assert_eq!(codes(r#"[{"cpcodeId":"cpc_1"}]"#, by_pair), "");
    }

    #[test]
    fn the_order_of_rules_means_something_and_that_of_the_tree_does_not() {
        let (new, turned) = (r#"{"children":[1,2]}"#, r#"{"children":[2,1]}"#);
        assert_eq!(parts_of(Resource::Rules, new, turned), ":Differs");
        assert_eq!(parts_of(Resource::Tree, new, turned), "");
    }
}
