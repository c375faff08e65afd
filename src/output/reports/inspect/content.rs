//! The value of a key: as JSON for programs, as text or a table for people.

use crate::domain::inspect::content::{Content, NameValue};
use crate::domain::inspect::escaped_bytes::spelled;
use crate::domain::json::compact;
use crate::output::escape::escape;
use crate::output::pretty;
use crate::output::table::{Column, Rows};
use crate::output::{Error, Output, human};
use jiff::Timestamp;
use serde::ser::{Serialize, SerializeMap, SerializeSeq, Serializer};
use serde_json::value::RawValue;
use std::borrow::Cow;

/// So much of a cell is shown on a terminal, in characters.
const CELL: usize = 300;

/// So many lines more than were asked for are shown all the same.
const MARGIN: usize = 4;

/// A value that can be shown.
#[derive(Debug)]
pub(crate) struct ValueView {
    /// What was read.
    pub content: Content,
    /// Whether scores are moments, in milliseconds since 1970.
    pub timed: bool,
}

impl ValueView {
    /// Tells it on stdout; of a JSON object `most` lines, and says how many are left.
    pub(crate) fn show(&self, out: &Output, most: Option<usize>) -> Result<(), Error> {
        match (&self.content, most) {
            (Content::Text(bytes), Some(most)) if bytes.trim_ascii_start().starts_with(b"{") => {
                let text = text(bytes, out.color());
                let left = text.lines().count().saturating_sub(most);
                // Brackets at the end are no reason to leave out anything.
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

    fn show_whole(&self, out: &Output) -> Result<(), Error> {
        match &self.content {
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

    /// Writes it without anything around it; a text without its quotes.
    pub(crate) fn show_alone(&self, out: &Output) -> Result<(), Error> {
        let Content::Text(bytes) = &self.content else {
            return self.show_whole(out);
        };
        if let Ok(plain) = serde_json::from_slice::<String>(bytes) {
            return out.line_of_report(&plain);
        }
        out.data(&format!("{}\n", text(bytes, out.color())))
    }

    /// The table, and whether something in it was cut.
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
        if let Content::Hash(fields) = &self.content
            && let Some(rows) = hosts(fields)
        {
            return (rows, false);
        }
        let mut rows;
        match &self.content {
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
                    rows.push([spelled(name).into_owned(), cell(value)]);
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
                        rows.push([id.to_owned(), spelled(name).into_owned(), cell(value)]);
                        id = "";
                    }
                }
            }
        }
        (rows, cut)
    }
}

/// A hash of host names: each with its property; `None` for any other hash.
fn hosts(fields: &[NameValue]) -> Option<Rows> {
    let mut rows = Rows::new(&[
        Column::Whole("hostname"),
        Column::Whole("property"),
        Column::Text("name"),
    ])
    .names(&["name"]);
    for (name, value) in fields {
        let value: serde_json::Value = serde_json::from_slice(value).ok()?;
        let id = value.get("propertyId")?.as_str()?;
        let property = value.pointer("/property/propertyName");
        let property = property.and_then(serde_json::Value::as_str).unwrap_or("-");
        rows.push([spelled(name).as_ref(), id, property]);
    }
    Some(rows)
}

/// A value for people: JSON in lines, anything else as text.
fn text(bytes: &[u8], color: bool) -> String {
    match json(bytes) {
        Some(json) => pretty::for_people(json, color),
        None => escape(&spelled(bytes)).into_owned(),
    }
}

fn in_one_line(bytes: &[u8]) -> Cow<'_, str> {
    match json(bytes) {
        Some(json) => compact(json).into(),
        None => spelled(bytes),
    }
}

/// The text, where it is JSON.
fn json(bytes: &[u8]) -> Option<&str> {
    let raw: &RawValue = serde_json::from_slice(bytes).ok()?;
    Some(raw.get())
}

/// The moment that a score names; `-` where it names none.
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

/// A value as JSON where it is JSON, else as a text.
struct ValueText<'a>(&'a [u8]);

impl Serialize for ValueText<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let raw = json(self.0).and_then(|json| RawValue::from_string(compact(json)).ok());
        match raw {
            Some(raw) => raw.serialize(serializer),
            None => serializer.serialize_str(&spelled(self.0)),
        }
    }
}

/// Named values as an object.
struct Fields<'a>(&'a [NameValue]);

impl Serialize for Fields<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (name, value) in self.0 {
            map.serialize_entry(&spelled(name), &ValueText(value))?;
        }
        map.end()
    }
}

#[derive(serde::Serialize)]
struct Scored<'a> {
    member: Cow<'a, str>,
    /// JSON has no infinite numbers; Valkey has.
    score: serde_json::Value,
}

