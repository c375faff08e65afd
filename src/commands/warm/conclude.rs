//! How a warm run ends: which code, and what is said of each failure.

use crate::cache;
use crate::domain::warm::{Failed, WarmReport, WarmRequest};
use crate::exit::{self, Exit, Failure};
use crate::output::reports::warm::Warmed;
use crate::output::{Output, human};

/// The exit code of a report without an error of its own.
pub(super) fn of_report(report: &WarmReport, request: &WarmRequest) -> Exit {
    let unknown = |failed: &Failed| failed.code == "not_found";
    if report.errors.is_empty() {
        Exit::Done
    } else if !request.is_whole()
        && report.errors.len() == request.ids.len() + request.hosts.len()
        && report.errors.iter().all(unknown)
    {
        Exit::NotFound
    } else if report.did_something() {
        Exit::Partial
    } else {
        // Where nothing was done at all, that is no part of the work: the reason is the end.
        let ends = report.errors.iter().map(|failed| of_word(failed.code));
        let ends: Option<Vec<Exit>> = ends.collect();
        ends.map_or(Exit::Partial, Exit::first)
    }
}

/// The end of a whole command that failed with this word, where there is one.
fn of_word(word: &str) -> Option<Exit> {
    let whole = [Exit::Network, Exit::Timeout, Exit::Denied, Exit::Limited];
    whole.into_iter().find(|exit| exit.word() == word)
}

/// The failure for an error; where a part is done already, as before a full server or an
/// API that fails, one of part of the work.
pub(super) fn of_error(error: cache::Error, report: &WarmReport) -> Failure {
    Failure::from(error).after_a_part(report.did_something())
}

/// Adds to a run of the whole account that a signal ended how to go on with it.
pub(super) fn go_on(failure: Failure) -> Failure {
    match failure.exit {
        Exit::Interrupted | Exit::Terminated => failure.hint(
            "what is stored is kept; with --resume it goes on without repeating its API calls",
        ),
        _ => failure,
    }
}

/// The failure that a comparison is which could not read everything.
pub(super) fn of_gaps(warmed: &Warmed) -> Option<Failure> {
    let failed = || warmed.reports.iter().flat_map(|(_, report)| &report.errors);
    let first = failed().next().filter(|_| warmed.check)?;
    let message = format!(
        "{} could not be compared, the first: {first}",
        human::count(failed().count() as u64, "item"),
    );
    Some(
        Failure::new(Exit::Partial, message).hint(
            "nothing is said of what could not be read; try again, or leave it out with --skip",
        ),
    )
}

/// The failure that a cache is which is not what the API has.
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

/// Prints all failures, and ends with the one that comes first in the order of exit codes.
pub(super) fn end(
    out: &Output,
    mut exits: Vec<Exit>,
    mut failures: Vec<Failure>,
    partly: bool,
) -> Result<Exit, Failure> {
    if partly {
        // A customer's own trouble is a part of the whole that failed.
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
    fn a_run_that_did_nothing_ends_with_its_reason_and_any_other_in_part() {
        assert_eq!(ended(0, &[]), Exit::Done);
        assert_eq!(ended(0, &["network"]), Exit::Network);
        assert_eq!(ended(0, &["denied", "timeout"]), Exit::Timeout);
        assert_eq!(ended(0, &["rate_limited", "denied"]), Exit::Denied);
        assert_eq!(ended(1, &["network"]), Exit::Partial);
        assert_eq!(ended(0, &["network", "malformed"]), Exit::Partial);
        assert_eq!(ended(0, &["not_found"]), Exit::Partial);
    }
}
