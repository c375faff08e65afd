//! How an invalidation, or the plan of one, is shown.

use crate::domain::invalidation::{ByTarget, Coverage, Explained, Outcome};
use crate::domain::key::Customer;
use crate::output::document::Customers;
use crate::output::human;
use crate::output::stream::{Error, Output};
use crate::output::table::{Column, Rows};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

/// How deep a tree is drawn: deeper than any key hangs from another.
const DEPTH: usize = 8;

/// What was done, or would be.
#[derive(Debug)]
pub struct Invalidated<'a> {
    /// The figures.
    pub outcome: &'a Outcome,
    /// Nothing was removed.
    pub dry_run: bool,
    /// Show why each key falls.
    pub explain: bool,
    /// What was named, as it was typed.
    pub targets: Vec<String>,
    /// Calls that fetching again costs.
    pub refill_calls: u64,
    /// Keys stored again.
    pub refilled: u64,
    /// Whose keys.
    pub customers: &'a [Customer],
    /// Names in the keyspace that this tool refuses, where all customers were asked for.
    pub not_manageable: &'a [String],
}

#[derive(Serialize)]
struct Body<'a> {
    dry_run: bool,
    matched: u64,
    removed: u64,
    softened: u64,
    fields: u64,
    bytes: u64,
    bytes_exact: bool,
    sample: Vec<&'a str>,
    refill_calls: u64,
    undo_id: Option<&'a str>,
    by_target: Vec<ByTarget>,
    refilled: u64,
    replicas_acked: Option<u64>,
    coverage: Coverage,
    /// Only keys that fall themselves, so that they are as many as matched.
    #[serde(skip_serializing_if = "Option::is_none")]
    keys: Option<Vec<&'a Explained>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    hash_fields: Option<Vec<&'a Explained>>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    not_manageable: &'a [String],
}

impl Invalidated<'_> {
    /// Tells it on stdout.
    pub fn show(&self, out: &Output, endpoint: &str) -> Result<(), Error> {
        if !out.is_json() {
            return self.table(out, endpoint);
        }
        let outcome = self.outcome;
        let done = !self.dry_run;
        let explained = |fields: bool| {
            let all = outcome.explained.iter();
            let those = all.filter(|one| one.field.is_some() == fields);
            self.explain.then(|| those.collect())
        };
        let body = Body {
            dry_run: self.dry_run,
            matched: outcome.matched.total(),
            removed: if done { outcome.removed.total() } else { 0 },
            softened: if done { outcome.softened.total() } else { 0 },
            fields: outcome.fields(),
            bytes: outcome.bytes,
            bytes_exact: outcome.bytes_exact,
            sample: outcome.sample.keys(),
            refill_calls: self.refill_calls,
            undo_id: outcome.undo_id.as_deref(),
            by_target: self.by_target(),
            refilled: self.refilled,
            replicas_acked: outcome.replicas_acked,
            coverage: outcome.coverage,
            keys: explained(false),
            hash_fields: explained(true),
            not_manageable: self.not_manageable,
        };
        let names = self.customers.iter().map(Customer::as_str);
        out.document(
            "alecs-cache/invalidate/1",
            endpoint,
            Customers::of(names),
            body,
        )
    }

    /// A row for each target, and where there are several customers for each of both. In a dry run
    /// nothing is removed.
    fn by_target(&self) -> Vec<ByTarget> {
        let row = |customer: Option<&Customer>, target: &String, matched, removed| ByTarget {
            customer: customer.map(ToString::to_string),
            target: target.clone(),
            matched,
            removed: if self.dry_run { 0 } else { removed },
        };
        let Outcome {
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
                let whose = Some(customer);
                let (found, gone) = (matched.of_both(at, whose), removed.of_both(at, whose));
                row(whose, target, found, gone)
            }));
        }
        rows
    }

    fn table(&self, out: &Output, endpoint: &str) -> Result<(), Error> {
        if out.is_quiet() && !self.dry_run && !self.explain {
            return Ok(());
        }
        let outcome = self.outcome;
        let names: Vec<&str> = self.customers.iter().map(Customer::as_str).collect();
        let whose = names.join(", ");
        let heading = if self.dry_run {
            "would fall"
        } else {
            "removed"
        };
        if self.explain {
            out.data(&self.tree())?;
        }
        self.rows(heading, out)?;
        if self.dry_run {
            let mut rows = Rows::new(&[Column::Text("such as")]);
            outcome
                .sample
                .keys()
                .into_iter()
                .for_each(|key| rows.push([key]));
            if !rows.is_empty() {
                out.table(rows)?;
            }
            let about = if outcome.bytes_exact { "" } else { "about " };
            out.note(&format!(
                "{whose} on {endpoint}: {} keys ({about}{}) and {} host names of the hash would fall; \
                 nothing was removed; fetching them again takes {} calls",
                outcome.matched.total(),
                human::bytes(outcome.bytes),
                outcome.fields(),
                self.refill_calls
            ));
            return Ok(());
        }
        out.note(&format!(
            "{whose} on {endpoint}: {} keys removed, {} left for the server to refresh, {} host names of \
             the hash removed, {} keys fetched again; {}",
            outcome.removed.total(),
            outcome.softened.total(),
            outcome.fields(),
            self.refilled,
            human::duration(out.elapsed())
        ));
        let Coverage {
            primaries,
            primaries_scanned,
            slots,
            slots_scanned,
            ..
        } = outcome.coverage;
        if primaries > 1 {
            out.note(&format!(
                "{primaries_scanned} of {primaries} primaries and {slots_scanned} of {slots} slots were \
                 looked through"
            ));
        }
        if let Some(id) = &outcome.undo_id {
            out.note(&format!("`alecs-cache undo {id}` puts it back"));
        }
        Ok(())
    }

    fn rows(&self, heading: &'static str, out: &Output) -> Result<(), Error> {
        let count = |row: &ByTarget| {
            let keys = if self.dry_run {
                row.matched
            } else {
                row.removed
            };
            keys.to_string()
        };
        if self.customers.len() == 1 {
            let mut rows = Rows::new(&[Column::Text("target"), Column::Number(heading)]);
            for row in self.by_target() {
                rows.push([row.target.clone(), count(&row)]);
            }
            return out.table(rows);
        }
        let mut rows = Rows::new(&[
            Column::Text("customer"),
            Column::Text("target"),
            Column::Number(heading),
        ]);
        for row in self.by_target() {
            let customer = row.customer.clone().unwrap_or_else(|| "all".into());
            rows.push([customer, row.target.clone(), count(&row)]);
        }
        out.table(rows)
    }

    /// Which key falls because of which.
    fn tree(&self) -> String {
        let mut below: BTreeMap<(usize, &str), Vec<&Explained>> = BTreeMap::new();
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
            // What hangs from a key that is not there itself hangs from the target.
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

fn branch(
    tree: &mut String,
    below: &BTreeMap<(usize, &str), Vec<&Explained>>,
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
