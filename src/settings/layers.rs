//! The layers of values, highest precedence first: options, environment, profile, top level of the file.

use super::environment::Environment;
use super::file::File;
use super::keys::{self, SettingKey};
use super::origin::{Origin, Precedence, Resolved};
use super::values::{self, SettingKind};
use crate::domain::nearest::did_you_mean;
use crate::domain::secret::Secret;
use crate::exit::Failure;
use clap::ArgMatches;
use clap::parser::ValueSource;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The global options that were typed, by the names of their settings.
#[derive(Debug, Clone, Default)]
pub(crate) struct Flags(BTreeMap<&'static str, Secret>);

impl Flags {
    /// Collects the options that were typed.
    pub(crate) fn of(matches: &ArgMatches) -> Self {
        let mut flags = Self::default();
        for key in keys::ALL.iter().filter(|key| !key.flag().is_empty()) {
            if matches.value_source(key.name) == Some(ValueSource::CommandLine) {
                let raw = matches.get_raw(key.name).into_iter().flatten();
                let texts: Vec<_> = raw.map(|text| text.to_string_lossy()).collect();
                flags.set(key, &texts.join(","));
            }
        }
        flags
    }

    /// Records what was typed for a setting.
    pub(crate) fn set(&mut self, key: &SettingKey, text: &str) {
        self.0.insert(key.name, Secret::new(text));
    }

    /// Returns what was typed for a setting; the values of a list are joined with commas.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(Secret::reveal)
    }
}

/// Everything that can set a value.
pub(super) struct Layers<'a> {
    pub flags: &'a Flags,
    pub environment: &'a Environment,
    pub file: Option<File>,
    /// The chosen profile, which the file contains.
    pub profile: Option<String>,
}

impl<'a> Layers<'a> {
    pub(super) fn without_file(flags: &'a Flags, environment: &'a Environment) -> Self {
        Self {
            flags,
            environment,
            file: None,
            profile: None,
        }
    }

    /// Returns the value of a setting from the highest layer that has one.
    pub(super) fn value<T>(
        &self,
        key: &SettingKey,
        parse: impl Fn(&str) -> Result<T, String>,
    ) -> Result<Option<Resolved<T>>, Failure> {
        self.text(key)
            .map(|found| key.read(&found, parse))
            .transpose()
    }

    /// Returns the text of a setting from the highest layer that has one.
    pub(super) fn text(&self, key: &SettingKey) -> Option<Resolved<String>> {
        let typed = self
            .flags
            .get(key.name)
            .map(|text| Resolved::new(text.to_owned(), &Origin::new(Precedence::Flag, key.flag())));
        // An empty prefix would match every key. It must be an error and not count as unset.
        let get = match key.name {
            "key_prefix" => Environment::get_even_empty,
            _ => Environment::get,
        };
        let of_environment = || {
            key.variables().find_map(|name| {
                let text = get(self.environment, name)?;
                // `NO_COLOR` counts whatever its value.
                let text = if name == "NO_COLOR" { "never" } else { text };
                Some(Resolved::new(text.to_owned(), &Origin::environment(name)))
            })
        };
        let of_file = || self.entries(key.name).next().cloned();
        let mut found = typed.or_else(of_environment).or_else(of_file)?;
        if matches!(key.kind, SettingKind::Path) {
            let path = self.expanded(Path::new(&found.value));
            found.value = path.to_string_lossy().into_owned();
        }
        Some(found)
    }

    /// Returns the entries of the profile and then of the top level.
    pub(super) fn entries(&self, name: &str) -> impl Iterator<Item = &Resolved<String>> {
        let file = self.file.as_ref();
        let profile = file.zip(self.profile.as_ref());
        let profile = profile.and_then(|(file, profile)| file.profiles.get(profile));
        let sections = profile.into_iter().chain(file.map(|file| &file.top));
        sections.filter_map(move |section| section.get(name))
    }

    /// Expands `~/x` to a path below the home: a shell leaves it alone in `--option=~/x` and in variables.
    pub(super) fn expanded(&self, path: &Path) -> PathBuf {
        match (path.strip_prefix("~"), self.environment.home()) {
            (Ok(rest), Some(home)) => home.join(rest),
            _ => path.to_owned(),
        }
    }

    /// Returns the path of the configuration file: the one that was named, or the usual one.
    pub(super) fn place_of_file(&self) -> Result<Option<Resolved<PathBuf>>, Failure> {
        if let Some(named) = self.value(&keys::config, values::path)? {
            return Ok(Some(named));
        }
        let usual = self.environment.config_folder();
        Ok(usual.map(|folder| Resolved::default_of(folder.join("config.toml"))))
    }

    /// Reads the configuration file. A file that was named must exist.
    pub(super) fn read_file(&mut self) -> Result<(), Failure> {
        let Some(Resolved {
            value: path,
            origin,
        }) = self.place_of_file()?
        else {
            return Ok(());
        };
        let named = origin.precedence != Precedence::Default;
        if named || !matches!(path.try_exists(), Ok(false)) {
            let file = File::read(&path).map_err(|failure| match origin.precedence {
                Precedence::Environment => failure.while_doing(&origin),
                _ => failure,
            });
            self.file = Some(file?);
        }
        Ok(())
    }

    /// Chooses the profile that was named; fails if the file does not contain it.
    pub(super) fn choose_profile(&mut self) -> Result<(), Failure> {
        let Some(named) = self.value(&keys::default_profile, values::word)? else {
            return Ok(());
        };
        let profiles = self.file.iter().flat_map(|file| file.profiles.keys());
        let profiles: Vec<&str> = profiles.map(String::as_str).collect();
        if profiles.contains(&named.value.as_str()) {
            self.profile = Some(named.value);
            return Ok(());
        }
        let hint = match &self.file {
            None => "there is no configuration file; name one with --config".to_owned(),
            Some(file) if profiles.is_empty() => {
                format!(
                    "`{}` has no profile; add [profile.NAME]",
                    file.path.display()
                )
            }
            Some(file) => {
                let meant = did_you_mean(&named.value, profiles.iter().copied());
                format!(
                    "`{}` has {}{meant}",
                    file.path.display(),
                    profiles.join(", ")
                )
            }
        };
        let Resolved {
            value: name,
            origin,
        } = named;
        Err(Failure::config(format!("there is no profile `{name}` ({origin})")).hint(hint))
    }
}
