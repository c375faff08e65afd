//! A day of hits and misses with very many keys in each of its two hashes.

use crate::figure::{Goal, Table};
use crate::neighbour::Neighbour;
use crate::process::{Home, measured};
use crate::server::Server;
use crate::{Failed, wire};
use std::time::Instant;

/// Fields of each hash.
const FIELDS: usize = 1_000_000;

/// Fields set by one command.
const AT_ONCE: usize = 100;

/// Counts them.
pub fn measure(table: &mut Table, home: &Home, server: &Server) -> Result<(), Failed> {
    table.group(&format!("hit-rate over 2 x {FIELDS} fields"));
    let today = jiff::tz::TimeZone::UTC
        .to_datetime(jiff::Timestamp::now())
        .date();
    let hashes = ["hits", "misses"].map(|kind| format!("akamai:stats:{today}:{kind}"));
    for hash in &hashes {
        let commands = (0..FIELDS).step_by(AT_ONCE).map(|first| {
            let mut command = redis::cmd("HSET");
            command.arg(hash);
            for number in first..first + AT_ONCE {
                command.arg(format!("acme:property:prp_{number}")).arg(3);
            }
            command
        });
        wire::send(server.port, commands)?;
    }

    let began = Instant::now();
    for hash in &hashes {
        let seen = wire::walk_hash(server.port, hash)?;
        if seen < FIELDS {
            return Err(format!("a walk saw {seen} fields").into());
        }
    }
    let floor = began.elapsed();

    let neighbour = Neighbour::moves_in(server.port)?;
    let ended = measured(home.ours(server.port, ["hit-rate", "-o", "json"]));
    let waits = neighbour.moves_out()?;
    let ended = ended?;
    let report = ended.json()?;
    for kind in ["hits", "misses"] {
        // The reads of this run itself may have been counted as well.
        if report[kind].as_u64() < u64::try_from(3 * FIELDS).ok() {
            return Err(format!("{kind} are {}", report[kind]).into());
        }
    }
    table.time(
        "HSCAN COUNT 1000 of one after the other, nothing kept",
        floor,
        Goal::None,
    );
    table.time("wall time", ended.time, Goal::Under(1.5));
    table.ratio("hit-rate : these walks", ended.time, floor, Goal::None);
    table.memory("peak memory", ended.memory, Goal::Under(64.0));
    table.wait("another client's longest wait", waits.longest, Goal::None);
    table.wait("99 of 100 of its waits", waits.p99, Goal::Under(3.0));
    Ok(())
}
