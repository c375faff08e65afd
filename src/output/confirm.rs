//! Confirmation before something irreversible.

use super::escape::escape;
use super::secret::{TerminalKeys, read_line};
use super::stream::columns;
use super::terminal::TerminalGuard;
use super::{Output, human};
use crate::stop::{Signal, Stop};
use console::Term;
use std::io::{self, IsTerminal, Write as _};
use tokio::sync::oneshot;

/// Result of a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Confirmation {
    Yes,
    No,
    /// There is no terminal to ask on, or `--no-input` forbids it.
    CannotAsk,
    /// A signal arrived instead of an answer.
    Stopped(Signal),
}

impl Output {
    /// Returns true if a question can be asked: stdin and stderr are terminals, and `--no-input` is not set.
    pub(crate) fn can_ask(&self) -> bool {
        !self.options().no_input && io::stdin().is_terminal() && io::stderr().is_terminal()
    }

    /// Asks a yes-or-no question; any answer other than yes is no.
    pub(crate) async fn confirm(&self, question: &str, stop: &Stop) -> Confirmation {
        let prompt = format!("{question} [y/N]");
        self.ask(&[&prompt], stop, |answer| {
            matches!(answer.to_ascii_lowercase().as_str(), "y" | "yes")
        })
        .await
    }

    /// Asks the operator to type `name`, so that a confirmation is never a habit.
    pub(crate) async fn confirm_by_name(
        &self,
        question: &str,
        name: &str,
        stop: &Stop,
    ) -> Confirmation {
        let prompt = format!("Type `{name}` to go on:");
        self.ask(&[question, &prompt], stop, |answer| answer == name)
            .await
    }

    /// Asks for a text, with a prompt of one or more lines; `None` if the input ended without an answer.
    pub(crate) async fn question(
        &self,
        prompt: &[&str],
        stop: &Stop,
    ) -> Result<Option<String>, Signal> {
        let _as_it_was = TerminalGuard::now();
        let width = columns(&Term::stderr()).map(usize::from);
        let prompt: String = prompt
            .iter()
            .map(|line| human::wrapped(&escape(line), width, "  "))
            .collect();
        let prompt = format!("{} ", prompt.trim_end());
        let answer = tokio::select! {
            answer = line(prompt) => answer.transpose(),
            signal = stop.raised() => Err(signal),
        };
        if !matches!(answer, Ok(Some(_))) {
            // Start the next output below the prompt.
            let _ = io::stderr().lock().write_all(b"\n");
        }
        answer
    }

    async fn ask(
        &self,
        prompt: &[&str],
        stop: &Stop,
        agrees: impl Fn(&str) -> bool,
    ) -> Confirmation {
        if !self.can_ask() {
            return Confirmation::CannotAsk;
        }
        match self.question(prompt, stop).await {
            Ok(Some(answer)) if agrees(answer.trim()) => Confirmation::Yes,
            // Ctrl-D and a closed terminal mean no.
            Ok(_) => Confirmation::No,
            Err(signal) => Confirmation::Stopped(signal),
        }
    }
}

/// Reads a line in its own thread: reading from a terminal cannot be canceled, and a thread, unlike a task, does not
/// keep the process from ending. The terminal edits the line: Ctrl-D ends the input, Ctrl-C is the usual signal.
/// `None` if the input ends without a whole line.
async fn line(prompt: String) -> Option<Result<String, Signal>> {
    let (sender, receiver) = oneshot::channel();
    std::thread::spawn(move || {
        let read = || -> io::Result<Option<Result<String, Signal>>> {
            let keys = TerminalKeys::end_lines(true)?;
            io::stderr().lock().write_all(prompt.as_bytes())?;
            let line = read_line(keys)?;
            Ok(match line.last() {
                Some(b'\n') => Some(Ok(String::from_utf8_lossy(&line).trim_end().to_owned())),
                Some(last) if keys.have(*last) => Some(Err(Signal::Interrupt)),
                _ => None,
            })
        };
        // The receiver is gone if a signal came first.
        let _ = sender.send(read().unwrap_or_default());
    });
    receiver.await.ok().flatten()
}
