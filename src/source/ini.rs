//! Line-based parser for the INI dialect of `.edgerc`.
//!
//! General parsers fail on files that the official clients read: a quote or a backslash inside a token, an indented
//! comment, a line without `=` that swallows the next one.

/// A `[section]` with its keys in file order. Sections with the same name are merged.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct IniSection {
    pub name: String,
    entries: Vec<(String, String)>,
}

impl IniSection {
    /// Returns the last value of a key. `-` and `_` in keys are equivalent.
    pub(super) fn get(&self, key: &str) -> Option<&str> {
        self.entries
            .iter()
            .rev()
            .find(|(name, _)| name == key)
            .map(|(_, value)| value.as_str())
    }
}

/// Parses a whole file. The error is the number of the line that is no section, key or comment. Its text is not
/// reported, because it may be half of a secret.
pub(super) fn parse(text: &str) -> Result<Vec<IniSection>, usize> {
    let mut sections: Vec<IniSection> = Vec::new();
    let mut current: Option<usize> = None;
    for (number, line) in text
        .trim_start_matches('\u{feff}')
        .replace("\r\n", "\n")
        .split(['\n', '\r'])
        .enumerate()
    {
        let line = line.trim();
        if line.is_empty() || line.starts_with([';', '#']) {
            continue;
        }
        if let Some(rest) = line.strip_prefix('[') {
            let (name, tail) = rest.split_once(']').ok_or(number + 1)?;
            if !(tail.trim().is_empty() || tail.trim_start().starts_with([';', '#'])) {
                return Err(number + 1);
            }
            let name = name.trim();
            let known = sections.iter().position(|known| known.name == name);
            if known.is_none() {
                sections.push(IniSection {
                    name: name.to_owned(),
                    entries: Vec::new(),
                });
            }
            current = Some(known.unwrap_or(sections.len() - 1));
            continue;
        }
        let delimiter = line.find(['=', ':']).ok_or(number + 1)?;
        let (key, value) = line.split_at(delimiter);
        let key = key.trim().to_ascii_lowercase().replace('-', "_");
        // Keys before the first section are ignored.
        if let Some(section) = current.and_then(|at| sections.get_mut(at)) {
            section
                .entries
                .push((key, clean(value.get(1..).unwrap_or_default())));
        }
    }
    Ok(sections)
}

/// Strips matching quotes and a trailing comment. A comment needs white space before it; `#` and `;` inside a token
/// belong to the token.
fn clean(value: &str) -> String {
    let value = value.trim();
    for quote in ['"', '\''] {
        if let Some((inner, tail)) = value
            .strip_prefix(quote)
            .and_then(|rest| rest.split_once(quote))
        {
            let tail = tail.trim_start();
            if tail.is_empty() || tail.starts_with([';', '#']) {
                return inner.trim().to_owned();
            }
        }
    }
    let mut before = ' ';
    for (at, c) in value.char_indices() {
        if matches!(c, ';' | '#') && before.is_whitespace() {
            return value.get(..at).unwrap_or_default().trim_end().to_owned();
        }
        before = c;
    }
    value.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn value(line: &str) -> String {
        let sections = parse(&format!("[s]\nkey = {line}\n")).unwrap();
        sections[0].get("key").unwrap().to_owned()
    }

    #[test]
    fn a_value_keeps_what_a_token_may_hold_and_loses_quotes_and_comments() {
        for (written, meant) in [
            ("plain", "plain"),
            ("a=b=:c", "a=b=:c"),
            ("50%off%(x)s", "50%off%(x)s"),
            ("\"quoted ; not a comment\"", "quoted ; not a comment"),
            ("'quoted' # comment", "quoted"),
            ("\"open", "\"open"),
            ("it's;a#token", "it's;a#token"),
            ("value ; comment", "value"),
            ("value\t# comment", "value"),
            ("; only a comment", ""),
            ("back\\slash\\", "back\\slash\\"),
            ("", ""),
        ] {
            assert_eq!(value(written), meant, "{written}");
        }
    }

    #[test]
    fn sections_of_one_name_are_one_and_the_last_value_of_a_key_counts() {
        let text = "\u{feff}stray = 1\r\n  # indented comment\r\n[ a ]  ; comment\r\nClient-Token = x\r\n[b]\r\n[a]\r\nclient_token: y\r\n";
        let sections = parse(text).unwrap();
        let names: Vec<_> = sections
            .iter()
            .map(|section| section.name.as_str())
            .collect();
        assert_eq!(names, ["a", "b"]);
        assert_eq!(sections[0].get("client_token"), Some("y"));
        assert_eq!(sections[1].get("client_token"), None);
    }

    #[test]
    fn an_invalid_line_is_reported_by_its_number_only() {
        assert_eq!(parse("[a]\nhost = x\nsecretsecret\n").err(), Some(3));
        assert_eq!(parse("[a\nhost = x").err(), Some(1));
        assert_eq!(parse("[a] b").err(), Some(1));
    }

    proptest! {
        #[test]
        fn what_is_written_in_any_style_comes_back(
            sections in prop::collection::vec(("[A-Za-z0-9._-]{1,9}", "[a-z]{1,9}", "[!-~&&[^\"';#]][!-~&&[^\"']]{0,30}"), 1..6),
            style in prop::sample::select(vec!["{k} = {v}\n", "{k}={v}\r\n", "\t{k}: {v} ; comment\n", "# x\n{k} = '{v}'\n", "{k} = \"{v}\" # x\r"]),
        ) {
            let mut text = String::new();
            for (name, key, value) in &sections {
                let line = style.replace("{k}", key).replace("{v}", value);
                text.extend(["[", name, "]\n", &line]);
            }
            let read = parse(&text).unwrap();
            for (at, (name, key, value)) in sections.iter().enumerate() {
                if sections[at + 1..].iter().any(|(other, again, _)| (other, again) == (name, key)) {
                    continue;
                }
                let found = read.iter().find(|section| section.name == *name).unwrap();
                prop_assert_eq!(found.get(key), Some(value.as_str()));
            }
        }

        #[test]
        fn any_text_is_read_or_refused_by_the_number_of_a_line(text in "(\\PC{0,12}|[\\[\\]=:;#'\"]{0,4}|\r|\n|\u{feff}){0,12}") {
            if let Err(line) = parse(&text) {
                prop_assert!((1..=text.split(['\n', '\r']).count()).contains(&line));
            }
        }
    }
}
