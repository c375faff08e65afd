//! Value of a key as text or a table for people.

use crate::domain::inspect::content::{Content, NameValue, json};
use crate::domain::inspect::escaped_bytes::escape_bytes;
use crate::domain::json::compact;
use crate::output::escape::escape;
use crate::output::pretty;
use crate::output::table::{Column, Rows};
use crate::output::{Output, WriteError, human};
use jiff::Timestamp;
use std::borrow::Cow;

/// Maximum length of a cell on a terminal, in characters.
const CELL: usize = 300;

/// Up to this many lines beyond the limit are shown anyway.
const MARGIN: usize = 4;

/// A value to show.
pub(super) struct ValueView<'a> {
    pub(super) content: &'a Content,
    /// True if the scores are timestamps in milliseconds since 1970.
    pub(super) timed: bool,
}

impl ValueView<'_> {
    /// Prints the value on stdout. A JSON object is limited to `most` lines, with a note of how many are left.
    pub(super) fn show(&self, out: &Output, most: Option<usize>) -> Result<(), WriteError> {
        match (self.content, most) {
            (Content::Text(bytes), Some(most)) if bytes.trim_ascii_start().starts_with(b"{") => {
                let text = text(bytes, out.color());
                let left = text.lines().count().saturating_sub(most);
                // Do not cut for the sake of a few closing brackets.
                let most = if left > MARGIN { most } else { usize::MAX };
                let lines: Vec<&str> = text.lines().take(most).collect();
                out.data(&format!("\n{}\n", lines.join("\n")))?;
                if most != usize::MAX {
                    let more = human::count(left as u64, "more line");
                    out.note(&format!("… {more}; --limit 0 shows all, --field a part"));
                }
                Ok(())
            }
            _ => self.show_whole(out),
        }
    }

    fn show_whole(&self, out: &Output) -> Result<(), WriteError> {
        match self.content {
            Content::Text(bytes) if bytes.is_empty() => Ok(()),
            Content::Text(bytes) => out.data(&format!("\n{}\n", text(bytes, out.color()))),
            Content::Other => Ok(()),
            _ => {
                let (rows, cut) = self.rows(Output::on_terminal());
                if rows.is_empty() {
                    return Ok(());
                }
                out.data("\n")?;
                out.table(rows)?;
                if cut {
                    out.note("long values are cut on a terminal; `-o json` shows them whole");
                }
                Ok(())
            }
        }
    }

    /// Prints the value alone; a JSON string without its quotes.
    pub(super) fn show_alone(&self, out: &Output) -> Result<(), WriteError> {
        let Content::Text(bytes) = self.content else {
            return self.show_whole(out);
        };
        if let Ok(plain) = serde_json::from_slice::<String>(bytes) {
            return out.line_of_report(&plain);
        }
        out.data(&format!("{}\n", text(bytes, out.color())))
    }

    /// Returns the table, and true if a cell was cut.
    fn rows(&self, terminal: bool) -> (Rows, bool) {
        let mut cut = false;
        let mut cell = |bytes: &[u8]| {
            let text = in_one_line(bytes);
            match text.char_indices().nth(CELL).filter(|_| terminal) {
                Some((end, _)) => {
                    cut = true;
                    format!("{}…", text.get(..end).unwrap_or_default())
                }
                None => text.into_owned(),
            }
        };
        if let Content::Hash(fields) = self.content
            && let Some(rows) = hosts(fields)
        {
            return (rows, false);
        }
        let mut rows;
        match self.content {
            Content::Text(_) | Content::Other => rows = Rows::new(&[]),
            Content::List(items) => {
                rows = Rows::new(&[Column::Number("#"), Column::Text("item")]);
                for (at, item) in items.iter().enumerate() {
                    rows.push([(at + 1).to_string(), cell(item)]);
                }
            }
            Content::Set(members) => {
                rows = Rows::new(&[Column::Text("member")]);
                for member in members {
                    rows.push([cell(member)]);
                }
            }
            Content::Hash(fields) => {
                rows = Rows::new(&[Column::Text("field"), Column::Text("value")]);
                for (name, value) in fields {
                    rows.push([escape_bytes(name).into_owned(), cell(value)]);
                }
            }
            Content::Sorted(members) => {
                let score = Column::Number("score");
                let member = Column::Text("member");
                rows = if self.timed {
                    Rows::new(&[score, Column::Text("time"), member])
                } else {
                    Rows::new(&[score, member])
                };
                for (member, score) in members {
                    let mut row = vec![score.to_string()];
                    row.extend(self.timed.then(|| time(*score)));
                    row.push(cell(member));
                    rows.push(row);
                }
            }
            Content::Stream(entries) => {
                let heads = ["entry", "field", "value"];
                rows = Rows::new(&heads.map(Column::Text));
                for (id, fields) in entries {
                    let mut id = id.as_str();
                    for (name, value) in fields {
                        rows.push([id.to_owned(), escape_bytes(name).into_owned(), cell(value)]);
                        id = "";
                    }
                }
            }
        }
        (rows, cut)
    }
}

