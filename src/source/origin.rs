//! One customer's account, queried through the API or a recording.

use super::Error;
use super::call::Call;
use super::checkpoint::Checkpoint;
use super::client::Client;
use super::edgerc::Credentials;
use super::envelope::Body;
use super::options::{ApiLimits, SourceOptions, Tuning};
use super::quote::quote;
use super::recorder::Recorder;
use super::recording::{Recording, ReplayedAnswer};
use super::scrub::digest_of;
use crate::domain::key::Id;
use crate::domain::papi::ItemError;
use crate::domain::secret::Secret;
use crate::stop::Stop;
use jiff::Timestamp;
use parking_lot::Mutex;
use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

pub struct Source {
    customer: String,
    origin: Transport,
    recorder: Option<Arc<Recorder>>,
    checkpoint: Option<Checkpoint>,
    answers: AtomicU64,
    /// Account named by the last response that named one.
    account: Mutex<Option<String>>,
    /// Properties that were not found in their known group and contract.
    pub(super) moved: Mutex<BTreeSet<Id>>,
    /// Properties whose group and contract the API itself has named.
    pub(super) placed: Mutex<HashSet<Id>>,
}

enum Transport {
    Api(Box<Client>),
    Replay(Arc<Recording>),
}

/// A parsed response and the API's clock when it was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiAnswer<T> {
    pub value: T,
    /// The response's `Date`.
    pub date: Option<Timestamp>,
    /// Errors of list items that could not be parsed.
    pub item_errors: Vec<ItemError>,
}

impl<T> ApiAnswer<T> {
    /// Returns an answer that comes from no single response of the API.
    pub(crate) fn of(value: T, item_errors: Vec<ItemError>) -> Self {
        Self {
            value,
            date: None,
            item_errors,
        }
    }

    pub(crate) fn map<U>(self, make: impl FnOnce(T) -> U) -> ApiAnswer<U> {
        ApiAnswer {
            value: make(self.value),
            date: self.date,
            item_errors: self.item_errors,
        }
    }
}

impl Source {
    /// Returns a source that calls the API. Nothing happens before the first call, but the address is checked: a host
    /// other than the credentials' own must be a loopback address.
    pub fn api(
        customer: impl Into<String>,
        credentials: Credentials,
        options: &SourceOptions,
        limits: ApiLimits,
        stop: Stop,
    ) -> Result<Self, Error> {
        Self::api_tuned(
            customer,
            credentials,
            options,
            limits,
            Tuning::default(),
            stop,
        )
    }

    /// Like [`Source::api`], with other times, for tests.
    #[doc(hidden)]
    pub fn api_tuned(
        customer: impl Into<String>,
        mut credentials: Credentials,
        options: &SourceOptions,
        limits: ApiLimits,
        tuning: Tuning,
        stop: Stop,
    ) -> Result<Self, Error> {
        if let Some(key) = &options.account_key {
            credentials.account_key = Some(key.clone());
        }
        let host = options.host.as_deref();
        let client = Client::new(credentials, host, options.timeout, limits, tuning, stop)?;
        Ok(Self::of(customer.into(), Transport::Api(Box::new(client))))
    }

    /// Returns a source that replays a recording, which must hold responses for this customer.
    pub fn replay(customer: impl Into<String>, recording: Arc<Recording>) -> Result<Self, Error> {
        let customer = customer.into();
        recording.require(&customer)?;
        Ok(Self::of(customer, Transport::Replay(recording)))
    }

    /// Also writes each response to a recording.
    pub fn recording_to(mut self, recorder: Arc<Recorder>) -> Self {
        self.recorder = Some(recorder);
        self
    }

    /// Stores responses as they arrive, and answers calls from the checkpoint of an earlier run.
    pub fn checkpointed(mut self, checkpoint: Checkpoint) -> Self {
        self.checkpoint = Some(checkpoint);
        self
    }

    /// Returns a moment before all that an interrupted run received, in milliseconds since 1970, and the marks of
    /// shortly before it; `None` unless this run continues that one.
    pub(crate) fn resumed(&self) -> Option<(u64, Vec<(String, u64)>)> {
        self.checkpoint.as_ref()?.resumed()
    }

