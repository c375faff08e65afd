//! A whole account from a recording into an empty cache, and once more.

use crate::Failed;
use crate::account::Account;
use crate::figure::{Goal, Table};
use crate::process::{Home, measured};
use crate::server::Server;
use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};

const PROPERTIES: usize = 10_000;
const PAIRS: usize = 200;
const HOSTNAMES: usize = 30_000;

/// Writes the answers of a regular account.
pub fn record(home: &Home) -> Result<PathBuf, Failed> {
    let account = Account::new(7)
        .regular()
        .contracts(8)
        .groups(PAIRS)
        .properties(PROPERTIES)
        .hostnames(HOSTNAMES);
    if account.pairs().len() != PAIRS {
        return Err(format!("{} pairs are not {PAIRS}", account.pairs().len()).into());
    }
    let path = home.path().join("acme.ndjson");
    let mut file = BufWriter::new(File::create(&path)?);
    for line in account.recording("acme", false) {
        writeln!(file, "{line}")?;
    }
    file.flush()?;
    Ok(path)
}

/// Warms an empty cache, and then a warm one.
pub fn measure(
    table: &mut Table,
    home: &Home,
    server: &Server,
    recording: &Path,
) -> Result<(), Failed> {
    table.group(&format!(
        "warm, from a recording: {PROPERTIES} properties in {PAIRS} pairs, {HOSTNAMES} host names"
    ));
    let before = used(server)?;
    let first = measured(warm(home, server, recording))?;
    let after = used(server)?;
    let report = first.json()?;
    if report["complete"] != true {
        return Err(format!("warm is not complete: {}", report["errors"]).into());
    }
    table.time("wall time", first.time, Goal::Under(3.0));
    table.memory("peak memory", first.memory, Goal::Under(150.0));
    table.count(
        "calls that a live run makes",
        calls(&report)?,
        Goal::Exactly(233.0),
    );
    table.memory("Valkey's memory before", before, Goal::None);
    table.memory("Valkey's memory after", after, Goal::None);
    table.memory(
        "what the customer takes",
        after.saturating_sub(before),
        Goal::Under(50.0),
    );

    let second = measured(warm(home, server, recording))?;
    table.time(
        "a second warm, which keeps everything",
        second.time,
        Goal::None,
    );
    table.memory("its peak memory", second.memory, Goal::None);
    table.count("its calls", calls(&second.json()?)?, Goal::Exactly(0.0));
    Ok(())
}

/// The command that warms the customer.
pub fn warm(home: &Home, server: &Server, recording: &Path) -> std::process::Command {
    let mut command = home.ours(server.port, ["warm", "-c", "acme", "-o", "json", "--from"]);
    command.arg(recording);
    command
}

fn used(server: &Server) -> Result<u64, Failed> {
    Ok(server.info("used_memory").parse()?)
}

fn calls(report: &serde_json::Value) -> Result<u64, Failed> {
    let calls = report["api_calls"].as_u64();
    calls.ok_or_else(|| format!("no api_calls in {report}").into())
}
