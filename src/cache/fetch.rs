//! Fetching: everything that asks Akamai and writes what it says.
//!
//! A request is surveyed (`survey`: what is cached, what is due), planned stage by stage (`planner`:
//! the rules; `plan`: the steps) and carried out (`run`), a whole account in `account`, single
//! properties in `named`. A dry run goes through the same stages and shows the plan (`dry_run`). `ask` is the one
//! place that calls the API, `values` has the shapes of what is stored, `known` what a run knows of the
//! account, `state` what is remembered of its pairs. Writes go through one `queue`, which drops and
//! takes back what was invalidated meanwhile (`marks`); a run that checks compares there instead of
//! writing (`check`).

mod account;
mod account_check;
mod again;
mod alive;
mod all_hosts;
mod ask;
mod baseline;
mod changes;
mod check;
mod claims;
mod dry_run;
mod each;
mod failed;
mod generations;
mod ghosts;
mod hosts;
mod hosts_kept;
mod identity;
mod incremental;
mod journal;
mod known;
mod ledger;
mod listed;
mod lookups;
mod marks;
mod misses;
mod name_set;
mod named;
mod place;
mod plan;
mod planner;
mod property_lookup;
mod queue;
mod remember;
mod rows;
mod run;
mod run_lock;
mod same;
mod since;
mod state;
mod survey;
mod sweep;
mod values;

pub(crate) use all_hosts::hosts_in;
pub(crate) use ask::{
    ApiRequest, CallAnswer, Caller, HostnameRows, Payload, PendingWrite, contracts, groups, shared,
};
pub(crate) use changes::Changes;
pub(crate) use identity::Remembered;
pub(crate) use known::KnownAccount;
pub(crate) use marks::{Epoch, LOOKS};
pub(crate) use place::{CacheView, KeyNames, each_once, items, property, readable};
pub(crate) use property_lookup::{PropertyLookup, lists_pay};
pub(crate) use same::same_value;
pub(crate) use state::{PairAnswer, PairStates, Readable};
pub(crate) use values::{
    GroupContract, Host, array, host_calls, host_value, newest_versions, pages, serving, tree,
};

use super::Error;
use crate::domain::key::Id;
use crate::domain::papi::Group;
use crate::domain::progress::Progress;
use crate::domain::ttl::Resource;
use crate::domain::warm::{WarmReport, WarmRequest};
use crate::source::{self, PropertyRef, Source};
use crate::stop::Stop;
use crate::store::{self, TopologySnapshot};
use crate::waiting;
use ledger::Ledger;
use queue::{Closed, Writes};
use run::FetchRun;
use run_lock::RunLock;
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::time::Duration;
use sweep::Sweep;
use tokio::time::Instant;

/// A request for one customer, and what it is carried out with.
pub(crate) struct Fetch<'a> {
    /// Whose cache, and how long values live in it.
    pub place: CacheView<'a>,
    pub request: &'a WarmRequest,
    /// What was cached before an invalidation removed it.
    pub before: Option<&'a CachedBefore>,
    pub progress: &'a dyn Progress,
}

/// What was cached of properties before an invalidation removed it.
#[derive(Debug, Default)]
pub(crate) struct CachedBefore {
    /// The properties that owned host names, where they are others than those that were invalidated.
    pub owners: Owners,
    /// Where those were that are to be fetched again.
    places: HashMap<Id, PropertyRef>,
    groups: Option<Vec<Group>>,
    /// How many host names the account had.
    host_rows: Option<u64>,
    /// The list of all properties, which is put back with what is fetched in it.
    pub list: Option<Former>,
}

/// The property of each host name.
pub(crate) type Owners = HashMap<String, Id>;

/// A list of all properties that an invalidation removes.
#[derive(Debug)]
pub(crate) struct Former {
    pub json: Vec<u8>,
    /// When it expires (milliseconds since 1970, by the server's clock).
    pub expires: u64,
    /// When the invalidation took place, likewise.
    pub at: u64,
    /// It is not removed, but will expire early.
    pub expires_early: bool,
    /// It was put back, where it could be.
    pub used: Cell<bool>,
}

/// How a run ended: what it did, and why it stopped early where it did.
pub(crate) struct FetchOutcome {
    /// What became of each resource.
    pub report: WarmReport,
    /// The error that ended the run, if one did.
    pub ended: Option<Error>,
    /// Where properties were named: the values that were written of them, by key.
    pub values: HashMap<String, Vec<u8>>,
    /// How many keys the server evicted meanwhile, whosever; 0 where it does not say.
    pub evicted: u64,
}

/// Why fetching stops before its end.
enum Halt {
    /// The writing side has ended; it knows why.
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
    /// Carries the request out. A whole account takes the customer's run lock, waiting for it up to
    /// `wait`; named properties do not: what they share with others is changed in single steps, and
    /// what they write is marked for those that fetch whole lists.
    ///
    /// # Errors
    /// [`Error::Busy`] where another warmer holds the lock, or the store fails before anything is
    /// done. What goes wrong later is in the outcome, beside what was done until then.
    pub(crate) async fn run(
        &self,
        source: &Source,
        wait: Duration,
        stop: &Stop,
    ) -> Result<FetchOutcome, Error> {
        let store = self.place.store;
        // The end of a failover that has begun is waited for: the lock must be where the values go.
        let before = if store.can_fail_over() {
            Some(store.snapshot().await?)
        } else {
            None
        };
        let evicted = store.evicted().await;
        let empty = self.request.is_whole() && store.is_empty().await;
        let lock = if self.request.is_whole() && !self.request.check {
            Some(RunLock::take(self.place, wait, stop).await?)
        } else {
            None
        };
        let ledger = Ledger::of(self.request);
        let mut result = Box::pin(self.under(source, lock.as_ref(), &ledger, empty, stop)).await;
        if let (Ok(()), Some(before)) = (&result, &before) {
            result = self.arrived(before).await;
        }
        let released = match lock {
            Some(lock) => lock.release(self.progress).await,
            None => Ok(()),
        };
        let result = result.and(released);
        if let Err(error @ Error::OtherAccount { .. }) = result {
            // There is nothing to report on.
            return Err(error);
        }
        let evicted = match (evicted, store.evicted().await) {
            (Some(then), Some(now)) => now.saturating_sub(then),
            _ => 0,
        };
        Ok(FetchOutcome {
            evicted,
            values: ledger.take_values(),
            report: ledger.report(result.is_err(), self.request, self.place.lifetimes.policy),
            ended: result.err(),
        })
    }

