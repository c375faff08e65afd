//! `get`: reads values through the cache.

use super::session::{ReadArgs, with_session};
use super::{no_keys, stdin};
use crate::cache;
use crate::cache::names;
use crate::cache::read::{ReadResult, Reader};
use crate::domain::keyword::Keyword as _;
use crate::domain::limit::Limit;
use crate::domain::read::{GetResource, ItemNameError, ReadItem};
use crate::domain::stats::advice::quoted;
use crate::exit::{self, Exit, Failure};
use crate::output::reports::get::{GetError, GetItem, Read};
use crate::output::{self, Output};
use crate::settings::{Settings, values};
use crate::source;
use crate::stop::Stop;
use clap::Args;
use clap::builder::{PossibleValue, TypedValueParser};
use futures_util::join;
use std::collections::{BTreeSet, HashMap};
use std::ffi::OsStr;

/// Limit of failures printed one by one.
const FAILURES_SHOWN: usize = 10;

#[derive(Debug, Args)]
pub(crate) struct GetArgs {
    /// What to read; an id or a host name alone also works
    #[arg(value_name = "RESOURCE", value_parser = GetQueryParser)]
    pub resource: GetQuery,

    /// Property ids, contract ids or host names; `-` reads stdin
    #[arg(value_name = "ID")]
    pub ids: Vec<String>,

    /// Show at most N items of lists [default: all]
    #[arg(long, value_name = "N", default_value = "0", hide_default_value = true)]
    pub limit: Limit,

    /// Print the cached values, one per line
    #[arg(long)]
    pub raw: bool,

    /// How the cache is read.
    #[command(flatten)]
    pub read: ReadArgs,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum GetQuery {
    /// A resource, by its name.
    Of(GetResource),
    /// One item, by its id or hostname alone.
    One(GetResource, String),
}

/// Parses the name of a resource, or of a single item.
#[derive(Debug, Clone, Copy)]
struct GetQueryParser;

impl TypedValueParser for GetQueryParser {
    type Value = GetQuery;

    fn parse_ref(
        &self,
        command: &clap::Command,
        argument: Option<&clap::Arg>,
        value: &OsStr,
    ) -> Result<GetQuery, clap::Error> {
        if let Some(name) = value.to_str()
            && let Some(subject) = GetResource::of_name(name)
        {
            return Ok(GetQuery::One(subject, name.to_owned()));
        }
        let words = values::keyword::<GetResource>();
        words.parse_ref(command, argument, value).map(GetQuery::Of)
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        Some(Box::new(values::words::<GetResource>()))
    }
}

impl GetArgs {
    /// Returns the resource and the names of the wanted items.
    fn asked(&self) -> (GetResource, Vec<String>) {
        match &self.resource {
            GetQuery::Of(subject) => (*subject, self.ids.clone()),
            GetQuery::One(subject, name) => {
                let names = std::iter::once(name).chain(&self.ids);
                (*subject, names.cloned().collect())
            }
        }
    }

    /// Returns what stdin is used for, once for each `-`.
    pub(crate) fn reads_stdin(&self) -> Vec<&'static str> {
        stdin::readers(&self.ids, "the list of what to get")
    }
}

/// Reads the values and prints them.
pub(crate) async fn run(
    arguments: GetArgs,
    settings: &Settings,
    out: &Output,
    stop: &Stop,
) -> Result<Exit, Failure> {
    let customer = settings.customers.one("get")?;
    let items = items(&arguments, stop).await?;
    let work = async |reader: &Reader<'_>| {
        let mut record = true;
        let ended = async {
            let (mut read, failures) = read(reader, &items, &arguments, settings, out).await?;
            if read.items.iter().all(|item| item.source == "akamai") {
                let found = !read.items.is_empty();
                record =
                    no_keys::warn_if_unknown(reader.store(), settings, customer, out, found).await;
            }
            read.cut(arguments.limit);
            if arguments.raw {
                read.raw(out)?;
            } else {
                read.show(out, &settings.endpoint(), customer.as_str())?;
            }
            Ok(failures)
        };
        (ended.await, record)
    };
    let read = with_session(&arguments.read, settings, customer, out, stop, work);
    end(out, read.await?)
}

