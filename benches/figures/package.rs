//! The binary, and the machine of the measurements.

use crate::Failed;
use crate::figure::{Goal, Table};
use std::collections::BTreeSet;
use std::process::Command;

/// Processors and load, in one line.
pub fn machine() -> String {
    let processors = std::thread::available_parallelism().map_or(0, std::num::NonZero::get);
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load: Vec<&str> = load.split_whitespace().take(3).collect();
    format!("{processors} processors, load {}", load.join(" "))
}

/// Measures the size of the binary and the number of crates.
pub fn measure(table: &mut Table) -> Result<(), Failed> {
    table.group("the program");
    let size = std::fs::metadata(env!("CARGO_BIN_EXE_alecs-cache"))?.len();
    table.memory("the binary", size, Goal::None);
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let listed = Command::new(cargo)
        .args([
            "tree",
            "--locked",
            "--offline",
            "-e",
            "normal",
            "--prefix",
            "none",
        ])
        .args([
            "--manifest-path",
            concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"),
        ])
        .output()?;
    if !listed.status.success() {
        return Err(String::from_utf8_lossy(&listed.stderr).into());
    }
    let text = String::from_utf8(listed.stdout)?;
    // A crate that was listed before ends with a star.
    let crates: BTreeSet<&str> = text
        .lines()
        .map(|line| line.trim_end_matches(" (*)"))
        .collect();
    let crates = u64::try_from(crates.len())?;
    table.count(
        "crates that it is built of, itself included",
        crates,
        Goal::None,
    );
    Ok(())
}
