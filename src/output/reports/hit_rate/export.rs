//! History of daily counts as a CSV file, which is kept longer than the servers' seven days. Each day and customer has
//! one line, however often the file is written.

use super::exact;
use crate::domain::hit_rate::{HitCounts, HitRate};
use crate::output::csv;

const HEADER: [&str; 6] = ["date", "customer", "pattern", "hits", "misses", "hit_rate"];

/// Adds the days of the answer to the history; `None` if the file is not such a history. An existing line is replaced
/// only by one with at least as many reads: counts only grow, and an expired hash has none.
pub(crate) fn extend(history: &str, answer: &HitRate, pattern: &str) -> Option<String> {
    let mut lines = lines(history);
    let header = csv::line(HEADER);
    match lines.first() {
        Some(first) if *first != header => return None,
        Some(_) => {}
        None => lines.push(header),
    }
    for ((day, customer), counts) in &answer.daily {
        let day = day.to_string();
        let head = csv::line([day.as_str(), customer, pattern]);
        let head = format!("{},", head.trim_end_matches("\r\n"));
        let rate = exact(counts.rate());
        let tail = csv::line([counts.hits.to_string(), counts.misses.to_string(), rate]);
        let line = format!("{head}{tail}");
        match lines.iter_mut().find(|known| known.starts_with(&head)) {
            Some(known) if recorded(known, &head) > counts.total() => {}
            Some(known) => *known = line,
            None => lines.push(line),
        }
    }
    Some(lines.concat())
}

/// Splits the text into lines with their ends. A line break within quotes does not end a line.
fn lines(history: &str) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    for part in history.split_inclusive('\n') {
        line.push_str(part);
        if line.matches('"').count().is_multiple_of(2) {
            let text = line.trim_end_matches('\n').trim_end_matches('\r');
            lines.push(format!("{text}\r\n"));
            line.clear();
        }
    }
    if !line.is_empty() {
        lines.push(line);
    }
    lines
}

/// Number of reads of a line.
fn recorded(line: &str, head: &str) -> u64 {
    let mut numbers = line.get(head.len()..).unwrap_or_default().split(',');
    let mut next = || numbers.next().and_then(|n| n.parse().ok()).unwrap_or(0);
    let (hits, misses) = (next(), next());
    HitCounts { hits, misses }.total()
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    fn answer(daily: &[(i8, &str, u64, u64)]) -> HitRate {
        HitRate {
            daily: daily
                .iter()
                .map(|(day, customer, hits, misses)| {
                    let counts = HitCounts {
                        hits: *hits,
                        misses: *misses,
                    };
                    ((date(2026, 11, *day), (*customer).to_owned()), counts)
                })
                .collect(),
            ..HitRate::default()
        }
    }

    #[test]
    fn each_day_and_customer_has_one_line_that_only_grows() {
        let first = extend("", &answer(&[(22, "acme", 3, 1), (23, "acme", 1, 0)]), "").unwrap();
        assert_eq!(
            first,
            "date,customer,pattern,hits,misses,hit_rate\r\n2026-11-22,acme,,3,1,75\r\n2026-11-23,acme,,1,0,100\r\n"
        );
        let second = extend(
            &first,
            &answer(&[(22, "acme", 1, 0), (23, "acme", 1, 1), (23, "beta", 0, 2)]),
            "",
        )
        .unwrap();
        assert_eq!(
            second,
            "date,customer,pattern,hits,misses,hit_rate\r\n2026-11-22,acme,,3,1,75\r\n2026-11-23,acme,,1,1,50\r\n2026-11-23,beta,,0,2,0\r\n"
        );
    }

    #[test]
    fn the_lines_of_a_pattern_are_their_own() {
        let whole = extend("", &answer(&[(22, "acme", 3, 1)]), "").unwrap();
        let both = extend(&whole, &answer(&[(22, "acme", 1, 1)]), "property:*,x").unwrap();
        assert!(both.starts_with(&whole));
        assert!(
            both.ends_with("2026-11-22,acme,\"property:*,x\",1,1,50\r\n"),
            "{both}"
        );
    }

    #[test]
    fn a_foreign_file_is_left_alone() {
        let some = answer(&[(22, "acme", 3, 1)]);
        for text in ["# notes\n", "date,customer\r\n", "\n"] {
            assert_eq!(extend(text, &some, ""), None, "{text:?}");
        }
        // Line ends may have been changed in between.
        let first = extend("", &some, "").unwrap();
        let unix = first.replace("\r\n", "\n");
        assert_eq!(extend(&unix, &some, "").unwrap(), first);
    }

    #[test]
    fn names_with_line_ends_and_quotes_have_one_line_as_well() {
        let strange = answer(&[(22, "a\nb\"c", 3, 1), (22, "=x", 1, 0), (23, "a\r\n", 1, 0)]);
        let first = extend("", &strange, "p\"\n ").unwrap();
        assert_eq!(extend(&first, &strange, "p\"\n ").unwrap(), first);
        assert!(first.contains("\"'=x\""), "{first}");
    }
}
