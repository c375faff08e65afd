//! Runs the binary with a clean environment, its own home and a time limit, and checks that it leaves no secret
//! behind.

use super::cluster::Cluster;
use super::secrets::{Watch, marked_variable};
use rustix::termios::LocalModes;
use serde_json::Value;
use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{Read, Write as _};
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// Time limit of a run. A run that exceeds it is killed and fails its test.
const LIMIT: Duration = Duration::from_mins(1);

pub const BINARY: &str = env!("CARGO_BIN_EXE_alecs-cache");

/// An empty home folder for runs.
pub struct Home {
    folder: TempDir,
}

impl Home {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self { folder }
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Writes a private file below the home, creating its folders.
    pub fn write(&self, name: &str, text: &str) -> PathBuf {
        use std::os::unix::fs::PermissionsExt as _;
        let path = self.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
        path
    }

    /// Writes the default configuration file.
    pub fn config(&self, text: &str) -> PathBuf {
        self.write(".config/alecs-cache/config.toml", text)
    }

    /// Runs the binary with these arguments, separated by spaces.
    pub fn run(&self, line: &str) -> Ended {
        self.command(line).run()
    }

    /// Prepares a run with these arguments, separated by spaces.
    pub fn command(&self, line: &str) -> Run {
        self.command_of(line.split_whitespace())
    }

    pub fn command_of<T: Into<OsString>>(&self, arguments: impl IntoIterator<Item = T>) -> Run {
        self.program(BINARY, arguments)
    }

    /// Prepares a run of another program, which runs the binary.
    pub fn program<T: Into<OsString>>(
        &self,
        program: &str,
        arguments: impl IntoIterator<Item = T>,
    ) -> Run {
        let mut command = Command::new(program);
        command
            .args(arguments.into_iter().map(Into::into))
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", self.path())
            .env("XDG_CONFIG_HOME", self.path().join(".config"))
            .env("XDG_STATE_HOME", self.path().join(".state"))
            .env("TMPDIR", self.path())
            .env("PAGER", "cat")
            .current_dir(self.path());
        Run {
            command,
            home: self.path().to_owned(),
            stdin: Some(Vec::new()),
            columns: 0,
        }
    }
}

/// A prepared run.
pub struct Run {
    command: Command,
    home: PathBuf,
    /// `None` keeps stdin open without input.
    stdin: Option<Vec<u8>>,
    /// Width of the terminal; 0 if it reports none.
    columns: u16,
}

impl Run {
    /// Configures the cluster, with the customer `acme`.
    pub fn in_cluster(self, cluster: &Cluster) -> Self {
        let nodes: Vec<String> = cluster.seeds().iter().map(ToString::to_string).collect();
        self.env("ALECS_CACHE_MODE", "cluster")
            .env("ALECS_CACHE_NODES", nodes.join(","))
            .env("ALECS_CUSTOMER", "acme")
    }

    /// Sets the terminal's width, without which nothing is redrawn.
    pub fn columns(mut self, columns: u16) -> Self {
        self.columns = columns;
        self
    }

    /// Runs in a shell with this `ulimit`.
    pub fn limited(self, limit: &str) -> Self {
        self.by_shell(&format!("ulimit {limit}; exec \"$0\" \"$@\""))
    }

    /// Sends stderr where stdout goes, so that their order shows.
    pub fn merged(self) -> Self {
        self.by_shell("exec \"$0\" \"$@\" 2>&1")
    }

    /// Makes the terminal its controlling terminal, so that Ctrl-C raises the signal.
    pub fn with_terminal_of_its_own(self) -> Self {
        self.by_shell("exec setsid --ctty \"$0\" \"$@\"")
    }

    /// Lets Ctrl-C end it before it listens. A script that runs the tests in the background has SIGINT ignored, and
    /// processes keep that.
    pub fn interruptible(self) -> Self {
        self.by_shell("exec env --default-signal=INT \"$0\" \"$@\"")
    }

