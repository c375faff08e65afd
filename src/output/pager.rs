//! Sends output that is longer than the screen through the operator's pager, like git and gh.

use crate::stop;
use console::Term;
use parking_lot::Mutex;
use std::io::{self, ErrorKind, IsTerminal, Write};
use std::process::{Child, Command, Stdio};

/// Default of PAGER.
const LESS: &str = "less";

/// Stdout, held back until it is known whether a pager is needed.
#[derive(Debug, Default)]
pub(super) struct Pager(Mutex<State>);

#[derive(Debug, Default)]
enum State {
    /// Writes go to stdout directly.
    #[default]
    Off,
    /// Up to a screen of output is held back; more starts `program`.
    Waiting { program: String, text: Vec<u8> },
    /// Writes go to the pager.
    Paging(Child),
}

impl Pager {
    /// Starts holding output back if stdout is a screen of known size. `program` is the value of PAGER.
    pub(super) fn begin(&self, program: Option<&str>) {
        let program = program.unwrap_or(LESS);
        let screen = io::stdin().is_terminal()
            && Term::stdout()
                .size_checked()
                .is_some_and(|(rows, _)| rows > 0);
        if screen && !["", "cat"].contains(&program) {
            let text = Vec::new();
            let program = program.to_owned();
            *self.0.lock() = State::Waiting { program, text };
        }
    }

    /// Writes to stdout, to the pager, or to the held-back output.
    ///
    /// # Errors
    /// Writing to stdout failed, or its reader is gone.
    pub(super) fn write(&self, data: &[u8]) -> io::Result<()> {
        let mut state = self.0.lock();
        match &mut *state {
            State::Off => {
                let mut stdout = io::stdout().lock();
                stdout.write_all(data).and_then(|()| stdout.flush())
            }
            State::Waiting { program, text } => {
                text.extend_from_slice(data);
                let lines = text.split(|byte| *byte == b'\n').count();
                if lines <= usize::from(Term::stdout().size().0) {
                    return Ok(());
                }
                let begun = pager(program);
                let text = std::mem::take(text);
                *state = begun.map_or(State::Off, State::Paging);
                drop(state);
                self.write(&text)
            }
            State::Paging(child) => match &mut child.stdin {
                Some(stdin) => stdin.write_all(data),
                None => Err(ErrorKind::BrokenPipe.into()),
            },
        }
    }

    /// Prints the held-back output, and waits for the pager to end.
    ///
    /// # Errors
    /// Writing to stdout failed.
    pub(super) fn flush(&self) -> io::Result<()> {
        let state = std::mem::take(&mut *self.0.lock());
        match state {
            State::Off => Ok(()),
            State::Waiting { program, text } => {
                let shown = self.write(&text);
                let text = Vec::new();
                *self.0.lock() = State::Waiting { program, text };
                shown
            }
            State::Paging(mut child) => {
                drop(child.stdin.take());
                let ended = child.wait();
                stop::is_paged(false);
                ended.map(drop)
            }
        }
    }
}

impl Drop for Pager {
    fn drop(&mut self) {
        // An error can no longer be reported.
        let _ = self.flush();
    }
}

/// Starts the pager in a shell, because PAGER may contain options; `None` if it does not start.
fn pager(program: &str) -> Option<Child> {
    let mut command = Command::new("sh");
    // Options for less as git sets them: colors, and the output stays on the screen. A pager that cannot run (126, 127)
    // has read nothing, so `cat` prints everything.
    let line =
        format!("LESS=${{LESS-FRX}}; export LESS; {program}\ncase $? in 126|127) exec cat;; esac");
    command.args(["-c", &line]).stdin(Stdio::piped());
    let child = command.spawn().ok()?;
    stop::is_paged(true);
    Some(child)
}
