//! Removes half of a large keyspace in every way, and ids with their cascade.

use crate::figure::{Goal, Table};
use crate::neighbour::Neighbour;
use crate::process::{Home, measured};
use crate::server::Server;
use crate::way::{Goals, Way};
use crate::wire::Dumped;
use crate::{Failed, Sizes, crawl, wire};
use serde_json::Value;
use std::path::Path;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

pub const PATTERN: &str = "property:*";
const GLOB: &str = "akamai:load:property:*";

/// Customer of the keys.
pub const CUSTOMER: &str = "load";

/// Size of a value, in bytes.
const VALUE: usize = 300;

/// Goals for other clients' waits and for our memory. `floor` does the same work and nothing else.
fn goals(floor: &Way) -> Goals {
    Goals {
        p99: floor.waits_or(2.0),
        memory: Goal::Under(64.0),
    }
}

/// Returns the value of a property.
pub fn value(number: usize) -> String {
    let item = format!(r#"{{"propertyId":"prp_{number}","note":""#);
    let rest = VALUE.saturating_sub(item.len() + 2);
    // Not padded by the formatter, which writes one character at a time and took as long as storing the value.
    format!("{item}{}\"}}", "x".repeat(rest))
}

/// Returns `count` keys of the customer with their values.
pub fn entries(before: &str, behind: &str, count: usize) -> impl Iterator<Item = (String, String)> {
    (0..count).map(move |number| {
        let key = format!("akamai:{CUSTOMER}:{before}{number}{behind}");
        (key, value(number))
    })
}

/// The keyspace of a single customer.
struct Keyspace<'a> {
    server: &'a Server,
    half: usize,
}

impl Keyspace<'_> {
    fn fill_what_stays(&self) -> Result<(), Failed> {
        let port = self.server.port;
        wire::fill(port, entries("hostname:host-", ".example.com", self.half))
    }

    /// Stores the half that every way removes, again before each round.
    fn fill_what_is_removed(&self) -> Result<(), Failed> {
        wire::fill(self.server.port, entries("property:prp_", "", self.half))
    }

    /// Fails unless exactly the half is gone.
    fn is_removed(&self) -> Result<(), Failed> {
        let left: usize = self.server.try_ask(&["DBSIZE"])?;
        // An invalidation adds two keys: its marks and its audit log.
        let ours = left.saturating_sub(self.half);
        if left < self.half || ours > 2 {
            return Err(format!("{left} keys are left of {}", self.half * 2).into());
        }
        Ok(())
    }

    /// Stores the half again, and removes it in one way.
    fn round<T>(
        &self,
        way: &mut Way,
        remove: impl FnOnce() -> Result<T, Failed>,
    ) -> Result<T, Failed> {
        self.fill_what_is_removed()?;
        let done = way.beside(self.server.port, remove)?;
        self.is_removed()?;
        Ok(done)
    }

    /// Runs one round of our `invalidate`.
    fn invalidate(&self, home: &Home, way: &mut Way, undo: &str) -> Result<(), Failed> {
        self.fill_what_is_removed()?;
        let port = self.server.port;
        let mut command = home.ours(port, ["invalidate", "--pattern", PATTERN, "-c", CUSTOMER]);
        command.args(["--yes", "-o", "json", undo]);
        let report = way.process(port, command)?.json()?;
        self.all_of_half(&report, "removed")?;
        self.is_removed()
    }

    /// Runs one round of the floor, which does the same work and nothing else. Returns what it saved.
    fn floor(&self, home: &Home, way: &mut Way, undo: &str) -> Result<Vec<Dumped>, Failed> {
        let (port, file) = (self.server.port, home.path().join("floor"));
        if undo == "--no-undo" {
            self.round(way, || wire::remove_overlapping(port, GLOB))?;
            return Ok(Vec::new());
        }
        let saved = self.round(way, || wire::save_and_remove(port, GLOB, &file))?;
        std::fs::remove_file(file)?;
        Ok(saved)
    }

    fn all_of_half(&self, report: &Value, what: &str) -> Result<(), Failed> {
        let count = report[what].as_u64();
        if count.and_then(|count| usize::try_from(count).ok()) == Some(self.half) {
            return Ok(());
        }
        Err(format!("{count:?} keys were {what} of {}", self.half).into())
    }
}

