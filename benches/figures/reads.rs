//! Reads one key by a whole process, compared with `redis-cli` and with a program that only connects and asks.

use crate::Failed;
use crate::figure::{Goal, Table};
use crate::process::{Home, median, timed};
use crate::server::Server;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Command, ExitCode};
use std::time::Duration;

/// Argument that makes this program ask for one key.
pub const ASK: &str = "--ask";

const KEY: &str = "akamai:acme:property:prp_100003";

/// Connects, asks for the value of a key, and exits: the minimum for any client.
pub fn ask(port: &str, key: &str) -> ExitCode {
    let asked = || -> Result<(), Failed> {
        let mut stream = TcpStream::connect(("127.0.0.1", port.parse()?))?;
        write!(stream, "*2\r\n$3\r\nGET\r\n${}\r\n{key}\r\n", key.len())?;
        let mut answer = BufReader::new(stream);
        let mut head = String::new();
        answer.read_line(&mut head)?;
        let length = head.trim_start_matches('$').trim_end().parse()?;
        let mut value = vec![0; length];
        answer.read_exact(&mut value)?;
        std::io::stdout().write_all(&value)?;
        Ok(())
    };
    match asked() {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}

/// Measures reading one key of the warm cache.
pub fn measure(
    table: &mut Table,
    home: &Home,
    server: &Server,
    times: usize,
) -> Result<(), Failed> {
    table.group(&format!("one key, as a whole process: {times} in turns"));
    let port = server.port.to_string();
    let itself = std::env::current_exe()?;
    let ways: [&dyn Fn() -> Command; 4] = [
        &|| {
            let mut command = home.command(&itself);
            command.args([ASK, &port, KEY]);
            command
        },
        &|| {
            let mut command = home.command("redis-cli");
            command.args(["-p", &port, "GET", KEY]);
            command
        },
        &|| home.ours(server.port, ["inspect", "prp_100003", "-c", "acme"]),
        &|| {
            let words = ["get", "property", "prp_100003", "-c", "acme"];
            home.ours(server.port, words)
        },
    ];
    let mut taken = [const { Vec::new() }; 4];
    for _ in 0..times {
        for (way, taken) in ways.iter().zip(&mut taken) {
            taken.push(timed(way())?);
        }
    }
    let names = [
        "a program that connects and asks (the floor)",
        "redis-cli GET",
        "inspect ID",
        "get property ID",
    ];
    for (name, taken) in names.into_iter().zip(&taken) {
        table.waits(name, taken, Goal::None);
    }
    let [floor, peer, inspect, get] = &taken;
    for (name, ours) in [("inspect", inspect), ("get", get)] {
        let goal = Goal::AtMost(1.1);
        table.ratio(format!("{name} : floor"), ours, floor, goal);
        let goal = Goal::Under(1.0);
        table.ratio(format!("{name} : redis-cli"), ours, peer, goal);
    }

    // The targets of the whole cache, here including a process start.
    for (words, goal) in [
        (&["get", "property", "prp_100003"][..], 20.0),
        (&["get", "properties"], 50.0),
        (&["search", "www-3.s7.example.com"], 100.0),
    ] {
        let mut taken: Vec<Duration> = Vec::new();
        for _ in 0..times {
            let mut command = home.ours(server.port, words);
            command.args([
                "-c",
                "acme",
                "-o",
                "json",
                "--require-cache",
                "--no-refresh",
            ]);
            taken.push(timed(command)?);
        }
        let name = format!("{}, from a warm cache", words.join(" "));
        table.wait(name, median(&mut taken), Goal::Under(goal));
    }
    Ok(())
}
