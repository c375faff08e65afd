//! Reports of `undo` and `undo --list`.

use crate::domain::invalidation::restored::RestoreOutcome;
use crate::output::human;
use crate::output::stream::{Output, WriteError};
use crate::output::table::{Column, Rows};
use crate::output::tone::Tone;
use jiff::Timestamp;
use serde::Serialize;
use std::time::Duration;

/// The result of an undo.
#[derive(Debug, Serialize)]
pub(crate) struct UndoReport<'a> {
    /// Id of the undo.
    pub undo_id: &'a str,
    /// True if nothing was changed.
    pub dry_run: bool,
    /// Counts of its records.
    #[serde(flatten)]
    pub outcome: &'a RestoreOutcome,
    /// True if the file ends in the middle of a batch.
    pub cut: bool,
    /// When the file was undone before, as RFC 3339 in UTC.
    pub undone_at: Option<&'a str>,
    /// True if the undo failed or was interrupted: the rest of the file was not read.
    #[serde(skip)]
    pub cut_short: bool,
    /// Customers of the records.
    #[serde(skip)]
    pub customers: Vec<&'a str>,
}

impl UndoReport<'_> {
    /// Prints the report on stdout.
    pub(crate) fn show(&self, out: &Output, endpoint: &str) -> Result<(), WriteError> {
        if out.is_json() {
            let names = self.customers.iter().copied();
            return out.document("undo", endpoint, names, self);
        }
        let mut sentences = self.sentences(Timestamp::now()).into_iter();
        let tone = if self.outcome.keys() + self.outcome.fields() == 0 || self.dry_run {
            Tone::Poor
        } else {
            Tone::Good
        };
        let first = sentences.next().unwrap_or_default();
        out.verdict(tone, &first)?;
        sentences.try_for_each(|sentence| out.line_of_report(&sentence))
    }

    fn sentences(&self, now: Timestamp) -> Vec<String> {
        let reasons = self.reasons();
        if self.outcome.keys() + self.outcome.fields() > 0 {
            let verb = if self.dry_run {
                "Would restore"
            } else {
                "Restored"
            };
            let (amount, names) = (self.amount(), self.customers.join(", "));
            let first = format!("{verb} {amount} of {names} from {}", self.undo_id);
            let skipped = reasons
                .iter()
                .map(|(count, why)| format!("  {} {why}", human::count(*count, "entry")));
            return std::iter::once(first).chain(skipped).collect();
        }
        if self.cut_short && reasons.is_empty() {
            return vec![format!("Nothing of {} was restored", self.undo_id)];
        }
        let why = self.why_nothing(&reasons, now);
        vec![
            format!("Nothing to restore: {why}."),
            "An older one: alecs-cache undo --list".into(),
        ]
    }

    /// Reasons for which entries were not restored, and how many each.
    fn reasons(&self) -> Vec<(u64, &'static str)> {
        let outcome = self.outcome;
        let mut reasons = vec![
            (
                outcome.skipped_newer,
                ["has a newer value", "have newer values"],
            ),
            (outcome.skipped_expired, ["has expired", "have expired"]),
            (
                outcome.skipped_invalidated,
                [
                    "was invalidated again later and stays removed",
                    "were invalidated again later and stay removed",
                ],
            ),
            (outcome.fields_refused, ["cannot be restored"; 2]),
        ];
        reasons.retain(|(count, _)| *count > 0);
        reasons
            .into_iter()
            .map(|(count, [one, many])| (count, if count == 1 { one } else { many }))
            .collect()
    }

    /// Why nothing was restored, without the full stop.
    fn why_nothing(&self, reasons: &[(u64, &str)], now: Timestamp) -> String {
        let id = self.undo_id;
        let before = self.undone_at.map(|at| human::when(at, now));
        let all: u64 = reasons.iter().map(|(count, _)| count).sum();
        if let Some(at) = &before
            && all == self.outcome.skipped_newer
        {
            // The newer values are those that it restored.
            return format!("{id} was already undone at {at} UTC");
        }
        let which = match reasons {
            [] => format!("{id} holds nothing for {}", self.customers.join(", ")),
            [(1, why)] => format!("the one entry of {id} {why}"),
            [(_, why)] => format!("all {} entries of {id} {why}", human::grouped(all)),
            several => {
                let parts: Vec<String> = several
                    .iter()
                    .map(|(count, why)| format!("{} {why}", human::grouped(*count)))
                    .collect();
                format!("of {id} {}", parts.join(", "))
            }
        };
        match before {
            Some(at) => format!("{which} (undone {at} UTC)"),
            None => which,
        }
    }

    fn amount(&self) -> String {
        let (restored, fields) = (self.outcome.keys(), self.outcome.fields());
        let keys = human::count(restored, "key");
        let names = human::count(fields, "host name");
        match (restored, fields) {
            (_, 0) => keys,
            (0, _) => names,
            _ => format!("{keys} and {names}"),
        }
    }
}

