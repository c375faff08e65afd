//! How often an account may be asked: a bucket of calls that refills evenly.

use super::Headers;
use jiff::{SignedDuration, Timestamp};
use std::time::Duration;

/// How many requests an account may make.
#[derive(Debug, Clone, Copy)]
pub struct Rate {
    /// Calls that a window gives back.
    pub limit: u64,
    /// Calls that may be made at once after a rest.
    pub burst: u64,
    pub window: Duration,
    /// With `Akamai-RateLimit-Next` instead of `X-RateLimit-Next`.
    pub newer: bool,
}

impl Rate {
    /// As the real API: 100 a minute after a burst of 1000.
    pub const AKAMAI: Self = Self {
        limit: 100,
        burst: 1000,
        window: Duration::from_mins(1),
        newer: false,
    };

    /// So many a minute, all of them at once if need be.
    pub const fn of(limit: u64) -> Self {
        Self {
            limit,
            burst: limit,
            ..Self::AKAMAI
        }
    }

    /// Nanoseconds in which one call is given back.
    fn refill(&self) -> i128 {
        i128::try_from(self.window.as_nanos()).expect("a short window") / i128::from(self.limit)
    }
}

/// The calls of one account: the moment at which its bucket will be full again.
pub(super) struct Bucket(Timestamp);

impl Bucket {
    pub fn full(now: Timestamp) -> Self {
        Self(now)
    }

    /// Takes a call if there is one; the headers say what is left.
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
            // The answer's date knows only seconds: count from it, and never early.
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
