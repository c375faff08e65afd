//! Queries every server about itself, each on its own connection. Servers that do not answer are reported too.

use crate::domain::stats::info::Info;
use crate::store::client::Store;
use crate::store::cluster::sentinel::SentinelFields;
use crate::store::error::Error;
use crate::store::net::connect::{Fault, Role};
use crate::store::net::connection::Connection;
use crate::store::net::reply::{accepted, array, named_node, number, pairs, text, unexpected};
use crate::store::options::NodeAddress;
use crate::store::options::{Deployment, Node};
use futures_util::future::join_all;
use redis::{Pipeline, Value};
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// Number of slow log entries read, newest first.
const NEWEST: usize = 10;

/// Commands a second from which on the server's own figure is not relied on.
const MANY: u64 = 50;

/// How long commands are counted.
const COUNTED: Duration = Duration::from_millis(200);

/// A server and its report.
#[derive(Debug)]
pub struct NodeInfo {
    /// Host and port, or socket.
    pub addr: String,
    /// Index of its shard; servers with the same number hold the same keys. `None` if only other nodes know of it.
    pub shard: Option<usize>,
    /// Hash slots that it serves as a primary of a cluster.
    pub slots: Option<u64>,
    /// True if the topology names it as a primary with keys.
    pub said_primary: bool,
    /// The server's report.
    pub facts: Result<Facts, Error>,
}

/// Address of a server, and what the topology says of it.
struct KnownNode {
    address: NodeAddress,
    shard: Option<usize>,
    slots: Option<u64>,
    primary: bool,
}

impl KnownNode {
    fn replica(address: NodeAddress, shard: Option<usize>) -> Self {
        Self {
            address,
            shard,
            slots: None,
            primary: false,
        }
    }
}

/// A server's report about itself.
#[derive(Debug, Clone, Default)]
pub struct Facts {
    /// INFO, all sections.
    pub info: Info,
    /// Commands a second, without our own.
    pub ops_per_second: Option<u64>,
    /// Length of the slow log; `None` if it may not be read.
    pub slow_count: Option<u64>,
    /// Its newest entries.
    pub slow: Vec<SlowEntry>,
    /// For each command: upper bounds in microseconds with the number of calls up to them.
    pub histograms: Vec<(String, Vec<(u64, u64)>)>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SlowEntry {
    /// Unix time in seconds.
    pub at: u64,
    /// Duration in microseconds.
    pub took: u64,
    pub command: String,
    /// The first argument, usually a key.
    pub key: Option<String>,
}

/// The sentinels' report about the primary.
#[derive(Debug, Clone, Default)]
pub struct SentinelView {
    /// Fields of SENTINEL MASTER.
    pub master: SentinelFields,
    /// True if a failover could be agreed on; `None` if they do not say.
    pub quorum_met: Option<bool>,
    /// Addresses of all replicas, including those that are down.
    replicas: Vec<Node>,
}

impl Store {
    /// Queries every server: all primaries and replicas of a cluster; the primary and replicas known to the
    /// sentinels; or the single server and its replicas.
    pub async fn survey(&self, watch: Option<&SentinelView>) -> Vec<NodeInfo> {
        let topology = self.topology();
        let mut places: Vec<KnownNode> = Vec::new();
        let is_new = |places: &[KnownNode], address: &NodeAddress| {
            !places.iter().any(|known| known.address == *address)
        };
        for (at, shard) in topology.shards.iter().enumerate() {
            let slots = shard.slots.iter().map(|range| range.len() as u64).sum();
            let slots = self.clustered().then_some(slots);
            places.push(KnownNode {
                address: shard.primary.clone(),
                shard: Some(at),
                slots,
                primary: true,
            });
            let replicas = shard.replicas.iter().cloned();
            places.extend(replicas.map(|address| KnownNode::replica(address, Some(at))));
        }
        let watched = watch
            .map(|watch| watch.replicas.clone())
            .unwrap_or_default();
        let more = watched.into_iter().map(|node| (node, Some(0)));
        for (node, shard) in more.chain(self.unlisted().await) {
            let address = NodeAddress::Tcp(node);
            if is_new(&places, &address) {
                places.push(KnownNode::replica(address, shard));
            }
        }
        let mut surveyed = self.ask_all(&places).await;
        if !self.can_fail_over() {
            // Only a single server knows its own replicas.
            let replicas = surveyed.iter().filter_map(|one| one.facts.as_ref().ok());
            let replicas: Vec<_> = replicas
                .flat_map(|facts| facts.info.replicas())
                .map(|line| Node {
                    host: line.host,
                    port: line.port,
                })
                .map(|node| KnownNode::replica(NodeAddress::Tcp(node), Some(0)))
                .filter(|place| is_new(&places, &place.address))
                .collect();
            surveyed.extend(self.ask_all(&replicas).await);
        }
        surveyed
    }

