//! Where Valkey stands and how to reach it: what the one connection factory takes.

use crate::domain::secret::Secret;
use std::path::PathBuf;
use std::time::Duration;

/// Everything [`super::Store::connect`] needs to know.
#[derive(Debug, Clone)]
pub struct Options {
    /// Which servers, and in which arrangement.
    pub target: Target,
    /// ACL user; `None` is the server's `default` user.
    pub username: Option<String>,
    /// Password of that user.
    pub password: Option<Secret>,
    /// Database number; only 0 exists in a cluster.
    pub db: u32,
    /// TLS towards the data nodes (and the sentinels), where asked for.
    pub tls: Option<Tls>,
    /// Which nodes answer reads that need not be the newest.
    pub read_from: ReadFrom,
    /// Limit for connecting, handshakes included (default 5 s).
    pub connect_timeout: Duration,
    /// Limit for one round trip (default 10 s).
    pub timeout: Duration,
    /// How often an idempotent batch is tried again after the first failure (default 3).
    pub retries: u32,
}

/// The arrangement of the servers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// One server over TCP.
    Single(Node),
    /// One server on a unix socket.
    Unix(PathBuf),
    /// A private server that is started for this command and ended with it.
    Embedded {
        /// Its data folder.
        dir: PathBuf,
        /// The server program, where it was named (`ALECS_CACHE_VALKEY_SERVER`).
        server: Option<PathBuf>,
        /// How long to wait for another command that uses the same folder.
        wait: Duration,
    },
    /// Sentinels that know the primary.
    Sentinel {
        /// The sentinels, any of which will do.
        sentinels: Vec<Node>,
        /// The name under which they watch the primary.
        master: String,
        /// The sentinels' own user, where they have one.
        username: Option<String>,
        /// The sentinels' own password, where they have one.
        password: Option<Secret>,
    },
    /// A cluster, found through any of these nodes.
    Cluster(Vec<Node>),
}

/// A host and a port.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Node {
    /// Host name or address, without brackets.
    pub host: String,
    /// TCP port.
    pub port: u16,
}

impl std::fmt::Display for Node {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.host.contains(':') {
            write!(f, "[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{}:{}", self.host, self.port)
        }
    }
}

/// How TLS is spoken.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tls {
    /// PEM file of the authorities to trust instead of the system's.
    pub ca: Option<PathBuf>,
    /// PEM file of the client's certificate.
    pub cert: Option<PathBuf>,
    /// PEM file of the client's key.
    pub key: Option<PathBuf>,
    /// Do not verify the server's certificate.
    pub insecure: bool,
}

/// Which nodes answer reads that need not be the newest.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum ReadFrom {
    /// The primary only.
    #[default]
    Primary,
    /// A replica where there is one, else the primary.
    PreferReplica,
    /// A replica only.
    Replica,
}
