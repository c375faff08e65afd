//! The precedence of all settings: flag, environment, profile, file, default.

use super::Environment;
use super::file::{File, FileEntry, FileSection};
use super::keys::{self, SettingKey};
use super::origin::{Origin, SettingRow};
use super::values;
use crate::domain::secret::masked;
use crate::exit::Failure;
use std::path::{Path, PathBuf};

/// A value that somebody gave.
#[derive(Debug, Clone)]
pub(super) struct Resolved<T> {
    pub value: T,
    pub origin: Origin,
}

/// What is shown in place of a secret.
pub(super) const MASK: &str = "********";

/// Looks settings up and keeps what `alecs-cache config` shows.
pub(super) struct Resolver<'a> {
    pub environment: &'a Environment,
    pub file: Option<&'a File>,
    /// The name of the profile in force, which the file has.
    pub profile: Option<&'a str>,
    pub rows: Vec<SettingRow>,
}

impl<'a> Resolver<'a> {
    /// A setting of one value.
    pub(super) fn one<T>(
        &self,
        key: &SettingKey,
        flag: Option<T>,
        parse: impl Fn(&str) -> Result<T, String>,
    ) -> Result<Option<Resolved<T>>, Failure> {
        if let Some(value) = flag {
            return Ok(Some(Resolved {
                value,
                origin: Origin::Flag(key.flag),
            }));
        }
        let Some(Resolved {
            value: texts,
            origin,
        }) = self.texts(key)
        else {
            return Ok(None);
        };
        let [text] = texts.as_slice() else {
            return Err(Failure::config(format!(
                "`{}` takes one value, not a list ({origin})",
                key.name
            )));
        };
        let value = parse(text).map_err(|reason| senseless(key, text, &origin, &reason))?;
        Ok(Some(Resolved { value, origin }))
    }

    /// A setting of several values.
    pub(super) fn many<T>(
        &self,
        key: &SettingKey,
        flag: Vec<T>,
        parse: impl Fn(&str) -> Result<T, String>,
    ) -> Result<Option<Resolved<Vec<T>>>, Failure> {
        if !flag.is_empty() {
            return Ok(Some(Resolved {
                value: flag,
                origin: Origin::Flag(key.flag),
            }));
        }
        let Some(Resolved {
            value: texts,
            origin,
        }) = self.texts(key)
        else {
            return Ok(None);
        };
        let parts = texts.iter().flat_map(|text| text.split(','));
        let values: Result<Vec<T>, Failure> = parts
            .map(|text| parse(text).map_err(|reason| senseless(key, text, &origin, &reason)))
            .collect();
        let value = values?;
        Ok((!value.is_empty()).then_some(Resolved { value, origin }))
    }

    /// A setting that is on or off. A flag can only turn it on.
    pub(super) fn switch(
        &self,
        key: &SettingKey,
        flag: bool,
    ) -> Result<Option<Resolved<bool>>, Failure> {
        self.one(key, flag.then_some(true), values::boolean)
    }

    /// A setting that names a file. A relative name in the configuration file counts from that file's
    /// folder, never from where the operator happens to stand.
    pub(super) fn path(
        &self,
        key: &SettingKey,
        flag: Option<PathBuf>,
    ) -> Result<Option<Resolved<PathBuf>>, Failure> {
        let found = self.one(key, flag, |text| {
            if text.is_empty() {
                Err("expected a value, not an empty one".into())
            } else {
                Ok(PathBuf::from(text))
            }
        })?;
        let Some(Resolved { value, origin }) = found else {
            return Ok(None);
        };
        let value = self.expanded(value);
        let value = match &origin {
            Origin::File { path, .. } | Origin::Profile { path, .. } => {
                path.parent().unwrap_or(Path::new("/")).join(value)
            }
            _ => value,
        };
        Ok(Some(Resolved { value, origin }))
    }

    /// `~/x` below the home: a shell leaves it alone in `--option=~/x` and in variables.
    pub(super) fn expanded(&self, path: PathBuf) -> PathBuf {
        match (path.strip_prefix("~"), self.environment.home()) {
            (Ok(rest), Some(home)) => home.join(rest),
            _ => path,
        }
    }

    /// What the environment, the profile or the file says, in this order.
    fn texts(&self, key: &SettingKey) -> Option<Resolved<Vec<String>>> {
        self.of_environment(key).or_else(|| self.of_file(key))
    }

