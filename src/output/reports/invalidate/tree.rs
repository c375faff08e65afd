//! `--explain`: each key below the one that it is removed with.

use super::Invalidated;
use crate::domain::invalidation::RemovedKey;
use crate::domain::limit::Limit;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

/// Maximum depth of the tree: deeper than any key depends on another.
const DEPTH: usize = 8;

impl Invalidated<'_> {
    /// Tree of the keys, each below the one that it is removed with.
    pub(super) fn tree(&self) -> String {
        let mut below: BTreeMap<(usize, &str), Vec<&RemovedKey>> = BTreeMap::new();
        for explained in &self.outcome.explained {
            below
                .entry((explained.target, &explained.because))
                .or_default()
                .push(explained);
        }
        let (mut keys, mut hashes) = (BTreeSet::new(), BTreeSet::new());
        for explained in &self.outcome.explained {
            let of = if explained.field.is_none() {
                &mut keys
            } else {
                &mut hashes
            };
            of.insert(explained.key.as_str());
        }
        let mut tree = String::new();
        for (target, typed) in self.targets.iter().enumerate() {
            // Writing to a string cannot fail.
            let _ = writeln!(tree, "{}", crate::output::escape::escape(typed));
            branch(&mut tree, &below, (target, typed), 1);
            // Keys that depend on a key that is not cached are shown below the target.
            for (of, because) in below.keys() {
                if *of == target && because != typed && !keys.contains(because) {
                    let what = if hashes.contains(because) {
                        "loses names"
                    } else {
                        "not in the cache"
                    };
                    let key = crate::output::escape::escape(because);
                    let _ = writeln!(tree, "  {key} ({what})");
                    branch(&mut tree, &below, (target, because), 2);
                }
            }
        }
        tree
    }
}

/// Returns the lines of a tree up to `limit` keys below the targets, and the number of further keys.
pub(super) fn first_keys(tree: &str, limit: Limit) -> (String, u64) {
    let (mut shown, mut keys) = (String::new(), 0);
    for line in tree.lines() {
        keys += usize::from(line.starts_with(' '));
        if keys <= limit.items() {
            shown.push_str(line);
            shown.push('\n');
        }
    }
    (shown, keys.saturating_sub(limit.items()) as u64)
}

fn branch(
    tree: &mut String,
    below: &BTreeMap<(usize, &str), Vec<&RemovedKey>>,
    of: (usize, &str),
    depth: usize,
) {
    if depth > DEPTH {
        return;
    }
    for explained in below.get(&of).into_iter().flatten() {
        let key = crate::output::escape::escape(&explained.key);
        let indent = "  ".repeat(depth);
        if let Some(field) = &explained.field {
            // Writing to a string cannot fail.
            let _ = writeln!(
                tree,
                "{indent}{key} [{}]",
                crate::output::escape::escape(field)
            );
            continue;
        }
        let _ = writeln!(tree, "{indent}{key}");
        if explained.key != of.1 {
            branch(tree, below, (of.0, &explained.key), depth + 1);
        }
    }
}
