//! Combines flags, variables and the configuration file into settings.

use super::environment::Environment;
use super::file::File;
use super::keys::{self, SettingKey, Values};
use super::layers::{Flags, Layers};
use super::origin::{Origin, Precedence, SettingRow, invalid};
use super::values::{self, SettingValue};
use crate::domain::key::{Customer, Scheme};
use crate::domain::stats::thresholds::Thresholds;
use crate::domain::ttl::{Intervals, Policy, Resource};
use crate::exit::Failure;
use crate::output::OutputOptions;
use crate::source::SourceOptions;
use crate::store;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The customers of a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CustomerSelection {
    /// The customers without duplicates, in the order in which they were named; `default` if none was named.
    pub names: Vec<Customer>,
    /// True if the operator named them.
    pub named: bool,
}

impl CustomerSelection {
    /// Returns the names as they are shown.
    pub(crate) fn texts(&self) -> impl Iterator<Item = &str> {
        self.names.iter().map(Customer::as_str)
    }

    /// Returns the customers that the operator named, for a command whose default is all customers.
    pub(crate) fn asked(&self) -> Option<&[Customer]> {
        self.named.then_some(&self.names)
    }

    /// Like [`CustomerSelection::asked`], as they are shown.
    pub(crate) fn asked_texts(&self) -> Option<Vec<&str>> {
        self.named.then(|| self.texts().collect())
    }
}

/// Everything decided before a command starts.
#[derive(Debug)]
pub(crate) struct Settings {
    pub store: store::Options,
    pub source: SourceOptions,
    pub scheme: Scheme,
    pub customers: CustomerSelection,
    pub policy: Policy,
    /// Limits for alerts and assertions.
    pub thresholds: Thresholds,
    /// How long to wait for a lock that another process holds.
    pub wait: Duration,
    pub profile: Option<String>,
    /// A removal asks the operator to type the customer's name.
    pub protected: bool,
    /// How long a value may be served after it expires.
    pub stale_for: Duration,
    /// Cost of one API call, in dollars.
    pub cost_per_call: f64,
    /// Folder for state; `None` if neither `XDG_STATE_HOME` nor `HOME` is set.
    pub state_folder: Option<PathBuf>,
    pub output: OutputOptions,
    /// The variables, for the credentials that they may hold.
    pub environment: Environment,
    /// Every setting with its value and origin; secrets are masked.
    pub rows: Vec<SettingRow>,
    /// Warnings for the operator.
    pub warnings: Vec<String>,
    /// A password that could not be read. Only showing the settings works without it.
    pub unreadable: Option<Failure>,
}

impl Settings {
    /// Returns the endpoint without credentials.
    pub(crate) fn endpoint(&self) -> String {
        self.store.endpoint()
    }

    /// Returns the origin of a setting's value.
    pub(crate) fn origin_of(&self, key: &SettingKey) -> Option<&Origin> {
        let row = self.rows.iter().find(|row| row.setting == key.name)?;
        Some(&row.origin)
    }
}

