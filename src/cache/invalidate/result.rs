//! What was done, as it grows.

use crate::cache::Error;
use crate::domain::invalidation::InvalidationOutcome;

/// How an invalidation ended: what it did, and why it stopped early where it did.
#[derive(Debug, Default)]
pub(crate) struct RunResult {
    /// What was done.
    pub outcome: InvalidationOutcome,
    /// The error that ended it, if one did.
    pub error: Option<Error>,
    /// The operator asked to stop.
    pub stopped: bool,
    /// The server had no memory for the marks, not even after the removal: a writer that fetched
    /// earlier may bring old values back.
    pub unmarked: bool,
    /// What the operator should know besides.
    pub notes: Vec<String>,
}

impl RunResult {
    /// Whether it came to its end.
    pub(crate) fn is_whole(&self) -> bool {
        !self.is_over()
    }

    /// Keeps an error; the first one counts.
    pub(super) fn fail(&mut self, error: impl Into<Error>) {
        self.error.get_or_insert(error.into());
    }

    /// Whether there is no use in going on.
    pub(super) fn is_over(&self) -> bool {
        self.stopped || self.error.is_some()
    }
}
