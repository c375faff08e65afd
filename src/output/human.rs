//! Figures formatted for people.

use super::escape::escape;
pub(crate) use crate::domain::duration::shown as duration;
pub(crate) use crate::domain::number::{dollars, grouped};
use console::measure_text_width;
use jiff::Timestamp;
use std::borrow::Cow;
use unicode_width::UnicodeWidthStr;

/// Formats bytes in binary units with at most three digits: `512 B`, `1.5 KiB`, `47.7 MiB`.
pub(crate) fn bytes(count: u64) -> String {
    const UNITS: [&str; 6] = ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
    if count < 1024 {
        return format!("{count} B");
    }
    #[expect(clippy::cast_precision_loss, reason = "three digits are shown")]
    let mut value = count as f64 / 1024.0;
    let mut unit = 0;
    // 1023.95 would be shown as 1024.0.
    while value >= 1023.95 && unit + 1 < UNITS.len() {
        value /= 1024.0;
        unit += 1;
    }
    let name = UNITS.get(unit).copied().unwrap_or_default();
    if value < 99.95 {
        format!("{value:.1} {name}")
    } else {
        format!("{value:.0} {name}")
    }
}

/// Formats a value that may be unknown, which is shown as `-`.
pub(crate) fn or_dash<T>(value: Option<T>, shown: impl FnOnce(T) -> String) -> String {
    value.map_or_else(|| "-".into(), shown)
}

/// Formats a number in a table, where zero is shown as `-`.
pub(crate) fn dash_or_grouped(number: u64) -> String {
    or_dash(Some(number).filter(|number| *number > 0), grouped)
}

/// Joins the first names: `a, b and 3 more`.
pub(crate) fn first(names: impl IntoIterator<Item: ToString>, most: usize) -> String {
    let mut all = names.into_iter();
    let shown: Vec<String> = all
        .by_ref()
        .take(most)
        .map(|name| name.to_string())
        .collect();
    match (shown.join(", "), all.count()) {
        (shown, 0) => shown,
        (shown, more) => format!("{shown} and {more} more"),
    }
}

/// Formats a number of things: `1 entry`, `2 entries`, `30,000 fields`.
pub(crate) fn count(number: u64, word: &str) -> String {
    let shown = grouped(number);
    match (number, word.strip_suffix('y')) {
        (1, _) => format!("{shown} {word}"),
        (_, Some(stem)) if !stem.ends_with(['a', 'e', 'o', 'u']) => format!("{shown} {stem}ies"),
        _ => format!("{shown} {word}s"),
    }
}

/// Like [`count`], for an irregular plural: `1 miss`, `2 misses`.
pub(crate) fn count_of(number: u64, one: &str, many: &str) -> String {
    format!(
        "{} {}",
        grouped(number),
        if number == 1 { one } else { many }
    )
}

/// Wraps text to lines of at most `width` columns; all lines except the first start with `indent`. A longer word gets
/// its own line, without an indentation that would make it too long. Text that fits, or without a width, is not
/// wrapped. ANSI colors take no room.
pub(crate) fn wrapped(text: &str, width: Option<usize>, indent: &str) -> String {
    let Some(width) = width.filter(|width| measure_text_width(text) > *width) else {
        return format!("{text}\n");
    };
    let mut lines = String::new();
    let mut used = 0;
    let lead = text.len() - text.trim_start().len();
    let lead = text.get(..lead).unwrap_or_default();
    for (at, word) in text.trim().split(' ').enumerate() {
        let wide = measure_text_width(word);
        let before = if at == 0 {
            lead
        } else if used + 1 + wide > width {
            let end = lines.trim_end_matches(' ').len();
            lines.truncate(end);
            lines.push('\n');
            used = 0;
            indent
        } else {
            " "
        };
        let only_without = wide <= width && before.len() + wide > width;
        let before = if only_without { "" } else { before };
        lines.push_str(before);
        lines.push_str(word);
        used += before.len() + wide;
    }
    lines.push('\n');
    lines
}

