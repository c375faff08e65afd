//! Report of `customers`.

use crate::output::human::{address, count, duration, grouped};
use crate::output::reports::hit_rate::percent;
use crate::output::table::{Column, Rows};
use crate::output::{Output, WriteError};
use serde::Serialize;
use std::time::Duration;

/// The customers, and the names that cannot be customers.
#[derive(Debug, Serialize)]
pub(crate) struct CustomersList {
    /// The customers shown.
    pub customers: Vec<CustomerLine>,
    /// Number of all customers.
    pub total: usize,
    /// Keys of all customers.
    #[serde(skip)]
    pub keys: u64,
    /// Names in the keyspace that this tool refuses.
    pub not_manageable: Vec<String>,
}

/// One customer.
#[derive(Debug, Serialize)]
pub(crate) struct CustomerLine {
    pub customer: String,
    /// Its section of `.edgerc`, if there is one.
    pub section: Option<String>,
    /// Cached keys.
    pub keys: u64,
    /// When the last warm run ended, as RFC 3339 in UTC.
    pub last_warm: Option<String>,
    /// Time since the last warm run.
    #[serde(skip)]
    pub age: Option<Duration>,
    /// Hit rate of seven days in percent; `None` without reads.
    pub hit_rate: Option<f64>,
}

/// Warns of names that the ALECS server accepts as customers but this tool refuses.
pub(crate) fn warn_of_not_manageable(out: &Output, names: &[String]) {
    if !names.is_empty() {
        out.warn(&format!(
            "not manageable, because their names are not allowed here: {}",
            names.join(", ")
        ));
    }
}

impl CustomersList {
    /// Prints the customers.
    pub(crate) fn show(&self, out: &Output, endpoint: &str) -> Result<(), WriteError> {
        if out.is_json() {
            return out.document_of_customers("customers", endpoint, None, self);
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