    /// Answers calls with responses from this moment on, and stores them: the interrupted run's only if it began then.
    pub(crate) fn begin_checkpoint(&self, since: u64, before: Vec<(String, u64)>) {
        if let Some(checkpoint) = &self.checkpoint {
            checkpoint.begin(since, before);
        }
    }

    /// Answers no further call from the interrupted run: a part of what it received is out of date.
    pub(crate) fn stop_replaying(&self) {
        if let Some(checkpoint) = &self.checkpoint {
            checkpoint.stop_answering();
        }
    }

    /// Returns a source of the responses that an interrupted run received, if a plan of the run that continues it reads
    /// them.
    pub(crate) fn received(&self) -> Option<Self> {
        let received = self.checkpoint.as_ref()?.received()?;
        Self::replay(self.customer.as_str(), received).ok()
    }

    /// Removes the checkpoint after a run that came to its end.
    pub fn forget_answers(&self) {
        if let Some(checkpoint) = &self.checkpoint {
            checkpoint.remove();
        }
    }

    /// Reports whether the account-wide list of hostnames, or a part of it, costs nothing: a recording has it, or the
    /// resumed run received it.
    pub(crate) fn has_listing(&self) -> bool {
        if let Transport::Replay(recording) = &self.origin {
            return recording.has_listing(&self.customer);
        }
        let checkpoint = self.checkpoint.as_ref();
        checkpoint.is_some_and(Checkpoint::has_listing)
    }

    /// Returns true if the responses are recorded.
    pub(crate) fn is_recorded(&self) -> bool {
        self.recorder.is_some()
    }

    /// Returns a digest of host, client token and account switch key.
    pub fn account_digest(&self) -> String {
        let Some(client) = self.client() else {
            return digest_of(&[]);
        };
        let credentials = client.credentials();
        let key = credentials.account_key.as_ref().map_or("", Secret::reveal);
        digest_of(&[&credentials.host, credentials.client_token.reveal(), key])
    }

    fn of(customer: String, origin: Transport) -> Self {
        Self {
            customer,
            origin,
            recorder: None,
            checkpoint: None,
            answers: AtomicU64::new(0),
            account: Mutex::default(),
            moved: Mutex::default(),
            placed: Mutex::default(),
        }
    }

    /// Returns the account (`act_…`) named by the last response that named one.
    pub(crate) fn account(&self) -> Option<String> {
        self.account.lock().clone()
    }

    pub(super) fn record_account(&self, account: Option<String>) {
        if account.is_some() {
            *self.account.lock() = account;
        }
    }

    /// Reports whether the property was found only without its group and contract, and its location was not queried
    /// since.
    pub(crate) fn has_moved(&self, id: &str) -> bool {
        self.moved.lock().contains(id)
    }

    /// Returns all properties for which [`Source::has_moved`] is true, in order.
    pub(crate) fn moved(&self) -> Vec<Id> {
        self.moved.lock().iter().cloned().collect()
    }

    /// Records that a property is in another group and contract than known.
    pub(crate) fn note_moved(&self, id: Id) {
        self.moved.lock().insert(id);
    }

    pub fn customer(&self) -> &str {
        &self.customer
    }

    /// Returns a digest of the credentials, equal for the same client acting for the same account. A recording has
    /// none.
    pub fn identity(&self) -> Option<String> {
        Some(self.client()?.identity())
    }

    /// Makes all calls fail for `wait`, because an earlier run met a burst block.
    pub fn block(&self, wait: Duration) {
        if let Some(client) = self.client() {
            client.block(wait);
        }
    }

    /// Limits all further calls to one at a time.
    pub fn one_call_at_a_time(&self) {
        if let Some(client) = self.client() {
            client.one_call_at_a_time();
        }
    }

    /// True for a recording, whose answers cost nothing.
    pub fn is_replay(&self) -> bool {
        self.client().is_none()
    }

