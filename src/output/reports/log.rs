//! Report of `log`.

use crate::domain::invalidation::audit::AuditEntry;
use crate::output::human;
use crate::output::stream::{Output, WriteError};
use crate::output::table::{Column, Rows};
use jiff::Timestamp;
use serde::Serialize;

/// Entries of the audit log.
#[derive(Debug, Serialize)]
pub(crate) struct Log {
    /// Customers of the entries.
    #[serde(skip)]
    pub customers: Vec<String>,
    /// Entries, newest first.
    pub entries: Vec<AuditEntry>,
    /// Warnings about logs that could not be read.
    #[serde(skip)]
    pub notes: Vec<String>,
}

impl Log {
    /// Prints the report on stdout.
    pub(crate) fn show(&self, out: &Output, endpoint: &str) -> Result<(), WriteError> {
        self.notes.iter().for_each(|note| out.warn(note));
        if out.is_json() {
            let names = self.customers.iter().map(String::as_str);
            return out.document("log", endpoint, names, self);
        }
        if self.entries.is_empty() {
            out.note(&format!("no invalidation is recorded on {endpoint}"));
            return Ok(());
        }
        out.table(self.rows(Timestamp::now(), out.options().verbosity > 0))?;
        if self.entries.iter().any(|entry| entry.undo_id.is_some()) {
            out.note("undo ids: alecs-cache undo --list");
        }
        Ok(())
    }

    /// Rows of the table. Less important counts and the undo ids are shown only if `verbose`.
    fn rows(&self, now: Timestamp, verbose: bool) -> Rows {
        let mut columns = vec![
            Column::Whole("when (utc)"),
            Column::Text("who"),
            Column::Text("customer"),
            Column::Number("keys"),
        ];
        if verbose {
            columns.extend([
                Column::Number("expired early"),
                Column::Number("host names"),
                Column::Whole("undo"),
            ]);
        }
        columns.push(Column::Text("command"));
        let mut rows = Rows::new(&columns)
            .optional(&["host names", "expired early", "who"])
            .unless_zero(&["host names", "expired early"]);
        for entry in &self.entries {
            let mut cells = vec![
                human::when(&entry.at, now),
                entry.who.clone(),
                entry.customer.clone(),
                keys(entry, verbose),
            ];
            if verbose {
                cells.extend([
                    human::grouped(entry.softened),
                    human::grouped(entry.fields),
                    entry.undo_id.clone().unwrap_or_else(|| "-".into()),
                ]);
            }
            let undone = if entry.undone { "  (undone)" } else { "" };
            cells.push(format!("{}{undone}", entry.command));
            rows.push(cells);
        }
        rows
    }
}

/// Keys that were removed or expired early with a minus, restored keys with a plus.
fn keys(entry: &AuditEntry, verbose: bool) -> String {
    let gone = if verbose {
        entry.removed
    } else {
        entry.removed + entry.softened
    };
    match (entry.restored, gone) {
        (0, 0) => "-".into(),
        (0, gone) => format!("-{}", human::grouped(gone)),
        (restored, _) => format!("+{}", human::grouped(restored)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_is_one_line_with_a_short_time() {
        let entry = |at: &str, command: &str, removed, restored, undone| AuditEntry {
            customer: "acme".into(),
            at: at.into(),
            who: "op@vm".into(),
            command: command.into(),
            removed,
            restored,
            undo_id: Some("x".into()),
            undone,
            ..AuditEntry::default()
        };
        let log = Log {
            customers: Vec::new(),
            entries: vec![
                entry("2026-11-28T18:15:51.000Z", "undo x", 0, 1_178, false),
                entry(
                    "2026-11-27T09:12:00.120Z",
                    "invalidate --everything",
                    1_178,
                    0,
                    true,
                ),
            ],
            notes: Vec::new(),
        };
        let now = "2026-11-28T19:00:00Z".parse().unwrap();
        assert_eq!(
            log.rows(now, false).text(false, Some(80)),
            "WHEN (UTC)    WHO    CUSTOMER    KEYS  COMMAND\n\
             18:15:51      op@vm  acme      +1,178  undo x\n\
             27 Nov 09:12  op@vm  acme      -1,178  invalidate --everything  (undone)\n"
        );
    }
}
