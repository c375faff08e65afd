//! What `-v` shows: our own log, on stderr. Other crates' logs may hold headers and addresses with
//! passwords, so they are never let through.

use super::escape::escape;
use env_logger::{Builder, Target, WriteStyle};
use log::LevelFilter;
use std::io::Write as _;

/// Lets the log flow: 0 nothing, 1 what is done, 2 how, 3 and more everything.
pub(super) fn start(verbosity: u8) {
    let level = match verbosity {
        0 => return,
        1 => LevelFilter::Info,
        2 => LevelFilter::Debug,
        _ => LevelFilter::Trace,
    };
    // Fails only where a log flows already.
    let _ = Builder::new()
        .filter_level(LevelFilter::Off)
        .filter_module("alecs_cache", level)
        .target(Target::Stderr)
        .write_style(WriteStyle::Never)
        .format(|line, record| {
            let level = record.level().as_str().to_ascii_lowercase();
            writeln!(line, "{level}: {}", escape(&record.args().to_string()))
        })
        .try_init();
}