    fn by_shell(mut self, script: &str) -> Self {
        let mut shell = Command::new("sh");
        shell
            .args(["-c", script, BINARY])
            .args(self.command.get_args());
        shell.env_clear();
        for (name, value) in self.command.get_envs() {
            shell.env(name, value.unwrap_or_default());
        }
        shell.current_dir(&self.home);
        self.command = shell;
        self
    }

    pub fn arg(mut self, argument: impl AsRef<OsStr>) -> Self {
        self.command.arg(argument);
        self
    }

    /// Sets an environment variable.
    #[track_caller]
    pub fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        marked_variable(name, &value.as_ref().to_string_lossy());
        self.command.env(name, value);
        self
    }

    pub fn current_dir(mut self, folder: &Path) -> Self {
        self.command.current_dir(folder);
        self
    }

    pub fn stdin(mut self, text: impl Into<Vec<u8>>) -> Self {
        self.stdin = Some(text.into());
        self
    }

    /// Keeps stdin open without input, so that reading it blocks.
    pub fn silent_stdin(mut self) -> Self {
        self.stdin = None;
        self
    }

    /// Runs on a terminal and returns its screen. The keys are pressed at once.
    pub fn on_terminal(self, keys: &str) -> OnTerminal {
        self.on_terminal_when("", keys)
    }

    /// Runs on a terminal. The keys are pressed once it shows `prompt`; for a password once the echo is off, because
    /// turning it off discards earlier input.
    pub fn on_terminal_when(self, prompt: &str, keys: &str) -> OnTerminal {
        self.at_prompt(prompt, |mut screen, _| {
            screen.write_all(keys.as_bytes()).unwrap();
        })
    }

    /// Runs on a terminal and sends the signal once it shows `prompt`.
    pub fn signalled_at(self, prompt: &str, signal: rustix::process::Signal) -> OnTerminal {
        self.at_prompt(prompt, |_, child| {
            let id = rustix::process::Pid::from_child(child);
            rustix::process::kill_process(id, signal).unwrap();
        })
    }

    /// Runs on a terminal that is closed once it shows `prompt`, and returns the exit code.
    pub fn closed_at(self, prompt: &'static str) -> Option<i32> {
        let (mut ours, mut child, mut watch) = self.begin_on_terminal();
        let reading = std::thread::spawn(move || {
            let (mut shown, mut part) = (String::new(), [0; 4096]);
            while !shown.contains(prompt) {
                let length = ours.read(&mut part).unwrap();
                shown.push_str(&String::from_utf8_lossy(&part[..length]));
            }
        });
        let status = wait_for(&mut child, &mut watch, Instant::now());
        reading.join().unwrap();
        status.code()
    }

    /// Runs on a terminal and acts once it shows `prompt`; what is written to the file are pressed keys.
    pub fn at_prompt(self, prompt: &str, act: impl FnOnce(&File, &Child)) -> OnTerminal {
        let (ours, mut child, mut watch) = self.begin_on_terminal();
        let began = Instant::now();
        let (shown, screen) = (Arc::new(Mutex::new(Vec::new())), ours.try_clone().unwrap());
        let so_far = Arc::clone(&shown);
        let reading = std::thread::spawn(move || {
            let (mut screen, mut part) = (screen, [0; 4096]);
            while let Ok(length @ 1..) = screen.read(&mut part) {
                so_far.lock().unwrap().extend_from_slice(&part[..length]);
            }
        });
        let text = || String::from_utf8_lossy(&shown.lock().unwrap()).into_owned();
        while !text().contains(prompt) {
            assert!(began.elapsed() < LIMIT, "no {prompt:?} in {:?}", text());
            std::thread::sleep(Duration::from_millis(2));
        }
        let local_modes = || rustix::termios::tcgetattr(&ours).unwrap().local_modes;
        while prompt.starts_with("Password") && local_modes().contains(LocalModes::ECHO) {
            assert!(began.elapsed() < LIMIT, "it echoes: {:?}", text());
            std::thread::sleep(Duration::from_millis(2));
        }
        act(&ours, &child);
        let status = wait_for(&mut child, &mut watch, began);
        reading.join().unwrap();
        watch.end(&[("the terminal", &shown.lock().unwrap())]);
        OnTerminal {
            code: status.code(),
            screen: text(),
            echo: local_modes().contains(LocalModes::ECHO | LocalModes::ISIG | LocalModes::ECHOCTL),
        }
    }

    /// Starts on a terminal; returns our side of it.
    fn begin_on_terminal(mut self) -> (File, Child, Watch) {
        let (ours, theirs) = terminal();
        if self.columns > 0 {
            set_size(&ours, self.columns);
        }
        if !self.command.get_envs().any(|(name, _)| name == "TERM") {
            self.command.env("TERM", "xterm-256color");
        }
        self.command
            .stdin(theirs.try_clone().unwrap())
            .stdout(theirs.try_clone().unwrap())
            .stderr(theirs);
        let watch = Watch::begin(&self.home);
        // Dropped at the end: the command would keep the other side open.
        let child = self.command.spawn().unwrap();
        (ours, child, watch)
    }

    /// Redirects stdout instead of capturing it, and starts.
    pub fn stdout(mut self, stdout: impl Into<Stdio>) -> Running {
        self.command.stdout(stdout);
        self.begin()
    }

    /// Runs to the end.
    pub fn run(self) -> Ended {
        self.spawn().wait()
    }

    /// Starts without waiting.
    pub fn spawn(mut self) -> Running {
        self.command.stdout(Stdio::piped());
        self.begin()
    }

    fn begin(mut self) -> Running {
        self.command.stdin(Stdio::piped()).stderr(Stdio::piped());
        let watch = Watch::begin(&self.home);
        let mut child = self.command.spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        let open = match self.stdin {
            Some(text) => {
                // The process may end without reading its stdin.
                std::thread::spawn(move || stdin.write_all(&text).ok());
                None
            }
            None => Some(stdin),
        };
        let stdout = child.stdout.take().map(collect);
        let stderr = child.stderr.take().map(collect);
        Running {
            child,
            watch: Some(watch),
            stdout,
            stderr,
            _stdin: open,
        }
    }
}

