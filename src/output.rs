//! The only place that prints: data to stdout, everything else to stderr. Primitives (tables, JSON, progress,
//! questions) are here, and the report of each command in `reports`.

pub mod confirm;
pub mod csv;
pub mod document;
pub mod escape;
pub mod file;
pub mod human;
pub mod metrics;
pub mod options;
pub mod pretty;
pub mod progress;
pub mod prometheus;
pub mod reports;
mod secret;
pub mod sparkline;
pub mod table;
mod waits;

mod logger;
mod stream;
mod terminal;

pub use document::Document;
pub use options::{Color, Format, Options};
pub use secret::ask_secret;
pub(crate) use stream::Tone;
pub use stream::{Error, Output};
