//! Pacing of API calls. One pacer serves all concurrent calls to an account.
//!
//! Other programs share the account's limit, so the pacer trusts the remaining count in the responses, not its own
//! arithmetic. When nothing is left, all calls wait until the moment that the API named. The operator's own limits
//! apply on top.

use super::Error;
use super::headers::RateHeaders;
use super::options::{ApiLimits, Tuning};
use crate::domain::duration::shown;
use crate::waiting;
use parking_lot::Mutex;
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::{Instant, sleep_until};

/// Grants turns. Each attempt needs one.
pub(super) struct Pacer {
    budget: Option<u64>,
    interval: Duration,
    longest_wait: Duration,
    state: Mutex<PacerState>,
    changed: Notify,
}

#[derive(Default)]
struct PacerState {
    /// Attempts of the budget that were made elsewhere.
    spent: u64,
    sent: u64,
    in_flight: u64,
    /// Turns that may be granted before the next response; `None` if unknown.
    left: Option<u64>,
    closed_until: Option<Instant>,
    next_slot: Option<Instant>,
    api_left: Option<u64>,
    /// Number of the attempt that `api_left` comes from.
    told_by: u64,
    api_limit: Option<u64>,
}

/// Longer waits between two calls are no pace that the API's limit sets.
const STEADY: Duration = Duration::from_secs(2);

enum Admission {
    Go { number: u64 },
    Until(Instant),
    WhenOneReturns,
}

impl Pacer {
    pub(super) fn new(limits: &ApiLimits, tuning: &Tuning) -> Self {
        Self {
            budget: limits.budget,
            interval: limits
                .rate
                .map_or(Duration::ZERO, |rate| Duration::from_mins(1) / rate.max(1)),
            longest_wait: tuning.longest_wait,
            state: Mutex::new(PacerState {
                spent: limits.spent,
                ..PacerState::default()
            }),
            changed: Notify::new(),
        }
    }

    /// Waits for a turn. Dropping the turn returns it.
    pub(super) async fn turn(&self, call: &str) -> Result<Permit<'_>, Error> {
        loop {
            let changed = self.changed.notified();
            tokio::pin!(changed);
            // Enabled before looking, so that no change is missed between looking and waiting.
            changed.as_mut().enable();
            let now = Instant::now();
            let answer = self.state.lock().ask(now, self.interval, self.budget)?;
            match answer {
                Admission::Go { number } => {
                    return Ok(Permit {
                        pacer: self,
                        number,
                    });
                }
                Admission::Until(moment) if moment - now > self.longest_wait => {
                    let wait = Duration::from_secs((moment - now).as_secs());
                    return Err(Error::RateLimited {
                        call: call.to_owned(),
                        detail: format!("the next call is allowed in {}", shown(wait)),
                    });
                }
                Admission::Until(moment) => {
                    let wait = moment - now;
                    if wait > Duration::from_millis(500) {
                        let steady = wait <= self.interval.max(STEADY);
                        let kind = if steady { "pace" } else { "closed" };
                        waiting::announce(kind, "waiting for the rate limit", wait);
                    }
                    tokio::select! {
                    () = sleep_until(moment) => {}
                    () = changed => {}
                    }
                }
                // Every call in flight has a timeout, so this wait is bounded.
                Admission::WhenOneReturns => changed.await,
            }
        }
    }

    /// Grants no turn for `wait`.
    pub(super) fn close_for(&self, wait: Duration) {
        self.state.lock().close_until(Instant::now() + wait);
    }

    /// Attempts sent.
    pub(super) fn sent(&self) -> u64 {
        self.state.lock().sent
    }

    /// Requests left, by the latest attempt whose response said so.
    pub(super) fn api_left(&self) -> Option<u64> {
        self.state.lock().api_left
    }

    /// The account's limit per minute, by the last response that said so.
    pub(super) fn api_limit(&self) -> Option<u64> {
        self.state.lock().api_limit
    }
}

impl PacerState {
    fn ask(
        &mut self,
        now: Instant,
        interval: Duration,
        budget: Option<u64>,
    ) -> Result<Admission, Error> {
        if let Some(budget) = budget
            && self.spent.saturating_add(self.sent) >= budget
        {
            return Err(Error::Budget { budget });
        }
        if let Some(moment) = self.closed_until {
            if moment > now {
                return Ok(Admission::Until(moment));
            }
            self.closed_until = None;
            // The count from before the wait is outdated. One attempt finds out the new one.
            self.left = Some(1);
        }
        if self.left == Some(0) {
            if self.in_flight > 0 {
                return Ok(Admission::WhenOneReturns);
            }
            // Nothing is left and no moment was named: wait until the limit grants one more call.
            let refill = Duration::from_mins(1)
                / u32::try_from(self.api_limit.unwrap_or(60).max(1)).unwrap_or(60);
            self.close_until(now + refill);
            return Ok(Admission::Until(now + refill));
        }
        if let Some(slot) = self.next_slot
            && slot > now
        {
            return Ok(Admission::Until(slot));
        }
        if !interval.is_zero() {
            self.next_slot = Some(now + interval);
        }
        self.left = self.left.map(|left| left - 1);
        self.in_flight += 1;
        self.sent += 1;
        Ok(Admission::Go { number: self.sent })
    }

    fn close_until(&mut self, moment: Instant) {
        self.closed_until = Some(self.closed_until.map_or(moment, |known| known.max(moment)));
    }

