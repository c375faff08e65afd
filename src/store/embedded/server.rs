//! A private server, started for one command and stopped with it.

use crate::store::embedded::folder::{ServerFolder, ServerRecord, private_socket};
use crate::store::error::Error;
use crate::store::net::connection::Connection;
use rustix::fs::Mode;
use rustix::process::{Pid, Signal, kill_process, umask};
use std::ffi::OsStr;
use std::io;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;
use tokio::time::{Instant, sleep, timeout};

/// Limit for a server to start, unless it reports that it loads its data.
const START: Duration = Duration::from_secs(10);
/// Limit for a server to load or save its data.
const LOAD: Duration = Duration::from_mins(2);
/// Log messages of servers that cannot read the data files.
const OTHER_FORMAT: [&str; 2] = ["Bad file format", "Can't handle RDB format"];
/// How long an unused server may take to stop before it is killed.
const UNUSED: Duration = Duration::from_secs(1);
/// Interval of checking a server that starts or stops.
const POLL: Duration = Duration::from_millis(5);
/// Programs to try, in order.
const PROGRAMS: [&str; 2] = ["valkey-server", "redis-server"];
/// Environment variables that the server inherits. None may hold a secret, because the server may outlive this
/// process.
const ENVIRONMENT: [&str; 7] = [
    "PATH",
    "HOME",
    "LANG",
    "LC_ALL",
    "TZ",
    "TMPDIR",
    "LD_LIBRARY_PATH",
];

/// The running server and its locked folder.
pub(crate) struct Embedded {
    folder: ServerFolder,
    socket: PathBuf,
    /// `None` if the server of an earlier command was adopted.
    child: Option<Child>,
    log: u64,
    /// True once a command uses the server. An unused server is stopped on drop.
    used: bool,
}

/// Answer of a server to PING.
enum Readiness {
    Ready,
    Loading,
    Silent(io::Error),
}

impl Embedded {
    /// Locks the folder and returns a running server: one that a killed command left, otherwise a new one.
    pub(crate) async fn start(
        dir: &Path,
        server: Option<&Path>,
        wait: Duration,
    ) -> Result<Self, Error> {
        let folder = ServerFolder::take(dir, wait).await?;
        if folder.server_runs()?
            && let Some(socket) = adopt(&folder).await?
        {
            log::info!("the server left in `{}` is used again", dir.display());
            let (_, log) = folder.log()?;
            return Ok(Self {
                folder,
                socket,
                child: None,
                log,
                used: false,
            });
        }
        folder.forget();
        launch(folder, server).await
    }

    /// Disables the shutdown on drop: from now on the server is stopped by [`Embedded::end`] or left for the next
    /// command.
    pub(crate) fn is_used(&mut self) {
        self.used = true;
    }

    /// Returns the server's socket.
    pub(crate) fn socket(&self) -> &Path {
        &self.socket
    }

    /// Stops the server with SHUTDOWN SAVE and waits for it.
    pub(crate) async fn end(mut self, connection: Result<Connection, Error>) -> Result<(), Error> {
        let mut command = redis::cmd("SHUTDOWN");
        command.arg("SAVE");
        match connection {
            // The server answers by closing the connection; a reply is a refusal.
            Ok(connection) => {
                if let Ok(redis::Value::ServerError(refusal)) = connection.command(&command).await {
                    return Err(Error::Refused {
                        endpoint: format!("embedded:{}", self.folder.path().display()),
                        command: "SHUTDOWN".to_owned(),
                        reason: refusal.details().unwrap_or(refusal.code()).to_owned(),
                    });
                }
            }
            Err(error) if self.folder.server_runs()? => return Err(error),
            // The server was stopped by somebody else; its append-only file has all data.
            Err(_) => {}
        }
        let deadline = Instant::now() + LOAD;
        while self.folder.server_runs()? {
            if Instant::now() >= deadline {
                return Err(Error::EmbeddedSilent(
                    self.with_last_words("the embedded server did not end in time"),
                ));
            }
            sleep(POLL).await;
        }
        if let Some(child) = &mut self.child {
            let _ = child.wait();
        }
        self.folder.forget();
        log::info!("the server in `{}` was ended", self.folder.path().display());
        Ok(())
    }

