//! What the files of this machine name, for the completions of a shell: without an error, a warning or a wait.

use super::super::arguments::{GlobalArgs, SourceArgs};
use super::super::environment::Environment;
use super::super::file::File;
use super::super::keys;
use super::super::resolver::Resolver;
use super::super::thresholds::Thresholds;
use super::akamai;
use crate::domain::ttl::{Intervals, Resource};
use std::path::PathBuf;

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

/// What can be known with these options. A file that cannot be read holds nothing.
pub(crate) fn known(
    global: GlobalArgs,
    source: SourceArgs,
    environment: &Environment,
) -> KnownNames {
    let mut resolver = Resolver {
        environment,
        file: None,
        profile: None,
        rows: Vec::new(),
    };
    let of_variable = || environment.get("ALECS_CACHE_CONFIG").map(PathBuf::from);
    let usual = || Some(environment.config_folder()?.join("config.toml"));
    let path = global.config.or_else(of_variable).or_else(usual);
    // A pipe would be waited for.
    let path = path.map(|path| resolver.expanded(path));
    let path = path.filter(|path| path.is_file());
    let file = path.and_then(|path| File::read(&path).ok());
    resolver.file = file.as_ref();
    let profile = resolver.one(&keys::PROFILE, global.profile, |text| Ok(text.to_owned()));
    let profile = profile.ok().flatten().map(|found| found.value);
    resolver.profile = profile.as_deref();
    let source = akamai::source_options(&mut resolver, source);
    let source = source.unwrap_or_else(|_| akamai::source_defaults(environment));
    let sections = file.iter().flat_map(|file| {
        let profiles = file.profiles.values();
        profiles.chain([&file.top])
    });
    let customers = sections
        .filter_map(|section| section.settings.get(keys::CUSTOMER.name))
        .flat_map(|entry| &entry.texts)
        .flat_map(|text| text.split(','))
        .map(|name| name.trim().to_owned());
    KnownNames {
        customers: customers.collect(),
        profiles: file
            .iter()
            .flat_map(|file| file.profiles.keys().cloned())
            .collect(),
        edgerc: source.edgerc,
    }
}

/// Every name that `config` shows.
pub(crate) fn names() -> Vec<String> {
    let keys = keys::ALL.iter().map(|key| key.name.to_owned());
    let ttls = Resource::ALL
        .iter()
        .map(|resource| format!("ttl.{resource}"));
    let intervals = Intervals::NAMES.map(|name| format!("incremental.{name}"));
    let thresholds = Thresholds::names().map(|name| format!("thresholds.{name}"));
    ["config".to_owned()]
        .into_iter()
        .chain(keys)
        .chain(ttls)
        .chain(intervals)
        .chain(thresholds)
        .collect()
}
