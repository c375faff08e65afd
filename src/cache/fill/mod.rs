//! Filling the cache: fetch from the source what is due, write it while fetching goes on.
//!
//! `account` fills a whole account, `one` the properties named; both use `hostnames` and `extras` for
//! what belongs to a property, hand their writes to `writer`, and settle with `marks` that nothing
//! comes back which was invalidated meanwhile.

mod account;
mod entries;
mod extras;
mod hostnames;
mod ledger;
mod marks;
mod one;
mod plan;
mod run_lock;
mod survey;
mod writer;

use super::Error;
use crate::domain::key::{Customer, Entry, Scheme};
use crate::domain::progress::Progress;
use crate::domain::ttl::{Policy, Resource};
use crate::domain::warm::{Report, Request};
use crate::source::{self, Source};
use crate::stop::Stop;
use crate::store::Store;
use ledger::Ledger;
use run_lock::RunLock;
use std::time::Duration;
use writer::Closed;

/// Everything that filling one customer's cache needs.
pub struct Fill<'a> {
    /// Where to write.
    pub store: &'a Store,
    /// Where to fetch.
    pub source: &'a Source,
    /// How keys are spelled.
    pub scheme: &'a Scheme,
    /// Whose cache.
    pub customer: &'a Customer,
    /// How long things may stand.
    pub policy: &'a Policy,
    /// What is asked for.
    pub request: &'a Request,
    /// Who listens.
    pub progress: &'a dyn Progress,
}

/// How a run ended: what it did, and why it stopped early where it did.
pub struct Outcome {
    /// What became of each resource.
    pub report: Report,
    /// The error that ended the run, if one did.
    pub ended: Option<Error>,
}

/// Why fetching stops before its end.
enum Halt {
    /// The writing side has ended; it knows why.
    Closed,
    /// An error that the next call would meet as well.
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

impl Fill<'_> {
    /// Runs under the customer's run lock, waiting for it up to `wait`.
    ///
    /// # Errors
    /// [`Error::Busy`] where another warmer holds the lock, or the store fails before anything is
    /// done. What goes wrong later is in the outcome, beside what was done until then.
    pub async fn run(&self, wait: Duration, stop: &Stop) -> Result<Outcome, Error> {
        let lock = RunLock::take(self, wait, stop).await?;
        let ledger = Ledger::of(self.request.resources.iter().copied());
        let (writer, drain) = writer::channel();
        let fetching = async {
            // The writer goes with the fetching side: the writing side ends when it is dropped.
            let writer = writer;
            if self.request.ids.is_empty() {
                self.account(&writer, &ledger).await
            } else {
                self.named(&writer, &ledger).await
            }
        };
        let writing = drain.run(self.store, &ledger, || lock.still_ours(self.customer));
        let both = async {
            let (fetched, written) = futures_util::join!(fetching, writing);
            written.and(match fetched {
                Ok(()) | Err(Halt::Closed) => Ok(()),
                Err(Halt::Because(error)) => Err(error),
            })
        };
        let result = tokio::select! {
            result = both => result,
            error = lock.lost(self.customer) => Err(error),
        };
        lock.release(self.progress).await;
        Ok(Outcome {
            report: ledger.report(result.is_err()),
            ended: result.err(),
        })
    }

    fn wants(&self, resource: Resource) -> bool {
        self.request.resources.contains(&resource)
    }

    fn wants_any(&self, resources: &[Resource]) -> bool {
        resources.iter().any(|resource| self.wants(*resource))
    }

    fn key(&self, entry: &Entry) -> String {
        self.scheme.key(self.customer, entry)
    }

    /// The time to live of one key, jitter applied.
    fn ttl(&self, resource: Resource) -> Duration {
        self.policy
            .jittered(resource, self.request.jitter, fastrand::f64())
    }

    /// Enters a failed call in the ledger, or halts where the next call would fail as well.
    fn survive(
        ledger: &Ledger,
        resource: Resource,
        id: impl Into<Option<String>>,
        error: source::Error,
    ) -> Result<(), Halt> {
        if error.ends_the_run() {
            return Err(error.into());
        }
        ledger.failed(resource, id, error.word(), error.to_string());
        Ok(())
    }
}
