//! Finds the servers by asking the server itself, the sentinels, or any node of a cluster.

use crate::store::client::Inner;
use crate::store::error::{Error, NO_CLUSTER_NODE};
use crate::store::net::connect::{Fault, Role};
use crate::store::net::connection::Connection;
use crate::store::net::reply::{accepted, array, int, text, unexpected};
use crate::store::options::NodeAddress;
use crate::store::options::{Deployment, Node, Options, ReadFrom};
use crate::store::topology::{Shard, parse_slots};
use futures_util::future::{BoxFuture, FutureExt};
use futures_util::stream::{FuturesUnordered, StreamExt};
use redis::{Cmd, Value};

/// Number of cluster nodes asked for the slots at the same time. The first good answer wins, so a hanging node costs
/// nothing.
const ASKED: usize = 8;

impl Inner {
    /// Discovers which server owns which keys.
    pub(crate) fn discover(&self) -> BoxFuture<'_, Result<Vec<Shard>, Fault>> {
        // Boxed, because the compiler cannot prove that the nested futures are Send.
        self.discover_now().boxed()
    }

    async fn discover_now(&self) -> Result<Vec<Shard>, Fault> {
        match &self.options.target {
            Deployment::Single(node) => self.alone(NodeAddress::Tcp(node.clone())).await,
            Deployment::Unix(path) => self.alone(NodeAddress::Unix(path.clone())).await,
            Deployment::Embedded { .. } => match self.embedded_socket() {
                Some(path) => Ok(vec![Shard::whole(NodeAddress::Unix(path), Vec::new())]),
                None => Err(Fault::Final(Error::Embedded(
                    "the embedded server was ended".to_owned(),
                ))),
            },
            Deployment::Sentinel {
                sentinels, master, ..
            } => self.watched(sentinels, master).await,
            Deployment::Cluster(seeds) => self.clustered(seeds).await,
        }
    }

    /// Single server. Its replicas are only queried if reads must go to one.
    async fn alone(&self, address: NodeAddress) -> Result<Vec<Shard>, Fault> {
        if self.options.read_from != ReadFrom::Replica {
            return Ok(vec![Shard::whole(address, Vec::new())]);
        }
        let connection = self.connection(&address, Role::Any).await?;
        let role = asked(&connection, &redis::cmd("ROLE")).await?;
        let role = accepted(role, "ROLE", connection.name()).map_err(Fault::Final)?;
        let mut parts = array(role).unwrap_or_default().into_iter();
        let replicas = match parts.next().and_then(text).as_deref() {
            Some("master") => parts
                .nth(1)
                .and_then(array)
                .unwrap_or_default()
                .into_iter()
                .filter_map(|replica| {
                    let mut fields = array(replica)?.into_iter();
                    let host = text(fields.next()?)?;
                    let port = u16::try_from(int(&fields.next()?)?).ok()?;
                    Some(NodeAddress::Tcp(Node { host, port }))
                })
                .collect(),
            _ => vec![address.clone()],
        };
        Ok(vec![Shard::whole(address, replicas)])
    }

    /// Returns the slots of a cluster from the first node that answers.
    async fn clustered(&self, seeds: &[Node]) -> Result<Vec<Shard>, Fault> {
        let mut nodes: Vec<NodeAddress> = seeds.iter().cloned().map(NodeAddress::Tcp).collect();
        for shard in &self.topology().shards {
            for node in std::iter::once(&shard.primary).chain(&shard.replicas) {
                if !nodes.contains(node) {
                    nodes.push(node.clone());
                }
            }
        }
        fastrand::shuffle(&mut nodes);
        nodes.sort_by_key(|node| !self.connected(node));
        let mut waiting = nodes.iter();
        let mut asked = FuturesUnordered::new();
        for node in waiting.by_ref().take(ASKED) {
            asked.push(self.ask_node(node));
        }
        let mut faults = Vec::new();
        while let Some(answer) = asked.next().await {
            match answer {
                Ok(shards) => return Ok(shards),
                Err(fault) => faults.push(fault),
            }
            if let Some(node) = waiting.next() {
                asked.push(self.ask_node(node));
            }
        }
        Err(most_specific(faults, &self.options))
    }

    async fn ask_node(&self, address: &NodeAddress) -> Result<Vec<Shard>, Fault> {
        let limit = self.options.connect_timeout;
        let asked = async {
            let connection = self.connection(address, Role::Any).await?;
            let mut command = redis::cmd("CLUSTER");
            command.arg("SLOTS");
            let answer = asked(&connection, &command).await?;
            let answer = accepted(answer, "CLUSTER SLOTS", connection.name());
            let answer = answer.map_err(|error| match error {
                Error::Refused {
                    endpoint, reason, ..
                } if reason.contains("cluster support disabled") => {
                    Fault::Final(Error::Settings(format!("`{endpoint}` {NO_CLUSTER_NODE}")))
                }
                Error::Refused { .. } | Error::NotReady { .. } => Fault::Unreachable(error),
                error => Fault::Final(error),
            })?;
            let host = match address {
                NodeAddress::Tcp(node) => node.host.as_str(),
                NodeAddress::Unix(_) => "localhost",
            };
            match parse_slots(answer, host) {
                Some((shards, names)) if !shards.is_empty() => {
                    self.dialer.learn(names);
                    Ok(shards)
                }
                Some(_) => Err(Fault::Unreachable(Error::NotReady {
                    endpoint: connection.name().to_owned(),
                    command: "CLUSTER SLOTS".to_owned(),
                    reason: "the cluster has no slots".to_owned(),
                })),
                None => Err(Fault::Final(unexpected("CLUSTER SLOTS", connection.name()))),
            }
        };
        tokio::time::timeout(limit, asked)
            .await
            .unwrap_or_else(|_| {
                Err(Fault::Unreachable(Error::Timeout {
                    endpoint: address.to_string(),
                    command: "CLUSTER SLOTS".to_owned(),
                    after: limit,
                }))
            })
    }
}

/// Sends a command. An error reply is not a fault yet.
pub(super) async fn asked(connection: &Connection, command: &Cmd) -> Result<Value, Fault> {
    let answer = connection.command(command).await;
    answer.map_err(Fault::Unreachable)
}

/// Returns the most specific fault. Faults that the operator can fix precede faults that may pass.
pub(super) fn most_specific(faults: Vec<Fault>, options: &Options) -> Fault {
    let weight = |fault: &Fault| match fault {
        Fault::Final(Error::Auth { .. } | Error::SentinelAuth { .. }) => 0,
        Fault::Final(_) => 1,
        Fault::Unreachable(Error::NotReady { .. } | Error::Refused { .. }) => 2,
        Fault::Unreachable(Error::Timeout { .. }) => 3,
        Fault::Unreachable(_) => 4,
    };
    let answer = faults.into_iter().min_by_key(weight);
    match answer {
        Some(Fault::Unreachable(
            Error::Connect { reason, source, .. } | Error::Lost { reason, source, .. },
        )) => Fault::Unreachable(Error::Connect {
            endpoint: options.endpoint(),
            reason,
            source,
        }),
        Some(fault) => fault,
        None => Fault::Final(Error::Settings(
            "no server to ask: name at least one node or sentinel".to_owned(),
        )),
    }
}
