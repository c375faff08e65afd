//! Durations: as an operator types them (`500ms`, `7s`, `5m`, `1h`, `2d`; a bare number is seconds) and for display.

use std::time::Duration;

/// Why a text is not a duration.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum DurationError {
    /// Not a whole number with a known unit.
    #[error("expected a duration such as 500ms, 7s, 5m, 2h or 1d; a bare number is seconds")]
    Shape,
    /// Negative.
    #[error("expected a duration from 0 up, such as 7s or 5m")]
    Negative,
    /// Longer than [`LONGEST_MS`].
    #[error("expected less than a hundred years")]
    TooLong,
}

/// Milliseconds in each unit, longest first.
const UNITS: [(&str, u64); 5] = [
    ("d", 86_400_000),
    ("h", 3_600_000),
    ("m", 60_000),
    ("s", 1_000),
    ("ms", 1),
];

/// Longest accepted duration: a hundred years. Longer ones overflow the clocks that they are added to.
const LONGEST_MS: u64 = 100 * 366 * 86_400_000;

/// Parses a duration.
pub(crate) fn parse(text: &str) -> Result<Duration, DurationError> {
    if is_negative(text) {
        return Err(DurationError::Negative);
    }
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at(digits);
    if number.is_empty() {
        return Err(DurationError::Shape);
    }
    let scale = match unit {
        "" => 1_000,
        _ => UNITS
            .into_iter()
            .find(|(name, _)| *name == unit)
            .map(|(_, scale)| scale)
            .ok_or(DurationError::Shape)?,
    };
    // Only digits are left, so parsing fails only on too many of them.
    let number: u64 = number.parse().map_err(|_| DurationError::TooLong)?;
    let milliseconds = number.checked_mul(scale).ok_or(DurationError::TooLong)?;
    if milliseconds > LONGEST_MS {
        return Err(DurationError::TooLong);
    }
    Ok(Duration::from_millis(milliseconds))
}

/// True for a duration with a minus sign.
pub(crate) fn is_negative(text: &str) -> bool {
    let size = text.strip_prefix('-');
    size.is_some_and(|size| !size.starts_with('-') && parse(size).is_ok())
}

/// Returns the whole milliseconds of a duration.
pub(crate) fn milliseconds(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}

/// Formats a duration in the largest unit that is exact to the millisecond; [`parse`] reads it back.
pub(crate) fn text(span: Duration) -> String {
    let milliseconds = span.as_millis();
    if milliseconds == 0 {
        return "0s".into();
    }
    UNITS
        .into_iter()
        .map(|(name, scale)| (name, u128::from(scale)))
        .find(|(_, scale)| milliseconds.is_multiple_of(*scale))
        .map_or_else(
            || format!("{milliseconds}ms"),
            |(name, scale)| format!("{}{name}", milliseconds / scale),
        )
}

/// Formats a duration for people, in its two largest units: `350 ms`, `2.4 s`, `3 min 20 s`, `2 d 4 h`.
pub(crate) fn shown(span: Duration) -> String {
    let seconds = span.as_secs();
    match seconds {
        0 if span.as_millis() == 0 && !span.is_zero() => "under 1 ms".into(),
        0 => format!("{} ms", span.as_millis()),
        1..60 if span.subsec_millis() >= 50 && seconds < 10 => {
            format!("{:.1} s", span.as_secs_f64())
        }
        1..60 => format!("{seconds} s"),
        60..3_600 => two(seconds, 60, "min", 1, "s"),
        3_600..86_400 => two(seconds, 3_600, "h", 60, "min"),
        _ => two(seconds, 86_400, "d", 3_600, "h"),
    }
}

fn two(seconds: u64, large: u64, large_name: &str, small: u64, small_name: &str) -> String {
    let (whole, rest) = (seconds / large, seconds % large / small);
    if rest == 0 {
        format!("{whole} {large_name}")
    } else {
        format!("{whole} {large_name} {rest} {small_name}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn every_unit_is_read_and_a_bare_number_is_seconds() {
        for (text, milliseconds) in [
            ("500ms", 500),
            ("7s", 7_000),
            ("7", 7_000),
            ("5m", 300_000),
            ("1h", 3_600_000),
            ("2d", 172_800_000),
            ("0", 0),
        ] {
            assert_eq!(
                parse(text),
                Ok(Duration::from_millis(milliseconds)),
                "{text}"
            );
        }
    }

    #[test]
    fn a_text_that_is_not_a_duration_is_refused() {
        for text in [
            "", "s", "-1w", "--1s", "1.5s", "1 s", "1w", "1S", "١", "5m30s", "+5", "0x10",
        ] {
            assert_eq!(parse(text), Err(DurationError::Shape), "{text}");
        }
        for text in ["-1", "-3m", "-0s"] {
            assert_eq!(parse(text), Err(DurationError::Negative), "{text}");
        }
        for text in ["99999999999999999999", "18446744073709551615d", "36601d"] {
            assert_eq!(parse(text), Err(DurationError::TooLong), "{text}");
        }
    }

    proptest! {
        #[test]
        fn a_formatted_duration_parses_back(milliseconds in 0..LONGEST_MS) {
            let span = Duration::from_millis(milliseconds);
            prop_assert_eq!(parse(&text(span)), Ok(span));
        }
    }

    #[test]
    fn durations_are_shown_in_their_two_largest_units() {
        let texts = [
            0,
            350,
            1_000,
            2_400,
            59_000,
            60_000,
            200_000,
            3_600_000,
            187_200_000,
        ]
        .map(|milliseconds| shown(Duration::from_millis(milliseconds)));
        assert_eq!(
            texts,
            [
                "0 ms",
                "350 ms",
                "1 s",
                "2.4 s",
                "59 s",
                "1 min",
                "3 min 20 s",
                "1 h",
                "2 d 4 h"
            ]
        );
        assert_eq!(shown(Duration::from_micros(20)), "under 1 ms");
    }
}
