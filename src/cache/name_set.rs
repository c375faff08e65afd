//! A set of very many names.

use std::collections::HashSet;
use std::hash::{BuildHasher as _, RandomState};

/// Set of names stored as 64-bit hashes; collisions are negligible.
#[derive(Debug, Clone, Default)]
pub(crate) struct NameSet {
    hasher: RandomState,
    numbers: HashSet<u64>,
}

impl NameSet {
    /// Returns true if the name is new.
    pub(crate) fn insert(&mut self, name: impl AsRef<[u8]>) -> bool {
        self.numbers.insert(self.hasher.hash_one(name.as_ref()))
    }

    pub(crate) fn contains(&self, name: impl AsRef<[u8]>) -> bool {
        self.numbers.contains(&self.hasher.hash_one(name.as_ref()))
    }

    pub(crate) fn len(&self) -> usize {
        self.numbers.len()
    }
}
