//! What all flags, variables and files mean together.

use super::arguments::{GlobalArgs, SourceArgs};
use super::credentials::Desk;
use super::environment::Environment;
use super::file::File;
use super::keys;
use super::origin::{Origin, SettingRow};
use super::resolver::{Resolved, Resolver, invalid, senseless};
use super::show;
use super::stdin::Stdin;
use super::thresholds::Thresholds;
use super::{endpoint, values};
use crate::domain::duration;
use crate::domain::key::{Customer, Scheme};
use crate::domain::nearest::did_you_mean;
use crate::domain::ttl::{Intervals, Policy, Resource};
use crate::exit::Failure;
use crate::output;
use crate::source;
use crate::store;
use std::path::{Path, PathBuf};
use std::time::Duration;

mod akamai;
mod known;

pub(crate) use known::{KnownNames, known, names};

pub(crate) use super::show::output_before_settings;

/// What an API call costs unless configured otherwise, in dollars.
const COST_PER_CALL: f64 = 0.001;

/// For whom a command works.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CustomerSelection {
    /// The customers, each once, in the order in which they were named; `default` where no one named one.
    pub names: Vec<Customer>,
    /// Whether somebody named them.
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
    /// Where Valkey is and how it is reached.
    pub store: store::Options,
    /// How Akamai is reached.
    pub source: source::Options,
    /// The key scheme with its prefix.
    pub scheme: Scheme,
    /// For whom.
    pub customers: CustomerSelection,
    /// The times to live.
    pub policy: Policy,
    /// The figures that alerts and assertions compare with.
    pub thresholds: Thresholds,
    /// How long to wait for a lock that somebody else holds.
    pub wait: Duration,
    /// The profile in force.
    pub profile: Option<String>,
    /// Whether a removal asks to type the customer's name.
    pub protected: bool,
    /// How long a value may be served past its time, where that is wanted.
    pub stale_for: Option<Duration>,
    /// What an API call costs, in dollars.
    pub cost_per_call: f64,
    /// Where state is kept; `None` where neither `XDG_STATE_HOME` nor `HOME` says.
    pub state_folder: Option<PathBuf>,
    /// What the operator wants to see.
    pub output: output::Options,
    /// Who has claimed stdin.
    pub stdin: Stdin,
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
    pub(crate) fn origin_of(&self, key: &keys::SettingKey) -> &Origin {
        let row = self.rows.iter().find(|row| row.setting == key.name);
        row.map_or(&Origin::Default, |row| &row.origin)
    }
}

/// Decides everything; reads the configuration file and the password files.
pub(crate) fn resolve(
    global: &GlobalArgs,
    source: Option<&SourceArgs>,
    stdin: Stdin,
    environment: &Environment,
) -> Result<Settings, Failure> {
    let found = file(global, environment)?;
    resolve_with(found, global, source, stdin, environment)
}

/// The same without the configuration file, to show the rest where that is broken.
pub(crate) fn resolve_without_file(
    global: &GlobalArgs,
    source: Option<&SourceArgs>,
    stdin: Stdin,
    environment: &Environment,
) -> Result<Settings, Failure> {
    resolve_with((None, Origin::Default), global, source, stdin, environment)
}

/// Fails where a configuration file with this text could not be used, or holds a password.
pub(crate) fn refuse_unusable(
    path: &Path,
    text: &str,
    environment: &Environment,
) -> Result<(), Failure> {
    let file = File::parse(path, text)?;
    let home = environment
        .home()
        .map(|home| ("HOME", home.display().to_string()));
    let bare = Environment::from_iter(home);
    let found = (Some(file), Origin::Default);
    let stdin = Stdin::kept_for(None);
    let (global, source) = (GlobalArgs::default(), SourceArgs::default());
    let settings = resolve_with(found, &global, Some(&source), stdin, &bare)?;
    if settings.store.password.is_some() {
        return Err(
            Failure::usage("the file would hold the password of the URL")
                .hint("leave it out of the URL; name a file that holds it as password_file"),
        );
    }
    Ok(())
}