    async fn ask_all(&self, places: &[KnownNode]) -> Vec<NodeInfo> {
        let asked = places.iter().map(async |place| NodeInfo {
            addr: place.address.to_string(),
            shard: place.shard,
            slots: place.slots,
            said_primary: place.primary,
            facts: self.facts(&place.address).await,
        });
        join_all(asked).await
    }

    /// Returns nodes that CLUSTER SLOTS does not list: failed ones, and primaries without slots.
    async fn unlisted(&self) -> Vec<(Node, Option<usize>)> {
        let topology = self.topology();
        let Some(NodeAddress::Tcp(asked)) = topology.shards.first().map(|shard| &shard.primary)
        else {
            return Vec::new();
        };
        if !self.clustered() {
            return Vec::new();
        }
        for shard in &topology.shards {
            let Ok(connection) = self.inner.connection(&shard.primary, Role::Any).await else {
                continue;
            };
            let mut command = redis::cmd("CLUSTER");
            command.arg("NODES");
            if let Ok(reply) = connection.command(&command).await
                && let Some(lines) = text(reply)
            {
                let nodes = lines.lines().filter_map(|line| unlisted(line, &asked.host));
                return nodes.map(|node| (node, None)).collect();
            }
        }
        Vec::new()
    }

    async fn facts(&self, address: &NodeAddress) -> Result<Facts, Error> {
        let options = &self.inner.options;
        let limit = options.connect_timeout + 2 * options.timeout;
        tokio::time::timeout(limit, self.ask_facts(address))
            .await
            .unwrap_or_else(|_| {
                Err(Error::Timeout {
                    endpoint: address.to_string(),
                    command: "INFO".to_owned(),
                    after: limit,
                })
            })
    }

    async fn ask_facts(&self, address: &NodeAddress) -> Result<Facts, Error> {
        let connection = self.inner.connection(address, Role::Any).await;
        let connection = connection.map_err(Fault::into_error)?;
        let mut first = Pipeline::new();
        // The default sections lack the statistics of latencies and errors.
        first.cmd("INFO").arg("ALL");
        // Ask before using it: an unknown command would count as an error in the statistics that are read here.
        first.cmd("COMMAND").arg("INFO").arg("COMMANDLOG");
        let mut replies = connection.exchange(&first, "INFO").await?.into_iter();
        let info = replies.next().unwrap_or_default();
        let info = match accepted(info, "INFO", connection.name()) {
            // A service without INFO. Its fields are unknown; the rest continues.
            Err(Error::Refused { .. }) => String::new(),
            info => text(info?).ok_or_else(|| unexpected("INFO", connection.name()))?,
        };
        let has_log = replies.next().and_then(array).is_some_and(
            |commands| matches!(commands.first(), Some(Value::Array(about)) if !about.is_empty()),
        );
        let mut second = Pipeline::new();
        if has_log {
            second.cmd("COMMANDLOG").arg("LEN").arg("slow");
            second.cmd("COMMANDLOG").arg("GET").arg(NEWEST).arg("slow");
        } else {
            second.cmd("SLOWLOG").arg("LEN");
            second.cmd("SLOWLOG").arg("GET").arg(NEWEST);
        }
        second.cmd("LATENCY").arg("HISTOGRAM");
        // A user who may not run these still sees the rest.
        let mut replies = connection.exchange(&second, "SLOWLOG").await?.into_iter();
        let mut next = || replies.next().unwrap_or_default();
        let count = next();
        let info = Info::parse(&info);
        Ok(Facts {
            ops_per_second: ops_per_second(&connection, &info).await,
            info,
            slow_count: number(&count),
            slow: array(next())
                .unwrap_or_default()
                .into_iter()
                .filter_map(slow_entry)
                .collect(),
            histograms: pairs(next())
                .unwrap_or_default()
                .into_iter()
                .filter_map(|(name, about)| Some((text(name)?, histogram(about)?)))
                .collect(),
        })
    }

