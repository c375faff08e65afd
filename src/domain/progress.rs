//! How a long operation tells that it is alive, without knowing who listens.

/// Receives the progress of an operation. Stages may overlap: fetching goes on while writing does.
pub(crate) trait Progress: Sync {
    /// A stage begins; `total` is the number of steps where it is known.
    fn begin(&self, stage: &'static str, total: Option<u64>);
    /// `steps` more steps of the stage are done.
    fn advance(&self, stage: &'static str, steps: u64);
    /// The stage is over.
    fn end(&self, stage: &'static str);
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
