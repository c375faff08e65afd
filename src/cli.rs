//! The command line: the commands, and the options that all of them have.

mod screens;

use crate::commands::{
    completions, config, customers, doctor, get, help, hit_rate, inspect, invalidate, locks, log,
    man, search, stats, undo, warm,
};
use crate::domain::keyword::Keyword as _;
use crate::domain::secret::masked;
use crate::output::{self, Format, escape::escape};
use crate::settings::{Environment, Flags, Given, keys};
use clap::builder::PossibleValuesParser;
use clap::builder::styling::{AnsiColor, Style, Styles};
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Arg, CommandFactory, FromArgMatches, Parser, Subcommand};
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
    #[arg(skip)]
    pub flags: Flags,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
    /// What holds for the command whatever its arguments.
    #[arg(skip = facts("help"))]
    pub facts: &'static CommandFacts,
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
    /// Whether it shows what may be longer than a screen, and changes nothing meanwhile.
    pub(crate) fn lists(&self) -> bool {
        match self {
            Self::Get(_)
            | Self::Search(_)
            | Self::Inspect(_)
            | Self::HitRate(_)
            | Self::Log(_)
            | Self::Customers(_)
            | Self::Config(_) => true,
            Self::Locks(locks) => locks.action.is_none(),
            Self::Undo(undo) => undo.list,
            Self::Invalidate(plan) => plan.dry_run && plan.explain,
            Self::Stats(stats) => stats.watch.is_none(),
            _ => false,
        }
    }

    /// What it is going to read stdin for: once for each `-` that was typed.
    pub(crate) fn reads_stdin(&self) -> Vec<&'static str> {
        match self {
            Self::Warm(arguments) => arguments.reads_stdin(),
            Self::Invalidate(arguments) => arguments.reads_stdin(),
            Self::Get(arguments) => arguments.reads_stdin(),
            _ => Vec::new(),
        }
    }
}

/// What is true of a command as a whole.
#[derive(Debug)]
pub(crate) struct CommandFacts {
    name: &'static str,
    /// What it is for: a heading of the first screen.
    purpose: &'static str,
    /// The forms of output that it has.
    pub formats: &'static [Format],
    /// Whether the options of Akamai are of use.
    pub asks_akamai: bool,
    /// Whether it only explains this tool, and has no use for settings.
    pub explains: bool,
}

/// Every command, as the first screen lists them.
static COMMANDS: [CommandFacts; 16] = [
    asking("warm", "Fill and clean"),
    asking("invalidate", "Fill and clean"),
    reporting("undo", "Fill and clean"),
    reporting("log", "Fill and clean"),
    asking("get", "Read"),
    asking("search", "Read"),
    reporting("inspect", "Read"),
    CommandFacts {
        formats: &[Format::Table, Format::Json, Format::Prometheus, Format::Csv],
        ..reporting("hit-rate", "Measure")
    },
    CommandFacts {
        formats: &[Format::Table, Format::Json, Format::Prometheus],
        ..reporting("stats", "Measure")
    },
    reporting("locks", "Measure"),
    asking("customers", "Measure"),
    asking("doctor", "Measure"),
    asking("config", "Set up"),
    explaining("completions", "Set up"),
    explaining("man", "Set up"),
    explaining("help", "Set up"),
];

/// A command that reports as a table and as JSON.
const fn reporting(name: &'static str, purpose: &'static str) -> CommandFacts {
    CommandFacts {
        name,
        purpose,
        formats: &[Format::Table, Format::Json],
        asks_akamai: false,
        explains: false,
    }
}

/// One that has a use for the options of Akamai as well.
const fn asking(name: &'static str, purpose: &'static str) -> CommandFacts {
    CommandFacts {
        asks_akamai: true,
        ..reporting(name, purpose)
    }
}

/// One that explains this tool, in text alone.
const fn explaining(name: &'static str, purpose: &'static str) -> CommandFacts {
    CommandFacts {
        formats: &[Format::Table],
        explains: true,
        ..reporting(name, purpose)
    }
}

/// The facts of a command; those of `help` where there is no such command.
fn facts(name: &str) -> &'static CommandFacts {
    let [.., help] = &COMMANDS;
    COMMANDS.iter().find(|one| one.name == name).unwrap_or(help)
}

/// The definition that the help, the completions and the manual are made from.
pub fn definition() -> clap::Command {
    screens::shaped(with_options(|_| true))
}

/// All commands; those that are needed have the global options in their own way.
fn with_options(needed: impl Fn(&str) -> bool) -> clap::Command {
    let commands = Cli::command().args(keys::options());
    commands.mut_subcommands(|command| {
        let name = command.get_name().to_owned();
        if !needed(&name) {
            return command;
        }
        let own = keys::options().filter_map(|arg| {
            let of_akamai = arg.get_help_heading() == Some("Akamai");
            if arg.get_id() == keys::output.name {
                let forms = facts(&name).formats.iter().map(|format| format.as_str());
                let arg = screens::out_of_the_way(arg);
                Some(arg.value_parser(PossibleValuesParser::new(forms)))
            } else {
                // Whoever has no use for them is silent about them.
                (of_akamai && !facts(&name).asks_akamai).then(|| arg.hide(true))
            }
        });
        command.args(own).mut_args(|arg| {
            // A number below zero is no option, and is refused as a number.
            let numbers = !arg.is_positional() && arg.get_action().takes_values();
            arg.allow_negative_numbers(numbers)
        })
    })
}

