//! The servers of one mode behind wires, their content before each run, and the runs.

use crate::support::akamai::Akamai;
use crate::support::certificates::Certificates;
use crate::support::cluster::Cluster;
use crate::support::run::{Home, Run};
use crate::support::sentinels::Sentinels;
use crate::support::server::{Kind, Server, free_port, today, wait_for};
use crate::support::stage::small;
use crate::support::wire::{Net, Wire};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::PathBuf;
use std::sync::Arc;

pub const ID: &str = "prp_100000";
pub const FOREIGN: &str = "session:1";

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mode {
    Single,
    /// With Redis instead of Valkey.
    Tls,
    Sentinel,
    Cluster,
}

impl Mode {
    /// True if another server can take over.
    pub fn replicated(self) -> bool {
        matches!(self, Self::Sentinel | Self::Cluster)
    }
}

pub enum Servers {
    Single(Server, Wire),
    Sentinel(
        Box<Sentinels>,
        /// A second replica, which never takes over.
        Box<Server>,
        #[expect(dead_code, reason = "it lives as long")] [Wire; 2],
    ),
    Cluster(Cluster),
}

/// State before a cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Before {
    Cold,
    Warm,
    Removed,
    /// A run was killed in the middle.
    Interrupted,
}

type Saved = Vec<(String, i64, Vec<u8>)>;

pub struct World {
    pub mode: Mode,
    pub servers: Servers,
    pub net: Arc<Net>,
    pub home: Home,
    pub api: Akamai,
    pub hostname: String,
    edgerc: PathBuf,
    certificates: Option<Certificates>,
    warm: Saved,
    removed: Saved,
    interrupted: Saved,
    undo: SavedFile,
    checkpoint: SavedFile,
}

/// A file of the tool and its content.
type SavedFile = (PathBuf, Vec<u8>);

/// All keys and their values, sorted.
pub type Data = BTreeMap<String, Value>;

const ARGUMENTS: [&str; 2] = ["--enable-debug-command", "yes"];

impl World {
    /// `replicas` applies to a cluster; with sentinels there are two.
    pub fn new(mode: Mode, replicas: bool) -> Self {
        let net = Net::new(replicas || mode == Mode::Sentinel);
        let certificates = (mode == Mode::Tls).then(Certificates::new);
        let servers = match mode {
            Mode::Tls => {
                let port = free_port();
                let text = port.to_string();
                let own = certificates.iter().flat_map(Certificates::server_arguments);
                let own: Vec<String> = own.collect();
                let mut arguments: Vec<&str> = own.iter().map(String::as_str).collect();
                arguments.extend(["--tls-auth-clients", "no", "--port", "0"]);
                arguments.extend(["--tls-port", &text]);
                arguments.extend(ARGUMENTS);
                let server = Server::start_on(Kind::Redis, port, &arguments);
                Servers::Single(server, Wire::to(port, &net))
            }
            Mode::Single => {
                let server = Server::start(Kind::Valkey, &ARGUMENTS);
                let wire = Wire::to(server.port, &net);
                Servers::Single(server, wire)
            }
            Mode::Sentinel => sentinels(&net),
            Mode::Cluster => Servers::Cluster(Cluster::start_by_wires(replicas, &ARGUMENTS, &net)),
        };
        let home = Home::new();
        let account = small();
        let mut world = Self {
            mode,
            servers,
            net,
            hostname: account.hostnames[0].name.clone(),
            api: Akamai::start(account),
            edgerc: Akamai::edgerc(home.path(), &["acme"]),
            home,
            certificates,
            warm: Vec::new(),
            removed: Vec::new(),
            interrupted: Vec::new(),
            undo: Default::default(),
            checkpoint: Default::default(),
        };
        world.fill();
        world
    }

    fn fill(&mut self) {
        self.net.hold_at(0);
        self.command("warm").run().with(0);
        let requests = self.net.requests();
        let today = today();
        let counts = format!("akamai:stats:{today}:hits");
        self.anywhere(&["HSET", &counts, "acme:property:prp_100000", "7"]);
        self.anywhere(&["SET", FOREIGN, "of somebody else"]);
        self.warm = self.saved();
        self.command("invalidate --pattern property:* --yes")
            .run()
            .with(0);
        self.removed = self.saved();
        let folder = self.home.path().join(".state/alecs-cache/undo");
        let mut files = std::fs::read_dir(folder)
            .unwrap()
            .flatten()
            .map(|file| file.path());
        let file = files
            .find(|path| path.extension().is_some_and(|end| end == "undo"))
            .unwrap();
        let bytes = std::fs::read(&file).unwrap();
        self.undo = (file, bytes);
        self.reset(Before::Cold);
        self.net.hold_at(requests * 2 / 3);
        let running = self.command("warm").spawn();
        assert!(self.net.holds(|| running.is_over()));
        running.kill();
        running.wait();
        self.net.release(None);
        self.locks_expire();
        self.interrupted = self.saved();
        let file = self
            .home
            .path()
            .join(".state/alecs-cache/resume/acme.ndjson");
        let bytes = std::fs::read(&file).unwrap();
        self.checkpoint = (file, bytes);
    }