/// Table of a hash of host names with their properties; `None` for any other hash.
fn hosts(fields: &[NameValue]) -> Option<Rows> {
    let mut rows = Rows::new(&[
        Column::Whole("hostname"),
        Column::Whole("property"),
        Column::Text("name"),
    ])
    .names(&["hostname", "name"]);
    for (name, value) in fields {
        let value: serde_json::Value = serde_json::from_slice(value).ok()?;
        let id = value.get("propertyId")?.as_str()?;
        let property = value.pointer("/property/propertyName");
        let property = property.and_then(serde_json::Value::as_str).unwrap_or("-");
        rows.push([escape_bytes(name).as_ref(), id, property]);
    }
    Some(rows)
}

/// Formats a value for people: JSON pretty-printed, anything else as text.
fn text(bytes: &[u8], color: bool) -> String {
    match json(bytes) {
        Some(json) => pretty::for_people(json, color),
        None => escape(&escape_bytes(bytes)).into_owned(),
    }
}

fn in_one_line(bytes: &[u8]) -> Cow<'_, str> {
    match json(bytes) {
        Some(json) => compact(json).into(),
        None => escape_bytes(bytes),
    }
}

/// Formats a score as a timestamp; `-` if it is not one.
fn time(score: f64) -> String {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "the cast saturates, beyond what a moment can be"
    )]
    let moment = Timestamp::from_millisecond(score as i64);
    moment.map_or_else(
        |_| "-".into(),
        |moment| moment.strftime("%Y-%m-%d %H:%M:%SZ").to_string(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(content: &Content) -> ValueView<'_> {
        ValueView {
            content,
            timed: false,
        }
    }

    fn table(content: &Content) -> String {
        shown(content).rows(false).0.text(false, None)
    }

    fn pair(name: &str, value: &str) -> NameValue {
        (name.into(), value.into())
    }

    #[test]
    fn collections_are_tables_for_people() {
        assert_eq!(
            table(&Content::List(vec![
                b"v5".to_vec(),
                b"{ \"a\": 1 }".to_vec()
            ])),
            "#  ITEM\n1  v5\n2  {\"a\":1}\n"
        );
        assert_eq!(
            table(&Content::Hash(vec![
                pair("a.b", "{\"x\": [1]}"),
                pair("caf", "x\ny")
            ])),
            "FIELD  VALUE\na.b    {\"x\":[1]}\ncaf    x\\ny\n"
        );
        assert_eq!(
            table(&Content::Sorted(vec![
                (b"m".to_vec(), 1.5),
                (b"\xff".to_vec(), f64::INFINITY)
            ])),
            "SCORE  MEMBER\n  1.5  m\n  inf  \\xff\n"
        );
        assert_eq!(
            table(&Content::Stream(vec![
                ("6-1".into(), vec![pair("who", "ci"), pair("removed", "2")]),
                ("5-1".into(), vec![pair("who", "ops")]),
            ])),
            "ENTRY  FIELD    VALUE\n6-1    who      ci\n       removed  2\n5-1    who      ops\n"
        );
    }

    #[test]
    fn scores_that_are_timestamps_are_shown_as_such() {
        let shown = ValueView {
            content: &Content::Sorted(vec![(b"prp_1".to_vec(), 1_795_392_000_123.0)]),
            timed: true,
        };
        assert_eq!(
            shown.rows(false).0.text(false, None),
            "        SCORE  TIME                  MEMBER\n1795392000123  2026-11-23 00:00:00Z  prp_1\n"
        );
    }

    #[test]
    fn a_long_cell_is_cut_on_a_terminal_only() {
        let content = Content::List(vec!["ü".repeat(1000).into_bytes()]);
        let long = shown(&content);
        let (rows, cut) = long.rows(true);
        assert!(cut && rows.text(false, None).ends_with("ü…\n"));
        assert!(!long.rows(false).1);
    }
}
