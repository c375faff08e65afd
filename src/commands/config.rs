//! `config`: every setting, its value, and where it came from.

use crate::exit::{Exit, Failure};
use crate::output::document::Customers;
use crate::output::table::{Column, Rows};
use crate::output::{Format, Output};
use crate::settings::{Row, Settings};
use clap::Args;
use serde::Serialize;

/// The forms of output that it has.
pub const FORMATS: &[Format] = &[Format::Table, Format::Json];

/// The command's own options.
#[derive(Debug, Args)]
pub struct ConfigArgs {}

#[derive(Serialize)]
struct Report<'a> {
    settings: Vec<Line<'a>>,
}

#[derive(Serialize)]
struct Line<'a> {
    setting: &'a str,
    value: Option<&'a str>,
    /// `flag`, `environment`, `profile`, `file` or `default`.
    origin: &'static str,
    /// The flag, the variable, or the file and line.
    from: Option<String>,
}

/// Shows them; secrets are masked.
pub fn run(settings: &Settings, out: &Output) -> Result<Exit, Failure> {
    if out.is_json() {
        let report = Report {
            settings: settings.rows.iter().map(line).collect(),
        };
        let customers = Customers::of(settings.customers.texts());
        out.document(
            "alecs-cache/config/1",
            &settings.endpoint(),
            customers,
            report,
        )?;
    } else {
        let mut rows = Rows::new(&[
            Column::Text("setting"),
            Column::Text("value"),
            Column::Text("origin"),
        ]);
        for Row {
            setting,
            value,
            origin,
        } in &settings.rows
        {
            rows.push([
                setting,
                value.as_deref().unwrap_or("-"),
                &origin.to_string(),
            ]);
        }
        out.table(rows)?;
    }
    Ok(Exit::Done)
}

fn line(row: &Row) -> Line<'_> {
    let origin = row.origin.kind();
    Line {
        setting: &row.setting,
        value: row.value.as_deref(),
        origin,
        from: (origin != "default").then(|| row.origin.to_string()),
    }
}
