//! Warms an empty cache from the recording of a whole account, and then a warm one.

use crate::account::Account;
use crate::figure::{Goal, Table};
use crate::process::{Home, measured};
use crate::server::Server;
use crate::way::{Goals, Way};
use crate::{Failed, Sizes, wire};
use serde_json::Value;
use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};

pub const PROPERTIES: usize = 10_000;

/// Creates a regular account with this many properties.
pub fn account(properties: usize) -> Account {
    Account::new(7)
        .regular()
        .contracts(8)
        .groups((properties / 50).clamp(8, 200))
        .properties(properties)
        .hostnames(3 * properties)
}

/// Writes the account as a recording.
pub fn record(home: &Home, properties: usize) -> Result<PathBuf, Failed> {
    let path = home.path().join(format!("acme-{properties}.ndjson"));
    let mut file = BufWriter::new(File::create(&path)?);
    for line in account(properties).recording("acme", false) {
        writeln!(file, "{line}")?;
    }
    file.flush()?;
    Ok(path)
}

/// Memory goals of a first and a second run, in megabytes.
fn goals(properties: usize) -> [Goal; 2] {
    match properties {
        PROPERTIES => [Goal::AtMost(45.0), Goal::AtMost(30.0)],
        100_000 => [Goal::AtMost(200.0), Goal::AtMost(120.0)],
        _ => [Goal::None; 2],
    }
}

/// Warms an empty cache and then a warm one. For comparison, the same bytes are piped in.
pub fn measure(
    table: &mut Table,
    home: &Home,
    server: &Server,
    recording: &Path,
    sizes: Sizes,
) -> Result<(), Failed> {
    let properties = sizes.properties;
    let pairs = account(properties).pairs().len();
    table.group(&format!(
        "warm, from a recording: {properties} properties in {pairs} pairs, {} host names",
        3 * properties
    ));
    let before = used(server)?;
    let [mut pipe, mut cold, mut again] = [Way::default(), Way::default(), Way::default()];
    cold.process(server.port, warm(home, server, recording))?;
    let after = used(server)?;
    let bytes = home.path().join("warm");
    wire::commands_for_all(server.port, &bytes)?;
    for _ in 0..sizes.rounds {
        let server = Server::valkey();
        pipe.process(server.port, wire::pipe(home, server.port, &bytes)?)?;
    }
    std::fs::remove_file(bytes)?;
    cold = Way::default();
    let mut calls = 0;
    for _ in 0..sizes.rounds {
        let server = Server::valkey();
        let report = cold
            .process(server.port, warm(home, &server, recording))?
            .json()?;
        if report["complete"] != true {
            return Err(format!("warm is not complete: {}", report["errors"]).into());
        }
        calls = answers(&report, recording, properties)?;
        let second = again.process(server.port, warm(home, &server, recording))?;
        let fetched = fetched(&second.json()?);
        if fetched != 0 {
            return Err(format!("a second warm fetched {fetched} items").into());
        }
    }
    let [first, second] = goals(properties).map(|memory| Goals {
        p99: Goal::AtMost(2.0),
        memory,
    });
    pipe.tell(table, "redis-cli --pipe of the same bytes", Goals::NONE);
    cold.tell(table, "warm", first);
    let goal = Goal::AtMost(1.5);
    table.ratio("warm : --pipe", &cold.times, &pipe.times, goal);
    again.tell(table, "a second warm, which keeps everything", second);
    let goal = if properties == PROPERTIES {
        Goal::Exactly(233.0)
    } else {
        Goal::None
    };
    table.count(
        "calls that a live run makes: answers, each needed once",
        calls,
        goal,
    );
    table.memory(
        "what the customer takes of Valkey's memory",
        after.saturating_sub(before),
        Goal::Under(56.0),
    );
    Ok(())
}

/// Warms accounts of other sizes, once each.
pub fn grows(table: &mut Table, home: &Home, sizes: Sizes) -> Result<(), Failed> {
    table.group("warm, by the size of the account");
    for &properties in sizes.accounts {
        let recording = record(home, properties)?;
        let server = Server::valkey();
        for (name, goal) in ["first", "second"].into_iter().zip(goals(properties)) {
            let ended = measured(warm(home, &server, &recording))?;
            let name = format!("{properties} properties, {name} run");
            table.time(&name, ended.time, Goal::None);
            table.memory("    peak memory", ended.memory, goal);
        }
        std::fs::remove_file(recording)?;
    }
    Ok(())
}

pub fn warm(home: &Home, server: &Server, recording: &Path) -> std::process::Command {
    let mut command = home.ours(server.port, ["warm", "-c", "acme", "-o", "json", "--from"]);
    command.arg(recording);
    command
}

/// Returns the number of responses in the recording, after checking that the run used all of them: it makes no calls
/// itself, and fails if a response is missing.
fn answers(report: &Value, recording: &Path, properties: usize) -> Result<u64, Failed> {
    for (resource, expected) in [("properties", properties), ("hostnames", 3 * properties)] {
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

/// Returns the fetched items without the groups: a recording has no credentials, so the groups identify the account.
fn fetched(report: &Value) -> u64 {
    let rows = report["resources"].as_array().into_iter().flatten();
    let rows = rows.filter(|row| row["resource"] != "groups");
    rows.filter_map(|row| row["fetched"].as_u64()).sum()
}
