//! Layout of the help: one screen of 24 lines and 80 columns for each command, and the first screen. `--help` adds
//! the long texts and the examples. The texts are plain because clap wraps styled ones in the wrong places.

use super::{COMMANDS, CommandFacts};
use crate::commands::examples::{self, Example};
use crate::commands::help;
use crate::output::{Output, human};
use clap::builder::{PossibleValue, PossibleValuesParser};
use clap::{Arg, Command};
use std::fmt::Write as _;

/// Lines of a screen for arguments, options and examples together.
const ROOM: usize = 15;

/// Most columns of a screen.
const COLUMNS: usize = 80;

/// Least columns for what an example is for, beside it.
const LEAST: usize = 20;

/// With fewer columns the first screen shows the title of a group above its commands.
const NARROW: usize = 60;

/// Commands that belong to another command.
const NESTED: [&str; 2] = ["clear", "init"];

/// Adds the screens to the definition.
pub(super) fn shaped(definition: Command) -> Command {
    let first = first_screen(&definition, Output::terminal_width());
    let samples: Vec<&Example> = by_purpose()
        .flat_map(|commands| commands.iter().take(2))
        .filter_map(|command| examples::of(command.name).first())
        .collect();
    let more = format!(
        "{first}\n{}\n\n{}",
        examples_text(&samples),
        help::exit_codes().trim_end()
    );
    let commands = COMMANDS.iter().map(|command| command.name);
    let topics = help::TOPICS.map(|(name, _)| name);
    let words = commands.clone().chain(topics).map(PossibleValue::new);
    let nested = NESTED.map(|name| PossibleValue::new(name).hide(true));
    let words: Vec<_> = words.chain(nested).collect();
    let commands: Vec<&str> = commands.collect();
    let width = Output::terminal_width().filter(|width| *width < COLUMNS);
    let built = width.map(|width| {
        let mut built = definition.clone();
        built.build();
        (built, width)
    });
    let narrow = |path: &str| {
        let (built, width) = built.as_ref()?;
        usage(built, path, *width)
    };
    definition
        .max_term_width(COLUMNS)
        .help_template("{after-help}")
        .after_help(first)
        .after_long_help(more)
        .mut_args(out_of_the_way)
        .mut_subcommands(|command| {
            let name = command.get_name().to_owned();
            let command = screen(command, &name, narrow(&name));
            command.mut_subcommands(|nested| {
                let path = format!("{name} {}", nested.get_name());
                screen(nested, &path, narrow(&path))
            })
        })
        .mut_subcommand("man", |command| {
            command.mut_arg("command", |arg| {
                arg.value_parser(PossibleValuesParser::new(commands))
            })
        })
        .mut_subcommand("help", |command| {
            command.mut_arg("words", |arg| {
                arg.value_parser(PossibleValuesParser::new(words))
            })
        })
}

/// Returns the commands in groups.
fn by_purpose() -> impl Iterator<Item = &'static [CommandFacts]> {
    COMMANDS.chunk_by(|one, next| one.purpose == next.purpose)
}

/// Hides a global option from the screens of commands: `help options` lists it.
pub(super) fn out_of_the_way(arg: Arg) -> Arg {
    let global = arg.is_global_set();
    arg.hide_short_help(global).hide_long_help(global)
}

/// Returns the first screen, with the commands in groups. `width` is that of the terminal.
pub(super) fn first_screen(definition: &Command, width: Option<usize>) -> String {
    let mut text = String::from(
        "Keeps the Valkey cache between ALECS and the Akamai API full, fresh and visible.\n\n\
         Usage: alecs-cache <COMMAND> [OPTIONS]\n",
    );
    let narrow = width.filter(|width| *width < NARROW);
    for commands in by_purpose() {
        let mut title = commands.first().map_or("", |command| command.purpose);
        if narrow.is_some() {
            text.push('\n');
            text.push_str(title);
        }
        for CommandFacts { name, .. } in commands {
            let about = definition.find_subcommand(name);
            let about = about.and_then(Command::get_about).map(ToString::to_string);
            let about = about.unwrap_or_default();
            text.push('\n');
            if narrow.is_some() {
                let line = format!("  {name:<11}  {about}");
                let indent = " ".repeat(15);
                text.push_str(human::wrapped(&line, narrow, &indent).trim_end());
            } else {
                // Writing to a string cannot fail.
                let _ = write!(text, "{title:<14}  {name:<11}  {about}");
            }
            title = "";
        }
    }
    text.push_str(
        "\n\nStart with:  alecs-cache warm -c acme --dry-run\n\
         Details:     alecs-cache warm -h, alecs-cache help options",
    );
    text
}

