//! Targets that the cache was found to hold.

use super::{EntityKind, Reason};
use std::collections::HashMap;

/// Targets found in the cache, by kind: the first target with its key.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct KnownEntities {
    found: HashMap<EntityKind, (usize, String)>,
}

impl KnownEntities {
    /// Records a target that was found; the first one of a kind wins.
    pub(crate) fn add(&mut self, kind: EntityKind, target: usize, key: String) {
        match self.found.get(&kind) {
            Some((earlier, _)) if *earlier <= target => {}
            _ => {
                self.found.insert(kind, (target, key));
            }
        }
    }

    /// Adds the targets that another scan found.
    pub(crate) fn merge(&mut self, other: &Self) {
        for (kind, (target, key)) in &other.found {
            self.add(*kind, *target, key.clone());
        }
    }

    /// Returns true if no target of this kind was found.
    pub(crate) fn lacks(&self, kind: EntityKind) -> bool {
        !self.found.contains_key(&kind)
    }

    /// Returns why a key shared by these kinds is removed, if it is.
    pub(crate) fn why(&self, kinds: &[EntityKind]) -> Option<Reason> {
        let (target, key) = kinds.iter().filter_map(|kind| self.found.get(kind)).min()?;
        Some(Reason {
            target: *target,
            with: Some(key.clone()),
        })
    }
}
