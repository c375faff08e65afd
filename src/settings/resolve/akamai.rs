//! How Akamai is reached.

use super::super::arguments::SourceArgs;
use super::super::environment::Environment;
use super::super::origin::Origin;
use super::super::resolver::Resolver;
use super::super::{keys, values};
use crate::domain::duration;
use crate::exit::Failure;
use crate::source;
use std::path::PathBuf;
use std::time::Duration;

/// How Akamai is reached where nothing is set.
pub(super) fn source_defaults(environment: &Environment) -> source::Options {
    // Without a home there is the root's place; never the current folder.
    let home = environment
        .home()
        .map_or_else(|| PathBuf::from("/"), PathBuf::from);
    source::Options {
        edgerc: home.join(".edgerc"),
        section: None,
        section_from_environment: false,
        account_key: None,
        host: None,
        timeout: Duration::from_secs(20),
    }
}

pub(super) fn source_options(
    resolver: &mut Resolver<'_>,
    arguments: SourceArgs,
) -> Result<source::Options, Failure> {
    let default = source_defaults(resolver.environment);
    let edgerc = resolver.path(&keys::EDGERC, arguments.edgerc)?;
    let edgerc = resolver.or_default(&keys::EDGERC, edgerc, default.edgerc, |path| {
        path.display().to_string()
    });
    let section = resolver.one(&keys::SECTION, arguments.section, values::word)?;
    let section_from_environment = section
        .as_ref()
        .is_some_and(|found| matches!(found.origin, Origin::Environment(_)));
    let section = resolver.or_nothing(&keys::SECTION, section, Clone::clone);
    let account_key = resolver.one(&keys::ACCOUNT_KEY, arguments.account_key, |text| {
        values::word(text).map(crate::domain::secret::Secret::new)
    })?;
    let account_key = resolver.or_nothing(&keys::ACCOUNT_KEY, account_key, ToString::to_string);
    let host = resolver.one(&keys::AKAMAI_HOST, arguments.akamai_host, values::word)?;
    let host = resolver.or_nothing(&keys::AKAMAI_HOST, host, Clone::clone);
    let timeout = resolver.one(
        &keys::AKAMAI_TIMEOUT,
        arguments.akamai_timeout,
        values::limit,
    )?;
    let timeout = resolver.or_default(&keys::AKAMAI_TIMEOUT, timeout, default.timeout, |span| {
        duration::text(*span)
    });
    Ok(source::Options {
        edgerc,
        section,
        section_from_environment,
        account_key,
        host,
        timeout,
    })
}
