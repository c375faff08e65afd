//! Report of `stats`: as tables, as JSON, or for Prometheus.

mod exposition;
mod sentences;
mod tables;

use crate::domain::stats::StatsReport;
use crate::output::{Format, Output, WriteError};

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
    pub(crate) fn show(&self, out: &Output, endpoint: &str) -> Result<(), WriteError> {
        match out.options().format {
            Format::Json => {
                let only = match self.asked.as_deref() {
                    Some([one]) => Some(*one),
                    _ => None,
                };
                out.document_of_customers("stats", endpoint, only, self.report)
            }
            Format::Prometheus => out.data(&self.prometheus()),
            Format::Table | Format::Csv => self.tables(out, endpoint),
        }
    }
}
