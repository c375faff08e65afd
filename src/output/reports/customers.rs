//! The list of customers.

use crate::output::human::{address, count, duration, grouped};
use crate::output::table::{Column, Rows};
use crate::output::{Error, Output};
use jiff::Timestamp;
use serde::Serialize;
use std::time::Duration;

/// The customers, and the names that cannot be one.
#[derive(Debug)]
pub(crate) struct CustomersList {
    /// One line for each.
    pub customers: Vec<CustomerLine>,
    /// Names in the keyspace that this tool refuses.
    pub refused: Vec<String>,
    /// Unix seconds.
    pub now: u64,
}

/// A customer.
#[derive(Debug)]
pub(crate) struct CustomerLine {
    /// The name.
    pub customer: String,
    /// The section of `.edgerc`, where there is one.
    pub section: Option<String>,
    /// Keys in the cache.
    pub keys: u64,
    /// How long ago the last warm run was.
    pub last_warm: Option<Duration>,
    /// Percent, of seven days; `None` without any reads.
    pub hit_rate: Option<f64>,
}

#[derive(Serialize)]
struct CustomerItem<'a> {
    customer: &'a str,
    section: Option<&'a str>,
    keys: u64,
    last_warm: Option<String>,
    hit_rate: Option<f64>,
}

#[derive(Serialize)]
struct CustomersDocument<'a> {
    schema: &'static str,
    endpoint: &'a str,
    elapsed_ms: u64,
    customers: Vec<CustomerItem<'a>>,
    not_manageable: &'a [String],
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
            return out.json(&CustomersDocument {
                schema: "alecs-cache/customers/1",
                endpoint,
                elapsed_ms: u64::try_from(out.elapsed().as_millis()).unwrap_or(u64::MAX),
                customers: self.customers.iter().map(|line| self.item(line)).collect(),
                not_manageable: &self.refused,
            });
        }
        let keys = self.customers.iter().map(|line| line.keys).sum();
        out.note(&format!(
            "{} on {}, {}",
            count(self.customers.len() as u64, "customer"),
            address(endpoint),
            count(keys, "key")
        ));
        warn_of_not_manageable(out, &self.refused);
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
            let rate = line.hit_rate.map(|rate| format!("{rate:.1}%"));
            let ago = line.last_warm.map(|span| format!("{} ago", duration(span)));
            rows.push([
                line.customer.clone(),
                line.section
                    .as_ref()
                    .map_or("none".into(), |name| format!("[{name}]")),
                grouped(line.keys),
                ago.unwrap_or_else(|| "-".into()),
                rate.unwrap_or_else(|| "-".into()),
            ]);
        }
        out.table(rows)
    }

    fn item<'a>(&self, line: &'a CustomerLine) -> CustomerItem<'a> {
        let at = line.last_warm.and_then(|ago| {
            let seconds = self.now.saturating_sub(ago.as_secs());
            Timestamp::from_second(i64::try_from(seconds).ok()?).ok()
        });
        CustomerItem {
            customer: &line.customer,
            section: line.section.as_deref(),
            keys: line.keys,
            last_warm: at.map(|at| at.to_string()),
            hit_rate: line.hit_rate,
        }
    }
}
