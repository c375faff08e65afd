//! The faults, and how to repair each one.

use super::world::{ID, Mode, Servers, World};
use crate::support::cluster::Cluster;
use crate::support::run::Running;
use crate::support::server::{Server, wait_for, wait_long_for};
use crate::support::wire::Broken;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    KillTool,
    Interrupt,
    Freeze,
    FailoverOrdered,
    FailoverKilled,
    SlotsMove,
    Lost,
    Cut,
    Hole,
    Drip,
    Garbage,
    Memory,
    ServerDisk,
    OwnDisk,
    MaxClients,
    Loading,
}

/// What has to be repaired.
#[derive(Default)]
pub struct Broke {
    servers: Vec<usize>,
    connections: Vec<redis::Connection>,
    loading: Vec<JoinHandle<()>>,
}

impl Fault {
    pub const ALL: [Self; 16] = [
        Self::KillTool,
        Self::Interrupt,
        Self::Freeze,
        Self::FailoverOrdered,
        Self::FailoverKilled,
        Self::SlotsMove,
        Self::Lost,
        Self::Cut,
        Self::Hole,
        Self::Drip,
        Self::Garbage,
        Self::Memory,
        Self::ServerDisk,
        Self::OwnDisk,
        Self::MaxClients,
        Self::Loading,
    ];

    pub fn shown(self) -> &'static str {
        match self {
            Self::KillTool => "`kill -9` of the tool",
            Self::Interrupt => "SIGINT",
            Self::Freeze => "a primary hangs (SIGSTOP)",
            Self::FailoverOrdered => "failover, ordered",
            Self::FailoverKilled => "failover, the primary is killed",
            Self::SlotsMove => "slots move",
            Self::Lost => "a primary is lost, no replica",
            Self::Cut => "connections end after 7 bytes",
            Self::Hole => "black hole",
            Self::Drip => "one byte each 20 ms",
            Self::Garbage => "garbage",
            Self::Memory => "memory full (`maxmemory`)",
            Self::ServerDisk => "the server's disk is full",
            Self::OwnDisk => "the tool's disk is full",
            Self::MaxClients => "`maxclients` reached",
            Self::Loading => "LOADING",
        }
    }

    pub fn applies_to(self, mode: Mode) -> bool {
        match self {
            Self::FailoverOrdered | Self::FailoverKilled => mode.replicated(),
            Self::SlotsMove => mode == Mode::Cluster,
            // These do not depend on the server program.
            Self::Drip | Self::ServerDisk | Self::OwnDisk => mode != Mode::Tls,
            _ => true,
        }
    }

    /// True if a cluster needs replicas for it.
    pub fn needs_replicas(self) -> bool {
        matches!(
            self,
            Self::FailoverOrdered | Self::FailoverKilled | Self::Freeze
        )
    }

    /// True if it is injected before the run rather than in the middle.
    pub fn comes_first(self) -> bool {
        matches!(self, Self::OwnDisk | Self::MaxClients)
    }

    /// True if the servers keep answering, so that timeouts need not be short.
    pub fn answers(self) -> bool {
        use Fault::{Interrupt, KillTool, Memory, OwnDisk, ServerDisk, SlotsMove};
        matches!(
            self,
            KillTool | Interrupt | Memory | OwnDisk | ServerDisk | SlotsMove
        )
    }

    /// True if another server takes over, which has to be waited for.
    pub fn replaces(self, mode: Mode) -> bool {
        self.needs_replicas() && mode.replicated()
    }

    /// True if servers may lose data.
    pub fn loses_data(self) -> bool {
        matches!(self, Self::Lost)
    }

    /// True if the run can report what it did; not if the last replies are lost.
    pub fn leaves_a_report(self) -> bool {
        self == Self::Interrupt || self.answers() && self != Self::KillTool
    }

    fn breaks(self) -> Option<Broken> {
        match self {
            Self::Cut => Some(Broken::Cut(7)),
            Self::Hole => Some(Broken::Hole),
            Self::Drip => Some(Broken::Drip),
            Self::Garbage => Some(Broken::Garbage),
            _ => None,
        }
    }
}

impl World {
    /// Injects the fault. The run is held meanwhile, or has not started.
    pub fn inject(&self, fault: Fault, run: Option<&Running>) -> Broke {
        let mut broke = Broke::default();
        let run = || run.expect("a run");
        match fault {
            Fault::KillTool => run().kill(),
            Fault::Interrupt => run().interrupt(),
            Fault::Freeze => {
                let owner = self.owner();
                self.all()[owner].freeze();
                broke.servers.push(owner);
            }
            Fault::FailoverOrdered => self.fail_over(),
            Fault::FailoverKilled => {
                let owner = self.owner();
                self.all()[owner].kill();
                broke.servers.push(owner);
            }
            Fault::SlotsMove => {
                if let Servers::Cluster(cluster) = &self.servers {
                    for rest in [&format!("property:{ID}"), "properties:all", "hostnames"] {
                        move_slot(cluster, &format!("akamai:acme:{rest}"));
                    }
                }
            }
            Fault::Lost => {
                let owner = self.owner();
                broke.servers.push(owner);
                if self.mode == Mode::Sentinel {
                    broke.servers.push(1 - owner);
                }
                for server in broke.servers.iter().rev() {
                    self.all()[*server].kill();
                }
            }
            Fault::Memory => self.configure("maxmemory", "1"),
            Fault::ServerDisk => self.primaries().into_iter().for_each(disk_is_full),
            Fault::MaxClients => {
                for server in self.primaries() {
                    let mut connection = server.connection().unwrap();
                    set(&mut connection, "maxclients", "1");
                    broke.connections.push(connection);
                }
            }
            Fault::Loading => {
                let primaries = self.primaries().into_iter();
                broke.loading = primaries.map(load).collect();
            }
            Fault::OwnDisk | Fault::Cut | Fault::Hole | Fault::Drip | Fault::Garbage => {}
        }
        self.net.release(fault.breaks());
        broke
    }

