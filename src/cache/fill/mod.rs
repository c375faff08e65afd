//! Filling the cache: fetch from the source what is due, write it while fetching goes on.
//!
//! `account` fills a whole account, `one` the properties named; both use `hostnames` and `extras` for
//! what belongs to a property, hand their writes to `writer`, and settle with `marks` that nothing
//! comes back which was invalidated meanwhile. `patches` changes single items of the values that hold
//! many.

mod account;
mod entries;
mod extras;
mod hostnames;
mod lacks;
mod ledger;
mod listing;
mod marks;
mod one;
mod patches;
mod plan;
mod run_lock;
mod survey;
mod writer;

use super::Error;
use crate::domain::account::Flaw;
use crate::domain::key::{Customer, Entry, Scheme};
use crate::domain::progress::Progress;
use crate::domain::ttl::Resource;
use crate::domain::warm::{Report, Request};
use crate::domain::worth::Patience;
use crate::source::{self, Source};
use crate::stop::Stop;
use crate::store::Store;
use futures_util::{Stream, StreamExt};
use ledger::Ledger;
use run_lock::RunLock;
use std::future::ready;
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
    /// How long things may stand, and for how much longer readers keep them.
    pub patience: Patience<'a>,
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
        let result = self.under(&lock, &ledger).await;
        let released = lock.release(self.customer, self.progress).await;
        let result = result.and(released);
        Ok(Outcome {
            report: ledger.report(result.is_err()),
            ended: result.err(),
        })
    }

    /// Fetches and writes while the lock is ours.
    async fn under(&self, lock: &RunLock, ledger: &Ledger) -> Result<(), Error> {
        let since = self.marks_clock().await?;
        let (writer, drain) = writer::channel();
        let fetching = async {
            // The writer goes with the fetching side: the writing side ends when it is dropped.
            let writer = writer;
            if self.request.ids.is_empty() {
                self.account(&writer, ledger, since).await
            } else {
                self.named(&writer, ledger, since).await
            }
        };
        let writing = drain.run(self.store, ledger, async || {
            lock.still_ours(self.customer).await
        });
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
        match result {
            Ok(()) => {
                // Whoever has the lock by now remembers what it lacks.
                lock.still_ours(self.customer).await?;
                self.remember(ledger, true).await
            }
            Err(error) => {
                // Whatever ended it, what was invalidated meanwhile must not stay.
                self.withdraw_since(ledger, since).await;
                if !matches!(error, Error::LockLost { .. })
                    && let Err(error) = self.remember(ledger, false).await
                {
                    self.progress.note(&format!(
                        "what is still lacking could not be remembered ({error}); the next run may take it for whole"
                    ));
                }
                Err(error)
            }
        }
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
        self.patience
            .policy
            .jittered(resource, self.request.jitter, fastrand::f64())
    }

    /// Asks about each of these things, several at once, and gives the answers in their order. None is
    /// asked about any more once something came that the next call would meet as well.
    fn each_asked<T: Copy, A, F>(
        &self,
        ledger: &Ledger,
        things: impl IntoIterator<Item = T>,
        ask: impl Fn(T) -> F,
    ) -> impl Stream<Item = (T, Result<A, source::Error>)>
    where
        F: Future<Output = Result<A, source::Error>>,
    {
        futures_util::stream::iter(things)
            .take_while(|_| ready(ledger.halted().is_none()))
            .map(move |thing| {
                let asking = ask(thing);
                async move {
                    let answer = asking.await;
                    if let Err(error) = &answer
                        && error.ends_the_run()
                    {
                        ledger.halt(error.clone());
                    }
                    (thing, answer)
                }
            })
            .buffered(self.request.concurrency.max(1))
    }

    /// Enters a failed call in the ledger: as the end of asking where the next call would fail as
    /// well, else as a failure of its own.
    fn survive(
        ledger: &Ledger,
        resource: Resource,
        id: impl Into<Option<String>>,
        error: source::Error,
    ) {
        if error.ends_the_run() {
            ledger.halt(error);
        } else {
            ledger.failed(resource, id, error.word(), error.to_string());
        }
    }

    /// Enters the items of an answer that could not be read; the others are as good as ever.
    fn enter_flaws(
        ledger: &Ledger,
        resource: Resource,
        id: impl Into<Option<String>>,
        flaws: Vec<Flaw>,
    ) {
        let id = id.into();
        for flaw in flaws {
            let message = format!("the Akamai API gave {flaw}");
            ledger.lacks(resource, id.clone());
            ledger.failed(resource, id.clone(), "malformed", message);
        }
    }
}
