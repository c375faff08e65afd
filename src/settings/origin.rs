//! Where a value came from.

use std::fmt;
use std::path::PathBuf;

/// Where a value came from, the weakest first: a later one outranks an earlier one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Origin {
    /// No one said anything.
    Default,
    /// The top of the configuration file.
    File {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
    },
    /// A profile of the configuration file.
    Profile {
        /// The profile's name.
        name: String,
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
    },
    /// Environment variables, by name.
    Environment(String),
    /// A flag.
    Flag(&'static str),
}

impl Origin {
    /// How much it counts; the greater outranks the smaller.
    pub(crate) const fn rank(&self) -> u8 {
        match self {
            Self::Default => 0,
            Self::File { .. } => 1,
            Self::Profile { .. } => 2,
            Self::Environment(_) => 3,
            Self::Flag(_) => 4,
        }
    }

    /// The word for its kind.
    pub(crate) const fn kind(&self) -> &'static str {
        match self {
            Self::Default => "default",
            Self::File { .. } => "file",
            Self::Profile { .. } => "profile",
            Self::Environment(_) => "environment",
            Self::Flag(_) => "flag",
        }
    }

    /// Whether it is a flag.
    pub(crate) const fn is_flag(&self) -> bool {
        matches!(self, Self::Flag(_))
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File { path, line } => write!(f, "{}:{line}", path.display()),
            Self::Profile { name, path, line } => {
                write!(f, "profile {name}, {}:{line}", path.display())
            }
            Self::Environment(names) => f.write_str(names),
            Self::Flag(flag) => f.write_str(flag),
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