    /// Records the rate headers of a response. Responses overtake each other: the response to an earlier attempt may
    /// lower the remaining count but never raise it.
    fn learn(&mut self, headers: &RateHeaders, number: u64, now: Instant) {
        self.api_limit = headers.limit.or(self.api_limit);
        let left = match (headers.remaining, self.api_left) {
            (Some(left), Some(known)) if number < self.told_by => Some(left.min(known)),
            (left, _) => left,
        };
        if left.is_some() {
            self.api_left = left;
            self.told_by = self.told_by.max(number);
        }
        // The API may not have counted the calls that are still in flight.
        let others = self.in_flight.saturating_sub(1);
        self.left = left.map(|left| left.saturating_sub(others));
        if headers.remaining == Some(0)
            && let Some(wait) = headers.wait()
        {
            self.close_until(now + wait);
        }
    }
}

/// Permission for one attempt.
pub(super) struct Permit<'a> {
    pacer: &'a Pacer,
    /// Number of the attempt, from 1.
    number: u64,
}

impl Permit<'_> {
    /// Returns the turn and records the response's headers.
    pub(super) fn answered(self, headers: &RateHeaders) {
        self.pacer
            .state
            .lock()
            .learn(headers, self.number, Instant::now());
    }
}

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        let mut state = self.pacer.state.lock();
        state.in_flight = state.in_flight.saturating_sub(1);
        drop(state);
        self.pacer.changed.notify_waiters();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pacer(limits: &ApiLimits) -> Pacer {
        Pacer::new(limits, &Tuning::default())
    }

    fn headers(remaining: u64, next: Option<u64>) -> RateHeaders {
        RateHeaders {
            limit: Some(120),
            remaining: Some(remaining),
            next: next.map(Duration::from_secs),
            ..RateHeaders::default()
        }
    }

    #[tokio::test(start_paused = true)]
    async fn with_nothing_left_one_turn_at_the_named_moment_finds_out_the_new_count() {
        let pacer = pacer(&ApiLimits::default());
        let begun = Instant::now();
        pacer
            .turn("x")
            .await
            .unwrap()
            .answered(&headers(0, Some(17)));
        let first = pacer.turn("x").await.unwrap();
        assert_eq!(begun.elapsed(), Duration::from_secs(17));
        // The others wait for the result of the first one.
        let second = tokio::time::timeout(Duration::from_secs(5), pacer.turn("x")).await;
        assert!(second.is_err());
        first.answered(&headers(2, None));
        let (a, b) = (
            pacer.turn("x").await.unwrap(),
            pacer.turn("x").await.unwrap(),
        );
        assert_eq!(begun.elapsed(), Duration::from_secs(22));
        assert_eq!(pacer.api_left(), Some(2));
        drop((a, b));
    }

    #[tokio::test(start_paused = true)]
    async fn with_nothing_left_and_no_moment_named_one_turn_comes_at_the_rate_of_the_limit() {
        let pacer = pacer(&ApiLimits::default());
        let begun = Instant::now();
        for _ in 0..4 {
            pacer.turn("x").await.unwrap().answered(&headers(0, None));
        }
        assert_eq!(begun.elapsed(), Duration::from_millis(1500));
    }

    #[tokio::test(start_paused = true)]
    async fn no_more_turns_are_under_way_than_are_left() {
        let pacer = pacer(&ApiLimits::default());
        pacer.turn("x").await.unwrap().answered(&headers(2, None));
        let first = pacer.turn("x").await.unwrap();
        let second = pacer.turn("x").await.unwrap();
        let third = tokio::time::timeout(Duration::from_secs(1), pacer.turn("x")).await;
        assert!(third.is_err());
        // The response was sent before the second call was counted.
        first.answered(&headers(1, None));
        let third = tokio::time::timeout(Duration::from_secs(1), pacer.turn("x")).await;
        assert!(third.is_err());
        // An attempt without a response blocks no other.
        drop(second);
        pacer.turn("x").await.unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn an_overtaken_response_does_not_raise_the_remaining_count() {
        let pacer = pacer(&ApiLimits::default());
        let first = pacer.turn("x").await.unwrap();
        let second = pacer.turn("x").await.unwrap();
        second.answered(&headers(7, None));
        first.answered(&headers(8, None));
        assert_eq!(pacer.api_left(), Some(7));
        pacer.turn("x").await.unwrap().answered(&headers(90, None));
        assert_eq!(pacer.api_left(), Some(90));
    }

    #[tokio::test(start_paused = true)]
    async fn the_rate_is_spaced_evenly_and_the_budget_counts_every_attempt() {
        let pacer = pacer(&ApiLimits {
            rate: Some(30),
            budget: Some(3),
            ..ApiLimits::default()
        });
        let begun = Instant::now();
        for _ in 0..3 {
            drop(pacer.turn("x").await.unwrap());
        }
        assert_eq!(begun.elapsed(), Duration::from_secs(4));
        assert!(matches!(
            pacer.turn("x").await,
            Err(Error::Budget { budget: 3 })
        ));
        assert_eq!(pacer.sent(), 3);
    }

    #[tokio::test(start_paused = true)]
    async fn a_wait_beyond_the_limit_is_an_error_at_once() {
        let pacer = pacer(&ApiLimits::default());
        pacer
            .turn("x")
            .await
            .unwrap()
            .answered(&headers(0, Some(301)));
        let error = pacer.turn("x").await.err().unwrap().to_string();
        assert!(
            error.ends_with("the next call is allowed in 5 min 1 s"),
            "{error}"
        );
    }
}
