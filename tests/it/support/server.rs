//! Real servers, each with its own folder and port, removed after the test.

use super::secrets::marked_command;
use alecs_cache::testing::store::Options;
use alecs_cache::testing::store::options::{Deployment, Node};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use redis::IntoConnectionInfo;
use std::io::{Read, Write};
use std::net::{TcpListener, UdpSocket};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::{Duration, Instant};
use tempfile::TempDir;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Valkey: has HSCAN NOVALUES; no TLS.
    Valkey,
    /// Redis 7.0 of Debian: lacks it; TLS.
    Redis,
}

/// Both, for tests that must pass on either.
pub const BOTH: [Kind; 2] = [Kind::Valkey, Kind::Redis];

impl Kind {
    /// Returns the server program. A missing one fails the test, because a skipped test proves nothing.
    pub fn program(self) -> PathBuf {
        match self {
            Self::Valkey => valkey(),
            Self::Redis => on_path("redis-server").unwrap_or_else(|| {
                panic!("these tests need Redis: `apt install redis-server redis-sentinel`")
            }),
        }
    }
}

fn valkey() -> PathBuf {
    if let Some(named) = std::env::var_os("ALECS_CACHE_TEST_VALKEY") {
        return named.into();
    }
    let provided = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/valkey");
    find(&provided, "valkey-server", 6)
        .or_else(|| on_path("valkey-server"))
        .unwrap_or_else(|| {
            panic!(
                "these tests need Valkey: run `make valkey`, or name a server program in \
                 ALECS_CACHE_TEST_VALKEY"
            )
        })
}

fn find(dir: &Path, name: &str, depth: usize) -> Option<PathBuf> {
    let entries: Vec<PathBuf> = std::fs::read_dir(dir)
        .ok()?
        .flatten()
        .map(|entry| entry.path())
        .collect();
    let here = entries
        .iter()
        .find(|path| path.file_name().is_some_and(|file| file == name) && executable(path));
    here.cloned().or_else(|| {
        (depth > 0)
            .then(|| entries.iter().find_map(|path| find(path, name, depth - 1)))
            .flatten()
    })
}

/// Finds a program on PATH.
pub fn on_path(name: &str) -> Option<PathBuf> {
    std::env::split_paths(&std::env::var_os("PATH")?)
        .map(|dir| dir.join(name))
        .find(|path| executable(path))
}

fn executable(path: &Path) -> bool {
    path.metadata()
        .is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o111 != 0)
}

/// The UTC day, by which hits and misses are kept.
pub fn today() -> Date {
    Timestamp::now().to_zoned_datetime(TimeZone::UTC).date()
}

/// Returns a free port, like [`listener`].
pub fn free_port() -> u16 {
    listener().local_addr().expect("a port").port()
}

/// Listens on a free port below the system's range of ephemeral ports, which soon reuses them: a client of a stopped server
/// would talk to another test's. Each test program has a block of ports of its own, which is taken while somebody holds the
/// UDP socket of its first number.
pub fn listener() -> TcpListener {
    const BLOCK: u16 = 1000;
    static OWN: OnceLock<(u16, UdpSocket)> = OnceLock::new();
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let (first, _) = OWN.get_or_init(|| {
        let mut blocks = (12_000..32_000).step_by(BLOCK.into());
        let take = |first| Some((first, UdpSocket::bind(("127.0.0.1", first)).ok()?));
        blocks.find_map(take).expect("a free block of ports")
    });
    let mut ports = (0..BLOCK).map(|_| first + NEXT.fetch_add(1, Ordering::Relaxed) % BLOCK);
    let listens = ports.find_map(|port| TcpListener::bind(("127.0.0.1", port)).ok());
    listens.expect("a free port")
}

/// A running server.
pub struct Server {
    pub kind: Kind,
    pub port: u16,
    /// The same as `port`, unless a wire is in front of it.
    listens_on: u16,
    pub pid: i32,
    dir: TempDir,
    login: Vec<String>,
    arguments: Vec<String>,
    guard: Option<Guard>,
}

impl Server {
    pub fn valkey() -> Self {
        Self::start(Kind::Valkey, &[])
    }

