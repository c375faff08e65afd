//! This machine's clock, read in one place.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

/// The UTC day.
pub(crate) fn today() -> Date {
    Timestamp::now().to_zoned_datetime(TimeZone::UTC).date()
}

/// Unix seconds.
pub(crate) fn now() -> u64 {
    // Before 1970 there was no Unix time.
    u64::try_from(Timestamp::now().as_second()).unwrap_or(0)
}
