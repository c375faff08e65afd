//! Makes foreign text safe to show: a value, a name or an error message must not move the cursor, hide itself, or
//! give commands to a CI system that reads the output.

use crate::domain::text::is_harmful;
use std::borrow::Cow;
use std::fmt::Write as _;

/// Prefixes of CI commands that are recognized anywhere in a line: GitHub's old form, Azure's and `TeamCity`'s.
const COMMANDS: [&str; 3] = ["##[", "##vso[", "##teamcity["];

/// Escapes a text for a line or a cell. The result has no control characters (line ends included), no characters that
/// reorder or hide text, and starts no CI command.
pub(crate) fn escape(text: &str) -> Cow<'_, str> {
    commands(controls(text))
}

/// Escapes raw characters of a JSON text that could do harm on a terminal. They occur only inside strings, so the
/// document keeps its meaning.
pub(crate) fn escape_json(json: &str) -> Cow<'_, str> {
    if !json.chars().any(is_harmful_in_json) {
        return Cow::Borrowed(json);
    }
    let mut safe = String::with_capacity(json.len() + 16);
    for character in json.chars() {
        if is_harmful_in_json(character) {
            // All of them are in the basic plane, so four digits are enough. Writing to a string cannot fail.
            let _ = write!(safe, "\\u{:04x}", u32::from(character));
        } else {
            safe.push(character);
        }
    }
    Cow::Owned(safe)
}

fn is_harmful_in_json(character: char) -> bool {
    character != '\n' && is_harmful(character)
}

fn controls(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_harmful) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 16);
    for character in text.chars() {
        match character {
            '\n' => shown.push_str("\\n"),
            '\r' => shown.push_str("\\r"),
            '\t' => shown.push_str("\\t"),
            _ if is_harmful(character) => {
                // Writing to a string cannot fail.
                let _ = write!(shown, "\\u{{{:x}}}", u32::from(character));
            }
            _ => shown.push(character),
        }
    }
    Cow::Owned(shown)
}

fn commands(text: Cow<'_, str>) -> Cow<'_, str> {
    let mut text = text;
    if text.trim_start().starts_with("::") {
        text = Cow::Owned(text.replacen("::", "\\::", 1));
    }
    for command in COMMANDS {
        let lower = text.to_ascii_lowercase();
        if let Some(first) = lower.find(command) {
            text = Cow::Owned(disarm(&text, &lower, command, first));
        }
    }
    text
}

/// Puts a backslash between the two `#` of each occurrence; `lower` is `text` in lower case, byte for byte.
fn disarm(text: &str, lower: &str, command: &str, first: usize) -> String {
    let mut safe = String::with_capacity(text.len() + 4);
    let mut from = 0;
    let mut next = Some(first);
    while let Some(at) = next {
        safe.push_str(text.get(from..=at).unwrap_or_default());
        safe.push('\\');
        from = at + 1;
        next = lower
            .get(from..)
            .and_then(|rest| rest.find(command))
            .map(|offset| from + offset);
    }
    safe.push_str(text.get(from..).unwrap_or_default());
    safe
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::glob;
    use crate::domain::inspect::escaped_bytes::escape_bytes;
    use proptest::prelude::*;

    #[test]
    fn plain_text_is_unchanged() {
        for text in [
            "",
            "www.example.com",
            "münchen.example",
            "a::b",
            "C# [x] ## y",
            "日本語",
        ] {
            assert!(
                matches!(escape(text), Cow::Borrowed(same) if same == text),
                "{text}"
            );
        }
    }

    #[test]
    fn control_characters_and_ansi_are_spelled_out() {
        assert_eq!(
            escape("a\u{1b}[31mred\u{7}\r\n\tb\u{9b}0m"),
            "a\\u{1b}[31mred\\u{7}\\r\\n\\tb\\u{9b}0m"
        );
    }

    #[test]
    fn text_that_reorders_or_hides_itself_is_escaped() {
        assert_eq!(
            escape("a\u{202e}b\u{2066}c\u{200b}d\u{feff}e\u{206a}"),
            "a\\u{202e}b\\u{2066}c\\u{200b}d\\u{feff}e\\u{206a}"
        );
    }

    #[test]
    fn commands_of_ci_systems_are_disarmed() {
        assert_eq!(escape("::error::x"), "\\::error::x");
        assert_eq!(
            escape("  ::set-output name=a::b"),
            "  \\::set-output name=a::b"
        );
        assert_eq!(
            escape("x ##[error]y ##[group]"),
            "x #\\#[error]y #\\#[group]"
        );
        assert_eq!(
            escape("##VSO[task.setvariable]"),
            "#\\#VSO[task.setvariable]"
        );
        assert_eq!(escape("##teamcity[x]"), "#\\#teamcity[x]");
    }

    #[test]
    fn a_json_text_has_the_same_meaning_after_escaping() {
        let value = serde_json::json!({"a": "x\u{202e}\u{9b}\u{7f}y", "b": "ü\n\u{1b}"});
        let text = serde_json::to_string_pretty(&value).unwrap();
        let safe = escape_json(&text);
        assert!(!safe.chars().any(|c| c != '\n' && c.is_control()));
        assert!(!safe.contains('\u{202e}'));
        assert_eq!(
            serde_json::from_str::<serde_json::Value>(&safe).unwrap(),
            value
        );
    }

    proptest! {
        #[test]
        fn what_is_printed_of_a_key_is_the_key_or_a_glob_that_matches_it(
            key in prop_oneof![".*".prop_map(String::into_bytes), any::<Vec<u8>>()]
        ) {
            prop_assume!(!key.contains(&b'\\'));
            let text = escape_bytes(&key);
            let printed = controls(&text);
            match glob::of_printed(&printed) {
                None => prop_assert_eq!(printed.as_bytes(), key.as_slice()),
                Some(glob) => prop_assert!(glob::matches(glob.as_bytes(), &key)),
            }
        }

        #[test]
        fn no_input_leaves_anything_harmful(text in "\\PC*|.*|[#:\\[vso\\n ]*") {
            let shown = escape(&text);
            prop_assert!(!shown.chars().any(is_harmful));
            prop_assert!(!shown.trim_start().starts_with("::"));
            for command in COMMANDS {
                prop_assert!(!shown.to_ascii_lowercase().contains(command));
            }
        }
    }
}
