//! The store for tests: unexpected errors panic.

use alecs_cache::testing::store::{Options, Store, Write};
use std::time::Duration;

pub async fn connect(options: &Options) -> Store {
    Store::connect(options).await.expect("connected")
}

pub fn keys(names: &[&str]) -> Vec<String> {
    names.iter().map(|&name| name.to_owned()).collect()
}

pub fn set(key: impl Into<String>, value: impl Into<Vec<u8>>) -> Write {
    Write::Set {
        key: key.into(),
        value: value.into(),
        ttl: Some(Duration::from_mins(5)),
    }
}

pub async fn all_well(store: &Store, batch: &[Write]) {
    for result in store.write(batch).await {
        result.expect("written");
    }
}

/// Writes a batch from a test without a runtime.
pub fn write_all(options: &Options, batch: &[Write]) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async { all_well(&connect(options).await, batch).await });
}

pub fn field(name: &str, value: &str) -> (String, Vec<u8>) {
    (name.to_owned(), value.as_bytes().to_vec())
}
