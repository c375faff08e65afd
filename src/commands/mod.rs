//! What the operator asks: a file for each command, as `--help` lists them.

pub mod completions;
pub mod config;
mod connect;
pub mod customers;
pub mod doctor;
pub mod examples;
pub mod get;
pub mod help;
pub mod hit_rate;
pub mod inspect;
pub mod invalidate;
pub mod locks;
pub mod log;
pub mod man;
mod no_keys;
pub mod search;
pub mod stats;
pub mod undo;
pub mod warm;