fn resolve_with(
    (file, file_origin): (Option<File>, Origin),
    global: &GlobalArgs,
    source: Option<&SourceArgs>,
    stdin: Stdin,
    environment: &Environment,
) -> Result<Settings, Failure> {
    let profile = profile(global, environment, file.as_ref())?;
    let mut resolver = Resolver {
        environment,
        file: file.as_ref(),
        profile: profile.as_ref().map(|found| found.value.as_str()),
        rows: Vec::new(),
    };
    let shown = file.as_ref().map(|file| file.path.display().to_string());
    resolver.row("config", shown, file_origin);
    let shown = profile.as_ref().map(|found| found.value.clone());
    let origin = profile
        .as_ref()
        .map_or(Origin::Default, |found| found.origin.clone());
    resolver.row(keys::PROFILE.name, shown.clone(), origin);
    let profile = shown;
    let no_input = resolver.switch(&keys::NO_INPUT, global.no_input)?;
    let mut desk = Desk {
        stdin: &stdin,
        asks: !no_input.is_some_and(|found| found.value),
        warnings: Vec::new(),
        unreadable: None,
    };

    let wait = resolver.one(&keys::WAIT, global.wait, values::duration)?;
    let store = endpoint::resolve(
        &mut resolver,
        global,
        wait.as_ref().map_or(Duration::ZERO, |found| found.value),
        &mut desk,
    )?;
    let Desk {
        warnings,
        unreadable,
        ..
    } = desk;
    let wait = resolver.or_default(&keys::WAIT, wait, Duration::ZERO, |wait| {
        duration::text(*wait)
    });
    let flag = global.key_prefix.clone();
    let scheme = resolver.one(&keys::KEY_PREFIX, flag, values::scheme)?;
    let scheme = resolver.or_default(&keys::KEY_PREFIX, scheme, Scheme::default(), |scheme| {
        scheme.prefix().to_owned()
    });
    let customers = customers(&mut resolver, global)?;
    // Whoever does not ask Akamai is not stopped by what a variable says about it.
    let source = match source {
        Some(arguments) => akamai::source_options(&mut resolver, arguments.clone())?,
        None => akamai::source_defaults(environment),
    };
    let output = show::resolve(&mut resolver, global)?;
    let protected = protected(&mut resolver)?;
    let stale_for = resolver.one(&keys::STALE_FOR, None, values::duration)?;
    let stale_for = stale_for.filter(|found| !found.value.is_zero());
    let stale_for = resolver.or_nothing(&keys::STALE_FOR, stale_for, |span| duration::text(*span));
    let cost = resolver.one(&keys::COST_PER_CALL, None, values::amount)?;
    let cost_per_call = resolver.or_default(
        &keys::COST_PER_CALL,
        cost,
        COST_PER_CALL,
        ToString::to_string,
    );
    let policy = policy(&mut resolver)?;
    let thresholds = thresholds(&mut resolver)?;
    // What this arrangement of servers has no use for is a key of the file all the same.
    for key in keys::ALL {
        if !resolver.rows.iter().any(|row| row.setting == key.name) {
            resolver.row(key.name, None, Origin::Default);
        }
    }
    let rows = resolver.rows;
    Ok(Settings {
        store,
        source,
        scheme,
        customers,
        policy,
        thresholds,
        wait,
        profile,
        protected,
        stale_for,
        cost_per_call,
        state_folder: environment.state_folder(),
        environment: environment.clone(),
        output,
        stdin,
        rows,
        warnings,
        unreadable,
    })
}

/// How it is said that the settings are invalid: as they want it, as far as they can be read. `early`
/// is what the arguments and the environment told at a glance.
pub(crate) fn output_of_failure(
    global: &GlobalArgs,
    environment: &Environment,
    early: output::Options,
) -> output::Options {
    let Ok((file, _)) = file(global, environment) else {
        return early;
    };
    let profile = profile(global, environment, file.as_ref()).unwrap_or_default();
    let mut resolver = Resolver {
        environment,
        file: file.as_ref(),
        profile: profile.as_ref().map(|found| found.value.as_str()),
        rows: Vec::new(),
    };
    show::resolve(&mut resolver, global).unwrap_or(early)
}

/// The configuration file: the one that was named, which must be there, or the one in its usual place.
fn file(global: &GlobalArgs, environment: &Environment) -> Result<(Option<File>, Origin), Failure> {
    if let Some(path) = &global.config {
        return Ok((Some(File::read(path)?), Origin::Flag("--config")));
    }
    if let Some(path) = environment.get("ALECS_CACHE_CONFIG") {
        let origin = Origin::Environment("ALECS_CACHE_CONFIG".into());
        let file = File::read(path.as_ref())
            .map_err(|failure| failure.while_doing("ALECS_CACHE_CONFIG"))?;
        return Ok((Some(file), origin));
    }
    let usual = environment
        .config_folder()
        .map(|folder| folder.join("config.toml"));
    let file = usual
        .map(|path| File::read_if_there(&path))
        .transpose()?
        .flatten();
    Ok((file, Origin::Default))
}