    /// What the environment says.
    pub(super) fn of_environment(&self, key: &SettingKey) -> Option<Resolved<Vec<String>>> {
        // An empty prefix would be every key there is, so that it is an error and not nothing.
        let get = if key.name == keys::KEY_PREFIX.name {
            Environment::get_even_empty
        } else {
            Environment::get
        };
        let found = key
            .variables
            .iter()
            .find_map(|name| Some((name, get(self.environment, name)?)));
        found.map(|(name, text)| Resolved {
            value: vec![text.to_owned()],
            origin: Origin::Environment((*name).to_owned()),
        })
    }

    /// What the profile or the file says.
    pub(super) fn of_file(&self, key: &SettingKey) -> Option<Resolved<Vec<String>>> {
        self.sections().find_map(|(section, profile)| {
            let entry = section.settings.get(key.name)?;
            Some(Resolved {
                value: entry.texts.clone(),
                origin: self.origin(profile, entry)?,
            })
        })
    }

    /// The profile in force, then the top of the file.
    pub(super) fn sections(
        &self,
    ) -> impl Iterator<Item = (&'a FileSection, Option<&'a str>)> + use<'a> {
        let profile = self.profile;
        let of_profile = self
            .file
            .zip(profile)
            .and_then(|(file, name)| file.profiles.get(name))
            .map(|section| (section, profile));
        let top = self.file.map(|file| (&file.top, None));
        of_profile.into_iter().chain(top)
    }

    /// The origin of an entry of the file.
    pub(super) fn origin(&self, profile: Option<&str>, entry: &FileEntry) -> Option<Origin> {
        let path = self.file?.path.clone();
        let line = entry.line;
        Some(match profile {
            Some(name) => Origin::Profile {
                name: name.to_owned(),
                path,
                line,
            },
            None => Origin::File { path, line },
        })
    }

    /// Keeps a row to show.
    pub(super) fn row(
        &mut self,
        setting: impl Into<String>,
        value: Option<String>,
        origin: Origin,
    ) {
        self.rows.push(SettingRow {
            setting: setting.into(),
            value,
            origin,
        });
    }

    /// Keeps what was found, or the default, and returns it.
    pub(super) fn or_default<T>(
        &mut self,
        key: &SettingKey,
        found: Option<Resolved<T>>,
        default: T,
        show: impl Fn(&T) -> String,
    ) -> T {
        let Resolved { value, origin } = found.unwrap_or(Resolved {
            value: default,
            origin: Origin::Default,
        });
        self.row(key.name, Some(show(&value)), origin);
        value
    }

    /// Keeps what was found, if anything, and returns it.
    pub(super) fn or_nothing<T>(
        &mut self,
        key: &SettingKey,
        found: Option<Resolved<T>>,
        show: impl Fn(&T) -> String,
    ) -> Option<T> {
        let shown = found.as_ref().map(|found| {
            if key.secret {
                MASK.to_owned()
            } else {
                show(&found.value)
            }
        });
        let origin = found
            .as_ref()
            .map_or(Origin::Default, |found| found.origin.clone());
        self.row(key.name, shown, origin);
        found.map(|found| found.value)
    }
}

/// A value of the environment or a file that cannot be read; never shows a secret.
pub(super) fn senseless(key: &SettingKey, text: &str, origin: &Origin, reason: &str) -> Failure {
    let value = if key.secret {
        String::new()
    } else {
        format!(" '{}'", masked(text))
    };
    if origin.is_flag() {
        return Failure::usage(format!("invalid value{value} for {origin}: {reason}"));
    }
    invalid(&value, key.name, origin, reason)
}

/// A value of a variable or a file that cannot be read; `value` stands behind a blank, or is empty.
pub(super) fn invalid(value: &str, name: &str, origin: &Origin, reason: &str) -> Failure {
    Failure::config(format!(
        "invalid value{value} for {name} ({origin}): {reason}"
    ))
}

/// Two settings that contradict each other: a matter of the command line where a flag is among them,
/// else of the configuration.
pub(super) fn contradiction(origins: &[&Origin], message: impl Into<String>) -> Failure {
    if origins.iter().any(|origin| origin.is_flag()) {
        Failure::usage(message)
    } else {
        Failure::config(message)
    }
}
