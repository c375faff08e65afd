//! First and last sentences of the report of `warm`.

use crate::domain::ttl::Resource;
use crate::domain::warm::{WarmReport, WarmRow};
use crate::output::human;
use std::time::Duration;

/// Noun for the items of a resource, if people count them.
fn noun(resource: Resource) -> Option<&'static str> {
    Some(match resource {
        Resource::Contracts => "contract",
        Resource::Groups => "group",
        Resource::Properties => "property",
        Resource::Hostnames => "host name",
        Resource::Rules => "rule tree",
        Resource::Activations => "activation",
        Resource::CpCodes => "CP code",
        _ => return None,
    })
}

/// Describes what was fetched, the most important items first: `320 properties, 1,052 host names`.
fn fetched(report: &WarmReport) -> String {
    let count = |resource: Resource| report.rows.get(&resource).map_or(0, |row| row.fetched);
    let listed = count(Resource::Properties);
    let properties = if listed == 0 {
        count(Resource::Details)
    } else {
        listed
    };
    let first = [
        (Resource::Properties, properties),
        (Resource::Hostnames, count(Resource::Hostnames)),
    ];
    let others = report.rows.keys().copied();
    let others = others
        .filter(|resource| !matches!(resource, Resource::Properties | Resource::Hostnames))
        .map(|resource| (resource, count(resource)));
    let parts: Vec<String> = first
        .into_iter()
        .chain(others)
        .filter(|(_, number)| *number > 0)
        .filter_map(|(resource, number)| Some(human::count(number, noun(resource)?)))
        .collect();
    parts.join(", ")
}

/// Returns true if the sentences leave out something that must be visible.
pub(super) fn needs_table(report: &WarmReport) -> bool {
    !report.complete || report.sum(|row| row.failed + row.removed) > 0
}

/// Describes the outcome of one customer. `took` is the elapsed time, if it is of this customer alone.
pub(super) fn headline(
    customer: &str,
    report: &WarmReport,
    address: &str,
    took: Option<Duration>,
) -> String {
    let time = took.map(human::duration);
    let run = report.generation;
    let run = run.map_or_else(String::new, |run| format!(", generation {run}"));
    if !report.complete {
        let failed = match report.sum(|row| row.failed) {
            0 => String::new(),
            failed => format!(", {} failed", human::grouped(failed)),
        };
        return format!("{customer} is NOT completely cached on {address}{failed}{run}");
    }
    if report.rows.is_empty() {
        return format!("nothing to fetch for {customer}");
    }
    let fetched = fetched(report);
    if fetched.is_empty() && report.stored() == 0 {
        let time = time.map_or_else(String::new, |time| format!(" ({time})"));
        let fresh = match report.sum(|row| row.kept) {
            0 => String::new(),
            kept => format!("{} fresh, ", human::count(kept, "key")),
        };
        return format!("{customer} is warm: {fresh}nothing fetched{time}");
    }
    let time = time.map_or_else(String::new, |time| format!(" in {time}"));
    let what = if fetched.is_empty() {
        String::new()
    } else {
        format!(": {fetched}")
    };
    format!("{customer} warmed{time}{what}")
}

/// Describes what is due next, if the run knows it.
pub(super) fn next(report: &WarmReport) -> Option<String> {
    let next = report.next_due?;
    let rest = Duration::from_secs(next.rest.as_secs());
    Some(format!(
        "due next: {} in {}",
        next.resource,
        human::duration(rest)
    ))
}

/// Describes what was written, if anything.
pub(super) fn written(reports: &[(String, WarmReport)]) -> Option<String> {
    let total = |of: fn(&WarmRow) -> u64| reports.iter().map(|(_, report)| report.sum(of)).sum();
    let (stored, bytes, kept): (u64, u64, u64) = (
        total(|row| row.stored),
        total(|row| row.bytes),
        total(|row| row.kept),
    );
    let fresh = match kept {
        0 => String::new(),
        kept => format!(", {} fresh", human::count(kept, "key")),
    };
    (stored > 0).then(|| {
        format!(
            "{} ({}) written{fresh}",
            human::count(stored, "key"),
            human::bytes(bytes)
        )
    })
}