/// The profile that was named, which the file must have.
fn profile(
    global: &GlobalArgs,
    environment: &Environment,
    file: Option<&File>,
) -> Result<Option<Resolved<String>>, Failure> {
    let resolver = Resolver {
        environment,
        file,
        profile: None,
        rows: Vec::new(),
    };
    let found = resolver.one(&keys::PROFILE, global.profile.clone(), values::word)?;
    let Some(found) = found else { return Ok(None) };
    let known = file.is_some_and(|file| file.profiles.contains_key(&found.value));
    if known {
        return Ok(Some(found));
    }
    let failure = Failure::config(format!(
        "there is no profile `{}` ({})",
        found.value, found.origin
    ));
    let names: Vec<&str> = file
        .iter()
        .flat_map(|file| file.profiles.keys())
        .map(String::as_str)
        .collect();
    Err(match (file, names.as_slice()) {
        (None, _) => failure.hint("there is no configuration file; name one with --config"),
        (Some(file), []) => failure.hint(format!(
            "`{}` has no profile; add [profile.NAME]",
            file.path.display()
        )),
        (Some(file), _) => failure.hint(format!(
            "`{}` has {}{}",
            file.path.display(),
            names.join(", "),
            did_you_mean(&found.value, names.iter().copied())
        )),
    })
}

fn customers(
    resolver: &mut Resolver<'_>,
    global: &GlobalArgs,
) -> Result<CustomerSelection, Failure> {
    let found = resolver.many(&keys::CUSTOMER, global.customers.clone(), values::customer)?;
    let mut customers = CustomerSelection {
        names: Vec::new(),
        named: found.is_some(),
    };
    let all = resolver.or_default(&keys::CUSTOMER, found, vec![Customer::default()], |all| {
        let texts: Vec<&str> = all.iter().map(Customer::as_str).collect();
        texts.join(",")
    });
    for one in all {
        if !customers.names.contains(&one) {
            customers.names.push(one);
        }
    }
    Ok(customers)
}

/// A profile that is protected stays so: nothing stronger can lift it for one run.
fn protected(resolver: &mut Resolver<'_>) -> Result<bool, Failure> {
    let mut found = None;
    for (section, profile) in resolver.sections() {
        let Some(entry) = section.settings.get(keys::PROTECTED.name) else {
            continue;
        };
        let Some(origin) = resolver.origin(profile, entry) else {
            continue;
        };
        let text = entry.texts.concat();
        let value = values::boolean(&text)
            .map_err(|reason| senseless(&keys::PROTECTED, &text, &origin, &reason))?;
        if found.is_none() || value {
            found = Some(Resolved { value, origin });
        }
        if value {
            break;
        }
    }
    Ok(resolver.or_default(&keys::PROTECTED, found, false, ToString::to_string))
}

fn policy(resolver: &mut Resolver<'_>) -> Result<Policy, Failure> {
    let mut policy = Policy::default();
    for resource in Resource::ALL {
        let entry = resolver.sections().find_map(|(section, profile)| {
            let (_, entry) = section.ttl.iter().find(|(of, _)| *of == resource)?;
            Some((entry, resolver.origin(profile, entry)?))
        });
        let mut origin = Origin::Default;
        if let Some((entry, from)) = entry {
            let text = entry.texts.concat();
            let ttl = values::ttl(&text).map_err(|reason| {
                invalid(
                    &format!(" '{text}'"),
                    &format!("ttl.{resource}"),
                    &from,
                    &reason,
                )
            })?;
            policy.set(resource, ttl);
            origin = from;
        }
        let shown = duration::text(policy.ttl(resource));
        resolver.row(format!("ttl.{resource}"), Some(shown), origin);
    }
    for name in Intervals::NAMES {
        let entry = resolver.sections().find_map(|(section, profile)| {
            let (_, entry) = section.incremental.iter().find(|(of, _)| *of == name)?;
            Some((entry, resolver.origin(profile, entry)?))
        });
        let Some(interval) = policy.intervals.named(name) else {
            continue;
        };
        let mut origin = Origin::Default;
        if let Some((entry, from)) = entry {
            let text = entry.texts.concat();
            *interval = values::duration(&text).map_err(|reason| {
                invalid(
                    &format!(" '{text}'"),
                    &format!("incremental.{name}"),
                    &from,
                    &reason,
                )
            })?;
            origin = from;
        }
        let shown = duration::text(*interval);
        resolver.row(format!("incremental.{name}"), Some(shown), origin);
    }
    Ok(policy)
}

fn thresholds(resolver: &mut Resolver<'_>) -> Result<Thresholds, Failure> {
    let mut thresholds = Thresholds::default();
    for name in Thresholds::names() {
        let entry = resolver.sections().find_map(|(section, profile)| {
            let (_, entry) = section.thresholds.iter().find(|(of, _)| *of == name)?;
            Some((entry, resolver.origin(profile, entry)?))
        });
        let mut origin = Origin::Default;
        if let Some((entry, from)) = entry {
            let text = entry.texts.concat();
            let figure = values::amount(&text).map_err(|reason| {
                invalid(
                    &format!(" '{text}'"),
                    &format!("thresholds.{name}"),
                    &from,
                    &reason,
                )
            })?;
            thresholds.set(name, figure);
            origin = from;
        }
        let shown = thresholds.get(name).map(|figure| figure.to_string());
        resolver.row(format!("thresholds.{name}"), shown, origin);
    }
    Ok(thresholds)
}

#[cfg(test)]
mod tests;
