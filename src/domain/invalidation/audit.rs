//! The audit log: who removed and restored what.

use serde::Serialize;
use std::collections::HashSet;

/// One entry of the audit log.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub(crate) struct AuditEntry {
    /// Whose cache.
    pub customer: String,
    /// The entry's id in the stream; empty until it is written.
    pub id: String,
    /// When, as RFC 3339 in UTC.
    pub at: String,
    /// User and host.
    pub who: String,
    /// What was typed, without secrets.
    pub command: String,
    /// Keys removed.
    pub removed: u64,
    /// Keys left for the server to refresh.
    pub softened: u64,
    /// Keys restored.
    pub restored: u64,
    /// Fields of the hash of host names removed or restored.
    pub fields: u64,
    /// Under which name it can be undone, or which one was.
    pub undo_id: Option<String>,
    /// The members of the marks that were written.
    #[serde(skip)]
    pub marks: Vec<String>,
    /// Whether a later entry among those read restored it.
    pub undone: bool,
}

impl AuditEntry {
    /// Place in the order of streams: milliseconds since 1970 by the server's clock, and the number
    /// within the millisecond.
    pub(crate) fn place(&self) -> (u64, u64) {
        let (at, number) = self.id.split_once('-').unwrap_or((&self.id, "0"));
        (at.parse().unwrap_or(0), number.parse().unwrap_or(0))
    }

    /// Whether it is the entry of an undo.
    pub(crate) fn is_undo(&self) -> bool {
        self.command.starts_with("undo ")
    }
}

/// Sorts entries, the newest first, and says which of them were undone by a later one.
pub(crate) fn arrange(entries: &mut [AuditEntry]) {
    entries.sort_by_key(|entry| std::cmp::Reverse(entry.place()));
    let mut undone: HashSet<(String, String)> = HashSet::new();
    for entry in entries {
        let Some(id) = entry.undo_id.clone() else {
            continue;
        };
        let which = (entry.customer.clone(), id);
        if !entry.is_undo() {
            entry.undone = undone.contains(&which);
        } else if entry.restored + entry.fields > 0 {
            undone.insert(which);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(id: &str, command: &str, undo_id: &str) -> AuditEntry {
        AuditEntry {
            customer: "acme".into(),
            id: id.into(),
            command: command.into(),
            restored: 1,
            undo_id: Some(undo_id.into()),
            ..AuditEntry::default()
        }
    }

    #[test]
    fn entries_are_in_the_order_of_their_ids_and_know_what_was_undone() {
        let mut entries = [
            entry("790-0", "invalidate prp_1", "a"),
            entry("1000-2", "invalidate prp_2", "b"),
            entry("1000-10", "undo a", "a"),
        ];
        arrange(&mut entries);
        let undone: Vec<(&str, bool)> = entries
            .iter()
            .map(|entry| (entry.id.as_str(), entry.undone))
            .collect();
        assert_eq!(
            undone,
            [("1000-10", false), ("1000-2", false), ("790-0", true)]
        );
    }
}