    /// Attempts sent to the API, retries included; always 0 for a recording.
    pub fn calls_made(&self) -> u64 {
        self.client().map_or(0, |client| client.pacer().sent())
    }

    /// Requests left in the account's current minute, by the last response.
    pub fn calls_remaining(&self) -> Option<u64> {
        self.client()?.pacer().api_left()
    }

    /// Requests per minute that the account may make, by the last response.
    pub fn calls_per_minute(&self) -> Option<u64> {
        self.client()?.pacer().api_limit()
    }

    /// Requests per minute that the operator or the section allows, evenly spaced.
    pub fn configured_rate(&self) -> Option<u64> {
        self.client()?.rate().map(u64::from)
    }

    /// Calls answered by the API or a recording.
    pub fn answers(&self) -> u64 {
        self.answers.load(Ordering::Relaxed)
    }

    pub(super) async fn ask<T>(
        &self,
        call: &Call,
        read: impl FnOnce(Body<'_>) -> Result<T, ItemError>,
    ) -> Result<ApiAnswer<T>, Error> {
        let mut outcome = self.answer(call, read).await;
        if let Err(Error::NotFound { customer, .. }) = &mut outcome {
            *customer = Some(self.customer.clone());
        }
        if let Some(client) = self.client() {
            client.settled(&outcome);
        }
        if outcome.is_ok() {
            self.answers.fetch_add(1, Ordering::Relaxed);
        }
        outcome
    }

    async fn answer<T>(
        &self,
        call: &Call,
        read: impl FnOnce(Body<'_>) -> Result<T, ItemError>,
    ) -> Result<ApiAnswer<T>, Error> {
        let kept = self.checkpoint.as_ref();
        let kept = kept.and_then(|kept| kept.answer(&call.to_string()));
        let again = kept.is_some();
        let raw = match (&self.origin, kept) {
            (_, Some(kept)) => kept.into_raw(call),
            (Transport::Api(client), None) => {
                let answer = client.ask(call).await;
                if let (Err(Error::Budget { .. }), Some(kept)) = (&answer, &self.checkpoint) {
                    kept.budget_ended();
                }
                answer?
            }
            (Transport::Replay(recording), None) => recording
                .answer(&self.customer, &call.to_string())?
                .into_raw(call),
        };
        let (text, problem) = match String::from_utf8(raw.body) {
            Ok(text) => (text, None),
            Err(error) => (
                String::from_utf8_lossy(error.as_bytes()).into_owned(),
                Some(ItemError("it is not UTF-8".into())),
            ),
        };
        let clean = match self.client() {
            Some(client) => client.credentials().scrub(&text),
            None => text.as_str().into(),
        };
        if let Some(recorder) = &self.recorder {
            recorder.write(
                &self.customer,
                &call.to_string(),
                raw.status,
                raw.date,
                &clean,
            )?;
        }
        if let Some(checkpoint) = self.checkpoint.as_ref().filter(|_| !again) {
            checkpoint.keep(&call.to_string(), raw.status, raw.date, &clean);
        }
        if let Some(error) = raw.refusal {
            return Err(error);
        }
        let body = Body::read(&text);
        self.record_account(body.account());
        let value =
            problem
                .map_or_else(|| read(body), Err)
                .map_err(|problem| Error::Malformed {
                    call: call.to_string(),
                    detail: format!("{problem}; it begins with `{}`", quote(clean.as_bytes())),
                })?;
        Ok(ApiAnswer {
            value,
            date: raw.date,
            item_errors: Vec::new(),
        })
    }

    /// Returns all recorded lists of properties; `None` unless this source is a recording.
    pub(super) fn recorded_property_lists(&self) -> Option<impl Iterator<Item = ReplayedAnswer>> {
        match &self.origin {
            Transport::Api(_) => None,
            Transport::Replay(recording) => Some(recording.property_lists(&self.customer)),
        }
    }

    fn client(&self) -> Option<&Client> {
        match &self.origin {
            Transport::Api(client) => Some(client),
            Transport::Replay(_) => None,
        }
    }
}
