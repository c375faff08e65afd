//! Connections to individual servers, for commands to a server itself rather than to the owner of a key.

use crate::domain::stats::info::Info;
use crate::domain::ttl::Ttl;
use crate::store::client::Store;
use crate::store::commands::read::from_pttl;
use crate::store::commands::scan::{LOOKED_AT, page, refused};
use crate::store::error::Error;
use crate::store::net::connect::Fault;
use crate::store::net::connection::Connection;
use crate::store::net::reply::{accepted, bytes, int, number, text, unexpected};
use crate::store::net::request::Request;
use futures_util::future::{join_all, ready, try_join};
use futures_util::stream::{self, StreamExt, TryStreamExt};
use redis::{Cmd, Pipeline, Value};
use std::time::{Duration, Instant};
use tokio::sync::mpsc;

/// Bytes of a command besides its key.
const BESIDE: usize = 24;

/// Number of batches measured at the same time.
const AHEAD: usize = 3;

/// A connection to one server of a shard.
pub struct NodeConnection {
    connection: Connection,
}

/// Memory and TTL of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeyMemory {
    /// Memory in bytes, including the server's overhead; `None` if the server lacks MEMORY.
    pub bytes: Option<u64>,
    pub ttl: Ttl,
}

impl Store {
    /// Connects to one server of each shard: the primary, or a replica if reads go there.
    pub async fn nodes(&self) -> Result<Vec<NodeConnection>, Error> {
        self.each_node().await.into_iter().collect()
    }

    /// Like [`Store::nodes`], with a separate result for each server.
    pub(crate) async fn each_node(&self) -> Vec<Result<NodeConnection, Error>> {
        let topology = self.topology();
        let connected = topology.shards.iter().map(async |shard| {
            let (address, role) = self.node(shard, self.reads, 0)?;
            let connection = self.inner.connection(&address, role).await;
            let connection = connection.map_err(Fault::into_error)?;
            Ok(NodeConnection { connection })
        });
        join_all(connected).await
    }
}

impl Store {
    /// Number of the selected database.
    pub fn db(&self) -> u32 {
        self.inner.options.db
    }

    /// Measures named keys, in order; `None` for a missing key. Every member of a collection is measured.
    pub async fn measure_named(&self, keys: &[String]) -> Vec<Result<Option<KeyMemory>, Error>> {
        let requests: Vec<Request> = keys
            .iter()
            .flat_map(|key| {
                let memory = Request::of("MEMORY", "USAGE", key).arg("SAMPLES").arg(0);
                [memory, Request::new("PTTL", key)]
            })
            .collect();
        let mut answers = self.run(&requests, self.reads).await.into_iter();
        let mut sizes = Vec::with_capacity(keys.len());
        while let (Some(memory), Some(left)) = (answers.next(), answers.next()) {
            let size = known(memory).and_then(|memory| Ok(size(memory.as_ref(), &left?)));
            sizes.push(size);
        }
        sizes
    }
}

impl NodeConnection {
    /// Returns the number of keys in the selected database, `db`: by DBSIZE, or by INFO if a service lacks it. `None` if
    /// the server does not say.
    pub async fn keys(&self, db: u32) -> Result<Option<u64>, Error> {
        if let Some(reply) = known(self.ask(&redis::cmd("DBSIZE"), "DBSIZE").await)? {
            let keys = number(&reply);
            return keys
                .map(Some)
                .ok_or_else(|| unexpected("DBSIZE", self.connection.name()));
        }
        let info = match self.ask(&redis::cmd("INFO"), "INFO").await {
            Err(Error::Refused { .. } | Error::Denied { .. }) => None,
            info => text(info?),
        };
        Ok(info.and_then(|info| Info::parse(&info).keys(db)))
    }

    /// Measures the round trip of a PING.
    pub async fn round_trip(&self) -> Result<Duration, Error> {
        let began = Instant::now();
        // A refused PING has also made the round trip.
        self.connection.command(&redis::cmd("PING")).await?;
        Ok(began.elapsed())
    }

    /// Draws keys at random with replacement; fewer if the server is empty.
    pub async fn draw(&self, count: usize) -> Result<Vec<Vec<u8>>, Error> {
        let mut drawn = Vec::with_capacity(count);
        let mut left = count;
        while left > 0 {
            let now = left.min(self.share());
            left -= now;
            let mut pipeline = Pipeline::new();
            for _ in 0..now {
                pipeline.cmd("RANDOMKEY");
            }
            for reply in self.connection.exchange(&pipeline, "RANDOMKEY").await? {
                drawn.extend(bytes(self.accept(reply, "RANDOMKEY")?));
            }
        }
        Ok(drawn)
    }

    /// Measures the keys in order; `None` for a key that is gone. If `whole` is true for a collection, every member
    /// is measured; otherwise the server samples a few.
    pub async fn measure(
        &self,
        keys: &[Vec<u8>],
        whole: impl Fn(&[u8]) -> bool,
    ) -> Result<Vec<Option<KeyMemory>>, Error> {
        let mut sizes = Vec::with_capacity(keys.len());
        for share in keys.chunks(self.share()) {
            sizes.extend(self.measure_share(share, &whole).await?);
        }
        Ok(sizes)
    }

