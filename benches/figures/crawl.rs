//! A whole account from a recording into an empty cache, and once more.

use crate::Failed;
use crate::account::Account;
use crate::figure::{Goal, Table};
use crate::process::{Home, measured};
use crate::server::Server;
use serde_json::Value;
use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};

pub const PROPERTIES: usize = 10_000;
const PAIRS: usize = 200;
const HOSTNAMES: usize = 30_000;

/// A regular account of that size.
pub fn account() -> Account {
    Account::new(7)
        .regular()
        .contracts(8)
        .groups(PAIRS)
        .properties(PROPERTIES)
        .hostnames(HOSTNAMES)
}

/// Writes its answers.
pub fn record(home: &Home) -> Result<PathBuf, Failed> {
    let account = account();
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
        "calls that a live run makes: answers, each needed once",
        answers(&report, recording)?,
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
    table.count(
        "what it fetched",
        fetched(&second.json()?),
        Goal::Exactly(0.0),
    );
    Ok(())
}

/// The command that warms the customer.
pub fn warm(home: &Home, server: &Server, recording: &Path) -> std::process::Command {
    let mut command = home.ours(server.port, ["warm", "-c", "acme", "-o", "json", "--from"]);
    command.arg(recording);
    command
}

/// How many answers the recording holds, once it is sure that the run has needed them all: it calls
/// nobody itself, and ends with a failure where an answer is missing.
fn answers(report: &Value, recording: &Path) -> Result<u64, Failed> {
    for (resource, expected) in [("properties", PROPERTIES), ("hostnames", HOSTNAMES)] {
        let rows = report["resources"].as_array().into_iter().flatten();
        let fetched = rows
            .filter(|row| row["resource"] == resource)
            .filter_map(|row| row["fetched"].as_u64())
            .sum::<u64>();
        if fetched != u64::try_from(expected)? {
            return Err(format!("{fetched} {resource} were fetched of {expected}").into());
        }
    }
    let text = std::fs::read_to_string(recording)?;
    Ok(u64::try_from(text.lines().count())?)
}

fn used(server: &Server) -> Result<u64, Failed> {
    Ok(server.info("used_memory").parse()?)
}

/// Items that were fetched, but for the groups: a recording has no credentials, and they say whose account it is.
fn fetched(report: &Value) -> u64 {
    let rows = report["resources"].as_array().into_iter().flatten();
    let rows = rows.filter(|row| row["resource"] != "groups");
    rows.filter_map(|row| row["fetched"].as_u64()).sum()
}