/// Describes the answers read from a recording.
pub(super) fn recorded(answers: u64) -> String {
    let answers = human::count(answers, "answer");
    format!("{answers} read from the recording (live: as many API calls)")
}

/// Describes the API calls made, and how many are left.
pub(super) fn calls(made: u64, left: Option<u64>) -> String {
    let left = left.map_or_else(String::new, |left| {
        format!(" ({} left)", human::grouped(left))
    });
    format!("{}{left}", human::count(made, "API call"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::warm::NextDue;

    fn report(rows: &[(Resource, [u64; 6])]) -> WarmReport {
        let row = |[fetched, stored, kept, removed, failed, bytes]: [u64; 6]| WarmRow {
            fetched,
            stored,
            kept,
            kept_alive: 0,
            removed,
            failed,
            bytes,
        };
        WarmReport {
            complete: true,
            rows: rows
                .iter()
                .map(|(of, figures)| (*of, row(*figures)))
                .collect(),
            ..WarmReport::default()
        }
    }

    fn line_of(report: &WarmReport, milliseconds: u64) -> String {
        let took = Some(Duration::from_millis(milliseconds));
        headline("acme", report, "127.0.0.1:6379", took)
    }

    #[test]
    fn a_warm_cache_takes_one_sentence() {
        let warm = report(&[
            (Resource::Properties, [0, 0, 1, 0, 0, 0]),
            (Resource::Details, [0, 0, 1_698, 0, 0, 0]),
        ]);
        let next = NextDue {
            resource: Resource::Properties,
            rest: Duration::from_millis(200_900),
        };
        let warm = WarmReport {
            next_due: Some(next),
            ..warm
        };
        assert_eq!(
            line_of(&warm, 17),
            "acme is warm: 1,699 keys fresh, nothing fetched (17 ms)"
        );
        assert_eq!(
            super::next(&warm).as_deref(),
            Some("due next: properties in 3 min 20 s")
        );
        assert_eq!(written(&[("acme".into(), warm)]), None);
    }

    #[test]
    fn fetched_items_come_first_and_written_ones_last() {
        let warmed = report(&[
            (Resource::Contracts, [3, 4, 0, 0, 0, 90]),
            (Resource::Groups, [8, 1, 0, 0, 0, 10]),
            (Resource::Properties, [320, 1, 0, 0, 0, 100]),
            (Resource::Details, [320, 320, 0, 0, 0, 800]),
            (Resource::Hostnames, [1_052, 1_373, 0, 0, 0, 1_200_000]),
        ]);
        assert_eq!(
            line_of(&warmed, 1_900),
            "acme warmed in 1.9 s: 320 properties, 1,052 host names, 3 contracts, 8 groups"
        );
        assert!(!needs_table(&warmed));
        assert_eq!(
            written(&[("acme".into(), warmed)]).as_deref(),
            Some("1,699 keys (1.1 MiB) written")
        );
        assert_eq!(calls(19, Some(1_986)), "19 API calls (1,986 left)");
        assert_eq!(calls(1, None), "1 API call");
    }

    #[test]
    fn one_property_is_counted_as_one() {
        let warmed = report(&[(Resource::Details, [1, 1, 0, 0, 0, 259])]);
        assert_eq!(line_of(&warmed, 400), "acme warmed in 400 ms: 1 property");
    }

    #[test]
    fn failed_and_removed_items_are_shown_in_a_table() {
        let mut failed = report(&[(Resource::Details, [3, 2, 0, 0, 1_200, 9])]);
        failed.complete = false;
        assert_eq!(
            line_of(&failed, 5),
            "acme is NOT completely cached on 127.0.0.1:6379, 1,200 failed"
        );
        assert!(needs_table(&failed));
        assert!(needs_table(&report(&[(
            Resource::Hostnames,
            [0, 0, 5, 1, 0, 0]
        )])));
    }
}
