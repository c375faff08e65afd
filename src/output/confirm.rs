//! Asking before something is done that cannot be taken back.

use super::Output;
use super::escape::escape;
use super::terminal::TerminalGuard;
use crate::stop::{Signal, Stop};
use console::Term;
use dialoguer::Input;
use dialoguer::theme::Theme;
use std::fmt;
use std::io::{self, IsTerminal, Write as _};
use std::time::Duration;
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

    /// Asks for a text; `None` where the question was left without an answer.
    pub async fn question(&self, prompt: &str, stop: &Stop) -> Result<Option<String>, Signal> {
        let _as_it_was = TerminalGuard::now();
        tokio::select! {
            answer = line(escape(prompt).into_owned()) => match answer {
                Some(answer) => Ok(Some(answer)),
                None => match tokio::time::timeout(IN_A_MOMENT, stop.raised()).await {
                    Ok(signal) => Err(signal),
                    Err(_) => Ok(None),
                },
            },
            signal = stop.raised() => Err(signal),
        }
    }

    async fn ask(&self, prompt: &str, stop: &Stop, agrees: impl Fn(&str) -> bool) -> Answer {
        if !self.can_ask() {
            return Answer::CannotAsk;
        }
        let _as_it_was = TerminalGuard::now();
        tokio::select! {
            answer = line(prompt.to_owned()) => match answer {
                Some(answer) if agrees(answer.trim()) => Answer::Yes,
                Some(_) => Answer::No,
                // Reading was broken off, by a Ctrl-C that is a signal in a moment or by a terminal that
                // is gone.
                None => match tokio::time::timeout(IN_A_MOMENT, stop.raised()).await {
                    Ok(signal) => stopped(signal),
                    Err(_) => Answer::No,
                },
            },
            signal = stop.raised() => stopped(signal),
        }
    }
}

/// How long a signal may take to reach us.
const IN_A_MOMENT: Duration = Duration::from_secs(1);

fn stopped(signal: Signal) -> Answer {
    // What comes next begins behind the line of the prompt.
    let _ = io::stderr().lock().write_all(b"\n");
    Answer::Stopped(signal)
}

/// Asks for a line in a thread of its own: reading from a terminal cannot be cancelled, and a thread, other
/// than a task, does not keep the process from ending. Keys are read one by one: Ctrl-C is the signal that
/// it always is, Ctrl-D is a letter like any other, and so a no once the line ends.
async fn line(prompt: String) -> Option<String> {
    let (sender, receiver) = oneshot::channel();
    std::thread::spawn(move || {
        let input = Input::<String>::with_theme(&Plain)
            .with_prompt(prompt)
            .allow_empty(true);
        let answer = input.report(false).interact_on(&Term::stderr());
        // Who asked may have left.
        let _ = sender.send(answer.ok());
    });
    receiver.await.ok().flatten()
}

/// The prompt as it was given, without decoration.
struct Plain;

impl Theme for Plain {
    fn format_input_prompt(
        &self,
        f: &mut dyn fmt::Write,
        prompt: &str,
        _default: Option<&str>,
    ) -> fmt::Result {
        f.write_str(prompt)
    }
}
