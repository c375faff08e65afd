//! What follows an error of the server that ends a run.

use super::Writes;
use crate::cache::Error;
use crate::cache::fetch::ask::{Effect, PendingWrite};
use crate::store;

impl Writes<'_> {
    /// Returns the first error of the server. Any other, such as a lost lock, ends the writing side at once.
    pub(super) fn first(
        &self,
        ended: Result<(), Error>,
        written: Result<(), Error>,
    ) -> Result<Result<(), Error>, Error> {
        self.failed.set(self.failed.get() || written.is_err());
        match written {
            Ok(()) | Err(Error::Store(_)) => Ok(ended.and(written)),
            Err(error) => Err(error),
        }
    }

    /// Returns true once the server takes no more writes.
    pub(in crate::cache::fetch) fn has_failed(&self) -> bool {
        self.failed.get()
    }

    /// Counts writes that were not carried out.
    pub(super) fn unstored(&self, batch: &[PendingWrite]) {
        for put in batch.iter().filter(|put| put.effect != Effect::Amended) {
            self.ledger.unstored(put.resource);
        }
    }
}

/// Returns true if the next write would fail in the same way.
pub(super) fn ends_the_run(error: &store::Error) -> bool {
    !matches!(
        error,
        store::Error::WrongType { .. } | store::Error::Refused { .. }
    )
}
