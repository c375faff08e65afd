//! Flags, environment and files become settings, each value with its origin.

pub mod arguments;
pub mod environment;
pub mod keys;
pub mod origin;
pub mod stdin;
pub mod thresholds;
pub mod values;

mod account;
mod address;
mod credentials;
mod endpoint;
mod file;
mod locate;
mod resolve;
mod resolver;
mod servers;
mod show;
mod tls;

pub use arguments::{GlobalArgs, ReadArgs, SourceArgs};
pub use environment::Environment;
pub use origin::{Origin, Row};
pub use resolve::{
    Settings, output_before_settings, output_of_failure, refuse_unusable, resolve,
    resolve_without_file,
};
