//! The command line: the commands and the global options.

mod refusal;
mod screens;

use crate::commands::{
    completions, config, customers, doctor, get, help, hit_rate, inspect, invalidate, locks, log,
    man, search, stats, undo, warm,
};
use crate::domain::keyword::Keyword as _;
use crate::output::{Format, OutputOptions};
use crate::settings::{Environment, Flags, Given, keys};
use clap::builder::PossibleValuesParser;
use clap::builder::styling::{AnsiColor, Style, Styles};
use clap::{Arg, ArgMatches, Args, CommandFactory, FromArgMatches, Parser, Subcommand};
use refusal::{harmless, negative_duration, number};
use std::ffi::OsString;

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
    bin_name = "alecs-cache",
    version,
    styles = STYLES,
    arg_required_else_help = true,
    subcommand_required = true,
    disable_help_subcommand = true
)]
pub(crate) struct Cli {
    /// The global options that were typed.
    #[arg(skip)]
    pub flags: Flags,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
    /// Facts about the command, whatever its arguments.
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
    /// Check Valkey and Akamai access; say what to fix
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
    /// Returns true if the output may be longer than a screen and the command changes nothing meanwhile.
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

    /// Returns the option that leaves the command with fewer formats, what it prints, and those formats.
    pub(crate) fn form(&self) -> Option<(&'static str, &'static str, &'static [Format])> {
        use Format::{Json, Prometheus, Table};
        const WATCH: &str =
            "shows tables or JSON; let a timer run `stats -o prometheus --out FILE`";
        const RAW: &str = "writes values as they are";
        match self {
            Self::Get(get) if get.raw => Some(("--raw", RAW, &[Table])),
            Self::Inspect(inspect) if inspect.raw => Some(("--raw", RAW, &[Table])),
            Self::Stats(stats) if stats.alerts => {
                Some(("--alerts", "prints rules in YAML", &[Table, Prometheus]))
            }
            Self::Stats(stats) if stats.lists_names() => {
                Some(("--assert list", "prints names", &[Table]))
            }
            Self::Stats(stats) if stats.advise => {
                Some(("--advise", "prints what to improve", &[Table, Json]))
            }
            Self::Stats(stats) if stats.watch.is_some() => Some(("--watch", WATCH, &[Table, Json])),
            _ => None,
        }
    }

    /// Returns what the command reads stdin for: one entry for each `-` that was typed.
    pub(crate) fn reads_stdin(&self) -> Vec<&'static str> {
        match self {
            Self::Warm(arguments) => arguments.reads_stdin(),
            Self::Invalidate(arguments) => arguments.reads_stdin(),
            Self::Get(arguments) => arguments.reads_stdin(),
            _ => Vec::new(),
        }
    }
}

/// Facts about a command as a whole.
#[derive(Debug)]
pub(crate) struct CommandFacts {
    name: &'static str,
    /// Its heading on the first screen.
    purpose: &'static str,
    /// The output formats that it supports.
    pub formats: &'static [Format],
    /// The Akamai options apply to it.
    pub asks_akamai: bool,
    /// It only explains this tool and needs no settings.
    pub explains: bool,
    /// Adds its own arguments.
    define: Define,
}

type Define = fn(clap::Command) -> clap::Command;

/// Every command, in the order of the first screen.
static COMMANDS: [CommandFacts; 16] = [
    asking::<warm::WarmArgs>("warm", "Fill and clean"),
    asking::<invalidate::InvalidateArgs>("invalidate", "Fill and clean"),
    reporting::<undo::UndoArgs>("undo", "Fill and clean"),
    reporting::<log::LogArgs>("log", "Fill and clean"),
    asking::<get::GetArgs>("get", "Read"),
    asking::<search::SearchArgs>("search", "Read"),
    reporting::<inspect::InspectArgs>("inspect", "Read"),
    CommandFacts {
        formats: &[Format::Table, Format::Json, Format::Prometheus, Format::Csv],
        ..reporting::<hit_rate::HitRateArgs>("hit-rate", "Measure")
    },
    CommandFacts {
        formats: &[Format::Table, Format::Json, Format::Prometheus],
        ..reporting::<stats::StatsArgs>("stats", "Measure")
    },
    reporting::<locks::LocksArgs>("locks", "Measure"),
    asking::<customers::CustomersArgs>("customers", "Measure"),
    asking::<doctor::DoctorArgs>("doctor", "Measure"),
    asking::<config::ConfigArgs>("config", "Set up"),
    explaining::<completions::CompletionsArgs>("completions", "Set up"),
    explaining::<man::ManArgs>("man", "Set up"),
    explaining::<help::HelpArgs>("help", "Set up"),
];

/// A command that reports as a table or as JSON.
const fn reporting<A: Args>(name: &'static str, purpose: &'static str) -> CommandFacts {
    CommandFacts {
        name,
        purpose,
        formats: &[Format::Table, Format::Json],
        asks_akamai: false,
        explains: false,
        define: A::augment_args,
    }
}

/// A reporting command to which the Akamai options apply.
const fn asking<A: Args>(name: &'static str, purpose: &'static str) -> CommandFacts {
    CommandFacts {
        asks_akamai: true,
        ..reporting::<A>(name, purpose)
    }
}

/// A command that explains this tool, in text alone.
const fn explaining<A: Args>(name: &'static str, purpose: &'static str) -> CommandFacts {
    CommandFacts {
        formats: &[Format::Table],
        explains: true,
        ..reporting::<A>(name, purpose)
    }
}

