//! One cell of the matrix: starts a command, injects the fault in the middle, and compares the report with a full
//! scan.

use super::injection::Fault;
use super::world::{Before, Data, ID, Mode, World};
use crate::support::keep_process::KeepProcess;
use crate::support::run::{Ended, Run, Running};
use crate::support::server::{wait_for, wait_long_for};
use serde_json::Value;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Command {
    Warm,
    WarmId,
    Resume,
    Keep,
    Check,
    Invalidate,
    Undo,
    Get,
    Search,
    HitRate,
    Stats,
    Inspect,
    Doctor,
}

/// Result of a run without a fault.
#[derive(Default)]
pub struct Expected {
    /// Number of requests that it sends.
    requests: usize,
    data: Data,
    answer: Value,
}

pub type Baseline = BTreeMap<Command, Expected>;

/// Result of a cell: the exit code, or that of the signal that ended it.
pub struct Outcome {
    pub code: i32,
    pub took: Duration,
    pub said: String,
}

impl Command {
    pub const ALL: [Self; 13] = [
        Self::Warm,
        Self::WarmId,
        Self::Resume,
        Self::Keep,
        Self::Check,
        Self::Invalidate,
        Self::Undo,
        Self::Get,
        Self::Search,
        Self::HitRate,
        Self::Stats,
        Self::Inspect,
        Self::Doctor,
    ];

    /// True if the command is tried in this mode: with TLS, one of each kind.
    pub fn applies_to(self, mode: Mode) -> bool {
        use Command::{Doctor, Get, Invalidate, Warm};
        mode != Mode::Tls || matches!(self, Warm | Invalidate | Get | Doctor)
    }

    pub fn shown(self) -> &'static str {
        match self {
            Self::Warm => "warm",
            Self::WarmId => "warm ID",
            Self::Resume => "warm --resume",
            Self::Keep => "warm --keep",
            Self::Check => "warm --check",
            Self::Invalidate => "invalidate",
            Self::Undo => "undo",
            Self::Get => "get",
            Self::Search => "search",
            Self::HitRate => "hit-rate",
            Self::Stats => "stats",
            Self::Inspect => "inspect",
            Self::Doctor => "doctor",
        }
    }

    pub fn line(self, world: &World) -> String {
        let line = match self {
            Self::Warm | Self::Resume | Self::Keep | Self::Check | Self::Doctor => self.shown(),
            Self::WarmId => return format!("warm {ID} -o json"),
            Self::Invalidate => "invalidate --pattern property:* --yes",
            Self::Undo => "undo",
            Self::Get => return format!("get property {ID} -o json"),
            Self::Search => return format!("search {} -o json", world.hostname),
            Self::HitRate => "hit-rate --days 2",
            Self::Stats => "stats --full --probes 5",
            Self::Inspect => return format!("inspect {ID} -o json"),
        };
        format!("{line} -o json")
    }

    pub fn before(self) -> Before {
        match self {
            Self::Warm | Self::WarmId | Self::Keep => Before::Cold,
            Self::Resume => Before::Interrupted,
            Self::Undo => Before::Removed,
            _ => Before::Warm,
        }
    }

    /// True if it is checked by the cache's content rather than by its output.
    pub fn changes(self) -> bool {
        use Command::{Invalidate, Keep, Resume, Undo, Warm, WarmId};
        matches!(self, Warm | WarmId | Resume | Keep | Invalidate | Undo)
    }

    /// Returns the part of the output that does not depend on the time.
    fn answer(self, ended: &Ended) -> Value {
        let report = ended.json();
        let of =
            |names: &[&str]| -> Value { names.iter().map(|name| report[*name].clone()).collect() };
        match self {
            Self::Get => report["items"][0]["value"].clone(),
            Self::Search => of(&["results"]),
            Self::HitRate => of(&["hits", "misses"]),
            Self::Stats => report["customers"][0]["keys"].clone(),
            Self::Inspect => of(&["key", "value"]),
            Self::Check => of(&["checked", "compared"]),
            Self::Doctor => {
                let checks = report["checks"].as_array().unwrap().iter();
                let failed = checks.filter(|check| check["ok"] == false);
                failed.map(|check| check["name"].clone()).collect()
            }
            _ => Value::Null,
        }
    }
}

