//! Where keys to be removed can be, so that no more is scanned than necessary.

use super::Graph;
use crate::domain::glob;
use crate::domain::key::{Entry, Fqdn, Id};

/// Where to look for what is to be removed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Scope {
    /// These keys and no others, by the part after the customer.
    Keys(Vec<String>),
    /// Everything that begins with this, behind the customer.
    Beginning(Vec<u8>),
}

impl Graph {
    /// Where keys to be removed can be.
    pub(crate) fn scope(&self) -> Scope {
        let walks = !self.properties.is_empty()
            || self.everything.is_some()
            || (self.cascade && !self.contracts.is_empty());
        if walks {
            return Scope::Beginning(Vec::new());
        }
        let keys = self.keys();
        if self.patterns.is_empty() {
            return Scope::Keys(keys);
        }
        let patterns = self
            .patterns
            .iter()
            .map(|(_, glob)| glob::literal_prefix(glob.as_bytes()));
        let all = patterns.chain(keys.into_iter().map(String::into_bytes));
        Scope::Beginning(
            all.reduce(|one, other| common(&one, &other))
                .unwrap_or_default(),
        )
    }

    /// Whether something was asked for that only a walk can find.
    pub(super) fn is_only_walked(&self) -> bool {
        self.everything.is_some() || !self.patterns.is_empty()
    }

    /// The keys of what was named that can be named as well, where a walk finds the rest.
    pub(super) fn named_keys(&self, rules: impl Iterator<Item = Entry>) -> Vec<String> {
        let contracts = self.cascade && !self.contracts.is_empty();
        if self.properties.is_empty() && !contracts {
            return Vec::new();
        }
        let mut entries: Vec<Entry> = rules.collect();
        if !self.properties.is_empty() {
            entries.extend([Entry::Properties, Entry::HostnameMap]);
        }
        if self.cascade {
            entries.extend([Entry::Tree, Entry::Searches]);
        }
        for id in self.properties.keys().filter_map(|id| Id::new(id).ok()) {
            entries.extend([
                Entry::Property(id.clone()),
                Entry::PropertyDetails((&id).into()),
                Entry::PropertyHostnames(id.clone()),
                Entry::Versions(id.clone()),
                Entry::Activations(id),
            ]);
        }
        let mut keys = self.keys();
        keys.extend(entries.iter().map(Entry::to_string));
        keys.sort_unstable();
        keys.dedup();
        keys
    }

    /// The keys removed with what was named, where no scan is needed to find them.
    fn keys(&self) -> Vec<String> {
        let mut entries = Vec::new();
        for name in self.hosts.keys().filter_map(|name| Fqdn::new(name).ok()) {
            entries.extend(absent("hostname", name.as_str()));
            entries.push(Entry::Hostname(name));
        }
        if !self.hosts.is_empty() {
            entries.push(Entry::HostnameMap);
        }
        for id in self.contracts.keys().filter_map(|id| Id::new(id).ok()) {
            entries.extend(absent("contract", id.as_str()));
            entries.push(Entry::Contract(id));
        }
        if !self.contracts.is_empty() {
            entries.extend([Entry::AccountContracts, Entry::Contracts]);
        }
        let exact = self.exact.keys().cloned();
        let mut keys: Vec<String> = entries.iter().map(Entry::to_string).chain(exact).collect();
        keys.sort_unstable();
        keys.dedup();
        keys
    }
}

fn absent(resource: &str, id: &str) -> Option<Entry> {
    Some(Entry::Absent(Id::new(resource).ok()?, Id::new(id).ok()?))
}

/// What two texts begin with.
pub(crate) fn common(one: &[u8], other: &[u8]) -> Vec<u8> {
    let same = one.iter().zip(other).take_while(|(a, b)| a == b).count();
    one.get(..same).unwrap_or_default().to_vec()
}
