//! How the trail of invalidations is shown.

use crate::domain::trail::Recorded;
use crate::output::document::Customers;
use crate::output::stream::{Error, Output};
use crate::output::table::{Column, Rows};
use serde::Serialize;

/// The trail.
#[derive(Debug)]
pub struct Log {
    /// Whose.
    pub customers: Vec<String>,
    /// Newest first.
    pub entries: Vec<Recorded>,
    /// What could not be read.
    pub notes: Vec<String>,
}

#[derive(Serialize)]
struct Body<'a> {
    entries: &'a [Recorded],
}

impl Log {
    /// Tells it on stdout.
    pub fn show(&self, out: &Output, endpoint: &str) -> Result<(), Error> {
        self.notes.iter().for_each(|note| out.warn(note));
        if out.is_json() {
            let names = self.customers.iter().map(String::as_str);
            let body = Body {
                entries: &self.entries,
            };
            return out.document("alecs-cache/log/1", endpoint, Customers::of(names), body);
        }
        let mut rows = Rows::new(&[
            Column::Text("at"),
            Column::Text("customer"),
            Column::Text("who"),
            Column::Number("removed"),
            Column::Number("softened"),
            Column::Number("restored"),
            Column::Number("host names"),
            Column::Text("undo"),
            Column::Text("command"),
        ]);
        for entry in &self.entries {
            rows.push([
                entry.at.clone(),
                entry.customer.clone(),
                entry.who.clone(),
                entry.removed.to_string(),
                entry.softened.to_string(),
                entry.restored.to_string(),
                entry.fields.to_string(),
                entry.undo_id.clone().unwrap_or_else(|| "-".into()),
                entry.command.clone(),
            ]);
        }
        if rows.is_empty() {
            out.note(&format!("nothing was invalidated on {endpoint} yet"));
            return Ok(());
        }
        out.table(rows)
    }
}
