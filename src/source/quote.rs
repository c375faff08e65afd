//! Untrusted text in messages: short, on one line, harmless on a terminal.

use crate::domain::text::is_harmful;

/// Limit of the quoted text, in bytes.
const LIMIT: usize = 200;

/// Returns the start of an untrusted text, with control and direction characters escaped.
pub(super) fn quote(bytes: &[u8]) -> String {
    let cut = bytes.len() > LIMIT;
    let head = String::from_utf8_lossy(bytes.get(..LIMIT).unwrap_or(bytes)).into_owned();
    // The cut may have split the last character.
    let head = if cut {
        head.trim_end_matches('\u{fffd}')
    } else {
        &head
    };
    let mut out = String::with_capacity(head.len());
    for c in head.trim().chars() {
        if is_harmful(c) {
            out.extend(c.escape_default());
        } else {
            out.push(c);
        }
    }
    if cut {
        out.push('…');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_untrusted_text_is_short_and_cannot_move_the_cursor() {
        assert_eq!(
            quote(b" \x1b[2Jgone\r\n\xc2\x9b\xff "),
            "\\u{1b}[2Jgone\\r\\n\\u{9b}\u{fffd}"
        );
        let long = "é".repeat(150);
        assert_eq!(quote(long.as_bytes()), format!("{}…", "é".repeat(100)));
        let odd = format!("a{long}");
        assert_eq!(quote(odd.as_bytes()), format!("a{}…", "é".repeat(99)));
        assert_eq!(
            quote("\u{202e}evil\u{61c}".as_bytes()),
            "\\u{202e}evil\\u{61c}"
        );
        assert_eq!(quote(b""), "");
    }
}
