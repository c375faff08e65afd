//! `inspect`: what stands under a key, or which keys match.

use super::connect::connect_to_look;
use super::no_keys;
use crate::cache::inspect::{self, Inspection, Inspector, Listing};
use crate::clock::today;
use crate::domain::content::Content;
use crate::domain::glob;
use crate::domain::inspect::{Target, about_to_expire, type_of};
use crate::domain::key::{Customer, Entry, Key, Scheme};
use crate::domain::spelled::spelled;
use crate::exit::{Exit, Failure};
use crate::output::reports::inspect::{
    self as report, Inspected, ListedKey, ListedKeys, Name, ValueView,
};
use crate::output::{Format, Output};
use crate::settings::Settings;
use crate::stop::Stop;
use crate::store::Store;
use clap::Args;
use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt;

/// The forms of output that it has.
pub const FORMATS: &[Format] = &[Format::Table, Format::Json];

/// The command's own options.
#[derive(Debug, Args)]
pub struct InspectArgs {
    /// Key, property or contract id, host name, or pattern
    ///
    /// A key is whole (`akamai:acme:property:prp_1`), relative to the customer (`property:prp_1`) or as
    /// hit-rate prints it (`acme:property:prp_1`); a pattern is whole or relative. A word with a `*`, `?` or
    /// `[` is a pattern, unless a backslash stands before each of them: `search:a\*b` is one key.
    #[arg(value_name = "KEY|ID|HOSTNAME|PATTERN")]
    pub target: OsString,

    /// Show at most N keys or members; 0 shows all
    #[arg(long, value_name = "N", default_value_t = 20)]
    pub limit: usize,

    /// Take TARGET for a key, even with * ? [
    #[arg(long)]
    pub exact: bool,

    /// Write the value as it is, and nothing else
    #[arg(long)]
    pub raw: bool,
}

/// Inspects.
pub async fn run(
    arguments: InspectArgs,
    settings: &Settings,
    out: &Output,
    stop: &Stop,
) -> Result<Exit, Failure> {
    let target = target(&arguments, settings)?;
    let limit = if arguments.limit == 0 {
        usize::MAX
    } else {
        arguments.limit
    };
    let store = connect_to_look(settings, stop).await?;
    let reader = store.reader();
    let inspector = Inspector {
        store: &reader,
        scheme: &settings.scheme,
        policy: &settings.policy,
        today: today(),
    };
    let endpoint = settings.endpoint();
    let shown = tokio::select! {
        shown = async {
            match &target {
                Target::Key(key) => {
                    let found = inspector.key(key, limit).await?;
                    if found.is_none() {
                        tell_of_customer(&reader, settings, out, key).await;
                    }
                    show_key(key, found, arguments.raw, out, &endpoint)
                }
                Target::Pattern { glob, namesake } => {
                    let listing = inspector.pattern(glob, namesake.as_deref(), limit).await?;
                    if listing.total == 0 {
                        tell_of_customer(&reader, settings, out, &glob::literal_prefix(glob)).await;
                    }
                    show_keys(glob, listing, &settings.scheme, out, &endpoint)
                }
            }
        } => shown,
        signal = stop.raised() => Err(Failure::signal(signal)),
    };
    let closed = store.close().await;
    let exit = shown?;
    closed?;
    Ok(exit)
}

/// Where nothing is found: whether anything is known of the customer, unless the key names another.
async fn tell_of_customer(store: &Store, settings: &Settings, out: &Output, key: &[u8]) {
    let whose = settings.scheme.split(key).map(|(customer, _)| customer);
    for customer in &settings.customers.names {
        if whose.as_ref() == Some(customer) {
            no_keys::tell(Some(store), settings, customer, out, false).await;
        }
    }
}

/// What the word names, for the customer whose keys are looked at.
fn target(arguments: &InspectArgs, settings: &Settings) -> Result<Target, Failure> {
    let [customer] = settings.customers.names.as_slice() else {
        return Err(Failure::usage(
            "`inspect` looks at the keys of one customer, and several are named",
        ));
    };
    let word = arguments.target.as_bytes();
    let target = Target::parse(word, arguments.exact, &settings.scheme, customer);
    match target {
        Ok(Target::Pattern { .. }) if arguments.raw => Err(Failure::usage(format!(
            "`--raw` shows one key, and `{}` is a pattern",
            spelled(word)
        ))
        .hint("`--exact` takes it for the name of a key")),
        Ok(target) => Ok(target),
        Err(error) => Err(Failure::usage(error.to_string()).hint(
            "give a property or contract id, a host name, a key as `property:prp_1` or whole, or a pattern",
        )),
    }
}

