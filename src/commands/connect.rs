//! Connects to the store. Connecting may take long and can be interrupted.

use crate::exit::{Exit, Failure};
use crate::settings::{Precedence, Settings, keys};
use crate::stop::Stop;
use crate::store::options::Deployment;
use crate::store::{self, NodeInfo, Options, Store};

/// Hint if no setting names the cache.
const NO_ADDRESS: &str = "no address was given, so the default was tried: pass --url, set VALKEY_HOST, or run \
                          `alecs-cache config init`; `--url embedded:` starts a private server";

/// Connects, unless the operator asks to stop first. An embedded server that is starting is then shut down.
pub(super) async fn connect(settings: &Settings, stop: &Stop) -> Result<Store, Failure> {
    connect_by(settings, &settings.store, stop).await
}

/// Connects, runs `work` and closes the connections. An error of `work` takes precedence over an error of closing.
pub(super) async fn with_store<T>(
    settings: &Settings,
    stop: &Stop,
    work: impl AsyncFnOnce(&Store) -> Result<T, Failure>,
) -> Result<T, Failure> {
    with_store_of(settings, &settings.store, stop, work).await
}

/// Like [`with_store`], for work that changes nothing: replicas may answer, and a signal ends it.
pub(super) async fn with_reader<T>(
    settings: &Settings,
    stop: &Stop,
    work: impl AsyncFnOnce(&Store) -> Result<T, Failure>,
) -> Result<T, Failure> {
    read_with(settings, &settings.store, stop, work).await
}

/// Like [`with_reader`], for looking at keys without updating their access times, so that the server may still evict
/// them.
pub(super) async fn with_observer<T>(
    settings: &Settings,
    stop: &Stop,
    work: impl AsyncFnOnce(&Store) -> Result<T, Failure>,
) -> Result<T, Failure> {
    let mut options = settings.store.clone();
    options.touch = false;
    read_with(settings, &options, stop, work).await
}

async fn read_with<T>(
    settings: &Settings,
    options: &Options,
    stop: &Stop,
    work: impl AsyncFnOnce(&Store) -> Result<T, Failure>,
) -> Result<T, Failure> {
    with_store_of(settings, options, stop, async |store| {
        let reader = store.reader();
        tokio::select! {
            done = work(&reader) => done,
            signal = stop.raised() => Err(Failure::signal(signal)),
        }
    })
    .await
}

async fn with_store_of<T>(
    settings: &Settings,
    options: &Options,
    stop: &Stop,
    work: impl AsyncFnOnce(&Store) -> Result<T, Failure>,
) -> Result<T, Failure> {
    let store = connect_by(settings, options, stop).await?;
    let done = match work(&store).await {
        Err(failure) => Err(explained(failure, &store, settings).await),
        done => done,
    };
    let closed = store.close().await;
    let done = done?;
    closed?;
    Ok(done)
}

/// Explains a failure at the address of a sentinel, which lacks the commands of a cache.
pub(super) async fn explained(failure: Failure, store: &Store, settings: &Settings) -> Failure {
    let Deployment::Single(node) = &settings.store.target else {
        return failure;
    };
    let is_sentinel = |one: NodeInfo| matches!(one.facts, Ok(facts) if facts.info.is_sentinel());
    let unknown = failure.exit == Exit::Unexpected;
    if !unknown || !store.survey(None).await.into_iter().any(is_sentinel) {
        return failure;
    }
    Failure::config(format!(
        "`{}` is a sentinel: it holds no keys",
        settings.endpoint()
    ))
    .hint(format!(
        "pass --mode sentinel --sentinel {node}, without --url"
    ))
}

async fn connect_by(settings: &Settings, options: &Options, stop: &Stop) -> Result<Store, Failure> {
    tokio::select! {
        biased;
        signal = stop.raised() => Err(Failure::signal(signal)),
        store = Store::connect(options) => store.map_err(|error| unreachable(error, settings)),
    }
}

fn unreachable(error: store::Error, settings: &Settings) -> Failure {
    let is_default = |key| {
        let origin = settings.origin_of(key);
        origin.is_some_and(|origin| origin.precedence == Precedence::Default)
    };
    let nowhere = matches!(error, store::Error::Connect { .. });
    let failure = Failure::from(error);
    if nowhere && is_default(&keys::url) && is_default(&keys::mode) {
        failure.hint(NO_ADDRESS)
    } else {
        failure
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::{Environment, Flags, Given};

    #[test]
    fn a_failed_default_address_gets_a_hint_how_to_name_one() {
        let hint = |variables: &[(&str, &str)]| {
            let environment: Environment = variables.iter().copied().collect();
            let flags = Flags::default();
            let given = Given::read(&flags, &environment);
            let settings = given.settings(true, &[]).unwrap();
            let error = store::Error::Connect {
                endpoint: settings.endpoint(),
                reason: "connection refused".into(),
                source: None,
            };
            unreachable(error, &settings).hint.unwrap()
        };
        assert_eq!(hint(&[]), NO_ADDRESS);
        assert!(hint(&[("VALKEY_HOST", "h")]).starts_with("check that a server runs there"));
    }
}
