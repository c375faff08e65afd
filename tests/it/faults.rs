//! The matrix of docs/faults.md: each command in each mode with each fault in the middle of its run. Every cell is
//! executed, and its outcome must be allowed by the contract of the exit codes.
//! `UPDATE=1 cargo test --test it faults::` rewrites the document.

mod cells;
mod injection;
mod world;

use self::cells::{Command, Expected, Outcome, baseline, cell};
use self::injection::Fault;
use self::world::{Before, Mode, World};
use std::fmt::Write as _;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Exit codes that a cell may have; empty if the cell does not apply.
fn allowed(mode: Mode, fault: Fault, command: Command) -> &'static [i32] {
    use Command::{Doctor, Get, Invalidate, Keep, Resume, Search, Stats, Warm, WarmId};
    let reads = !command.changes();
    let warms = matches!(command, Warm | WarmId | Resume | Keep);
    match fault {
        _ if !fault.applies_to(mode) || !command.applies_to(mode) => &[],
        Fault::KillTool => &[137],
        Fault::Interrupt if command == Keep => &[130],
        Fault::Interrupt => &[0, 130],
        // It stays and recovers until SIGTERM ends it, and it writes no file.
        Fault::OwnDisk if command == Keep => &[],
        _ if command == Keep => &[143],
        // These commands fall back to Akamai.
        _ if matches!(command, Get | Search) => &[0],
        // Another primary takes over in time or not, and the run lock may be lost with the former one.
        _ if fault.replaces(mode) && warms => &[0, 7, 8, 10, 11],
        _ if fault.replaces(mode) => &[0, 7, 10, 11],
        Fault::SlotsMove => &[0, 7],
        // The second replica still answers.
        Fault::Lost | Fault::Cut | Fault::Hole | Fault::Garbage | Fault::MaxClients
            if mode == Mode::Sentinel && command == Stats =>
        {
            &[0, 7, 10, 11]
        }
        // One of several nodes stops answering.
        Fault::Lost if mode == Mode::Cluster => &[0, 7, 10, 11],
        // The value may have arrived before; only additional information is missing.
        Fault::Hole | Fault::Cut | Fault::Garbage if reads => &[0, 10, 11],
        Fault::Lost
        | Fault::MaxClients
        | Fault::Freeze
        | Fault::Hole
        | Fault::Cut
        | Fault::Garbage => &[10, 11],
        // A server that does not answer PING may be replaced.
        Fault::ServerDisk if mode == Mode::Sentinel && warms => &[0, 1, 7, 8, 10, 11],
        Fault::ServerDisk if mode == Mode::Sentinel => &[0, 1, 7, 10, 11],
        // It reports the problem if the fault precedes the check.
        Fault::Memory | Fault::ServerDisk if command == Doctor => &[0, 7],
        // Short replies arrive in time, and loading may finish before the retries are used up.
        Fault::Drip | Fault::Loading => &[0, 7, 10, 11],
        _ if reads => &[0],
        // Everything may have been written before, and removing takes no memory.
        Fault::Memory | Fault::ServerDisk => &[0, 1, 7],
        Fault::OwnDisk if command == Invalidate => &[1, 7],
        Fault::OwnDisk => &[0],
        Fault::FailoverOrdered | Fault::FailoverKilled => &[],
    }
}

/// Executes all cells of a mode, several concurrently.
fn matrix(mode: Mode) {
    // The cells wait most of the time.
    const WORKERS: usize = 8;
    let cells = Fault::ALL.into_iter().flat_map(|fault| {
        let commands = Command::ALL.into_iter();
        commands.map(move |command| (fault, command))
    });
    let mut cells: Vec<(Fault, Command)> = cells
        .filter(|(fault, command)| !allowed(mode, *fault, *command).is_empty())
        .collect();
    // Those that need servers of their own first, those that need the same servers together, and short ones last.
    let order = |fault: Fault| (!fault.loses_data(), fault.needs_replicas(), fault.answers());
    cells.sort_by_key(|(fault, _)| order(*fault));
    let (next, bad) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    let first = World::new(mode, false);
    let baseline = baseline(&first);
    let first = Mutex::new(Some(first));
    std::thread::scope(|scope| {
        for _ in 0..WORKERS {
            scope.spawn(|| {
                let mut world = first.lock().unwrap().take();
                while let Some((fault, command)) = cells.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let failure = run(&mut world, mode, *fault, *command, &baseline[command]);
                    bad.lock().unwrap().extend(failure);
                }
            });
        }
    });
    let bad = bad.into_inner().unwrap();
    assert!(bad.is_empty(), "{}", bad.join("\n"));
}

/// Executes a cell and returns its failure.
fn run(
    world: &mut Option<World>,
    mode: Mode,
    fault: Fault,
    command: Command,
    expected: &Expected,
) -> Option<String> {
    let fits = |world: &World| match mode {
        Mode::Single | Mode::Tls => true,
        // It must be known which server is the primary.
        Mode::Sentinel => fault != Fault::Lost,
        Mode::Cluster => (world.all().len() == 6) == fault.needs_replicas(),
    };
    let carry_out = |world: &mut Option<World>| {
        catch_unwind(AssertUnwindSafe(|| {
            let world = match world.take_if(|world| fits(world)) {
                Some(found) => world.insert(found),
                None => world.insert(World::new(mode, fault.needs_replicas())),
            };
            cell(world, command, fault, expected)
        }))
    };
    let mut ended = carry_out(world);
    // On a busy machine sentinels sometimes replace an untouched primary, which loses its data.
    if mode == Mode::Sentinel && ended.is_err() {
        *world = None;
        ended = carry_out(world);
    }
    let name = format!("{mode:?} {fault:?} {}", command.shown());
    let allowed = allowed(mode, fault, command);
    match ended {
        Ok(Outcome { code, took, .. }) if allowed.contains(&code) => {
            println!("{name}: {code} after {took:.1?}");
            None
        }
        Ok(Outcome { code, said, .. }) => {
            Some(format!("{name}: {code}, not one of {allowed:?}: {said}"))
        }
        Err(error) => {
            *world = None;
            let said = error.downcast_ref::<String>().cloned();
            Some(format!("{name}: {}", said.unwrap_or_default()))
        }
    }
}

