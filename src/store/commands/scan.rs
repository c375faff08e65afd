//! Walks the keyspace: every primary (or a replica of each) in parallel, page by page.

use crate::store::client::Store;
use crate::store::error::Error;
use crate::store::net::connect::Fault;
use crate::store::net::reply::{failure, scanned, strings, text, unexpected};
use crate::store::net::request::Request;
use crate::store::net::retry::{RetryBudget, RetryReason};
use crate::store::topology::Shard;
use redis::Value;
use tokio::sync::mpsc;
use tokio::task::JoinSet;

/// Number of keys that the server scans in the time of one batch element.
pub(crate) const LOOKED_AT: usize = 6;
/// Pages of a shard that may wait while the next one is in flight.
const AHEAD: usize = 1;

/// A walk that runs in the background, at most one page ahead for each shard. Dropping it ends the walk.
pub struct Scan {
    pages: mpsc::Receiver<Result<Vec<Vec<u8>>, Error>>,
    walks: JoinSet<()>,
}

impl Store {
    /// Starts a walk over all keys that match the glob pattern. A key may be returned twice. A key that exists
    /// throughout is returned at least once, unless slots move between servers meanwhile.
    pub async fn scan(&self, pattern: &[u8]) -> Result<Scan, Error> {
        self.look_again().await?;
        self.refuse_part_of_a_cluster().await?;
        let topology = self.topology();
        let (sender, pages) = mpsc::channel(AHEAD * topology.shards.len().max(1));
        let mut walks = JoinSet::new();
        for shard in topology.shards.iter().cloned() {
            let (store, sender) = (self.clone(), sender.clone());
            let pattern = pattern.to_vec();
            walks.spawn(async move {
                if let Err(error) = store.walk_shard(shard, &pattern, &sender).await {
                    // Without a receiver the error is not needed.
                    let _ = sender.send(Err(error)).await;
                }
            });
        }
        Ok(Scan { pages, walks })
    }

    /// In a cluster, refreshes the topology: a primary that joined since would be left out, and an old topology
    /// cannot show whether slots moved.
    async fn look_again(&self) -> Result<(), Error> {
        if !self.clustered() {
            return Ok(());
        }
        let refreshed = self.inner.refresh(self.topology().epoch).await;
        refreshed.map_err(crate::store::net::connect::Fault::into_error)
    }

    /// Refuses a cluster node that was configured as a single server: its share of the keys would look like all of
    /// them.
    async fn refuse_part_of_a_cluster(&self) -> Result<(), Error> {
        if self.clustered() {
            return Ok(());
        }
        let request = Request::keyless("INFO", "").arg("cluster");
        let info = match self.run_one(request, self.reads).await {
            Ok(value) => text(value).unwrap_or_default(),
            // If the user may not run INFO, the first key of another node reports the problem.
            Err(Error::Denied { .. } | Error::Refused { .. }) => String::new(),
            Err(error) => return Err(error),
        };
        if info.lines().any(|line| line.trim() == "cluster_enabled:1") {
            return Err(Error::Settings(format!(
                "`{}` is a node of a cluster and holds a part of the keys: use `--mode cluster`",
                self.endpoint()
            )));
        }
        Ok(())
    }

    /// Walks one shard. A cursor is only valid on the server that returned it, so after a failure the walk starts
    /// again, on the server that now owns the shard's slots.
    async fn walk_shard(
        &self,
        mut shard: Shard,
        pattern: &[u8],
        pages: &mpsc::Sender<Result<Vec<Vec<u8>>, Error>>,
    ) -> Result<(), Error> {
        let slot = shard.slots.first().map_or(0, |range| *range.start());
        let mut budget = RetryBudget::new(&self.inner.options, self.can_fail_over());
        let mut attempt = 0;
        loop {
            let seen = self.topology().epoch;
            let (trouble, error) = match self.walk_node(&shard, pattern, attempt, pages).await {
                Ok(()) => return Ok(()),
                Err(failed) => failed,
            };
            let pause = trouble.and_then(|trouble| budget.pause(trouble));
            let Some(pause) = pause else {
                return Err(error);
            };
            log::debug!("walking `{}` starts again: {error}", shard.primary);
            attempt += 1;
            tokio::time::sleep(pause).await;
            if self.can_fail_over() {
                // If no node answers, the former owner is tried again.
                let _ = self.inner.refresh(seen).await;
            }
            if let Some(owner) = self.topology().owner(slot) {
                shard = owner.clone();
            }
        }
    }

    async fn walk_node(
        &self,
        shard: &Shard,
        pattern: &[u8],
        attempt: usize,
        pages: &mpsc::Sender<Result<Vec<Vec<u8>>, Error>>,
    ) -> Result<(), (Option<RetryReason>, Error)> {
        let (address, role) = self
            .node(shard, self.reads, attempt)
            .map_err(|error| (None, error))?;
        let connection = self
            .inner
            .connection(&address, role)
            .await
            .map_err(|fault| {
                let trouble = match &fault {
                    Fault::Final(_) => None,
                    Fault::Unreachable(_) => Some(RetryReason::Unreachable),
                };
                (trouble, fault.into_error())
            })?;
        let mut cursor = "0".to_owned();
        loop {
            let mut command = redis::cmd("SCAN");
            command
                .arg(&cursor)
                .arg("MATCH")
                .arg(pattern)
                .arg("COUNT")
                .arg(LOOKED_AT * connection.batch_size().elements());
            let answer = connection
                .command(&command)
                .await
                .map_err(|error| (Some(RetryReason::Unreachable), error))?;
            if let Value::ServerError(refusal) = &answer {
                let error = refused(failure(refusal, "SCAN", &[], connection.name()));
                let passing = crate::store::net::reply::not_ready(refusal.code());
                return Err((passing.then_some(RetryReason::NotReady), error));
            }
            let (next, keys) =
                page(answer, &cursor, connection.name()).map_err(|error| (None, error))?;
            if !keys.is_empty() && pages.send(Ok(keys)).await.is_err() {
                return Ok(());
            }
            if next == "0" {
                return Ok(());
            }
            cursor = next;
        }
    }
}

impl Scan {
    /// Returns the next page; `None` at the end. Nothing follows after an error.
    pub async fn next(&mut self) -> Option<Result<Vec<Vec<u8>>, Error>> {
        let page = self.pages.recv().await;
        if let Some(Err(_)) = page {
            self.walks.abort_all();
            self.pages.close();
        }
        page
    }
}

/// Turns a refused SCAN into [`Error::NoScan`]: a service or proxy without SCAN refuses every pattern.
pub(crate) fn refused(error: Error) -> Error {
    match error {
        Error::Refused {
            endpoint, reason, ..
        } => Error::NoScan(format!(
            "`{endpoint}` does not take SCAN, which patterns and counts of keys need: {reason}"
        )),
        error => error,
    }
}

/// Returns the next cursor and the keys of a reply to SCAN with the cursor `sent`.
pub(crate) fn page(answer: Value, sent: &str, node: &str) -> Result<(String, Vec<Vec<u8>>), Error> {
    let (next, keys) = scanned(answer, sent, "SCAN", node)?;
    let keys = strings(keys).ok_or_else(|| unexpected("SCAN", node))?;
    Ok((next, keys))
}
