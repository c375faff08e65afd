//! What all flags, variables and files mean together.

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
use crate::output;
use crate::source;
use crate::store;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// For whom a command works.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CustomerSelection {
    /// The customers, each once, in the order in which they were named; `default` where no one named one.
    pub names: Vec<Customer>,
    /// Whether they were named.
    pub named: bool,
}

impl CustomerSelection {
    /// The names as they are shown.
    pub(crate) fn texts(&self) -> impl Iterator<Item = &str> {
        self.names.iter().map(Customer::as_str)
    }
}

/// Everything that was decided before a command begins.
#[derive(Debug)]
pub(crate) struct Settings {
    pub store: store::Options,
    pub source: source::Options,
    pub scheme: Scheme,
    pub customers: CustomerSelection,
    pub policy: Policy,
    /// The figures that alerts and assertions compare with.
    pub thresholds: Thresholds,
    /// How long to wait for a lock that another process holds.
    pub wait: Duration,
    pub profile: Option<String>,
    /// Whether a removal asks to type the customer's name.
    pub protected: bool,
    /// How long a value may be served past its time.
    pub stale_for: Duration,
    /// What an API call costs, in dollars.
    pub cost_per_call: f64,
    /// Where state is kept; `None` where neither `XDG_STATE_HOME` nor `HOME` says.
    pub state_folder: Option<PathBuf>,
    pub output: output::Options,
    /// The variables, for the credentials that they may hold.
    pub environment: Environment,
    /// Every setting with its value and origin, secrets masked.
    pub rows: Vec<SettingRow>,
    /// What the operator should be warned of.
    pub warnings: Vec<String>,
    /// A password that could not be read: nothing but showing the settings works without it.
    pub unreadable: Option<Failure>,
}

impl Settings {
    /// The endpoint, without credentials.
    pub(crate) fn endpoint(&self) -> String {
        self.store.endpoint()
    }

    /// Where a setting's value came from.
    pub(crate) fn origin_of(&self, key: &SettingKey) -> Option<&Origin> {
        let row = self.rows.iter().find(|row| row.setting == key.name)?;
        Some(&row.origin)
    }
}

/// What was said, before it is known whether it can be used.
pub(crate) struct Given<'a> {
    pub(super) layers: Layers<'a>,
    pub(super) values: Values,
    /// What cannot be read, and the settings that it is about.
    failures: Vec<(&'static SettingKey, Failure)>,
    /// The configuration file cannot be used; the rest was read without it.
    pub broken: Option<Failure>,
    /// What the operator should be warned of.
    pub(super) warnings: Vec<String>,
    /// Passwords that cannot be read, by the names of their settings.
    pub(super) unreadable: Vec<(&'static str, Origin, Failure)>,
}

impl<'a> Given<'a> {
    /// Reads the configuration file, and every setting.
    pub(crate) fn read(flags: &'a Flags, environment: &'a Environment) -> Self {
        let mut layers = Layers::without_file(flags, environment);
        let broken = layers.read_file().err();
        Self::of(layers, broken)
    }

    /// What the options and the environment say.
    pub(crate) fn without_file(flags: &'a Flags, environment: &'a Environment) -> Self {
        Self::of(Layers::without_file(flags, environment), None)
    }

    fn of(mut layers: Layers<'a>, broken: Option<Failure>) -> Self {
        let chosen = layers.choose_profile();
        let (mut values, mut failures) = Values::read(|key| layers.text(key));
        if let (None, Err(failure)) = (&broken, chosen) {
            failures.insert(0, (&keys::default_profile, failure));
        }
        // A file that is protected stays so: no profile can lift it.
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
        // Without a home there is the root's place; never the current folder.
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

    /// How things are said, as far as it can be read.
    pub(crate) fn output(&self) -> output::Options {
        let values = &self.values;
        output::Options {
            format: values.output.value,
            color: values.color.value,
            quiet: values.quiet.value,
            verbosity: values.verbose.value,
            no_progress: values.no_progress.value,
            no_input: values.no_input.value,
            dumb: matches!(self.layers.environment.get("TERM"), None | Some("dumb")),
        }
    }

    /// Where the configuration file is, or would be.
    pub(crate) fn place_of_file(&self) -> Result<Option<PathBuf>, Failure> {
        Ok(self.layers.place_of_file()?.map(|place| place.value))
    }

    /// Decides everything; reads the password files. Whoever does not ask Akamai is not stopped by what a variable says
    /// about it. `readers` is what the command reads stdin for.
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

/// Fails where a configuration file with this text could not be used, or holds a password.
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

fn source_options(values: &Values) -> source::Options {
    source::Options {
        edgerc: values.edgerc.value.clone().unwrap_or_default(),
        section: values.section.value.clone(),
        section_from_environment: values.section.origin.precedence == Precedence::Environment,
        account_key: values.account_key.value.clone(),
        host: values.akamai_host.value.clone(),
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
        *figure = of_table(layers, rows, &setting, *figure, values::amount)?;
    }
    Ok(thresholds)
}

/// A setting of a table of the file.
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

/// Names to choose from.
#[derive(Debug, Default)]
pub(crate) struct KnownNames {
    /// The profiles of the configuration file.
    pub profiles: Vec<String>,
    /// The customers that the configuration file names anywhere.
    pub customers: Vec<String>,
    /// The file whose sections are customers.
    pub edgerc: PathBuf,
}

/// What the files of this machine name, for the completions of a shell: without an error, a warning or a wait. A file that
/// cannot be read holds nothing.
pub(crate) fn known(flags: &Flags, environment: &Environment) -> KnownNames {
    let mut layers = Layers::without_file(flags, environment);
    let place = layers.place_of_file().ok().flatten();
    // A pipe would be waited for.
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
