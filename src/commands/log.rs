//! `log`: who removed and restored what, and when.

use super::connect::connect;
use crate::cache::audit;
use crate::domain::key::Customer;
use crate::exit::{Exit, Failure};
use crate::output::reports::log::Log;
use crate::output::{Format, Output};
use crate::settings::Settings;
use crate::stop::Stop;
use crate::store::{self, Store};
use clap::Args;

/// The forms of output that it has.
pub const FORMATS: &[Format] = &[Format::Table, Format::Json];

/// The command's own options.
#[derive(Debug, Args)]
pub struct LogArgs {
    /// Show the newest N entries
    #[arg(long, value_name = "N", default_value_t = 20)]
    pub limit: usize,
}

/// Shows the trail of the customers named, or of all.
pub async fn run(
    arguments: LogArgs,
    settings: &Settings,
    out: &Output,
    stop: &Stop,
) -> Result<Exit, Failure> {
    let store = connect(settings, stop).await?;
    let reader = store.reader();
    let read = tokio::select! {
        read = read(&reader, &arguments, settings) => read,
        signal = stop.raised() => Err(Failure::signal(signal)),
    };
    let closed = store.close().await;
    let log = read?;
    closed?;
    log.show(out, &settings.endpoint())?;
    Ok(Exit::Done)
}

async fn read(store: &Store, arguments: &LogArgs, settings: &Settings) -> Result<Log, Failure> {
    let customers = if settings.customers.named {
        settings.customers.names.clone()
    } else {
        audit::customers(store, &settings.scheme).await?
    };
    let mut entries = Vec::new();
    let mut notes = Vec::new();
    for customer in &customers {
        match audit::read(store, &settings.scheme, customer, arguments.limit).await {
            Ok(found) => entries.extend(found),
            Err(crate::cache::Error::Store(error @ store::Error::WrongType { .. })) => {
                notes.push(error.to_string());
            }
            Err(error) => return Err(error.into()),
        }
    }
    entries.sort_by(|one, other| other.at.cmp(&one.at));
    entries.truncate(arguments.limit);
    let customers = customers.iter().map(Customer::to_string).collect();
    Ok(Log {
        customers,
        entries,
        notes,
    })
}
