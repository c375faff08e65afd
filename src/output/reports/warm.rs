//! Report of `warm`, or of its plan.

mod check;
mod plan;
mod summary;

pub(crate) use plan::Planned;

use crate::domain::key::Customer;
use crate::domain::limit::Limit;
use crate::domain::ttl::{Intervals, Resource};
use crate::domain::warm::{Failed, MismatchedKey, UnreadablePair, WarmReport, WarmRow};
use crate::output::human;
use crate::output::stream::{Output, WriteError};
use crate::output::table::{Column, Rows};
use crate::output::tone::Tone;
use serde::Serialize;
use std::fmt::Write as _;

/// Hint for an id that the API does not know.
pub(crate) const NOT_FOUND: &str = "check the id, and the customer with -c";

/// Number of unreadable pairs to name.
const SHOWN: usize = 5;

/// Outcome of a run for all customers.
#[derive(Debug, Default)]
pub(crate) struct Warmed {
    /// All requested customers.
    pub customers: Vec<String>,
    /// Each customer with its outcome.
    pub reports: Vec<(String, WarmReport)>,
    /// Errors that ended a customer's run early, or prevented it.
    pub ends: Vec<(String, Failed)>,
    /// API calls made.
    pub api_calls: u64,
    /// Calls that the API still allows at present, if it reports them.
    pub api_calls_remaining: Option<u64>,
    /// Answers read from a recording; each would otherwise be an API call.
    pub recorded: u64,
    /// Maximum ages of values that are kept alive.
    pub intervals: Intervals,
    /// True if values were compared instead of written.
    pub check: bool,
    /// Limit of differences shown, if set.
    pub limit: Option<Limit>,
}

/// Creates the entry of a customer for [`Warmed::ends`].
fn ended(customer: &Customer, message: &str, code: &'static str) -> (String, Failed) {
    let failed = Failed {
        resource: None,
        id: None,
        code,
        message: message.to_owned(),
    };
    (customer.to_string(), failed)
}

/// A part of a report, with its customer if there are several.
#[derive(Serialize)]
struct CustomerPart<'a, T> {
    #[serde(skip_serializing_if = "Option::is_none")]
    customer: Option<&'a str>,
    #[serde(flatten)]
    part: &'a T,
}

#[derive(Serialize)]
struct RowLine<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    customer: Option<&'a str>,
    resource: Resource,
    #[serde(flatten)]
    row: &'a WarmRow,
}

/// Intervals in seconds.
#[derive(Serialize)]
struct Seconds {
    full: u64,
    hostnames: u64,
    rules: u64,
    margin: u64,
}

#[derive(Serialize)]
struct GenerationLine<'a> {
    customer: &'a str,
    generation: Option<u64>,
}

#[derive(Serialize)]
struct WarmBody<'a> {
    dry_run: bool,
    complete: bool,
    /// Generation of the only customer.
    generation: Option<u64>,
    /// Generations of several customers.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    generations: Vec<GenerationLine<'a>>,
    api_calls: u64,
    api_calls_remaining: Option<u64>,
    incremental: bool,
    kept_alive: u64,
    intervals: Seconds,
    resources: Vec<RowLine<'a>>,
    errors: Vec<CustomerPart<'a, Failed>>,
    unreadable: Vec<CustomerPart<'a, UnreadablePair>>,
    /// `null` if no comparison was requested.
    compared: Option<u64>,
    checked: Vec<CustomerPart<'a, MismatchedKey>>,
}

