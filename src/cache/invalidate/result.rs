//! Progress and result of an invalidation.

use crate::cache::Error;
use crate::domain::invalidation::InvalidationOutcome;

/// Result of an invalidation, and why it stopped early if it did.
#[derive(Debug, Default)]
pub(crate) struct RunResult {
    pub outcome: InvalidationOutcome,
    pub error: Option<Error>,
    pub stopped: bool,
    /// Servers or slots moved during the last round, so that keys may remain.
    pub unproven: bool,
    /// The server had no memory for the marks, even after the removal: a process that fetched earlier may write old
    /// values back.
    pub unmarked: bool,
    /// Further notes for the operator.
    pub notes: Vec<String>,
}

impl RunResult {
    /// Records an error; the first one counts.
    pub(crate) fn fail(&mut self, error: impl Into<Error>) {
        self.error.get_or_insert(error.into());
    }

    /// True if there is no point in continuing.
    pub(crate) fn is_over(&self) -> bool {
        self.stopped || self.error.is_some()
    }
}
