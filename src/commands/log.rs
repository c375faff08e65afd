//! `log`: shows who removed and restored what, and when.

use super::connect::with_reader;
use super::no_keys;
use crate::cache::audit;
use crate::domain::duration;
use crate::domain::invalidation::audit::arrange;
use crate::domain::key::Customer;
use crate::domain::limit::Limit;
use crate::exit::{Exit, Failure};
use crate::output::Output;
use crate::output::reports::log::Log;
use crate::settings::Settings;
use crate::stop::Stop;
use crate::store::{self, Store};
use clap::Args;
use std::time::Duration;

/// Default limit of entries.
const NEWEST: usize = 20;

#[derive(Debug, Args)]
pub(crate) struct LogArgs {
    /// Show the newest N entries; 0 for all [default: 20; all with --since]
    #[arg(long, value_name = "N")]
    pub limit: Option<Limit>,

    /// Show entries of the last 30m, 1h, 7d, …
    #[arg(long, value_name = "DURATION", value_parser = duration::parse)]
    pub since: Option<Duration>,
}

/// Shows the audit log of the named customers, or of all.
pub(crate) async fn run(
    arguments: LogArgs,
    settings: &Settings,
    out: &Output,
    stop: &Stop,
) -> Result<Exit, Failure> {
    let work = async |store: &Store| {
        let log = read(store, &arguments, settings).await?;
        if log.entries.is_empty() && settings.customers.named {
            no_keys::known(store, settings, &settings.customers.names, out).await?;
        }
        Ok(log)
    };
    let log = with_reader(settings, stop, work).await?;
    log.show(out, &settings.endpoint())?;
    Ok(Exit::Done)
}

async fn read(store: &Store, arguments: &LogArgs, settings: &Settings) -> Result<Log, Failure> {
    let customers = if settings.customers.named {
        settings.customers.names.clone()
    } else {
        audit::customers(store, &settings.scheme).await?
    };
    let limit = match (arguments.limit, arguments.since) {
        (None, Some(_)) => usize::MAX,
        (Some(limit), _) => limit.items(),
        (None, None) => NEWEST,
    };
    let from = match arguments.since {
        Some(since) => store
            .now()
            .await?
            .saturating_sub(duration::milliseconds(since)),
        None => 0,
    };
    let mut entries = Vec::new();
    let mut notes = Vec::new();
    for customer in &customers {
        match audit::read(store, &settings.scheme, customer, limit).await {
            Ok(found) => entries.extend(found),
            Err(crate::cache::Error::Store(error @ store::Error::WrongType { .. })) => {
                notes.push(error.to_string());
            }
            Err(error) => return Err(error.into()),
        }
    }
    entries.retain(|entry| entry.place().0 >= from);
    arrange(&mut entries);
    entries.truncate(limit);
    let customers = customers.iter().map(Customer::to_string).collect();
    Ok(Log {
        customers,
        entries,
        notes,
    })
}
