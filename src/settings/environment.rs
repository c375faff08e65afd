//! The environment as a value, so that a test can supply its own.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

/// The environment variables of a run.
#[derive(Clone, Default)]
pub(crate) struct Environment(HashMap<String, String>);

impl Environment {
    /// Returns the variables of this process.
    pub(crate) fn of_process() -> Self {
        let texts = std::env::vars_os().map(|(name, value)| {
            let text = |os: std::ffi::OsString| os.to_string_lossy().into_owned();
            (text(name), text(value))
        });
        Self(texts.collect())
    }

    /// Returns a variable. An empty one counts as unset, as in a CI job without the secret.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.get_even_empty(name).filter(|value| !value.is_empty())
    }

    /// Returns a variable even if it is empty.
    pub(crate) fn get_even_empty(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// Returns the operator's home if it is an absolute path.
    pub(crate) fn home(&self) -> Option<&Path> {
        self.get("HOME")
            .map(Path::new)
            .filter(|home| home.is_absolute())
    }

    /// Returns `USER@HOST` for the audit log.
    pub(crate) fn who(&self) -> String {
        let user = ["USER", "LOGNAME"].iter().find_map(|name| self.get(name));
        let user = user.map_or_else(
            || format!("uid {}", rustix::process::getuid().as_raw()),
            ToOwned::to_owned,
        );
        let host = rustix::system::uname()
            .nodename()
            .to_string_lossy()
            .into_owned();
        format!("{user}@{host}")
    }

    /// Returns the configuration folder: `$XDG_CONFIG_HOME/alecs-cache`, or `.config/alecs-cache` below the home.
    /// Like every XDG folder it is ignored if it is relative: it would depend on the current folder.
    pub(crate) fn config_folder(&self) -> Option<PathBuf> {
        self.folder("XDG_CONFIG_HOME", ".config")
    }

    /// Returns the state folder: `$XDG_STATE_HOME/alecs-cache`, or `.local/state/alecs-cache` below the home.
    pub(crate) fn state_folder(&self) -> Option<PathBuf> {
        self.folder("XDG_STATE_HOME", ".local/state")
    }

    fn folder(&self, variable: &str, below_home: &str) -> Option<PathBuf> {
        let named = self
            .get(variable)
            .map(PathBuf::from)
            .filter(|path| path.is_absolute());
        let base = named.or_else(|| Some(self.home()?.join(below_home)))?;
        Some(base.join("alecs-cache"))
    }
}

/// Prints no values: they may be secrets.
impl std::fmt::Debug for Environment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Environment({} variables)", self.0.len())
    }
}

impl<N: Into<String>, V: Into<String>> FromIterator<(N, V)> for Environment {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(variables: I) -> Self {
        let pairs = variables.into_iter();
        Self(
            pairs
                .map(|(name, value)| (name.into(), value.into()))
                .collect(),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_variable_that_is_set_to_nothing_is_not_set() {
        let environment = Environment::from_iter([("A", ""), ("B", "x")]);
        assert_eq!(
            (environment.get("A"), environment.get("B")),
            (None, Some("x"))
        );
        assert_eq!(environment.get_even_empty("A"), Some(""));
    }

    #[test]
    fn folders_follow_xdg_and_fall_back_to_the_home() {
        for (home, xdg, expected) in [
            ("/h", "", Some("/h/.config/alecs-cache")),
            ("/h", "/c", Some("/c/alecs-cache")),
            (".", "here", None),
        ] {
            let variables = [("HOME", home), ("XDG_CONFIG_HOME", xdg)];
            let folder = Environment::from_iter(variables).config_folder();
            assert_eq!(folder, expected.map(PathBuf::from));
        }
        let state = Environment::from_iter([("HOME", "/h")]).state_folder();
        assert_eq!(state, Some("/h/.local/state/alecs-cache".into()));
    }

    #[test]
    fn the_environment_shows_no_value() {
        let environment = Environment::from_iter([("VALKEY_PASSWORD", "hunter2")]);
        assert!(!format!("{environment:?}").contains("hunter2"));
    }
}
