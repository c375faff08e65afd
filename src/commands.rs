//! The commands, one file each.

pub(crate) mod completions;
pub(crate) mod config;
mod connect;
pub(crate) mod customers;
pub(crate) mod doctor;
pub(crate) mod examples;
pub(crate) mod get;
pub(crate) mod help;
pub(crate) mod hit_rate;
pub(crate) mod inspect;
pub(crate) mod invalidate;
pub(crate) mod locks;
pub(crate) mod log;
pub(crate) mod man;
mod no_keys;
pub(crate) mod search;
mod session;
pub(crate) mod stats;
mod stdin;
pub(crate) mod undo;
pub(crate) mod warm;
