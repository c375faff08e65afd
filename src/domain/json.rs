//! JSON text kept as it came, except for the white space between tokens.

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
        fn any_string_is_kept_between_any_white_space(key in ".*", value in ".*", space in "[ \t\r\n]{0,5}") {
            let key = serde_json::to_string(&key).unwrap();
            let value = serde_json::to_string(&value).unwrap();
            let spaced = format!("{space}{{{space}{key}{space}:{space}[{space}{value}{space},{space}-1.50{space}]{space}}}{space}");
            prop_assert_eq!(compact(&spaced), format!("{{{key}:[{value},-1.50]}}"));
        }
    }
}
