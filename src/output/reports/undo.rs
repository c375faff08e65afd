//! How an undo, or the list of what can be undone, is shown.

use crate::output::document::Customers;
use crate::output::human;
use crate::output::stream::{Error, Output};
use crate::output::table::{Column, Rows};
use serde::Serialize;

/// What was put back.
#[derive(Debug, Serialize)]
pub struct Undone<'a> {
    /// The name of the undo file.
    pub undo_id: &'a str,
    /// Keys that are back.
    pub restored: u64,
    /// Fields of the hash of host names that are back.
    pub fields: u64,
    /// Something newer stands in their place.
    pub skipped_newer: u64,
    /// Their time was over.
    pub skipped_expired: u64,
    /// They were invalidated again since.
    pub skipped_invalidated: u64,
    /// For whom.
    #[serde(skip)]
    pub customers: Vec<&'a str>,
}

impl Undone<'_> {
    /// Tells it on stdout.
    pub fn show(&self, out: &Output, endpoint: &str) -> Result<(), Error> {
        if out.is_json() {
            let names = self.customers.iter().copied();
            return out.document("alecs-cache/undo/1", endpoint, Customers::of(names), self);
        }
        if out.is_quiet() {
            return Ok(());
        }
        let mut rows = Rows::new(&[
            Column::Text("undo"),
            Column::Number("restored"),
            Column::Number("host names"),
            Column::Number("newer"),
            Column::Number("expired"),
            Column::Number("invalidated again"),
        ]);
        let figures = [
            self.restored,
            self.fields,
            self.skipped_newer,
            self.skipped_expired,
            self.skipped_invalidated,
        ];
        rows.push(
            [self.undo_id.to_owned()]
                .into_iter()
                .chain(figures.map(|n| n.to_string())),
        );
        out.table(rows)
    }
}

/// One that can be undone.
#[derive(Debug, Serialize)]
pub struct Line {
    /// Its name.
    pub id: String,
    /// When, as RFC 3339 in UTC.
    pub at: String,
    /// Whose keys.
    pub customers: Vec<String>,
    /// Where they stood.
    pub endpoint: String,
    /// What they began with.
    pub prefix: String,
    /// Keys and fields saved.
    pub records: u64,
    /// Bytes on the disk.
    pub bytes: u64,
    /// What was typed.
    pub command: String,
}

/// Everything that can be undone, newest first.
#[derive(Debug, Serialize)]
pub struct Listed {
    /// One line each.
    pub undos: Vec<Line>,
}

impl Listed {
    /// Tells it on stdout.
    pub fn show(&self, out: &Output, endpoint: &str, customers: &[&str]) -> Result<(), Error> {
        if out.is_json() {
            let names = customers.iter().copied();
            return out.document("alecs-cache/undo/1", endpoint, Customers::of(names), self);
        }
        if self.undos.is_empty() {
            out.note("nothing can be undone");
            return Ok(());
        }
        let mut rows = Rows::new(&[
            Column::Text("id"),
            Column::Text("at"),
            Column::Text("customer"),
            Column::Number("saved"),
            Column::Number("size"),
            Column::Text("endpoint"),
            Column::Text("command"),
        ]);
        for line in &self.undos {
            rows.push([
                line.id.clone(),
                line.at.clone(),
                line.customers.join(", "),
                line.records.to_string(),
                human::bytes(line.bytes),
                line.endpoint.clone(),
                line.command.clone(),
            ]);
        }
        out.table(rows)
    }
}
