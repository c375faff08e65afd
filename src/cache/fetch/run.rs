//! Carries out a plan: makes calls with bounded concurrency, and hands over their answers (to `answers`) and the writes
//! (to `queue`).

use super::ask::{ApiRequest, CallAnswer, Caller, Effect, Origins, PendingWrite};
use super::baseline::{Digest, OwnKind};
use super::identity::Remembered;
use super::known::KnownAccount;
use super::ledger::Ledger;
use super::plan::FetchStep;
use super::queue::{Drain, Queue, Writes};
use super::run_lock::{RunLock, still_ours};
use super::view::CacheView;
use super::{CachedBefore, Halt};
use crate::cache::Error;
use crate::domain::key::{Entry, Fqdn, Id};
use crate::domain::papi::Property;
use crate::domain::progress::Progress;
use crate::domain::ttl::Resource;
use crate::domain::warm::WarmRequest;
use crate::source::{self, PropertyRef, Source};
use crate::store::Write;
use futures_util::{Stream, StreamExt};
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::future::ready;
use std::rc::Rc;
use std::time::Duration;
use tokio::sync::OnceCell;
use tokio::time::Instant;

/// A value from a call for one property alone, and its digest; `None` if the value is about to change.
pub(super) type OwnFetched = (OwnKind, Option<Digest>);

/// Outcome of a call for a property of which a part is missing, and where the property is; or of one for the list of a
/// pair of which a part of a property is refused.
pub(super) type LookedFor = Result<Option<PropertyRef>, source::Error>;

/// One run: its request, and the context to carry it out.
pub(super) struct FetchRun<'a> {
    pub cache: CacheView<'a>,
    pub source: &'a Source,
    pub request: &'a WarmRequest,
    pub progress: &'a dyn Progress,
    pub before: Option<&'a CachedBefore>,
    /// The customer's lock, which a run of the whole account holds.
    pub lock: Option<&'a RunLock>,
    pub ledger: &'a Ledger,
    pub queue: Queue,
    pub writes: &'a Writes<'a>,
    pub remembered: &'a Remembered,
    pub began: Instant,
    /// `act_…`, if the API has named it to this run or an earlier one.
    pub account: RefCell<Option<String>>,
    /// No call begins after this time.
    pub until: Cell<Option<Instant>>,
    /// No later stage of the run is known to need calls that are not planned yet.
    pub planned_whole: Cell<bool>,
    /// The hash of all host names has been changed, and counted if it exists.
    pub hash_patched: Cell<bool>,
    /// All fields of the hash of all host names were written, or found as they should be.
    pub hash_whole: Cell<bool>,
    /// Digests of the lists of host names that were written, by property.
    pub hosts_written: RefCell<HashMap<Id, Digest>>,
    /// What was looked for because a part of a property is missing or refused, by id.
    pub looked_for: RefCell<HashMap<String, Rc<OnceCell<LookedFor>>>>,
    /// Values from calls for one property alone, by property.
    pub own_fetched: RefCell<HashMap<Id, Vec<OwnFetched>>>,
}

