//! How what was measured is shown: as tables, as JSON, or for Prometheus.

mod exposition;
mod sentences;
mod tables;

use crate::domain::stats::StatsReport;
use crate::output::{Error, Format, Output};
use serde::Serialize;

/// A report with what is needed to show it.
#[derive(Debug)]
pub(crate) struct StatsView<'a> {
    /// The report.
    pub report: &'a StatsReport,
    /// The customers that were asked for; `None` for all that there are.
    pub asked: Option<Vec<&'a str>>,
    /// What a call costs, in dollars.
    pub price: f64,
    /// When it was measured, in unix seconds.
    pub at: u64,
}

/// The envelope without `customers`, which in this document are rows.
#[derive(Serialize)]
struct StatsDocument<'a> {
    schema: &'static str,
    endpoint: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    customer: Option<&'a str>,
    elapsed_ms: u64,
    #[serde(flatten)]
    report: &'a StatsReport,
}

impl StatsView<'_> {
    /// Tells it on stdout.
    pub(crate) fn show(&self, out: &Output, endpoint: &str) -> Result<(), Error> {
        match out.options().format {
            Format::Json => out.json(&StatsDocument {
                schema: "alecs-cache/stats/1",
                endpoint,
                customer: match self.asked.as_deref() {
                    Some([one]) => Some(one),
                    _ => None,
                },
                elapsed_ms: u64::try_from(out.elapsed().as_millis()).unwrap_or(u64::MAX),
                report: self.report,
            }),
            Format::Prometheus => out.data(&self.prometheus()),
            Format::Table | Format::Csv => self.tables(out, endpoint),
        }
    }
}