/// Reads the arguments, the program's name first. Global options may be anywhere.
pub(crate) fn parse(arguments: &[OsString]) -> Result<Cli, clap::Error> {
    let (arguments, command) = command_first(arguments);
    let command = command.unwrap_or_default();
    // Defining every command takes longer than an answer of the cache. What is refused, and what asks for help,
    // needs all of them.
    let mut definition = with_options(|name| command == name);
    let quick = definition.try_get_matches_from_mut(&arguments);
    let matches = match quick {
        Ok(matches) if !facts(&command).explains => matches,
        _ => {
            definition = self::definition();
            let matches = definition.try_get_matches_from_mut(&arguments);
            matches.map_err(|error| {
                let error = harmless(error);
                number(&error, &definition).unwrap_or(error)
            })?
        }
    };
    let mut cli = Cli::from_arg_matches(&matches).map_err(|error| error.format(&mut definition))?;
    if let Command::Warm(warm) = &mut cli.command {
        warm.typed = arguments;
    }
    Ok(Cli {
        flags: Flags::of(&matches),
        facts: facts(&command),
        ..cli
    })
}

/// The arguments with the command in front of the options before it, and the command. clap keeps those in front of a command and
/// those behind it apart and lets the latter replace the former, which would lose the first of `-c acme warm -c beta`.
fn command_first(arguments: &[OsString]) -> (Vec<OsString>, Option<String>) {
    let any = |arg: Arg| {
        if arg.get_action().takes_values() {
            arg.value_parser(clap::value_parser!(OsString))
        } else {
            arg
        }
    };
    let front = clap::Command::new("alecs-cache")
        .args(keys::options().map(any))
        .args_override_self(true)
        .allow_external_subcommands(true)
        .disable_help_flag(true)
        .disable_version_flag(true);
    let (mut moved, mut command) = (arguments.to_vec(), None);
    // What clap refuses here it refuses with a reason later on.
    if let Ok(matches) = front.try_get_matches_from(arguments)
        && let Some((name, behind)) = matches.subcommand()
    {
        command = Some(name.to_owned());
        let behind = behind.get_raw("").map_or(0, |words| words.len());
        if let Some(front) = moved.get_mut(1..arguments.len() - behind)
            && !front.iter().any(|word| word == "--")
        {
            front.rotate_right(1);
        }
    }
    (moved, command)
}

/// How to say what is wrong with arguments that clap refuses: as they and the environment tell at a glance.
pub(crate) fn output_at_a_glance(
    arguments: &[OsString],
    environment: &Environment,
) -> output::Options {
    let words = arguments.iter().skip(1).map(|word| word.to_string_lossy());
    let words: Vec<_> = words.take_while(|word| word != "--").collect();
    let mut flags = Flags::default();
    for (index, word) in words.iter().enumerate() {
        for (key, short) in [(&keys::output, "-o"), (&keys::color, "--color")] {
            let cluster = !word.starts_with("--") && word.starts_with('-') && word.ends_with('o');
            let attached = word.strip_prefix(key.flag()).or(word.strip_prefix(short));
            let value = match attached {
                Some("") => words.get(index + 1).map(AsRef::as_ref),
                None if short == "-o" && cluster => words.get(index + 1).map(AsRef::as_ref),
                attached => attached,
            };
            if let Some(value) = value {
                flags.set(key, value.trim_start_matches('='));
            }
        }
    }
    Given::without_file(&flags, environment).output()
}

/// Escapes what clap quotes of the arguments, and masks what is before the `@` of a value that is refused: people paste
/// URLs with passwords where HOST:PORT belongs.
fn harmless(mut error: clap::Error) -> clap::Error {
    let texts = error.context().filter_map(|(kind, value)| match value {
        ContextValue::String(text) if kind == ContextKind::InvalidValue => {
            Some((kind, escape(&masked(text)).into_owned()))
        }
        ContextValue::String(text) => Some((kind, escape(text).into_owned())),
        _ => None,
    });
    let texts: Vec<(ContextKind, String)> = texts.collect();
    for (kind, text) in texts {
        let before = error.insert(kind, ContextValue::String(text.clone()));
        if before != Some(ContextValue::String(text)) {
            // A tip quotes it as well.
            error.remove(ContextKind::Suggested);
        }
    }
    error
}

/// What is said of a value that is no number, instead of what Rust's parser says.
fn number(error: &clap::Error, definition: &clap::Command) -> Option<clap::Error> {
    let source = std::error::Error::source(error)?;
    let (ContextValue::String(arg), ContextValue::String(value)) = (
        error.get(ContextKind::InvalidArg)?,
        error.get(ContextKind::InvalidValue)?,
    ) else {
        return None;
    };
    let expected = match source
        .downcast_ref::<ParseIntError>()
        .map(ParseIntError::kind)
    {
        Some(IntErrorKind::Zero) => "expected at least 1".to_owned(),
        Some(IntErrorKind::PosOverflow) => "expected a smaller number".to_owned(),
        Some(_) => "expected an integer from 0 up".to_owned(),
        // clap's own: `0 is not in 1..=366`.
        None => {
            let text = source.to_string();
            let (from, to) = text.split_once(" is not in ")?.1.split_once("..=")?;
            format!("expected an integer from {from} to {to}")
        }
    };
    let message = format!("invalid value '{value}' for '{arg}': {expected}");
    Some(clap::Error::raw(ErrorKind::ValueValidation, message).with_cmd(definition))
}

#[cfg(test)]
mod tests;
