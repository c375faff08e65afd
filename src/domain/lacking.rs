//! What the cache is known to lack: parts that could not be fetched or read. What stands without them
//! may be fresh, but it is not whole.

use super::ttl::Resource;
use std::collections::{BTreeMap, BTreeSet};

/// What the fields of `warm:state` that tell of it begin with.
const FIELD: &str = "lacks:";

/// Stands for a part that has no name.
const SOMETHING: &str = "*";

/// The parts that are lacking, by resource: `contract/group` pairs of the list of properties, properties
/// of what is stored by property.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Lacking(BTreeMap<Resource, BTreeSet<String>>);

impl Lacking {
    /// Enters a part; one without a name makes the whole resource suspect.
    pub fn add(&mut self, resource: Resource, part: Option<String>) {
        let part = part.unwrap_or_else(|| SOMETHING.to_owned());
        self.0.entry(resource).or_default().insert(part);
    }

    /// Takes over what another one says of a resource.
    pub fn add_all(&mut self, other: &Self, resource: Resource) {
        if let Some(parts) = other.0.get(&resource) {
            let ours = self.0.entry(resource).or_default();
            ours.extend(parts.iter().cloned());
        }
    }

    /// Whether anything of the resource is lacking.
    #[must_use]
    pub fn any(&self, resource: Resource) -> bool {
        self.0.contains_key(&resource)
    }

    /// Whether the resource lacks something that has no name, so that all of it is to be fetched.
    #[must_use]
    pub fn nameless(&self, resource: Resource) -> bool {
        self.lacks(resource, SOMETHING)
    }

    /// Whether this part of the resource is lacking.
    #[must_use]
    pub fn lacks(&self, resource: Resource, part: &str) -> bool {
        let parts = self.0.get(&resource);
        parts.is_some_and(|parts| parts.contains(part))
    }

    /// Reads a field of `warm:state`; one that is about something else says nothing.
    pub fn read(&mut self, name: &[u8], value: &[u8]) {
        let name = std::str::from_utf8(name).ok();
        let resource = name.and_then(|name| Resource::named(name.strip_prefix(FIELD)?));
        let Some(resource) = resource else { return };
        match serde_json::from_slice::<BTreeSet<String>>(value) {
            Ok(parts) if parts.is_empty() => {}
            Ok(parts) => self.0.entry(resource).or_default().extend(parts),
            Err(_) => self.add(resource, None),
        }
    }

    /// The field of `warm:state` about a resource and its value; `None` where nothing is lacking and
    /// the field should not be there.
    #[must_use]
    pub fn field(&self, resource: Resource) -> (String, Option<Vec<u8>>) {
        let parts = self.0.get(&resource);
        let value = parts.map(|parts| serde_json::json!(parts).to_string().into_bytes());
        (format!("{FIELD}{resource}"), value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_lacking_is_read_as_it_was_written() {
        let mut lacking = Lacking::default();
        lacking.add(Resource::Properties, Some("ctr_1/grp_2".into()));
        lacking.add(Resource::Properties, Some("ctr_1/grp_1".into()));
        lacking.add(Resource::Groups, None);
        let mut read = Lacking::default();
        for resource in Resource::WARMABLE {
            if let (name, Some(value)) = lacking.field(resource) {
                read.read(name.as_bytes(), &value);
            }
        }
        assert_eq!(read, lacking);
        assert_eq!(
            lacking.field(Resource::Properties),
            (
                "lacks:properties".to_owned(),
                Some(br#"["ctr_1/grp_1","ctr_1/grp_2"]"#.to_vec())
            )
        );
        assert_eq!(lacking.field(Resource::Map), ("lacks:map".to_owned(), None));
    }

    #[test]
    fn a_part_is_lacking_by_its_name_and_a_nameless_one_makes_all_suspect() {
        let mut lacking = Lacking::default();
        assert!(!lacking.any(Resource::Hostnames));
        lacking.add(Resource::Hostnames, Some("prp_1".into()));
        assert!(lacking.lacks(Resource::Hostnames, "prp_1"));
        assert!(!lacking.lacks(Resource::Hostnames, "prp_2"));
        assert!(!lacking.nameless(Resource::Hostnames) && !lacking.any(Resource::Map));
        let mut other = Lacking::default();
        other.add(Resource::Hostnames, None);
        lacking.add_all(&other, Resource::Hostnames);
        assert!(lacking.nameless(Resource::Hostnames));
    }

    #[test]
    fn what_cannot_be_read_makes_the_resource_suspect_and_other_fields_say_nothing() {
        let mut lacking = Lacking::default();
        lacking.read(b"complete:at", b"1");
        lacking.read(b"lacks:unheard", b"[\"a\"]");
        lacking.read(b"lacks:tree", b"[]");
        assert_eq!(lacking, Lacking::default());
        lacking.read(b"lacks:tree", b"[1");
        assert!(lacking.nameless(Resource::Tree));
    }
}
