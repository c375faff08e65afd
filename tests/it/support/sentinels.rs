//! A primary, a replica and three sentinels that watch them.

use super::server::{Guard, Kind, Server, free_port, options, spawn, wait_for};
use alecs_cache::testing::store::Options;
use alecs_cache::testing::store::options::{Deployment, Node};
use std::time::{Duration, Instant};
use tempfile::TempDir;

pub struct Sentinels {
    pub primary: Server,
    pub replica: Server,
    pub watchers: Vec<Sentinel>,
    pub login: Option<(String, String)>,
}

pub struct Sentinel {
    pub port: u16,
    pid: i32,
    _guard: Guard,
    _dir: TempDir,
}

impl Sentinels {
    /// Starts everything, with further arguments for the two data nodes, and waits until all know each other. A lost
    /// primary is replaced after about a second.
    pub fn start(kind: Kind, arguments: &[&str], sentinel_lines: &str) -> Self {
        let primary = Server::start(kind, arguments);
        let port = primary.port.to_string();
        let mut follow = vec!["--replicaof", "127.0.0.1", &port];
        follow.extend(arguments);
        let replica = Server::start(kind, &follow);
        Self::watching(primary, replica, "port", sentinel_lines)
    }

    /// Starts three sentinels with TLS only, for servers with TLS only.
    pub fn watching_by_tls(primary: Server, replica: Server, lines: &str) -> Self {
        Self::watching(primary, replica, "port 0\ntls-port", lines)
    }

    /// Starts three sentinels that watch these servers.
    pub fn watching(primary: Server, replica: Server, port: &str, lines: &str) -> Self {
        let watchers = (0..3)
            .map(|_| Sentinel::start(&primary, port, lines))
            .collect();
        Self {
            primary,
            replica,
            watchers,
            login: None,
        }
    }

    /// Waits until a quorum of sentinels knows the replica.
    pub fn settled(self) -> Self {
        for sentinel in &self.watchers {
            // By default, sentinels query each other every two seconds and their servers every ten.
            let mut hurry = redis::cmd("SENTINEL");
            hurry.arg("DEBUG");
            for period in ["info", "ping", "ask", "publish"] {
                hurry.arg(format!("{period}-period")).arg(200);
            }
            wait_for("the sentinel takes an order", || {
                hurry.exec(&mut self.connect(sentinel)?).ok()
            });
        }
        wait_for("the replica follows", || {
            (self.replica.try_ask::<String>(&["INFO", "replication"]))
                .ok()?
                .contains("master_link_status:up")
                .then_some(())
        });
        for sentinel in &self.watchers {
            wait_for("the sentinels know each other", || {
                let mut connection = self.connect(sentinel)?;
                let ask = |words: &[&str]| redis::cmd("SENTINEL").arg(words).clone();
                ask(&["CKQUORUM", "mymaster"]).exec(&mut connection).ok()?;
                let replicas: Vec<redis::Value> =
                    ask(&["REPLICAS", "mymaster"]).query(&mut connection).ok()?;
                let others: Vec<redis::Value> = ask(&["SENTINELS", "mymaster"])
                    .query(&mut connection)
                    .ok()?;
                (replicas.len() == 1 && others.len() == 2).then_some(())
            });
        }
        self
    }

    /// Waits until all sentinels name the same primary, it is one, and the other server follows it.
    pub fn agreed(&self) {
        wait_for("all agree on the primary", || {
            let named: Vec<u16> = (self.watchers.iter())
                .map(|sentinel| self.primary_named_by(sentinel))
                .collect::<Option<_>>()?;
            let (first, second) = (&self.primary, &self.replica);
            let (primary, follower) = if named[0] == first.port {
                (first, second)
            } else {
                (second, first)
            };
            (named.iter().all(|port| *port == primary.port)
                && primary.info("role") == "master"
                && follower.info("master_port") == primary.port.to_string()
                && follower.info("master_link_status") == "up")
                .then_some(())
        });
    }

