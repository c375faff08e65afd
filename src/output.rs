//! The only place that prints: data to stdout, everything else to stderr. This folder holds the primitives (tables,
//! JSON, progress, questions), and `reports` holds the report of each command.

pub(crate) mod confirm;
pub(crate) mod csv;
pub(crate) mod document;
pub(crate) mod escape;
pub(crate) mod file;
pub(crate) mod human;
pub(crate) mod metrics;
pub(crate) mod options;
pub(crate) mod pretty;
pub(crate) mod progress;
pub(crate) mod prometheus;
pub(crate) mod reports;
mod secret;
pub(crate) mod sparkline;
pub(crate) mod table;
mod waits;

mod logger;
mod pager;
mod stream;
mod terminal;
pub(crate) mod tone;

pub(crate) use options::{Color, Format, OutputOptions};
pub(crate) use secret::ask_secret;
pub(crate) use stream::{Output, WriteError};
pub(crate) use tone::Tone;