/// Sets short timeouts if the fault stops replies, otherwise the defaults.
fn limited(world: &World, command: Command, fault: Fault) -> Run {
    let mut run = world.command(&command.line(world));
    if !fault.answers() {
        let (time, connect, retries) = match world.mode {
            mode if fault.replaces(mode) => ("1s", "1s", "2"),
            // Certificates take a debug build a while, on a busy machine more than a second.
            Mode::Tls => ("1s", "4s", "1"),
            _ => ("400ms", "400ms", "1"),
        };
        for (name, value) in [
            ("--timeout", time),
            ("--connect-timeout", connect),
            ("--retries", retries),
        ] {
            run = run.arg(name).arg(value);
        }
    }
    if fault == Fault::OwnDisk {
        run = run.limited("-f 0");
    }
    run
}

/// Runs each command once without a fault.
pub fn baseline(world: &World) -> Baseline {
    let measured = Command::ALL.map(|command| {
        world.reset(command.before());
        world.net.hold_at(0);
        let line = command.line(world).replace(" --keep", "");
        let ended = world.command(&line).run().with(0);
        let expected = Expected {
            requests: world.net.requests(),
            data: world.data(),
            answer: command.answer(&ended),
        };
        (command, expected)
    });
    measured.into()
}

/// Executes a cell.
pub fn cell(world: &mut World, command: Command, fault: Fault, expected: &Expected) -> Outcome {
    let mut at = expected.requests.div_ceil(2);
    loop {
        if let Some(outcome) = attempt(world, command, fault, expected, at) {
            return outcome;
        }
        // The run was over before; the number of parts that requests are sent in varies.
        assert!(at > 1, "the moment never came");
        at /= 2;
    }
}

fn attempt(
    world: &mut World,
    command: Command,
    fault: Fault,
    expected: &Expected,
    at: usize,
) -> Option<Outcome> {
    world.reset(command.before());
    world.net.hold_at(if fault.comes_first() { 0 } else { at });
    let broke = fault.comes_first().then(|| world.inject(fault, None));
    let began = Instant::now();
    let run = limited(world, command, fault);
    let mut process = if command == Command::Keep {
        Process::Keeps(KeepProcess::of(run, world.home.path()))
    } else {
        Process::Ends(run.spawn())
    };
    let broke = if let Some(broke) = broke {
        broke
    } else {
        if !world.net.holds(|| process.running().is_over()) {
            return None;
        }
        world.inject(fault, Some(process.running()))
    };
    let waits = fault.comes_first() && command == Command::Keep;
    let first = if waits {
        process.knocks(world)
    } else {
        process.first()
    };
    let took = began.elapsed();
    let data_then = (!fault.loses_data() && fault.leaves_a_report()).then(|| world.data());
    world.mend(fault, broke);
    world.settle();
    let ended = match (process, first) {
        (Process::Keeps(keeps), Some(_)) if fault == Fault::Interrupt => keeps.running.wait(),
        // It stays and recovers by itself.
        (Process::Keeps(mut keeps), Some(report)) => {
            let mut report = report;
            let limit = Instant::now() + Duration::from_secs(40);
            while report["complete"] != true {
                assert!(Instant::now() < limit, "it does not recover: {report}");
                world.locks_expire();
                keeps.running.begin_cycle();
                match keeps.next_or_end() {
                    Some(next) => report = next,
                    None => panic!("it does not stay: {}", keeps.running.wait().stderr),
                }
            }
            assert_eq!(world.data(), expected.data, "after a complete cycle");
            keeps.end()
        }
        (Process::Keeps(keeps), None) => keeps.running.wait(),
        (Process::Ends(run), _) => run.wait(),
    };
    let code = ended
        .signal()
        .map_or_else(|| ended.code(), |signal| 128 + signal);
    judge(
        world,
        command,
        expected,
        &ended,
        code,
        data_then.as_ref(),
        fault,
    );
    let said = format!("{}{}", ended.stdout, ended.stderr);
    Some(Outcome { code, took, said })
}

