//! `alecs-cache`: runs the command line and returns its exit code to the shell.

use std::process::ExitCode;

fn main() -> ExitCode {
    alecs_cache::run(std::env::args_os())
}
