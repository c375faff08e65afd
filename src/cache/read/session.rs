//! A session of reads through the cache, from connecting to closing.

use super::ReaderState;
use crate::cache::{Error, note_replaced_marks};
use crate::domain::circuit::Circuit;
use crate::domain::key::{Customer, Scheme};
use crate::domain::read::freshness::Lifetimes;
use crate::source::{self, ApiLimits, Source};
use crate::stop::Stop;
use crate::store::options::Deployment;
use crate::store::{self, Store};
use std::cell::{OnceCell, RefCell};
use std::time::Duration;
use tokio::time::Instant;

/// Consecutive cache errors after which the circuit opens.
const FAILURES: u32 = 3;

/// Time that the circuit stays open.
const REST: Duration = Duration::from_secs(30);

/// Options of a reader.
#[derive(Clone, Copy)]
pub struct ReaderOptions<'a> {
    pub scheme: &'a Scheme,
    pub customer: &'a Customer,
    /// Lifetimes of the customer's values.
    pub lifetimes: Lifetimes<'a>,
    /// A failing cache is an error; otherwise reads continue without it.
    pub required: bool,
    /// The operator's request to stop.
    pub stop: &'a Stop,
    pub warn: &'a dyn Fn(&str),
}

/// Creates an API source with limits.
pub(super) type MakeSource<'a> = &'a dyn Fn(ApiLimits) -> Result<Source, source::Error>;

/// Reads one customer's items through the cache.
pub struct Reader<'a> {
    pub(super) about: ReaderOptions<'a>,
    /// The cache; `None` if it cannot be reached.
    pub(super) store: Option<Store>,
    /// Timeout of a command, and of waiting for the foreign locks of a read.
    pub(super) wait: Duration,
    pub(super) source: LazySource<'a>,
    /// The API for a refresh: one attempt per call.
    pub(super) brief: LazySource<'a>,
    pub(super) began: Instant,
    /// Decides whether the cache is used.
    pub(super) circuit: RefCell<Circuit>,
    pub(super) state: ReaderState,
}

/// An API source that is created for the first call: answers from the cache need no credentials.
pub(super) struct LazySource<'a> {
    make: MakeSource<'a>,
    limits: ApiLimits,
    made: OnceCell<Source>,
    /// Set once the source obeys the block that an earlier command met, if there is one.
    pub(super) obeys: tokio::sync::OnceCell<()>,
}

impl<'a> LazySource<'a> {
    fn new(make: MakeSource<'a>, limits: ApiLimits) -> Self {
        Self {
            make,
            limits,
            made: OnceCell::new(),
            obeys: tokio::sync::OnceCell::new(),
        }
    }

    pub(super) fn get(&self) -> Result<&Source, source::Error> {
        if let Some(source) = self.made.get() {
            return Ok(source);
        }
        let source = (self.make)(self.limits.clone())?;
        Ok(self.made.get_or_init(|| source))
    }

    fn calls(&self) -> u64 {
        self.made.get().map_or(0, Source::calls_made)
    }
}

/// Connects. If the cache is not required, does not wait for a failover: Akamai answers sooner.
async fn connect(options: &store::Options, required: bool) -> Result<Store, store::Error> {
    let connecting = Store::connect(options);
    let replaceable = matches!(
        options.target,
        Deployment::Sentinel { .. } | Deployment::Cluster(_)
    );
    if required || !replaceable {
        return connecting.await;
    }
    let connected = tokio::time::timeout(options.connect_timeout, connecting).await;
    connected.unwrap_or_else(|_| {
        Err(store::Error::Timeout {
            endpoint: options.endpoint(),
            command: "connect".to_owned(),
            after: options.connect_timeout,
        })
    })
}

impl<'a> Reader<'a> {
    /// Connects. If the cache is not required, an unreachable cache or an unexpected reply is one warning. Rejected
    /// credentials and invalid settings are errors in any case.
    pub async fn open(
        options: &store::Options,
        about: ReaderOptions<'a>,
        source: MakeSource<'a>,
    ) -> Result<Self, Error> {
        use store::Error as E;
        let store = tokio::select! {
            store = connect(options, about.required) => store,
            _ = about.stop.raised() => {
                let call = "anything".into();
                return Err(source::Error::Stopped { call }.into());
            }
        };
        let state = ReaderState::default();
        let store = match store {
            Ok(store) => Some(store),
            Err(
                error @ (E::Connect { .. }
                | E::Lost { .. }
                | E::Timeout { .. }
                | E::Tls { .. }
                | E::NotReady { .. }
                | E::EmbeddedSilent(_)
                | E::Refused { .. }),
            ) if !about.required => {
                (about.warn)(&format!("{error}; answering from Akamai without the cache"));
                state.unreachable.replace(Some(error));
                None
            }
            Err(error) => return Err(error.into()),
        };
        let waited_for = ApiLimits {
            waited_for: true,
            ..ApiLimits::default()
        };
        let once = ApiLimits {
            tries: 1,
            ..ApiLimits::default()
        };
        Ok(Self {
            about,
            store,
            wait: options.timeout,
            source: LazySource::new(source, waited_for),
            brief: LazySource::new(source, once),
            began: Instant::now(),
            circuit: RefCell::new(Circuit::new(FAILURES, REST)),
            state,
        })
    }

    /// Returns the deadline of the refresh's calls; `None` before the refresh.
    pub(super) fn limit(&self) -> Option<Instant> {
        self.state.limit.get()
    }

    /// Returns the cache if it is reachable and has not failed.
    pub fn store(&self) -> Option<&Store> {
        self.store
            .as_ref()
            .filter(|_| self.state.unreachable.borrow().is_none())
    }

    pub fn calls_made(&self) -> u64 {
        self.source.calls() + self.brief.calls()
    }

    /// Stops the embedded server, if there is one.
    pub async fn close(self) -> Result<(), Error> {
        match self.store {
            Some(store) => {
                note_replaced_marks(&store, self.about.warn);
                Ok(store.close().await?)
            }
            None => Ok(()),
        }
    }
}