/// Joins parts into a line with gaps between them; into several lines if they do not fit. A part is escaped here,
/// because a line end in it would not be told from those between the lines.
pub(crate) fn beside(parts: &[String], width: Option<usize>) -> String {
    const ROOM: &str = "   ";
    const INDENT: &str = "  ";
    let fits = |indent: usize, line: &[Cow<'_, str>], part: &str| {
        let used: usize = line.iter().map(|part| part.width() + ROOM.len()).sum();
        width.is_none_or(|width| indent + used + part.width() <= width)
    };
    let mut lines: Vec<Vec<Cow<'_, str>>> = Vec::new();
    for part in parts.iter().map(|part| escape(part)) {
        let indent = if lines.len() > 1 { INDENT.len() } else { 0 };
        match lines.last_mut() {
            Some(line) if fits(indent, line, &part) => line.push(part),
            _ => lines.push(vec![part]),
        }
    }
    // A part is not left alone on the last line.
    if let [.., before, last] = lines.as_mut_slice()
        && let ([_, _, ..], [alone]) = (before.as_slice(), last.as_slice())
        && let Some(moved) = before.pop_if(|part| fits(INDENT.len(), &[Cow::Borrowed(alone)], part))
    {
        last.insert(0, moved);
    }
    let lines: Vec<String> = lines.iter().map(|line| line.join(ROOM)).collect();
    lines.join(&format!("\n{INDENT}"))
}

/// Formats a moment (RFC 3339) in UTC: the time if it is today, else the date and the minute.
pub(crate) fn when(at: &str, now: Timestamp) -> String {
    let Ok(at) = at.parse::<Timestamp>() else {
        return "-".into();
    };
    let day = |at: Timestamp| at.strftime("%Y-%m-%d").to_string();
    let year = |at: Timestamp| at.strftime("%Y").to_string();
    let form = match (day(at) == day(now), year(at) == year(now)) {
        (true, _) => "%H:%M:%S",
        (false, true) => "%d %b %H:%M",
        (false, false) => "%Y-%m-%d %H:%M",
    };
    at.strftime(form).to_string()
}

/// Shortens an endpoint by its defaults: `127.0.0.1:6379` for `redis://127.0.0.1:6379/0`.
pub(crate) fn address(endpoint: &str) -> &str {
    let schemes = ["redis://", "rediss://", "valkey://", "valkeys://"];
    let rest = schemes
        .iter()
        .find_map(|scheme| endpoint.strip_prefix(scheme));
    match rest {
        Some(rest) => rest.strip_suffix("/0").unwrap_or(rest),
        None => endpoint,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_that_do_not_fit_go_to_more_lines_and_none_is_left_alone() {
        let parts = ["property prp_1 of acme", "expires in 5 min", "468 B"].map(str::to_owned);
        assert_eq!(
            beside(&parts, None),
            "property prp_1 of acme   expires in 5 min   468 B"
        );
        assert_eq!(
            beside(&parts, Some(48)),
            "property prp_1 of acme\n  expires in 5 min   468 B"
        );
        assert_eq!(
            beside(&parts, Some(49)),
            "property prp_1 of acme   expires in 5 min   468 B"
        );
        assert_eq!(
            beside(&parts, Some(20)),
            "property prp_1 of acme\n  expires in 5 min\n  468 B"
        );
    }

    #[test]
    fn bytes_are_shown_with_three_digits_at_most_and_one_decimal() {
        let shown = [
            0,
            1023,
            1024,
            1536,
            102_400,
            1_048_575,
            50_000_000,
            u64::MAX,
        ]
        .map(bytes);
        assert_eq!(
            shown,
            [
                "0 B", "1023 B", "1.0 KiB", "1.5 KiB", "100 KiB", "1.0 MiB", "47.7 MiB", "16.0 EiB"
            ]
        );
    }

    #[test]
    fn a_word_that_fits_the_line_only_without_the_indentation_gets_none() {
        let name = "n".repeat(19);
        for text in [
            format!("hostname {name} of acme"),
            format!("  {name} of acme"),
        ] {
            let lines = wrapped(&text, Some(20), "  ");
            assert!(lines.lines().any(|line| line == name), "{lines}");
            assert!(lines.lines().all(|line| line.len() <= 20), "{lines}");
        }
        assert_eq!(wrapped("aa bb", Some(4), "  "), "aa\n  bb\n");
    }

    #[test]
    fn counts_have_the_right_singular_and_plural() {
        let shown = [
            (0, "key"),
            (1, "entry"),
            (2, "entry"),
            (30_000, "field"),
            (1_234_567, "item"),
            (7, "day"),
        ]
        .map(|(number, word)| count(number, word));
        let expected = [
            "0 keys",
            "1 entry",
            "2 entries",
            "30,000 fields",
            "1,234,567 items",
            "7 days",
        ];
        assert_eq!(shown, expected);
    }

    #[test]
    fn an_address_is_shown_without_its_defaults() {
        let shown = [
            "redis://127.0.0.1:6379/0",
            "rediss://cache.example:6380/3",
            "unix:///run/valkey.sock",
        ]
        .map(address);
        let expected = [
            "127.0.0.1:6379",
            "cache.example:6380/3",
            "unix:///run/valkey.sock",
        ];
        assert_eq!(shown, expected);
    }
}
