//! Counts a day's hits and misses with very many fields in each of the two hashes.

use crate::figure::{Goal, Table};
use crate::process::Home;
use crate::server::Server;
use crate::way::{Goals, Way};
use crate::{Failed, Sizes, wire};

/// Fields set by one command.
const AT_ONCE: usize = 100;

/// Measures `hit-rate`, compared with HSCAN alone.
pub fn measure(
    table: &mut Table,
    home: &Home,
    server: &Server,
    sizes: Sizes,
) -> Result<(), Failed> {
    let fields = sizes.fields;
    table.group(&format!("hit-rate over 2 x {fields} fields"));
    let today = jiff::tz::TimeZone::UTC
        .to_datetime(jiff::Timestamp::now())
        .date();
    let hashes = ["hits", "misses"].map(|kind| format!("akamai:stats:{today}:{kind}"));
    for hash in &hashes {
        let commands = (0..fields).step_by(AT_ONCE).map(|first| {
            let mut command = redis::cmd("HSET");
            command.arg(hash);
            for number in first..first + AT_ONCE {
                command.arg(format!("acme:property:prp_{number}")).arg(3);
            }
            command
        });
        wire::send(server.port, commands)?;
    }

    let (mut floor, mut ours) = (Way::default(), Way::default());
    for _ in 0..sizes.rounds {
        floor.beside(server.port, || {
            for hash in &hashes {
                let seen = wire::walk_hash(server.port, hash)?;
                if seen < fields {
                    return Err(format!("a walk saw {seen} fields").into());
                }
            }
            Ok(())
        })?;
        let command = home.ours(server.port, ["hit-rate", "-o", "json"]);
        let report = ours.process(server.port, command)?.json()?;
        for kind in ["hits", "misses"] {
            // The reads of this run itself may be counted as well.
            if report[kind].as_u64() < u64::try_from(3 * fields).ok() {
                return Err(format!("{kind} are {}", report[kind]).into());
            }
        }
    }
    floor.tell(
        table,
        "HSCAN COUNT 1000 of one after the other (the floor)",
        Goals::NONE,
    );
    let goals = Goals {
        p99: floor.waits_or(1.0),
        memory: Goal::Under(16.0),
    };
    ours.tell(table, "hit-rate", goals);
    let goal = Goal::AtMost(0.8);
    table.ratio("hit-rate : floor", &ours.times, &floor.times, goal);
    Ok(())
}
