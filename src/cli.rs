//! The command line: the commands, and the options that all of them have.

mod order;
mod screens;

use crate::commands::{
    completions, config, customers, doctor, get, help, hit_rate, inspect, invalidate, locks, log,
    man, search, stats, undo, warm,
};
use crate::domain::secret::masked;
use crate::output::Format;
use crate::settings::{GlobalArgs, SourceArgs};
use clap::builder::styling::{AnsiColor, Style, Styles};
use clap::builder::{PossibleValuesParser, TypedValueParser as _};
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Args as _, CommandFactory, FromArgMatches, Parser, Subcommand, ValueEnum as _};
use std::ffi::OsString;
use std::num::{IntErrorKind, ParseIntError};

const STYLES: Styles = Styles::styled()
    .header(Style::new().bold())
    .usage(Style::new().bold())
    .literal(AnsiColor::Cyan.on_default())
    .placeholder(Style::new().dimmed());

/// Keeps the Valkey cache between ALECS and the Akamai API full, fresh and visible
///
/// Fills the cache with the fewest API calls, shows what it holds, and keeps it in the layout that the
/// ALECS server reads. Global options go before or after the command; each has an environment variable
/// and a key in the configuration file. A flag overrides the environment, the environment a profile, a
/// profile the rest of the file.
#[derive(Debug, Parser)]
#[command(
    name = "alecs-cache",
    version,
    styles = STYLES,
    args_override_self = true,
    arg_required_else_help = true,
    subcommand_required = true,
    disable_help_subcommand = true
)]
pub(crate) struct Cli {
    /// What all commands take.
    #[command(flatten)]
    pub global: GlobalArgs,
    /// How Akamai is reached.
    #[command(flatten)]
    pub source: SourceArgs,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
    /// The forms of output that the command has.
    #[arg(skip)]
    pub formats: &'static [Format],
}

/// The commands; each has a file of its name.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Fetch properties and host names into the cache
    Warm(warm::WarmArgs),
    /// Remove stale keys; can be undone
    Invalidate(Box<invalidate::InvalidateArgs>),
    /// Restore what invalidate removed
    Undo(undo::UndoArgs),
    /// Show who removed and restored what
    Log(log::LogArgs),
    /// Show a key, or list the keys that match
    Inspect(inspect::InspectArgs),
    /// Read through the cache; fetch what is missing
    Get(get::GetArgs),
    /// Find properties by host name, name or id
    Search(search::SearchArgs),
    /// Show hits, misses and the most missed keys
    HitRate(hit_rate::HitRateArgs),
    /// Report on servers, memory, latency and targets
    Stats(stats::StatsArgs),
    /// List locks; clear stale ones
    Locks(locks::LocksArgs),
    /// List customers: section, keys, age, hit rate
    Customers(customers::CustomersArgs),
    /// Check both sides and say what to fix
    Doctor(doctor::DoctorArgs),
    /// Show settings and where they come from
    Config(config::ConfigArgs),
    /// Print shell completions
    Completions(completions::CompletionsArgs),
    /// Show a manual page
    Man(man::ManArgs),
    /// Explain a command or a topic
    Help(help::HelpArgs),
}

impl Command {
    /// What it is going to read stdin for, where `-` was typed.
    pub(crate) fn reads_stdin(&self) -> Option<&'static str> {
        match self {
            Self::Warm(arguments) => arguments.reads_stdin(),
            Self::Invalidate(arguments) => arguments.reads_stdin(),
            Self::Get(arguments) => arguments.reads_stdin(),
            _ => None,
        }
    }

    /// Whether it has a use for the options of Akamai.
    pub(crate) fn asks_akamai(&self) -> bool {
        match self {
            Self::Warm(_)
            | Self::Invalidate(_)
            | Self::Get(_)
            | Self::Search(_)
            | Self::Customers(_)
            | Self::Doctor(_)
            | Self::Config(_) => true,
            Self::Undo(_)
            | Self::Log(_)
            | Self::Inspect(_)
            | Self::HitRate(_)
            | Self::Stats(_)
            | Self::Locks(_)
            | Self::Completions(_)
            | Self::Man(_)
            | Self::Help(_) => false,
        }
    }
}

