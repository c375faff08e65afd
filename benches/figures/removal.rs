//! Half of a large keyspace, removed in every way; and ids with everything that hangs from them.

use crate::crawl;
use crate::figure::{Goal, Table};
use crate::neighbour::{Neighbour, Waits};
use crate::process::{Home, measured, median};
use crate::server::Server;
use crate::{Failed, wire};
use std::path::Path;
use std::time::{Duration, Instant};

const PATTERN: &str = "property:*";
const GLOB: &str = "akamai:load:property:*";

/// Whose keys they are.
pub const CUSTOMER: &str = "load";

/// Bytes of a value.
const VALUE: usize = 300;

/// The keyspace of a customer of its own.
struct Keyspace<'a> {
    server: &'a Server,
    half: usize,
}

impl Keyspace<'_> {
    fn stay(&self) -> Result<(), Failed> {
        self.fill("hostname:host-", ".example.com")
    }

    /// What every way removes, and what is put back before the next one.
    fn fall(&self) -> Result<(), Failed> {
        self.fill("property:prp_", "")
    }

    fn fill(&self, before: &str, behind: &str) -> Result<(), Failed> {
        let entries = (0..self.half).map(|number| {
            let item = format!(r#"{{"propertyId":"prp_{number}","note":""#);
            let rest = VALUE.saturating_sub(item.len() + 2);
            (
                format!("akamai:{CUSTOMER}:{before}{number}{behind}"),
                format!("{item}{:x<rest$}\"}}", ""),
            )
        });
        wire::fill(self.server.port, entries)
    }

    /// Fails unless exactly the half fell.
    fn fell(&self) -> Result<(), Failed> {
        let left: usize = self.server.try_ask(&["DBSIZE"])?;
        // Beside the half: the marks and the trail of an invalidation.
        let ours = left.saturating_sub(self.half);
        if left < self.half || ours > 2 {
            return Err(format!("{left} keys are left of {}", self.half * 2).into());
        }
        Ok(())
    }
}

/// One way, and how it went.
struct Way {
    time: Duration,
    memory: u64,
    waits: Waits,
}

impl Way {
    fn waits(&self, table: &mut Table, goal: Goal) {
        let Waits { longest, p99 } = self.waits;
        table.wait("    another client's longest wait", longest, Goal::None);
        table.wait("    99 of 100 of its waits", p99, goal);
    }
}

/// The ways of others.
struct Others {
    floor: Way,
    naive: Way,
    best: Way,
    pipe: Way,
}

/// Removes half of so many keys in every way.
pub fn measure(table: &mut Table, home: &Home, server: &Server, keys: usize) -> Result<(), Failed> {
    table.group(&format!(
        "{} of {} keys of {VALUE} bytes removed by a pattern",
        keys / 2,
        keys / 2 * 2
    ));
    let space = Keyspace {
        server,
        half: keys / 2,
    };
    space.stay()?;
    space.fall()?;
    let others = others(home, &space)?;
    for (way, name) in [
        (&others.floor, "a walk alone, SCAN COUNT 1000 (the floor)"),
        (&others.naive, "SCAN COUNT 100, each page's DEL awaited"),
        (
            &others.best,
            "the next SCAN first, UNLINK behind it (best known)",
        ),
        (
            &others.pipe,
            "redis-cli --scan | xargs -n 1000 redis-cli unlink",
        ),
    ] {
        table.time(name, way.time, Goal::None);
        way.waits(table, Goal::None);
    }

    space.fall()?;
    let way = ours(home, &space, "--no-undo")?;
    table.time("invalidate --pattern --no-undo", way.time, Goal::None);
    way.waits(table, Goal::Under(2.0));
    table.memory("    its peak memory", way.memory, Goal::Under(64.0));
    let Others {
        floor,
        naive,
        best,
        pipe,
    } = &others;
    table.ratio(
        "redis-cli : invalidate",
        pipe.time,
        way.time,
        Goal::AtLeast(6.0),
    );
    table.ratio(
        "SCAN 100 with DEL : invalidate",
        naive.time,
        way.time,
        Goal::None,
    );
    table.ratio(
        "invalidate : best known",
        way.time,
        best.time,
        Goal::AtMost(1.0),
    );
    table.ratio("invalidate : walk alone", way.time, floor.time, Goal::None);

    space.fall()?;
    let undoable = ours(home, &space, "--undo")?;
    table.time("invalidate --pattern --undo", undoable.time, Goal::None);
    undoable.waits(table, Goal::Under(2.0));
    table.memory("    its peak memory", undoable.memory, Goal::Under(64.0));
    table.ratio(
        "with undo : without",
        undoable.time,
        way.time,
        Goal::AtMost(2.5),
    );
    undoing(table, home, &space, undoable.time)
}

