//! Circuit breaker: after several failures in a row, attempts are refused for a while.

use std::time::Duration;

/// Circuit breaker over consecutive failures. The caller passes the time as the span since any fixed moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Circuit {
    threshold: u32,
    rest: Duration,
    failures: u32,
    until: Option<Duration>,
}

impl Circuit {
    /// Creates a breaker that opens after `threshold` consecutive failures (at least one) and stays open for `rest`.
    pub(crate) fn new(threshold: u32, rest: Duration) -> Self {
        Self {
            threshold: threshold.max(1),
            rest,
            failures: 0,
            until: None,
        }
    }

    /// Returns true if an attempt may be made. The first attempt after the rest decides whether the circuit closes.
    pub(crate) fn allows(&self, now: Duration) -> bool {
        self.open_for(now).is_none()
    }

    /// Time that the circuit stays open; `None` if an attempt may be made.
    pub(crate) fn open_for(&self, now: Duration) -> Option<Duration> {
        let until = self.until.filter(|until| now < *until)?;
        Some(until.saturating_sub(now))
    }

    /// Consecutive failures.
    pub(crate) fn failures(&self) -> u32 {
        self.failures
    }

    /// Opens the circuit for `rest`, whatever the number of failures.
    pub(crate) fn open(&mut self, now: Duration, rest: Duration) {
        self.until = Some(now.saturating_add(rest));
    }

    /// Records a success: closes the circuit.
    pub(crate) fn succeeded(&mut self) {
        self.failures = 0;
        self.until = None;
    }

    /// Records a failure; returns `true` if it opened a closed circuit.
    pub(crate) fn failed(&mut self, now: Duration) -> bool {
        self.failures = self.failures.saturating_add(1);
        if self.failures < self.threshold {
            return false;
        }
        let opened = self.until.is_none();
        self.until = Some(now.saturating_add(self.rest));
        opened
    }

    /// Records a failure after which another attempt is pointless: opens at once.
    pub(crate) fn broke(&mut self, now: Duration) -> bool {
        self.failures = self.failures.max(self.threshold.saturating_sub(1));
        self.failed(now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const fn at(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn it_opens_after_failures_in_a_row_and_tries_again_after_its_rest() {
        let mut circuit = Circuit::new(3, at(30));
        assert!(!circuit.failed(at(0)));
        assert!(!circuit.failed(at(1)));
        assert!(circuit.allows(at(1)));
        assert!(circuit.failed(at(2)), "the third one opens it");
        assert!(!circuit.allows(at(31)));
        assert!(circuit.allows(at(32)), "one attempt after the rest");
        assert!(!circuit.failed(at(32)), "it was open already");
        assert!(!circuit.allows(at(33)));
        circuit.succeeded();
        assert!(circuit.allows(at(33)));
        assert!(!circuit.failed(at(34)));
    }

    #[test]
    fn a_success_between_failures_starts_the_count_anew() {
        let mut circuit = Circuit::new(2, at(30));
        for second in 0..10 {
            assert!(!circuit.failed(at(second)));
            circuit.succeeded();
        }
        assert!(circuit.allows(at(10)));
    }

    #[test]
    fn a_failure_without_hope_opens_it_at_once() {
        let mut circuit = Circuit::new(5, at(30));
        assert!(circuit.broke(at(0)));
        assert!(!circuit.allows(at(1)));
    }

    proptest! {
        #[test]
        fn attempts_that_all_fail_are_few(calls in 1_u64..2_000, threshold in 1_u32..10) {
            let mut circuit = Circuit::new(threshold, at(30));
            let mut made = 0;
            // A call each 10 ms.
            for call in 0..calls {
                let now = Duration::from_millis(call * 10);
                if circuit.allows(now) {
                    made += 1;
                    circuit.failed(now);
                }
            }
            prop_assert!(made <= u64::from(threshold) + calls / 3_000 + 1);
        }
    }
}
