//! A cache in Valkey in front of the Akamai API, seen by its operator.
//!
//! Data flows one way: `cli` and `settings` say what was asked for, `commands` turn it into an
//! operation of `cache`, which joins `store` (Valkey) and `source` (Akamai); `output` says how it
//! went; `domain` is what is true without any of them.

pub mod domain;
pub mod source;
pub mod stop;
pub mod store;

use std::process::ExitCode;

/// Runs one command line and says how it ended.
pub fn run(_arguments: impl IntoIterator<Item = std::ffi::OsString>) -> ExitCode {
    ExitCode::SUCCESS
}