/// What saving and putting back cost, each beside the same commands pipelined and nothing else.
fn undoing(
    table: &mut Table,
    home: &Home,
    space: &Keyspace<'_>,
    undoable: Duration,
) -> Result<(), Failed> {
    let port = space.server.port;
    let back = beside(port, || {
        let ended = measured(home.ours(port, ["undo", "-o", "json"]))?;
        let restored = ended.json()?["restored"].as_u64();
        if restored.and_then(|restored| usize::try_from(restored).ok()) != Some(space.half) {
            return Err(format!("undo restored {restored:?}").into());
        }
        Ok(ended.memory)
    })?;
    let mut saved = Vec::new();
    let floor = beside(port, || {
        saved = wire::save_and_remove(port, GLOB, &home.path().join("floor"))?;
        Ok(0)
    })?;
    space.fell()?;
    table.time(
        "DUMP, PEXPIRETIME, UNLINK and a file (the floor)",
        floor.time,
        Goal::None,
    );
    floor.waits(table, Goal::None);
    table.ratio(
        "invalidate --undo : floor",
        undoable,
        floor.time,
        Goal::AtMost(1.3),
    );
    let restored = beside(port, || wire::restore(port, &saved).map(|()| 0))?;
    table.time("RESTORE pipelined (the floor)", restored.time, Goal::None);
    restored.waits(table, Goal::None);
    table.time("undo", back.time, Goal::None);
    back.waits(table, Goal::Under(2.0));
    table.memory("    its peak memory", back.memory, Goal::Under(64.0));
    table.ratio("undo : floor", back.time, restored.time, Goal::AtMost(1.3));
    Ok(())
}

/// Takes the ways of others, one after the other, and leaves the half that stays.
fn others(home: &Home, space: &Keyspace<'_>) -> Result<Others, Failed> {
    let port = space.server.port;
    let floor = beside(port, || {
        let seen = wire::walk(port)?;
        if seen < space.half * 2 {
            return Err(format!("a walk saw {seen} keys").into());
        }
        Ok(0)
    })?;

    let naive = beside(port, || wire::remove_page_by_page(port, GLOB).map(|_| 0))?;
    space.fell()?;

    space.fall()?;
    let best = beside(port, || wire::remove_overlapping(port, GLOB).map(|_| 0))?;
    space.fell()?;

    space.fall()?;
    let pipe = beside(port, || {
        let mut command = home.command("sh");
        let line = format!(
            "redis-cli -p {port} --scan --pattern '{GLOB}' | xargs -n 1000 redis-cli -p {port} unlink"
        );
        command.args(["-c", &line]);
        Ok(measured(command)?.memory)
    })?;
    space.fell()?;
    Ok(Others {
        floor,
        naive,
        best,
        pipe,
    })
}

/// Takes our way.
fn ours(home: &Home, space: &Keyspace<'_>, undo: &str) -> Result<Way, Failed> {
    let port = space.server.port;
    let way = beside(port, || {
        let mut command = home.ours(port, ["invalidate", "--pattern", PATTERN, "-c", CUSTOMER]);
        command.args(["--yes", "-o", "json", undo]);
        let ended = measured(command)?;
        let removed = ended.json()?["removed"].as_u64();
        if removed.and_then(|removed| usize::try_from(removed).ok()) != Some(space.half) {
            return Err(format!("invalidate removed {removed:?}").into());
        }
        Ok(ended.memory)
    })?;
    space.fell()?;
    Ok(way)
}

/// Takes a way while another client wants its answers too.
fn beside(port: u16, way: impl FnOnce() -> Result<u64, Failed>) -> Result<Way, Failed> {
    let neighbour = Neighbour::moves_in(port)?;
    let began = Instant::now();
    let memory = way();
    let time = began.elapsed();
    let waits = neighbour.moves_out()?;
    Ok(Way {
        time,
        memory: memory?,
        waits,
    })
}

/// Removes ids with their cascade from an account that shares the server with the large keyspace.
pub fn cascades(
    table: &mut Table,
    home: &Home,
    server: &Server,
    recording: &Path,
) -> Result<(), Failed> {
    const ROUNDS: usize = 3;
    measured(crawl::warm(home, server, recording))?;
    let keys: u64 = server.try_ask(&["DBSIZE"])?;
    table.group(&format!(
        "invalidate ID --cascade beside all others, {keys} keys: median of {ROUNDS}"
    ));
    // No id falls twice.
    let mut next = 100_000;
    let mut times = [Duration::ZERO; 3];
    for (count, time) in [1, 100, 1000].into_iter().zip(&mut times) {
        let mut rounds = Vec::new();
        for _ in 0..ROUNDS {
            let ids = (next..next + count).map(|number| format!("prp_{number}"));
            let mut command = home.ours(server.port, ["invalidate", "--cascade", "-c", "acme"]);
            command.args(["-o", "json"]).args(ids);
            next += count;
            let ended = measured(command)?;
            let removed = ended.json()?["removed"].as_u64().unwrap_or_default();
            if removed < count {
                return Err(format!("{count} ids took {removed} keys along").into());
            }
            rounds.push(ended.time);
        }
        *time = median(&mut rounds);
        table.time(format!("{count} at once"), *time, Goal::None);
    }
    table.ratio("1000 : 1", times[2], times[0], Goal::Under(1.1));
    Ok(())
}
