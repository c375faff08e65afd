//! What a run has just stored in a changed form: it stays, and what embeds its former form does not.

use crate::domain::key::{Entry, Id, Scheme};
use std::collections::{HashMap, HashSet};

/// What stays where properties are named because they were stored anew.
#[derive(Debug, Clone, Default)]
pub(crate) struct Anew {
    /// Properties by id.
    properties: HashMap<String, Own>,
    /// The map of all host names was made anew.
    pub map: bool,
    /// So was the tree.
    pub tree: bool,
}

/// What of a property's own keys stays.
#[derive(Debug, Clone)]
#[expect(clippy::struct_excessive_bools, reason = "one for each of its keys")]
pub(crate) struct Own {
    /// The property itself.
    pub item: bool,
    /// The list of its versions.
    pub versions: bool,
    pub activations: bool,
    /// The list of its host names.
    pub hosts: bool,
    /// The host names that it has; `None`: those that are cached as its own.
    pub names: Option<HashSet<String>>,
}

impl Anew {
    /// Enters a property that was stored in a changed form.
    pub(crate) fn property(&mut self, id: &str, own: Own) {
        self.properties.insert(id.to_owned(), own);
    }

    /// Whether a key is what was stored, and not what embeds it. The list of all properties is always
    /// brought up to date in its place.
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
            // A version's rule tree stays what it is.
            Some(Entry::Rules(id, _)) => self.own(&id).is_some(),
            _ => false,
        }
    }

    fn own(&self, id: &Id) -> Option<&Own> {
        self.properties.get(id.as_str())
    }

    /// Whether a host name that is cached as this property's is not its own any more. One that was not
    /// stored anew is gone, and so are all of its host names.
    pub(super) fn has_lost(&self, owner: &str, name: &str) -> bool {
        let names = self.properties.get(owner).map(|own| &own.names);
        names.is_none_or(|names| {
            let names = names.as_ref();
            names.is_some_and(|names| !names.contains(name))
        })
    }
}