    /// Orders a failover and returns once the replica is a primary. The sentinels notice up to a second later and
    /// name the former primary until then.
    pub fn begin_failover(&self) {
        let mut ordered: Option<Instant> = None;
        wait_for("the replica has taken over", || {
            let primary = self.replica.info("role") == "master";
            // On a busy machine the sentinels abort a failover, at the latest after their failover-timeout.
            if !primary && ordered.is_none_or(|at| at.elapsed() > Duration::from_secs(5)) {
                self.order_failover();
                ordered = Some(Instant::now());
            }
            primary.then_some(())
        });
    }

    /// Orders a failover without waiting for it.
    pub fn order_failover(&self) {
        wait_for("a sentinel begins a failover", || {
            let mut connection = self.connect(&self.watchers[0])?;
            let order = &["FAILOVER", "mymaster"];
            redis::cmd("SENTINEL").arg(order).exec(&mut connection).ok()
        });
    }

    /// Returns the server that all sentinels name in the end.
    pub fn primary_of_today(&self) -> &Server {
        self.agreed();
        if self.primary.info("role") == "master" {
            &self.primary
        } else {
            &self.replica
        }
    }

    fn primary_named_by(&self, sentinel: &Sentinel) -> Option<u16> {
        let (_, port): (String, u16) = redis::cmd("SENTINEL")
            .arg(&["GET-MASTER-ADDR-BY-NAME", "mymaster"])
            .query(&mut self.connect(sentinel)?)
            .ok()?;
        Some(port)
    }

    fn connect(&self, sentinel: &Sentinel) -> Option<redis::Connection> {
        let mut connection = redis::Client::open(("127.0.0.1", sentinel.port))
            .ok()?
            .get_connection()
            .ok()?;
        if let Some((user, password)) = &self.login {
            redis::cmd("AUTH")
                .arg(user)
                .arg(password)
                .exec(&mut connection)
                .ok()?;
        }
        Some(connection)
    }

    pub fn options(&self) -> Options {
        options(Deployment::Sentinel {
            sentinels: self
                .watchers
                .iter()
                .map(|sentinel| Node {
                    host: "127.0.0.1".to_owned(),
                    port: sentinel.port,
                })
                .collect(),
            master: "mymaster".to_owned(),
            username: None,
            password: None,
        })
    }

    /// Environment variables with the sentinels' addresses.
    pub fn environment(&self) -> [(&'static str, String); 2] {
        let addresses = self.watchers.iter();
        let addresses: Vec<String> = addresses
            .map(|sentinel| format!("127.0.0.1:{}", sentinel.port))
            .collect();
        [
            ("ALECS_CACHE_MODE", "sentinel".to_owned()),
            ("ALECS_CACHE_SENTINELS", addresses.join(",")),
        ]
    }

    /// Waits until the replica has taken over.
    pub fn failed_over(&self) {
        wait_for("the replica has taken over", || {
            (self.replica.info("role") == "master").then_some(())
        });
    }
}

impl Sentinel {
    fn start(primary: &Server, listen: &str, lines: &str) -> Self {
        let dir = tempfile::tempdir().expect("a temporary folder");
        let port = free_port();
        let config = dir.path().join("sentinel.conf");
        let text = format!(
            "{listen} {port}\nbind 127.0.0.1\ndir {}\n\
             sentinel monitor mymaster 127.0.0.1 {} 2\n\
             sentinel down-after-milliseconds mymaster 600\n\
             sentinel failover-timeout mymaster 3000\n{lines}\n",
            dir.path().display(),
            primary.port,
        );
        std::fs::write(&config, text).expect("writable");
        let arguments = [
            config.to_str().expect("UTF-8").to_owned(),
            "--sentinel".to_owned(),
        ];
        let (guard, pid) = spawn(&primary.kind.program(), &arguments, &dir.path().join("log"));
        wait_for("the sentinel listens", || {
            std::net::TcpStream::connect_timeout(
                &([127, 0, 0, 1], port).into(),
                Duration::from_secs(1),
            )
            .ok()
        });
        Self {
            port,
            pid,
            _guard: guard,
            _dir: dir,
        }
    }

    /// Stops the process without ending it.
    pub fn freeze(&self) {
        let pid = rustix::process::Pid::from_raw(self.pid).expect("a process number");
        rustix::process::kill_process(pid, rustix::process::Signal::STOP).expect("it runs");
    }
}
