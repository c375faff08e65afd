//! Durations as an operator types them: `500ms`, `7s`, `5m`, `1h`, `2d`; a bare number is seconds.

use std::time::Duration;

/// Why a text is not a duration.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum DurationError {
    /// Not a whole number with a known unit.
    #[error("expected a duration such as 500ms, 7s, 5m, 2h or 1d; a bare number is seconds")]
    Shape,
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
            "", "s", "-1", "1.5s", "1 s", "1w", "1S", "١", "5m30s", "+5", "0x10",
        ] {
            assert_eq!(parse(text), Err(DurationError::Shape), "{text}");
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
}
