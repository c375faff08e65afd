//! The API client: paces calls, retries them with a new signature each time, and stops on the operator's signal.

use super::Error;
use super::attempt::{AttemptError, Disconnected, RawResponse, Refusal, attempt, broken};
use super::breaker::Breaker;
use super::call::Call;
use super::edgerc::Credentials;
use super::endpoint::{ApiEndpoint, address, is_loopback};
use super::options::{ApiLimits, Tuning};
use super::pace::Pacer;
use crate::domain::duration::shown;
use crate::stop::Stop;
use crate::waiting;
use jiff::Timestamp;
use parking_lot::Mutex;
use std::time::Duration;
use tokio::sync::{OnceCell, Semaphore};
use tokio::time::{Instant, sleep};

/// Why nothing is called for a while, for those who wait.
pub(crate) const BLOCKED: &str = "Akamai has blocked this address for a burst of requests";

/// Limit for connecting, if the limit of an attempt is not shorter.
const CONNECT: Duration = Duration::from_secs(10);

/// A successful response, or a refusal that concerns only this object (403, 404).
pub(super) struct Raw {
    pub status: u16,
    pub date: Option<Timestamp>,
    pub body: Vec<u8>,
    /// The error for a status other than success.
    pub refusal: Option<Error>,
}

/// API client with one customer's credentials. Does nothing before the first call.
pub(super) struct Client {
    address: ApiEndpoint,
    timeout: Duration,
    limits: ApiLimits,
    tuning: Tuning,
    stop: Stop,
    http: OnceCell<reqwest::Client>,
    calls: Semaphore,
    pacer: Pacer,
    breaker: Breaker,
    /// Error of the last attempt if it got no response.
    out_of_reach: Mutex<Option<Error>>,
}

/// Decision after an attempt.
enum RetryDecision {
    Done(Raw),
    Fail(Error),
    /// Retry after the wait. With `all`, every call waits.
    Retry {
        error: Error,
        wait: Option<Duration>,
        all: bool,
    },
    /// Retry for at most this long, in case the API becomes reachable.
    Unreached(Error, Duration),
    Burst(String, Option<Duration>),
}

impl Client {
    pub(super) fn new(
        credentials: Credentials,
        host: Option<&str>,
        timeout: Duration,
        mut limits: ApiLimits,
        mut tuning: Tuning,
        stop: Stop,
    ) -> Result<Self, Error> {
        tuning.longest_wait = tuning.longest_wait.min(limits.longest_wait);
        limits.rate = limits.rate.or(credentials.request_limit);
        Ok(Self {
            address: address(credentials, host)?,
            timeout,
            http: OnceCell::new(),
            calls: Semaphore::new(limits.concurrency.clamp(1, 256)),
            pacer: Pacer::new(&limits, &tuning),
            breaker: Breaker::new(&tuning),
            out_of_reach: Mutex::default(),
            limits,
            tuning,
            stop,
        })
    }

    /// Makes a call, with as many attempts as the limits allow.
    pub(super) async fn ask(&self, call: &Call) -> Result<Raw, Error> {
        let stopped = || Error::Stopped {
            call: call.to_string(),
        };
        if self.stop.signal().is_some() {
            return Err(stopped());
        }
        tokio::select! {
            biased;
            _ = self.stop.raised() => Err(stopped()),
            outcome = self.persist(call) => outcome,
        }
    }

    /// Records the result of a call once its response was parsed.
    pub(super) fn settled<T>(&self, outcome: &Result<T, Error>) {
        self.breaker.settled(outcome);
    }

    pub(crate) fn block(&self, wait: Duration) {
        self.breaker.block(wait);
    }

    pub(crate) fn one_call_at_a_time(&self) {
        let all = self.calls.available_permits();
        self.calls.forget_permits(all.saturating_sub(1));
    }

    /// Calls per minute, if they are spaced.
    pub(super) fn rate(&self) -> Option<u32> {
        self.limits.rate
    }

    pub(super) fn pacer(&self) -> &Pacer {
        &self.pacer
    }

    /// Returns a digest of the credentials and their host.
    pub(super) fn identity(&self) -> String {
        self.credentials().identity(&self.address.host)
    }

    pub(super) fn credentials(&self) -> &Credentials {
        &self.address.credentials
    }

