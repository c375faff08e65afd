//! What is remembered of a customer between runs: the account of the cache, with the check that a source belongs to
//! it, and the API's block of this address.

use super::state::field::{ACCOUNT, ACCOUNT_BY, BURST_UNTIL, CPCODES};
use super::view::CacheView;
use crate::cache::Error;
use crate::domain::duration::milliseconds;
use crate::domain::key::Entry;
use crate::source::{self, Source};
use crate::stop::Stop;
use crate::waiting;
use std::convert::identity;
use std::time::Duration;

/// Value of the field about CP codes if one call for all is refused.
const BY_PAIR: &str = "by_pair";

/// What is made from a whole account.
const OF_ACCOUNT: [Entry; 8] = [
    Entry::WarmState,
    Entry::AccountContracts,
    Entry::AccountGroups,
    Entry::Properties,
    Entry::Hostnames,
    Entry::HostnameMap,
    Entry::CpCodes,
    Entry::Tree,
];

/// Longest wait for the end of a remembered block.
const LONGEST_BLOCK: Duration = Duration::from_mins(10);

/// Ends of blocks that differ by less (in ms) are ends of the same block.
const SAME_BLOCK: u64 = 1_000;

#[derive(Debug, Default, Clone)]
pub(crate) struct Remembered {
    pub account: Option<String>,
    /// The credentials that named the account, in the form of [`Source::identity`].
    by: Option<String>,
    /// These credentials may not read all CP codes in one call.
    pub cpcodes_by_pair: bool,
    pub burst_until: Option<u64>,
}

impl Remembered {
    pub(crate) async fn read(cache: &CacheView<'_>) -> Result<Self, Error> {
        let names = [ACCOUNT, ACCOUNT_BY, CPCODES, BURST_UNTIL];
        let [account, by, cpcodes, burst_until] = cache.remembered(names).await?;
        Ok(Self {
            account,
            by,
            cpcodes_by_pair: cpcodes.is_some_and(|word| word == BY_PAIR),
            burst_until: burst_until.and_then(|moment| moment.parse().ok()),
        })
    }

    /// Returns true if the source has the credentials that named the account.
    pub(super) fn is_known_by(&self, source: &Source) -> bool {
        self.account.is_some() && self.by.is_some() && self.by == source.identity()
    }

    /// Returns true if the source must name its account before it is trusted.
    pub(crate) fn is_doubtful(&self, source: &Source) -> bool {
        self.account.is_some() && !self.is_known_by(source)
    }

    /// Fails if `found` is another account than the cache's.
    pub(crate) fn agree(&self, customer: &str, found: Option<&str>) -> Result<(), Error> {
        match (&self.account, found) {
            (Some(cached), Some(found)) if cached != found => Err(Error::OtherAccount {
                customer: customer.to_owned(),
                cached: cached.clone(),
                found: found.to_owned(),
            }),
            _ => Ok(()),
        }
    }

    /// Fails if the credentials belong to another account than the cached one. The credentials that named the
    /// account are trusted.
    pub(super) async fn refuse_other_account(
        &self,
        customer: &str,
        source: &Source,
    ) -> Result<(), Error> {
        if self.is_doubtful(source) {
            self.check(customer, source).await
        } else {
            Ok(())
        }
    }

    /// Asks a source for its account, and fails if it is another one.
    async fn check(&self, customer: &str, source: &Source) -> Result<(), Error> {
        match source.groups_of_account().await {
            Ok(answer) => self.agree(customer, answer.value.account.as_deref()),
            Err(error) if error.ends_the_run() && !error.is_transient() => Err(error.into()),
            // An API out of reach does not prevent a removal. A source that may not name its account may not fetch
            // anything either.
            Err(_) => Ok(()),
        }
    }

    /// Obeys a remembered block: the source makes no call before its end, and one at a time from then on. Waits for
    /// the end if `wait` is given; otherwise the calls fail until then.
    pub(crate) async fn obey_block(
        &self,
        cache: &CacheView<'_>,
        source: &Source,
        wait: Option<&Stop>,
    ) -> Result<(), Error> {
        if self.burst_until.is_none() || source.is_replay() {
            return Ok(());
        }
        source.one_call_at_a_time();
        match (self.blocked_for(cache.now().await?), wait) {
            (Some(rest), Some(stop)) => wait_for_block(rest, stop).await,
            (Some(rest), None) => {
                source.block(rest);
                Ok(())
            }
            (None, _) => Ok(()),
        }
    }

