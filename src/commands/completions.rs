//! `completions`: prints the script that completes command lines in a shell. The script calls the binary for every
//! word, so that it can offer names that only this machine knows.

pub(crate) mod engine;
mod values;

use crate::exit::{Exit, Failure};
use crate::output::Output;
use clap::Args;
use clap_complete::Shell;
use clap_complete::env::Shells;
use engine::VARIABLE;
use std::io;

/// Name of the program, as typed and as called by the scripts.
const PROGRAM: &str = "alecs-cache";

/// zsh runs the completion file itself for the first word. Without this line that word gets no completions.
const ZSH_FIRST: &str = r#"
[[ "$funcstack[1]" = _alecs-cache ]] && _clap_dynamic_completer_alecs_cache "$@"
"#;

#[derive(Debug, Args)]
pub(crate) struct CompletionsArgs {
    /// Shell
    ///
    /// To try them in this shell: `source <(alecs-cache completions bash)`, for zsh likewise, for fish
    /// `alecs-cache completions fish | source`. `make install` puts them where the shells look.
    #[arg(value_name = "SHELL", value_enum)]
    pub shell: Shell,
}

/// Prints the completion script.
pub(crate) fn run(arguments: &CompletionsArgs, out: &Output) -> Result<Exit, Failure> {
    out.bytes(&script(arguments.shell).map_err(Failure::unexpected)?)?;
    Ok(Exit::Done)
}

/// Returns the completion script of a shell.
pub fn script(shell: Shell) -> io::Result<Vec<u8>> {
    let mut script = Vec::new();
    let shells = Shells::builtins();
    let registration = shells.completer(&shell.to_string());
    let registration = registration.ok_or(io::ErrorKind::Unsupported)?;
    registration.write_registration(VARIABLE, PROGRAM, PROGRAM, PROGRAM, &mut script)?;
    if shell == Shell::Zsh {
        script.extend_from_slice(ZSH_FIRST.as_bytes());
    }
    Ok(script)
}
