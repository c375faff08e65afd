//! What a command says when it cannot do what was asked.

use super::Exit;
use crate::output::Output;
use crate::stop::Signal;
use std::fmt;

/// A run that ends early: the code, one sentence that says what happened, and what to do about it.
#[derive(Debug)]
pub(crate) struct Failure {
    /// The exit code.
    pub exit: Exit,
    /// A lower-case fragment with the culprit in backticks. Never a secret.
    pub message: String,
    /// An action, where one helps.
    pub hint: Option<String>,
    /// Where it came from, for those that are bugs.
    pub report: Option<color_eyre::Report>,
}

impl Failure {
    /// A failure with a code of its own.
    pub(crate) fn new(exit: Exit, message: impl Into<String>) -> Self {
        Self {
            exit,
            message: message.into(),
            hint: None,
            report: None,
        }
    }

    /// The command line is invalid.
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self::new(Exit::Usage, message)
    }

    /// The configuration is invalid.
    pub(crate) fn config(message: impl Into<String>) -> Self {
        Self::new(Exit::Config, message)
    }

    /// A signal ended it.
    pub(crate) fn signal(signal: Signal) -> Self {
        let word = match signal {
            Signal::Interrupt => "interrupted",
            Signal::Terminate => "terminated",
        };
        Self::new(signal.into(), word)
    }

    /// The same, ended by a signal: what was said of that is still true, other reasons are not.
    pub(crate) fn by_signal(self, signal: Signal) -> Self {
        let stopped = matches!(self.exit, Exit::Interrupted | Exit::Terminated);
        Self {
            hint: self.hint.filter(|_| stopped),
            ..Self::signal(signal)
        }
    }

    /// Servers or slots changed each time that it was tried; `what` may be the consequence.
    pub(crate) fn topology_changed(what: &str) -> Self {
        Self::new(
            Exit::Partial,
            format!("the primaries changed during the run; {what}"),
        )
        .hint("run it again when no failover or resharding is under way")
    }

    /// Something that should not happen.
    pub(crate) fn unexpected(report: impl Into<color_eyre::Report>) -> Self {
        let report = report.into();
        Self {
            exit: Exit::Unexpected,
            message: format!("{report:#}"),
            hint: None,
            report: Some(report),
        }
    }

    /// Adds what to do about it.
    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Where something unexpected ended the work after a part of it was done: a part failed.
    pub(crate) fn after_a_part(mut self, done: bool) -> Self {
        if done && self.exit == Exit::Unexpected && self.report.is_none() {
            self.exit = Exit::Partial;
        }
        self
    }

    /// Puts what was being done in front of the message.
    pub(crate) fn while_doing(mut self, what: impl fmt::Display) -> Self {
        self.message = format!("{what}: {}", self.message);
        self
    }
}

/// Ends a command that went on after failures: with the first in the order of exit codes, after printing up
/// to `limit` of the others (0: none of them). `exits` are ends without a message of their own.
pub(crate) fn end(
    out: &Output,
    exits: impl IntoIterator<Item = Exit>,
    mut failures: Vec<Failure>,
    limit: usize,
) -> Result<Exit, Failure> {
    let own = failures.iter().map(|failure| failure.exit);
    let exit = Exit::first(exits.into_iter().chain(own));
    let first = failures.iter().position(|failure| failure.exit == exit);
    let last = first.map(|first| failures.remove(first));
    // What was not asked for any more is reported by the signal.
    failures.retain(|failure| failure.exit != Exit::Interrupted);
    for failure in failures.iter().take(limit) {
        out.error(&failure.message, failure.hint.as_deref());
    }
    if limit > 0 && failures.len() > limit {
        let more = failures.len() - limit;
        out.error(&format!("{more} more failed"), None);
    }
    last.map_or(Ok(exit), Err)
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}
