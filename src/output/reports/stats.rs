//! Report of `stats`: as tables, as JSON, or for Prometheus.

mod exposition;
mod sentences;
mod tables;

use crate::domain::stats::StatsReport;
use crate::output::document::CustomerNames;
use crate::output::{Error, Format, Output};

/// The report with everything needed to show it.
#[derive(Debug)]
pub(crate) struct StatsView<'a> {
    pub report: &'a StatsReport,
    /// Requested customers; `None` for all.
    pub asked: Option<Vec<&'a str>>,
    /// Price of an API call, in dollars.
    pub price: f64,
    /// Time of the measurement, in Unix seconds.
    pub at: u64,
}

impl StatsView<'_> {
    /// Prints the report on stdout.
    pub(crate) fn show(&self, out: &Output, endpoint: &str) -> Result<(), Error> {
        match out.options().format {
            Format::Json => {
                // Customers are rows of this document, so its head names only a single one.
                let one = match self.asked.as_deref() {
                    Some([one]) => Some(CustomerNames::Customer(one)),
                    _ => None,
                };
                out.document("alecs-cache/stats/1", endpoint, one, self.report)
            }
            Format::Prometheus => out.data(&self.prometheus()),
            Format::Table | Format::Csv => self.tables(out, endpoint),
        }
    }
}
