//! Conversion between values and the texts of flags, variables and files. Every error is a fragment that follows
//! "invalid value 'x' for …: ".

use crate::domain::duration;
use crate::domain::key::{Customer, KeyError, Scheme};
use crate::domain::keyword::{Keyword, keywords};
use crate::domain::nearest::did_you_mean;
use crate::domain::secret::{Secret, masked};
use crate::store::options::Node;
use clap::builder::{PathBufValueParser, PossibleValue, PossibleValuesParser, TypedValueParser};
use jiff::civil::Date;
use std::num::NonZeroU32;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

/// Arrangement of the Valkey servers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    Single,
    Sentinel,
    Cluster,
}

keywords! { Mode:
    Single = "single" "One server";
    Sentinel = "sentinel" "Sentinels that know the primary";
    Cluster = "cluster" "A cluster";
}

/// Form of a setting's text.
#[derive(Debug, Clone, Copy)]
pub(super) enum SettingKind {
    Text,
    Words(fn() -> Vec<PossibleValue>),
    Path,
    /// Several values separated by commas.
    List,
    Secret,
    /// On or off; an option can only turn it on.
    Switch,
    /// Number of times the option is given.
    Count,
}

/// Address of the API as it was given, which may hold a password although the API takes none.
#[derive(Debug, Clone)]
pub(super) struct ApiAddress(pub(super) String);

pub(super) trait SettingValue {
    const KIND: SettingKind = SettingKind::Text;

    /// Returns the value as `config` and the help show it, if there is one.
    fn shown(&self) -> Option<String>;
}

impl<T: SettingValue> SettingValue for Option<T> {
    const KIND: SettingKind = T::KIND;

    fn shown(&self) -> Option<String> {
        self.as_ref().and_then(T::shown)
    }
}

macro_rules! shown {
    ($($type:ty: $kind:expr, $shown:expr;)*) => {$(
        impl SettingValue for $type {
            const KIND: SettingKind = $kind;

            fn shown(&self) -> Option<String> {
                let shown: fn(&Self) -> String = $shown;
                Some(shown(self)).filter(|text| !text.is_empty())
            }
        }
    )*};
}

shown! {
    bool: SettingKind::Switch, ToString::to_string;
    u8: SettingKind::Count, ToString::to_string;
    u32: SettingKind::Text, ToString::to_string;
    f64: SettingKind::Text, ToString::to_string;
    String: SettingKind::Text, Clone::clone;
    Duration: SettingKind::Text, |span| duration::text(*span);
    Secret: SettingKind::Secret, ToString::to_string;
    PathBuf: SettingKind::Path, |path| path.display().to_string();
    Scheme: SettingKind::Text, |scheme| scheme.prefix().to_owned();
    ApiAddress: SettingKind::Text, |address| masked(&address.0);
    Vec<Node>: SettingKind::List, |nodes| joined(nodes);
    Vec<Customer>: SettingKind::List, |customers| joined(customers);
}

impl<T: Keyword> SettingValue for T {
    const KIND: SettingKind = SettingKind::Words(|| words::<T>().collect());

    fn shown(&self) -> Option<String> {
        Some(self.as_str().to_owned())
    }
}

fn joined<T: ToString>(values: &[T]) -> String {
    let texts: Vec<String> = values.iter().map(ToString::to_string).collect();
    texts.join(",")
}

/// Returns the words of a choice with their help.
pub(crate) fn words<T: Keyword>() -> impl Iterator<Item = PossibleValue> {
    let all = T::WORDS.iter();
    all.map(|(_, word, help)| PossibleValue::new(word).help(help))
}

/// Creates the parser of an option that takes one of the words of a choice.
pub(crate) fn keyword<T: Keyword>() -> impl TypedValueParser<Value = T> {
    PossibleValuesParser::new(words::<T>()).try_map(|word| one_of::<T>(&word))
}

/// Longest time limit of a single wait: an answer that takes longer than a day is no answer.
const LIMIT_MAX: Duration = Duration::from_hours(24);

/// Parses a duration.
pub(crate) fn duration(text: &str) -> Result<Duration, String> {
    duration::parse(text).map_err(|error| error.to_string())
}

/// Parses a time limit: more than zero and at most a day.
pub(crate) fn limit(text: &str) -> Result<Duration, String> {
    let span = duration(text)?;
    if span.is_zero() || span > LIMIT_MAX {
        return Err("expected more than zero and at most a day".into());
    }
    Ok(span)
}