/// Stores both halves of the large keyspace.
pub fn fill(server: &Server, sizes: Sizes) -> Result<(), Failed> {
    let half = sizes.keys / 2;
    let space = Keyspace { server, half };
    space.fill_what_stays()?;
    space.fill_what_is_removed()
}

/// Removes half of a keyspace in every way, and puts it back.
pub fn measure(
    table: &mut Table,
    home: &Home,
    server: &Server,
    sizes: Sizes,
) -> Result<(), Failed> {
    let half = sizes.keys / 2;
    table.group(&format!(
        "{half} of {} keys of {VALUE} bytes removed by a pattern",
        half * 2
    ));
    let idle = Neighbour::moves_in(server.port)?;
    std::thread::sleep(Duration::from_secs(1));
    let idle = idle.moves_out()?;
    table.wait("nobody does anything: p99 of a wait", idle.p99, Goal::None);

    let (space, port) = (Keyspace { server, half }, server.port);
    let mut peer = Way::default();
    space.round(&mut peer, || {
        let mut command = home.command("sh");
        let line = format!(
            "redis-cli -p {port} --scan --pattern '{GLOB}' | xargs -n 1000 redis-cli -p {port} unlink"
        );
        command.args(["-c", &line]);
        measured(command)
    })?;
    let [mut walk, mut best, mut ours, mut undoable] = [(); 4].map(|()| Way::default());
    let [mut saved, mut undo, mut restored] = [(); 3].map(|()| Way::default());
    for _ in 0..sizes.rounds {
        walk.beside(port, || wire::walk(port))?;
        space.floor(home, &mut best, "--no-undo")?;
        space.invalidate(home, &mut ours, "--no-undo")?;
        space.invalidate(home, &mut undoable, "--undo")?;
        let report = undo.process(port, home.ours(port, ["undo", "-o", "json"]))?;
        space.all_of_half(&report.json()?, "restored")?;
        let dumped = space.floor(home, &mut saved, "--undo")?;
        restored.beside(port, || wire::restore(port, &dumped))?;
    }
    for (way, name, goals) in [
        (&walk, "SCAN COUNT 1000 alone (the floor)", Goals::NONE),
        (
            &peer,
            "redis-cli --scan | xargs -n 1000 redis-cli unlink",
            Goals::NONE,
        ),
        (
            &best,
            "the next SCAN first, UNLINK behind it (raw)",
            Goals::NONE,
        ),
        (&ours, "invalidate --pattern --no-undo", goals(&best)),
        (
            &saved,
            "DUMP, PEXPIRETIME, UNLINK and a file (the floor)",
            Goals::NONE,
        ),
        (&undoable, "invalidate --pattern --undo", goals(&saved)),
        (&restored, "RESTORE pipelined (the floor)", Goals::NONE),
        (&undo, "undo", goals(&restored)),
    ] {
        way.tell(table, name, goals);
    }
    for (name, one, other, goal) in [
        ("redis-cli : --no-undo", &peer, &ours, Goal::AtLeast(6.0)),
        ("--no-undo : raw", &ours, &best, Goal::AtMost(1.0)),
        ("--no-undo : SCAN alone", &ours, &walk, Goal::None),
        ("--undo : floor", &undoable, &saved, Goal::AtMost(1.3)),
        ("--undo : --no-undo", &undoable, &ours, Goal::AtMost(2.5)),
        ("undo : floor", &undo, &restored, Goal::AtMost(1.3)),
    ] {
        table.ratio(name, &one.times, &other.times, goal);
    }
    Ok(())
}

