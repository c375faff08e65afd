//! Whole processes, measured from outside: time and peak memory.

use crate::Failed;
use serde_json::Value;
use std::ffi::OsStr;
use std::io::Read;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// Time limit of a process. A process that exceeds it is killed and ends the benchmark.
const LIMIT: Duration = Duration::from_mins(2);

/// Interval of checking a process. Its memory figure disappears with it, so growth in the last moment may be missed;
/// no step grows in its last moment.
const LOOK: Duration = Duration::from_millis(2);

/// Environment of the processes: no settings of this user, and a folder that is removed afterwards.
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

    /// Prepares our binary with this cache.
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

/// Fails unless the program is installed.
pub fn needs(program: &str, package: &str) -> Result<(), Failed> {
    let started = Command::new(program)
        .arg("--version")
        .stdin(Stdio::null())
        .output();
    started.map_err(|error| format!("{program} is needed ({package}): {error}"))?;
    Ok(())
}

/// A process that succeeded.
pub struct Measured {
    /// From before its start to its end.
    pub time: Duration,
    /// Peak memory in bytes.
    pub memory: u64,
    pub stdout: Vec<u8>,
}

impl Measured {
    /// Parses the JSON document that it wrote.
    pub fn json(&self) -> Result<Value, Failed> {
        Ok(serde_json::from_slice(&self.stdout)?)
    }
}

/// Runs a process to its end, watching its memory. Fails for any exit code but 0.
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

/// Times a process without watching it. Fails for any exit code but 0.
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

pub fn median(times: &mut [Duration]) -> Duration {
    times.sort_unstable();
    times.get(times.len() / 2).copied().unwrap_or_default()
}

fn watch(child: &mut Child, began: Instant) -> Result<(std::process::ExitStatus, u64), Failed> {
    let mut memory = 0;
    loop {
        // Read before the exit status: a process that has ended has no memory figure.
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

/// Returns the peak memory of a process so far; 0 once it is gone.
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
        // A broken pipe has delivered all that it will.
        let _ = from.read_to_end(&mut bytes);
        bytes
    })
}

fn joined(thread: Option<JoinHandle<Vec<u8>>>) -> Vec<u8> {
    thread
        .and_then(|thread| thread.join().ok())
        .unwrap_or_default()
}

/// Returns the command as typed; a thousand ids are shortened.
fn line(command: &Command) -> String {
    let program = Path::new(command.get_program());
    let name = program.file_name().unwrap_or_default().to_string_lossy();
    let arguments = command.get_args().map(OsStr::to_string_lossy);
    let words: Vec<_> = std::iter::once(name).chain(arguments).take(12).collect();
    words.join(" ")
}