/// Parses a TTL of at least a second: the server reads Valkey's TTLs in whole seconds.
pub(crate) fn ttl(text: &str) -> Result<Duration, String> {
    let span = duration(text)?;
    if span < Duration::from_secs(1) {
        return Err("expected at least 1s".into());
    }
    Ok(span)
}

/// Parses a whole number in `range`, written in digits only.
fn number<T: FromStr + PartialOrd>(
    text: &str,
    range: RangeInclusive<T>,
    expected: &str,
) -> Result<T, String> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    let number = text.parse().ok().filter(|_| digits);
    number
        .filter(|number| range.contains(number))
        .ok_or_else(|| format!("expected {expected}"))
}

/// Parses a whole percentage from 0 to 100, with or without `%`.
pub(crate) fn percent(text: &str) -> Result<u8, String> {
    let text = text.strip_suffix('%').unwrap_or(text).trim_end();
    number(text, 0..=100, "a whole number from 0 to 100")
}

/// Parses calls per minute: `60` or `60/min`.
pub(crate) fn rate(text: &str) -> Result<NonZeroU32, String> {
    let text = text.strip_suffix("/min").unwrap_or(text);
    let range = NonZeroU32::MIN..=NonZeroU32::MAX;
    number(text, range, "calls a minute, such as 60 or 60/min")
}

/// Parses a number of retries. More than a thousand would be a loop.
pub(super) fn retries(text: &str) -> Result<u32, String> {
    number(text, 0..=1000, "an integer from 0 to 1000")
}

pub(super) fn db(text: &str) -> Result<u32, String> {
    number(text, 0..=u32::MAX, "an integer from 0 up")
}

/// Parses a log level: a number, or a boolean for 0 or 1.
pub(super) fn verbosity(text: &str) -> Result<u8, String> {
    boolean(text)
        .map(u8::from)
        .or_else(|_| number(text, 0..=u8::MAX, "0, 1 or 2"))
}

pub(super) fn boolean(text: &str) -> Result<bool, String> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "1" | "yes" | "on" => Ok(true),
        "false" | "0" | "no" | "off" => Ok(false),
        _ => Err("expected true or false".into()),
    }
}

/// Parses an amount of money or a figure to compare with: finite and not negative.
pub(crate) fn amount(text: &str) -> Result<f64, String> {
    text.parse::<f64>()
        .ok()
        .filter(|amount| amount.is_finite() && *amount >= 0.0)
        .ok_or_else(|| "expected a number from 0 up".into())
}

/// Parses a percentage from 0 to 100, with or without `%` and with a fraction.
pub(crate) fn share(text: &str) -> Result<f64, String> {
    amount(text.strip_suffix('%').unwrap_or(text).trim_end())
        .ok()
        .filter(|share| *share <= 100.0)
        .ok_or_else(|| "expected a number from 0 to 100".into())
}

/// Parses a day: `2026-11-23`.
pub(crate) fn date(text: &str) -> Result<Date, String> {
    text.parse::<Date>()
        .ok()
        .filter(|date| date.to_string() == text)
        .ok_or_else(|| "expected a day such as 2026-11-23".into())
}

/// Parses one of the words of a choice, ignoring case.
pub(super) fn one_of<T: Keyword>(text: &str) -> Result<T, String> {
    let words = T::WORDS.iter().map(|(_, word, _)| *word);
    let mut all = T::WORDS.iter();
    let found = all.find(|(_, word, _)| word.eq_ignore_ascii_case(text));
    found.map(|(one, ..)| *one).ok_or_else(|| {
        let meant = did_you_mean(text, words.clone());
        let words: Vec<&str> = words.collect();
        format!("expected one of {}{meant}", words.join(", "))
    })
}

/// Accepts a text that is not blank.
pub(crate) fn word(text: &str) -> Result<String, String> {
    if text.trim().is_empty() {
        return Err("expected a value, not an empty one".into());
    }
    Ok(text.to_owned())
}

/// Accepts an address of the API that is not blank.
pub(super) fn api_address(text: &str) -> Result<ApiAddress, String> {
    word(text).map(ApiAddress)
}

/// Accepts a secret that is not blank.
pub(super) fn secret(text: &str) -> Result<Secret, String> {
    word(text).map(Secret::new)
}

pub(super) fn path(text: &str) -> Result<PathBuf, String> {
    word(text).map(PathBuf::from)
}

/// Accepts a file to write. Stdout has the report, so `-` does not stand for it.
pub(crate) fn output_file() -> impl TypedValueParser<Value = PathBuf> {
    PathBufValueParser::new().try_map(|path| {
        if path == Path::new("-") {
            return Err(
                "expected a file, since stdout has the report; `./-` is a file of that name",
            );
        }
        Ok(path)
    })
}

