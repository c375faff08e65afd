//! Globs with the rules of Valkey: `*`, `?`, `[a-z]`, `[^a]`, `\x`, matched over bytes. Servers differ only in
//! ranges with an end beyond ASCII.

use crate::domain::text::is_harmful;

/// Returns true if the character has a special meaning in a glob.
pub(crate) fn is_special(c: char) -> bool {
    matches!(c, '*' | '?' | '[' | ']' | '\\' | '^')
}

/// Returns true if the pattern can match more than one text: it has a `*`, `?` or `[` without a backslash.
pub(crate) fn is_open(pattern: &[u8]) -> bool {
    let mut bytes = pattern.iter();
    while let Some(byte) = bytes.next() {
        match byte {
            b'*' | b'?' | b'[' => return true,
            b'\\' => _ = bytes.next(),
            _ => {}
        }
    }
    false
}

/// Escapes a text so that a glob matches it literally.
pub(crate) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        if is_special(c) {
            escaped.push('\\');
        }
        escaped.push(c);
    }
    escaped
}

/// Returns the glob that matches what reports print as this text, with `?` for each byte that an escape (`\xe9`,
/// `\u{1b}`, `\n`) stands for. `None` if the text has no escape.
pub(crate) fn of_printed(text: &str) -> Option<String> {
    let mut glob = String::new();
    let mut rest = text;
    let mut next = 0;
    while let Some(at) = rest.get(next..).and_then(|text| text.find('\\')) {
        let (before, from) = rest.split_at(next + at);
        if let Some((bytes, after)) = escaped_character(from) {
            glob.push_str(&escape(before));
            glob.push_str(&"?".repeat(bytes));
            (rest, next) = (after, 0);
        } else {
            next += at + 1;
        }
    }
    (rest.len() < text.len()).then(|| glob + &escape(rest))
}

/// Returns the number of bytes that the escape at the start of a text stands for, and the text after it.
fn escaped_character(text: &str) -> Option<(usize, &str)> {
    if let Some(rest) = text.strip_prefix("\\x") {
        let (byte, rest) = rest.split_at_checked(2)?;
        let is_ascii = u8::from_str_radix(byte, 16).ok()?.is_ascii();
        return (!is_ascii).then_some((1, rest));
    }
    if let Some(rest) = text.strip_prefix("\\u{") {
        let (number, rest) = rest.split_once('}')?;
        let character = char::from_u32(u32::from_str_radix(number, 16).ok()?)?;
        return is_harmful(character).then_some((character.len_utf8(), rest));
    }
    let rest = text.strip_prefix('\\')?.strip_prefix(['n', 'r', 't'])?;
    Some((1, rest))
}

/// Returns true if the whole text matches the glob. Takes time in proportion to the product of both lengths at
/// most, whatever the number of stars.
pub fn matches(pattern: &[u8], text: &[u8]) -> bool {
    let (mut p, mut t) = (0, 0);
    // Where to resume after a mismatch: after the last star, one byte further in the text.
    let mut retry: Option<(usize, usize)> = None;
    loop {
        if pattern.get(p) == Some(&b'*') {
            p += 1;
            retry = Some((p, t));
            continue;
        }
        match (pattern.get(p), text.get(t)) {
            (None, None) => return true,
            (Some(_), Some(&byte)) => {
                let (matched, next) = one(pattern, p, byte);
                if matched {
                    (p, t) = (next, t + 1);
                    continue;
                }
            }
            _ => {}
        }
        match retry {
            Some((star, from)) if from < text.len() => {
                retry = Some((star, from + 1));
                (p, t) = (star, from + 1);
            }
            _ => return false,
        }
    }
}

/// Matches one byte against the pattern element at `p`, which is not a star. Also returns where the next element
/// starts.
fn one(pattern: &[u8], p: usize, byte: u8) -> (bool, usize) {
    match pattern.get(p) {
        Some(b'?') => (true, p + 1),
        Some(b'[') => class(pattern, p + 1, byte),
        Some(b'\\') if p + 1 < pattern.len() => (pattern.get(p + 1) == Some(&byte), p + 2),
        literal => (literal == Some(&byte), p + 1),
    }
}

