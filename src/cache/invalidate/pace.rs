//! Rate limit for removing keys.

use crate::stop::Stop;
use std::time::Duration;
use tokio::time::Instant;

/// Batches per second at a low rate: it is kept by small batches rather than long pauses.
const TURNS: u32 = 10;

/// A rate in keys per second.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pace {
    rate: Option<u32>,
    /// Time at which the next key may be removed.
    next: Instant,
}

impl Pace {
    /// Allows at most `rate` keys per second; without a rate, as fast as the server answers.
    pub(crate) fn new(rate: Option<u32>) -> Self {
        Self {
            rate: rate.filter(|rate| *rate > 0),
            next: Instant::now(),
        }
    }

    pub(super) const fn is_limited(&self) -> bool {
        self.rate.is_some()
    }

    /// Returns the batch size for this rate, at most `most`.
    pub(super) fn most(&self, most: usize) -> usize {
        let batch = |rate: u32| usize::try_from(rate.div_ceil(TURNS)).unwrap_or(most);
        self.rate.map_or(most, |rate| batch(rate).clamp(1, most))
    }

    /// Waits until `keys` keys may be removed, or the operator asks to stop.
    pub(super) async fn turn(&mut self, keys: usize, stop: &Stop) {
        let Some(rate) = self.rate else { return };
        let begin = self.next.max(Instant::now());
        let keys = u32::try_from(keys).unwrap_or(u32::MAX);
        self.next = begin + Duration::from_secs(1) * keys / rate;
        tokio::select! {
            () = tokio::time::sleep_until(begin) => {}
            _ = stop.raised() => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_rate_is_kept_by_small_batches_and_by_waiting() {
        let stop = Stop::never();
        let mut pace = Pace::new(Some(200));
        assert_eq!(pace.most(500), 20);
        let began = Instant::now();
        for _ in 0..50 {
            pace.turn(20, &stop).await;
        }
        // The first batch is not delayed.
        assert_eq!(began.elapsed(), Duration::from_millis(4900));
        assert_eq!(Pace::new(Some(3)).most(500), 1);
        assert_eq!(Pace::new(Some(1_000_000)).most(500), 500);
        assert_eq!(Pace::new(None).most(500), 500);
    }
}