    pub fn command(&self, line: &str) -> Run {
        let run = self.home.command(line).env("ALECS_CUSTOMER", "acme");
        let word = line.split_whitespace().next().unwrap_or_default();
        let run =
            if ["warm", "get", "search", "doctor"].contains(&word) || line.contains("--refill") {
                run.env("AKAMAI_EDGERC", &self.edgerc)
                    .env("ALECS_CACHE_AKAMAI_HOST", self.api.url())
            } else {
                run
            };
        match &self.servers {
            Servers::Single(_, wire) => {
                let address = format!("127.0.0.1:{}/0", wire.port);
                match &self.certificates {
                    Some(certificates) => run
                        .env("ALECS_CACHE_URL", format!("rediss://{address}"))
                        .env("ALECS_CACHE_TLS_CA", certificates.pem("authority")),
                    None => run.env("ALECS_CACHE_URL", format!("redis://{address}")),
                }
            }
            Servers::Sentinel(sentinels, ..) => {
                let environment = sentinels.environment().into_iter();
                environment.fold(run, |run, (name, value)| run.env(name, value))
            }
            Servers::Cluster(cluster) => {
                let nodes = cluster.nodes.iter();
                let nodes: Vec<String> = nodes.map(|node| node.node().to_string()).collect();
                run.env("ALECS_CACHE_MODE", "cluster")
                    .env("ALECS_CACHE_NODES", nodes.join(","))
            }
        }
    }

    pub fn all(&self) -> Vec<&Server> {
        match &self.servers {
            Servers::Single(server, _) => vec![server],
            Servers::Sentinel(sentinels, other, _) => {
                vec![&sentinels.primary, &sentinels.replica, other]
            }
            Servers::Cluster(cluster) => cluster.nodes.iter().collect(),
        }
    }

    pub fn all_mut(&mut self) -> Vec<&mut Server> {
        match &mut self.servers {
            Servers::Single(server, _) => vec![server],
            Servers::Sentinel(sentinels, other, _) => {
                vec![&mut sentinels.primary, &mut sentinels.replica, other]
            }
            Servers::Cluster(cluster) => cluster.nodes.iter_mut().collect(),
        }
    }

    pub fn primaries(&self) -> Vec<&Server> {
        let mut all = self.all();
        all.retain(|server| server.info("role") == "master");
        all
    }

    /// Returns the index of the primary that holds the property.
    pub fn owner(&self) -> usize {
        let key = format!("akamai:acme:property:{ID}");
        let owns = |server: &&Server| {
            server.info("role") == "master" && server.try_ask::<i64>(&["EXISTS", &key]).is_ok()
        };
        wait_for("somebody owns the property", || {
            self.all().iter().position(owns)
        })
    }

    fn anywhere(&self, words: &[&str]) {
        let mut primaries = self.primaries().into_iter();
        let done = primaries.any(|server| server.try_ask::<redis::Value>(words).is_ok());
        assert!(done, "{words:?}");
    }

    fn names(server: &Server) -> Vec<String> {
        let (_, mut keys): (String, Vec<String>) = server.ask(&["SCAN", "0", "COUNT", "100000"]);
        keys.sort();
        keys
    }

    fn saved(&self) -> Saved {
        let mut saved = Vec::new();
        for server in self.primaries() {
            for key in Self::names(server) {
                let left: i64 = server.ask(&["PTTL", &key]);
                let dump = server.ask(&["DUMP", &key]);
                saved.push((key, left.max(0), dump));
            }
        }
        saved
    }

    /// Waits until every server has its role in the deployment.
    pub fn settle(&self) {
        match &self.servers {
            Servers::Single(..) => {}
            Servers::Sentinel(sentinels, other, _) => {
                let primary = sentinels.primary_of_today().port.to_string();
                wait_for("the other replica follows", || {
                    let follows = other.info("master_port") == primary
                        && other.info("master_link_status") == "up";
                    follows.then_some(())
                });
            }
            Servers::Cluster(cluster) => whole(cluster),
        }
    }

    /// Resets the cache and the undo files to the start of a cell.
    pub fn reset(&self, before: Before) {
        let none = Vec::new();
        let saved = match before {
            Before::Cold => &none,
            Before::Warm => &self.warm,
            Before::Removed => &self.removed,
            Before::Interrupted => &self.interrupted,
        };
        for server in self.primaries() {
            let mut restore = redis::pipe();
            restore.ignore_errors().cmd("FLUSHALL");
            for (key, left, dump) in saved {
                restore.cmd("RESTORE").arg(key).arg(left).arg(dump);
            }
            // A cluster node does not own all keys.
            let _: Vec<redis::RedisResult<redis::Value>> = server.pipeline(&restore);
        }
        if before == Before::Cold {
            self.anywhere(&["SET", FOREIGN, "of somebody else"]);
        }
        self.replicated();
        for ((file, bytes), there) in [
            (&self.undo, before == Before::Removed),
            (&self.checkpoint, before == Before::Interrupted),
        ] {
            let Some(folder) = file.parent() else {
                continue;
            };
            std::fs::remove_dir_all(folder).ok();
            if !there {
                continue;
            }
            let mut make = std::fs::DirBuilder::new();
            make.recursive(true).mode(0o700).create(folder).unwrap();
            let mut options = std::fs::OpenOptions::new();
            let options = options.write(true).create(true).mode(0o600);
            let mut file = options.open(file).unwrap();
            std::io::Write::write_all(&mut file, bytes).unwrap();
        }
    }

