//! Merges flags, the environment and the configuration file into settings, each value with its origin.

pub(crate) mod environment;
pub(crate) mod keys;
pub(crate) mod values;

mod account;
mod address;
mod credentials;
mod file;
mod layers;
mod locate;
mod origin;
mod resolve;
mod servers;

pub(crate) use environment::Environment;
pub(crate) use layers::Flags;
pub(crate) use origin::{Precedence, SettingRow};
pub(crate) use resolve::{Given, KnownNames, Settings, known, refuse_unusable};