impl Warmed {
    fn named<'a>(&self, customer: &'a str) -> Option<&'a str> {
        (self.customers.len() > 1).then_some(customer)
    }

    fn sum(&self, of: impl Fn(&WarmReport) -> u64) -> u64 {
        self.reports.iter().map(|(_, report)| of(report)).sum()
    }

    /// Returns the number of keys that were not fetched because they are fresh.
    pub(crate) fn fresh(&self) -> u64 {
        self.sum(WarmReport::fresh)
    }

    /// Formats the outcome as one line.
    pub(crate) fn line(&self) -> String {
        let each = self.reports.iter().map(|(customer, report)| {
            let ended = self.ends.iter().find(|(name, _)| name == customer);
            let state = match ended {
                _ if report.complete => "complete".to_owned(),
                Some((_, failed)) => format!("NOT complete ({})", failed.code),
                None => "NOT complete".to_owned(),
            };
            let mut line = format!(
                "{customer}: {state}, {} stored, {} kept alive",
                human::grouped(report.stored()),
                human::grouped(report.kept_alive()),
            );
            for (count, what) in [
                (report.sum(|row| row.removed), "removed"),
                (report.sum(|row| row.failed), "failed"),
            ] {
                if count > 0 {
                    let _ = write!(line, ", {} {what}", human::grouped(count));
                }
            }
            line
        });
        let each: Vec<String> = each.collect();
        let calls = human::count(self.api_calls, "API call");
        format!("{}; {calls}", each.join("; "))
    }

    /// Records an error that ended a customer's run early, or prevented it.
    pub(crate) fn end(&mut self, customer: &Customer, message: &str, code: &'static str) {
        self.ends.push(ended(customer, message, code));
    }

    /// Collects one part of the reports of all customers.
    fn parts<'a, T>(&'a self, of: fn(&'a WarmReport) -> &'a [T]) -> Vec<CustomerPart<'a, T>> {
        let each = self.reports.iter().flat_map(|(customer, report)| {
            of(report).iter().map(|part| CustomerPart {
                customer: self.named(customer),
                part,
            })
        });
        each.collect()
    }

    fn errors(&self) -> Vec<CustomerPart<'_, Failed>> {
        let mut errors = self.parts(|report| &report.errors);
        errors.extend(self.ends.iter().map(|(customer, part)| CustomerPart {
            customer: self.named(customer),
            part,
        }));
        errors
    }

    fn generations(&self) -> Vec<GenerationLine<'_>> {
        let several = self.reports.iter().filter(|_| self.customers.len() > 1);
        let lines = several.map(|(customer, report)| GenerationLine {
            customer,
            generation: report.generation,
        });
        lines.collect()
    }

    /// Prints the report on stdout.
    pub(crate) fn show(&self, out: &Output, endpoint: &str) -> Result<(), WriteError> {
        if out.is_json() {
            self.json(out, endpoint)
        } else if self.is_complete() && self.wrong() == 0 && out.is_quiet() {
            Ok(())
        } else {
            self.table(out, endpoint)
        }
    }

    /// Returns the number of differences from the API.
    pub(crate) fn wrong(&self) -> u64 {
        self.sum(|report| report.checked.len() as u64)
    }

    /// Returns the number of keys compared with the API.
    pub(crate) fn compared(&self) -> u64 {
        self.sum(|report| report.compared)
    }

    /// Returns true if everything that was asked for is cached.
    pub(crate) fn is_complete(&self) -> bool {
        self.ends.is_empty()
            && self.reports.len() == self.customers.len()
            && self.reports.iter().all(|(_, report)| report.complete)
    }

    fn json(&self, out: &Output, endpoint: &str) -> Result<(), WriteError> {
        let mut resources = Vec::new();
        for (customer, report) in &self.reports {
            let customer = self.named(customer);
            let rows = report.rows.iter();
            resources.extend(rows.map(|(resource, row)| RowLine {
                customer,
                resource: *resource,
                row,
            }));
        }
        let mut checked = self.parts(|report| &report.checked);
        self.limit.unwrap_or_default().cut(&mut checked);
        let body = WarmBody {
            dry_run: false,
            complete: self.is_complete(),
            generation: match self.reports.as_slice() {
                [(_, report)] if self.customers.len() == 1 => report.generation,
                _ => None,
            },
            generations: self.generations(),
            api_calls: self.api_calls,
            api_calls_remaining: self.api_calls_remaining,
            incremental: self.reports.iter().any(|(_, report)| report.incremental),
            kept_alive: self.sum(WarmReport::kept_alive),
            intervals: Seconds {
                full: self.intervals.full.as_secs(),
                hostnames: self.intervals.hostnames.as_secs(),
                rules: self.intervals.rules.as_secs(),
                margin: self.intervals.margin.as_secs(),
            },
            resources,
            errors: self.errors(),
            unreadable: self.parts(|report| &report.unreadable),
            compared: self.check.then(|| self.compared()),
            checked,
        };
        let names = self.customers.iter().map(String::as_str);
        out.document("warm", endpoint, names, body)
    }

    fn table(&self, out: &Output, endpoint: &str) -> Result<(), WriteError> {
        let address = human::address(endpoint);
        let alone = self.customers.len() == 1;
        for (customer, report) in &self.reports {
            let took = alone.then(|| out.elapsed());
            // If a run did nothing, its errors are enough.
            let nothing = !report.did_something() && !report.errors.is_empty();
            if self.check {
                check::show(out, customer, report, took, self.limit)?;
            } else if !nothing {
                warmed(
                    out,
                    report,
                    &summary::headline(customer, report, address, took),
                )?;
            }
            if !report.unreadable.is_empty() {
                let pairs = report.unreadable.iter();
                let pairs = pairs.map(|pair| format!("{}/{}", pair.contract, pair.group));
                out.line_of_report(&format!(
                    "not readable with these credentials: {}",
                    human::first(pairs, SHOWN)
                ))?;
            }
        }
        self.cost(out)?;
        // Errors come last, as those do that end a run.
        for CustomerPart { customer, part } in self.parts(|report| &report.errors) {
            let whose = customer.map_or_else(String::new, |name| format!("{name}: "));
            let hint = (part.code == "not_found").then_some(NOT_FOUND);
            out.error(&format!("{whose}{part}"), hint);
        }
        Ok(())
    }

    /// Prints what the runs took, and what is due next.
    fn cost(&self, out: &Output) -> Result<(), WriteError> {
        let calls =
            (self.api_calls > 0).then(|| summary::calls(self.api_calls, self.api_calls_remaining));
        let recorded = (self.recorded > 0).then(|| summary::recorded(self.recorded));
        let written = summary::written(&self.reports);
        let parts: Vec<String> = calls.into_iter().chain(recorded).chain(written).collect();
        // A run without calls and writes has nothing to add.
        if !parts.is_empty() {
            out.line_of_report(&parts.join("; "))?;
        }
        match self.reports.as_slice() {
            [(_, report)] => summary::next(report).map_or(Ok(()), |next| out.line_of_report(&next)),
            _ => Ok(()),
        }
    }
}

