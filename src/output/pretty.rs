//! Pretty-printed JSON. Names, numbers and their order stay as they are in the text, even if names repeat or numbers
//! exceed what a program can hold.

use super::escape::escape;
use console::Style;

/// Deeper levels stay on one line, so that brackets alone do not become gigabytes of blanks.
const DEEPEST: usize = 64;

/// A token other than punctuation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Token {
    Name,
    Text,
    /// A number, `true`, `false` or `null`.
    Word,
}

/// Pretty-prints a document; the result is the same JSON.
pub(crate) fn document(json: &str) -> String {
    lines(json, |_, text, shown| shown.push_str(text))
}

/// Pretty-prints JSON for people: harmful characters are escaped, and colors distinguish names from values.
pub(crate) fn for_people(json: &str, color: bool) -> String {
    let style = |token| match token {
        Token::Name => Style::new().blue(),
        Token::Text => Style::new().green(),
        Token::Word => Style::new().yellow(),
    };
    lines(json, |token, text, shown| {
        let text = escape(text);
        if color {
            shown.push_str(&style(token).apply_to(text).force_styling(true).to_string());
        } else {
            shown.push_str(&text);
        }
    })
}

/// Pretty-prints a text that is known to be JSON; `show` appends each token.
fn lines(json: &str, show: impl Fn(Token, &str, &mut String)) -> String {
    let mut shown = String::with_capacity(json.len() * 2);
    let mut rest = json;
    let mut depth: usize = 0;
    while let Some(first) = rest.bytes().next() {
        let end = match first {
            b'"' => end_of_string(rest),
            b'{' | b'[' | b'}' | b']' | b',' | b':' => 1,
            byte if byte.is_ascii_whitespace() => 1,
            _ => rest
                .find(|c: char| c.is_ascii_whitespace() || ",]}".contains(c))
                .unwrap_or(rest.len()),
        };
        let (token, after) = rest.split_at_checked(end).unwrap_or((rest, ""));
        rest = after;
        match first {
            b'"' if is_before_colon(rest) => show(Token::Name, token, &mut shown),
            b'"' => show(Token::Text, token, &mut shown),
            b'{' | b'[' => {
                shown.push_str(token);
                depth += 1;
                if !rest.trim_ascii_start().starts_with(['}', ']']) {
                    new_line(&mut shown, depth, depth);
                }
            }
            b'}' | b']' => {
                depth = depth.saturating_sub(1);
                if !shown.ends_with(['{', '[']) {
                    new_line(&mut shown, depth + 1, depth);
                }
                shown.push_str(token);
            }
            b',' => {
                shown.push_str(token);
                new_line(&mut shown, depth, depth);
            }
            b':' => shown.push_str(": "),
            byte if byte.is_ascii_whitespace() => {}
            _ => show(Token::Word, token, &mut shown),
        }
    }
    shown
}

fn new_line(shown: &mut String, depth: usize, indent: usize) {
    if depth <= DEEPEST {
        shown.push('\n');
        shown.extend(std::iter::repeat_n("  ", indent));
    }
}

fn is_before_colon(rest: &str) -> bool {
    rest.trim_ascii_start().starts_with(':')
}

/// Returns the position after the closing quote of the string that the text starts with.
fn end_of_string(text: &str) -> usize {
    let mut escaped = false;
    for (at, byte) in text.bytes().enumerate().skip(1) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return at + 1,
            _ => {}
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::json::compact;
    use proptest::prelude::*;

    #[test]
    fn json_is_broken_into_lines_and_otherwise_unchanged() {
        let json = r#"{"b":[],"a":[1.0,1e400,{"x\": \"y":"z"}],"a":{ },"n":null}"#;
        let expected = "{\n  \"b\": [],\n  \"a\": [\n    1.0,\n    1e400,\n    {\n      \"x\\\": \\\"y\": \"z\"\n    }\n  ],\n  \"a\": {},\n  \"n\": null\n}";
        assert_eq!(document(json), expected);
        assert_eq!(document("\"a\""), "\"a\"");
    }

    #[test]
    fn colors_distinguish_names_from_values_and_other_codes_are_escaped() {
        let json = "{\"a\u{9b}\":\"\u{202e}b\",\"c\":1}";
        assert_eq!(
            for_people(json, false),
            "{\n  \"a\\u{9b}\": \"\\u{202e}b\",\n  \"c\": 1\n}"
        );
        assert_eq!(
            for_people("{\"a\":\"b\",\"c\":1}", true),
            "{\n  \u{1b}[34m\"a\"\u{1b}[0m: \u{1b}[32m\"b\"\u{1b}[0m,\n  \u{1b}[34m\"c\"\u{1b}[0m: \u{1b}[33m1\u{1b}[0m\n}"
        );
    }

    #[test]
    fn brackets_alone_do_not_grow_without_end() {
        let deep = "[".repeat(100_000) + &"]".repeat(100_000);
        let shown = document(&deep);
        assert!(shown.len() < 220_000, "{}", shown.len());
        assert_eq!(compact(&shown), deep);
    }

    fn json() -> impl Strategy<Value = serde_json::Value> {
        let leaf = prop_oneof![
            Just(serde_json::Value::Null),
            any::<i64>().prop_map(Into::into),
            ".{0,8}".prop_map(Into::into),
        ];
        leaf.prop_recursive(4, 24, 4, |inner| {
            let named = prop::collection::vec((".{0,4}", inner.clone()), 0..4);
            prop_oneof![
                prop::collection::vec(inner, 0..4).prop_map(Into::into),
                named.prop_map(|fields| serde_json::Value::Object(fields.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn the_layout_is_the_usual_one(value in json()) {
            let expected = serde_json::to_string_pretty(&value).unwrap();
            prop_assert_eq!(document(&value.to_string()), expected.clone());
            prop_assert_eq!(document(&expected), expected);
        }
    }
}
