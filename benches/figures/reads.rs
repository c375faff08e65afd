//! One key as a whole process, against the client that everybody has.

use crate::Failed;
use crate::figure::{Goal, Table};
use crate::process::{Home, median, timed};
use crate::server::Server;
use std::process::Command;
use std::time::Duration;

const TIMES: usize = 50;

/// Reads one key of the warm cache.
pub fn measure(table: &mut Table, home: &Home, server: &Server) -> Result<(), Failed> {
    table.group(&format!("one key, as a whole process: median of {TIMES}"));
    let theirs = || {
        let mut command = home.command("redis-cli");
        command.args(["-p", &server.port.to_string(), "GET"]);
        command.arg("akamai:acme:property:prp_100003");
        command
    };
    let inspect = || home.ours(server.port, ["inspect", "prp_100003", "-c", "acme"]);
    let (ours, others) = alternating(inspect, theirs)?;
    table.wait("inspect ID", ours, Goal::None);
    table.wait("redis-cli GET", others, Goal::None);
    table.ratio("inspect : redis-cli", ours, others, Goal::Under(2.0));

    // The targets of the cache as a whole, here with the start of a process in them.
    for (words, goal) in [
        (&["get", "property", "prp_100003"][..], 20.0),
        (&["get", "properties"], 50.0),
        (&["search", "www-3.s7.example.com"], 100.0),
    ] {
        let mut times = Vec::new();
        for _ in 0..TIMES {
            let mut command = home.ours(server.port, words);
            command.args([
                "-c",
                "acme",
                "-o",
                "json",
                "--require-cache",
                "--no-refresh",
            ]);
            times.push(timed(command)?);
        }
        let name = format!("{}, from a warm cache", words.join(" "));
        table.wait(name, median(&mut times), Goal::Under(goal));
    }
    Ok(())
}

/// Medians of two commands that take turns, so that a busy moment falls on both.
fn alternating(
    one: impl Fn() -> Command,
    other: impl Fn() -> Command,
) -> Result<(Duration, Duration), Failed> {
    let (mut ones, mut others) = (Vec::new(), Vec::new());
    for _ in 0..TIMES {
        ones.push(timed(one())?);
        others.push(timed(other())?);
    }
    Ok((median(&mut ones), median(&mut others)))
}