    pub fn redis() -> Self {
        Self::start(Kind::Redis, &[])
    }

    /// Starts a server with further arguments. It listens on 127.0.0.1 and a unix socket and stores nothing on disk.
    pub fn start(kind: Kind, arguments: &[&str]) -> Self {
        Self::start_on(kind, free_port(), arguments)
    }

    /// Starts a server on this port. With `--port 0` among the arguments it listens there with TLS or not at all.
    pub fn start_on(kind: Kind, port: u16, arguments: &[&str]) -> Self {
        marked_command(arguments);
        let dir = tempfile::tempdir().expect("a temporary folder");
        let text = |path: PathBuf| path.to_str().expect("UTF-8").to_owned();
        let mut all = vec![
            "--bind".to_owned(),
            "127.0.0.1".to_owned(),
            "--save".to_owned(),
            String::new(),
            "--appendonly".to_owned(),
            "no".to_owned(),
            // The default is to wait five seconds for more replicas.
            "--repl-diskless-sync-delay".to_owned(),
            "0".to_owned(),
            "--unixsocket".to_owned(),
            text(dir.path().join("s")),
            "--dir".to_owned(),
            text(dir.path().to_owned()),
        ];
        if !arguments.contains(&"--port") {
            all.extend(["--port".to_owned(), port.to_string()]);
        }
        all.extend(arguments.iter().map(|&argument| argument.to_owned()));
        let (guard, pid) = spawn(&kind.program(), &all, &dir.path().join("log"));
        let server = Self {
            kind,
            port,
            listens_on: port,
            pid,
            dir,
            login: Vec::new(),
            arguments: all,
            guard: Some(guard),
        };
        server.wait_until_it_answers();
        server
    }

    /// Starts a replica of this server, and waits until both say that it follows.
    pub fn follower(&self) -> Self {
        let port = self.port.to_string();
        let replica = Self::start(self.kind, &["--replicaof", "127.0.0.1", &port]);
        wait_for("the replica follows", || {
            let listed = self.info("slave0").contains("state=online");
            (listed && replica.info("master_link_status") == "up").then_some(())
        });
        replica
    }

    /// Restarts the server in its folder, with only what is on disk.
    pub fn restart(&mut self) {
        self.guard = None;
        let (guard, pid) = spawn(
            &self.kind.program(),
            &self.arguments,
            &self.dir.path().join("log"),
        );
        (self.guard, self.pid) = (Some(guard), pid);
        self.wait_until_it_answers();
    }

    pub fn folder(&self) -> &Path {
        self.dir.path()
    }

    /// Sets the user and password for [`Server::ask`].
    pub fn login(mut self, words: &[&str]) -> Self {
        self.login = words.iter().map(|&word| word.to_owned()).collect();
        self
    }

    fn wait_until_it_answers(&self) {
        wait_for("the server answers", || {
            let mut stream = std::os::unix::net::UnixStream::connect(self.socket()).ok()?;
            stream.write_all(b"PING\r\n").ok()?;
            let mut answer = [0; 1];
            stream.read_exact(&mut answer).ok()
        });
    }

    pub fn node(&self) -> Node {
        Node {
            host: "127.0.0.1".to_owned(),
            port: self.port,
        }
    }

