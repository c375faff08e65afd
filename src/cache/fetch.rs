//! Fetching: API calls, and the writes of their answers.
//!
//! `view` is one customer's cache. A request is surveyed (`survey`: what is cached and what is due), planned
//! stage by stage (`planner`: the rules; `plan`: the steps) and carried out (`run`): a whole account in
//! `account`, the lists of its pairs in `crawl`, single properties in `named`. A dry run goes through the same
//! stages and shows the plan (`dry_run`). `ask` makes the calls of a plan's steps, and `answers` takes what they
//! return. `values` has the shapes of stored values, `known` what a run knows of the account, and `state` what runs
//! remember for later ones. Writes go through one `queue`, which drops values that were invalidated meanwhile and
//! removes those already written (`marks`). `warm --check` compares there instead of writing (`check`).

mod account;
mod account_check;
mod again;
mod aggregates;
mod alive;
mod all_hosts;
mod answers;
mod ask;
mod baseline;
mod changes;
mod check;
mod claims;
mod compare;
mod crawl;
mod dry_run;
mod each;
mod failed;
mod forms;
mod generations;
mod ghosts;
mod hosts;
mod hosts_hash;
mod hosts_kept;
mod identity;
mod journal;
mod known;
mod ledger;
mod list_patch;
mod lookups;
mod marks;
mod misses;
mod named;
mod newest;
mod overtaken;
mod pair_states;
mod plan;
mod planner;
mod property_lookup;
mod queue;
mod remember;
mod rowless;
mod rows;
mod run;
mod run_lock;
mod same;
mod since;
mod state;
mod survey;
mod sweep;
mod traces;
mod values;
mod view;

pub(crate) use again::ROUNDS;
pub(crate) use all_hosts::hosts_in;
pub(crate) use ask::{
    ApiRequest, CallAnswer, Caller, HostnameRows, Payload, PendingWrite, contracts, groups, shared,
};
pub(crate) use changes::Changes;
pub(crate) use identity::Remembered;
pub(crate) use known::KnownAccount;
pub(crate) use marks::{Epoch, LOOKS};
pub(crate) use misses::MissedKeys;
pub(crate) use pair_states::{PairAnswer, PairStates};
pub(crate) use property_lookup::{PropertyLookup, UNLISTED, lists_pay};
pub(crate) use same::same_value;
pub(crate) use state::field;
pub(crate) use values::{
    GroupContract, Host, array, host_calls, host_value, newest_versions, pages, serving, tree,
};
pub(crate) use view::{CacheView, KeyNames, each_once, items};

use super::invalidate::RemovedStale;
use super::{Error, note_replaced_marks};
use crate::domain::key::Id;
use crate::domain::papi::Group;
use crate::domain::progress::Progress;
use crate::domain::warm::{WarmReport, WarmRequest};
use crate::source::{PropertyRef, Source};
use crate::stop::Stop;
use crate::store::TopologySnapshot;
use ledger::Ledger;
use queue::{Closed, Writes};
use run::FetchRun;
use run_lock::{RunLock, still_ours};
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::time::Duration;
use tokio::time::Instant;

/// Request for one customer, with the context to carry it out.
pub(crate) struct Fetch<'a> {
    /// The customer's cache and the lifetimes of its values.
    pub cache: CacheView<'a>,
    pub request: &'a WarmRequest,
    /// What was cached before an invalidation removed it.
    pub before: Option<&'a CachedBefore>,
    pub progress: &'a dyn Progress,
}

/// What was cached about properties before an invalidation removed it.
#[derive(Debug, Default)]
pub(crate) struct CachedBefore {
    /// Owners of host names, unless the owner was invalidated itself.
    pub owners: Owners,
    /// References of the properties to fetch again.
    refs: HashMap<Id, PropertyRef>,
    groups: Option<Vec<Group>>,
    /// Number of host names in the account.
    host_rows: Option<u64>,
    /// List of all properties. It is put back with the fetched properties updated in it.
    pub list: Option<RemovedList>,
}

/// The property of each host name.
pub(crate) type Owners = HashMap<String, Id>;

/// List of all properties that an invalidation removes.
#[derive(Debug)]
pub(crate) struct RemovedList {
    pub json: Vec<u8>,
    /// Expiry in milliseconds since 1970, by the server's clock.
    pub expires: u64,
    /// Time of the invalidation, in the same unit and by the same clock.
    pub at: u64,
    /// True if the list is not removed but expires early.
    pub expires_early: bool,
    /// True once the run has tried to put the list back.
    pub used: Cell<bool>,
}

/// Result of a run: what it did, and why it stopped early if it did.
pub(crate) struct FetchOutcome {
    pub report: WarmReport,
    /// Error that ended the run.
    pub ended: Option<Error>,
    /// Values written, by key; only if properties were named.
    pub values: HashMap<String, Vec<u8>>,
    /// What was removed because it embeds a former form of what was stored.
    pub stale: RemovedStale,
    /// Number of keys that the server evicted during the run, of any owner; 0 if the server does not report it.
    pub evicted: u64,
}