    fn with_last_words(&self, what: &str) -> String {
        let log = self.folder.path().join("server.log");
        match self.folder.last_words(self.log) {
            Some(line) => format!("{what}; the last line of `{}`: {line}", log.display()),
            None => format!("{what}; `{}` says nothing", log.display()),
        }
    }
}

impl Drop for Embedded {
    /// Stops a server whose command was interrupted before it used the server. Nothing was written, so killing it
    /// loses nothing.
    fn drop(&mut self) {
        let Some(child) = self.child.as_mut().filter(|_| !self.used) else {
            return;
        };
        if !matches!(child.try_wait(), Ok(None)) {
            return;
        }
        if let Some(pid) = Pid::from_raw(child.id().cast_signed()) {
            let _ = kill_process(pid, Signal::TERM);
        }
        let began = std::time::Instant::now();
        while began.elapsed() < UNUSED && matches!(child.try_wait(), Ok(None)) {
            std::thread::sleep(POLL);
        }
        // If it has ended, there is nothing to kill.
        let _ = child.kill();
        let _ = child.wait();
        self.folder.forget();
    }
}

/// Returns the socket of the server running in the folder, once it answers. `None` if it had to be stopped because
/// it can no longer be reached.
async fn adopt(folder: &ServerFolder) -> Result<Option<PathBuf>, Error> {
    let began = Instant::now();
    loop {
        let Some(record) = folder.record() else {
            // The command was killed between starting the server and recording it. The server is unreachable but
            // holds the data.
            if !folder.server_runs()? {
                return Ok(None);
            }
            if began.elapsed() > START {
                return Err(unreachable(folder, None));
            }
            sleep(POLL).await;
            continue;
        };
        match ping(&record.socket).await {
            Readiness::Ready => return Ok(Some(record.socket)),
            Readiness::Loading if began.elapsed() < LOAD => {}
            Readiness::Silent(error)
                if error.kind() == io::ErrorKind::NotFound && began.elapsed() > START / 10 =>
            {
                // The socket was removed. On SIGTERM the server saves its data and ends.
                return terminate(folder, &record).await.map(|()| None);
            }
            Readiness::Silent(_) if began.elapsed() < START => {
                if !folder.server_runs()? {
                    return Ok(None);
                }
            }
            Readiness::Loading | Readiness::Silent(_) => {
                return Err(unreachable(folder, Some(record.pid)));
            }
        }
        sleep(POLL).await;
    }
}

async fn terminate(folder: &ServerFolder, record: &ServerRecord) -> Result<(), Error> {
    let began = Instant::now();
    if let Some(pid) = Pid::from_raw(record.pid) {
        // If it has ended, the loop below notices.
        let _ = kill_process(pid, Signal::TERM);
    }
    while folder.server_runs()? {
        if began.elapsed() > START {
            return Err(unreachable(folder, Some(record.pid)));
        }
        sleep(POLL).await;
    }
    Ok(())
}

fn unreachable(folder: &ServerFolder, pid: Option<i32>) -> Error {
    let pid = pid.map_or_else(String::new, |pid| format!(" (pid {pid})"));
    Error::EmbeddedSilent(format!(
        "a server{pid} that an earlier command left in `{}` does not answer: end it and try again",
        folder.path().display()
    ))
}

async fn launch(folder: ServerFolder, server: Option<&Path>) -> Result<Embedded, Error> {
    let socket = private_socket()?;
    let lock = folder.lock_for_server().await?;
    let (log, from) = folder.log()?;
    let child = spawn(&folder, server, &socket, &lock, &log).inspect_err(|_| {
        // The folder was made for this server.
        let _ = socket.parent().map(std::fs::remove_dir);
    })?;
    drop(lock);
    let mut embedded = Embedded {
        folder,
        socket,
        child: Some(child),
        log: from,
        used: false,
    };
    let pid = embedded.child.as_ref().map_or(0, Child::id);
    embedded.folder.write_record(&ServerRecord {
        pid: pid.cast_signed(),
        socket: embedded.socket.clone(),
    })?;
    let began = Instant::now();
    loop {
        let loading = match ping(&embedded.socket).await {
            Readiness::Ready => {
                let folder = embedded.folder.path().display();
                log::info!("a server (pid {pid}) was started in `{folder}`");
                return Ok(embedded);
            }
            Readiness::Loading => true,
            Readiness::Silent(_) => false,
        };
        let ended = embedded
            .child
            .as_mut()
            .and_then(|child| child.try_wait().ok().flatten());
        if let Some(status) = ended {
            embedded.folder.forget();
            let what = format!("the embedded server did not start ({status})");
            let mut said = embedded.with_last_words(&what);
            if OTHER_FORMAT.iter().any(|words| said.contains(words)) {
                said += "; where another server, or a newer one, wrote these data, name it in \
                         ALECS_CACHE_VALKEY_SERVER";
            }
            return Err(Error::Embedded(said));
        }
        if began.elapsed() > if loading { LOAD } else { START } {
            let what = "the embedded server did not start in time";
            return Err(Error::EmbeddedSilent(embedded.with_last_words(what)));
        }
        sleep(POLL).await;
    }
}

