//! Connecting to the store, which may take long and can be interrupted.

use crate::exit::Failure;
use crate::settings::Settings;
use crate::stop::Stop;
use crate::store::{Options, Store};

/// Connects, unless the operator wants to stop before that. An embedded server that was being
/// started by then is ended.
pub(super) async fn connect(settings: &Settings, stop: &Stop) -> Result<Store, Failure> {
    connect_by(&settings.store, stop).await
}

/// Connects, does the work and closes the connections. What fails in the work is reported before what
/// fails at the end.
pub(super) async fn with_store<T>(
    settings: &Settings,
    stop: &Stop,
    work: impl AsyncFnOnce(&Store) -> Result<T, Failure>,
) -> Result<T, Failure> {
    with_store_of(&settings.store, stop, work).await
}

/// The same for work that changes nothing: replicas may answer, and a signal ends it.
pub(super) async fn with_reader<T>(
    settings: &Settings,
    stop: &Stop,
    work: impl AsyncFnOnce(&Store) -> Result<T, Failure>,
) -> Result<T, Failure> {
    read_with(&settings.store, stop, work).await
}

/// The same for looking at keys, which must not keep alive what the server would evict.
pub(super) async fn with_observer<T>(
    settings: &Settings,
    stop: &Stop,
    work: impl AsyncFnOnce(&Store) -> Result<T, Failure>,
) -> Result<T, Failure> {
    let mut options = settings.store.clone();
    options.touch = false;
    read_with(&options, stop, work).await
}

async fn read_with<T>(
    options: &Options,
    stop: &Stop,
    work: impl AsyncFnOnce(&Store) -> Result<T, Failure>,
) -> Result<T, Failure> {
    with_store_of(options, stop, async |store| {
        let reader = store.reader();
        tokio::select! {
            done = work(&reader) => done,
            signal = stop.raised() => Err(Failure::signal(signal)),
        }
    })
    .await
}

async fn with_store_of<T>(
    options: &Options,
    stop: &Stop,
    work: impl AsyncFnOnce(&Store) -> Result<T, Failure>,
) -> Result<T, Failure> {
    let store = connect_by(options, stop).await?;
    let done = work(&store).await;
    let closed = store.close().await;
    let done = done?;
    closed?;
    Ok(done)
}

async fn connect_by(options: &Options, stop: &Stop) -> Result<Store, Failure> {
    tokio::select! {
        biased;
        signal = stop.raised() => Err(Failure::signal(signal)),
        store = Store::connect(options) => Ok(store?),
    }
}