/// Why fetching stops early.
enum Halt {
    /// The writing side has ended and holds the reason.
    Closed,
    /// An error that would fail the next call as well.
    Because(Error),
}

impl From<Closed> for Halt {
    fn from(_: Closed) -> Self {
        Self::Closed
    }
}

impl<E: Into<Error>> From<E> for Halt
where
    E: std::error::Error,
{
    fn from(error: E) -> Self {
        Self::Because(error.into())
    }
}

impl Fetch<'_> {
    /// Carries out the request. For a whole account, takes the customer's run lock and waits for it up to
    /// `wait`. Runs for named properties take no lock: they change shared keys in single steps, and mark what
    /// they write for runs that fetch whole lists.
    ///
    /// # Errors
    /// [`Error::Busy`] if another warmer holds the lock, or a store error before anything is done. Later errors
    /// are in the outcome, with what was done until then.
    pub(crate) async fn run(
        &self,
        source: &Source,
        wait: Duration,
        stop: &Stop,
    ) -> Result<FetchOutcome, Error> {
        let store = self.cache.store;
        // Waits for the end of a failover in progress: the lock must be on the server that receives the values.
        let before = if store.can_fail_over() {
            Some(store.snapshot().await?)
        } else {
            None
        };
        let evicted = store.evicted().await;
        let lock = if self.request.is_for_account() && !self.request.check {
            Some(RunLock::take(self.cache, wait, stop).await?)
        } else {
            None
        };
        let ledger = Ledger::of(self.request);
        let mut result = Box::pin(self.under(source, lock.as_ref(), &ledger, evicted, stop)).await;
        if let (Ok(()), Some(before)) = (&result, &before) {
            result = self.arrived(before).await;
        }
        let released = match lock {
            Some(lock) => lock.release(self.progress).await,
            None => Ok(()),
        };
        let result = result.and(released);
        note_replaced_marks(store, |text| self.progress.note(text));
        if let Err(error @ Error::OtherAccount { .. }) = result {
            // There is nothing to report on.
            return Err(error);
        }
        Ok(FetchOutcome {
            evicted: store.evicted_since(evicted).await,
            values: ledger.take_values(),
            stale: ledger.take_stale(),
            report: ledger.report(result.is_err(), self.request, self.cache.lifetimes.policy),
            ended: result.err(),
        })
    }

    /// Fails if the topology changed since `before`: today's primaries may lack some of the written values.
    async fn arrived(&self, before: &TopologySnapshot) -> Result<(), Error> {
        let coverage = self.cache.store.verify(before).await?.coverage;
        if coverage.topology_changed {
            return Err(Error::TopologyChanged(coverage));
        }
        Ok(())
    }

    /// Fetches and writes, while this run holds `lock` if there is one. The server had `evicted` this number of keys
    /// before.
    async fn under(
        &self,
        source: &Source,
        lock: Option<&RunLock>,
        ledger: &Ledger,
        evicted: Option<u64>,
        stop: &Stop,
    ) -> Result<(), Error> {
        let cache = self.cache;
        let remembered = Remembered::read(&cache).await?;
        // Keeping cached values alive does not wait for the end of a block.
        let wait = self.request.keep.is_none().then_some(stop);
        remembered.obey_block(&cache, source, wait).await?;
        // After all waits, during which another run may have filled the cache.
        let empty = lock.is_some() && cache.store.has_one_key().await;
        let refill = self.before.is_some();
        let writes = Writes::begin(cache, ledger, self.request, source, refill, empty).await?;
        let (queue, drain) = queue::channel();
        let run = FetchRun {
            cache,
            source,
            request: self.request,
            progress: self.progress,
            before: self.before,
            lock,
            ledger,
            queue,
            writes: &writes,
            remembered: &remembered,
            began: Instant::now(),
            account: RefCell::default(),
            until: Cell::new(None),
            planned_whole: Cell::new(false),
            hash_patched: Cell::default(),
            hash_whole: Cell::default(),
            hosts_written: RefCell::default(),
            looked_for: RefCell::default(),
            own_fetched: RefCell::default(),
        };
        let result = Box::pin(run.fetch_and_write(drain)).await;
        remembered.note_block(&cache, result.as_ref().err()).await;
        if let Some(comparison) = &writes.comparison {
            ledger.compared(comparison.take());
            return result;
        }
        let removed = async {
            // After a lost lock, another run's values would be removed.
            still_ours(lock).await?;
            writes.remove_stale(self.progress).await?;
            writes.remember_forms().await
        };
        // However the run ended.
        let removed = removed.await;
        if let (Err(_), Err(error)) = (&result, &removed) {
            self.progress.note(&format!(
                "lists and searches of former versions could not be removed ({error})"
            ));
        }
        result.and(removed)?;
        still_ours(lock).await?;
        // On a shared server, keys of others may have been evicted instead.
        if cache.store.evicted_since(evicted).await > 0 {
            writes.report_evicted(self.request).await?;
        }
        Ok(())
    }
}
