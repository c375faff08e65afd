//! What a run has just stored in a changed form: it stays, and what embeds its former form does not.

use crate::domain::key::{Entry, Scheme};
use std::collections::{HashMap, HashSet};

/// What stays where properties are named because they were stored anew.
#[derive(Debug, Clone, Default)]
pub(crate) struct Anew {
    /// Properties by id. With host names: all that it has, where its former ones are not known.
    properties: HashMap<String, Option<HashSet<String>>>,
    /// The map of all host names was made anew.
    pub map: bool,
    /// So was the tree.
    pub tree: bool,
}

impl Anew {
    /// Enters a property that was stored in a changed form.
    pub(crate) fn property(&mut self, id: &str, hosts: Option<HashSet<String>>) {
        self.properties.insert(id.to_owned(), hosts);
    }

    /// Whether a key is what was stored, and not what embeds it. The list of all properties is always
    /// brought up to date in its place.
    pub(super) fn keeps(&self, rest: &[u8]) -> bool {
        let rest = std::str::from_utf8(rest).ok();
        match rest.and_then(Scheme::parse_entry) {
            Some(Entry::Properties) => true,
            Some(Entry::HostnameMap) => self.map,
            Some(Entry::Tree) => self.tree,
            Some(
                Entry::Property(id)
                | Entry::PropertyHostnames(id)
                | Entry::Rules(id, _)
                | Entry::Versions(id)
                | Entry::Activations(id),
            ) => self.properties.contains_key(id.as_str()),
            _ => false,
        }
    }

    /// Whether a host name that is cached as this property's is not its own any more. One that was not
    /// stored anew is gone, and so are all of its host names.
    pub(super) fn has_lost(&self, owner: &str, name: &str) -> bool {
        match self.properties.get(owner) {
            Some(Some(hosts)) => !hosts.contains(name),
            Some(None) => false,
            None => true,
        }
    }
}