    /// Whether today's primaries have what was written since `before`.
    async fn arrived(&self, before: &TopologySnapshot) -> Result<(), Error> {
        if self
            .place
            .store
            .verify(before)
            .await?
            .coverage
            .topology_changed
        {
            return Err(Error::TopologyChanged);
        }
        Ok(())
    }

    /// Fetches and writes while the lock is ours where there is one.
    async fn under(
        &self,
        source: &Source,
        lock: Option<&RunLock>,
        ledger: &Ledger,
        empty: bool,
        stop: &Stop,
    ) -> Result<(), Error> {
        let place = self.place;
        let remembered = Remembered::read(&place).await?;
        let blocked = remembered.blocked_for(place.now().await?);
        match blocked {
            // What is cached does not wait for the end of it.
            Some(rest) if self.request.keep.is_some() => source.block(rest),
            Some(rest) => self.wait_for_block(rest, stop).await?,
            None => {}
        }
        if remembered.burst_until.is_some() {
            source.one_call_at_a_time();
        }
        let writes = Writes::begin(place, ledger, self.request, empty).await?;
        let (queue, drain) = queue::channel();
        let fetching = async {
            // The queue goes with the fetching side: the writing side ends when it is dropped.
            let run = FetchRun {
                place,
                source,
                request: self.request,
                progress: self.progress,
                before: self.before,
                ledger,
                queue,
                writes: &writes,
                remembered: &remembered,
                began: Instant::now(),
                until: Cell::new(None),
                planned_whole: Cell::new(false),
                hosts_written: RefCell::default(),
                own_fetched: RefCell::default(),
            };
            if self.request.is_whole() {
                Box::pin(run.account()).await.map(Some)
            } else {
                run.named().await.map(|()| None)
            }
        };
        let still_ours = async || match lock {
            Some(lock) => lock.still_ours().await,
            None => Ok(()),
        };
        let lost = async {
            match lock {
                Some(lock) => lock.lost().await,
                None => std::future::pending().await,
            }
        };
        let writing = writes.run(drain, still_ours);
        let both = async {
            let (fetched, written) = futures_util::join!(fetching, writing);
            written.and(match fetched {
                Ok(seen) => Ok(seen),
                Err(Halt::Closed) => Ok(None),
                Err(Halt::Because(error)) => Err(error),
            })
        };
        let result = tokio::select! {
            result = both => result,
            error = lost => Err(error),
        };
        if result.is_err()
            && let Err(error) = writes.settle().await
        {
            // Whatever ended it, what was invalidated meanwhile must not stay.
            self.progress.note(&format!(
                "what was invalidated while the run went on could not be removed again ({error})"
            ));
        }
        if let Some(comparison) = &writes.comparison {
            ledger.compared(comparison.take());
            return result.map(drop);
        }
        remembered
            .end_of_block(&place, result.as_ref().err())
            .await?;
        let removed = self.remove_stale(&writes, ledger).await;
        if let (Err(_), Err(error)) = (&result, &removed) {
            self.progress.note(&format!(
                "what embeds former versions could not be removed ({error})"
            ));
        }
        let seen = result?;
        removed?;
        still_ours().await?;
        let Some(seen) = seen else {
            return Ok(());
        };
        let sweep = Sweep {
            place,
            request: self.request,
            ledger,
            generation: writes.generation,
        };
        sweep.run(&seen, still_ours).await
    }

    /// Removes what embeds a former form of what was stored, however the run has ended.
    async fn remove_stale(&self, writes: &Writes<'_>, ledger: &Ledger) -> Result<(), Error> {
        if writes.empty {
            return Ok(());
        }
        let scan_skipped = match writes.changes.take().remove_stale(&self.place).await {
            Ok(removed) => {
                ledger.removed_stale(&removed);
                removed.scan_skipped
            }
            Err(Error::Store(error @ (store::Error::Denied { .. } | store::Error::NoScan(_)))) => {
                Some(error.to_string())
            }
            Err(error) => return Err(error),
        };
        if let Some(reason) = scan_skipped {
            self.progress.note(&format!(
                "{reason}; searches and lists of the server may show former versions until they expire"
            ));
        }
        Ok(())
    }

    /// The API has blocked this address: no call is made before that is over.
    async fn wait_for_block(&self, rest: Duration, stop: &Stop) -> Result<(), Error> {
        waiting::announce(
            "block",
            "Akamai has blocked this address for a burst of requests",
            rest,
        );
        tokio::select! {
            () = tokio::time::sleep(rest) => Ok(()),
            _ = stop.raised() => {
                let call = "the end of the block".into();
                Err(source::Error::Stopped { call }.into())
            }
        }
    }
}

/// The resources of a single property.
pub(crate) const OF_ONE: [Resource; 5] = [
    Resource::Details,
    Resource::Hostnames,
    // From here on a call or two for each property.
    Resource::Rules,
    Resource::Versions,
    Resource::Activations,
];
