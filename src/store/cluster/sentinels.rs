//! Finds the primary by asking the sentinels.

use super::discover::{asked, most_specific};
use super::sentinel::SentinelFields;
use crate::store::client::Inner;
use crate::store::error::{Error, NO_PRIMARY, NO_SENTINEL};
use crate::store::net::connect::{Dialer, Fault, Role};
use crate::store::net::reply::{accepted, array, int, text, unexpected};
use crate::store::options::NodeAddress;
use crate::store::options::{Deployment, Node, ReadFrom};
use crate::store::topology::Shard;
use futures_util::stream::{FuturesUnordered, Stream, StreamExt};
use redis::Value;
use std::collections::BTreeSet;
use std::time::Duration;
use tokio::time::{Instant, timeout_at};

/// How long to wait for the other sentinels once one has answered.
const STRAGGLERS: Duration = Duration::from_secs(1);

/// How long a primary may take to connect before the sentinels are asked whether it has been replaced.
const ASK_AGAIN: Duration = Duration::from_millis(500);

impl Inner {
    /// Returns the primary that most sentinels name. A single sentinel may be the last to learn of a failover.
    pub(super) async fn watched(
        &self,
        sentinels: &[Node],
        master: &str,
    ) -> Result<Vec<Shard>, Fault> {
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
