//! Replaces a single value in one step, apart from the batches.

use super::Writes;
use super::ended::ends_the_run;
use crate::cache::Error;
use crate::cache::fetch::ask::PendingWrite;
use crate::store::{ExchangeResult, Write};

impl Writes<'_> {
    /// Replaces a value if it is still `former`, so that no other process's change is lost. Returns false if
    /// the caller must read the value and try again: it has changed, or marks were added during the write. A
    /// value that was invalidated before is not written.
    pub(crate) async fn exchange(&self, former: &[u8], put: PendingWrite) -> Result<bool, Error> {
        let Write::Patch { key, value } = &put.write else {
            return Ok(true);
        };
        let seen = self.look().await?;
        if self.marked.borrow().takes(&put.about) {
            return Ok(true);
        }
        if let Some(comparison) = &self.comparison {
            let put = std::slice::from_ref(&put);
            let young = comparison.compare(&self.cache, self.began, put).await?;
            self.refetch.borrow_mut().extend(young);
            return Ok(true);
        }
        let entry = self
            .cache
            .entered(self.generation, vec![key.clone()], false);
        self.cache.overwrite(entry).await?;
        let values = (former, value.as_slice());
        match self.cache.store.exchange(key, values, seen.as_ref()).await {
            Ok(ExchangeResult::Another | ExchangeResult::Marked) => return Ok(false),
            Ok(ExchangeResult::Done) => {
                self.ledger
                    .stored(put.resource, put.effect, put.write.bytes());
            }
            Err(error) if ends_the_run(&error) => {
                self.unstored(&[put]);
                return Err(error.into());
            }
            Err(error) => {
                let text = error.to_string();
                self.ledger.failed(put.resource, key.clone(), "store", text);
            }
        }
        self.written
            .borrow_mut()
            .push(key, put.resource, &put.about);
        self.remove_marked().await?;
        Ok(true)
    }
}