/// Removes half of keyspaces of other sizes, each on a server of its own.
pub fn grows(table: &mut Table, home: &Home, sizes: Sizes) -> Result<(), Failed> {
    table.group("half removed by a pattern, by the size of the keyspace");
    for &keys in sizes.keyspaces {
        let server = Server::valkey();
        let half = keys / 2;
        let space = Keyspace {
            server: &server,
            half,
        };
        space.fill_what_stays()?;
        for undo in ["--no-undo", "--undo"] {
            let [mut way, mut floor] = [(); 2].map(|()| Way::default());
            for _ in 0..sizes.rounds {
                space.invalidate(home, &mut way, undo)?;
                space.floor(home, &mut floor, undo)?;
            }
            way.tell(
                table,
                &format!("{half} of {keys} keys, {undo}"),
                goals(&floor),
            );
        }
    }
    Ok(())
}

/// Removes ids with their cascade from an account that shares the server with the large keyspace.
pub fn cascades(
    table: &mut Table,
    home: &Home,
    server: &Server,
    recording: &Path,
    sizes: Sizes,
) -> Result<(), Failed> {
    let port = server.port;
    measured(crawl::warm(home, server, recording))?;
    let keys: u64 = server.try_ask(&["DBSIZE"])?;
    table.group(&format!(
        "invalidate ID --cascade beside all others, {keys} keys"
    ));
    let [mut walk, mut one, mut many] = [Way::default(), Way::default(), Way::default()];
    // No id is removed twice.
    let mut next = 100_000;
    let mut named = Vec::new();
    for _ in 0..sizes.rounds {
        walk.beside(port, || wire::walk(port))?;
        for (count, way) in [(1, &mut one), (1000, &mut many)] {
            let ids: Vec<String> = (next..next + count).map(|id| format!("prp_{id}")).collect();
            next += count;
            let mut command = home.ours(port, ["invalidate", "--cascade", "-c", "acme"]);
            command.args(["-o", "json"]).args(&ids);
            let gone = (count == 1).then(|| gone_after(port, &ids));
            let report = way.process(port, command)?.json()?;
            let removed = report["removed"].as_u64().unwrap_or_default();
            if removed < count {
                return Err(format!("{count} ids took {removed} keys along").into());
            }
            if let Some(gone) = gone.transpose()? {
                named.push(gone.join().map_err(|_| "the watcher panicked")??);
            }
        }
    }
    walk.tell(table, "SCAN COUNT 1000 alone (the floor)", Goals::NONE);
    one.tell(table, "one id", goals(&walk));
    table.waits(
        "    what can be named is gone after",
        &named,
        Goal::Under(50.0),
    );
    many.tell(table, "1000 ids", goals(&walk));
    let goal = Goal::AtMost(1.3);
    table.ratio("one id : SCAN alone", &one.times, &walk.times, goal);
    let goal = Goal::Under(1.1);
    table.ratio("1000 ids : one", &many.times, &one.times, goal);
    Ok(())
}

/// Watches the keys that can be named for these ids. Returns the time from now until none of them exists, or a
/// minute.
fn gone_after(
    port: u16,
    ids: &[String],
) -> Result<JoinHandle<redis::RedisResult<Duration>>, Failed> {
    const LIMIT: Duration = Duration::from_mins(1);
    let mut connection = wire::connect(port)?;
    let mut keys = Vec::new();
    for id in ids {
        let hosts = format!("akamai:acme:property:{id}:hostnames");
        let list: Vec<u8> = redis::cmd("GET").arg(&hosts).query(&mut connection)?;
        let list: Vec<Value> = serde_json::from_slice(&list)?;
        let names = list.iter().filter_map(|item| item["cnameFrom"].as_str());
        keys.extend(names.map(|name| format!("akamai:acme:hostname:{name}")));
        keys.extend([hosts, format!("akamai:acme:property:{id}")]);
    }
    let began = Instant::now();
    Ok(std::thread::spawn(move || {
        loop {
            let there: usize = redis::cmd("EXISTS").arg(&keys).query(&mut connection)?;
            if there == 0 || began.elapsed() > LIMIT {
                return Ok(began.elapsed());
            }
            std::thread::sleep(Duration::from_micros(500));
        }
    }))
}