#[test]
fn on_a_single_server_each_cell_succeeds_or_reports_what_is_missing() {
    matrix(Mode::Single);
}

#[test]
fn by_tls_on_redis_each_cell_succeeds_or_reports_what_is_missing() {
    matrix(Mode::Tls);
}

#[test]
fn behind_sentinels_each_cell_succeeds_or_reports_what_is_missing() {
    matrix(Mode::Sentinel);
}

#[test]
fn in_a_cluster_each_cell_succeeds_or_reports_what_is_missing() {
    matrix(Mode::Cluster);
}

#[test]
fn no_command_writes_to_a_replica_whatever_read_from_says() {
    std::thread::scope(|scope| {
        for mode in [Mode::Sentinel, Mode::Cluster] {
            scope.spawn(move || writes_to_no_replica(mode));
        }
    });
}

fn writes_to_no_replica(mode: Mode) {
    let world = World::new(mode, true);
    let mut others = vec![
        "warm --force",
        "invalidate property:prp_100001 --soft --yes",
    ];
    others.extend([
        "invalidate prp_100000 --cascade --refill --yes",
        "locks clear --stale --yes",
    ]);
    others.extend(["get properties", "warm --from-misses"]);
    let lines = Command::ALL.map(|command| (command.before(), command.line(&world)));
    let others = others.iter().map(|line| (Before::Warm, (*line).to_owned()));
    for (before, line) in lines.into_iter().chain(others) {
        world.reset(before);
        let line = line.replace(" --keep", "");
        for who in ["replica", "prefer-replica"] {
            world.command(&format!("{line} --read-from {who}")).run();
        }
        for replica in world.all() {
            // A cluster node answers a write with a redirection.
            for error in ["errorstat_READONLY", "errorstat_MOVED"] {
                let of_replica = replica.info("role") == "slave";
                assert!(
                    !of_replica || replica.info(error).is_empty(),
                    "{mode:?}: {line}"
                );
            }
        }
    }
}

const HEAD: &str = "\
# Under faults

Each command in each mode, with each fault in the middle of its run, on real servers. A cell lists the exit codes that the run may
end with; which one depends on the moment. `tests/it/faults.rs` runs every cell and compares the report with a full scan.

In every cell:

- 0 means done, and the scan agrees.
- Any other code means that the report says so: `complete` is not true, and `removed` and `restored` match the scan unless the last
  answers were lost. The same command, run again after the fault, exits with 0 and the scan agrees.
- No data is left without a TTL, and no foreign key is touched.
- A run that was killed or lost its server cannot release its run lock, which expires after 60 s.

| code | means |
|---|---|
| 137, 130 | the signal |
| 143 | `--keep` stayed, its next cycles completed the cache, and SIGTERM ended it |
| 10, 11 | the server was lost, did not answer in time or was no longer the primary, and the retries were used up |
| 8 | the run lock was lost with the former primary |
| 7 | done in part, or not proven because servers or slots moved |
| 1 | the server refused to write and nothing was done; with a full disk it refuses PING too, so the sentinels may replace it |
| – | does not apply |

`get` and `search` exit with 0 whenever Akamai answers.
";

const TAIL: &str = "
`--timeout`, `--connect-timeout` and `--retries` bound hangs, black holes and slow answers: each step of a run waits that long at
most, and a run has no more than about five such steps (`warm` has the most). For faults of the API, see `tests/it/warm_faults.rs`
and `tests/it/source/faults.rs`.
";

fn table(mode: Mode) -> String {
    let title = match mode {
        Mode::Single => "A single server",
        Mode::Tls => "A single server of Redis 7.0, by TLS",
        Mode::Sentinel => "A primary, two replicas and three sentinels",
        Mode::Cluster => "A cluster of three primaries",
    };
    let mut commands = Command::ALL.to_vec();
    commands.retain(|command| command.applies_to(mode));
    let mut text = format!("\n## {title}\n\n| |");
    for command in &commands {
        let _ = write!(text, " `{}` |", command.shown());
    }
    text += "\n|---|";
    text += &"---|".repeat(commands.len());
    for fault in Fault::ALL {
        if !fault.applies_to(mode) {
            continue;
        }
        let _ = write!(text, "\n| {} |", fault.shown());
        for command in &commands {
            let codes = allowed(mode, fault, *command).iter();
            let codes: Vec<String> = codes.map(ToString::to_string).collect();
            let codes = codes.join(" ");
            let _ = write!(text, " {} |", if codes.is_empty() { "–" } else { &codes });
        }
    }
    text + "\n"
}

#[test]
fn the_document_shows_the_outcomes_that_are_allowed() {
    let path: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/faults.md");
    let tables = [Mode::Single, Mode::Tls, Mode::Sentinel, Mode::Cluster].map(table);
    let text = format!("{HEAD}{}{TAIL}", tables.concat());
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, &text).unwrap();
    }
    let written = std::fs::read_to_string(&path).unwrap();
    assert_eq!(written, text, "UPDATE=1 cargo test --test it faults::");
}
