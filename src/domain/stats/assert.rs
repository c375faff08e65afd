//! Assertions of scripts about a report: `hit_rate>=85`, `nodes.*.evicted_keys==0`.

use serde_json::Value;
use std::borrow::Cow;
use std::fmt;

/// Why an assertion cannot be parsed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum AssertError {
    /// Not `name op number`.
    #[error(
        "invalid value '{0}' for --assert: expected NAME OP NUMBER with one of >= <= == != > <, as in 'hit_rate>=85'"
    )]
    Shape(String),
    /// The right side of the operator is not a number.
    #[error("invalid value '{0}' in --assert: expected a number after the operator")]
    Number(String),
    /// There is no field of that name, or it is not a number.
    #[error("unknown figure `{name}`{}", suggestion(.near))]
    Unknown {
        /// The name as typed.
        name: String,
        /// Similar names.
        near: Vec<String>,
    },
}

/// A comparison operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Operator {
    AtLeast,
    AtMost,
    Equal,
    Unequal,
    Above,
    Below,
}

impl Operator {
    /// Operators of two characters come first, so that `>=` is not read as `>`.
    const ALL: [(&'static str, Self); 6] = [
        (">=", Self::AtLeast),
        ("<=", Self::AtMost),
        ("==", Self::Equal),
        ("!=", Self::Unequal),
        (">", Self::Above),
        ("<", Self::Below),
    ];

    #[expect(
        clippy::float_cmp,
        reason = "equality is what was asked for; counts are exact"
    )]
    fn holds(self, left: f64, right: f64) -> bool {
        match self {
            Self::AtLeast => left >= right,
            Self::AtMost => left <= right,
            Self::Equal => left == right,
            Self::Unequal => left != right,
            Self::Above => left > right,
            Self::Below => left < right,
        }
    }
}

/// A parsed assertion.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Assertion {
    text: String,
    name: String,
    operator: Operator,
    number: f64,
}

/// The result of an assertion for one value.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct CheckedAssertion {
    /// The assertion as typed.
    pub statement: String,
    /// The field, with the element's own name in place of `*`.
    pub name: String,
    /// `None` if the field has no value.
    pub value: Option<f64>,
    /// False for a field without a value.
    pub met: bool,
}

impl CheckedAssertion {
    /// The value with one decimal, or with three if it is below 1.
    fn shown(&self) -> String {
        match self.value {
            None => "no value".to_owned(),
            Some(value) if value.fract() == 0.0 => value.to_string(),
            Some(value) if value.abs() < 1.0 => format!("{value:.3}"),
            Some(value) => format!("{:.1}", (value * 10.0).floor() / 10.0),
        }
    }

    /// Returns `PASS` or `FAIL`, the assertion, and the value.
    pub(crate) fn line(&self) -> String {
        let word = if self.met { "PASS" } else { "FAIL" };
        format!(
            "{word} {}: {} is {}",
            self.statement,
            self.name,
            self.shown()
        )
    }
}

