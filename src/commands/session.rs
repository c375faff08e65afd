//! Reads through the cache, from connecting to the work after the answer.

use super::connect::explained;
use crate::cache::read::{Reader, ReaderOptions};
use crate::domain::key::Customer;
use crate::domain::read::freshness::Lifetimes;
use crate::exit::Failure;
use crate::output::Output;
use crate::settings::{Settings, values};
use crate::source::{ApiLimits, CredentialsWarning};
use crate::stop::Stop;
use clap::Args;
use std::time::Duration;

/// The options of the commands that read through the cache.
#[derive(Debug, Clone, Default, Args)]
#[expect(
    clippy::doc_markdown,
    reason = "the comments are the help, where a backtick is only noise"
)]
pub(crate) struct ReadArgs {
    /// Serve expired values as stale for this long
    ///
    /// Off by default: the ALECS server treats every cached value as fresh.
    /// [env: ALECS_CACHE_STALE_FOR]
    #[arg(long, value_name = "TIME", value_parser = values::duration)]
    pub stale_for: Option<Duration>,

    /// Do not refresh values that expire soon
    #[arg(long)]
    pub no_refresh: bool,

    /// Fail if Valkey cannot be reached
    ///
    /// Otherwise the answer then comes from Akamai, with a warning.
    #[arg(long)]
    pub require_cache: bool,

    /// Do not count hits and misses
    #[arg(long)]
    pub no_record: bool,
}

/// Result of a command, and whether its reads may be recorded.
pub(super) type Ended<T> = (Result<T, Failure>, bool);

/// Opens the cache, runs `work`, refreshes and records what was read, and closes the connections.
pub(super) async fn with_session<T>(
    arguments: &ReadArgs,
    settings: &Settings,
    customer: &Customer,
    out: &Output,
    stop: &Stop,
    work: impl AsyncFnOnce(&Reader<'_>) -> Ended<T>,
) -> Result<T, Failure> {
    let warn = |text: &str| out.warn(text);
    let options = ReaderOptions {
        scheme: &settings.scheme,
        customer,
        lifetimes: Lifetimes {
            policy: &settings.policy,
            stale_for: arguments.stale_for.unwrap_or(settings.stale_for),
        },
        required: arguments.require_cache,
        stop,
        warn: &warn,
    };
    let warn = |warning: &CredentialsWarning| out.warn(&warning.to_string());
    let source = |limits: ApiLimits| settings.source_of(customer, limits, stop, warn);
    // Shows waits while it is alive.
    let _progress = out.progress();
    let reader = Reader::open(&settings.store, options, &source).await?;
    let (ended, record) = work(&reader).await;
    let ended = match (ended, reader.store()) {
        (Err(failure), Some(store)) => Err(explained(failure, store, settings).await),
        (ended, _) => ended,
    };
    if stop.signal().is_none() {
        let record = record && !arguments.no_record;
        reader.finish(!arguments.no_refresh, record).await;
    }
    let closed = reader.close().await;
    let done = ended?;
    closed?;
    Ok(done)
}
