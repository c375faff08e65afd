//! End of a warm run: the exit code, and the message of each failure.

use crate::cache;
use crate::domain::warm::{Failed, WarmReport, WarmRequest};
use crate::exit::{self, Exit, Failure};
use crate::output::reports::warm::{NOT_FOUND, Warmed};
use crate::output::{Output, human};

/// Returns the exit code of a report whose run did not fail as a whole.
pub(super) fn of_report(report: &WarmReport, request: &WarmRequest) -> Exit {
    let unknown = |failed: &Failed| failed.code == "not_found";
    if report.errors.is_empty() {
        Exit::Done
    } else if !request.is_for_account()
        && report.errors.len() == request.ids.len() + request.hosts.len()
        && report.errors.iter().all(unknown)
    {
        Exit::NotFound
    } else if report.did_something() {
        Exit::Partial
    } else {
        // If nothing was done, this is not a partial success: exit with the reason.
        let ends = report.errors.iter().map(|failed| of_word(failed.code));
        let ends: Option<Vec<Exit>> = ends.collect();
        ends.map_or(Exit::Partial, Exit::first)
    }
}

/// Returns the exit code for an error's word, if such an error can end a whole command.
fn of_word(word: &str) -> Option<Exit> {
    let whole = [Exit::Network, Exit::Timeout, Exit::Denied, Exit::Limited];
    whole.into_iter().find(|exit| exit.word() == word)
}

/// Converts an error. If something was stored before, as with a server that became full, it counts as a partial
/// failure.
pub(super) fn of_error(error: cache::Error, report: &WarmReport) -> Failure {
    Failure::from(error).after_a_part(report.did_something())
}

/// Adds the hint about --resume to a run that a signal ended.
pub(super) fn go_on(failure: Failure) -> Failure {
    match failure.exit {
        Exit::Interrupted | Exit::Terminated => {
            failure.hint("what is stored is kept; --resume continues without repeating API calls")
        }
        _ => failure,
    }
}

/// Turns an exit code that only the report explains into a failure with the message of its first error.
pub(super) fn named(exit: Exit, warmed: &Warmed) -> Result<Exit, Failure> {
    let errors = || warmed.reports.iter().flat_map(|(_, report)| &report.errors);
    let cause = errors().find(|failed| failed.code == exit.word());
    let Some(first) = cause.or_else(|| errors().next()) else {
        return Ok(exit);
    };
    let message = match errors().count() {
        1 => first.to_string(),
        several => format!("{first} (and {} more)", several - 1),
    };
    let hint = match first.code {
        "not_found" => Some(NOT_FOUND),
        code => exit::of_part(code),
    };
    Err(Failure {
        hint: hint.map(ToOwned::to_owned),
        ..Failure::new(exit, message)
    })
}

/// Returns the failure if --check could not read everything.
pub(super) fn of_gaps(warmed: &Warmed) -> Option<Failure> {
    let failed = || warmed.reports.iter().flat_map(|(_, report)| &report.errors);
    let first = failed().next().filter(|_| warmed.check)?;
    let message = format!(
        "{} could not be compared, the first: {first}",
        human::count(failed().count() as u64, "item"),
    );
    Some(
        Failure::new(Exit::Partial, message).hint(
            "what could not be read was not compared; try again, or leave it out with --skip",
        ),
    )
}

/// Returns the failure if --check found differences.
pub(super) fn of_comparison(warmed: &Warmed) -> Option<Failure> {
    let wrong = warmed.wrong();
    let message = format!(
        "{} from Akamai among {}",
        human::count(wrong, "difference"),
        human::count(warmed.compared(), "key")
    );
    (wrong > 0).then(|| {
        Failure::new(Exit::Threshold, message)
            .hint("`alecs-cache warm --force`, or `warm` with the ids, stores what Akamai has; `invalidate` removes what is gone there")
    })
}

/// Prints all failures and returns the one that comes first in the order of exit codes.
pub(super) fn end(
    out: &Output,
    mut exits: Vec<Exit>,
    mut failures: Vec<Failure>,
    partly: bool,
) -> Result<Exit, Failure> {
    if partly {
        // With several customers, the failure of one is a partial failure of the run.
        let own = failures.iter_mut().map(|failure| &mut failure.exit);
        for exit in own.chain(&mut exits) {
            if matches!(exit, Exit::Denied | Exit::Config) {
                *exit = Exit::Partial;
            }
        }
    }
    exit::end(out, exits, failures, usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ttl::{Due, Resource};
    use crate::domain::warm::{HostnameView, WarmRow};
    use std::collections::BTreeSet;

    fn ended(stored: u64, codes: &[&'static str]) -> Exit {
        let errors = codes.iter().map(|code| Failed {
            resource: Some(Resource::Contracts),
            id: None,
            code,
            message: String::new(),
        });
        let row = WarmRow {
            stored,
            ..WarmRow::default()
        };
        let report = WarmReport {
            complete: false,
            rows: [(Resource::Contracts, row)].into(),
            errors: errors.collect(),
            ..WarmReport::default()
        };
        let request = WarmRequest {
            ids: Vec::new(),
            hosts: Vec::new(),
            own: None,
            resources: BTreeSet::new(),
            due: Due::Always,
            jitter: 0,
            hostnames: HostnameView::Active,
            concurrency: 1,
            keep: None,
            check: false,
        };
        of_report(&report, &request)
    }

    #[test]
    fn a_run_that_did_nothing_exits_with_its_reason_and_any_other_with_partial() {
        assert_eq!(ended(0, &[]), Exit::Done);
        assert_eq!(ended(0, &["network"]), Exit::Network);
        assert_eq!(ended(0, &["denied", "timeout"]), Exit::Timeout);
        assert_eq!(ended(0, &["rate_limited", "denied"]), Exit::Denied);
        assert_eq!(ended(1, &["network"]), Exit::Partial);
        assert_eq!(ended(0, &["network", "malformed"]), Exit::Partial);
        assert_eq!(ended(0, &["not_found"]), Exit::Partial);
    }
}
