//! What the tests are built on.

pub mod account;
pub mod akamai;
pub mod certificates;
pub mod cluster;
pub mod keep_process;
pub mod proxy;
pub mod run;
pub mod secrets;
pub mod sentinels;
pub mod server;
pub mod stage;
pub mod store;
pub mod wire;
