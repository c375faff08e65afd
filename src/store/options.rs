//! Where Valkey is and how to reach it: what the one connection factory takes.

use crate::domain::secret::Secret;
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

/// Everything [`crate::store::Store::connect`] needs to know.
#[derive(Debug, Clone)]
pub struct Options {
    /// Which servers, and in which arrangement.
    pub target: Deployment,
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
    /// Whether reading counts as using, for the server's choice of what to evict (default true). Servers
    /// without CLIENT NO-TOUCH, such as Redis 7.0, count it whatever is said here.
    pub touch: bool,
    /// Limit for connecting, handshakes included (default 5 s).
    pub connect_timeout: Duration,
    /// Limit for one round trip (default 10 s).
    pub timeout: Duration,
    /// How often an idempotent batch is tried again after the first failure (default 3).
    pub retries: u32,
}

impl Options {
    /// The defaults: no credentials, no TLS, database 0, reads from the primary, 5 s to connect,
    /// 10 s for a round trip, 3 retries.
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
        }
    }

    /// What every report and error calls these servers. Never holds credentials.
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

/// The arrangement of the servers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Deployment {
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

impl fmt::Display for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
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
    /// The name that certificates are verified against instead of the host that is connected to.
    pub server_name: Option<String>,
}

/// Which nodes answer reads that need not be the newest.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ReadFrom {
    /// The primary only.
    #[default]
    Primary,
    /// A replica where there is one, else the primary.
    PreferReplica,
    /// A replica only.
    Replica,
}

/// Where one server listens.
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

/// What nodes call themselves beside the address that they give.
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
