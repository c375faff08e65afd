//! `completions`: what a shell needs to complete our command line.

use crate::exit::{Exit, Failure};
use crate::output::{Format, Output};
use clap::{Args, Command};
use clap_complete::Shell;

/// The forms of output that it has.
pub(crate) const FORMATS: &[Format] = &[Format::Table];

/// The command's own options.
#[derive(Debug, Args)]
pub(crate) struct CompletionsArgs {
    /// Shell
    ///
    /// To try them in this shell: `source <(alecs-cache completions bash)`, for zsh likewise, for fish
    /// `alecs-cache completions fish | source`. `make install` puts them where the shells look.
    #[arg(value_name = "SHELL", value_enum)]
    pub shell: Shell,
}

/// Prints the completions.
pub(crate) fn run(
    arguments: &CompletionsArgs,
    definition: Command,
    out: &Output,
) -> Result<Exit, Failure> {
    out.bytes(&script(arguments.shell, definition))?;
    Ok(Exit::Done)
}

/// The completions of a shell.
pub fn script(shell: Shell, mut definition: Command) -> Vec<u8> {
    let name = definition.get_name().to_owned();
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut definition, name, &mut script);
    if shell == Shell::Bash {
        script = agreeing(&script);
    }
    script
}

/// Mends what the generator does to a program with a dash in its name: it enters a subcommand under one
/// name and looks it up under another, so that nothing behind a subcommand is ever completed.
fn agreeing(script: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(script);
    text.replace("alecs__subcmd__cache", "alecs__cache")
        .into_bytes()
}
