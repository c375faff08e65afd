//! Comma-separated values (RFC 4180) that a spreadsheet reads as data and never as a formula.

/// Formats one line, with its line end.
pub(crate) fn line<T: AsRef<str>>(cells: impl IntoIterator<Item = T>) -> String {
    let cells: Vec<_> = cells.into_iter().map(|text| cell(text.as_ref())).collect();
    format!("{}\r\n", cells.join(","))
}

/// Formats one cell. Text that a spreadsheet would calculate (`=+-@`, also after a tab or a carriage return) gets a
/// leading apostrophe, which marks text; a plain negative number stays a number. A line end becomes a space: a search
/// text must not start a line, because a CI system could read a command there.
fn cell(text: &str) -> String {
    let formula = text.starts_with(['=', '+', '-', '@', '\t', '\r']) && !is_number(text);
    let text = text.replace(['\n', '\r'], " ");
    let marked = if formula { format!("'{text}") } else { text };
    if formula || marked.contains([',', '"']) {
        format!("\"{}\"", marked.replace('"', "\"\""))
    } else {
        marked
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
    fn separators_and_quotes_are_quoted_and_line_ends_are_spaces() {
        assert_eq!(
            line(["a,b", "say \"x\"", "1\r\n::error::2"]),
            "\"a,b\",\"say \"\"x\"\"\",1  ::error::2\r\n"
        );
    }

    #[test]
    fn a_cell_that_would_be_calculated_is_marked_as_text() {
        let cells = ["=1+1", "+1", "-1+cmd", "@SUM(A1)", "\t=1", "\r=1", "-"];
        assert_eq!(
            line(cells),
            "\"'=1+1\",\"'+1\",\"'-1+cmd\",\"'@SUM(A1)\",\"'\t=1\",\"' =1\",\"'-\"\r\n"
        );
    }
}