    /// Returns how much longer the API blocks this address.
    fn blocked_for(&self, now: u64) -> Option<Duration> {
        let rest = self.burst_until?.saturating_sub(now);
        // A clock that went back is no reason to wait longer than a block lasts.
        (rest > 0).then(|| Duration::from_millis(rest).min(LONGEST_BLOCK))
    }

    /// Remembers a block that `ended` reports, or forgets the one that is over once calls have succeeded. A user who
    /// may not write the state goes on without.
    pub(crate) async fn note_block(&self, cache: &CacheView<'_>, ended: Option<&Error>) {
        let noted = match ended {
            Some(Error::Source(source::Error::BurstBlocked { wait, .. })) => {
                self.remember_block(cache, *wait).await
            }
            None if self.burst_until.is_some() => self.forget_block(cache).await,
            _ => return,
        };
        if let Err(error) = noted {
            log::info!("the block of this address was not noted: {error}");
        }
    }

    async fn remember_block(&self, cache: &CacheView<'_>, wait: Duration) -> Result<(), Error> {
        let until = cache.now().await?.saturating_add(milliseconds(wait));
        // Otherwise many readers that obey a block would prolong it, each by the time that it takes to say so.
        if (self.burst_until).is_some_and(|known| known.abs_diff(until) < SAME_BLOCK) {
            return Ok(());
        }
        cache.remember([(BURST_UNTIL, until.to_string())]).await
    }

    async fn forget_block(&self, cache: &CacheView<'_>) -> Result<(), Error> {
        if self.blocked_for(cache.now().await?).is_some() {
            return Ok(());
        }
        cache.forget([BURST_UNTIL]).await
    }

    pub(crate) async fn remember(
        &self,
        cache: &CacheView<'_>,
        source: &Source,
        account: &str,
    ) -> Result<(), Error> {
        if self.account.as_deref().is_some_and(|own| own != account) {
            // Each of them is about another account, and would be patched or trusted.
            cache.remove(&cache.keys_of(&OF_ACCOUNT, identity)).await?;
        } else if self.is_known_by(source) {
            return Ok(());
        }
        let by = source.identity();
        if by.is_some() && self.cpcodes_by_pair {
            // The grant depends on the credentials.
            cache.forget([CPCODES]).await?;
        }
        let account = (ACCOUNT, account.to_owned());
        let by = by.map(|by| (ACCOUNT_BY, by));
        cache.remember([account].into_iter().chain(by)).await
    }
}

impl CacheView<'_> {
    /// Asks for the source's account before anything is removed, even if its credentials are trusted. Takes a
    /// call if an account is remembered, and waits for the end of a block.
    pub(crate) async fn refuse_changed_account(
        &self,
        source: &Source,
        stop: &Stop,
    ) -> Result<(), Error> {
        let remembered = Remembered::read(self).await?;
        if remembered.account.is_none() {
            return Ok(());
        }
        remembered.obey_block(self, source, Some(stop)).await?;
        let checked = remembered.check(self.keys.customer.as_str(), source).await;
        if let Err(error) = &checked {
            remembered.note_block(self, Some(error)).await;
        }
        checked
    }

    /// Remembers that these credentials may not read all CP codes in one call.
    pub(crate) async fn remember_cpcodes_refused(&self) -> Result<(), Error> {
        self.remember([(CPCODES, BY_PAIR)]).await
    }

    /// Returns the number of calls that [`CacheView::refuse_changed_account`] makes.
    pub(crate) async fn calls_for_account(&self) -> Result<u64, Error> {
        let remembered = Remembered::read(self).await?;
        Ok(u64::from(remembered.account.is_some()))
    }
}

/// Waits until Akamai's block of this address is over. No call is made before.
async fn wait_for_block(rest: Duration, stop: &Stop) -> Result<(), Error> {
    waiting::announce("block", source::BLOCKED, rest);
    tokio::select! {
        () = tokio::time::sleep(rest) => Ok(()),
        _ = stop.raised() => {
            let call = "the end of the block".into();
            Err(source::Error::Stopped { call }.into())
        }
    }
}
