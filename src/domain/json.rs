//! JSON text kept as it came: only the white space between tokens goes.

/// Removes the white space between the tokens of a JSON text that is known to be valid. Order,
/// numbers, escapes and repeated keys stay exactly as they came, which a round trip through a
/// value would not promise.
#[must_use]
pub fn compact(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    let mut kept_from = 0;
    let mut in_string = false;
    let mut escaped = false;
    // By bytes: none of a longer character's is one of these.
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

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn white_space_goes_and_everything_else_stays() {
        let text = " { \"b\" : [ 1.0 , 1e400 ,\t12345678901234567890123 ] ,\r\n \"a\" : \"x \\\" y \\\\\" , \"a\":\"\\u00e9 é\" } ";
        assert_eq!(
            compact(text),
            r#"{"b":[1.0,1e400,12345678901234567890123],"a":"x \" y \\","a":"\u00e9 é"}"#
        );
    }

    proptest! {
        #[test]
        fn any_string_survives_between_any_white_space(key in ".*", value in ".*", space in "[ \t\r\n]{0,5}") {
            let key = serde_json::to_string(&key).unwrap();
            let value = serde_json::to_string(&value).unwrap();
            let spaced = format!("{space}{{{space}{key}{space}:{space}[{space}{value}{space},{space}-1.50{space}]{space}}}{space}");
            prop_assert_eq!(compact(&spaced), format!("{{{key}:[{value},-1.50]}}"));
        }
    }
}
