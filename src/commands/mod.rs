//! What the operator asks: a file for each command, as `--help` lists them.

pub mod completions;
pub mod config;
pub mod inspect;
pub mod man;
pub mod warm;
