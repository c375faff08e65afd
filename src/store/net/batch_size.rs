//! Adapts the size of batches, so that a server's other clients do not wait for them.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

/// Largest batch, in elements. A server reads several of them in one turn and serves no other client meanwhile: 200
/// made others wait longer and were no faster.
const MOST: usize = 100;

/// Smallest batch, in elements; below that the round trips take longer than the work.
const FEWEST: usize = 50;

/// A reply that takes this much longer than twice the fastest one shows that the server is busy. Over a long
/// distance, reply times vary anyway.
const LONG: Duration = Duration::from_millis(2);

/// Limit of batches in flight, and their number where the network takes no time.
const IN_FLIGHT_MOST: usize = 8;
const IN_FLIGHT: usize = 2;

/// Size of the next batch on a connection. It is halved when a reply takes long, and grows again.
#[derive(Debug)]
pub(crate) struct BatchSize {
    elements: AtomicUsize,
    /// Fastest reply in microseconds: the network round trip.
    fastest: AtomicU64,
}

impl BatchSize {
    /// Starts with the largest size.
    pub(crate) fn new() -> Self {
        Self {
            elements: AtomicUsize::new(MOST),
            fastest: AtomicU64::new(u64::MAX),
        }
    }

    /// Returns the elements that the next batch may have. An element is a key that is read, written or removed.
    pub(crate) fn elements(&self) -> usize {
        self.elements.load(Ordering::Relaxed)
    }

    /// Returns the number of batches to have in flight: one more for each millisecond of the round trip, so that a far
    /// server has work as well. A near one would do them all in one turn, for which its other clients wait.
    pub(crate) fn in_flight(&self) -> usize {
        let fastest = self.fastest.load(Ordering::Relaxed);
        match usize::try_from(fastest / 1000) {
            Ok(milliseconds) if fastest < u64::MAX => {
                (IN_FLIGHT + milliseconds).min(IN_FLIGHT_MOST)
            }
            _ => IN_FLIGHT,
        }
    }

    /// Adapts the size to the time that a reply took. Relaxed, because it is an estimate.
    pub(crate) fn learn(&self, took: Duration) {
        let took = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        let fastest = self.fastest.fetch_min(took, Ordering::Relaxed).min(took);
        let now = self.elements();
        let next = if Duration::from_micros(took.saturating_sub(2 * fastest)) > LONG {
            now / 2
        } else {
            now + now / 8
        };
        self.elements
            .store(next.clamp(FEWEST, MOST), Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_is_halved_when_replies_take_long_and_grows_when_they_do_not() {
        let size = BatchSize::new();
        let after = |micros| {
            size.learn(Duration::from_micros(micros));
            size.elements()
        };
        assert_eq!(after(9_000), MOST, "the first one may be far away");
        assert_eq!(after(300), MOST);
        assert_eq!(after(2_400), MOST, "twice as long says nothing");
        assert_eq!(after(2_700), MOST / 2);
        assert_eq!(after(9_000), FEWEST);
        assert_eq!(after(9_000), FEWEST);
        assert_eq!(after(400), FEWEST + FEWEST / 8);
        for _ in 0..20 {
            after(400);
        }
        assert_eq!(after(400), MOST);
    }

    #[test]
    fn a_far_server_gets_more_batches_at_once() {
        let in_flight = |replies: &[u64]| {
            let size = BatchSize::new();
            for micros in replies {
                size.learn(Duration::from_micros(*micros));
            }
            size.in_flight()
        };
        assert_eq!(in_flight(&[]), IN_FLIGHT, "no reply has been timed");
        assert_eq!(in_flight(&[90]), IN_FLIGHT);
        assert_eq!(in_flight(&[9_000, 3_200]), IN_FLIGHT + 3);
        assert_eq!(in_flight(&[300_000]), IN_FLIGHT_MOST);
    }
}
