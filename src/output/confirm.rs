//! Asking before something is done that cannot be taken back.

use super::Output;
use super::escape::escape;
use crate::stop::{Signal, Stop};
use std::io::{self, BufRead as _, IsTerminal, Write as _};
use tokio::sync::oneshot;

/// What came of a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// Go on.
    Yes,
    /// Leave it.
    No,
    /// There is no terminal to ask on, or it was not wanted (`--no-input`).
    CannotAsk,
    /// A signal came instead of an answer.
    Stopped(Signal),
}

impl Output {
    /// Whether a question can be asked: stdin and stderr are terminals, and `--no-input` is not set.
    #[must_use]
    pub fn can_ask(&self) -> bool {
        !self.options().no_input && io::stdin().is_terminal() && io::stderr().is_terminal()
    }

    /// Asks a question that takes yes or no; anything else than yes is no.
    pub async fn confirm(&self, question: &str, stop: &Stop) -> Answer {
        self.ask(&format!("{} [y/N] ", escape(question)), stop, |answer| {
            matches!(answer.to_ascii_lowercase().as_str(), "y" | "yes")
        })
        .await
    }

    /// Asks to type `name`, so that nobody confirms by habit.
    pub async fn confirm_by_name(&self, question: &str, name: &str, stop: &Stop) -> Answer {
        let prompt = format!("{}\nType `{}` to go on: ", escape(question), escape(name));
        self.ask(&prompt, stop, |answer| answer == name).await
    }

    async fn ask(&self, prompt: &str, stop: &Stop, agrees: impl Fn(&str) -> bool) -> Answer {
        if !self.can_ask() {
            return Answer::CannotAsk;
        }
        // Nobody can answer what they cannot see, but they can still press Ctrl-C.
        let _ = io::stderr().lock().write_all(prompt.as_bytes());
        tokio::select! {
            answer = line_of_stdin() => match answer {
                Some(answer) if agrees(answer.trim()) => Answer::Yes,
                _ => Answer::No,
            },
            signal = stop.raised() => {
                // The terminal shows `^C` in the line of the prompt.
                let _ = io::stderr().lock().write_all(b"\n");
                Answer::Stopped(signal)
            }
        }
    }
}

/// Reads a line in a thread of its own: reading from a terminal cannot be cancelled, and a thread, other
/// than a task, does not keep the process from ending.
async fn line_of_stdin() -> Option<String> {
    let (sender, receiver) = oneshot::channel();
    std::thread::spawn(move || {
        let mut line = String::new();
        let read = io::stdin().lock().read_line(&mut line);
        // Who asked may have left.
        let _ = sender.send(read.is_ok_and(|bytes| bytes > 0).then_some(line));
    });
    receiver.await.ok().flatten()
}
