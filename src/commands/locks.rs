//! `locks`: who holds which lock, and away with those that nobody can be holding.

use super::connect::connect;
use crate::cache::locks;
use crate::exit::{Exit, Failure};
use crate::output::locks::Told;
use crate::output::{Format, Output};
use crate::settings::Settings;
use crate::stop::Stop;
use clap::{Args, Subcommand};

/// The forms of output that it has.
pub const FORMATS: &[Format] = &[Format::Table, Format::Json];

/// The command's own options.
#[derive(Debug, Args)]
pub struct LocksArgs {
    /// What to do with them; without it they are listed
    #[command(subcommand)]
    pub action: Option<Action>,
}

/// What to do with locks.
#[derive(Debug, Subcommand)]
pub enum Action {
    /// Remove the stale ones: without a deadline, or with one beyond what any holder sets
    Clear(ClearArgs),
}

/// The options of `clear`.
#[derive(Debug, Args)]
pub struct ClearArgs {
    /// Only stale ones; there is no other way, a live owner's lock is never removed
    #[arg(long, required = true)]
    pub stale: bool,

    /// Show what would be removed
    #[arg(short = 'n', long)]
    pub dry_run: bool,
}

/// Lists or removes.
pub async fn run(
    arguments: LocksArgs,
    settings: &Settings,
    out: &Output,
    stop: &Stop,
) -> Result<Exit, Failure> {
    let customers = &settings.customers;
    let asked = customers.named.then_some(customers.names.as_slice());
    let action = arguments.action.as_ref();
    let dry_run = action.map(|Action::Clear(clear)| clear.dry_run);
    let store = connect(settings, stop).await?;
    let ended = tokio::select! {
        ended = async {
            let found = locks::find(&store, &settings.scheme, asked).await?;
            let cleared = match dry_run {
                Some(false) => Some(locks::clear(&store, &found).await?),
                Some(true) => Some(Vec::new()),
                None => None,
            };
            Ok((found, cleared))
        } => ended,
        signal = stop.raised() => Err(Failure::signal(signal)),
    };
    let closed = store.close().await;
    let (found, cleared) = ended?;
    closed?;
    let told = Told {
        locks: &found,
        asked: customers.named.then(|| customers.texts().collect()),
        cleared: cleared.as_deref(),
        dry_run: dry_run.unwrap_or(false),
    };
    told.show(out, &settings.endpoint())?;
    Ok(Exit::Done)
}