/// Adds the screens of one command. `path`: the command's name, preceded by that of the command it belongs to. `usage`
/// takes the place of clap's.
fn screen(command: Command, path: &str, usage: Option<String>) -> Command {
    let own = |arg: &&Arg| !arg.is_global_set();
    let shown = command.get_arguments().filter(own);
    let lines = shown.filter(|arg| !arg.is_hide_short_help_set()).count();
    let hidden: Vec<String> = command
        .get_arguments()
        .filter(own)
        .filter(|arg| arg.is_hide_short_help_set())
        .filter_map(|arg| Some(format!("--{}", arg.get_long()?)))
        .collect();
    let common = common(path);
    let examples = examples::of(path);
    let shown = examples_text(&examples.iter().collect::<Vec<_>>());
    let mut short = String::new();
    if !hidden.is_empty() {
        let _ = writeln!(
            short,
            "Also:    {}  (alecs-cache {path} --help)",
            hidden.join(" ")
        );
    }
    short.push_str(&common);
    let fits = lines + examples.len() + 2 <= ROOM;
    let short = paragraphs(&short, if fits { &shown } else { "" });
    let long = paragraphs(&common, &shown);
    let command = match usage {
        Some(usage) => command.override_usage(usage),
        None => command,
    };
    let has = |is: fn(&Arg) -> bool| command.get_arguments().any(is);
    let mut template = "{about-with-newline}\n{usage-heading} {usage}\n".to_owned();
    if command.has_subcommands() {
        template.push_str("\n{subcommands}");
    }
    if has(Arg::is_positional) {
        template.push_str("\n{positionals}");
    }
    template.push_str("\n{options}{after-help}");
    command
        .help_template(template)
        .after_help(short)
        .after_long_help(long)
        .disable_help_subcommand(true)
}

/// Returns the usage of a command in several lines if it is wider than `width`; clap does not wrap it.
pub(super) fn usage(built: &Command, path: &str, width: usize) -> Option<String> {
    const HEADING: &str = "Usage: ";
    let mut words = path.split(' ');
    let command = words.try_fold(built, |at, word| at.find_subcommand(word))?;
    let usage = command.clone().render_usage().to_string();
    let wrapped = human::wrapped(&usage, Some(width), &" ".repeat(HEADING.len()));
    let wrapped = wrapped.trim().strip_prefix(HEADING)?;
    wrapped.contains('\n').then(|| wrapped.to_owned())
}

/// Returns the line that names the most used options.
fn common(command: &str) -> String {
    let names = match command {
        "help" | "man" | "completions" => return String::new(),
        "config" => "--profile  --config  --url  -o json",
        "config init" => "--config  --url  -c, --customer  --edgerc",
        _ => "-c, --customer  --url  -o, --output  -q -v",
    };
    format!("Common:  {names}  (alecs-cache help options)")
}

fn paragraphs(first: &str, second: &str) -> String {
    let parts = [first, second].map(str::trim_end);
    let gap = if parts.contains(&"") { "" } else { "\n\n" };
    parts.join(gap)
}

fn examples_text(examples: &[&Example]) -> String {
    if examples.is_empty() {
        return String::new();
    }
    let width = examples.iter().map(|example| example.line.len()).max();
    let width = width.unwrap_or_default();
    let terminal = Output::terminal_width().map_or(COLUMNS, |columns| columns.min(COLUMNS));
    let column = "  alecs-cache   ".len() + width;
    let indent = if column + LEAST <= terminal {
        column
    } else {
        6
    };
    let mut text = "Examples:".to_owned();
    for Example { line, what } in examples {
        let example = format!("  alecs-cache {line:<width$}  {what}");
        let example = human::wrapped(&example, Some(terminal), &" ".repeat(indent));
        text.push('\n');
        text.push_str(example.trim_end());
    }
    text
}
