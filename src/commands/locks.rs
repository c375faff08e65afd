//! `locks`: lists locks, and removes stale ones.

use super::connect::with_store;
use super::no_keys;
use crate::cache::locks::{self, ClearedLocks};
use crate::domain::limit::Limit;
use crate::domain::locks::LockReport;
use crate::exit::{Exit, Failure};
use crate::output::Output;
use crate::output::reports::locks::LocksView;
use crate::settings::Settings;
use crate::stop::Stop;
use crate::store::Store;
use clap::{Args, Subcommand};

#[derive(Debug, Args)]
pub(crate) struct LocksArgs {
    /// What to do with them [default: list them]
    #[command(subcommand)]
    pub action: Option<LocksCommand>,

    /// Show at most N locks [default: all]
    #[arg(long, value_name = "N", default_value = "0", hide_default_value = true)]
    pub limit: Limit,
}

#[derive(Debug, Subcommand)]
pub(crate) enum LocksCommand {
    /// Remove stale locks
    ///
    /// A lock is stale if it has no TTL, or a longer one than any holder sets.
    Clear(ClearArgs),
}

#[derive(Debug, Args)]
pub(crate) struct ClearArgs {
    /// Required: the lock of a live owner is never removed
    #[arg(long, required = true)]
    pub stale: bool,

    /// List what would be removed; change nothing
    #[arg(short = 'n', long)]
    pub dry_run: bool,
}

/// Lists or removes locks.
pub(crate) async fn run(
    arguments: LocksArgs,
    settings: &Settings,
    out: &Output,
    stop: &Stop,
) -> Result<Exit, Failure> {
    let asked = settings.customers.asked();
    let action = arguments.action.as_ref();
    let dry_run = action.map(|LocksCommand::Clear(clear)| clear.dry_run);
    with_store(settings, stop, async |store| {
        let mut found = tokio::select! {
            found = find(store, dry_run == Some(false), settings, out) => found?,
            signal = stop.raised() => return Err(Failure::signal(signal)),
        };
        // Work in flight is finished after a signal, so that everything removed is reported.
        let cleared = match dry_run {
            Some(false) => Some(locks::clear(store, &found, || stop.signal().is_some()).await),
            Some(true) => Some(ClearedLocks::default()),
            None => None,
        };
        let mut names: Vec<String> = match asked {
            Some(asked) => asked.iter().map(ToString::to_string).collect(),
            None => found.iter().map(|lock| lock.customer.clone()).collect(),
        };
        names.dedup();
        let total = arguments.limit.cut(&mut found);
        let view = LocksView {
            locks: &found,
            total,
            customers: names.iter().map(String::as_str).collect(),
            cleared: cleared.as_ref().map(|cleared| cleared.keys.as_slice()),
            dry_run,
        };
        view.show(out, &settings.endpoint())?;
        end(cleared.unwrap_or_default(), stop)
    })
    .await
}

/// Finds the locks of the named customers, or of all.
async fn find(
    store: &Store,
    removes: bool,
    settings: &Settings,
    out: &Output,
) -> Result<Vec<LockReport>, Failure> {
    let asked = settings.customers.asked();
    // What is removed is looked for where it is removed.
    let reader = if removes { store } else { &store.reader() };
    let found = locks::find(reader, &settings.scheme, asked).await?;
    if let Some(asked) = asked.filter(|_| found.is_empty()) {
        no_keys::known(reader, settings, asked, out).await?;
    }
    if removes && found.is_empty() {
        // That a replica has no locks says nothing about its primary.
        store.refuse_replicas().await?;
    }
    Ok(found)
}

fn end(cleared: ClearedLocks, stop: &Stop) -> Result<Exit, Failure> {
    if let Some(signal) = stop.signal().filter(|_| cleared.stopped) {
        return Err(Failure::signal(signal));
    }
    match cleared.failed {
        Some(error) => Err(Failure::from(error).after_a_part(!cleared.keys.is_empty())),
        None => Ok(Exit::Done),
    }
}
