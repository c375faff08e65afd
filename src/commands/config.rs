//! `config`: shows every setting, its value and its origin.

pub(crate) mod init;

use crate::domain::nearest::did_you_mean;
use crate::exit::{Exit, Failure};
use crate::output::Output;
use crate::output::table::{Column, Rows};
use crate::settings::{Precedence, SettingRow, Settings};
use clap::{Args, Subcommand};
use serde::Serialize;

#[derive(Debug, Args)]
pub(crate) struct ConfigArgs {
    /// What to do [default: show the settings]
    #[command(subcommand)]
    pub action: Option<ConfigCommand>,

    /// Settings to show, by their names in the file [default: those that differ from their defaults]
    #[arg(value_name = "KEY")]
    pub keys: Vec<String>,

    /// Show every setting, including defaults
    #[arg(long, conflicts_with = "keys")]
    pub all: bool,
}

/// What to do with the configuration.
#[derive(Debug, Subcommand)]
pub(crate) enum ConfigCommand {
    /// Write a configuration file; asks three questions
    ///
    /// Asks for what --url, --customer and --edgerc do not say. Global options for servers and accounts that are given
    /// are written into the file.
    Init(init::InitArgs),
}

#[derive(Serialize)]
struct ConfigReport<'a> {
    settings: Vec<ConfigLine<'a>>,
}

#[derive(Serialize)]
struct ConfigLine<'a> {
    setting: &'a str,
    value: Option<&'a str>,
    /// `flag`, `environment`, `profile`, `file` or `default`.
    origin: Precedence,
    /// The flag, the variable, or the file and line.
    from: Option<&'a str>,
}

/// Shows the named settings, all of them with `--all`, otherwise those that differ from their defaults. The JSON
/// document has all settings unless some are named. Secrets are masked.
pub(crate) fn run(
    arguments: &ConfigArgs,
    settings: &Settings,
    out: &Output,
) -> Result<Exit, Failure> {
    let names: Vec<String> = arguments
        .keys
        .iter()
        .map(|key| key.replace('-', "_"))
        .collect();
    for (name, typed) in names.iter().zip(&arguments.keys) {
        if !settings.rows.iter().any(|row| row.setting == *name) {
            return Err(unknown(name, typed, settings));
        }
    }
    let asked = |row: &&SettingRow| names.is_empty() || names.contains(&row.setting);
    if out.is_json() {
        let report = ConfigReport {
            settings: settings.rows.iter().filter(asked).map(line).collect(),
        };
        let customers = settings.customers.texts();
        out.document("config", &settings.endpoint(), customers, report)?;
    } else {
        let all = arguments.all || !names.is_empty();
        let differs = |row: &&SettingRow| all || row.origin.precedence != Precedence::Default;
        let shown: Vec<&SettingRow> = settings.rows.iter().filter(asked).filter(differs).collect();
        if shown.is_empty() {
            let all = "All settings have their defaults; `alecs-cache config --all` lists them.";
            out.line_of_report(all)?;
            return Ok(Exit::Done);
        }
        out.table(table(&shown))?;
        if !all {
            out.note("all others have their defaults; --all lists them");
        }
    }
    Ok(Exit::Done)
}

fn unknown(name: &str, typed: &str, settings: &Settings) -> Failure {
    if ["set", "unset", "edit"].contains(&typed) {
        let message = format!("no setting `{typed}`: change settings in the configuration file");
        return Failure::usage(message).hint("write one with `alecs-cache config init`");
    }
    let known = settings.rows.iter().map(|row| row.setting.as_str());
    let meant = did_you_mean(name, known);
    Failure::usage(format!("no setting `{typed}`{meant}"))
        .hint("list all with `alecs-cache config --all`")
}

fn table(shown: &[&SettingRow]) -> Rows {
    let columns = ["setting", "value", "origin"].map(Column::Text);
    let mut rows = Rows::new(&columns).names(&["value", "origin"]);
    for row in shown {
        rows.push([
            &row.setting,
            row.value.as_deref().unwrap_or("-"),
            &row.origin.to_string(),
        ]);
    }
    rows
}

fn line(row: &SettingRow) -> ConfigLine<'_> {
    let origin = row.origin.precedence;
    ConfigLine {
        setting: &row.setting,
        value: row.value.as_deref(),
        origin,
        from: (origin != Precedence::Default).then_some(row.origin.from.as_str()),
    }
}
