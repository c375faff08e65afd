//! Audit log: who removed or restored what.

use serde::Serialize;
use std::collections::HashSet;

/// One entry of the audit log.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub(crate) struct AuditEntry {
    /// Customer whose cache was changed.
    pub customer: String,
    /// Id of the entry in the stream; empty until it is written.
    pub id: String,
    /// Time as RFC 3339 in UTC.
    pub at: String,
    /// User and host.
    pub who: String,
    /// Command line as typed, without secrets.
    pub command: String,
    /// Keys removed.
    pub removed: u64,
    /// Keys left for the server to refresh.
    pub softened: u64,
    /// Keys restored.
    pub restored: u64,
    /// Fields of the hash of host names removed or restored.
    pub fields: u64,
    /// Id by which the removal can be undone, or of the removal that was undone.
    pub undo_id: Option<String>,
    /// Members written to the set of marks.
    #[serde(skip)]
    pub marks: Vec<String>,
    /// True if a later entry among those read restored the removal.
    pub undone: bool,
}

impl AuditEntry {
    /// Position in the stream: milliseconds since 1970 by the server's clock, and the number within the millisecond.
    pub(crate) fn place(&self) -> (u64, u64) {
        let (at, number) = self.id.split_once('-').unwrap_or((&self.id, "0"));
        (at.parse().unwrap_or(0), number.parse().unwrap_or(0))
    }

    /// Returns true if it is the entry of an undo.
    pub(crate) fn is_undo(&self) -> bool {
        self.command.starts_with("undo ")
    }
}

/// Sorts entries, newest first, and sets `undone` of those that a later one restored.
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
    fn entries_are_sorted_by_id_and_marked_if_undone() {
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