/// The forms of output of each command.
const FORMATS: [(&str, &[Format]); 16] = [
    ("warm", warm::FORMATS),
    ("invalidate", invalidate::FORMATS),
    ("undo", undo::FORMATS),
    ("log", log::FORMATS),
    ("inspect", inspect::FORMATS),
    ("get", get::FORMATS),
    ("search", search::FORMATS),
    ("hit-rate", hit_rate::FORMATS),
    ("stats", stats::FORMATS),
    ("locks", locks::FORMATS),
    ("customers", customers::FORMATS),
    ("doctor", doctor::FORMATS),
    ("config", config::FORMATS),
    ("completions", completions::FORMATS),
    ("man", man::FORMATS),
    ("help", help::FORMATS),
];

fn formats(command: &str) -> &'static [Format] {
    let found = FORMATS.iter().find(|(name, _)| *name == command);
    found.map_or(&[], |(_, formats)| formats)
}

/// The commands whose help shows the options of Akamai.
const ASK_AKAMAI: [&str; 7] = [
    "warm",
    "invalidate",
    "get",
    "search",
    "customers",
    "doctor",
    "config",
];

/// The definition that the help, the completions and the manual are made from.
pub fn definition() -> clap::Command {
    let global = GlobalArgs::augment_args(clap::Command::new("global"));
    let output = global.get_arguments().find(|arg| arg.get_id() == "output");
    let of_akamai = SourceArgs::augment_args(clap::Command::new("akamai"));
    screens::shaped(Cli::command().mut_subcommands(|command| {
        let own = output.map(|output| {
            let forms = formats(command.get_name());
            let forms = PossibleValuesParser::new(forms.iter().map(|format| format.as_str()));
            screens::out_of_the_way(output.clone())
                .value_parser(forms.try_map(|word| Format::from_str(&word, true)))
        });
        let command = command.args(own).mut_args(|arg| {
            // A number below zero is no option, and is refused as a number.
            let numbers = !arg.is_positional() && arg.get_action().takes_values();
            arg.allow_negative_numbers(numbers)
        });
        if ASK_AKAMAI.contains(&command.get_name()) {
            return command;
        }
        // Every command takes them, as it takes all global options; who has no use for them is silent
        // about them.
        let silent = of_akamai.get_arguments().map(|arg| arg.clone().hide(true));
        command.args(silent)
    }))
}

/// Reads the arguments, the program's name first. Global options count wherever they stand.
pub(crate) fn parse(arguments: &[OsString]) -> Result<Cli, clap::Error> {
    let mut definition = definition();
    let arguments = order::command_first(&definition, arguments);
    let matches = definition.try_get_matches_from_mut(arguments);
    let matches = matches.map_err(|error| {
        let error = without_credentials(error);
        number(&error, &definition).unwrap_or(error)
    })?;
    let cli = Cli::from_arg_matches(&matches).map_err(|error| error.format(&mut definition))?;
    let formats = matches.subcommand_name().map_or(cli.formats, formats);
    Ok(Cli { formats, ..cli })
}

/// Masks what is before the `@` of a value that is refused: people paste URLs with passwords where
/// HOST:PORT belongs.
fn without_credentials(mut error: clap::Error) -> clap::Error {
    let masked = match error.get(ContextKind::InvalidValue) {
        Some(ContextValue::String(value)) if value.contains('@') => masked(value),
        _ => return error,
    };
    error.insert(ContextKind::InvalidValue, ContextValue::String(masked));
    error
}

/// What is said of a value that is no number, instead of what Rust's parser says.
fn number(error: &clap::Error, definition: &clap::Command) -> Option<clap::Error> {
    let source = std::error::Error::source(error)?.downcast_ref::<ParseIntError>()?;
    let (ContextValue::String(arg), ContextValue::String(value)) = (
        error.get(ContextKind::InvalidArg)?,
        error.get(ContextKind::InvalidValue)?,
    ) else {
        return None;
    };
    let expected = match source.kind() {
        IntErrorKind::Zero => "expected at least 1",
        IntErrorKind::PosOverflow => "expected a smaller number",
        _ => "expected an integer from 0 up",
    };
    let message = format!("invalid value '{value}' for '{arg}': {expected}");
    Some(clap::Error::raw(ErrorKind::ValueValidation, message).with_cmd(definition))
}

#[cfg(test)]
mod tests;
