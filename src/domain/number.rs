//! Numbers for display.

/// Formats a number with thousands separators: `30,000`.
pub(crate) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut shown = String::with_capacity(digits.len() + 8);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            shown.push(',');
        }
        shown.push(digit);
    }
    shown
}

/// Formats an amount of dollars: `$1,289.17`.
pub(crate) fn dollars(amount: f64) -> String {
    let text = format!("{amount:.2}");
    match text
        .split_once('.')
        .map(|(whole, cents)| (whole.parse(), cents))
    {
        Some((Ok(whole), cents)) => format!("${}.{cents}", grouped(whole)),
        _ => format!("${text}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_separated() {
        let shown = [0, 999, 1_000, 1_234_567].map(grouped);
        assert_eq!(shown, ["0", "999", "1,000", "1,234,567"]);
    }

    #[test]
    fn dollars_have_cents() {
        let shown = [0.0, 0.999, 12.5, 1_289_173.449].map(dollars);
        assert_eq!(shown, ["$0.00", "$1.00", "$12.50", "$1,289,173.45"]);
    }
}
