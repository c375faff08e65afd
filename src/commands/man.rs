//! `man`: prints the manual pages, which are generated from the same definition as the help.

use super::examples::{self, Example};
use crate::exit::{Exit, Failure};
use crate::output::Output;
use crate::settings::keys;
use clap::{Args, Command};
use clap_mangen::Man;
use clap_mangen::roff::{Roff, bold, roman};
use std::io::{self, Write as _};
use std::process::{self, Stdio};

/// Release date printed on the pages.
const DATE: &str = "2026-11-28";

#[derive(Debug, Args)]
pub(crate) struct ManArgs {
    /// Command [default: the page of alecs-cache itself]
    #[arg(value_name = "COMMAND", hide_possible_values = true)]
    pub command: Option<String>,
}

/// Shows a page on a terminal; elsewhere prints its source for `man` or `mandoc`.
pub(crate) fn run(
    arguments: &ManArgs,
    definition: &Command,
    out: &Output,
) -> Result<Exit, Failure> {
    let pages = pages(definition).map_err(Failure::unexpected)?;
    let wanted = match &arguments.command {
        Some(command) => format!("{}-{command}.1", definition.get_name()),
        None => format!("{}.1", definition.get_name()),
    };
    let found = pages.iter().find(|(name, _)| *name == wanted);
    let (_, page) = found.ok_or_else(|| Failure::usage(format!("no page `{wanted}`")))?;
    if !(Output::on_terminal() && shown(page)) {
        out.bytes(page)?;
    }
    Ok(Exit::Done)
}

/// Shows the page in `man` or `mandoc`. Returns `false` if neither can show it.
fn shown(page: &[u8]) -> bool {
    let programs: [(&str, &[&str]); 2] = [("man", &["-l", "-"]), ("mandoc", &["-a"])];
    programs.iter().any(|(program, arguments)| {
        let child = process::Command::new(program)
            .args(*arguments)
            .stdin(Stdio::piped())
            .stderr(Stdio::null())
            .spawn();
        let Ok(mut child) = child else { return false };
        if let Some(mut stdin) = child.stdin.take() {
            // A pager that was quit early reads no further.
            let _ = stdin.write_all(page);
        }
        child.wait().is_ok_and(|ended| ended.success())
    })
}

/// Returns every page with its file name: one for the program and one for each command.
pub fn pages(definition: &Command) -> io::Result<Vec<(String, Vec<u8>)>> {
    let mut definition = definition.clone().disable_help_subcommand(true);
    definition.build();
    // `clap_mangen` leaves out the text of an option that the short help hides.
    let definition = with_every_text(definition);
    let name = definition.get_name().to_owned();
    let mut pages = vec![(format!("{name}.1"), tidied(&page_of_tool(&definition)?))];
    for command in definition.get_subcommands() {
        let page = page_of_command(command, &name)?;
        pages.push((format!("{name}-{}.1", command.get_name()), tidied(&page)));
    }
    Ok(pages)
}

/// Shows every option that only the long help shows.
fn with_every_text(command: Command) -> Command {
    command
        .mut_args(|arg| arg.hide_short_help(false))
        .mut_subcommands(with_every_text)
}

/// Tidies a page for mandoc: replaces the blank line and break of `clap_mangen` with `.sp`, and wraps text lines at
/// 80 bytes. The line after `.TP` is not wrapped.
fn tidied(page: &[u8]) -> Vec<u8> {
    let page = String::from_utf8_lossy(page);
    let page = page.replace("\n.br\n\n.br\n", "\n.sp\n");
    let page = page.replace("\n\n.br\n", "\n.sp\n");
    let mut tidy = String::with_capacity(page.len());
    let mut before = "";
    for line in page.lines() {
        let mut length = 0;
        for word in line.split_inclusive(' ') {
            let text = !line.starts_with(['.', '\'']) && before != ".TP";
            let over = length > 0 && length + word.trim_end().len() > 80;
            // A line that starts with a dot or an apostrophe would be a request.
            if text && over && !word.starts_with(['.', '\'']) {
                tidy.truncate(tidy.trim_end_matches(' ').len());
                tidy.push('\n');
                length = 0;
            }
            tidy.push_str(word);
            length += word.len();
        }
        tidy.push('\n');
        before = line;
    }
    tidy.into_bytes()
}

/// Begins a page, with the usage line of the help: `clap_mangen` would list every option there.
fn begun(mut command: Command, tool: &str) -> io::Result<(Man, Vec<u8>)> {
    let usage = command.render_usage().to_string();
    let usage = usage.strip_prefix("Usage: ").unwrap_or(&usage).to_owned();
    let source = format!("{tool} {}", env!("CARGO_PKG_VERSION"));
    let title = command.get_display_name().unwrap_or(tool).to_uppercase();
    let man = Man::new(command.override_usage(usage))
        .title(title)
        .date(DATE)
        .source(source)
        .manual("User Commands");
    let mut page = Vec::new();
    man.render_title(&mut page)?;
    man.render_name_section(&mut page)?;
    man.render_synopsis_section(&mut page)?;
    man.render_description_section(&mut page)?;
    Ok((man, page))
}

