//! The clock of this machine, read only here.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

/// Returns the current UTC day.
pub(crate) fn today() -> Date {
    Timestamp::now().to_zoned_datetime(TimeZone::UTC).date()
}

/// Returns the current Unix time in seconds.
pub(crate) fn now() -> u64 {
    // A clock before 1970 counts as 0.
    u64::try_from(Timestamp::now().as_second()).unwrap_or(0)
}