    /// Waits until each replica has caught up with its primary.
    pub fn replicated(&self) {
        let number = |server: &Server, name: &str| server.info(name).parse::<u64>().ok();
        for primary in self.primaries() {
            let (port, offset) = (
                primary.port.to_string(),
                number(primary, "master_repl_offset"),
            );
            for replica in self.all() {
                if replica.info("master_port") == port {
                    wait_for("the replica has all of it", || {
                        (number(replica, "slave_repl_offset") >= offset).then_some(())
                    });
                }
            }
        }
    }

    /// Scans the primaries completely, without bookkeeping. Panics for data without a TTL.
    pub fn data(&self) -> Data {
        let mut data = Data::new();
        for server in self.primaries() {
            for key in Self::names(server) {
                let word = key.splitn(3, ':').nth(2).unwrap_or_default();
                let ours = word.starts_with("propert")
                    || word.starts_with("hostname")
                    || word.starts_with("account:");
                if !ours || word.ends_with(":lock") {
                    continue;
                }
                let value = if word == "hostnames" {
                    let fields: BTreeMap<String, String> = server.ask(&["HGETALL", &key]);
                    json!(fields)
                } else {
                    let text: Option<String> = server.ask(&["GET", &key]);
                    let mut value =
                        text.map_or(Value::Null, |text| serde_json::from_str(&text).unwrap());
                    if let Some(items) = value.as_array_mut() {
                        items.sort_by_key(ToString::to_string);
                    }
                    value
                };
                let left: i64 = server.ask(&["PTTL", &key]);
                assert_ne!(left, -1, "{key} never expires");
                data.insert(key, value);
            }
        }
        data
    }

    /// Returns the value of a key that is not ours.
    pub fn foreign(&self) -> Option<String> {
        let primaries = self.primaries();
        primaries
            .iter()
            .find_map(|server| server.try_ask(&["GET", FOREIGN]).ok().flatten())
    }

    /// Lets the locks expire that a dead process can no longer release.
    pub fn locks_expire(&self) {
        for server in self.primaries() {
            for key in Self::names(server) {
                if key.ends_with(":lock") {
                    let _: redis::RedisResult<i64> = server.try_ask(&["DEL", &key]);
                }
            }
        }
    }
}

fn sentinels(net: &Arc<Net>) -> Servers {
    let (first, second) = (free_port(), free_port());
    let wires = [Wire::to(first, net), Wire::to(second, net)];
    let ports = wires.each_ref().map(|wire| wire.port.to_string());
    let start = |port: u16, at: usize, more: &[&str]| {
        let mut arguments = vec!["--replica-announce-port", &ports[at]];
        arguments.extend(ARGUMENTS.iter().chain(more));
        let mut server = Server::start_on(Kind::Valkey, port, &arguments);
        server.port = wires[at].port;
        server
    };
    let primary = start(first, 0, &[]);
    let replica = start(second, 1, &["--replicaof", "127.0.0.1", &ports[0]]);
    let sentinels = Sentinels::watching(primary, replica, "port", "").settled();
    let mut follow = vec!["--replicaof", "127.0.0.1", &ports[0]];
    follow.extend(["--replica-priority", "0"]);
    follow.extend(ARGUMENTS);
    let other = Server::start(Kind::Valkey, &follow);
    Servers::Sentinel(Box::new(sentinels), Box::new(other), wires)
}

/// Waits until all nodes see a complete cluster, each replica follows, and all agree on the owners.
fn whole(cluster: &Cluster) {
    wait_for("the cluster is whole", || {
        let mut seen = Vec::new();
        for node in &cluster.nodes {
            let state: String = node.try_ask(&["CLUSTER", "INFO"]).ok()?;
            if !state.contains("cluster_state:ok") {
                return None;
            }
            if node.info("role") == "slave" && node.info("master_link_status") != "up" {
                return None;
            }
            let nodes: String = node.try_ask(&["CLUSTER", "NODES"]).ok()?;
            if nodes.contains("fail") || nodes.contains("->-") || nodes.contains("-<-") {
                return None;
            }
            let mut owners: Vec<String> = nodes.lines().map(owned).collect();
            owners.sort();
            seen.push(owners);
        }
        seen.windows(2).all(|pair| pair[0] == pair[1]).then_some(())
    });
}

/// Returns the id and slots of a node.
fn owned(line: &str) -> String {
    let words: Vec<&str> = line.split(' ').collect();
    format!(
        "{} {}",
        words[0],
        words.get(8..).unwrap_or_default().join(" ")
    )
}
