//! `inspect`: what stands under a key, or which keys match.

use crate::exit::{Exit, Failure};
use crate::output::{Format, Output};
use crate::settings::Settings;
use crate::stop::Stop;
use clap::Args;

/// The forms of output that it has.
pub const FORMATS: &[Format] = &[Format::Table, Format::Json];

/// The command's own options.
#[derive(Debug, Args)]
pub struct InspectArgs {
    /// A key, a property's id, a host name, or a pattern
    #[arg(value_name = "KEY|ID|HOSTNAME|PATTERN")]
    pub target: String,

    /// Show so many items of a list, hash or set, or so many keys
    #[arg(long, value_name = "N", default_value_t = 20)]
    pub limit: usize,

    /// Write the value's bytes as they are, and nothing else
    #[arg(long)]
    pub raw: bool,
}

/// Inspects.
pub async fn run(
    _arguments: InspectArgs,
    _settings: &Settings,
    _out: &Output,
    _stop: &Stop,
) -> Result<Exit, Failure> {
    std::future::ready(()).await;
    Err(Failure::new(Exit::Unexpected, "inspect is not there yet"))
}
