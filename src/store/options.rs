//! Options of the store: where Valkey is and how to reach it.

use crate::domain::keyword::keywords;
use crate::domain::secret::Secret;
use crate::stop::Stop;
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

/// Everything that [`crate::store::Store::connect`] needs.
#[derive(Debug, Clone)]
pub struct Options {
    pub target: Deployment,
    /// ACL user; `None` is the server's `default` user.
    pub username: Option<String>,
    /// Password of that user.
    pub password: Option<Secret>,
    /// Database number; only 0 exists in a cluster.
    pub db: u32,
    /// TLS for the data nodes and the sentinels; `None` means plain TCP.
    pub tls: Option<Tls>,
    /// Nodes for reads that may be slightly outdated.
    pub read_from: ReadFrom,
    /// Whether reads count as accesses for the server's eviction (default true). Servers without CLIENT NO-TOUCH,
    /// such as Redis 7.0, always count them.
    pub touch: bool,
    /// Timeout for connecting, including handshakes (default 5 s).
    pub connect_timeout: Duration,
    /// Timeout of one round trip (default 10 s).
    pub timeout: Duration,
    /// How often an idempotent batch is retried (default 3).
    pub retries: u32,
    /// Once it is raised, nothing is retried (default: never).
    pub stop: Stop,
}

impl Options {
    /// The defaults: no credentials, no TLS, database 0, reads from the primary, 5 s to connect, 10 s for a round
    /// trip, 3 retries.
    pub fn new(target: Deployment) -> Self {
        Self {
            target,
            username: None,
            password: None,
            db: 0,
            tls: None,
            read_from: ReadFrom::Primary,
            touch: true,
            connect_timeout: Duration::from_secs(5),
            timeout: Duration::from_secs(10),
            retries: 3,
            stop: Stop::never(),
        }
    }

    /// Name of these servers in reports and errors. Never contains credentials.
    pub fn endpoint(&self) -> String {
        let db = |mark: &str| match self.db {
            0 => String::new(),
            db => format!("{mark}{db}"),
        };
        match &self.target {
            Deployment::Single(node) => {
                let scheme = if self.tls.is_some() {
                    "rediss"
                } else {
                    "redis"
                };
                format!("{scheme}://{node}/{}", self.db)
            }
            Deployment::Unix(path) => format!("unix://{}{}", path.display(), db("?db=")),
            Deployment::Embedded { dir, .. } => format!("embedded:{}{}", dir.display(), db("?db=")),
            Deployment::Sentinel {
                sentinels, master, ..
            } => format!("sentinel://{master}@{}{}", list(sentinels), db("/")),
            Deployment::Cluster(nodes) => format!("cluster://{}", list(nodes)),
        }
    }
}

fn list(nodes: &[Node]) -> String {
    let nodes: Vec<String> = nodes.iter().map(ToString::to_string).collect();
    nodes.join(",")
}

/// How the servers are deployed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Deployment {
    /// One server over TCP.
    Single(Node),
    /// One server on a unix socket.
    Unix(PathBuf),
    /// A private server that is started for this command and stopped with it.
    Embedded {
        /// Its data folder.
        dir: PathBuf,
        /// Server program, if it was named (`ALECS_CACHE_VALKEY_SERVER`).
        server: Option<PathBuf>,
        /// How long to wait for another command that uses the same folder.
        wait: Duration,
    },
    /// A primary that is found through sentinels.
    Sentinel {
        /// The sentinels; any of them will do.
        sentinels: Vec<Node>,
        /// Name of the primary in the sentinels' configuration.
        master: String,
        /// The sentinels' own user, if they have one.
        username: Option<String>,
        /// The sentinels' own password, if they have one.
        password: Option<Secret>,
    },
    /// A cluster, found through any of these nodes.
    Cluster(Vec<Node>),
}

/// A host and a port.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Node {
    /// Hostname or address, without brackets.
    pub host: String,
    /// TCP port.
    pub port: u16,
}

impl fmt::Display for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.contains(':') {
            write!(f, "[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{}:{}", self.host, self.port)
        }
    }
}

/// TLS settings.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tls {
    /// PEM file with the CA certificates to trust instead of the system's.
    pub ca: Option<PathBuf>,
    /// PEM file with the client certificate.
    pub cert: Option<PathBuf>,
    /// PEM file with the client key.
    pub key: Option<PathBuf>,
    /// Do not verify the server's certificate.
    pub insecure: bool,
    /// Name to verify certificates against, instead of the host.
    pub server_name: Option<String>,
}

/// Nodes for reads that may be slightly outdated.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ReadFrom {
    #[default]
    Primary,
    PreferReplica,
    Replica,
}

keywords! { ReadFrom:
    Primary = "primary" "The primary only";
    PreferReplica = "prefer-replica" "A replica where there is one, else the primary";
    Replica = "replica" "A replica only";
}

/// Address of one server.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum NodeAddress {
    Tcp(Node),
    Unix(PathBuf),
}

impl fmt::Display for NodeAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp(node) => node.fmt(f),
            Self::Unix(path) => path.display().fmt(f),
        }
    }
}

/// Hostnames that nodes announce besides their addresses.
pub(crate) type AnnouncedNames = Vec<(Node, String)>;

#[cfg(test)]
mod tests {
    use super::*;

    fn node(host: &str, port: u16) -> Node {
        Node {
            host: host.to_owned(),
            port,
        }
    }

    #[test]
    fn an_endpoint_names_the_servers_and_no_credentials() {
        let sentinel = Deployment::Sentinel {
            sentinels: vec![node("s1", 26379), node("s2", 26380)],
            master: "mymaster".to_owned(),
            username: Some("watcher".to_owned()),
            password: Some(Secret::new("hunter2")),
        };
        let embedded = Deployment::Embedded {
            dir: "/var/lib/cache".into(),
            server: None,
            wait: Duration::ZERO,
        };
        let cases = [
            (
                Deployment::Single(node("::1", 6379)),
                "redis://[::1]:6379/0",
            ),
            (Deployment::Unix("/run/v.sock".into()), "unix:///run/v.sock"),
            (embedded, "embedded:/var/lib/cache"),
            (sentinel, "sentinel://mymaster@s1:26379,s2:26380"),
            (
                Deployment::Cluster(vec![node("a", 7000), node("b", 7001)]),
                "cluster://a:7000,b:7001",
            ),
        ];
        for (target, expected) in cases {
            let mut options = Options::new(target);
            options.username = Some("operator".to_owned());
            options.password = Some(Secret::new("hunter2"));
            assert_eq!(options.endpoint(), expected);
        }
    }

    #[test]
    fn an_endpoint_says_tls_and_the_database() {
        let mut options = Options::new(Deployment::Single(node("cache", 6380)));
        options.tls = Some(Tls::default());
        options.db = 3;
        assert_eq!(options.endpoint(), "rediss://cache:6380/3");
        options.tls = None;
        options.target = Deployment::Unix("/run/v.sock".into());
        assert_eq!(options.endpoint(), "unix:///run/v.sock?db=3");
    }
}