impl FetchRun<'_> {
    /// Fetches, and writes what is handed over meanwhile, until both are done or the lock is lost.
    pub(super) async fn fetch_and_write(self, drain: Drain) -> Result<(), Error> {
        let (lock, writes, progress) = (self.lock, self.writes, self.progress);
        let fetching = async {
            // Dropped with its queue when fetching ends, and then writing ends, too.
            let run = self;
            if run.request.is_for_account() {
                Box::pin(run.account()).await
            } else {
                run.named().await
            }
        };
        let writing = writes.run(drain, async || still_ours(lock).await);
        let both = async {
            let (fetched, written) = futures_util::join!(fetching, writing);
            written.and(match fetched {
                Ok(()) | Err(Halt::Closed) => Ok(()),
                Err(Halt::Because(error)) => Err(error),
            })
        };
        let lost = async {
            match lock {
                Some(lock) => lock.lost().await,
                None => std::future::pending().await,
            }
        };
        let result = tokio::select! {
            result = both => result,
            error = lost => Err(error),
        };
        if result.is_err()
            && let Err(error) = writes.remove_marked().await
        {
            // Whatever ended the run, values that were invalidated meanwhile must not stay.
            progress.note(&format!(
                "values that were invalidated during the run could not be removed ({error})"
            ));
        }
        result
    }

    pub(super) fn wants(&self, resource: Resource) -> bool {
        self.request.wants(resource)
    }

    /// Returns how long a new value is stored, with jitter; shorter if the value lacks a part.
    pub(super) fn ttl(&self, resource: Resource, whole: bool) -> Duration {
        let lifetimes = &self.cache.lifetimes;
        if !whole {
            return lifetimes.incomplete(resource);
        }
        let (due, jitter) = (self.request.due, self.request.jitter);
        let ttl = due.jittered(resource, lifetimes.policy, jitter, fastrand::f64());
        ttl.saturating_add(lifetimes.stale_for)
    }

    /// Returns true if the run compares fetched values with cached ones, and writes nothing.
    pub(super) fn checks(&self) -> bool {
        self.request.check
    }

    pub(super) async fn write(
        &self,
        resource: Resource,
        write: Write,
        about: Origins,
        effect: Effect,
    ) -> Result<(), Halt> {
        self.put(PendingWrite {
            resource,
            write,
            about,
            effect,
        })
        .await
    }

    pub(super) async fn put(&self, put: PendingWrite) -> Result<(), Halt> {
        Ok(self.queue.put(put).await?)
    }

    pub(super) async fn set(&self, entry: &Entry, value: Vec<u8>, whole: bool) -> Result<(), Halt> {
        if self.checks() && !whole {
            // The missing part was reported. What is cached of it does not matter here.
            return Ok(());
        }
        // Entries without a resource are bookkeeping, which is not fetched.
        let Some(resource) = entry.resource() else {
            return Ok(());
        };
        let write = self.cache.keys.set(entry, value, self.ttl(resource, whole));
        self.put(PendingWrite::new(entry, write)).await
    }

    /// Leaves fresh keys as they are. Keys that a run has written count as seen by this run. In sorted order
    /// they cost the server a fifth, because neighbors in the index are recorded together.
    pub(super) async fn keep(&self, resource: Resource, mut keys: Vec<String>) -> Result<(), Halt> {
        self.ledger.kept(resource, keys.len() as u64);
        keys.sort_unstable();
        for entry in self.writes.seen(&keys) {
            let about = Origins::Account;
            self.write(resource, entry, about, Effect::Amended).await?;
        }
        Ok(())
    }

    pub(super) fn caller(&self) -> Caller<'_> {
        Caller {
            source: self.source,
            view: self.request.hostnames,
            progress: self.progress,
        }
    }

    /// Makes several requests at once and returns the answers in their order. Makes no further request after an
    /// error that would fail the next one as well.
    pub(super) fn asked(
        &self,
        asks: Vec<ApiRequest>,
    ) -> impl Stream<Item = (ApiRequest, Result<CallAnswer, source::Error>)> {
        futures_util::stream::iter(asks)
            .take_while(|_| {
                let halted = self.ledger.is_halted() || self.writes.has_failed();
                ready(!(halted || self.is_over()))
            })
            .map(move |ask| async move {
                let (ask, answer) = self.ask(ask).await;
                if let Err(error) = &answer
                    && error.ends_the_run()
                {
                    self.ledger.halt(error.clone());
                }
                (ask, answer)
            })
            .buffered(self.request.concurrency.max(1))
    }

    /// Returns true if the next run is due, and then stops further calls.
    fn is_over(&self) -> bool {
        let over = self
            .until
            .get()
            .is_some_and(|until| until <= Instant::now());
        if over {
            self.ledger.halt(source::Error::NextRun);
        }
        over
    }

    /// Carries out steps. Afterwards their answers are in `known` and their writes in the queue.
    pub(crate) async fn carry_out(
        &self,
        steps: Vec<FetchStep>,
        known: &mut KnownAccount,
    ) -> Result<(), Halt> {
        let (mut asks, mut costs) = (Vec::new(), Vec::new());
        for step in steps {
            match step {
                FetchStep::Fetch { ask, calls, .. } => {
                    asks.push(ask);
                    costs.push(calls);
                }
                FetchStep::Keep(resource, keys) => self.keep(resource, keys).await?,
                FetchStep::Extend(_, _, Origins::AllFields) => known.extends_hash = true,
                FetchStep::KeepHash(whole) => self.keep_hash(whole).await?,
                FetchStep::Extend(resource, key, about) => {
                    let ttl = self.ttl(resource, true);
                    let write = Write::Expire { key, ttl };
                    self.write(resource, write, about, Effect::KeptAlive)
                        .await?;
                }
                FetchStep::Serve(mut each) => {
                    self.put_each(&mut each, None).await?;
                }
                FetchStep::Make(..) | FetchStep::AtMost(_) | FetchStep::Unseen(..) => {}
            }
        }
        let planned = costs.iter().sum();
        if planned > 0 && !self.source.is_replay() {
            self.progress.plan(planned, self.planned_whole.get());
        }
        let mut costs = costs.into_iter();
        // The account-wide list reports its own progress.
        let stage = asks
            .iter()
            .rev()
            .find(|ask| !matches!(ask, ApiRequest::Hostnames(_)))
            .map(ApiRequest::stage);
        if let Some(stage) = stage {
            self.progress.begin(stage, Some(asks.len() as u64));
        }
        let mut unanswered = asks.len();
        let mut answers = std::pin::pin!(self.asked(asks));
        while let Some((ask, answer)) = answers.next().await {
            unanswered -= 1;
            match answer {
                Ok(answered) => self.absorb(ask, answered, known).await?,
                Err(error) => self.absorb_failure(ask, error, known)?,
            }
            self.progress.called(costs.next().unwrap_or(0));
            if let Some(stage) = stage {
                self.progress.advance(stage, 1);
            }
        }
        if let Some(stage) = stage {
            self.progress.end(stage);
        }
        if unanswered > 0 {
            self.may_write()?;
        }
        Ok(())
    }

    /// Fails once the server takes no more writes: what is fetched from then on could not be stored.
    pub(super) fn may_write(&self) -> Result<(), Halt> {
        if self.writes.has_failed() {
            return Err(Halt::Closed);
        }
        Ok(())
    }

    pub(super) async fn put_property(&self, property: &Rc<Property>) -> Result<(), Halt> {
        let value = property.json.clone().into_bytes();
        let entry = Entry::Property(property.id.clone());
        self.set(&entry, value, true).await
    }

    /// Parses a host name from the API for use in a key. A name that cannot be used is recorded as a failure.
    pub(super) fn fqdn(&self, name: &str) -> Option<Fqdn> {
        let made = Fqdn::new(name);
        made.map_err(|error| {
            let (resource, message) = (Resource::Hostnames, error.to_string());
            self.ledger
                .failed(resource, name.to_owned(), "name", message);
        })
        .ok()
    }
}
