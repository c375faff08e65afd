//! Comma-separated values (RFC 4180) that a spreadsheet reads as data and never as a formula.

use super::escape::escape;

/// Formats one line, with its line end.
pub(crate) fn line<T: AsRef<str>>(cells: impl IntoIterator<Item = T>) -> String {
    let cells: Vec<_> = cells.into_iter().map(|text| cell(text.as_ref())).collect();
    format!("{}\r\n", cells.join(","))
}

/// Formats one cell. Text that a spreadsheet would calculate (`=+-@`, also after a tab or a carriage return) gets a
/// leading apostrophe, which marks text; a plain negative number stays a number. Control characters and commands of CI
/// systems are escaped: logs and terminals show the file.
fn cell(text: &str) -> String {
    let formula = text.starts_with(['=', '+', '-', '@', '\t', '\r']) && !is_number(text);
    let text = escape(text);
    let marked = if formula {
        format!("'{text}").into()
    } else {
        text
    };
    if formula || marked.contains([',', '"']) {
        format!("\"{}\"", marked.replace('"', "\"\""))
    } else {
        marked.into_owned()
    }
}

fn is_number(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    digits.starts_with(|c: char| c.is_ascii_digit())
        && digits.chars().all(|c| c.is_ascii_digit() || c == '.')
        && text.parse::<f64>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_cells_are_unchanged() {
        assert_eq!(line(["a", "", "b c", "12.5", "-3"]), "a,,b c,12.5,-3\r\n");
    }

    #[test]
    fn separators_and_quotes_are_quoted_and_line_ends_and_commands_are_escaped() {
        assert_eq!(
            line(["::error::x", "a,b", "say \"x\"", "1\r\n::error::2\u{1b}"]),
            "\\::error::x,\"a,b\",\"say \"\"x\"\"\",1\\r\\n::error::2\\u{1b}\r\n"
        );
    }

    #[test]
    fn a_cell_that_would_be_calculated_is_marked_as_text() {
        let cells = ["=1+1", "+1", "-1+cmd", "@SUM(A1)", "\t=1", "\r=1", "-"];
        assert_eq!(
            line(cells),
            "\"'=1+1\",\"'+1\",\"'-1+cmd\",\"'@SUM(A1)\",\"'\\t=1\",\"'\\r=1\",\"'-\"\r\n"
        );
    }
}
