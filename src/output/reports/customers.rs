//! The list of customers.

use crate::output::human::{address, count, duration, grouped};
use crate::output::reports::hit_rate::percent;
use crate::output::table::{Column, Rows};
use crate::output::{Error, Output};
use serde::Serialize;
use std::time::Duration;

/// The customers, and the names that cannot be one.
#[derive(Debug, Serialize)]
pub(crate) struct CustomersList {
    /// A line for each that is shown.
    pub customers: Vec<CustomerLine>,
    /// How many there are.
    pub total: usize,
    /// Keys of all of them.
    #[serde(skip)]
    pub keys: u64,
    /// Names in the keyspace that this tool refuses.
    pub not_manageable: Vec<String>,
}

/// A customer.
#[derive(Debug, Serialize)]
pub(crate) struct CustomerLine {
    /// The name.
    pub customer: String,
    /// The section of `.edgerc`, where there is one.
    pub section: Option<String>,
    /// Keys in the cache.
    pub keys: u64,
    /// When the last warm run ended, as RFC 3339 in UTC.
    pub last_warm: Option<String>,
    /// How long ago that was.
    #[serde(skip)]
    pub age: Option<Duration>,
    /// Percent, of seven days; `None` without any reads.
    pub hit_rate: Option<f64>,
}

/// Warns of names that the ALECS server takes for customers and this tool does not.
pub(crate) fn warn_of_not_manageable(out: &Output, names: &[String]) {
    if !names.is_empty() {
        out.warn(&format!(
            "not manageable, because their names are not allowed here: {}",
            names.join(", ")
        ));
    }
}

impl CustomersList {
    /// Shows them.
    pub(crate) fn show(&self, out: &Output, endpoint: &str) -> Result<(), Error> {
        if out.is_json() {
            return out.document("alecs-cache/customers/1", endpoint, None, self);
        }
        out.note(&format!(
            "{} on {}, {}",
            count(self.total as u64, "customer"),
            address(endpoint),
            count(self.keys, "key")
        ));
        warn_of_not_manageable(out, &self.not_manageable);
        if self.customers.is_empty() {
            return Ok(());
        }
        let mut rows = Rows::new(&[
            Column::Text("customer"),
            Column::Text("section"),
            Column::Number("keys"),
            Column::Text("last warm"),
            Column::Number("hit rate"),
        ]);
        for line in &self.customers {
            let ago = line.age.map(|span| format!("{} ago", duration(span)));
            rows.push([
                line.customer.clone(),
                line.section
                    .as_ref()
                    .map_or("none".into(), |name| format!("[{name}]")),
                grouped(line.keys),
                ago.unwrap_or_else(|| "-".into()),
                percent(line.hit_rate),
            ]);
        }
        out.table(rows)?;
        out.note_of_more((self.total - self.customers.len()) as u64, "customer");
        Ok(())
    }
}
