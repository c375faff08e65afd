//! Flags, environment and files become settings, each value with its origin.

pub(crate) mod arguments;
pub(crate) mod environment;
pub(crate) mod keys;
pub(crate) mod origin;
pub(crate) mod stdin;
pub(crate) mod thresholds;
pub(crate) mod values;

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

pub(crate) use arguments::{GlobalArgs, ReadArgs, SourceArgs};
pub(crate) use environment::Environment;
pub(crate) use origin::{Origin, SettingRow};
pub(crate) use resolve::{
    KnownNames, Settings, known, names, output_before_settings, output_of_failure, refuse_unusable,
    resolve, resolve_without_file,
};
