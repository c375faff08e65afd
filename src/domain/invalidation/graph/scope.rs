//! Part of the keyspace that can hold keys to be removed, so that no more than that is scanned.

use super::Graph;
use crate::domain::glob;
use crate::domain::key::{Entry, Fqdn, Id};

/// Where keys to be removed can be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Scope {
    /// Only these keys, by their part after the customer.
    Keys(Vec<String>),
    /// Any key whose part after the customer starts with this.
    Beginning(Vec<u8>),
}

impl Graph {
    /// Returns where keys to be removed can be.
    pub(crate) fn scope(&self) -> Scope {
        let walks = self.has_properties()
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

    /// Returns true if a target can only be found by a scan.
    pub(super) fn is_only_walked(&self) -> bool {
        self.everything.is_some() || !self.patterns.is_empty()
    }

    /// Returns the keys of the targets that are known without the scan that finds the rest.
    pub(super) fn named_keys(&self, rules: impl Iterator<Item = Entry>) -> Vec<String> {
        let contracts = self.cascade && !self.contracts.is_empty();
        if !self.has_properties() && !contracts {
            return Vec::new();
        }
        let mut entries: Vec<Entry> = rules.collect();
        if self.has_properties() {
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

    /// Keys removed with the targets that no scan is needed to find.
    fn keys(&self) -> Vec<String> {
        let mut entries = Vec::new();
        for name in self.hosts.keys().filter_map(|name| Fqdn::new(name).ok()) {
            let own = Entry::Hostname(name);
            entries.extend(own.absent());
            entries.push(own);
        }
        if !self.hosts.is_empty() {
            entries.push(Entry::HostnameMap);
        }
        for id in self.contracts.keys().filter_map(|id| Id::new(id).ok()) {
            let own = Entry::Contract(id);
            entries.extend(own.absent());
            entries.push(own);
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

/// Returns the common prefix of two texts.
pub(crate) fn common(one: &[u8], other: &[u8]) -> Vec<u8> {
    let same = one.iter().zip(other).take_while(|(a, b)| a == b).count();
    one.get(..same).unwrap_or_default().to_vec()
}