/// The values as given, before they are checked against each other.
pub(crate) struct Given<'a> {
    pub(super) layers: Layers<'a>,
    pub(super) values: Values,
    /// The settings that cannot be parsed, and why.
    failures: Vec<(&'static SettingKey, Failure)>,
    /// The failure of an unusable configuration file; the rest was read without it.
    pub broken: Option<Failure>,
    /// Warnings for the operator.
    pub(super) warnings: Vec<String>,
    /// Passwords that cannot be read, by the names of their settings.
    pub(super) unreadable: Vec<(&'static str, Origin, Failure)>,
}

impl<'a> Given<'a> {
    /// Reads the configuration file and every setting.
    pub(crate) fn read(flags: &'a Flags, environment: &'a Environment) -> Self {
        let mut layers = Layers::without_file(flags, environment);
        let broken = layers.read_file().err();
        Self::of(layers, broken)
    }

    /// Reads the options and the environment only.
    pub(crate) fn without_file(flags: &'a Flags, environment: &'a Environment) -> Self {
        Self::of(Layers::without_file(flags, environment), None)
    }

    fn of(mut layers: Layers<'a>, broken: Option<Failure>) -> Self {
        let chosen = layers.choose_profile();
        let (mut values, mut failures) = Values::read(|key| layers.text(key));
        if let (None, Err(failure)) = (&broken, chosen) {
            failures.insert(0, (&keys::default_profile, failure));
        }
        // `protected` at the top level of the file holds for every profile: no profile can lift it.
        let top = layers.file.as_ref().map(|file| &file.top);
        let top = top.and_then(|top| top.get(keys::protected.name));
        match top.map(|found| keys::protected.read(found, values::boolean)) {
            Some(Ok(found)) if found.value => values.protected = found,
            Some(Err(failure)) => failures.push((&keys::protected, failure)),
            _ => {}
        }
        if let Some(file) = &layers.file {
            values.config.value = Some(file.path.clone());
        }
        // Without a home the file belongs below `/`, never in the current folder.
        let home = layers.environment.home().unwrap_or(Path::new("/"));
        let edgerc = &mut values.edgerc.value;
        edgerc.get_or_insert_with(|| home.join(".edgerc"));
        Self {
            layers,
            values,
            failures,
            broken,
            warnings: Vec::new(),
            unreadable: Vec::new(),
        }
    }

    /// Returns the output options, as far as they can be parsed.
    pub(crate) fn output(&self) -> OutputOptions {
        let values = &self.values;
        OutputOptions {
            format: values.output.value,
            color: values.color.value,
            quiet: values.quiet.value,
            verbosity: values.verbose.value,
            no_progress: values.no_progress.value,
            no_input: values.no_input.value,
            dumb: matches!(self.layers.environment.get("TERM"), None | Some("dumb")),
        }
    }

    /// Returns the path of the configuration file, which may not exist.
    pub(crate) fn place_of_file(&self) -> Result<Option<PathBuf>, Failure> {
        Ok(self.layers.place_of_file()?.map(|place| place.value))
    }

    /// Returns what is in force for a new file to hold: the address without credentials, the customer, and the file of
    /// the API credentials.
    pub(crate) fn proposals(&self) -> [String; 3] {
        let address =
            super::locate::address(self.layers.environment, &self.values.url, &mut Vec::new());
        let address = address.map(|found| found.value.without_credentials());
        let text = |key, default: &str| {
            let found = self.layers.text(key).map(|found| found.value);
            found.unwrap_or_else(|| default.to_owned())
        };
        [
            address.unwrap_or_else(|_| "redis://127.0.0.1:6379/0".to_owned()),
            text(&keys::customer, "default"),
            text(&keys::edgerc, "~/.edgerc"),
        ]
    }

    /// Resolves everything and reads the password files. Without `asks_akamai`, an invalid Akamai setting is not an
    /// error. `readers` names what the command reads stdin for.
    pub(crate) fn settings(
        mut self,
        asks_akamai: bool,
        readers: &[&'static str],
    ) -> Result<Settings, Failure> {
        let failures = std::mem::take(&mut self.failures).into_iter();
        let mut counting = failures.filter(|(key, _)| asks_akamai || key.group != "Akamai");
        if let Some((_, failure)) = counting.next() {
            return Err(failure);
        }
        let output = self.output();
        let store = self.servers(readers)?;
        let Self {
            layers,
            values,
            warnings,
            unreadable,
            ..
        } = self;
        let mut rows = values.rows();
        for (name, origin, _) in &unreadable {
            rows.retain(|row| row.setting != *name);
            rows.push(SettingRow::new(name, &"cannot be read".to_owned(), origin));
        }
        let policy = policy(&layers, &mut rows)?;
        let thresholds = thresholds(&layers, &mut rows)?;
        Ok(Settings {
            store,
            source: source_options(&values),
            scheme: values.key_prefix.value,
            customers: CustomerSelection {
                named: values.customer.origin.precedence != Precedence::Default,
                names: values.customer.value,
            },
            policy,
            thresholds,
            wait: values.wait.value,
            profile: layers.profile,
            protected: values.protected.value,
            stale_for: values.stale_for.value,
            cost_per_call: values.cost_per_call.value,
            state_folder: layers.environment.state_folder(),
            environment: layers.environment.clone(),
            output,
            rows,
            warnings,
            unreadable: unreadable.into_iter().next().map(|(.., failure)| failure),
        })
    }
}

/// Fails if a configuration file with this text would be unusable or would hold a password.
pub(crate) fn refuse_unusable(
    path: &Path,
    text: &str,
    environment: &Environment,
) -> Result<(), Failure> {
    let home = environment.home();
    let bare = Environment::from_iter(home.map(|home| ("HOME", home.display().to_string())));
    let flags = Flags::default();
    let mut layers = Layers::without_file(&flags, &bare);
    layers.file = Some(File::parse(path, text)?);
    let settings = Given::of(layers, None).settings(true, &[])?;
    if settings.store.password.is_some() {
        return Err(
            Failure::usage("the file would hold the password of the URL")
                .hint("leave it out of the URL; name a file that holds it as password_file"),
        );
    }
    Ok(())
}

fn source_options(values: &Values) -> SourceOptions {
    SourceOptions {
        edgerc: values.edgerc.value.clone().unwrap_or_default(),
        section: values.section.value.clone(),
        section_from_environment: values.section.origin.precedence == Precedence::Environment,
        account_key: values.account_key.value.clone(),
        host: values.akamai_host.value.clone().map(|address| address.0),
        timeout: values.akamai_timeout.value,
    }
}

fn policy(layers: &Layers<'_>, rows: &mut Vec<SettingRow>) -> Result<Policy, Failure> {
    let mut policy = Policy::default();
    for resource in Resource::ALL {
        let name = format!("ttl.{resource}");
        let ttl = of_table(layers, rows, &name, policy.ttl(resource), values::ttl)?;
        if ttl != policy.ttl(resource) {
            policy.set(resource, ttl);
        }
    }
    for name in Intervals::NAMES {
        if let Some(interval) = policy.intervals.named(name) {
            let name = format!("incremental.{name}");
            *interval = of_table(layers, rows, &name, *interval, values::duration)?;
        }
    }
    Ok(policy)
}

fn thresholds(layers: &Layers<'_>, rows: &mut Vec<SettingRow>) -> Result<Thresholds, Failure> {
    let mut thresholds = Thresholds::default();
    for (name, figure) in thresholds.each() {
        let setting = format!("thresholds.{name}");
        let parse = if Thresholds::is_share(name) {
            values::share
        } else {
            values::amount
        };
        *figure = of_table(layers, rows, &setting, *figure, parse)?;
    }
    Ok(thresholds)
}

/// Reads a setting from a table of the file.
fn of_table<T: SettingValue>(
    layers: &Layers<'_>,
    rows: &mut Vec<SettingRow>,
    name: &str,
    default: T,
    parse: impl Fn(&str) -> Result<T, String>,
) -> Result<T, Failure> {
    let found = layers.entries(name).next();
    let value = found.map_or(Ok(default), |found| {
        let text = found.value.as_str();
        parse(text).map_err(|reason| invalid(name, Some(text), &found.origin, &reason))
    })?;
    let origin = found.map_or_else(Origin::default, |found| found.origin.clone());
    rows.push(SettingRow::new(name, &value, &origin));
    Ok(value)
}

/// Names for shell completions.
#[derive(Debug, Default)]
pub(crate) struct KnownNames {
    /// The profiles of the configuration file.
    pub profiles: Vec<String>,
    /// The customers that the configuration file names anywhere.
    pub customers: Vec<String>,
    /// The file whose sections are customers.
    pub edgerc: PathBuf,
}

/// Returns the names in the files of this machine, for shell completions: no errors, no warnings, no waiting. An
/// unreadable file counts as empty.
pub(crate) fn known(flags: &Flags, environment: &Environment) -> KnownNames {
    let mut layers = Layers::without_file(flags, environment);
    let place = layers.place_of_file().ok().flatten();
    // Reading a pipe would block.
    if place.is_some_and(|place| place.value.is_file()) {
        let _ = layers.read_file();
    }
    let Given { layers, values, .. } = Given::of(layers, None);
    let mut names = KnownNames {
        edgerc: values.edgerc.value.unwrap_or_default(),
        ..KnownNames::default()
    };
    if let Some(File { top, profiles, .. }) = layers.file {
        for section in profiles.values().chain([&top]) {
            let customers = section.get(keys::customer.name);
            let customers = customers
                .into_iter()
                .flat_map(|found| found.value.split(','));
            names
                .customers
                .extend(customers.map(|name| name.trim().to_owned()));
        }
        names.profiles = profiles.into_keys().collect();
    }
    names
}

#[cfg(test)]
mod tests;
