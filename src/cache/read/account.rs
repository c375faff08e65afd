//! What is remembered before misses are fetched: the account, since data of another one is neither served nor stored,
//! and the API's block of this address.

use super::Reader;
use crate::cache::Error;
use crate::cache::fetch::{ApiRequest, Payload, Remembered};
use crate::source::{self, Source};

impl Reader<'_> {
    /// Fails if the credentials belong to another account. Called before the first request; asks the API only if the
    /// account was learned with other credentials.
    pub(super) async fn identify(&self) -> Result<(), Error> {
        let account = self.state.account.get_or_init(|| self.ask_account());
        account.await.clone()
    }

    /// Returns what is remembered of the cached account. A failing cache counts as no memory and is reported
    /// elsewhere.
    pub(super) async fn remembered(&self) -> Remembered {
        match self.cache() {
            Some(cache) => Remembered::read(&cache).await.unwrap_or_default(),
            None => Remembered::default(),
        }
    }

    /// Returns the API source, which makes no call while the API blocks this address.
    pub(super) async fn unblocked_api(&self) -> Result<&Source, Error> {
        let source = self.api()?;
        let obey = async || {
            let Some(cache) = self.cache() else { return };
            let remembered = self.remembered().await;
            self.state.was_blocked.set(remembered.burst_until.is_some());
            if let Err(error) = remembered.obey_block(&cache, source, None).await {
                log::info!("cannot read how long this address is blocked: {error}");
            }
        };
        self.lazy_source().obeys.get_or_init(obey).await;
        Ok(source)
    }

    /// Remembers a block of this address at once: others may be waiting to make the same call.
    pub(super) async fn note_block(&self, ended: &Error) {
        if let Error::Source(source::Error::BurstBlocked { .. }) = ended
            && let Some(cache) = self.cache()
        {
            self.remembered()
                .await
                .note_block(&cache, Some(ended))
                .await;
        }
    }

    /// Forgets a block that is over, once calls have succeeded.
    pub(super) async fn forget_block(&self) {
        let succeeded = self.state.was_blocked.get() && self.state.halted.borrow().is_none();
        if let Some(cache) = self.cache().filter(|_| succeeded) {
            self.remembered().await.note_block(&cache, None).await;
        }
    }

    async fn ask_account(&self) -> Result<(), Error> {
        if self.cache().is_none() || !self.remembered().await.is_doubtful(self.api()?) {
            return Ok(());
        }
        match self
            .ask(&ApiRequest::Groups)
            .await
            .map(|answered| answered.value)
        {
            Ok(Payload::Groups(all)) => self.agree(all.account.as_deref()).await,
            Err(error @ Error::OtherAccount { .. }) => Err(error),
            // A recording need not name the account.
            Err(Error::Source(source::Error::Unrecorded(_))) => Ok(()),
            // The next call would fail in the same way.
            Err(Error::Source(
                error @ (source::Error::Network { .. } | source::Error::Timeout { .. }),
            )) => Err(error.into()),
            Err(Error::Source(error)) if error.ends_the_run() => Err(error.into()),
            // Credentials that may not read the account may not fetch its data either.
            Ok(_) | Err(_) => Ok(()),
        }
    }

    /// Fails if an answer is about another account than the cached one.
    pub(super) async fn check_account(&self, found: Option<String>) -> Result<(), Error> {
        if found.is_none() || *self.state.agreed.borrow() == found {
            return Ok(());
        }
        let former = self.remembered().await;
        former.agree(self.about.customer.as_str(), found.as_deref())?;
        *self.state.agreed.borrow_mut() = found;
        Ok(())
    }

    /// Checks the account that the API names, and remembers it.
    pub(super) async fn agree(&self, found: Option<&str>) -> Result<(), Error> {
        let (Some(cache), Some(found)) = (self.cache(), found) else {
            return Ok(());
        };
        let former = self.remembered().await;
        former.agree(self.about.customer.as_str(), Some(found))?;
        if let Err(error) = former.remember(&cache, self.api()?, found).await {
            log::info!("the id of the account was not stored: {error}");
        }
        Ok(())
    }
}