/// Returns the facts about a command; those about `help` if there is no such command.
fn facts(name: &str) -> &'static CommandFacts {
    let [.., help] = &COMMANDS;
    COMMANDS.iter().find(|one| one.name == name).unwrap_or(help)
}

/// Returns the definition from which the help, the completions and the manual are generated.
pub fn definition() -> clap::Command {
    let commands = Cli::command().args(keys::options());
    screens::shaped(commands.mut_subcommands(|command| {
        let facts = facts(command.get_name());
        with_own(command, keys::options(), facts)
    }))
}

/// Adds those of the global options that a command has in a form of its own.
fn with_own(
    command: clap::Command,
    options: impl Iterator<Item = Arg>,
    facts: &CommandFacts,
) -> clap::Command {
    let own = options.filter_map(|arg| {
        let of_akamai = arg.get_help_heading() == Some("Akamai");
        if arg.get_id() == keys::output.name {
            let forms = facts.formats.iter().map(|format| format.as_str());
            let arg = screens::out_of_the_way(arg);
            Some(arg.value_parser(PossibleValuesParser::new(forms)))
        } else {
            // Hidden from the help of commands to which they do not apply.
            (of_akamai && !facts.asks_akamai).then(|| arg.hide(true))
        }
    });
    command.args(own).mut_args(|arg| {
        // A negative number is a value, not an option, and is refused as a number.
        let numbers = !arg.is_positional() && arg.get_action().takes_values();
        arg.allow_negative_numbers(numbers)
    })
}

/// Parses the arguments, starting with the program's name. Global options may be anywhere.
pub(crate) fn parse(arguments: &[OsString]) -> Result<Cli, clap::Error> {
    let (arguments, command) = command_first(arguments);
    let facts = facts(command.as_deref().unwrap_or_default());
    match parse_alone(&arguments, facts) {
        Some(cli) => Ok(cli),
        None => parse_among_all(arguments, facts),
    }
}

fn parse_among_all(
    arguments: Vec<OsString>,
    facts: &'static CommandFacts,
) -> Result<Cli, clap::Error> {
    let mut definition = definition();
    let matches = definition.try_get_matches_from_mut(&arguments);
    let matches = matches.map_err(|error| {
        let error = harmless(error);
        let plainer = number(&error, &definition);
        let plainer = plainer.or_else(|| negative_duration(&error, &arguments, &definition));
        plainer.unwrap_or(error)
    })?;
    cli_of(&matches, &matches, facts, arguments).map_err(|error| error.format(&mut definition))
}

/// Parses the arguments of one command without a definition of the others, which would take longer than a reply of the
/// cache. `None` if clap refuses them, or if the command explains the others: errors and help need all of them.
fn parse_alone(arguments: &[OsString], facts: &'static CommandFacts) -> Option<Cli> {
    if facts.explains {
        return None;
    }
    let command = (facts.define)(clap::Command::new(facts.name));
    let command = with_own(command, keys::options_without_help(), facts);
    let own: Vec<_> = command
        .get_arguments()
        .map(|arg| arg.get_id().clone())
        .collect();
    let others = keys::options_without_help().filter(|arg| !own.contains(arg.get_id()));
    let command = command.args(others).disable_help_subcommand(true);
    let matches = clap::Command::new("alecs-cache")
        .disable_help_subcommand(true)
        .subcommand(command)
        .try_get_matches_from(arguments)
        .ok()?;
    let (_, of_command) = matches.subcommand()?;
    cli_of(&matches, of_command, facts, arguments.to_vec()).ok()
}

/// Reads the command from the matches, and the global options from those of a level that defines them.
fn cli_of(
    matches: &ArgMatches,
    options: &ArgMatches,
    facts: &'static CommandFacts,
    arguments: Vec<OsString>,
) -> Result<Cli, clap::Error> {
    let mut command = Command::from_arg_matches(matches)?;
    if let Command::Warm(warm) = &mut command {
        warm.typed = arguments;
    }
    Ok(Cli {
        flags: Flags::of(options),
        command,
        facts,
    })
}

/// Moves the command in front of the options that precede it, and returns its name as well. clap keeps options before
/// and after a command apart and lets the latter replace the former, which would lose the first of `-c acme warm -c
/// beta`.
fn command_first(arguments: &[OsString]) -> (Vec<OsString>, Option<String>) {
    let first = arguments.get(1).and_then(|word| word.to_str());
    if let Some(facts) = COMMANDS.iter().find(|one| Some(one.name) == first) {
        return (arguments.to_vec(), Some(facts.name.to_owned()));
    }
    let any = |arg: Arg| {
        if arg.get_action().takes_values() {
            arg.value_parser(clap::value_parser!(OsString))
        } else {
            arg
        }
    };
    let front = clap::Command::new("alecs-cache")
        .args(keys::options_without_help().map(any))
        .allow_external_subcommands(true)
        .disable_help_flag(true)
        .disable_version_flag(true);
    let (mut moved, mut command) = (arguments.to_vec(), None);
    // If clap refuses the arguments here, it refuses them with a reason later on.
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

/// Returns the name of the command, if the arguments have one.
pub(crate) fn command_name(arguments: &[OsString]) -> Option<&'static str> {
    let (_, command) = command_first(arguments);
    let mut known = COMMANDS.iter().map(|one| one.name);
    known.find(|name| command.as_deref() == Some(*name))
}

/// Returns the output options for reporting arguments that clap refuses, from a quick look at the arguments and the
/// environment.
pub(crate) fn output_at_a_glance(
    arguments: &[OsString],
    environment: &Environment,
) -> OutputOptions {
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

#[cfg(test)]
mod tests;
