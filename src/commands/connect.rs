//! Connecting to the store, which may take long and can be interrupted.

use crate::exit::Failure;
use crate::settings::{Precedence, Settings, keys};
use crate::stop::Stop;
use crate::store::{self, Options, Store};

/// What to do where no setting names the cache.
const NO_ADDRESS: &str = "no address was given, so the default was tried: pass --url, set VALKEY_HOST, or run \
                          `alecs-cache config init`; `--url embedded:` starts a private server";

/// Connects, unless the operator wants to stop before that. An embedded server that was being
/// started by then is ended.
pub(super) async fn connect(settings: &Settings, stop: &Stop) -> Result<Store, Failure> {
    connect_by(settings, &settings.store, stop).await
}

/// Connects, does the work and closes the connections. What fails in the work is reported before what
/// fails at the end.
pub(super) async fn with_store<T>(
    settings: &Settings,
    stop: &Stop,
    work: impl AsyncFnOnce(&Store) -> Result<T, Failure>,
) -> Result<T, Failure> {
    with_store_of(settings, &settings.store, stop, work).await
}

/// The same for work that changes nothing: replicas may answer, and a signal ends it.
pub(super) async fn with_reader<T>(
    settings: &Settings,
    stop: &Stop,
    work: impl AsyncFnOnce(&Store) -> Result<T, Failure>,
) -> Result<T, Failure> {
    read_with(settings, &settings.store, stop, work).await
}

/// The same for looking at keys, which must not keep alive what the server would evict.
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
    let done = work(&store).await;
    let closed = store.close().await;
    let done = done?;
    closed?;
    Ok(done)
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
    use crate::settings::stdin::Stdin;
    use crate::settings::{Environment, Flags, Given};

    #[test]
    fn who_named_no_address_learns_how_to_name_one() {
        let hint = |variables: &[(&str, &str)]| {
            let environment: Environment = variables.iter().copied().collect();
            let flags = Flags::default();
            let given = Given::read(&flags, &environment);
            let settings = given.settings(true, Stdin::default()).unwrap();
            let error = store::Error::Connect {
                endpoint: settings.endpoint(),
                reason: "connection refused".into(),
                source: None,
            };
            unreachable(error, &settings).hint.unwrap()
        };
        assert_eq!(hint(&[]), NO_ADDRESS);
        assert!(hint(&[("VALKEY_HOST", "h")]).starts_with("check that the server runs there"));
    }
}
