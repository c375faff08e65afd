//! Where values came from, and how that is shown.

use super::values::SettingValue;
use crate::domain::secret::masked;
use crate::exit::Failure;
use serde::Serialize;
use std::fmt;

/// How much an origin counts, the weakest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Precedence {
    Default,
    /// The top of the configuration file.
    File,
    /// A profile of the configuration file.
    Profile,
    Environment,
    Flag,
}

/// Where a value came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Origin {
    /// How much it counts.
    pub precedence: Precedence,
    /// The option, the variables, or the file and line; empty for a default.
    pub from: String,
}

impl Origin {
    pub(super) fn new(precedence: Precedence, from: impl Into<String>) -> Self {
        let from = from.into();
        Self { precedence, from }
    }

    /// Variables, by name.
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

    /// Takes what a URL says of it, which counts as much as the URL itself: unless an option or a stronger place says this.
    pub(super) fn give_way_to(&mut self, of_url: Self) {
        if !self.origin.is_flag() && self.origin.precedence <= of_url.origin.precedence {
            *self = of_url;
        }
    }
}

/// A setting as `alecs-cache config` shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SettingRow {
    /// The setting's name, as in the configuration file.
    pub setting: String,
    /// Its value; `None` where there is none. Secrets are masked.
    pub value: Option<String>,
    /// Where it came from.
    pub origin: Origin,
}

impl SettingRow {
    /// The row of a value; what has none has its default.
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

/// A value that cannot be read: of the command line, or of a variable or the file. Without a text where that is a secret.
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
        Failure::usage(message)
    } else {
        Failure::config(message)
    }
}

/// Settings that contradict each other: a matter of the command line where an option is among them, else of the
/// configuration.
pub(super) fn contradiction(origins: &[&Origin], message: impl Into<String>) -> Failure {
    if origins.iter().any(|origin| origin.is_flag()) {
        Failure::usage(message)
    } else {
        Failure::config(message)
    }
}
