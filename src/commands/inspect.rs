//! `inspect`: what stands under a key, or which keys match.

use super::connect::connect;
use crate::cache::inspect::{self, Content, Inspection, Inspector, Listing};
use crate::clock::today;
use crate::domain::inspect::{Target, about_to_expire};
use crate::domain::key::{Customer, Key};
use crate::exit::{Exit, Failure};
use crate::output::inspect::{Inspected, ListedKey, ListedKeys};
use crate::output::{self, Format, Output};
use crate::settings::Settings;
use crate::stop::Stop;
use clap::Args;
use serde_json::Value;

/// The forms of output that it has.
pub const FORMATS: &[Format] = &[Format::Table, Format::Json];

/// The command's own options.
#[derive(Debug, Args)]
pub struct InspectArgs {
    /// A key, a property's id, a host name, or a pattern
    #[arg(value_name = "KEY|ID|HOSTNAME|PATTERN")]
    pub target: String,

    /// Show so many items of a list, hash or set, or so many keys
    #[arg(long, value_name = "N", default_value_t = 20)]
    pub limit: usize,

    /// Write the value's bytes as they are, and nothing else
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
    let customer = one_customer(settings)?;
    let target = Target::parse(&arguments.target, &settings.scheme, customer).map_err(|error| {
        Failure::usage(error.to_string()).hint(
            "give a property or contract id, a host name, a key as `property:prp_1` or whole, or a pattern",
        )
    })?;
    let limit = if arguments.limit == 0 {
        usize::MAX
    } else {
        arguments.limit
    };
    let store = connect(settings, stop).await?;
    let reader = store.reader();
    let inspector = Inspector {
        store: &reader,
        scheme: &settings.scheme,
        policy: &settings.policy,
        today: today(),
    };
    let shown = tokio::select! {
        shown = async {
            match &target {
                Target::Key(key) => show_key(&inspector, key, limit, &arguments, settings, out).await,
                Target::Pattern(pattern) if arguments.raw => Err(Failure::usage(format!(
                    "`--raw` shows one key, and `{pattern}` is a pattern"
                ))),
                Target::Pattern(pattern) => {
                    let listing = inspector.pattern(pattern, limit).await?;
                    listed(pattern, listing).show(out, &settings.endpoint(), customer.as_str())?;
                    Ok(Exit::Done)
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

/// The customer whose keys are looked at.
fn one_customer(settings: &Settings) -> Result<&Customer, Failure> {
    match settings.customers.names.as_slice() {
        [customer] => Ok(customer),
        _ => Err(Failure::usage(
            "`inspect` looks at the keys of one customer, and several are named",
        )),
    }
}

async fn show_key(
    inspector: &Inspector<'_>,
    key: &str,
    limit: usize,
    arguments: &InspectArgs,
    settings: &Settings,
    out: &Output,
) -> Result<Exit, Failure> {
    let Some(found) = inspector.key(key, limit).await? else {
        let hint = "`alecs-cache warm` fetches it; `alecs-cache inspect '*'` lists what is there";
        return Err(
            Failure::new(Exit::NotFound, format!("`{key}` is not in the cache")).hint(hint),
        );
    };
    if arguments.raw {
        let Content::Text(bytes) = &found.value else {
            return Err(Failure::usage(format!(
                "`{key}` is a {}, and `--raw` writes strings",
                found
                    .about
                    .kind
                    .as_deref()
                    .unwrap_or("value of another type")
            ))
            .hint("use `-o json`"));
        };
        out.bytes(bytes)?;
        return Ok(Exit::Done);
    }
    // A key says itself whose it is.
    let customer = inspect::customer_of(found.parsed.as_ref());
    let customer = customer
        .cloned()
        .or_else(|| settings.customers.names.first().cloned());
    let customer = customer.unwrap_or_default();
    inspected(found).show(out, &settings.endpoint(), customer.as_str())?;
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
    let (value, members) = match &found.value {
        Content::Text(bytes) => (output::inspect::value(bytes), None),
        Content::List(members) => {
            let values = members
                .iter()
                .map(|member| output::inspect::value(member))
                .collect();
            (Value::Array(values), Some(members.len()))
        }
        Content::Hash(fields) => (output::inspect::object(fields), Some(fields.len())),
        Content::Sorted(members) => {
            let scored = members
                .iter()
                .map(|(member, score)| output::inspect::scored(member, *score));
            (Value::Array(scored.collect()), Some(members.len()))
        }
        Content::Stream(entries) => {
            let shown = entries
                .iter()
                .map(|entry| output::inspect::entry(&entry.id, &entry.fields));
            (Value::Array(shown.collect()), Some(entries.len()))
        }
        Content::Other => (Value::Null, None),
    };
    Inspected {
        key: found.key,
        resource,
        id,
        sub,
        ttl_seconds: about.ttl.and_then(output::inspect::left),
        policy_ttl_seconds: found.policy.map(|policy| policy.as_secs()),
        freshness: found.freshness,
        about_to_expire: about
            .ttl
            .is_some_and(|ttl| about_to_expire(ttl, found.policy)),
        age_seconds: about
            .ttl
            .and_then(|ttl| inspect::age(ttl, found.policy))
            .map(|age| age.as_secs()),
        idle_seconds: about.idle.map(|idle| idle.as_secs()),
        tags: found.tags,
        generation: found.generation,
        locked_by: found.locked_by,
        hits: found.hits,
        misses: found.misses,
        value_cut: members
            .zip(about.size)
            .is_some_and(|(shown, all)| (shown as u64) < all),
        value,
        kind: about.kind.unwrap_or_default(),
        encoding: about.encoding,
        size: about.size,
        memory_bytes: about.memory,
    }
}

fn listed(pattern: &str, listing: Listing) -> ListedKeys {
    let keys = listing.keys.into_iter().map(|listed| ListedKey {
        key: listed.key,
        ttl_seconds: listed.about.ttl.and_then(output::inspect::left),
        memory_bytes: listed.about.memory,
        kind: listed.about.kind.unwrap_or_default(),
    });
    ListedKeys {
        pattern: pattern.to_owned(),
        total: listing.total,
        keys: keys.collect(),
    }
}
