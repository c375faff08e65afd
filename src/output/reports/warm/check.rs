//! Report of `warm --check`: differences between the cache and the API.

use crate::domain::limit::Limit;
use crate::domain::warm::{Mismatch, WarmReport};
use crate::output::human;
use crate::output::stream::{Output, WriteError};
use crate::output::table::{Column, Rows};
use crate::output::tone::Tone;
use std::time::Duration;

/// Default number of rows shown.
const SHOWN: usize = 20;

/// Prints the differences of one customer below a headline. `took` is the elapsed time, if it is of this customer
/// alone.
pub(super) fn show(
    out: &Output,
    customer: &str,
    report: &WarmReport,
    took: Option<Duration>,
    limit: Option<Limit>,
) -> Result<(), WriteError> {
    let tone = if report.complete && report.checked.is_empty() {
        Tone::Good
    } else {
        Tone::Bad
    };
    out.verdict(tone, &headline(customer, report, took))?;
    let wrong = &report.checked;
    if wrong.is_empty() {
        return Ok(());
    }
    let shown = match limit {
        Some(limit) => limit.items(),
        None if out.options().verbosity > 0 => usize::MAX,
        None => SHOWN,
    };
    let columns = [
        Column::Whole("state"),
        Column::Text("key"),
        Column::Text("item"),
    ];
    let mut rows = Rows::new(&columns);
    for one in wrong.iter().take(shown) {
        rows.push([
            word(one.state),
            &one.key,
            one.item.as_deref().unwrap_or("-"),
        ]);
    }
    out.table(rows)?;
    out.note_of_more(wrong.len().saturating_sub(shown) as u64, "difference");
    Ok(())
}

const fn word(state: Mismatch) -> &'static str {
    match state {
        Mismatch::Differs => "differs",
        Mismatch::Missing => "missing",
        Mismatch::Ghost => "ghost",
    }
}

fn headline(customer: &str, report: &WarmReport, took: Option<Duration>) -> String {
    let time = took.map_or_else(String::new, |took| format!(" in {}", human::duration(took)));
    let compared = format!("{} compared{time}", human::count(report.compared, "key"));
    let count = |state| {
        report
            .checked
            .iter()
            .filter(|one| one.state == state)
            .count() as u64
    };
    let wrong = [Mismatch::Differs, Mismatch::Missing, Mismatch::Ghost].map(|state| {
        let what = match (state, count(state)) {
            (_, 0) => return None,
            (Mismatch::Differs, 1) => "differs",
            (Mismatch::Differs, _) => "differ",
            (Mismatch::Missing, _) => "missing",
            (Mismatch::Ghost, 1) => "ghost",
            (Mismatch::Ghost, _) => "ghosts",
        };
        Some(format!("{} {what}", human::grouped(count(state))))
    });
    let wrong: Vec<String> = wrong.into_iter().flatten().collect();
    let wrong = if wrong.is_empty() {
        String::new()
    } else {
        format!("{}; ", wrong.join(", "))
    };
    if !report.complete {
        format!("{customer} is NOT completely compared with Akamai: {wrong}{compared}")
    } else if wrong.is_empty() {
        format!("{customer} is cached as Akamai has it: {compared}")
    } else {
        format!("{customer} is not cached as Akamai has it: {wrong}{compared}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::warm::MismatchedKey;

    fn report(states: &[Mismatch]) -> WarmReport {
        let checked = states.iter().map(|state| MismatchedKey {
            key: "akamai:acme:property:prp_1".into(),
            item: None,
            state: *state,
        });
        WarmReport {
            complete: true,
            compared: 1_699,
            checked: checked.collect(),
            ..WarmReport::default()
        }
    }

    #[test]
    fn the_headline_has_the_number_of_each_kind() {
        let line_of =
            |report: &WarmReport| headline("acme", report, Some(Duration::from_millis(1_200)));
        assert_eq!(
            line_of(&report(&[])),
            "acme is cached as Akamai has it: 1,699 keys compared in 1.2 s"
        );
        let mut wrong = report(&[Mismatch::Differs, Mismatch::Ghost, Mismatch::Ghost]);
        assert_eq!(
            line_of(&wrong),
            "acme is not cached as Akamai has it: 1 differs, 2 ghosts; 1,699 keys compared in 1.2 s"
        );
        wrong.complete = false;
        wrong.checked.truncate(1);
        assert_eq!(
            line_of(&wrong),
            "acme is NOT completely compared with Akamai: 1 differs; 1,699 keys compared in 1.2 s"
        );
    }
}
