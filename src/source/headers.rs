//! Response headers about time and the rate limit.

use jiff::Timestamp;
use jiff::fmt::rfc2822;
use reqwest::header::HeaderMap;
use std::time::Duration;

/// Upper bound for waits. Longer ones are nonsense and could overflow a clock.
const LONGEST: Duration = Duration::from_hours(24);

/// The headers that pacing needs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct RateHeaders {
    /// The API's clock.
    pub date: Option<Timestamp>,
    /// Requests per minute that the account may make.
    pub limit: Option<u64>,
    /// Requests left.
    pub remaining: Option<u64>,
    /// Time until the rate limit allows the next request; zero if that moment has passed.
    pub next: Option<Duration>,
    /// Value of `Retry-After` as a duration.
    pub retry_after: Option<Duration>,
}

impl RateHeaders {
    /// Reads the headers. Waits are computed with the API's clock, because the local one may be off; `now` is used
    /// only if the response has no date.
    pub(super) fn read(headers: &HeaderMap, now: Timestamp) -> Self {
        let text = |name: &str| {
            headers
                .get(name)
                .and_then(|value| value.to_str().ok())
                .map(str::trim)
        };
        let number = |names: [&str; 2]| names.iter().find_map(|name| text(name)?.parse().ok());
        let date = text("date").and_then(http_date);
        let until = |moment: Timestamp| {
            let wait = moment.duration_since(date.unwrap_or(now));
            Duration::try_from(wait)
                .unwrap_or(Duration::ZERO)
                .min(LONGEST)
        };
        let next = ["x-ratelimit-next", "akamai-ratelimit-next"]
            .iter()
            .filter_map(|name| text(name).and_then(moment))
            .max()
            .map(until);
        let retry_after = || {
            let value = text("retry-after")?;
            match value.parse() {
                Ok(seconds) => Some(Duration::from_secs(seconds).min(LONGEST)),
                Err(_) => http_date(value).map(until),
            }
        };
        Self {
            date,
            limit: number(["x-ratelimit-limit", "akamai-ratelimit-limit"]),
            remaining: number(["x-ratelimit-remaining", "akamai-ratelimit-remaining"]),
            next,
            retry_after: retry_after(),
        }
    }

    /// Time to wait once the rate limit is used up. A moment in the past is ignored.
    pub(super) fn wait(&self) -> Option<Duration> {
        self.next
            .filter(|wait| !wait.is_zero())
            .or(self.retry_after)
    }
}

fn moment(text: &str) -> Option<Timestamp> {
    text.parse().ok().or_else(|| http_date(text))
}

fn http_date(text: &str) -> Option<Timestamp> {
    rfc2822::parse(text).ok().map(|date| date.timestamp())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(headers: &[(&'static str, &'static str)]) -> RateHeaders {
        let map = headers
            .iter()
            .map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()))
            .collect();
        RateHeaders::read(&map, "2026-11-23T10:00:00Z".parse().unwrap())
    }

    #[test]
    fn the_wait_is_next_less_the_date_of_the_answer() {
        let headers = parsed(&[
            ("date", "Mon, 23 Nov 2026 08:00:00 GMT"),
            ("x-ratelimit-limit", "100"),
            ("x-ratelimit-remaining", "0"),
            ("x-ratelimit-next", "2026-11-23T08:00:12.5Z"),
            ("retry-after", "99"),
        ]);
        assert_eq!(headers.wait(), Some(Duration::from_millis(12_500)));
        assert_eq!((headers.limit, headers.remaining), (Some(100), Some(0)));
        assert_eq!(headers.date, Some("2026-11-23T08:00:00Z".parse().unwrap()));
    }

    #[test]
    fn the_newer_header_counts_the_same_and_the_later_of_both_wins() {
        let date = ("date", "Mon, 23 Nov 2026 08:00:00 GMT");
        let newer = ("akamai-ratelimit-next", "2026-11-23T08:00:07Z");
        assert_eq!(parsed(&[date, newer]).wait(), Some(Duration::from_secs(7)));
        let both = parsed(&[date, newer, ("x-ratelimit-next", "2026-11-23T08:00:03Z")]);
        assert_eq!(both.wait(), Some(Duration::from_secs(7)));
    }

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        assert_eq!(
            parsed(&[("retry-after", "3")]).wait(),
            Some(Duration::from_secs(3))
        );
        let dated = parsed(&[
            ("date", "Mon, 23 Nov 2026 08:00:00 GMT"),
            ("retry-after", "Mon, 23 Nov 2026 08:00:05 GMT"),
        ]);
        assert_eq!(dated.wait(), Some(Duration::from_secs(5)));
    }

    #[test]
    fn without_a_date_the_local_clock_is_used_and_nonsense_is_ignored() {
        let next = parsed(&[("x-ratelimit-next", "2026-11-23T10:00:04Z")]);
        assert_eq!(next.wait(), Some(Duration::from_secs(4)));
        let past = parsed(&[("x-ratelimit-next", "2026-11-23T09:00:00Z")]);
        assert_eq!((past.next, past.wait()), (Some(Duration::ZERO), None));
        let odd = parsed(&[
            ("date", "yesterday"),
            ("x-ratelimit-next", "soon"),
            ("x-ratelimit-remaining", "-1"),
            ("retry-after", "later"),
        ]);
        assert_eq!(odd, RateHeaders::default());
    }
}
