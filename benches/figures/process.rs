//! Whole processes, measured from outside: how long they take and how much memory they take at most.

use crate::Failed;
use serde_json::Value;
use std::ffi::OsStr;
use std::io::Read;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// No process takes longer; one that does is killed and ends the figures.
const LIMIT: Duration = Duration::from_mins(2);

/// How often a process is looked at. Its memory is lost with it, so that what it takes in its last
/// moment may be missed; no step grows in its last moment.
const LOOK: Duration = Duration::from_millis(2);

/// Where the processes run: no settings of this user, a folder that goes when the figures are taken.
pub struct Home {
    folder: TempDir,
}

impl Home {
    pub fn new() -> Result<Self, Failed> {
        let folder = tempfile::tempdir()?;
        Ok(Self { folder })
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Prepares our binary for this cache.
    pub fn ours<T: AsRef<OsStr>>(
        &self,
        port: u16,
        arguments: impl IntoIterator<Item = T>,
    ) -> Command {
        let mut command = self.command(env!("CARGO_BIN_EXE_alecs-cache"));
        command
            .env("ALECS_CACHE_URL", format!("redis://127.0.0.1:{port}/0"))
            .args(arguments);
        command
    }

    /// Prepares another program.
    pub fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(program);
        command
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", self.path())
            .env("XDG_STATE_HOME", self.path().join("state"))
            .current_dir(self.path())
            .stdin(Stdio::null());
        command
    }
}

/// Fails unless the program is there.
pub fn needs(program: &str, package: &str) -> Result<(), Failed> {
    let started = Command::new(program)
        .arg("--version")
        .stdin(Stdio::null())
        .output();
    started.map_err(|error| format!("{program} is needed ({package}): {error}"))?;
    Ok(())
}

/// A process that has ended well.
pub struct Measured {
    /// From before it was started until it had ended.
    pub time: Duration,
    /// Bytes of memory that it took at most.
    pub memory: u64,
    /// What it wrote.
    pub stdout: Vec<u8>,
}

impl Measured {
    /// The JSON document that it wrote.
    pub fn json(&self) -> Result<Value, Failed> {
        Ok(serde_json::from_slice(&self.stdout)?)
    }
}

/// Runs a process to its end, with an eye on its memory. Any code but 0 is a failure.
pub fn measured(mut command: Command) -> Result<Measured, Failed> {
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let began = Instant::now();
    let mut child = command.spawn()?;
    let stdout = child.stdout.take().map(collect);
    let stderr = child.stderr.take().map(collect);
    let (status, memory) = watch(&mut child, began)?;
    let time = began.elapsed();
    let stdout = joined(stdout);
    if !status.success() {
        let said = joined(stderr);
        let said = String::from_utf8_lossy(&said);
        return Err(format!("{}: {status}: {said}", line(&command)).into());
    }
    Ok(Measured {
        time,
        memory,
        stdout,
    })
}

/// How long a process takes that is left alone. Any code but 0 is a failure.
pub fn timed(mut command: Command) -> Result<Duration, Failed> {
    command.stdout(Stdio::null()).stderr(Stdio::null());
    let began = Instant::now();
    let status = command.status()?;
    let time = began.elapsed();
    if !status.success() {
        return Err(format!("{}: {status}", line(&command)).into());
    }
    Ok(time)
}

/// The one in the middle.
pub fn median(times: &mut [Duration]) -> Duration {
    times.sort_unstable();
    times.get(times.len() / 2).copied().unwrap_or_default()
}

fn watch(child: &mut Child, began: Instant) -> Result<(std::process::ExitStatus, u64), Failed> {
    let mut memory = 0;
    loop {
        // Read before it is asked for: a process that has ended has none.
        memory = memory.max(peak(child.id()));
        if let Some(status) = child.try_wait()? {
            return Ok((status, memory));
        }
        if began.elapsed() > LIMIT {
            child.kill()?;
            child.wait()?;
            return Err(format!("a process took longer than {LIMIT:?}").into());
        }
        std::thread::sleep(LOOK);
    }
}

/// The most memory that a process has had so far; 0 when it has gone.
fn peak(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kilobytes = line.and_then(|line| line.trim().strip_suffix(" kB"));
    kilobytes
        .and_then(|text| text.trim().parse::<u64>().ok())
        .unwrap_or_default()
        * 1024
}

fn collect(mut from: impl Read + Send + 'static) -> JoinHandle<Vec<u8>> {
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        // A pipe that breaks has said all that it will.
        let _ = from.read_to_end(&mut bytes);
        bytes
    })
}

fn joined(thread: Option<JoinHandle<Vec<u8>>>) -> Vec<u8> {
    thread
        .and_then(|thread| thread.join().ok())
        .unwrap_or_default()
}

/// The command as it would be typed; a thousand ids are cut.
fn line(command: &Command) -> String {
    let program = Path::new(command.get_program());
    let name = program.file_name().unwrap_or_default().to_string_lossy();
    let arguments = command.get_args().map(OsStr::to_string_lossy);
    let words: Vec<_> = std::iter::once(name).chain(arguments).take(12).collect();
    words.join(" ")
}