    /// Measures keys in one exchange.
    async fn measure_share(
        &self,
        keys: &[Vec<u8>],
        whole: impl Fn(&[u8]) -> bool,
    ) -> Result<Vec<Option<KeyMemory>>, Error> {
        let mut pipeline = Pipeline::new();
        append(&mut pipeline, keys, &whole);
        self.sizes(self.connection.exchange(&pipeline, "MEMORY USAGE").await?)
    }

    /// Walks all keys that match the pattern, measures them, and passes whole batches to `each`. A key may be returned
    /// twice. The next page is requested before this one is measured, so that the server always has work.
    pub async fn walk(
        &self,
        pattern: &[u8],
        whole: impl Fn(&[u8]) -> bool,
        mut each: impl FnMut(Vec<(Vec<u8>, KeyMemory)>),
    ) -> Result<(), Error> {
        let (sender, mut pages) = mpsc::channel(1);
        let pages = stream::poll_fn(move |context| pages.poll_recv(context));
        let walked = async move {
            let mut cursor = "0".to_owned();
            loop {
                let (next, keys) = self.page(&cursor, pattern).await?;
                if sender.send(keys).await.is_err() || next == "0" {
                    return Ok(());
                }
                cursor = next;
            }
        };
        let whole = &whole;
        let measured = pages
            .flat_map(|keys| stream::iter(self.shares(keys)))
            .map(async |keys| {
                let sizes = self.measure_share(&keys, whole).await?;
                let measured = keys.into_iter().zip(sizes);
                let there = measured.filter_map(|(key, size)| Some((key, size?)));
                Ok(there.collect::<Vec<_>>())
            })
            .buffered(AHEAD)
            .try_for_each(|batch| {
                each(batch);
                ready(Ok(()))
            });
        try_join(walked, measured).await?;
        Ok(())
    }

    /// Splits keys into batches that are measured at a time.
    fn shares(&self, mut keys: Vec<Vec<u8>>) -> Vec<Vec<Vec<u8>>> {
        let (mut shares, share) = (Vec::new(), self.share());
        // A page may be empty, and a batch may not.
        while !keys.is_empty() {
            let later = keys.split_off(share.min(keys.len()));
            shares.push(std::mem::replace(&mut keys, later));
        }
        shares
    }

    /// Number of keys drawn or measured at a time.
    fn share(&self) -> usize {
        self.connection.batch_size().elements()
    }

    /// Returns the next cursor and the keys found.
    async fn page(&self, cursor: &str, pattern: &[u8]) -> Result<(String, Vec<Vec<u8>>), Error> {
        let mut command = redis::cmd("SCAN");
        command.arg(cursor).arg("MATCH").arg(pattern);
        let count = LOOKED_AT * self.share();
        let reply = self.ask(command.arg("COUNT").arg(count), "SCAN").await;
        let reply = reply.map_err(refused)?;
        page(reply, cursor, self.connection.name())
    }

    fn sizes(&self, replies: Vec<Value>) -> Result<Vec<Option<KeyMemory>>, Error> {
        let mut sizes = Vec::with_capacity(replies.len() / 2);
        let mut replies = replies.into_iter();
        while let (Some(memory), Some(left)) = (replies.next(), replies.next()) {
            if moved(&memory) || moved(&left) {
                sizes.push(None);
                continue;
            }
            let memory = known(self.accept(memory, "MEMORY USAGE"))?;
            let left = self.accept(left, "PTTL")?;
            sizes.push(size(memory.as_ref(), &left));
        }
        Ok(sizes)
    }

    async fn ask(&self, command: &Cmd, name: &str) -> Result<Value, Error> {
        self.accept(self.connection.command(command).await?, name)
    }

    fn accept(&self, reply: Value, command: &str) -> Result<Value, Error> {
        accepted(reply, command, self.connection.name())
    }
}

fn append(pipeline: &mut Pipeline, keys: &[Vec<u8>], whole: &impl Fn(&[u8]) -> bool) {
    for key in keys {
        // One allocation each, because there are as many commands as keys.
        let mut memory = Cmd::with_capacity(5, key.len() + BESIDE);
        memory.arg("MEMORY").arg("USAGE").arg(key);
        if whole(key) {
            memory.arg("SAMPLES").arg(0);
        }
        let mut left = Cmd::with_capacity(2, key.len() + BESIDE);
        left.arg("PTTL").arg(key);
        pipeline.add_command(memory).add_command(left);
    }
}

/// Maps an unknown command to `None`, because a service may lack it.
fn known(answer: Result<Value, Error>) -> Result<Option<Value>, Error> {
    match answer {
        Err(error) if error.is_unknown_syntax() => Ok(None),
        answer => answer.map(Some),
    }
}

/// Combines the replies to MEMORY USAGE and PTTL. A key that disappears between them is gone.
fn size(memory: Option<&Value>, left: &Value) -> Option<KeyMemory> {
    let ttl = int(left).map_or(Ttl::Absent, from_pttl);
    let bytes = match memory {
        Some(memory) => Some(number(memory)?),
        None => None,
    };
    (ttl != Ttl::Absent).then_some(KeyMemory { bytes, ttl })
}

/// True if the key's slot is migrating. Neither server counts such a key.
fn moved(reply: &Value) -> bool {
    matches!(reply, Value::ServerError(error) if matches!(error.code(), "MOVED" | "ASK" | "TRYAGAIN"))
}