fn collect(mut from: impl Read + Send + 'static) -> JoinHandle<Vec<u8>> {
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        from.read_to_end(&mut bytes).ok();
        bytes
    })
}

/// Opens a terminal; returns our end and the process's.
pub fn terminal() -> (File, File) {
    use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
    let ours = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC).unwrap();
    grantpt(&ours).unwrap();
    unlockpt(&ours).unwrap();
    let name = ptsname(&ours, Vec::new()).unwrap().into_string().unwrap();
    let theirs = File::options().read(true).write(true).open(name).unwrap();
    (File::from(ours), theirs)
}

fn set_size(terminal: &File, columns: u16) {
    let size = rustix::termios::Winsize {
        ws_col: columns,
        ws_row: 24,
        ws_xpixel: 0,
        ws_ypixel: 0,
    };
    rustix::termios::tcsetwinsize(terminal, size).unwrap();
}

fn wait_for(child: &mut Child, watch: &mut Watch, began: Instant) -> ExitStatus {
    loop {
        watch.look_at_children(child.id());
        if let Some(status) = child.try_wait().unwrap() {
            return status;
        }
        if began.elapsed() > LIMIT {
            child.kill().unwrap();
            child.wait().unwrap();
            panic!("the run took longer than {LIMIT:?}");
        }
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// A finished run on a terminal.
#[derive(Debug)]
pub struct OnTerminal {
    pub code: Option<i32>,
    /// Everything shown, stdout and stderr interleaved.
    pub screen: String,
    /// Whether the terminal echoes input afterwards and has its keys for signals.
    pub echo: bool,
}

/// A run in progress.
pub struct Running {
    child: Child,
    watch: Option<Watch>,
    stdout: Option<JoinHandle<Vec<u8>>>,
    stderr: Option<JoinHandle<Vec<u8>>>,
    _stdin: Option<ChildStdin>,
}

/// Ends the process even if its test fails.
impl Drop for Running {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

impl Running {
    /// Waits until the process handles signals, which would otherwise just end it.
    pub fn listens(&self) {
        // SIGINT is 2, SIGTERM 15.
        let both = 1 << 1 | 1 << 14;
        self.has_signals("SigCgt:", |caught| caught & both == both);
    }

    /// Waits until [`Run::interruptible`] has taken effect.
    pub fn is_interruptible(&self) {
        self.has_signals("SigIgn:", |ignored| ignored & (1 << 1) == 0);
    }

    fn has_signals(&self, field: &str, wanted: impl Fn(u64) -> bool) {
        let file = format!("/proc/{}/status", self.child.id());
        super::server::wait_for("it hears signals", || {
            let status = std::fs::read_to_string(&file).ok()?;
            let mask = status.lines().find_map(|line| line.strip_prefix(field))?;
            let mask = u64::from_str_radix(mask.trim(), 16).ok()?;
            wanted(mask).then_some(())
        });
    }

    pub fn is_over(&self) -> bool {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()));
        status.map_or(true, |status| status.contains("State:\tZ"))
    }

    pub fn interrupt(&self) {
        self.signal(rustix::process::Signal::INT);
    }

    pub fn terminate(&self) {
        self.signal(rustix::process::Signal::TERM);
    }

    /// Makes `warm --keep` start a cycle.
    pub fn begin_cycle(&self) {
        self.signal(rustix::process::Signal::USR1);
    }

    pub fn kill(&self) {
        self.signal(rustix::process::Signal::KILL);
    }

    fn signal(&self, signal: rustix::process::Signal) {
        let id = i32::try_from(self.child.id()).unwrap();
        rustix::process::kill_process(rustix::process::Pid::from_raw(id).unwrap(), signal).unwrap();
    }

    #[track_caller]
    pub fn wait(mut self) -> Ended {
        let mut watch = self.watch.take().unwrap();
        let status = wait_for(&mut self.child, &mut watch, Instant::now());
        let bytes_of = |thread: Option<JoinHandle<Vec<u8>>>| {
            thread
                .map(|thread| thread.join().unwrap())
                .unwrap_or_default()
        };
        let (bytes, stderr) = (bytes_of(self.stdout.take()), bytes_of(self.stderr.take()));
        watch.end(&[("stdout", &bytes), ("stderr", &stderr)]);
        Ended {
            status,
            stdout: String::from_utf8_lossy(&bytes).into_owned(),
            bytes,
            stderr: String::from_utf8_lossy(&stderr).into_owned(),
        }
    }
}

/// A finished run.
#[derive(Debug)]
pub struct Ended {
    status: ExitStatus,
    pub stdout: String,
    /// Stdout as bytes.
    pub bytes: Vec<u8>,
    pub stderr: String,
}

impl Ended {
    /// The signal that ended it, if any.
    pub fn signal(&self) -> Option<i32> {
        self.status.signal()
    }

    /// The exit code; panics if a signal ended it.
    pub fn code(&self) -> i32 {
        self.status.code().unwrap_or_else(|| {
            panic!(
                "signal {:?} ended it: {}",
                self.status.signal(),
                self.stderr
            )
        })
    }

    /// Panics unless it exited with this code.
    #[track_caller]
    pub fn with(self, code: i32) -> Self {
        assert_eq!(
            self.code(),
            code,
            "stdout: {}\nstderr: {}",
            self.stdout,
            self.stderr
        );
        self
    }

    /// Panics unless stderr contains the text.
    #[track_caller]
    pub fn says(&self, text: impl AsRef<str>) {
        let text = text.as_ref();
        assert!(
            self.stderr.contains(text),
            "{text:?} is not in: {}",
            self.stderr
        );
    }

    /// Parses the JSON document on stdout.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.stdout)
            .unwrap_or_else(|error| panic!("{error} in {:?}; stderr: {}", self.stdout, self.stderr))
    }

    /// Parses the JSON object in the last line of stderr.
    #[track_caller]
    pub fn error(&self) -> Value {
        let last = self.stderr.lines().last().unwrap_or_default();
        let object: Value =
            serde_json::from_str(last).unwrap_or_else(|error| panic!("{error} in {last:?}"));
        object["error"].clone()
    }
}
