//! Log of `-v` on stderr, of this crate only. The logs of other crates may contain headers, and addresses with
//! passwords.

use super::escape::escape;
use env_logger::{Builder, Target, WriteStyle};
use log::LevelFilter;
use std::io::Write as _;

/// Starts the log: 0 nothing, 1 info, 2 debug, 3 and more trace.
pub(super) fn start(verbosity: u8) {
    let level = match verbosity {
        0 => return,
        1 => LevelFilter::Info,
        2 => LevelFilter::Debug,
        _ => LevelFilter::Trace,
    };
    // Fails only if a logger is installed already.
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