    async fn persist(&self, call: &Call) -> Result<Raw, Error> {
        // The semaphore is never closed, so this only waits.
        let _place = self.calls.acquire().await.ok();
        // Time spent on an API that does not respond or fails, not counting waits for the rate limit.
        let mut unreached = Duration::ZERO;
        let most = self.limits.waited_for.then_some(self.timeout);
        let mut burst_wait = self.limits.burst_wait_max;
        let mut tried = 0;
        loop {
            let (next, took) = match self.attempt(call).await {
                // If the budget ran out while the API was unreachable, report the network error.
                Err(error @ Error::Budget { .. }) => {
                    return Err(self.out_of_reach.lock().clone().unwrap_or(error));
                }
                attempted => attempted?,
            };
            let error = match next {
                RetryDecision::Done(raw) => return Ok(raw),
                RetryDecision::Fail(error) => return Err(error),
                RetryDecision::Burst(detail, wait) => {
                    let error = self.breaker.burst(detail, wait);
                    let Error::BurstBlocked { wait, .. } = error else {
                        return Err(error);
                    };
                    if burst_wait < wait {
                        return Err(error);
                    }
                    burst_wait -= wait;
                    waiting::announce("block", BLOCKED, wait);
                    sleep(wait).await;
                    error
                }
                RetryDecision::Retry { error, wait, all } => {
                    let wait = self.delay(tried, wait);
                    if !all {
                        unreached += took + wait;
                    }
                    if most.is_some_and(|most| unreached > most) {
                        return Err(error);
                    }
                    if wait > self.tuning.longest_wait {
                        return Err(with_wait(error, wait));
                    }
                    if tried + 1 < self.limits.tries {
                        self.announce(&error, tried, wait, most.filter(|_| !all));
                        if all {
                            self.pacer.close_for(wait);
                        } else {
                            sleep(wait).await;
                        }
                    }
                    error
                }
                RetryDecision::Unreached(error, limit) => {
                    let wait = self.delay(tried, None);
                    let limit = most.map_or(limit, |most| most.min(limit));
                    unreached += took + wait;
                    if unreached > limit {
                        return Err(error);
                    }
                    if tried + 1 < self.limits.tries {
                        self.announce(&error, tried, wait, Some(limit));
                        sleep(wait).await;
                    }
                    error
                }
            };
            tried += 1;
            if tried >= self.limits.tries {
                return Err(error);
            }
        }
    }

    /// Announces a wait, so that the operator knows why the run is silent. `limit` bounds the time of all retries, which
    /// ends most of them before their number does.
    fn announce(&self, error: &Error, tried: u32, wait: Duration, limit: Option<Duration>) {
        log::debug!("{error}");
        let (kind, reason) = match error {
            Error::RateLimited { .. } => ("rate", "rate limited by Akamai".to_owned()),
            error => {
                let (retry, retries) = (tried + 1, self.limits.tries - 1);
                let what = match error {
                    // The log names the call.
                    Error::Status { status, .. } => format!("Akamai answers {status}"),
                    error => error.to_string(),
                };
                let bound = match limit {
                    Some(limit) => format!("retry {retry}, gives up after {}", shown(limit)),
                    None => format!("retry {retry} of {retries}"),
                };
                ("retry", format!("{what} ({bound})"))
            }
        };
        waiting::announce(kind, reason, wait);
    }

    /// Returns the wait that the API asked for, otherwise one that doubles with each try. It varies at random by up
    /// to 25%, so that many clients do not return at once.
    fn delay(&self, tried: u32, asked: Option<Duration>) -> Duration {
        asked.unwrap_or_else(|| {
            let doubled = self.tuning.first_delay.saturating_mul(1 << tried.min(16));
            doubled
                .mul_f64(0.75 + 0.5 * fastrand::f64())
                .clamp(self.tuning.first_delay, self.tuning.longest_delay)
        })
    }

