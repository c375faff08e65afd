//! Connecting to the store, which may take long and can be interrupted.

use crate::exit::Failure;
use crate::settings::Settings;
use crate::stop::Stop;
use crate::store::Store;

/// Connects, unless the operator wants to stop before that. An embedded server that was being
/// started by then is recorded in its folder, where the next command finds and uses it.
pub async fn connect(settings: &Settings, stop: &Stop) -> Result<Store, Failure> {
    tokio::select! {
        biased;
        signal = stop.raised() => Err(Failure::signal(signal)),
        store = Store::connect(&settings.store) => Ok(store?),
    }
}
