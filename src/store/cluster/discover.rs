//! Finds the servers by asking the server itself, the sentinels, or any node of a cluster.

use super::sentinel::SentinelFields;
use crate::store::client::Inner;
use crate::store::error::{Error, NO_CLUSTER_NODE, NO_PRIMARY, NO_SENTINEL};
use crate::store::net::connect::{Dialer, Fault, Role};
use crate::store::net::connection::Connection;
use crate::store::net::reply::{accepted, array, int, text, unexpected};
use crate::store::options::NodeAddress;
use crate::store::options::{Deployment, Node, Options, ReadFrom};
use crate::store::topology::{Shard, parse_slots};
use futures_util::future::{BoxFuture, FutureExt};
use futures_util::stream::{FuturesUnordered, Stream, StreamExt};
use redis::{Cmd, Value};
use std::collections::BTreeSet;
use std::time::Duration;
use tokio::time::{Instant, timeout_at};

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

    /// Returns the primary that most sentinels name. A single sentinel may be the last to learn of a failover.
    async fn watched(&self, sentinels: &[Node], master: &str) -> Result<Vec<Shard>, Fault> {
        let majority = sentinels.len() / 2 + 1;
        let mut asked = FuturesUnordered::new();
        for sentinel in sentinels {
            asked.push(self.ask_sentinel(sentinel, master));
        }
        let mut votes: Vec<(Shard, usize)> = Vec::new();
        let mut unknown: Option<BTreeSet<String>> = None;
        let mut faults = Vec::new();
        let mut until = None;
        while let Some(answer) = next_until(&mut asked, until).await {
            if answer.is_ok() {
                until.get_or_insert(Instant::now() + STRAGGLERS);
            }
            match answer {
                Ok(Vote::For(shard)) => {
                    let seen = votes
                        .iter_mut()
                        .find(|(seen, _)| seen.primary == shard.primary);
                    let count = if let Some((_, count)) = seen {
                        *count += 1;
                        *count
                    } else {
                        votes.push((shard, 1));
                        1
                    };
                    if count >= majority {
                        break;
                    }
                }
                Ok(Vote::Unknown(others)) => unknown.get_or_insert_default().extend(others),
                Err(fault) => faults.push(fault),
            }
        }
        if let Some((shard, _)) = votes.into_iter().max_by_key(|(_, count)| *count) {
            return Ok(vec![shard]);
        }
        let Some(others) = unknown else {
            return Err(most_specific(faults, &self.options));
        };
        let mut reason = format!("{NO_PRIMARY} `{master}`");
        if !others.is_empty() {
            let others: Vec<String> = others.iter().map(|name| format!("`{name}`")).collect();
            reason = format!("{reason}; they know {}", others.join(", "));
        }
        Err(Fault::Final(Error::Settings(reason)))
    }

    /// Returns once the sentinels name another primary; never returns without sentinels.
    pub(crate) async fn replaced(&self, address: &NodeAddress) {
        let Deployment::Sentinel {
            sentinels, master, ..
        } = &self.options.target
        else {
            return std::future::pending().await;
        };
        loop {
            tokio::time::sleep(ASK_AGAIN).await;
            if let Ok(shards) = self.watched(sentinels, master).await
                && shards.iter().all(|shard| shard.primary != *address)
            {
                return;
            }
        }
    }

    /// True if a sentinel is replacing this primary or knows a newer one. False without sentinels and if they do not
    /// answer.
    pub(crate) async fn is_failing_over(&self, primary: &NodeAddress) -> bool {
        let Deployment::Sentinel {
            sentinels, master, ..
        } = &self.options.target
        else {
            return false;
        };
        let mut asked = FuturesUnordered::new();
        for sentinel in sentinels {
            asked.push(self.ask_state(sentinel, master));
        }
        let mut states = Vec::new();
        let mut until = None;
        while let Some(state) = next_until(&mut asked, until).await {
            if let Some(state) = state {
                until.get_or_insert(Instant::now() + STRAGGLERS);
                states.push(state);
            }
        }
        let own = states.iter().filter(|state| state.primary == *primary);
        // The higher epoch wins, so an outdated sentinel does no harm.
        let epoch = own.map(|state| state.epoch).max();
        states.iter().any(|state| {
            state.failing_over || (state.primary != *primary && Some(state.epoch) > epoch)
        })
    }

    /// Asks one sentinel for its state of the primary.
    async fn ask_state(&self, sentinel: &Node, master: &str) -> Option<SentinelPrimary> {
        let dialer = self.sentinels.as_ref()?;
        let address = NodeAddress::Tcp(sentinel.clone());
        let asked = async {
            let connection = dialer.dial(&address, Role::Any).await.ok()?;
            let mut command = redis::cmd("SENTINEL");
            command.arg("MASTER").arg(master);
            SentinelPrimary::parse(connection.command(&command).await.ok()?)
        };
        let asked = tokio::time::timeout(dialer.connect_timeout, asked);
        asked.await.ok().flatten()
    }

    async fn ask_sentinel(&self, sentinel: &Node, master: &str) -> Result<Vote, Fault> {
        let Some(dialer) = &self.sentinels else {
            return Ok(Vote::Unknown(Vec::new()));
        };
        let address = NodeAddress::Tcp(sentinel.clone());
        let asked = self.ask_sentinel_at(dialer, &address, master);
        let asked = async { asked.await.map_err(of_sentinel) };
        // A hanging sentinel must not delay the others for longer than the connect timeout.
        match tokio::time::timeout(dialer.connect_timeout, asked).await {
            Ok(answer) => answer,
            Err(_) => Err(Fault::Unreachable(Error::Timeout {
                endpoint: dialer.name(&address),
                command: "SENTINEL".to_owned(),
                after: dialer.connect_timeout,
            })),
        }
    }

    async fn ask_sentinel_at(
        &self,
        dialer: &Dialer,
        address: &NodeAddress,
        master: &str,
    ) -> Result<Vote, Fault> {
        let connection = dialer.dial(address, Role::Any).await?;
        let mut command = redis::cmd("SENTINEL");
        command.arg("GET-MASTER-ADDR-BY-NAME").arg(master);
        let answer = asked(&connection, &command).await?;
        let answer = accepted(answer, "SENTINEL", connection.name()).map_err(|error| {
            Fault::Final(match error {
                Error::Refused {
                    endpoint, reason, ..
                } => {
                    log::info!("`{endpoint}` refused SENTINEL: {reason}");
                    Error::Settings(format!("`{endpoint}` {NO_SENTINEL}"))
                }
                error => error,
            })
        })?;
        let mut parts = array(answer).unwrap_or_default().into_iter();
        let (Some(host), Some(port)) = (parts.next().and_then(text), parts.next()) else {
            let mut command = redis::cmd("SENTINEL");
            command.arg("MASTERS");
            // Only the message needs them.
            let all = connection.command(&command).await.ok().and_then(array);
            let all = all
                .unwrap_or_default()
                .into_iter()
                .map(SentinelFields::read);
            let names = all.filter_map(|fields| fields.get("name").map(ToOwned::to_owned));
            return Ok(Vote::Unknown(names.collect()));
        };
        let port = int(&port)
            .and_then(|port| u16::try_from(port).ok())
            .ok_or_else(|| Fault::Final(unexpected("SENTINEL", connection.name())))?;
        let primary = NodeAddress::Tcp(Node { host, port });
        let mut replicas = Vec::new();
        if self.options.read_from != ReadFrom::Primary {
            let mut command = redis::cmd("SENTINEL");
            command.arg("REPLICAS").arg(master);
            replicas = array(asked(&connection, &command).await?)
                .unwrap_or_default()
                .into_iter()
                .filter_map(healthy_replica)
                .collect();
        }
        Ok(Vote::For(Shard::whole(primary, replicas)))
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
async fn asked(connection: &Connection, command: &Cmd) -> Result<Value, Fault> {
    let answer = connection.command(command).await;
    answer.map_err(Fault::Unreachable)
}

/// Sentinels have their own credentials and options.
fn of_sentinel(fault: Fault) -> Fault {
    match fault {
        Fault::Final(Error::Auth { endpoint, reason }) => {
            Fault::Final(Error::SentinelAuth { endpoint, reason })
        }
        fault => fault,
    }
}

/// Returns the next answer; `None` at the end or after `until`.
async fn next_until<S: Stream + Unpin>(answers: &mut S, until: Option<Instant>) -> Option<S::Item> {
    match until {
        Some(until) => timeout_at(until, answers.next()).await.ok().flatten(),
        None => answers.next().await,
    }
}

/// A sentinel's answer about a primary.
enum Vote {
    For(Shard),
    /// It does not know the primary, but those of these names.
    Unknown(Vec<String>),
}

/// A sentinel's state of its primary (SENTINEL MASTER).
struct SentinelPrimary {
    primary: NodeAddress,
    /// Grows with each failover.
    epoch: u64,
    failing_over: bool,
}

impl SentinelPrimary {
    fn parse(answer: Value) -> Option<Self> {
        let fields = SentinelFields::read(answer);
        let epoch = match fields.get("config-epoch") {
            Some(_) => fields.number("config-epoch")?,
            None => 0,
        };
        Some(Self {
            primary: NodeAddress::Tcp(fields.node()?),
            epoch,
            failing_over: fields.is_any(&["failover_in_progress"]),
        })
    }
}

/// Parses a replica and drops unhealthy ones. Whether it follows the primary is checked on the replica itself,
/// because the sentinel's information may be ten seconds old.
fn healthy_replica(entry: Value) -> Option<NodeAddress> {
    let fields = SentinelFields::read(entry);
    let healthy = !fields.is_any(&["s_down", "o_down", "disconnected"]);
    fields.node().filter(|_| healthy).map(NodeAddress::Tcp)
}

/// Returns the most specific fault. Faults that the operator can fix precede faults that may pass.
fn most_specific(faults: Vec<Fault>, options: &Options) -> Fault {
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

/// How long to wait for the other sentinels once one has answered.
const STRAGGLERS: Duration = Duration::from_secs(1);

/// How long a primary may take to connect before the sentinels are asked whether it has been replaced.
const ASK_AGAIN: Duration = Duration::from_millis(500);