/// Accepts a host name or address as a certificate names it.
pub(super) fn server_name(text: &str) -> Result<String, String> {
    match rustls::pki_types::ServerName::try_from(text) {
        Ok(_) => Ok(text.to_owned()),
        Err(_) => Err("expected a host name or an IP address".to_owned()),
    }
}

pub(super) fn customers(text: &str) -> Result<Vec<Customer>, String> {
    list(text, |name| {
        Customer::new(name.trim()).map_err(|error| match error {
            KeyError::Reserved(_) => "the key scheme uses this word itself".into(),
            _ => "expected 1 to 64 letters, digits, dots, dashes and underscores, the first a letter or digit".into(),
        })
    })
}

/// Parses values separated by commas and drops duplicates.
fn list<T: PartialEq>(
    text: &str,
    parse: impl Fn(&str) -> Result<T, String>,
) -> Result<Vec<T>, String> {
    let mut values = Vec::new();
    for part in text.split(',') {
        let value = parse(part)?;
        if !values.contains(&value) {
            values.push(value);
        }
    }
    Ok(values)
}

pub(super) fn scheme(text: &str) -> Result<Scheme, String> {
    let rule = "expected a non-empty prefix without glob characters, blanks or control characters";
    Scheme::new(text).map_err(|_| rule.into())
}

/// Parses the nodes of a cluster; the port defaults to 6379.
pub(super) fn nodes(text: &str) -> Result<Vec<Node>, String> {
    list(text, |text| host_and_port(text, 6379))
}

/// Parses sentinels; the port defaults to 26379.
pub(super) fn sentinels(text: &str) -> Result<Vec<Node>, String> {
    list(text, |text| host_and_port(text, 26379))
}

/// Parses `HOST`, `HOST:PORT`, `[IPV6]`, `[IPV6]:PORT` or a bare IPv6 address.
pub(super) fn host_and_port(text: &str, default_port: u16) -> Result<Node, String> {
    let shape = || "expected HOST:PORT, an IPv6 address in brackets".to_owned();
    let text = text.trim();
    let (host, port) = if let Some(rest) = text.strip_prefix('[') {
        let (host, rest) = rest.split_once(']').ok_or_else(shape)?;
        match rest {
            "" => (host, None),
            _ => (host, Some(rest.strip_prefix(':').ok_or_else(shape)?)),
        }
    } else if text.matches(':').count() > 1 {
        (text, None)
    } else {
        text.split_once(':')
            .map_or((text, None), |(host, port)| (host, Some(port)))
    };
    let bad = |c: char| c.is_whitespace() || c.is_control() || "/@?#[]".contains(c);
    if host.is_empty() || host.contains(bad) {
        return Err(shape());
    }
    Ok(Node {
        host: host.to_owned(),
        port: port.map_or(Ok(default_port), self::port)?,
    })
}

pub(super) fn port(text: &str) -> Result<u16, String> {
    number(text, 1..=u16::MAX, "a port from 1 to 65535")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_value_of_its_kind_is_refused() {
        fn refused<T>(parse: fn(&str) -> Result<T, String>, texts: &[&str]) {
            for text in texts {
                assert!(parse(text).is_err(), "{text}");
            }
        }
        refused(limit, &["0", "25h"]);
        refused(percent, &["101", "-1", "%", "", "12.5", "300"]);
        refused(rate, &["0", "60/s", "", "/min", "-1"]);
        let hosts = "|:1|h:|h:0|h:65536|h:x|a b|[::1|[::1]7|u@h:1|h/1";
        refused(nodes, &hosts.split('|').collect::<Vec<_>>());
    }

    #[test]
    fn units_and_ports_may_be_left_out() {
        assert_eq!(limit("250ms"), Ok(Duration::from_millis(250)));
        assert_eq!((percent("20"), percent("100%")), (Ok(20), Ok(100)));
        assert_eq!(rate("60/min"), rate("60"));
        for (text, node) in [
            ("h", "h:6379"),
            ("h:7000", "h:7000"),
            ("[::1]:7000", "[::1]:7000"),
            ("[::1]", "[::1]:6379"),
            ("::1", "[::1]:6379"),
        ] {
            assert_eq!(
                host_and_port(text, 6379).unwrap().to_string(),
                node,
                "{text}"
            );
        }
    }

    #[test]
    fn a_word_that_is_none_of_a_flag_is_answered_with_those_that_are() {
        let error = one_of::<crate::output::Format>("xml").unwrap_err();
        assert_eq!(error, "expected one of table, json, prometheus, csv");
    }
}
