//! Report of `invalidate`, or of its plan.

mod tree;

use crate::domain::invalidation::{Coverage, InvalidationOutcome, RemovedKey, TargetOutcome};
use crate::domain::key::Customer;
use crate::domain::limit::Limit;
use crate::output::human;
use crate::output::stream::{Output, WriteError};
use crate::output::table::{Column, Rows};
use crate::output::tone::Tone;
use serde::Serialize;
use std::fmt::Write as _;
use tree::first_keys;

/// The result of an invalidation, or of its dry run.
#[derive(Debug)]
pub(crate) struct Invalidated<'a> {
    /// The counts.
    pub outcome: &'a InvalidationOutcome,
    /// True if nothing was removed.
    pub dry_run: bool,
    /// Show why keys are removed, up to this many.
    pub explain: Option<Limit>,
    /// Targets as typed.
    pub targets: Vec<String>,
    /// API calls needed to fetch the keys again.
    pub refill_calls: u64,
    /// Keys fetched and stored again.
    pub refilled: u64,
    /// Further keys that the refill removed, because they embed a former form of what it stored.
    pub also_removed: u64,
    /// True if the run failed or was interrupted: keys that were not found may exist.
    pub cut_short: bool,
    /// Customers of the keys.
    pub customers: &'a [Customer],
    /// Names in the keyspace that this tool refuses, if all customers were requested.
    pub not_manageable: &'a [String],
}

#[derive(Serialize)]
struct InvalidateBody<'a> {
    dry_run: bool,
    matched: u64,
    removed: u64,
    softened: u64,
    fields: u64,
    bytes: Option<u64>,
    bytes_exact: bool,
    sample: Vec<&'a str>,
    refill_calls: u64,
    undo_id: Option<&'a str>,
    by_target: Vec<TargetOutcome>,
    refilled: u64,
    also_removed: u64,
    replicas_acked: Option<u64>,
    coverage: Coverage,
    /// Only keys that are removed themselves, so that their number equals `matched`.
    #[serde(skip_serializing_if = "Option::is_none")]
    keys: Option<Vec<&'a RemovedKey>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    hash_fields: Option<Vec<&'a RemovedKey>>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    not_manageable: &'a [String],
}