/// Reads the items, and names their groups if a table shows them.
async fn read(
    reader: &Reader<'_>,
    items: &[ReadItem],
    arguments: &GetArgs,
    settings: &Settings,
    out: &Output,
) -> Result<(Read, Vec<Failure>), Failure> {
    let customer = settings.customers.one("get")?;
    let groups = async || match reader.store() {
        Some(store) if !arguments.raw && !out.is_json() => {
            names::of_groups(store, &settings.scheme, customer).await
        }
        _ => HashMap::new(),
    };
    let (answers, groups_before) = join!(reader.read(items), groups());
    let (mut read, failures) = report(answers?, arguments.asked().0);
    read.repaired = reader.repaired();
    read.api_calls = reader.calls_made();
    if !arguments.read.no_refresh {
        read.refreshing = reader.due();
    }
    read.groups = match read.api_calls {
        0 => groups_before,
        // The calls may have filled the list of groups.
        _ => groups().await,
    };
    Ok((read, failures))
}

/// Reports a name that does not fit the resource, with a hint if it is a name.
fn not_named(subject: GetResource, words: &[String], error: &ItemNameError) -> Failure {
    let failure = Failure::usage(error.to_string());
    let Some(name) = (words.iter()).find(|word| subject.named(word.trim()).is_err()) else {
        return failure;
    };
    let quoted = quoted(name.trim());
    let is_id = ["prp_", "ctr_", "grp_"]
        .iter()
        .any(|kind| name.trim().starts_with(kind));
    if subject == GetResource::Property && !is_id {
        failure.hint(format!("a property name? `alecs-cache search {quoted}`"))
    } else if subject != GetResource::Hostname && name.contains('.') {
        failure.hint(format!(
            "a host name is read by `alecs-cache get hostname {quoted}`"
        ))
    } else {
        failure
    }
}

/// Returns the wanted items without duplicates.
async fn items(arguments: &GetArgs, stop: &Stop) -> Result<Vec<ReadItem>, Failure> {
    let (subject, ids) = arguments.asked();
    if let Some(whole) = subject.list_item() {
        return match ids.first() {
            None => Ok(vec![whole]),
            Some(id) => Err(Failure::usage(format!(
                "`get {}` takes no id, but `{id}` was given",
                subject.as_str()
            ))
            .hint("drop the id, or ask for `property`, `contract` or `hostname`")),
        };
    }
    let words = stdin::words(&ids, stop).await?;
    let named = words.iter().map(|word| subject.named(word.trim()));
    let named = named
        .collect::<Result<Vec<ReadItem>, _>>()
        .map_err(|error| not_named(subject, &words, &error))?;
    if named.is_empty() {
        let word = subject.as_str();
        return Err(
            Failure::usage(format!("`get {word}` needs an id")).hint(format!(
                "give one, as in `alecs-cache get {word} {}`",
                example(subject)
            )),
        );
    }
    let mut seen = BTreeSet::new();
    Ok(named
        .into_iter()
        .filter(|item| seen.insert(item.clone()))
        .collect())
}

fn example(subject: GetResource) -> &'static str {
    match subject {
        GetResource::Hostname => "www.example.com",
        GetResource::Contract => "ctr_C-123",
        _ => "prp_123",
    }
}

/// Converts results to report items and failures. If anything was found, an item that is missing, or that a limit of its
/// own keeps away, is a partial failure.
fn report(answers: Vec<ReadResult>, subject: GetResource) -> (Read, Vec<Failure>) {
    let mut read = Read::new(subject);
    let mut failures = Vec::new();
    for answer in answers {
        let id = answer.name;
        match answer.served {
            Ok(served) => read.items.push(GetItem {
                id,
                source: served.origin.as_str(),
                value: output::reports::get::raw_json(served.value),
            }),
            Err(error) => {
                let message = error.to_string();
                let of_source = match &error {
                    cache::Error::Source(error) => Some(error.word()),
                    cache::Error::Unlisted(_) => Some("unlisted"),
                    _ => None,
                };
                let of_one = matches!(
                    &error,
                    cache::Error::Source(
                        source::Error::NotFound { .. } | source::Error::ResourceLimit { .. }
                    )
                );
                let failure = Failure::from(error);
                let code = of_source.unwrap_or(failure.exit.word());
                read.errors.push(GetError { id, code, message });
                failures.push((failure, of_one));
            }
        }
    }
    let part = !read.items.is_empty();
    let failures = failures.into_iter().map(|(mut failure, of_one)| {
        if of_one && part {
            failure.exit = Exit::Partial;
        }
        failure
    });
    let failures = failures.collect();
    (read, failures)
}

/// Prints the failures and returns the one that comes first in the order of exit codes.
fn end(out: &Output, failures: Vec<Failure>) -> Result<Exit, Failure> {
    // A JSON document lists them all.
    let limit = if out.is_json() { 0 } else { FAILURES_SHOWN };
    exit::end(out, [], failures, limit).map_err(|last| match last.exit {
        Exit::NotFound if last.hint.is_none() => {
            last.hint("check the id, and the customer with -c; the API hides what these credentials may not see")
        }
        _ => last,
    })
}