impl fmt::Display for CheckedAssertion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` is not met: {} ", self.statement, self.name)?;
        match self.value {
            Some(_) => write!(f, "is {}", self.shown()),
            None => f.write_str("has no value"),
        }
    }
}

fn suggestion(near: &[String]) -> String {
    if near.is_empty() {
        return String::new();
    }
    format!("; did you mean {}?", near.join(", "))
}

/// The known names similar to what was typed: the three most similar ones.
fn nearest(typed: &str, known: &[String]) -> Vec<String> {
    const ALIKE: f64 = 0.8;
    let likeness = |name: &str| {
        let last = name.rsplit('.').next().unwrap_or(name);
        strsim::jaro_winkler(typed, name).max(strsim::jaro_winkler(typed, last))
    };
    let similar = known.iter().filter(|name| likeness(name) > ALIKE);
    let mut all: Vec<&String> = similar.collect();
    all.sort_by(|a, b| {
        likeness(b)
            .total_cmp(&likeness(a))
            .then(a.len().cmp(&b.len()))
    });
    all.into_iter().take(3).cloned().collect()
}

impl Assertion {
    /// Parses `name op number`, where `name` is one of `known`.
    pub(crate) fn parse(text: &str, known: &[String]) -> Result<Self, AssertError> {
        let shape = || AssertError::Shape(text.into());
        let at = text.find(['>', '<', '=', '!']).ok_or_else(shape)?;
        let (name, rest) = text.split_at(at);
        let (operator, number) = Operator::ALL
            .into_iter()
            .find_map(|(sign, operator)| Some((operator, rest.strip_prefix(sign)?)))
            .ok_or_else(shape)?;
        let (name, number) = (name.trim(), number.trim());
        if name.is_empty() || number.is_empty() {
            return Err(shape());
        }
        let unknown = || AssertError::Number(number.into());
        let number: f64 = number.parse().map_err(|_| unknown())?;
        if !number.is_finite() {
            return Err(unknown());
        }
        if !known.iter().any(|one| one == name) {
            return Err(AssertError::Unknown {
                name: name.into(),
                near: nearest(name, known),
            });
        }
        Ok(Self {
            text: text.trim().into(),
            name: name.into(),
            operator,
            number,
        })
    }

    /// Returns true if the figure is one of the key census. A sample can miss what is rare, so all keys are counted.
    pub(crate) fn counts_keys(&self) -> bool {
        self.name.starts_with("customers.")
    }

    /// Evaluates the assertion for every number of the report that it is about. It is false for a field without a value
    /// and for a list without elements.
    pub(crate) fn judge(&self, report: &Value) -> Vec<CheckedAssertion> {
        let mut values = Vec::new();
        let steps: Vec<&str> = self.name.split('.').collect();
        collect(report, &steps, &mut Vec::new(), &mut values);
        let judged = values.into_iter().map(|(name, value)| CheckedAssertion {
            statement: self.text.clone(),
            name,
            value,
            met: value.is_some_and(|value| self.operator.holds(value, self.number)),
        });
        judged.collect()
    }
}

/// Follows the steps and collects every number that they lead to.
fn collect<'a>(
    value: &'a Value,
    steps: &[&'a str],
    path: &mut Vec<Cow<'a, str>>,
    found: &mut Vec<(String, Option<f64>)>,
) {
    match steps.split_first() {
        None => found.push((path.join("."), value.as_f64())),
        Some((&"*", rest)) => {
            let elements = value.as_array().map_or(&[][..], Vec::as_slice);
            if elements.is_empty() {
                let rest = ["*"].iter().chain(rest).map(|step| Cow::Borrowed(*step));
                let missing: Vec<Cow<str>> = path.iter().cloned().chain(rest).collect();
                found.push((missing.join("."), None));
            }
            for element in elements {
                path.push(label(element));
                collect(element, rest, path, found);
                path.pop();
            }
        }
        Some((step, rest)) => {
            path.push(Cow::Borrowed(step));
            collect(value.get(step).unwrap_or(&Value::Null), rest, path, found);
            path.pop();
        }
    }
}

/// Name of a list element: the first of its naming fields; for a command of a server both, as in `h:6379/get`.
fn label(element: &Value) -> Cow<'_, str> {
    let text = |name: &str| element.get(name)?.as_str();
    if let (Some(addr), Some(command)) = (text("addr"), text("command")) {
        return format!("{addr}/{command}").into();
    }
    let fields = ["addr", "customer", "resource", "command", "error", "name"];
    fields.into_iter().find_map(text).unwrap_or("*").into()
}

/// Returns the names of all numbers in a report, with `*` for list elements.
pub(crate) fn names(report: &Value) -> Vec<String> {
    let mut names = Vec::new();
    walk(report, String::new(), &mut names);
    names
}

fn walk(value: &Value, path: String, names: &mut Vec<String>) {
    let below = |step: &str| {
        if path.is_empty() {
            step.to_owned()
        } else {
            format!("{path}.{step}")
        }
    };
    match value {
        Value::Number(_) if !names.contains(&path) => names.push(path),
        Value::Object(fields) => {
            for (name, value) in fields {
                walk(value, below(name), names);
            }
        }
        Value::Array(elements) => {
            for element in elements {
                walk(element, below("*"), names);
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests;
