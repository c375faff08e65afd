//! The command line: the commands, and the options that all of them have.

mod order;

use crate::commands::{
    completions, config, get, hit_rate, inspect, invalidate, locks, log, man, search, stats, undo,
    warm,
};
use crate::exit::Exit;
use crate::output::Format;
use crate::settings::{GlobalArgs, SourceArgs};
use clap::builder::styling::{AnsiColor, Style, Styles};
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Args as _, CommandFactory, FromArgMatches, Parser, Subcommand};
use std::ffi::OsString;
use std::fmt::Write as _;

const STYLES: Styles = Styles::styled()
    .header(Style::new().bold())
    .usage(Style::new().bold())
    .literal(AnsiColor::Cyan.on_default())
    .placeholder(Style::new().dimmed());

/// Operates the Valkey cache in front of the Akamai API
///
/// Fills it from the API with the fewest calls, shows what stands in it, and keeps it as the ALECS
/// server reads it. Global options stand before or after the command; each has an environment variable
/// and a key in the configuration file. A flag outranks the environment, the environment a profile, a
/// profile the rest of the file.
#[derive(Debug, Parser)]
#[command(
    name = "alecs-cache",
    version,
    styles = STYLES,
    max_term_width = 100,
    args_override_self = true,
    arg_required_else_help = true,
    subcommand_required = true,
    disable_help_subcommand = false
)]
pub struct Cli {
    /// What all commands take.
    #[command(flatten)]
    pub global: GlobalArgs,
    /// How Akamai is reached.
    #[command(flatten)]
    pub source: SourceArgs,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The commands; each has a file of its name.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Fetch from Akamai and store under the keys that the server reads
    Warm(warm::WarmArgs),
    /// Remove what is stale, and only that
    Invalidate(Box<invalidate::InvalidateArgs>),
    /// Put back what an invalidation removed
    Undo(undo::UndoArgs),
    /// Show who removed and restored what, and when
    Log(log::LogArgs),
    /// Show a key, or list those that match a pattern
    Inspect(inspect::InspectArgs),
    /// Read through the cache: what is missing is fetched and stored
    Get(get::GetArgs),
    /// Find a host name or a property
    Search(search::SearchArgs),
    /// Tell how often the cache had the answer, and what it missed
    HitRate(hit_rate::HitRateArgs),
    /// Measure servers, keys, latency and hit rate, and judge them
    Stats(stats::StatsArgs),
    /// List locks, and remove those that nobody can be holding
    Locks(locks::LocksArgs),
    /// Show every setting, its value, and where it came from
    Config(config::ConfigArgs),
    /// Print the completions of a shell
    Completions(completions::CompletionsArgs),
    /// Print a manual page
    Man(man::ManArgs),
}

impl Command {
    /// The forms of output that it has.
    #[must_use]
    pub fn formats(&self) -> &'static [Format] {
        match self {
            Self::Warm(_) => warm::FORMATS,
            Self::Invalidate(_) => invalidate::FORMATS,
            Self::Undo(_) => undo::FORMATS,
            Self::Log(_) => log::FORMATS,
            Self::Inspect(_) => inspect::FORMATS,
            Self::HitRate(_) => hit_rate::FORMATS,
            Self::Stats(_) => stats::FORMATS,
            Self::Locks(_) => locks::FORMATS,
            Self::Get(_) => get::FORMATS,
            Self::Search(_) => search::FORMATS,
            Self::Config(_) => config::FORMATS,
            Self::Completions(_) => completions::FORMATS,
            Self::Man(_) => man::FORMATS,
        }
    }

    /// What it is going to read stdin for, where `-` was typed.
    #[must_use]
    pub fn reads_stdin(&self) -> Option<&'static str> {
        match self {
            Self::Warm(arguments) => arguments.reads_stdin(),
            Self::Invalidate(arguments) => arguments.reads_stdin(),
            Self::Get(arguments) => arguments.reads_stdin(),
            _ => None,
        }
    }

    /// Whether it has a use for the options of Akamai.
    #[must_use]
    pub fn asks_akamai(&self) -> bool {
        match self {
            Self::Warm(_)
            | Self::Invalidate(_)
            | Self::Get(_)
            | Self::Search(_)
            | Self::Config(_) => true,
            Self::Undo(_)
            | Self::Log(_)
            | Self::Inspect(_)
            | Self::HitRate(_)
            | Self::Stats(_)
            | Self::Locks(_)
            | Self::Completions(_)
            | Self::Man(_) => false,
        }
    }
}

/// The commands whose help shows the options of Akamai.
const ASK_AKAMAI: [&str; 5] = ["warm", "invalidate", "get", "search", "config"];

/// The definition that the help, the completions and the manual are made from.
#[must_use]
pub fn definition() -> clap::Command {
    let definition = Cli::command().after_long_help(exit_codes());
    let of_akamai = SourceArgs::augment_args(clap::Command::new("akamai"));
    // Every command takes them, as it takes all global options; who has no use for them is silent
    // about them.
    definition.mut_subcommands(|command| {
        if ASK_AKAMAI.contains(&command.get_name()) {
            return command;
        }
        let silent = of_akamai.get_arguments().map(|arg| arg.clone().hide(true));
        command.args(silent)
    })
}

/// The exit codes as a list, for the help.
#[must_use]
pub fn exit_codes() -> String {
    let mut text = "Exit codes:".to_owned();
    for exit in Exit::ALL {
        // Writing to a string cannot fail.
        let _ = write!(text, "\n  {:>3}  {}", exit.code(), exit.meaning());
    }
    text
}

/// Reads the arguments, the program's name first. Global options count wherever they stand.
pub fn parse(arguments: &[OsString]) -> Result<Cli, clap::Error> {
    let mut definition = definition();
    let arguments = order::command_first(&definition, arguments);
    let matches = definition.try_get_matches_from_mut(arguments)?;
    let cli = Cli::from_arg_matches(&matches).map_err(|error| error.format(&mut definition))?;
    if let Some(format) = cli.global.output {
        refuse_format(&cli.command, format, "--output <FORMAT>")?;
    }
    Ok(cli)
}

/// Refuses a form of output that the command does not have, in clap's own words. `origin` is who asked
/// for it.
pub fn refuse_format(command: &Command, format: Format, origin: &str) -> Result<(), clap::Error> {
    if command.formats().contains(&format) {
        return Ok(());
    }
    let possible = command
        .formats()
        .iter()
        .map(|format| format.as_str().to_owned())
        .collect();
    let mut error = clap::Error::new(ErrorKind::InvalidValue).with_cmd(&definition());
    error.insert(
        ContextKind::InvalidArg,
        ContextValue::String(origin.to_owned()),
    );
    error.insert(
        ContextKind::InvalidValue,
        ContextValue::String(format.as_str().to_owned()),
    );
    error.insert(ContextKind::ValidValue, ContextValue::Strings(possible));
    Err(error)
}

#[cfg(test)]
mod tests;
