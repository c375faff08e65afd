//! How a warm run ends: which code, and what is said of each failure.

use crate::cache;
use crate::domain::warm::{Failed, Report, Request};
use crate::exit::{Exit, Failure};
use crate::output::Output;

/// The end that a report without an error of its own stands for.
pub(super) fn of_report(report: &Report, request: &Request) -> Exit {
    let unknown = |failed: &Failed| failed.code == "not_found";
    if report.errors.is_empty() {
        Exit::Done
    } else if !request.ids.is_empty()
        && report.errors.len() == request.ids.len()
        && report.errors.iter().all(unknown)
    {
        Exit::NotFound
    } else {
        Exit::Partial
    }
}

/// The failure that an error stands for; where a part is done already, as before a full server or an
/// API that fails, one of part of the work.
pub(super) fn of_error(error: cache::Error, report: &Report) -> Failure {
    Failure::from(error).after_a_part(report.did_something())
}

/// Tells all failures, and ends with the one that comes first in the order of exit codes.
pub(super) fn end(
    out: &Output,
    mut exits: Vec<Exit>,
    mut failures: Vec<Failure>,
    partly: bool,
) -> Result<Exit, Failure> {
    if partly {
        // A customer's own trouble is a part of the whole that failed.
        for failure in &mut failures {
            if matches!(failure.exit, Exit::Denied | Exit::Config) {
                failure.exit = Exit::Partial;
            }
        }
    }
    exits.extend(failures.iter().map(|failure| failure.exit));
    let exit = Exit::first(exits);
    let Some(first) = failures.iter().position(|failure| failure.exit == exit) else {
        for failure in &failures {
            out.error(&failure.message, failure.hint.as_deref());
        }
        return Ok(exit);
    };
    let last = failures.remove(first);
    for failure in &failures {
        out.error(&failure.message, failure.hint.as_deref());
    }
    Err(last)
}
