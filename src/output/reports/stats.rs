//! How what was measured is shown: as tables, as JSON, or for Prometheus.

mod exposition;
mod sentences;
mod tables;

use crate::domain::stats::StatsReport;
use crate::output::document::CustomerNames;
use crate::output::{Error, Format, Output};

/// A report with what is needed to show it.
#[derive(Debug)]
pub(crate) struct StatsView<'a> {
    pub report: &'a StatsReport,
    /// The customers that were asked for; `None` for all that there are.
    pub asked: Option<Vec<&'a str>>,
    /// What a call costs, in dollars.
    pub price: f64,
    /// When it was measured, in unix seconds.
    pub at: u64,
}

impl StatsView<'_> {
    /// Prints it on stdout.
    pub(crate) fn show(&self, out: &Output, endpoint: &str) -> Result<(), Error> {
        match out.options().format {
            Format::Json => {
                // Customers are rows of this document: it names one in its head alone.
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
