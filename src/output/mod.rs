//! How it is said: the only place that prints. Data goes to stdout, everything else to stderr.

pub mod confirm;
pub mod csv;
pub mod document;
pub mod escape;
pub mod file;
pub mod get;
pub mod history;
pub mod hit_rate;
pub mod human;
pub mod inspect;
pub mod invalidate;
pub mod live;
pub mod locks;
pub mod log;
pub mod metrics;
pub mod options;
pub mod pretty;
pub mod progress;
pub mod prometheus;
pub mod search;
mod secret;
pub mod sparkline;
pub mod stats;
pub mod table;
pub mod undo;
pub mod warm;

mod logger;
mod stream;
mod terminal;

pub use document::Document;
pub use options::{Color, Format, Options};
pub use secret::ask_secret;
pub use stream::{Error, Output};