/// Matches one byte against the class that starts after its bracket. As in the server, an unclosed class extends
/// to the end of the pattern.
fn class(pattern: &[u8], mut p: usize, byte: u8) -> (bool, usize) {
    let negated = pattern.get(p) == Some(&b'^');
    p += usize::from(negated);
    let mut matched = false;
    loop {
        match pattern.get(p) {
            None => return (matched != negated, p),
            Some(b']') => return (matched != negated, p + 1),
            Some(b'\\') if p + 1 < pattern.len() => {
                matched |= pattern.get(p + 1) == Some(&byte);
                p += 2;
            }
            Some(&low) => {
                let range = (pattern.get(p + 1) == Some(&b'-')).then(|| pattern.get(p + 2));
                if let Some(Some(&high)) = range {
                    matched |= (low.min(high)..=low.max(high)).contains(&byte);
                    p += 3;
                } else {
                    matched |= low == byte;
                    p += 1;
                }
            }
        }
    }
}

/// Unescaped literal text that every match starts with.
pub(crate) fn literal_prefix(pattern: &[u8]) -> Vec<u8> {
    let mut prefix = Vec::new();
    let mut bytes = pattern.iter();
    while let Some(&byte) = bytes.next() {
        match byte {
            b'*' | b'?' | b'[' => break,
            b'\\' => prefix.push(*bytes.next().unwrap_or(&b'\\')),
            _ => prefix.push(byte),
        }
    }
    prefix
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn globs_match_as_the_server_matches_them() {
        for (pattern, text, expected) in [
            ("", "", true),
            ("", "a", false),
            ("*", "", true),
            ("a*", "a", true),
            ("a*c", "abbc", true),
            ("a*c", "abbcd", false),
            ("*a*b*", "xxaxxbxx", true),
            ("a?c", "abc", true),
            ("a?c", "ac", false),
            ("[a-c]x", "bx", true),
            ("[c-a]x", "bx", true),
            ("[^a-c]x", "bx", false),
            ("[^a-c]x", "dx", true),
            ("[a\\]]", "]", true),
            ("[ab", "a", true),
            ("a\\*", "a*", true),
            ("a\\*", "ab", false),
            ("a\\", "a\\", true),
            ("[-a]", "-", true),
        ] {
            assert_eq!(
                matches(pattern.as_bytes(), text.as_bytes()),
                expected,
                "{pattern} {text}"
            );
        }
    }

    #[test]
    fn a_backslash_makes_the_next_character_literal() {
        for open in ["*", "a?", "[a", "a\\\\*", "\\**"] {
            assert!(is_open(open.as_bytes()), "{open}");
        }
        for closed in ["", "a\\*", "\\[a]\\?", "a]", "a\\"] {
            assert!(!is_open(closed.as_bytes()), "{closed}");
        }
    }

    #[test]
    fn a_printed_text_with_escapes_is_a_glob_over_what_they_stand_for() {
        for (printed, expected) in [
            ("", None),
            ("plain [text]", None),
            (r"a\b\c\x41\xg9\u{41}\u{x}\x\", None),
            (r"caf\xe9", Some("caf?")),
            (r"a*\n\r\t\u{1b}b", Some(r"a\*????b")),
            (r"\u{9b}\u{202e}", Some("?????")),
            (r"C:\dir \xff?", Some(r"C:\\dir ?\?")),
        ] {
            assert_eq!(of_printed(printed).as_deref(), expected, "{printed}");
        }
    }

    #[test]
    fn many_stars_do_not_take_for_ever() {
        let pattern = "a*".repeat(60) + "b";
        assert!(!matches(pattern.as_bytes(), "a".repeat(5000).as_bytes()));
    }

    #[test]
    fn the_literal_prefix_ends_at_the_first_wildcard() {
        assert_eq!(literal_prefix(b"akamai:acme:prop*"), b"akamai:acme:prop");
        assert_eq!(literal_prefix(b"a\\*b[cd]"), b"a*b");
    }

    proptest! {
        #[test]
        fn an_escaped_text_matches_itself_and_only_itself(text in ".{0,20}", other in ".{0,20}") {
            let pattern = escape(&text);
            prop_assert!(matches(pattern.as_bytes(), text.as_bytes()));
            prop_assert_eq!(matches(pattern.as_bytes(), other.as_bytes()), text == other);
            prop_assert!(!is_open(pattern.as_bytes()));
            prop_assert_eq!(literal_prefix(pattern.as_bytes()), text.into_bytes());
        }
    }
}
