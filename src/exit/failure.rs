//! The error type of commands.

use super::Exit;
use crate::domain::invalidation::Coverage;
use crate::output::Output;
use crate::stop::Signal;
use std::fmt;

/// The early end of a run: exit code, a one-line message, and what to do about it.
#[derive(Debug)]
pub(crate) struct Failure {
    pub exit: Exit,
    /// A lower-case phrase with the culprit in backticks. Never contains a secret.
    pub message: String,
    /// What to do about it, if anything helps.
    pub hint: Option<String>,
    /// Source of the error, if it is a bug.
    pub report: Option<color_eyre::Report>,
}

impl Failure {
    /// Creates a failure without a hint.
    pub(crate) fn new(exit: Exit, message: impl Into<String>) -> Self {
        Self {
            exit,
            message: message.into(),
            hint: None,
            report: None,
        }
    }

    /// Creates a failure for an invalid command line.
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self::new(Exit::Usage, message)
    }

    /// Creates a failure for an invalid configuration.
    pub(crate) fn config(message: impl Into<String>) -> Self {
        Self::new(Exit::Config, message)
    }

    /// Creates a failure for a signal.
    pub(crate) fn signal(signal: Signal) -> Self {
        let word = match signal {
            Signal::Interrupt => "interrupted",
            Signal::Terminate => "terminated",
        };
        Self::new(signal.into(), word)
    }

    /// Turns the failure into one by a signal. A hint is kept only if the failure was by a signal already; hints about
    /// other causes no longer apply.
    pub(crate) fn by_signal(self, signal: Signal) -> Self {
        let stopped = matches!(self.exit, Exit::Interrupted | Exit::Terminated);
        Self {
            hint: self.hint.filter(|_| stopped),
            ..Self::signal(signal)
        }
    }

    /// Creates a failure for servers or slots that changed in every attempt; `what` is the possible consequence.
    pub(crate) fn topology_changed(coverage: &Coverage, what: &str) -> Self {
        let hint = if coverage.moving_slots.is_empty() {
            "run it again when no failover or resharding is under way"
        } else {
            "run it again when no resharding is under way; one that was broken off is ended by `valkey-cli --cluster fix`"
        };
        Self::new(Exit::Partial, format!("{}; {what}", coverage.change())).hint(hint)
    }

    /// Creates a failure for something that should not happen.
    pub(crate) fn unexpected(report: impl Into<color_eyre::Report>) -> Self {
        let report = report.into();
        Self {
            exit: Exit::Unexpected,
            message: format!("{report:#}"),
            hint: None,
            report: Some(report),
        }
    }

    /// Adds a hint.
    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Changes the code of an unexpected error to [`Exit::Partial`] if `done`: a part of the work succeeded before it.
    pub(crate) fn after_a_part(mut self, done: bool) -> Self {
        if done && self.exit == Exit::Unexpected && self.report.is_none() {
            self.exit = Exit::Partial;
        }
        self
    }

    /// Prefixes the message with what was being done.
    pub(crate) fn while_doing(mut self, what: impl fmt::Display) -> Self {
        self.message = format!("{what}: {}", self.message);
        self
    }
}

/// Ends a command that continued after failures with the first one in the precedence of exit codes, after printing up
/// to `limit` of the others (0: none). `exits` are further codes without a message.
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
    // The signal itself is reported; work that it canceled is not.
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