    /// Address of its database 0.
    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}/0", self.port)
    }

    pub fn socket(&self) -> PathBuf {
        self.dir.path().join("s")
    }

    /// Options for this server with limits for tests.
    pub fn options(&self) -> Options {
        options(Deployment::Single(self.node()))
    }

    /// Sends a command over the unix socket, bypassing everything that is tested.
    pub fn ask<T: redis::FromRedisValue>(&self, words: &[&str]) -> T {
        self.try_ask(words)
            .unwrap_or_else(|error| panic!("{words:?}: {error}"))
    }

    pub fn try_ask<T: redis::FromRedisValue>(&self, words: &[&str]) -> redis::RedisResult<T> {
        marked_command(words);
        let mut connection = self.connection()?;
        let (name, rest) = words.split_first().expect("a command");
        redis::cmd(name).arg(rest).query(&mut connection)
    }

    pub fn connection(&self) -> redis::RedisResult<redis::Connection> {
        // Without the driver's handshake, which causes errors on an older server.
        let quiet = redis::RedisConnectionInfo::default().set_skip_set_lib_name();
        let info = redis::ConnectionAddr::Unix(self.socket())
            .into_connection_info()?
            .set_redis_settings(quiet);
        let mut connection = redis::Client::open(info)?.get_connection()?;
        connection.set_read_timeout(Some(Duration::from_secs(5)))?;
        if !self.login.is_empty() {
            redis::cmd("AUTH").arg(&self.login).exec(&mut connection)?;
        }
        Ok(connection)
    }

    /// Sends a pipeline.
    pub fn pipeline<T: redis::FromRedisValue>(&self, pipeline: &redis::Pipeline) -> T {
        let answers = self
            .connection()
            .and_then(|mut asked| pipeline.query(&mut asked));
        answers.unwrap_or_else(|error| panic!("{error}"))
    }

    /// Returns a field of INFO; empty if the server closes the connection, as it does when it is demoted.
    pub fn info(&self, name: &str) -> String {
        let all: String = self.try_ask(&["INFO", "everything"]).unwrap_or_default();
        all.lines()
            .find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))
            .unwrap_or_default()
            .to_owned()
    }

    /// Stops the process without ending it: connections stay open and nothing answers.
    pub fn freeze(&self) {
        self.signal(rustix::process::Signal::STOP);
    }

    pub fn thaw(&self) {
        self.signal(rustix::process::Signal::CONT);
    }

    /// Kills the process; the port is free afterwards.
    pub fn kill(&self) {
        self.signal(rustix::process::Signal::KILL);
        // A process that ends closes its sockets one after the other.
        wait_for("the server is gone", || {
            let socket = std::os::unix::net::UnixStream::connect(self.socket());
            let port = std::net::TcpStream::connect(("127.0.0.1", self.listens_on));
            socket.err().zip(port.err())
        });
    }

    fn signal(&self, signal: rustix::process::Signal) {
        let pid = rustix::process::Pid::from_raw(self.pid).expect("a process number");
        rustix::process::kill_process(pid, signal).expect("the server runs");
    }
}

/// A shell that kills its program when its stdin ends: when this is dropped, or when the test program dies in any
/// way.
pub struct Guard(Child);

impl Drop for Guard {
    fn drop(&mut self) {
        drop(self.0.stdin.take());
        let _ = self.0.wait();
    }
}

/// Options with limits for tests.
pub fn options(target: Deployment) -> Options {
    Options {
        connect_timeout: Duration::from_secs(3),
        timeout: Duration::from_secs(3),
        ..Options::new(target)
    }
}

/// Starts a program that ends with its guard. Returns its pid too.
pub fn spawn(program: &Path, arguments: &[String], log: &Path) -> (Guard, i32) {
    const GUARD: &str = "log=$1; shift; \"$@\" >\"$log\" 2>&1 </dev/null & echo $!; exec >&-; \
                         read -r _; kill -9 $! 2>/dev/null";
    let mut guard = Command::new("sh")
        .args(["-c", GUARD, "guard"])
        .arg(log)
        .arg(program)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("a shell");
    let mut pid = String::new();
    guard
        .stdout
        .take()
        .expect("piped")
        .read_to_string(&mut pid)
        .expect("a process number");
    let pid = pid.trim().parse().expect("a process number");
    (Guard(guard), pid)
}

/// Retries for up to 30 seconds until `attempt` returns a value.
pub fn wait_for<T>(what: &str, attempt: impl FnMut() -> Option<T>) -> T {
    wait_long_for(what, Duration::from_secs(30), attempt)
}

/// Like [`wait_for`], with another limit.
pub fn wait_long_for<T>(what: &str, limit: Duration, mut attempt: impl FnMut() -> Option<T>) -> T {
    let began = Instant::now();
    loop {
        if let Some(found) = attempt() {
            return found;
        }
        assert!(began.elapsed() < limit, "waited too long until {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}