    /// Asks the sentinels in turn about the primary until one answers; `None` without sentinels.
    pub async fn watch(&self) -> Option<Result<SentinelView, Error>> {
        let Deployment::Sentinel {
            sentinels, master, ..
        } = &self.inner.options.target
        else {
            return None;
        };
        let mut last = Error::Settings("there is no sentinel to ask".to_owned());
        for sentinel in sentinels {
            match self.ask_watch(sentinel, master).await {
                Ok(watch) => return Some(Ok(watch)),
                Err(error) => last = error,
            }
        }
        Some(Err(last))
    }

    async fn ask_watch(&self, sentinel: &Node, master: &str) -> Result<SentinelView, Error> {
        let address = NodeAddress::Tcp(sentinel.clone());
        let Some(dialer) = &self.inner.sentinels else {
            return Err(Error::Settings("there are no sentinels".to_owned()));
        };
        let connection = dialer.dial(&address, Role::Any).await;
        let connection = connection.map_err(Fault::into_error)?;
        let mut pipeline = Pipeline::new();
        for question in ["MASTER", "REPLICAS", "CKQUORUM"] {
            pipeline.cmd("SENTINEL").arg(question).arg(master);
        }
        let mut replies = connection
            .exchange(&pipeline, "SENTINEL")
            .await?
            .into_iter();
        let mut next = || replies.next().unwrap_or_default();
        let fields = accepted(next(), "SENTINEL", connection.name())?;
        let fields = SentinelFields::read(fields);
        let replicas = array(next()).unwrap_or_default().into_iter();
        let replicas = replicas.filter_map(|replica| SentinelFields::read(replica).node());
        Ok(SentinelView {
            master: fields,
            replicas: replicas.collect(),
            quorum_met: match next() {
                Value::ServerError(error) => (error.code() == "NOQUORUM").then_some(false),
                _ => Some(true),
            },
        })
    }
}

/// Returns the commands a second, without our own. The server's figure is a mean of almost two seconds, in which a former
/// run may have sent thousands; so the commands are counted while we send nothing but the two INFO.
async fn ops_per_second(connection: &Connection, info: &Info) -> Option<u64> {
    let said = info.number("instantaneous_ops_per_sec")?;
    let count = async || {
        let mut command = redis::cmd("INFO");
        let reply = connection.command(command.arg("STATS")).await.ok()?;
        let processed = Info::parse(&text(reply)?).number("total_commands_processed")?;
        Some((processed, Instant::now()))
    };
    if said < MANY {
        return Some(said);
    }
    let Some((before, began)) = count().await else {
        return Some(said);
    };
    sleep(COUNTED).await;
    let Some((after, ended)) = count().await else {
        return Some(said);
    };
    let others = u128::from(after.saturating_sub(before + 1));
    let span = ended.duration_since(began).as_millis().max(1);
    u64::try_from(others * 1000 / span).ok()
}

/// Parses a line of CLUSTER NODES: `id ip:port@bus,name flags primary ping pong epoch link slots…`.
fn unlisted(line: &str, asked: &str) -> Option<Node> {
    let mut words = line.split_ascii_whitespace();
    let address = words.nth(1)?.split(['@', ',']).next()?;
    let flags = words.next()?;
    let has_slots = words.nth(5).is_some();
    let idle_primary = flags.contains("master") && !has_slots;
    if flags.contains("noaddr")
        || flags.contains("handshake")
        || !(flags.contains("fail") || idle_primary)
    {
        return None;
    }
    named_node(address, asked)
}

/// Parses `[id, seconds, microseconds, [command, argument, …], …]`.
fn slow_entry(entry: Value) -> Option<SlowEntry> {
    let mut parts = array(entry)?.into_iter().skip(1);
    let mut next = || number(&parts.next()?);
    let (at, took) = (next()?, next()?);
    let mut words = array(parts.next()?)?.into_iter().map(text);
    Some(SlowEntry {
        at,
        took,
        command: words.next()??,
        key: words.next().flatten(),
    })
}

/// Parses `[calls, n, histogram_usec, [end, count, …]]`.
fn histogram(about: Value) -> Option<Vec<(u64, u64)>> {
    let fields = pairs(about)?;
    let (_, buckets) = fields
        .into_iter()
        .find(|(name, _)| text(name.clone()).as_deref() == Some("histogram_usec"))?;
    pairs(buckets)?
        .into_iter()
        .map(|(end, count)| Some((number(&end)?, number(&count)?)))
        .collect()
}

#[cfg(test)]
mod tests;
