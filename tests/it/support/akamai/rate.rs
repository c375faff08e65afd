//! Rate limit of an account: a bucket of calls that refills evenly.

use super::Headers;
use jiff::{SignedDuration, Timestamp};
use std::time::Duration;

#[derive(Debug, Clone, Copy)]
pub struct Rate {
    /// Calls that a window refills.
    pub limit: u64,
    /// Calls that may be made at once after a pause.
    pub burst: u64,
    pub window: Duration,
    /// Sends `Akamai-RateLimit-Next` instead of `X-RateLimit-Next`.
    pub newer: bool,
}

impl Rate {
    /// The real API's limit: 100 a minute after a burst of 1000.
    pub const AKAMAI: Self = Self {
        limit: 100,
        burst: 1000,
        window: Duration::from_mins(1),
        newer: false,
    };

    /// `limit` calls a minute, all at once if needed.
    pub const fn of(limit: u64) -> Self {
        Self {
            limit,
            burst: limit,
            ..Self::AKAMAI
        }
    }

    /// Nanoseconds until one call is refilled.
    fn refill(&self) -> i128 {
        i128::try_from(self.window.as_nanos()).expect("a short window") / i128::from(self.limit)
    }
}

/// State of one account: the time when its bucket will be full again.
pub(super) struct Bucket(Timestamp);

impl Bucket {
    pub fn full(now: Timestamp) -> Self {
        Self(now)
    }

    /// Takes a call if one is left; the headers say what remains.
    pub fn take(&mut self, rate: &Rate, now: Timestamp) -> (Headers, bool) {
        let refill = rate.refill();
        let missing = |full: Timestamp| full.duration_since(now).as_nanos().max(0);
        let room = refill * i128::from(rate.burst);
        let allowed = missing(self.0) + refill <= room;
        if allowed {
            self.0 = self.0.max(now) + nanos(refill);
        }
        let left = (room - missing(self.0)) / refill;
        let mut headers = vec![
            ("x-ratelimit-limit", rate.limit.to_string()),
            ("x-ratelimit-remaining", left.to_string()),
        ];
        if left == 0 {
            let name = if rate.newer {
                "akamai-ratelimit-next"
            } else {
                "x-ratelimit-next"
            };
            // The response's date has whole seconds: count from it, and round up.
            let date = Timestamp::from_second(now.as_second()).unwrap_or(now);
            let wait = missing(self.0) + refill - room + 1_000_000;
            headers.push((name, (date + nanos(wait)).to_string()));
        }
        (headers, allowed)
    }
}

fn nanos(count: i128) -> SignedDuration {
    SignedDuration::from_nanos_i128(count)
}