fn spawn(
    folder: &ServerFolder,
    server: Option<&Path>,
    socket: &Path,
    lock: &std::fs::File,
    log: &std::fs::File,
) -> Result<Child, Error> {
    let programs: Vec<&OsStr> = match server {
        Some(server) => vec![server.as_os_str()],
        None => PROGRAMS.iter().map(OsStr::new).collect(),
    };
    let _private = Private::begin();
    for program in programs {
        let file = |file: &std::fs::File| file.try_clone().map(Stdio::from);
        let started = Command::new(program)
            .env_clear()
            .envs(ENVIRONMENT.iter().filter_map(|name| {
                let value = std::env::var_os(name)?;
                Some((name, value))
            }))
            .current_dir(folder.path())
            .args(["--port", "0", "--unixsocketperm", "700", "--unixsocket"])
            .arg(socket)
            .args(["--appendonly", "yes", "--save", "", "--daemonize", "no"])
            .stdin(file(lock).map_err(|error| cannot_start(program, &error))?)
            .stdout(file(log).map_err(|error| cannot_start(program, &error))?)
            .stderr(file(log).map_err(|error| cannot_start(program, &error))?)
            .process_group(0)
            .spawn();
        match started {
            Ok(child) => return Ok(child),
            Err(error) if error.kind() == io::ErrorKind::NotFound && server.is_none() => {}
            Err(error) => return Err(cannot_start(program, &error)),
        }
    }
    Err(Error::Embedded(
        "`embedded:` needs a Valkey server, and neither `valkey-server` nor `redis-server` is on \
         PATH: install one (Debian, Ubuntu: `apt install valkey-server` or `apt install \
         redis-server`; macOS: `brew install valkey`), or name it in ALECS_CACHE_VALKEY_SERVER"
            .to_owned(),
    ))
}

/// Sets the umask so that the server creates private files. It inherits the umask of this process.
struct Private(Mode);

impl Private {
    fn begin() -> Self {
        Self(umask(Mode::RWXG | Mode::RWXO))
    }
}

impl Drop for Private {
    fn drop(&mut self) {
        umask(self.0);
    }
}

fn cannot_start(program: &OsStr, error: &io::Error) -> Error {
    Error::Embedded(format!(
        "cannot start `{}`: {error}",
        Path::new(program).display()
    ))
}

/// Asks whether the server is ready. Uses a plain socket instead of the driver, which would select a database and set
/// a name.
async fn ping(socket: &Path) -> Readiness {
    let asked = async {
        let mut stream = UnixStream::connect(socket).await?;
        stream.write_all(b"PING\r\n").await?;
        let mut answer = [0; 64];
        let length = stream.read(&mut answer).await?;
        Ok(answer.get(..length).unwrap_or_default().to_vec())
    };
    match timeout(Duration::from_secs(1), asked).await {
        Ok(Ok(answer)) if answer.starts_with(b"-LOADING") => Readiness::Loading,
        Ok(Ok(answer)) if !answer.is_empty() => Readiness::Ready,
        Ok(Ok(_)) => Readiness::Silent(io::ErrorKind::UnexpectedEof.into()),
        Ok(Err(error)) => Readiness::Silent(error),
        Err(_) => Readiness::Silent(io::ErrorKind::TimedOut.into()),
    }
}