fn page_of_command(command: &Command, tool: &str) -> io::Result<Vec<u8>> {
    // The global options are on the program's page.
    let own = command
        .clone()
        .display_name(format!("{tool}-{}", command.get_name()))
        .mut_args(|arg| {
            let global = arg.is_global_set();
            arg.hide(global)
        });
    let (man, mut page) = begun(own, tool)?;
    man.render_options_section(&mut page)?;
    if let Some(behind) = commands(command) {
        behind.to_writer(&mut page)?;
    }
    let name = command.get_name();
    let shown = examples::ALL
        .iter()
        .filter(|(of, _)| of.split(' ').next() == Some(name));
    let shown = shown.flat_map(|(_, examples)| *examples);
    examples_of(tool, shown).to_writer(&mut page)?;
    let mut global = Roff::new();
    global.control("SH", ["GLOBAL OPTIONS"]).text([
        roman("Options for Valkey, customers and output, exit codes, variables and files are in "),
        bold(tool),
        roman("(1)."),
    ]);
    global.to_writer(&mut page)?;
    see_also(&[tool]).to_writer(&mut page)?;
    Ok(page)
}

/// Returns a section for subcommands, which have no pages of their own.
fn commands(command: &Command) -> Option<Roff> {
    let mut behind = command
        .get_subcommands()
        .filter(|command| command.get_name() != "help")
        .peekable();
    behind.peek()?;
    let mut roff = Roff::new();
    roff.control("SH", ["COMMANDS"]);
    for command in behind {
        let about = command.get_about().map(ToString::to_string);
        roff.control("TP", [])
            .text([bold(command.get_name())])
            .text([roman(about.unwrap_or_default())])
            .control("RS", []);
        let own = |arg: &&clap::Arg| !arg.is_global_set() && arg.get_id() != "help";
        for arg in command.get_arguments().filter(own) {
            let short = arg.get_short().map(|short| format!("-{short}"));
            let long = arg.get_long().map(|long| format!("--{long}"));
            let names: Vec<String> = short.into_iter().chain(long).collect();
            let what = arg.get_help().map(ToString::to_string);
            roff.control("TP", [])
                .text([bold(names.join(", "))])
                .text([roman(what.unwrap_or_default())]);
        }
        roff.control("RE", []);
    }
    Some(roff)
}

/// Commands whose first example is on the program's page, in the order of a first day.
const FIRST_STEPS: &[&str] = &[
    "doctor",
    "warm",
    "get",
    "inspect",
    "invalidate",
    "undo",
    "hit-rate",
];

fn page_of_tool(definition: &Command) -> io::Result<Vec<u8>> {
    let (man, mut page) = begun(definition.clone(), definition.get_name())?;
    man.render_subcommands_section(&mut page)?;
    man.render_options_section(&mut page)?;
    let first = FIRST_STEPS
        .iter()
        .filter_map(|name| examples::of(name).first());
    examples_of(definition.get_name(), first).to_writer(&mut page)?;
    exit_status().to_writer(&mut page)?;
    environment().to_writer(&mut page)?;
    files().to_writer(&mut page)?;
    let names = definition.get_subcommands();
    let others: Vec<String> = names
        .map(|command| format!("{}-{}", definition.get_name(), command.get_name()))
        .collect();
    let others: Vec<&str> = others.iter().map(String::as_str).collect();
    see_also(&others).to_writer(&mut page)?;
    Ok(page)
}

fn examples_of<'e>(tool: &str, examples: impl Iterator<Item = &'e Example>) -> Roff {
    let lines = examples.map(|example| {
        let line = format!("{tool} {}", example.line);
        (line, example.what.to_owned())
    });
    section("EXAMPLES", lines)
}

fn exit_status() -> Roff {
    let codes = Exit::ALL.map(|exit| (exit.code().to_string(), exit.meaning().to_owned()));
    let mut roff = section("EXIT STATUS", codes);
    roff.control("PP", []).text([roman(
        "If several apply, the first of these wins: signal, 8, 10, 11, 4, 9, 7, 6.",
    )]);
    roff
}

fn environment() -> Roff {
    let variables = keys::variables();
    section(
        "ENVIRONMENT",
        variables.map(|(names, what)| (names.to_owned(), what)),
    )
}

fn files() -> Roff {
    let of_settings: Vec<&str> = keys::of_file().map(|key| key.name).collect();
    let settings = format!(
        "settings (TOML): {}; tables [ttl], [incremental], [thresholds], and [profile.NAME] with the same keys. Never read from the current folder.",
        of_settings.join(", ")
    );
    let files = [
        (
            "$XDG_CONFIG_HOME/alecs-cache/config.toml",
            settings.as_str(),
        ),
        (
            "~/.edgerc",
            "API credentials; the section is the customer's name unless --section names another",
        ),
        (
            "$XDG_STATE_HOME/alecs-cache/",
            "data of embedded servers and what commands keep between runs",
        ),
    ];
    section(
        "FILES",
        files.map(|(name, what)| (name.to_owned(), what.to_owned())),
    )
}

fn see_also(names: &[&str]) -> Roff {
    let mut roff = Roff::new();
    roff.control("SH", ["SEE ALSO"]);
    let mut line = Vec::new();
    for (index, name) in names.iter().enumerate() {
        if index > 0 {
            line.push(roman(", "));
        }
        line.push(bold(*name));
        line.push(roman("(1)"));
    }
    roff.text(line);
    roff
}

fn section(title: &str, items: impl IntoIterator<Item = (String, String)>) -> Roff {
    let mut roff = Roff::new();
    roff.control("SH", [title]);
    for (term, what) in items {
        roff.control("TP", [])
            .text([bold(term)])
            .text([roman(what)]);
    }
    roff
}