/// An invalidation that can be undone.
#[derive(Debug, Serialize)]
pub(crate) struct UndoLine {
    /// Id of the undo.
    pub id: String,
    /// Time of the invalidation, as RFC 3339 in UTC.
    pub at: String,
    /// Time since then; `None` if `at` is not a valid time.
    #[serde(skip)]
    pub age: Option<Duration>,
    /// When it was last undone, as RFC 3339 in UTC.
    pub undone_at: Option<String>,
    /// Customers of the keys.
    pub customers: Vec<String>,
    /// Endpoint that the keys came from.
    pub endpoint: String,
    /// Prefix of the keys.
    pub prefix: String,
    /// Number of saved keys and fields.
    pub records: u64,
    /// Size of the file, in bytes.
    pub bytes: u64,
    /// The command line as typed.
    pub command: String,
}

/// Invalidations that can be undone, newest first.
#[derive(Debug, Serialize)]
pub(crate) struct UndoList {
    /// The invalidations shown.
    pub undos: Vec<UndoLine>,
    /// Number of all of them.
    pub total: usize,
}

impl UndoList {
    /// Prints the list on stdout.
    pub(crate) fn show(
        &self,
        out: &Output,
        endpoint: &str,
        customers: &[&str],
    ) -> Result<(), WriteError> {
        if out.is_json() {
            let names = customers.iter().copied();
            return out.document("undo", endpoint, names, self);
        }
        if self.undos.is_empty() {
            out.note("nothing can be undone");
            return Ok(());
        }
        out.table(self.rows(endpoint, out.options().verbosity > 0))?;
        out.note_of_more((self.total - self.undos.len()) as u64, "invalidation");
        Ok(())
    }

    /// Rows of the table. The endpoint is shown if it differs from the present one, or, like the size, if `verbose`.
    fn rows(&self, endpoint: &str, verbose: bool) -> Rows {
        let elsewhere = verbose || self.undos.iter().any(|line| line.endpoint != endpoint);
        let undone = self.undos.iter().any(|line| line.undone_at.is_some());
        let mut columns = vec![
            Column::Whole("id"),
            Column::Whole("age"),
            Column::Text("customer"),
            Column::Number("saved"),
        ];
        columns.extend(verbose.then_some(Column::Number("size")));
        columns.extend(elsewhere.then_some(Column::Text("endpoint")));
        columns.push(Column::Text("command"));
        columns.extend(undone.then_some(Column::Whole("state")));
        let mut rows = Rows::new(&columns).optional(&["size", "endpoint", "saved"]);
        for line in &self.undos {
            let mut cells = vec![
                line.id.clone(),
                human::or_dash(line.age, human::duration),
                line.customers.join(", "),
                human::grouped(line.records),
            ];
            cells.extend(verbose.then(|| human::bytes(line.bytes)));
            cells.extend(elsewhere.then(|| line.endpoint.clone()));
            cells.push(line.command.clone());
            cells.extend(undone.then(|| {
                if line.undone_at.is_some() {
                    "undone"
                } else {
                    "-"
                }
                .to_owned()
            }));
            rows.push(cells);
        }
        rows
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::key::Customer;

    fn now() -> Timestamp {
        "2026-11-28T19:00:00Z".parse().unwrap()
    }

    fn undone(outcome: &RestoreOutcome) -> UndoReport<'_> {
        UndoReport {
            undo_id: "20261128T175804Z-93ea",
            dry_run: false,
            outcome,
            cut: false,
            undone_at: None,
            cut_short: false,
            customers: vec!["acme"],
        }
    }

    fn restored(keys: u64, fields: u64) -> RestoreOutcome {
        let acme = Customer::new("acme").unwrap();
        RestoreOutcome {
            restored: [(acme.clone(), keys)].into(),
            fields_of: [(acme, fields)].into(),
            ..RestoreOutcome::default()
        }
    }

    #[test]
    fn the_restored_counts_are_a_sentence_without_zeros() {
        let some = RestoreOutcome {
            skipped_expired: 2,
            skipped_invalidated: 1,
            ..restored(14, 4)
        };
        assert_eq!(
            undone(&some).sentences(now()),
            [
                "Restored 14 keys and 4 host names of acme from 20261128T175804Z-93ea",
                "  2 entries have expired",
                "  1 entry was invalidated again later and stays removed"
            ]
        );
        let nothing = RestoreOutcome::default();
        let failed = UndoReport {
            cut_short: true,
            ..undone(&nothing)
        };
        assert_eq!(
            failed.sentences(now()),
            ["Nothing of 20261128T175804Z-93ea was restored"]
        );
        let one = restored(1, 0);
        let one = UndoReport {
            dry_run: true,
            ..undone(&one)
        };
        assert_eq!(
            one.sentences(now()),
            ["Would restore 1 key of acme from 20261128T175804Z-93ea"]
        );
    }

    #[test]
    fn a_second_undo_reports_that_it_was_undone_before() {
        let newer = RestoreOutcome {
            skipped_newer: 18,
            ..RestoreOutcome::default()
        };
        let again = UndoReport {
            undone_at: Some("2026-11-28T17:58:31.004Z"),
            ..undone(&newer)
        };
        assert_eq!(
            again.sentences(now()),
            [
                "Nothing to restore: 20261128T175804Z-93ea was already undone at 17:58:31 UTC.",
                "An older one: alecs-cache undo --list"
            ]
        );
    }
}
