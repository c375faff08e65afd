//! Progress of a long operation, independent of how it is displayed.

/// Receives the progress of an operation. Stages may overlap: fetching continues during writes.
pub(crate) trait Progress: Sync {
    /// A stage starts; `total` is its number of steps, if known.
    fn begin(&self, stage: &'static str, total: Option<u64>);
    /// `steps` more steps of the stage are done.
    fn advance(&self, stage: &'static str, steps: u64);
    /// The stage is done.
    fn end(&self, stage: &'static str);
    /// `calls` more calls of the run are planned. `all`: as far as is known, no more calls will follow.
    fn plan(&self, calls: u64, all: bool) {
        let _ = (calls, all);
    }
    /// `calls` of the planned calls were made.
    fn called(&self, calls: u64) {
        let _ = calls;
    }
    /// `runs` more runs like this one will follow.
    fn follow(&self, runs: u64) {
        let _ = runs;
    }
    /// The operator should read this text now.
    fn note(&self, text: &str);
}

/// Discards all progress.
pub(crate) struct NoProgress;

impl Progress for NoProgress {
    fn begin(&self, _: &'static str, _: Option<u64>) {}
    fn advance(&self, _: &'static str, _: u64) {}
    fn end(&self, _: &'static str) {}
    fn note(&self, _: &str) {}
}
