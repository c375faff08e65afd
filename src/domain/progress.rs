//! How a long operation reports its progress, without knowing who listens.

/// Receives the progress of an operation. Stages may overlap: fetching goes on while writing does.
pub(crate) trait Progress: Sync {
    /// A stage begins; `total` is the number of steps where it is known.
    fn begin(&self, stage: &'static str, total: Option<u64>);
    /// `steps` more steps of the stage are done.
    fn advance(&self, stage: &'static str, steps: u64);
    /// The stage is over.
    fn end(&self, stage: &'static str);
    /// `calls` more calls of the run are planned; `all`: these are all that it takes, as far as is known.
    fn plan(&self, calls: u64, all: bool) {
        let _ = (calls, all);
    }
    /// `calls` of those that were planned are made.
    fn called(&self, calls: u64) {
        let _ = calls;
    }
    /// So many runs like this one follow it.
    fn follow(&self, runs: u64) {
        let _ = runs;
    }
    /// Something the operator should read while it goes on.
    fn note(&self, text: &str);
}

/// No one listens.
pub(crate) struct Silent;

impl Progress for Silent {
    fn begin(&self, _: &'static str, _: Option<u64>) {}
    fn advance(&self, _: &'static str, _: u64) {}
    fn end(&self, _: &'static str) {}
    fn note(&self, _: &str) {}
}
