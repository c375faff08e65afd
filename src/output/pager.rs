//! What is longer than the screen goes through the operator's pager, as with git and gh.

use crate::stop;
use console::Term;
use std::io::{self, ErrorKind, IsTerminal, Write};
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The default of PAGER.
const LESS: &str = "less";

/// Stdout, which waits until it is known whether a pager is needed.
#[derive(Debug, Default)]
pub(super) struct Pager(Mutex<State>);

#[derive(Debug, Default)]
enum State {
    /// Everything goes to stdout at once.
    #[default]
    Off,
    /// Up to a screen is kept, for this program.
    Waiting { program: String, text: Vec<u8> },
    /// A pager has it.
    Paging(Child),
}

impl Pager {
    /// Begins to wait, where stdout is a screen that tells its size. `program`: the value of PAGER.
    pub(super) fn begin(&self, program: Option<&str>) {
        let program = program.unwrap_or(LESS);
        let screen = io::stdin().is_terminal()
            && Term::stdout()
                .size_checked()
                .is_some_and(|(rows, _)| rows > 0);
        if screen && !["", "cat"].contains(&program) {
            let text = Vec::new();
            let program = program.to_owned();
            *self.state() = State::Waiting { program, text };
        }
    }

    /// Writes to stdout, to the pager, or to what waits.
    ///
    /// # Errors
    /// Stdout does not take it, or its reader has gone.
    pub(super) fn write(&self, data: &[u8]) -> io::Result<()> {
        let mut state = self.state();
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

    /// Shows what was held back and waits for the pager to end.
    ///
    /// # Errors
    /// Stdout does not take it.
    pub(super) fn flush(&self) -> io::Result<()> {
        let state = std::mem::take(&mut *self.state());
        match state {
            State::Off => Ok(()),
            State::Waiting { program, text } => {
                let shown = self.write(&text);
                let text = Vec::new();
                *self.state() = State::Waiting { program, text };
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

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Pager {
    fn drop(&mut self) {
        // No one is left to report it to.
        let _ = self.flush();
    }
}

/// Starts it by the shell, since PAGER may hold options; `None` where it does not start.
fn pager(program: &str) -> Option<Child> {
    let mut command = Command::new("sh");
    // For less, as git does: colors, and what was shown stays on the screen. What cannot be run (126, 127)
    // has read nothing.
    let line =
        format!("LESS=${{LESS-FRX}}; export LESS; {program}\ncase $? in 126|127) exec cat;; esac");
    command.args(["-c", &line]).stdin(Stdio::piped());
    let child = command.spawn().ok()?;
    stop::is_paged(true);
    Some(child)
}
