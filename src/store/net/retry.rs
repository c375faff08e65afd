//! Retry budget: how long and how often to retry.

use crate::stop::Stop;
use crate::store::options::Options;
use crate::waiting::RetryPauses;
use std::time::{Duration, Instant};

/// First pause; each further pause is twice as long.
const FIRST: Duration = Duration::from_millis(50);
/// Longest pause.
const LONGEST: Duration = Duration::from_millis(800);
/// Limit of redirections that are followed without a pause. More of them mean that the nodes do not agree yet.
const HOPS: u32 = 5;

/// Reason for a retry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum RetryReason {
    /// Another node has to be asked.
    Redirected,
    /// The server is not ready yet.
    NotReady,
    /// The connection failed.
    Unreachable,
}

/// Budget of one operation. If a replica can take over, a lost connection is retried for as long as `retries`
/// connection attempts may take, because a failover takes that long. A single server is retried `retries` times.
pub(crate) struct RetryBudget {
    retries: u32,
    failover: bool,
    limit: Duration,
    since: Option<Instant>,
    pauses: u32,
    hops: u32,
    lost: u32,
    stop: Stop,
    pauses_shown: RetryPauses,
}

/// How long to wait for a failover: as long as `retries` connection attempts may take.
pub(crate) fn limit(options: &Options) -> Duration {
    options.connect_timeout.saturating_mul(options.retries)
}

impl RetryBudget {
    pub(crate) fn new(options: &Options, failover: bool) -> Self {
        Self {
            retries: options.retries,
            failover,
            limit: limit(options),
            since: None,
            pauses: 0,
            hops: 0,
            lost: 0,
            stop: options.stop.clone(),
            pauses_shown: RetryPauses::new(),
        }
    }

    /// Returns the pause before the next attempt; `None` to give up. After a signal nothing is repeated.
    pub(crate) fn pause(&mut self, trouble: RetryReason) -> Option<Duration> {
        match trouble {
            RetryReason::Redirected if self.hops < HOPS => {
                self.hops += 1;
                return Some(Duration::ZERO);
            }
            RetryReason::Unreachable if !self.failover => {
                self.lost += 1;
                if self.lost > self.retries || self.stop.signal().is_some() {
                    return None;
                }
            }
            _ if self.stop.signal().is_some() => return None,
            _ => {
                let since = *self.since.get_or_insert_with(Instant::now);
                if since.elapsed() >= self.limit {
                    return None;
                }
            }
        }
        let pause = FIRST.saturating_mul(1 << self.pauses.min(8)).min(LONGEST);
        self.pauses += 1;
        Some(pause)
    }

    /// Announces a pause and why it is made.
    pub(crate) fn announce(&mut self, reason: &impl ToString, pause: Duration) {
        let left = self
            .since
            .map(|since| self.limit.saturating_sub(since.elapsed()));
        self.pauses_shown.announce(reason, pause, left);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::options::Deployment;

    fn options(retries: u32) -> Options {
        Options {
            retries,
            connect_timeout: Duration::from_millis(20),
            ..Options::new(Deployment::Cluster(Vec::new()))
        }
    }

    #[test]
    fn a_server_without_replicas_is_retried_as_often_as_configured() {
        let mut budget = RetryBudget::new(&options(2), false);
        assert_eq!(budget.pause(RetryReason::Unreachable), Some(FIRST));
        assert_eq!(budget.pause(RetryReason::Unreachable), Some(FIRST * 2));
        assert_eq!(budget.pause(RetryReason::Unreachable), None);
    }

    #[test]
    fn without_retries_only_redirections_are_followed() {
        let mut budget = RetryBudget::new(&options(0), true);
        assert_eq!(budget.pause(RetryReason::Unreachable), None);
        assert_eq!(budget.pause(RetryReason::NotReady), None);
        for _ in 0..HOPS {
            assert_eq!(budget.pause(RetryReason::Redirected), Some(Duration::ZERO));
        }
        assert_eq!(budget.pause(RetryReason::Redirected), None);
    }

    #[test]
    fn a_failover_is_retried_until_the_time_limit() {
        let mut budget = RetryBudget::new(&options(1), true);
        assert_eq!(budget.pause(RetryReason::Unreachable), Some(FIRST));
        assert!(budget.pause(RetryReason::Unreachable).is_some());
        std::thread::sleep(Duration::from_millis(25));
        assert_eq!(budget.pause(RetryReason::Unreachable), None);
    }
}