    /// Makes one attempt once it has its turn. Returns how long the attempt itself took.
    async fn attempt(&self, call: &Call) -> Result<(RetryDecision, Duration), Error> {
        self.breaker.check()?;
        let http = self.http.get_or_try_init(|| async { self.build() }).await?;
        let turn = self.pacer.turn(&call.to_string()).await?;
        // The circuit may have opened while this call waited for its turn.
        self.breaker.check()?;
        let begun = Instant::now();
        let result = attempt(http, &self.address, call, self.timeout).await;
        let took = begun.elapsed();
        if let Ok(answered) = &result {
            turn.answered(&answered.headers);
        }
        let next = self.judge(call, result);
        *self.out_of_reach.lock() = match &next {
            RetryDecision::Unreached(
                error @ (Error::Network { .. } | Error::Timeout { .. }),
                _,
            ) => Some(error.clone()),
            _ => None,
        };
        Ok((next, took))
    }

    fn network(&self, (reason, source): Disconnected, connected: bool) -> Error {
        Error::Network {
            host: self.address.host.clone(),
            reason,
            connected,
            source,
        }
    }

    fn judge(&self, call: &Call, result: Result<RawResponse, AttemptError>) -> RetryDecision {
        let malformed = |detail| Error::Malformed {
            call: call.to_string(),
            detail,
        };
        let unreached = |error| RetryDecision::Unreached(error, self.tuning.unreachable_timeout);
        let answered = match result {
            Ok(answered) => answered,
            Err(AttemptError::Unconnected(broken)) => {
                let error = self.network(broken, false);
                return RetryDecision::Unreached(error, self.tuning.unconnected_timeout);
            }
            Err(AttemptError::Network(broken)) => return unreached(self.network(broken, true)),
            Err(AttemptError::Untrusted(broken)) => {
                return RetryDecision::Fail(self.network(broken, false));
            }
            Err(AttemptError::Cut(detail)) => return unreached(malformed(detail)),
            Err(AttemptError::TooLarge) => {
                return RetryDecision::Fail(malformed("it is larger than 64 MiB".into()));
            }
            Err(AttemptError::Timeout) => {
                return unreached(Error::Timeout {
                    call: call.to_string(),
                    after: self.timeout,
                });
            }
        };
        let raw = |answered: RawResponse, refusal| Raw {
            status: answered.status.as_u16(),
            date: answered.headers.date,
            body: answered.body,
            refusal,
        };
        if answered.status.is_success() {
            return RetryDecision::Done(raw(answered, None));
        }
        let now = Timestamp::now();
        let wait = answered.headers.wait();
        let wait_in_text = answered.wait_in_text(now);
        let retry_after = answered.headers.retry_after;
        match answered.refusal(call, self.credentials(), now) {
            Refusal::Final(error @ (Error::Forbidden { .. } | Error::NotFound { .. })) => {
                RetryDecision::Done(raw(answered, Some(error)))
            }
            Refusal::Final(error) => RetryDecision::Fail(error),
            Refusal::Burst(detail) => RetryDecision::Burst(detail, wait),
            Refusal::Passing(error) => RetryDecision::Retry {
                error,
                // The rate limit's next moment says nothing about when a fault ends.
                wait: retry_after,
                all: false,
            },
            Refusal::Limited(detail) => RetryDecision::Retry {
                error: Error::RateLimited {
                    call: call.to_string(),
                    detail,
                },
                wait: wait.or(wait_in_text),
                all: true,
            },
        }
    }

    fn build(&self) -> Result<reqwest::Client, Error> {
        // The store may have installed one already; either is fine.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut builder = reqwest::Client::builder()
            .user_agent(concat!("alecs-cache/", env!("CARGO_PKG_VERSION")))
            // A redirect would send the signature to any host that the response names.
            .redirect(reqwest::redirect::Policy::none())
            .referer(false)
            // Retries need a new signature, which reqwest would not make.
            .retry(reqwest::retry::never())
            .connect_timeout(CONNECT.min(self.timeout))
            .pool_max_idle_per_host(self.limits.concurrency);
        if is_loopback(&self.address.host) {
            builder = builder.no_proxy();
        }
        if self.address.scheme == "http" {
            // Plain HTTP verifies no certificate, so do not load the system's.
            builder = builder.tls_certs_only([]);
        }
        builder
            .build()
            .map_err(|error| self.network(broken(error), false))
    }
}

fn with_wait(error: Error, wait: Duration) -> Error {
    let more = format!(
        ", the next call is allowed in {}",
        shown(Duration::from_secs(wait.as_secs()))
    );
    match error {
        Error::RateLimited { call, detail } => Error::RateLimited {
            call,
            detail: detail + &more,
        },
        other => other,
    }
}