fn show_key(
    key: &[u8],
    found: Option<Inspection>,
    raw: bool,
    out: &Output,
    endpoint: &str,
) -> Result<Exit, Failure> {
    let key = spelled(key);
    let Some(found) = found else {
        let hint = "`alecs-cache warm` fetches it; `alecs-cache inspect '*'` lists what is there";
        return Err(
            Failure::new(Exit::NotFound, format!("`{key}` is not in the cache")).hint(hint),
        );
    };
    if raw {
        let Content::Text(bytes) = &found.value else {
            let kind = found.about.kind.as_deref();
            return Err(Failure::usage(format!(
                "`{key}` is a {}, and `--raw` writes strings",
                kind.unwrap_or("value of another type")
            ))
            .hint("use `-o json`"));
        };
        out.bytes(bytes)?;
        return Ok(Exit::Done);
    }
    let customer = found.customer.clone();
    inspected(found).show(out, endpoint, customer.as_ref().map(Customer::as_str))?;
    Ok(Exit::Done)
}

fn show_keys(
    glob: &[u8],
    listing: Listing,
    scheme: &Scheme,
    out: &Output,
    endpoint: &str,
) -> Result<Exit, Failure> {
    let moved = listing.coverage.topology_changed;
    // A pattern may reach over several customers.
    let prefix = glob::literal_prefix(glob);
    let customer = scheme.split(&prefix);
    let customer = customer.as_ref().map(|(customer, _)| customer.as_str());
    listed(glob, listing).show(out, endpoint, customer)?;
    if moved {
        return Err(Failure::topology_changed("some keys may be missing"));
    }
    Ok(Exit::Done)
}

fn inspected(found: Inspection) -> Inspected {
    let about = found.about;
    let (resource, id, sub) = match &found.parsed {
        Some(Key::Of(_, entry)) => {
            let (resource, id, sub) = entry.parts();
            (Some(resource.to_owned()), id, sub)
        }
        Some(Key::Stats(day, tally)) => (
            Some("stats".to_owned()),
            Some(day.to_string()),
            vec![tally.as_str().to_owned()],
        ),
        None => (None, None, Vec::new()),
    };
    let timed = matches!(
        found.parsed,
        Some(Key::Of(_, Entry::Searches | Entry::Invalidated))
    );
    let value_base64 = match &found.value {
        Content::Text(bytes) => report::in_base64(bytes),
        _ => None,
    };
    let members = found.value.members();
    let expected_type = found.parsed.as_ref().map(type_of);
    Inspected {
        expected_type: expected_type.filter(|kind| about.kind.as_deref() != Some(kind)),
        name: Name::of(&found.key),
        resource,
        id,
        sub,
        ttl_seconds: about.ttl.and_then(report::left),
        policy_ttl_seconds: found.lifetime.map(|life| life.given.as_secs()),
        freshness: found.freshness,
        about_to_expire: about
            .ttl
            .is_some_and(|ttl| about_to_expire(ttl, found.lifetime)),
        age_seconds: about
            .ttl
            .and_then(|ttl| inspect::age(ttl, found.lifetime))
            .map(|age| age.as_secs()),
        idle_seconds: about.idle.map(|idle| idle.as_secs()),
        tags: found.tags,
        generation: found.generation,
        locked_by: found.locked_by.map(|token| spelled(&token).into_owned()),
        hits: found.hits,
        misses: found.misses,
        value_cut: members
            .zip(about.size)
            .is_some_and(|((shown, _), all)| (shown as u64) < all),
        value: ValueView {
            content: found.value,
            timed,
        },
        value_base64,
        kind: about.kind.unwrap_or_default(),
        encoding: about.encoding,
        size: about.size,
        memory_bytes: about.memory,
    }
}

fn listed(glob: &[u8], listing: Listing) -> ListedKeys {
    let keys = listing.keys.into_iter().map(|listed| ListedKey {
        name: Name::of(&listed.key),
        ttl_seconds: listed.about.ttl.and_then(report::left),
        memory_bytes: listed.about.memory,
        kind: listed.about.kind.unwrap_or_default(),
    });
    ListedKeys {
        pattern: spelled(glob).into_owned(),
        total: listing.total,
        keys: keys.collect(),
        coverage: listing.coverage,
        namesake: listing.namesake,
    }
}
