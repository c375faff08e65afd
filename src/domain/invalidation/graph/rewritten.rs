//! Values that a run has just stored in a changed form: they stay, and keys that embed the former form are removed.

use crate::domain::key::{Entry, Id, Scheme};
use std::collections::{HashMap, HashSet};

/// Keys that stay although their properties are targets, because they were stored in a changed form.
#[derive(Debug, Clone, Default)]
pub(crate) struct RewrittenKeys {
    /// Properties by id.
    properties: HashMap<String, RewrittenProperty>,
    /// True if the map of all host names was rebuilt.
    pub map: bool,
    /// True if the tree was rebuilt.
    pub tree: bool,
}

/// Which of a property's own keys stay.
#[derive(Debug, Clone)]
#[expect(clippy::struct_excessive_bools, reason = "one for each of its keys")]
pub(crate) struct RewrittenProperty {
    /// The property item itself.
    pub item: bool,
    pub versions: bool,
    pub activations: bool,
    /// The list of its host names.
    pub hosts: bool,
    /// Host names of the property; `None` for those cached as its own.
    pub names: Option<HashSet<String>>,
}

impl RewrittenKeys {
    /// Records a property that was stored in a changed form.
    pub(crate) fn add_property(&mut self, id: &str, own: RewrittenProperty) {
        self.properties.insert(id.to_owned(), own);
    }

    /// Returns true if a key is one of those stored, and not one that embeds them. The list of all properties is always
    /// updated in place.
    pub(super) fn keeps(&self, rest: &[u8]) -> bool {
        let rest = std::str::from_utf8(rest).ok();
        match rest.and_then(Scheme::parse_entry) {
            Some(Entry::Properties) => true,
            Some(Entry::HostnameMap) => self.map,
            Some(Entry::Tree) => self.tree,
            Some(Entry::Property(id)) => self.own(&id).is_some_and(|own| own.item),
            Some(Entry::PropertyHostnames(id)) => self.own(&id).is_some_and(|own| own.hosts),
            Some(Entry::Versions(id)) => self.own(&id).is_some_and(|own| own.versions),
            Some(Entry::Activations(id)) => self.own(&id).is_some_and(|own| own.activations),
            // The rule tree of a version never changes.
            Some(Entry::Rules(id, _)) => self.own(&id).is_some(),
            _ => false,
        }
    }

    fn own(&self, id: &Id) -> Option<&RewrittenProperty> {
        self.properties.get(id.as_str())
    }

    /// Returns true if a host name cached as this property's no longer belongs to it. A property that was not stored
    /// anew is gone, and so are all of its host names.
    pub(super) fn has_lost(&self, owner: &str, name: &str) -> bool {
        let names = self.properties.get(owner).map(|own| &own.names);
        names.is_none_or(|names| {
            let names = names.as_ref();
            names.is_some_and(|names| !names.contains(name))
        })
    }
}
