//! Lossless text form of bytes: names and values in Valkey may be other bytes than UTF-8.

use std::borrow::Cow;
use std::fmt::Write as _;

/// Returns UTF-8 unchanged. In other bytes, those that are not UTF-8 become `\xe9`, which bash reads in `$'…'`, and
/// a backslash becomes `\\`.
pub(crate) fn escape_bytes(bytes: &[u8]) -> Cow<'_, str> {
    if let Ok(text) = std::str::from_utf8(bytes) {
        return Cow::Borrowed(text);
    }
    let mut text = String::with_capacity(bytes.len() * 2);
    for chunk in bytes.utf8_chunks() {
        text.push_str(&chunk.valid().replace('\\', "\\\\"));
        for byte in chunk.invalid() {
            // Writing to a string cannot fail.
            let _ = write!(text, "\\x{byte:02x}");
        }
    }
    Cow::Owned(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn text_is_left_as_it_is_and_other_bytes_are_escaped() {
        assert_eq!(escape_bytes("a\\x é\n".as_bytes()), "a\\x é\n");
        assert_eq!(
            escape_bytes(b"caf\xe9 \\ \xff\x00"),
            "caf\\xe9 \\\\ \\xff\0"
        );
    }

    proptest! {
        #[test]
        fn two_texts_that_are_not_utf_8_are_never_escaped_alike(one: Vec<u8>, other: Vec<u8>) {
            prop_assume!(std::str::from_utf8(&one).is_err() && std::str::from_utf8(&other).is_err());
            prop_assert_eq!(escape_bytes(&one) == escape_bytes(&other), one == other);
        }
    }
}
