//! Exit codes, and the only place that turns an error or an outcome into an exit code and a last line on stderr.

mod failure;
mod hints;
mod last_line;

pub(crate) use failure::{Failure, end};
pub(crate) use hints::of_part;
pub(crate) use last_line::{from_panic, install_panic_hook, refused_arguments, report};

use crate::stop::Signal;
use std::process::ExitCode;

/// How a run ended. Scripts rely on the numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Exit {
    /// Everything requested is done.
    Done = 0,
    /// An unexpected error, in most cases a bug.
    Unexpected = 1,
    /// The command line is invalid, or a removal was refused without `--yes`.
    Usage = 2,
    /// The configuration is invalid or missing.
    Config = 3,
    /// Authentication or permission failed, on either side.
    Denied = 4,
    /// The requested item does not exist.
    NotFound = 5,
    /// A threshold was not met.
    Threshold = 6,
    /// Part of the work failed, the rest is done.
    Partial = 7,
    /// Another process holds the lock.
    Busy = 8,
    /// The API limits the rate, or the budget is used up.
    Limited = 9,
    /// No connection, or the connection was lost.
    Network = 10,
    /// No answer in time.
    Timeout = 11,
    /// The operator declined at the prompt.
    Declined = 12,
    /// SIGINT.
    Interrupted = 130,
    /// SIGTERM.
    Terminated = 143,
}

impl Exit {
    /// All codes, by number.
    pub const ALL: [Self; 15] = [
        Self::Done,
        Self::Unexpected,
        Self::Usage,
        Self::Config,
        Self::Denied,
        Self::NotFound,
        Self::Threshold,
        Self::Partial,
        Self::Busy,
        Self::Limited,
        Self::Network,
        Self::Timeout,
        Self::Declined,
        Self::Interrupted,
        Self::Terminated,
    ];

    /// Which of several codes is reported: signals first, then what makes everything else doubtful, then what is true of
    /// a part of the work. Our own commands never combine the codes after these with others.
    const PRECEDENCE: [Self; 15] = [
        Self::Interrupted,
        Self::Terminated,
        Self::Busy,
        Self::Network,
        Self::Timeout,
        Self::Denied,
        Self::Limited,
        Self::Partial,
        Self::Threshold,
        Self::Unexpected,
        Self::Usage,
        Self::Config,
        Self::NotFound,
        Self::Declined,
        Self::Done,
    ];

    /// Returns the exit code.
    pub const fn code(self) -> u8 {
        self as u8
    }

    /// Returns the name used in JSON.
    pub const fn word(self) -> &'static str {
        self.texts().0
    }

    /// Returns the meaning, as in the help and the manual.
    pub const fn meaning(self) -> &'static str {
        self.texts().1
    }

    const fn texts(self) -> (&'static str, &'static str) {
        match self {
            Self::Done => ("done", "done"),
            Self::Unexpected => ("unexpected", "unexpected error"),
            Self::Usage => ("usage", "usage, or refused without --yes"),
            Self::Config => ("config", "configuration"),
            Self::Denied => (
                "denied",
                "authentication or permission, at Valkey or at Akamai",
            ),
            Self::NotFound => ("not_found", "not found"),
            Self::Threshold => ("threshold", "a threshold was not met"),
            Self::Partial => ("partial", "part of the work failed, the rest is done"),
            Self::Busy => ("busy", "busy: another process holds a lock"),
            Self::Limited => ("rate_limited", "rate limited, or the budget is used up"),
            Self::Network => ("network", "cannot connect, or connection lost"),
            Self::Timeout => ("timeout", "timeout"),
            Self::Declined => ("declined", "declined at the prompt"),
            Self::Interrupted => ("interrupted", "interrupted (SIGINT)"),
            Self::Terminated => ("terminated", "terminated (SIGTERM)"),
        }
    }

    /// Returns the code to report if several apply; [`Exit::Done`] if there is none.
    pub fn first(ends: impl IntoIterator<Item = Self>) -> Self {
        let rank = |end: &Self| Self::PRECEDENCE.iter().position(|one| one == end);
        ends.into_iter().min_by_key(rank).unwrap_or(Self::Done)
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

impl From<Signal> for Exit {
    fn from(signal: Signal) -> Self {
        match signal {
            Signal::Interrupt => Self::Interrupted,
            Signal::Terminate => Self::Terminated,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_numbers_are_those_that_scripts_rely_on() {
        let numbers: Vec<u8> = Exit::ALL.into_iter().map(Exit::code).collect();
        assert_eq!(
            numbers,
            [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 130, 143]
        );
    }

    #[test]
    fn every_code_has_a_place_in_the_precedence() {
        for exit in Exit::ALL {
            assert_eq!(
                Exit::PRECEDENCE.iter().filter(|one| **one == exit).count(),
                1,
                "{exit:?}"
            );
        }
    }

    #[test]
    fn of_several_codes_the_first_in_precedence_is_reported() {
        let order = [143, 8, 10, 11, 4, 9, 7, 6, 0];
        for (index, code) in order.iter().enumerate() {
            let rest = Exit::ALL
                .into_iter()
                .filter(|exit| order[index..].contains(&exit.code()));
            assert_eq!(Exit::first(rest).code(), *code);
        }
        assert_eq!(
            Exit::first([Exit::Partial, Exit::Interrupted, Exit::Busy]),
            Exit::Interrupted
        );
        assert_eq!(Exit::first([]), Exit::Done);
    }
}