    pub fn mend(&mut self, fault: Fault, broke: Broke) {
        self.net.mend();
        match fault {
            Fault::Freeze => self.all()[broke.servers[0]].thaw(),
            Fault::FailoverKilled | Fault::Lost => {
                if fault.replaces(self.mode) {
                    // If it came back earlier, it would be an empty primary, and its replica would copy that.
                    self.owner();
                }
                for server in broke.servers {
                    self.all_mut()[server].restart();
                }
            }
            Fault::Memory => self.configure("maxmemory", "0"),
            Fault::ServerDisk => {
                // Another server may have become the primary meanwhile.
                for server in self.all() {
                    let _: String = server.ask(&["CONFIG", "SET", "save", ""]);
                    std::fs::remove_dir(server.folder().join("dump.rdb")).ok();
                }
            }
            Fault::MaxClients => {
                for mut connection in broke.connections {
                    set(&mut connection, "maxclients", "10000");
                }
            }
            Fault::Loading => {
                self.configure("key-load-delay", "0");
                for loading in broke.loading {
                    loading.join().unwrap();
                }
            }
            _ => {}
        }
    }

    fn configure(&self, name: &str, value: &str) {
        for server in self.primaries() {
            let _: String = server.ask(&["CONFIG", "SET", name, value]);
        }
    }

    /// Orders a failover and waits for the new primary.
    fn fail_over(&self) {
        let owner = self.owner();
        let port = self.all()[owner].port.to_string();
        let replica = self
            .all()
            .into_iter()
            .find(|server| server.info("master_port") == port);
        let replica = replica.expect("a replica");
        // An ordered failover may be aborted and then has to be ordered again.
        wait_long_for("the replica takes over", Duration::from_mins(1), || {
            match &self.servers {
                Servers::Sentinel(sentinels, ..) => sentinels.order_failover(),
                _ => drop(replica.try_ask::<String>(&["CLUSTER", "FAILOVER"])),
            }
            let limit = Instant::now() + Duration::from_secs(5);
            while Instant::now() < limit {
                if replica.info("role") == "master" {
                    return Some(());
                }
                std::thread::sleep(Duration::from_millis(5));
            }
            None
        });
    }
}

fn set(connection: &mut redis::Connection, name: &str, value: &str) {
    redis::cmd("CONFIG")
        .arg("SET")
        .arg(name)
        .arg(value)
        .exec(connection)
        .unwrap();
}

/// Makes snapshots fail, so that the server accepts no writes until one succeeds.
fn disk_is_full(server: &Server) {
    let snapshot = server.folder().join("dump.rdb");
    std::fs::remove_file(&snapshot).ok();
    std::fs::create_dir(snapshot).unwrap();
    let _: String = server.ask(&["CONFIG", "SET", "save", "86400 1000000"]);
    wait_for("a snapshot begins", || {
        server.try_ask::<String>(&["BGSAVE"]).ok()
    });
    wait_for("the snapshot fails", || {
        (server.info("rdb_last_bgsave_status") == "err").then_some(())
    });
}

const BALLAST: usize = 100;

/// Makes a server load its data for about two seconds.
fn load(server: &Server) -> JoinHandle<()> {
    for (name, value) in [
        ("key-load-delay", "20000"),
        ("loading-process-events-interval-bytes", "1024"),
        ("rdbcompression", "no"),
    ] {
        let _: String = server.ask(&["CONFIG", "SET", name, value]);
    }
    let count = BALLAST.to_string();
    let _: String = server.ask(&["DEBUG", "POPULATE", &count, "ballast", "1100"]);
    let mut connection = server.connection().unwrap();
    connection.set_read_timeout(None).unwrap();
    let loading = std::thread::spawn(move || {
        redis::cmd("DEBUG")
            .arg("RELOAD")
            .exec(&mut connection)
            .unwrap();
    });
    wait_for("the server loads", || {
        (server.info("loading") == "1").then_some(())
    });
    loading
}

fn move_slot(cluster: &Cluster, key: &str) {
    let (slot, from) = (cluster.slot(key), cluster.owner(key));
    let to = (from + 1) % 3;
    cluster.begin_move(slot, from, to);
    loop {
        let slot = slot.to_string();
        let keys: Vec<String> =
            cluster.nodes[from].ask(&["CLUSTER", "GETKEYSINSLOT", &slot, "100"]);
        if keys.is_empty() {
            break;
        }
        for key in keys {
            cluster.move_key(&key, from, to);
        }
    }
    cluster.end_move(slot, to);
}
