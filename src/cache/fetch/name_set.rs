//! A set of very many names.

use std::collections::HashSet;
use std::hash::{BuildHasher as _, RandomState};

/// Set of names stored as 64-bit hashes; collisions are negligible.
#[derive(Debug, Default)]
pub(crate) struct NameSet {
    hasher: RandomState,
    numbers: HashSet<u64>,
}

impl NameSet {
    pub(super) fn insert(&mut self, name: &str) -> bool {
        self.numbers.insert(self.hasher.hash_one(name))
    }

    pub(super) fn contains(&self, name: &str) -> bool {
        self.numbers.contains(&self.hasher.hash_one(name))
    }
}
