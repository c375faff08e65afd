//! Origins of values, and how they are shown.

use super::values::SettingValue;
use crate::domain::secret::masked;
use crate::exit::Failure;
use serde::Serialize;
use std::fmt;

/// Precedence of an origin, lowest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Precedence {
    Default,
    /// The top level of the configuration file.
    File,
    /// A profile of the configuration file.
    Profile,
    Environment,
    Flag,
}

/// Origin of a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Origin {
    pub precedence: Precedence,
    /// The option, the variables, or the file and line; empty for a default.
    pub from: String,
}

impl Origin {
    pub(super) fn new(precedence: Precedence, from: impl Into<String>) -> Self {
        let from = from.into();
        Self { precedence, from }
    }

    /// Creates the origin of a value from environment variables.
    pub(super) fn environment(names: impl Into<String>) -> Self {
        Self::new(Precedence::Environment, names)
    }

    pub(super) fn default() -> Self {
        Self::new(Precedence::Default, "")
    }

    pub(super) fn is_flag(&self) -> bool {
        self.precedence == Precedence::Flag
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.from.is_empty() {
            "default"
        } else {
            &self.from
        })
    }
}

/// A value with its origin.
#[derive(Debug, Clone)]
pub(super) struct Resolved<T> {
    pub value: T,
    pub origin: Origin,
}

impl<T> Resolved<T> {
    pub(super) fn new(value: T, origin: &Origin) -> Self {
        let origin = origin.clone();
        Self { value, origin }
    }

    pub(super) fn default_of(value: T) -> Self {
        Self::new(value, &Origin::default())
    }

    /// Replaces the value with the URL's, which has the precedence of the URL itself, unless this one comes from an
    /// option or from an origin of higher precedence.
    pub(super) fn give_way_to(&mut self, of_url: Self) {
        if !self.origin.is_flag() && self.origin.precedence <= of_url.origin.precedence {
            *self = of_url;
        }
    }
}

/// A setting as `alecs-cache config` shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SettingRow {
    /// Name in the configuration file.
    pub setting: String,
    /// The value, with secrets masked; `None` if there is none.
    pub value: Option<String>,
    pub origin: Origin,
}

impl SettingRow {
    /// Creates the row of a value. If there is no value, the origin is the default.
    pub(super) fn new(setting: &str, value: &impl SettingValue, origin: &Origin) -> Self {
        let value = value.shown();
        let said = value.as_ref().map(|_| origin.clone());
        Self {
            setting: setting.to_owned(),
            value,
            origin: said.unwrap_or_else(Origin::default),
        }
    }
}

/// Creates the failure for an invalid value: a usage failure if it came from an option, else a configuration failure.
/// `text` is `None` if the value is a secret.
pub(super) fn invalid(name: &str, text: Option<&str>, origin: &Origin, reason: &str) -> Failure {
    let shown = text.map_or_else(String::new, |text| format!(" '{}'", masked(text)));
    let is_flag = origin.precedence == Precedence::Flag;
    let setting = if is_flag {
        origin.to_string()
    } else {
        format!("{name} ({origin})")
    };
    let message = if reason.starts_with("needs ") {
        format!("{setting} {reason}")
    } else {
        format!("invalid value{shown} for {setting}: {reason}")
    };
    if is_flag {
        Failure::usage(message).hint("run `alecs-cache help options` to see what it takes")
    } else {
        Failure::config(message)
    }
}

/// Creates the failure for settings that contradict each other: a usage failure if one of them came from an option,
/// else a configuration failure.
pub(super) fn contradiction(origins: &[&Origin], message: impl Into<String>) -> Failure {
    if origins.iter().any(|origin| origin.is_flag()) {
        Failure::usage(message)
    } else {
        Failure::config(message)
    }
}