impl Invalidated<'_> {
    /// Prints the report on stdout.
    pub(crate) fn show(&self, out: &Output, endpoint: &str) -> Result<(), WriteError> {
        if !out.is_json() {
            return self.table(out, endpoint);
        }
        let outcome = self.outcome;
        let done = !self.dry_run;
        let explained = |fields: bool| {
            let all = outcome.explained.iter();
            let those = all.filter(|one| one.field.is_some() == fields);
            self.explain
                .map(|limit| those.take(limit.items()).collect())
        };
        let body = InvalidateBody {
            dry_run: self.dry_run,
            matched: outcome.matched.total(),
            removed: if done { outcome.removed.total() } else { 0 },
            softened: if done { outcome.softened.total() } else { 0 },
            fields: outcome.fields(),
            bytes: outcome.known_bytes(),
            bytes_exact: outcome.bytes_exact,
            sample: outcome.sample.keys(),
            refill_calls: self.refill_calls,
            undo_id: outcome.undo_id.as_deref(),
            by_target: self.by_target(),
            refilled: self.refilled,
            also_removed: self.also_removed,
            replicas_acked: outcome.replicas_acked,
            coverage: outcome.covered(),
            keys: explained(false),
            hash_fields: explained(true),
            not_manageable: self.not_manageable,
        };
        let names = self.customers.iter().map(Customer::as_str);
        out.document("invalidate", endpoint, names, body)
    }

    /// Returns a row per target, or with several customers a row per target and customer. In a dry run `removed` is 0.
    fn by_target(&self) -> Vec<TargetOutcome> {
        let row = |customer: Option<&Customer>, target: &String, matched, removed| TargetOutcome {
            customer: customer.map(ToString::to_string),
            target: target.clone(),
            matched,
            removed: if self.dry_run { 0 } else { removed },
        };
        let InvalidationOutcome {
            matched, removed, ..
        } = self.outcome;
        let mut rows = Vec::new();
        for (at, target) in self.targets.iter().enumerate() {
            if self.customers.len() == 1 {
                let (found, gone) = (matched.of_target(at), removed.of_target(at));
                rows.push(row(None, target, found, gone));
                continue;
            }
            let shared = (matched.of_both(at, None), removed.of_both(at, None));
            if shared != (0, 0) {
                rows.push(row(None, target, shared.0, shared.1));
            }
            rows.extend(self.customers.iter().map(|customer| {
                let customers = Some(customer);
                let (found, gone) = (
                    matched.of_both(at, customers),
                    removed.of_both(at, customers),
                );
                row(customers, target, found, gone)
            }));
        }
        rows
    }

    fn table(&self, out: &Output, endpoint: &str) -> Result<(), WriteError> {
        if let Some(limit) = self.explain {
            let (tree, left) = first_keys(&self.tree(), limit);
            out.data(&tree)?;
            out.note_of_more(left, "key");
        }
        let address = human::address(endpoint);
        if self.dry_run {
            out.verdict(Tone::Poor, &self.planned(address))?;
        } else {
            let took = human::duration(out.elapsed());
            let tone = if self.cut_short {
                Tone::Poor
            } else {
                Tone::Good
            };
            out.verdict(tone, &self.done(address, &took))?;
        }
        if self.targets.len() > 1 || self.customers.len() > 1 {
            out.table(self.rows())?;
        }
        if self.dry_run && self.explain.is_none() {
            let examples = self.examples();
            if !examples.is_empty() {
                out.table(examples)?;
            }
        }
        let Coverage {
            primaries,
            primaries_scanned,
            slots,
            slots_scanned,
            run_ids_unknown,
            ..
        } = self.outcome.covered();
        if (primaries > 1 || run_ids_unknown) && !self.dry_run {
            let unknown = if run_ids_unknown {
                "; run id unknown: a restart meanwhile is not noticed"
            } else {
                ""
            };
            out.line_of_report(&format!(
                "scanned {primaries_scanned} of {primaries} primaries, {} of {} slots{unknown}",
                human::grouped(slots_scanned.into()),
                human::grouped(slots.into())
            ))?;
        }
        if let Some(id) = &self.outcome.undo_id {
            out.line_of_report(&format!("  undo   alecs-cache undo {id}"))?;
        }
        Ok(())
    }

    fn customers(&self) -> String {
        let names: Vec<&str> = self.customers.iter().map(Customer::as_str).collect();
        names.join(", ")
    }

    /// Describes what was done.
    fn done(&self, address: &str, took: &str) -> String {
        let outcome = self.outcome;
        let customers = self.customers();
        let mut parts = Vec::new();
        let removed = sizes(outcome.removed.total(), outcome.fields());
        if !removed.is_empty() {
            parts.push(format!("Removed {removed} of {customers}"));
        }
        if outcome.softened.total() > 0 {
            let keys = human::count(outcome.softened.total(), "key");
            let of = if parts.is_empty() {
                format!(" of {customers}")
            } else {
                String::new()
            };
            parts.push(format!("{keys}{of} left for the server to refresh"));
        }
        if self.refilled > 0 {
            let keys = human::count(self.refilled, "key");
            parts.push(format!("{keys} fetched and stored again"));
        }
        if self.also_removed > 0 {
            let keys = human::count(self.also_removed, "more key");
            parts.push(format!("{keys} removed by the refill"));
        }
        if parts.is_empty() && (self.cut_short || outcome.matched.total() > 0) {
            return format!("Nothing of {customers} was removed ({address}, {took})");
        }
        if parts.is_empty() {
            return format!("Nothing to remove: no key of {customers} matches ({address}, {took})");
        }
        format!("{} ({address}, {took})", parts.join("; "))
    }

    /// Describes what would be done.
    fn planned(&self, address: &str) -> String {
        let outcome = self.outcome;
        let customers = self.customers();
        let keys = outcome.matched.total();
        if keys + outcome.fields() == 0 {
            return format!("Nothing to remove: no key of {customers} matches ({address})");
        }
        let about = if outcome.bytes_exact { "" } else { "about " };
        let mut found = sizes(keys, outcome.fields());
        if let Some(bytes) = outcome.known_bytes().filter(|_| keys > 0) {
            let size = format!(" ({about}{})", human::bytes(bytes));
            let end = human::count(keys, "key").len();
            found.insert_str(end, &size);
        }
        if outcome.softened.total() > 0 {
            let early = human::grouped(outcome.softened.total());
            let _ = write!(found, ", {early} of them by an early expiry,");
        }
        let refill = match self.refill_calls {
            0 => String::new(),
            calls => format!(
                "; fetching them again takes up to {}",
                human::count(calls, "API call")
            ),
        };
        format!("Would remove {found} of {customers} ({address}); nothing was removed{refill}")
    }

    /// Table of the number of keys of each kind, with examples.
    fn examples(&self) -> Rows {
        let mut rows = Rows::new(&[
            Column::Whole("resource"),
            Column::Number("keys"),
            Column::Text("examples"),
        ])
        .names(&["examples"]);
        let own = match self.customers {
            [one] => Some(format!(":{one}:")),
            _ => None,
        };
        for (word, number, keys) in self.outcome.sample.by_word() {
            let short = |key: &String| {
                let rest = own.as_ref().and_then(|own| key.split_once(own.as_str()));
                let rest = rest.map_or(key.as_str(), |(_, rest)| rest);
                // The first column has the word already.
                let short = rest
                    .strip_prefix(word)
                    .and_then(|end| end.strip_prefix(':'));
                let short = short.filter(|_| ["hostname", "property", "search"].contains(&word));
                short.unwrap_or(rest).to_owned()
            };
            let mut keys: Vec<String> = keys.iter().map(short).collect();
            if number > keys.len() as u64 {
                keys.push("…".into());
            }
            rows.push([word.to_owned(), human::grouped(number), keys.join(", ")]);
        }
        rows
    }

    fn rows(&self) -> Rows {
        let heading = if self.dry_run { "matched" } else { "removed" };
        let count = |row: &TargetOutcome| {
            let keys = if self.dry_run {
                row.matched
            } else {
                row.removed
            };
            human::grouped(keys)
        };
        let several = self.customers.len() > 1;
        let mut columns = vec![Column::Whole("target"), Column::Number(heading)];
        if several {
            columns.insert(0, Column::Whole("customer"));
        }
        let mut rows = Rows::new(&columns);
        for row in self.by_target() {
            let mut cells = vec![row.target.clone(), count(&row)];
            if several {
                cells.insert(0, row.customer.clone().unwrap_or_else(|| "all".into()));
            }
            rows.push(cells);
        }
        rows
    }
}

/// Describes numbers of keys and host names, without zeros: `14 keys and 4 host names`.
fn sizes(keys: u64, names: u64) -> String {
    let keys = (keys > 0).then(|| human::count(keys, "key"));
    let names = (names > 0).then(|| human::count(names, "host name"));
    let parts: Vec<String> = keys.into_iter().chain(names).collect();
    parts.join(" and ")
}

#[cfg(test)]
mod tests;
