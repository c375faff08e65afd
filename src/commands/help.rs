//! `help`: explains a command or a topic.

use crate::exit::{Exit, Failure};
use crate::output::{Output, human};
use crate::settings::keys;
use clap::builder::StyledStr;
use clap::{Args, Command};
use std::fmt::Write as _;

/// Most columns of a topic.
const COLUMNS: usize = 80;

/// Topics besides the commands.
pub(crate) const TOPICS: [(&str, &str); 3] = [
    ("options", "Options of all commands"),
    ("exit-codes", "Exit codes"),
    ("environment", "Environment variables"),
];

#[derive(Debug, Args)]
pub(crate) struct HelpArgs {
    /// Command, or one of the topics options, exit-codes, environment
    #[arg(value_name = "COMMAND|TOPIC", hide_possible_values = true)]
    pub words: Vec<String>,
}

/// Explains a command or a topic. Without one, prints the first screen.
pub(crate) fn run(
    arguments: &HelpArgs,
    definition: &Command,
    out: &Output,
) -> Result<Exit, Failure> {
    let words: Vec<&str> = arguments.words.iter().map(String::as_str).collect();
    let text = match words.as_slice() {
        [] => definition.clone().render_help(),
        ["options"] => options(definition),
        ["exit-codes"] => fitted(&exit_codes(), 7).into(),
        ["environment"] => fitted(&environment(), 10).into(),
        path => of_command(definition, path)?,
    };
    out.data(&out.styled(&text.ansi().to_string()))?;
    Ok(Exit::Done)
}

fn of_command(definition: &Command, path: &[&str]) -> Result<StyledStr, Failure> {
    let mut built = definition.clone();
    built.build();
    let named = path
        .iter()
        .try_fold(&built, |at, word| at.find_subcommand(word));
    // `help clear` is `help locks clear`.
    let nested = || match path {
        [word] => built
            .get_subcommands()
            .find_map(|at| at.find_subcommand(word)),
        _ => None,
    };
    let found = named.or_else(nested).ok_or_else(|| {
        Failure::usage(format!("no command `{}`", path.join(" ")))
            .hint("list the commands with `alecs-cache help`")
    })?;
    Ok(found.clone().render_long_help())
}

/// Wraps the lines of a text to the terminal, and to 80 columns at most. What does not fit a line that begins with a
/// blank is continued after `indent` blanks.
fn fitted(text: &str, indent: usize) -> String {
    let width = Output::terminal_width().map_or(COLUMNS, |width| width.min(COLUMNS));
    let lines = text.lines().map(|line| {
        let indent = if line.starts_with(' ') { indent } else { 0 };
        human::wrapped(line, Some(width), &" ".repeat(indent))
    });
    lines.collect()
}

/// Returns the global options by heading.
fn options(definition: &Command) -> StyledStr {
    let all = Command::new("options").args(keys::options());
    let order = "Options of all commands, before or after the command. A flag overrides the environment, the \
                 environment a profile, a profile the configuration file.";
    all.styles(definition.get_styles().clone())
        .max_term_width(COLUMNS)
        .disable_help_flag(true)
        .help_template(format!("{}\n{{all-args}}", fitted(order, 0)))
        .render_help()
}

pub(crate) fn exit_codes() -> String {
    let mut text = "Exit codes:\n".to_owned();
    for exit in Exit::ALL {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "  {:>3}  {}", exit.code(), exit.meaning());
    }
    text.push_str(
        "\nIf several apply, the first of these wins: signal, 8, 10, 11, 4, 9, 7, 6.\n\
         With -o json the last line of stderr is\n\
         {\"error\":{\"code\",\"exit\",\"message\",\"hint\"}}\n",
    );
    text
}

fn environment() -> String {
    let mut text =
        "Environment variables; flags override them, and they override the file:\n".to_owned();
    for (names, what) in keys::variables() {
        let names = names.replace(", ", "\n  ");
        let _ = writeln!(text, "  {names}\n          {what}");
    }
    text
}
