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

/// Connects to look around: reading must not keep alive what the server would evict.
pub(super) async fn connect_to_look(settings: &Settings, stop: &Stop) -> Result<Store, Failure> {
    let mut options = settings.store.clone();
    options.touch = false;
    connect_by(&options, stop).await
}

async fn connect_by(options: &Options, stop: &Stop) -> Result<Store, Failure> {
    tokio::select! {
        biased;
        signal = stop.raised() => Err(Failure::signal(signal)),
        store = Store::connect(options) => Ok(store?),
    }
}
