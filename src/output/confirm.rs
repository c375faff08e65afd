//! Asking before something is done that cannot be taken back.

use super::Output;
use super::escape::escape;
use crate::stop::{Signal, Stop};
use std::io::{self, BufRead as _, IsTerminal, Read as _, Write as _};
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
        tokio::select! {
            answer = line(prompt) => match answer {
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

/// So many bytes of an answer are read.
const ANSWER_MAX: u64 = 4096;

/// Asks for a line in a thread of its own: reading from a terminal cannot be cancelled, and a thread, other
/// than a task, does not keep the process from ending. The terminal stays as it is, so that Ctrl-C is
/// the signal that it always is, Ctrl-D ends the question, and nothing is left to be put right after either.
async fn line(prompt: &str) -> Option<String> {
    {
        let mut stderr = io::stderr().lock();
        stderr.write_all(prompt.as_bytes()).ok()?;
        stderr.flush().ok()?;
    }
    let (sender, receiver) = oneshot::channel();
    std::thread::spawn(move || {
        let mut answer = String::new();
        let read = io::stdin().lock().take(ANSWER_MAX).read_line(&mut answer);
        // Who asked may have left.
        let _ = sender.send(read.ok().filter(|bytes| *bytes > 0).map(|_| answer));
    });
    let answer = receiver.await.ok().flatten();
    if !answer.as_ref().is_some_and(|answer| answer.ends_with('\n')) {
        // What comes next begins a line of its own, also after Ctrl-D.
        let _ = io::stderr().lock().write_all(b"\n");
    }
    answer
}