enum Process {
    Keeps(KeepProcess),
    Ends(Running),
}

impl Process {
    fn running(&self) -> &Running {
        match self {
            Self::Keeps(process) => &process.running,
            Self::Ends(running) => running,
        }
    }

    /// Waits until a staying process has tried to connect. A full server may not let it speak.
    fn knocks(&self, world: &World) -> Option<Value> {
        let knocked = || self.running().is_over() || world.net.dialled() > 0;
        wait_for("it connects", || knocked().then_some(()));
        (!self.running().is_over()).then_some(Value::Null)
    }

    /// Waits for the end, or for the first report of a staying process.
    fn first(&mut self) -> Option<Value> {
        if let Self::Keeps(process) = self {
            return process.next_or_end();
        }
        wait_long_for("the run ends", Duration::from_mins(1), || {
            self.running().is_over().then_some(())
        });
        None
    }
}

/// The run succeeded and a full scan agrees, or it failed and running it again completes it.
fn judge(
    world: &World,
    command: Command,
    expected: &Expected,
    ended: &Ended,
    code: i32,
    data_then: Option<&Data>,
    fault: Fault,
) {
    let context = || {
        format!(
            "{} {fault:?} {:?}: {code}: {}{}",
            command.shown(),
            world.mode,
            ended.stdout,
            ended.stderr
        )
    };
    assert!(!ended.stderr.contains("panicked"), "{}", context());
    let report: Option<Value> = serde_json::from_str(&ended.stdout).ok();
    if !fault.loses_data() {
        let foreign = world.foreign();
        assert_eq!(
            foreign.as_deref(),
            Some("of somebody else"),
            "{}",
            context()
        );
    }
    if command.changes() && command != Command::Keep && code != 0 {
        if let Some(report) = &report {
            assert_ne!(report["complete"], true, "{}", context());
        }
        if let (Some(report), Some(data)) = (&report, data_then) {
            says_how_much(command, report, data, &context);
        }
    }
    if !command.changes() && !fault.loses_data() {
        assert_eq!(world.data(), expected.data, "only read: {}", context());
    }
    let done = |ended: &Ended, when: &str| {
        if command.changes() {
            assert_eq!(world.data(), expected.data, "{when}: {}", context());
        } else {
            assert_eq!(
                command.answer(ended),
                expected.answer,
                "{when}: {}",
                context()
            );
        }
    };
    if code == 0 && !(fault.loses_data() && command.changes()) {
        done(ended, "at the end");
        return;
    }
    if command == Command::Keep && code == 143 {
        return;
    }
    if fault.loses_data() {
        world.reset(command.before());
    }
    world.locks_expire();
    let line = command.line(world).replace(" --keep", "");
    let again = world.command(&line).run();
    // An undo may have finished even though its last reply was lost.
    let ends = if command == Command::Undo {
        vec![0, 2, 7]
    } else {
        vec![0]
    };
    assert!(
        ends.contains(&again.code()),
        "again: {}{} after {}",
        again.stdout,
        again.stderr,
        context()
    );
    done(&again, "again");
}

/// Checks that the report's number matches the scan.
fn says_how_much(command: Command, report: &Value, data: &Data, context: &dyn Fn() -> String) {
    let properties = data.keys().filter(|key| key.contains(":property:")).count();
    match command {
        // Four properties and their hostnames.
        Command::Invalidate => assert_eq!(report["removed"], 8 - properties, "{}", context()),
        Command::Undo => assert_eq!(report["restored"], properties, "{}", context()),
        _ => {}
    }
}
