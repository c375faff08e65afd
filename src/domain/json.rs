//! JSON text kept as it came, except for the white space between tokens.

use serde_json::Value;
use serde_json::value::RawValue;

/// Removes the white space between the tokens of a JSON text that is known to be valid. Order, numbers, escapes and
/// repeated keys stay exactly as they came, which a round trip through a value would not guarantee.
pub(crate) fn compact(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    let mut kept_from = 0;
    let mut in_string = false;
    let mut escaped = false;
    // By bytes: no byte of a multi-byte character equals one of these.
    for (at, byte) in json.bytes().enumerate() {
        if in_string {
            match byte {
                _ if escaped => escaped = false,
                b'\\' => escaped = true,
                b'"' => in_string = false,
                _ => {}
            }
        } else if byte == b'"' {
            in_string = true;
        } else if matches!(byte, b' ' | b'\t' | b'\n' | b'\r') {
            out.push_str(json.get(kept_from..at).unwrap_or_default());
            kept_from = at + 1;
        }
    }
    out.push_str(json.get(kept_from..).unwrap_or_default());
    out.shrink_to_fit();
    out
}

/// Returns true if two JSON values are equal. The order of members and the spacing do not matter.
pub(crate) fn same_json(one: &[u8], other: &[u8]) -> bool {
    let read = |json| serde_json::from_slice::<Value>(json).ok();
    one == other || read(one).is_some_and(|one| read(other) == Some(one))
}

/// Appends `"name":"text"` to an object that is being written, after a comma if it is not the first field. An account
/// has very many values of a few short fields, and for these serde takes five times as long.
pub(crate) fn push_text(object: &mut String, name: &'static str, text: &str) {
    push_name(object, name);
    // Without an early exit, so that many bytes are looked at together.
    let plain = |byte: u8| byte >= b' ' && byte != b'"' && byte != b'\\';
    if text.bytes().fold(true, |all, byte| all & plain(byte)) {
        object.push('"');
        object.push_str(text);
        object.push('"');
    } else {
        // A string can always be serialized.
        object.push_str(&serde_json::to_string(text).unwrap_or_default());
    }
}

/// Appends a field with a number or null, like [`push_text`].
pub(crate) fn push_number(object: &mut String, name: &'static str, number: Option<u32>) {
    push_name(object, name);
    match number {
        Some(number) => object.push_str(&number.to_string()),
        None => object.push_str("null"),
    }
}

/// Appends a field's name and its colon, like [`push_text`].
pub(crate) fn push_name(object: &mut String, name: &'static str) {
    if !object.ends_with('{') {
        object.push(',');
    }
    object.push('"');
    object.push_str(name);
    object.push_str("\":");
}

/// Truncates an array to its first `limit` elements and returns it with the number of all elements; `None` if the
/// text is not an array or has no more elements than that.
pub(crate) fn first_elements(json: &str, limit: usize) -> Option<(String, usize)> {
    if !json.trim_start().starts_with('[') {
        return None;
    }
    let items: Vec<&RawValue> = serde_json::from_str(json).ok()?;
    let number = items.len();
    let first: Vec<&str> = items.iter().take(limit).map(|item| item.get()).collect();
    (number > limit).then(|| (format!("[{}]", first.join(",")), number))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn an_array_is_cut_after_its_first_elements() {
        assert_eq!(
            first_elements(" [1e400, {\"a\": [1]}, 3]", 2),
            Some(("[1e400,{\"a\": [1]}]".into(), 3))
        );
        for whole in ["[1, 2]", "{\"a\": [1, 2, 3]}", "1", "[1, 2, 3", ""] {
            assert_eq!(first_elements(whole, 2), None, "{whole}");
        }
    }

    #[test]
    fn white_space_is_removed_and_everything_else_stays() {
        let text = " { \"b\" : [ 1.0 , 1e400 ,\t12345678901234567890123 ] ,\r\n \"a\" : \"x \\\" y \\\\\" , \"a\":\"\\u00e9 é\" } ";
        assert_eq!(
            compact(text),
            r#"{"b":[1.0,1e400,12345678901234567890123],"a":"x \" y \\","a":"\u00e9 é"}"#
        );
    }

    proptest! {
        #[test]
        fn an_object_is_written_as_by_serde(first in ".*", second in ".*", number: Option<u32>) {
            let mut object = "{".to_owned();
            push_text(&mut object, "b", &first);
            push_number(&mut object, "number", number);
            push_name(&mut object, "inner");
            object.push('{');
            push_text(&mut object, "a", &second);
            object.push_str("}}");
            let expected = serde_json::json!({"b": first, "number": number, "inner": {"a": second}});
            prop_assert_eq!(object, expected.to_string());
        }

        #[test]
        fn any_string_is_kept_between_any_white_space(key in ".*", value in ".*", space in "[ \t\r\n]{0,5}") {
            let key = serde_json::to_string(&key).unwrap();
            let value = serde_json::to_string(&value).unwrap();
            let spaced = format!("{space}{{{space}{key}{space}:{space}[{space}{value}{space},{space}-1.50{space}]{space}}}{space}");
            prop_assert_eq!(compact(&spaced), format!("{{{key}:[{value},-1.50]}}"));
        }
    }
}
