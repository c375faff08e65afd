//! Path to a value inside JSON: `.rules.children[0].name`.

use crate::domain::nearest::did_you_mean;
use serde::Deserializer as _;
use serde::de::{IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;
use std::fmt;
use std::str::FromStr;

/// Path to a value inside JSON. A name with a dot in it is quoted: `."www.example.com".property`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FieldPath {
    text: String,
    steps: Vec<PathStep>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum PathStep {
    Name(String),
    Item(usize),
}

/// Error: a text that is not a path.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected a path such as .rules.name or .items[0]")]
pub(crate) struct FieldPathError;

impl FieldPath {
    /// Returns the path as it was typed.
    pub(crate) fn as_str(&self) -> &str {
        &self.text
    }

    /// Returns the value at the path.
    ///
    /// # Errors
    /// A phrase that names the step that cannot be followed.
    pub(crate) fn find<'a>(&self, json: &'a RawValue) -> Result<&'a RawValue, String> {
        self.steps
            .iter()
            .try_fold(json, |value, step| step.follow(value))
    }
}

/// Names of an object that are compared with a missing one.
const NAMES_MAX: usize = 1000;

impl PathStep {
    /// Takes one value and skips the others, so that a step needs no memory for them.
    fn follow<'a>(&self, json: &'a RawValue) -> Result<&'a RawValue, String> {
        let mut reader = serde_json::Deserializer::from_str(json.get());
        match self {
            Self::Name(name) => {
                let found = reader
                    .deserialize_map(FieldVisitor(name))
                    .map_err(|_| format!("`{name}`: the value there is not an object"))?;
                found.map_err(|names| {
                    let meant = did_you_mean(name, names.iter().map(String::as_str));
                    format!("`{name}`{meant}")
                })
            }
            Self::Item(at) => {
                let (item, number) = reader
                    .deserialize_seq(ItemVisitor(*at))
                    .map_err(|_| format!("`[{at}]`: the value there is not an array"))?;
                item.ok_or_else(|| format!("`[{at}]`: the array has {number} items"))
            }
        }
    }
}

/// Returns the value with this name, or the names that there are.
struct FieldVisitor<'n>(&'n str);

impl<'de> Visitor<'de> for FieldVisitor<'_> {
    type Value = Result<&'de RawValue, Vec<String>>;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let (mut found, mut names) = (None, Vec::new());
        while let Some(name) = map.next_key::<String>()? {
            if name == self.0 {
                // The last of several counts, as for every reader of JSON here.
                found = Some(map.next_value()?);
            } else {
                map.next_value::<IgnoredAny>()?;
                if names.len() < NAMES_MAX {
                    names.push(name);
                }
            }
        }
        Ok(found.ok_or(names))
    }
}

/// Returns the item at this place, and the number of items.
struct ItemVisitor(usize);

impl<'de> Visitor<'de> for ItemVisitor {
    type Value = (Option<&'de RawValue>, usize);

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("an array")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
        let (mut found, mut number) = (None, 0);
        while let Some(item) = items.next_element::<&RawValue>()? {
            found = found.or((number == self.0).then_some(item));
            number += 1;
        }
        Ok((found, number))
    }
}

impl FromStr for FieldPath {
    type Err = FieldPathError;

    fn from_str(text: &str) -> Result<Self, FieldPathError> {
        let mut steps = Vec::new();
        let mut rest = text.strip_prefix('.').unwrap_or(text);
        let mut first = true;
        while first || !rest.is_empty() {
            let after = if let Some(inside) = rest.strip_prefix('[') {
                let (number, after) = inside.split_once(']').ok_or(FieldPathError)?;
                steps.push(PathStep::Item(number.parse().map_err(|_| FieldPathError)?));
                after
            } else {
                let rest = if first {
                    rest
                } else {
                    rest.strip_prefix('.').ok_or(FieldPathError)?
                };
                let (name, after) = name(rest).ok_or(FieldPathError)?;
                steps.push(PathStep::Name(name.to_owned()));
                after
            };
            (rest, first) = (after, false);
        }
        Ok(Self {
            text: text.to_owned(),
            steps,
        })
    }
}

/// Splits a text into the name at its start and the rest.
fn name(text: &str) -> Option<(&str, &str)> {
    let (name, rest) = if let Some(quoted) = text.strip_prefix('"') {
        quoted.split_once('"')?
    } else {
        let end = text.find(['.', '[']).unwrap_or(text.len());
        text.split_at_checked(end)?
    };
    (!name.is_empty()).then_some((name, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    const JSON: &str = r#"{"rules":{"name":"default","children":[{"a.b":1e400},[2]]},"www.x.y":{"id":0,"\u0069d":"prp_1"}}"#;

    fn find(path: &str) -> Result<String, String> {
        let json: &RawValue = serde_json::from_str(JSON).unwrap();
        let path: FieldPath = path.parse().unwrap();
        path.find(json).map(|value| value.get().to_owned())
    }

    #[test]
    fn a_path_leads_to_the_value_byte_for_byte() {
        for (path, value) in [
            (".rules.name", "\"default\""),
            ("rules.children[1]", "[2]"),
            (".rules.children[1][0]", "2"),
            (".rules.children[0].\"a.b\"", "1e400"),
            (".\"www.x.y\".id", "\"prp_1\""),
        ] {
            assert_eq!(find(path).as_deref(), Ok(value), "{path}");
        }
    }

    #[test]
    fn a_step_that_cannot_be_followed_is_named_with_a_suggestion() {
        for (path, missing) in [
            (".rules.nam", "`nam`; did you mean `name`?"),
            (".rules.name.x", "`x`: the value there is not an object"),
            (".rules[0]", "`[0]`: the value there is not an array"),
            (".rules.children[5]", "`[5]`: the array has 2 items"),
        ] {
            assert_eq!(find(path), Err(missing.to_owned()), "{path}");
        }
    }

    #[test]
    fn a_text_that_is_not_a_path_is_refused() {
        for text in ["", ".", "..a", "a..b", "a.", "a[x]", "a[0", "a[0]b", ".\"a"] {
            assert_eq!(text.parse::<FieldPath>(), Err(FieldPathError), "{text}");
        }
    }
}