#[derive(serde::Serialize)]
struct StreamItem<'a> {
    id: &'a str,
    fields: Fields<'a>,
}

impl Serialize for ValueView {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.content {
            Content::Text(bytes) => ValueText(bytes).serialize(serializer),
            Content::Hash(fields) => Fields(fields).serialize(serializer),
            Content::Other => serializer.serialize_none(),
            Content::List(items) | Content::Set(items) => {
                each(serializer, items, |item| ValueText(item))
            }
            Content::Sorted(members) => each(serializer, members, |(member, score)| Scored {
                member: spelled(member),
                score: if score.is_finite() {
                    (*score).into()
                } else {
                    score.to_string().into()
                },
            }),
            Content::Stream(entries) => each(serializer, entries, |(id, fields)| StreamItem {
                id,
                fields: Fields(fields),
            }),
        }
    }
}

fn each<'a, S: Serializer, T, U: Serialize>(
    serializer: S,
    items: &'a [T],
    shown: impl Fn(&'a T) -> U,
) -> Result<S::Ok, S::Error> {
    let mut seq = serializer.serialize_seq(Some(items.len()))?;
    items
        .iter()
        .try_for_each(|item| seq.serialize_element(&shown(item)))?;
    seq.end()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(content: Content) -> ValueView {
        ValueView {
            content,
            timed: false,
        }
    }

    fn table(content: Content) -> String {
        shown(content).rows(false).0.text(false, None)
    }

    fn pair(name: &str, value: &str) -> NameValue {
        (name.into(), value.into())
    }

    #[test]
    fn collections_are_tables_for_people() {
        assert_eq!(
            table(Content::List(vec![
                b"v5".to_vec(),
                b"{ \"a\": 1 }".to_vec()
            ])),
            "#  ITEM\n1  v5\n2  {\"a\":1}\n"
        );
        assert_eq!(
            table(Content::Hash(vec![
                pair("a.b", "{\"x\": [1]}"),
                pair("caf", "x\ny")
            ])),
            "FIELD  VALUE\na.b    {\"x\":[1]}\ncaf    x\\ny\n"
        );
        assert_eq!(
            table(Content::Sorted(vec![
                (b"m".to_vec(), 1.5),
                (b"\xff".to_vec(), f64::INFINITY)
            ])),
            "SCORE  MEMBER\n  1.5  m\n  inf  \\xff\n"
        );
        assert_eq!(
            table(Content::Stream(vec![
                ("6-1".into(), vec![pair("who", "ci"), pair("removed", "2")]),
                ("5-1".into(), vec![pair("who", "ops")]),
            ])),
            "ENTRY  FIELD    VALUE\n6-1    who      ci\n       removed  2\n5-1    who      ops\n"
        );
    }

    #[test]
    fn scores_that_are_moments_are_told_as_such() {
        let shown = ValueView {
            content: Content::Sorted(vec![(b"prp_1".to_vec(), 1_795_392_000_123.0)]),
            timed: true,
        };
        assert_eq!(
            shown.rows(false).0.text(false, None),
            "        SCORE  TIME                  MEMBER\n1795392000123  2026-11-23 00:00:00Z  prp_1\n"
        );
    }

    #[test]
    fn a_long_cell_is_cut_on_a_terminal_only() {
        let long = shown(Content::List(vec!["ü".repeat(1000).into_bytes()]));
        let (rows, cut) = long.rows(true);
        assert!(cut && rows.text(false, None).ends_with("ü…\n"));
        assert!(!long.rows(false).1);
    }

    #[test]
    fn programs_read_what_stands_there() {
        let json = |content| serde_json::to_string(&shown(content)).unwrap();
        assert_eq!(
            json(Content::Text(b" {\"a\" : 1e400, \"a\": 1.0}\n".to_vec())),
            r#"{"a":1e400,"a":1.0}"#
        );
        assert_eq!(json(Content::Text(b"caf\xe9".to_vec())), r#""caf\\xe9""#);
        assert_eq!(
            json(Content::Hash(vec![pair("b", "x"), pair("a", "1")])),
            r#"{"b":"x","a":1}"#
        );
        assert_eq!(
            json(Content::Sorted(vec![
                (b"m".to_vec(), 5.0),
                (b"n".to_vec(), f64::INFINITY)
            ])),
            r#"[{"member":"m","score":5.0},{"member":"n","score":"inf"}]"#
        );
        assert_eq!(
            json(Content::Stream(vec![(
                "1-1".into(),
                vec![pair("who", "me")]
            )])),
            r#"[{"id":"1-1","fields":{"who":"me"}}]"#
        );
        assert_eq!(json(Content::Other), "null");
    }
}