/// Prints the outcome of one customer.
fn warmed(out: &Output, report: &WarmReport, headline: &str) -> Result<(), WriteError> {
    let tone = if report.complete {
        Tone::Good
    } else {
        Tone::Bad
    };
    out.verdict(tone, headline)?;
    if report.incremental {
        out.line_of_report(&format!(
            "only what changed since the last complete run was fetched; {} kept alive",
            human::grouped(report.kept_alive())
        ))?;
    }
    let rows = resources(report);
    if !rows.is_empty() && (out.options().verbosity > 0 || summary::needs_table(report)) {
        out.table(rows)?;
    }
    Ok(())
}

/// Table of the outcome of each resource; resources with nothing to report are left out.
fn resources(report: &WarmReport) -> Rows {
    let mut rows = Rows::new(&[
        Column::Whole("resource"),
        Column::Number("fetched"),
        Column::Number("stored"),
        Column::Number("fresh"),
        Column::Number("removed"),
        Column::Number("failed"),
        Column::Number("size"),
    ])
    .optional(&["size", "fetched"])
    .unless_zero(&["fetched", "stored", "fresh", "removed", "failed", "size"]);
    let number = human::dash_or_grouped;
    for (resource, row) in &report.rows {
        let all = [row.fetched, row.stored, row.kept, row.removed, row.failed];
        if all == [0; 5] {
            continue;
        }
        rows.push([
            resource.to_string(),
            number(row.fetched),
            number(row.stored),
            number(row.kept),
            number(row.removed),
            number(row.failed),
            if row.bytes == 0 {
                "-".into()
            } else {
                human::bytes(row.bytes)
            },
        ]);
        rows.tone("failed", (row.failed > 0).then_some(Tone::Bad));
    }
    rows
}
