//! Stops calling the API after consecutive failures, after a burst block, and once no connection could be opened.

use super::Error;
use super::options::Tuning;
use crate::domain::circuit::Circuit;
use parking_lot::Mutex;
use std::time::Duration;
use tokio::time::Instant;

/// Circuit breaker for the calls to one account. No call is made while it is open.
pub(super) struct Breaker {
    cooldown: Duration,
    began: Instant,
    state: Mutex<BreakerState>,
}

struct BreakerState {
    circuit: Circuit,
    last: Option<Error>,
    burst: Option<String>,
    /// Error of a call that could open no connection within its bound. No further call is made, so that a run of
    /// many calls ends within the bound of one.
    unconnected: Option<Error>,
}

impl Breaker {
    pub(super) fn new(tuning: &Tuning) -> Self {
        let state = BreakerState {
            circuit: Circuit::new(tuning.failures, tuning.cooldown),
            last: None,
            burst: None,
            unconnected: None,
        };
        Self {
            cooldown: tuning.cooldown,
            began: Instant::now(),
            state: Mutex::new(state),
        }
    }

    /// Fails while the circuit is open. After the cooldown, calls are let through again and the first failure opens
    /// it again.
    pub(super) fn check(&self) -> Result<(), Error> {
        let mut state = self.state.lock();
        if let Some(error) = &state.unconnected {
            return Err(error.clone());
        }
        let Some(wait) = state.circuit.open_for(self.began.elapsed()) else {
            state.burst = None;
            return Ok(());
        };
        match (&state.burst, &state.last) {
            (Some(detail), _) => Err(Error::BurstBlocked {
                detail: detail.clone(),
                wait,
            }),
            (None, Some(last)) => Err(Error::BreakerOpen {
                failures: state.circuit.failures(),
                last: Box::new(last.clone()),
            }),
            (None, None) => Ok(()),
        }
    }

    /// Records the final result of a call, after its retries.
    pub(super) fn settled<T>(&self, outcome: &Result<T, Error>) {
        let mut state = self.state.lock();
        match outcome {
            // A call that was already in flight may succeed during a burst block; the block goes on.
            Ok(_) if state.burst.is_some() => {}
            Ok(_) => state.circuit.succeeded(),
            // These concern one object or this client, not the state of the API.
            Err(
                Error::Forbidden { .. }
                | Error::NotFound { .. }
                | Error::ResourceLimit { .. }
                | Error::Budget { .. }
                | Error::Stopped { .. }
                | Error::Recording(_)
                | Error::NotRecorded { .. }
                | Error::Unrecorded(_)
                | Error::Credentials(_)
                | Error::BreakerOpen { .. }
                | Error::BurstBlocked { .. },
            ) => {}
            Err(
                error @ Error::Network {
                    connected: false, ..
                },
            ) => state.unconnected = Some(error.clone()),
            Err(error) => {
                state.last = Some(error.clone());
                state.circuit.failed(self.began.elapsed());
            }
        }
    }

    /// Opens the circuit for a burst block and returns the error to report.
    pub(super) fn burst(&self, detail: String, wait: Option<Duration>) -> Error {
        let wait = wait.unwrap_or_default().max(self.cooldown);
        let mut state = self.state.lock();
        state.circuit.open(self.began.elapsed(), wait);
        state.burst = Some(detail.clone());
        Error::BurstBlocked { detail, wait }
    }

    /// Opens the circuit for a block that an earlier run met.
    pub(crate) fn block(&self, wait: Duration) {
        let mut state = self.state.lock();
        state.circuit.open(self.began.elapsed(), wait);
        state.burst = Some("as an earlier run learned".into());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failed() -> Result<(), Error> {
        Err(Error::Status {
            call: "GET /x".into(),
            status: 500,
            detail: "no".into(),
        })
    }

    #[tokio::test(start_paused = true)]
    async fn five_failures_in_a_row_open_it_for_a_minute_and_one_more_opens_it_again() {
        let breaker = Breaker::new(&Tuning::default());
        for _ in 0..4 {
            breaker.settled(&failed());
        }
        breaker.settled(&Ok(()));
        for _ in 0..4 {
            breaker.settled(&failed());
            breaker.check().unwrap();
        }
        breaker.settled::<()>(&Err(Error::NotFound {
            customer: None,
            call: String::new(),
        }));
        breaker.settled::<()>(&Err(Error::Forbidden {
            call: String::new(),
            detail: String::new(),
        }));
        breaker.check().unwrap();
        breaker.settled(&failed());
        let error = breaker.check().unwrap_err().to_string();
        assert_eq!(
            error,
            "5 API calls in a row have failed, the last with: the Akamai API answered `GET /x` with 500: no"
        );
        tokio::time::advance(Duration::from_mins(1)).await;
        breaker.check().unwrap();
        breaker.settled(&failed());
        assert!(matches!(
            breaker.check(),
            Err(Error::BreakerOpen { failures: 6, .. })
        ));
        tokio::time::advance(Duration::from_mins(1)).await;
        breaker.check().unwrap();
        breaker.settled(&Ok(()));
        breaker.settled(&failed());
        breaker.check().unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn a_call_that_could_not_connect_is_the_last_one() {
        let breaker = Breaker::new(&Tuning::default());
        let network = |connected| Error::Network {
            host: "h".into(),
            reason: "no".into(),
            connected,
            source: None,
        };
        breaker.settled::<()>(&Err(network(true)));
        breaker.check().unwrap();
        breaker.settled::<()>(&Err(network(false)));
        tokio::time::advance(Duration::from_mins(2)).await;
        assert!(matches!(breaker.check(), Err(Error::Network { .. })));
    }

    #[tokio::test(start_paused = true)]
    async fn a_burst_block_stops_every_call_for_a_minute_at_least() {
        let breaker = Breaker::new(&Tuning::default());
        let error = breaker.burst("IPBLOCK-BURST".into(), Some(Duration::from_secs(5)));
        assert!(
            matches!(error, Error::BurstBlocked { wait, .. } if wait == Duration::from_mins(1))
        );
        breaker.settled(&Ok(()));
        assert!(matches!(breaker.check(), Err(Error::BurstBlocked { .. })));
        tokio::time::advance(Duration::from_mins(1)).await;
        breaker.check().unwrap();
    }
}
