//! `alecs-cache`: parse, run, and tell the shell how it went.

use std::process::ExitCode;

fn main() -> ExitCode {
    alecs_cache::run(std::env::args_os())
}
