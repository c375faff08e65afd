//! The path of all commands: grouped by server, in bounded batches of which a few are in flight. Results keep the
//! order of the requests, and temporary failures are retried.

mod batch;
mod route;

use crate::store::client::Store;
use crate::store::error::Error;
use crate::store::net::connect::Fault;
use crate::store::net::reply::Reply;
use crate::store::net::request::{Request, RetryPolicy};
use crate::store::net::retry::{RetryBudget, RetryReason};
use crate::store::options::{Deployment, Node, ReadFrom};
use crate::store::topology::Topology;
use crate::store::unsupported::Unsupported;
use batch::{exchange, fitting};
use futures_util::future::join_all;
use futures_util::stream::{FuturesUnordered, StreamExt};
use redis::Value;
use route::{Route, group_of};

/// Limit of requests built at a time from an iterator.
const WINDOW: usize = 3000;

/// A request without a result so far.
struct PendingRequest {
    index: usize,
    ask: Option<Node>,
}

impl Store {
    /// Runs one request.
    pub(crate) async fn run_one(&self, request: Request, from: ReadFrom) -> Result<Value, Error> {
        let name = request.name();
        self.run(std::slice::from_ref(&request), from)
            .await
            .pop()
            .unwrap_or_else(|| Err(crate::store::net::reply::unexpected(name, &self.endpoint())))
    }

    /// Runs any number of requests like [`Store::run`], with a bounded number in memory.
    pub(crate) async fn run_each(
        &self,
        mut requests: impl Iterator<Item = Request>,
        from: ReadFrom,
    ) -> Vec<Result<Value, Error>> {
        let mut results = Vec::with_capacity(requests.size_hint().0);
        loop {
            let window: Vec<Request> = requests.by_ref().take(WINDOW).collect();
            if window.is_empty() {
                return results;
            }
            results.extend(self.run(&window, from).await);
        }
    }

    /// Runs all requests, each on the server that owns its key, and returns their results in order. Requests for the
    /// same key keep their order.
    pub(crate) async fn run(
        &self,
        requests: &[Request],
        from: ReadFrom,
    ) -> Vec<Result<Value, Error>> {
        if let Some(first) = requests.iter().find(|request| request.is_atomic()) {
            self.try_transactions(first.key()).await;
        }
        self.run_all(requests, from).await
    }

    /// Finds out, before the first transaction, whether the server takes one. A server that refuses MULTI executes the
    /// commands behind it one by one, and a connection lost in between would leave a key without its TTL.
    pub(super) async fn try_transactions(&self, key: &[u8]) {
        let tried = self.inner.transactions.get_or_try_init(async || {
            let empty = Request::empty_transaction(key);
            match self.run_all(&[empty], ReadFrom::Primary).await.pop() {
                // twemproxy closes the connection.
                Some(Err(Error::Lost { endpoint, .. })) if self.answers(key).await => {
                    self.without_transactions(&format!("`{endpoint}` hangs up at MULTI"));
                    Ok(())
                }
                Some(Err(error @ (Error::Lost { .. } | Error::Timeout { .. }))) => Err(error),
                _ => Ok(()),
            }
        });
        // The requests themselves report an error.
        let _ = tried.await;
    }

    /// True if the primary of the key answers.
    async fn answers(&self, key: &[u8]) -> bool {
        let ping = Request::keyless("PING", key);
        self.run_all(&[ping], ReadFrom::Primary)
            .await
            .iter()
            .all(Result::is_ok)
    }

    fn without_transactions(&self, reason: &str) {
        if !Unsupported::known(&self.inner.unsupported.multi) {
            log::info!("{reason}: a script about the one key takes the place of MULTI");
            Unsupported::learn(&self.inner.unsupported.multi);
        }
    }

    async fn run_all(&self, requests: &[Request], from: ReadFrom) -> Vec<Result<Value, Error>> {
        let mut results: Vec<Option<Result<Value, Error>>> =
            requests.iter().map(|_| None).collect();
        let mut open: Vec<PendingRequest> = (0..requests.len())
            .map(|index| PendingRequest { index, ask: None })
            .collect();
        let mut budget = RetryBudget::new(&self.inner.options, self.can_fail_over());
        let mut attempt = 0;
        let mut lost = vec![false; requests.len()];
        while !open.is_empty() {
            let topology = self.topology();
            let mut verdicts = self.send(requests, open, &topology, from, attempt).await;
            verdicts.sort_by_key(|(index, _)| *index);
            let mut next = Vec::new();
            let mut worst = None;
            let mut refresh = false;
            for (index, outcome) in verdicts {
                if let Reply::Unreachable { sent: true, .. } = outcome
                    && let Some(lost) = lost.get_mut(index)
                {
                    *lost = true;
                }
                let never = requests
                    .get(index)
                    .is_some_and(|request| request.retry() == RetryPolicy::Never);
                let again = requests
                    .get(index)
                    .filter(|_| lost.get(index) == Some(&true));
                let answer = |answer| match again {
                    Some(request) => request.answer_again(answer),
                    None => answer,
                };
                match self.retry_decision(outcome, requests.get(index)) {
                    Ok(value) => put(&mut results, index, answer(Ok(value))),
                    Err((error, Some(retry))) if !never => {
                        worst = worst.max(Some(retry.trouble));
                        refresh |= retry.refresh;
                        next.push((
                            PendingRequest {
                                index,
                                ask: retry.ask,
                            },
                            error,
                        ));
                    }
                    // The cursor belongs to a server that no longer owns the key.
                    Err((error, Some(_))) if self.can_fail_over() => {
                        let moved = Error::Moved {
                            key: requests
                                .get(index)
                                .map(Request::name_of_key)
                                .unwrap_or_default(),
                            reason: error.to_string(),
                        };
                        put(&mut results, index, Err(moved));
                    }
                    Err((error, _)) => put(&mut results, index, answer(Err(error))),
                }
            }
            let Some(trouble) = worst else { break };
            let Some(pause) = budget.pause(trouble) else {
                for (at, error) in next {
                    put(&mut results, at.index, Err(error));
                }
                break;
            };
            if let Some((_, error)) = next.first() {
                budget.announce(error, pause);
            }
            open = next.into_iter().map(|(at, _)| at).collect();
            attempt += 1;
            tokio::time::sleep(pause).await;
            if refresh && self.inner.refresh(topology.epoch).await.is_err() {
                log::debug!("no server knew the owners of the slots; trying with the old topology");
            }
        }
        results
            .into_iter()
            .map(|result| {
                result.unwrap_or_else(|| {
                    Err(crate::store::net::reply::unexpected("", &self.endpoint()))
                })
            })
            .collect()
    }

    /// Decides whether and how to retry a request.
    fn retry_decision(
        &self,
        outcome: Reply,
        request: Option<&Request>,
    ) -> Result<Value, (Error, Option<Retry>)> {
        let retry = |trouble, refresh, ask| {
            Some(Retry {
                trouble,
                refresh,
                ask,
            })
        };
        match outcome {
            Reply::Done(value) => Ok(value),
            Reply::Ask(node, error) if self.clustered() => {
                Err((error, retry(RetryReason::Redirected, false, Some(node))))
            }
            Reply::Elsewhere(error) if self.can_fail_over() => {
                let error = match error {
                    Error::ReadOnly { endpoint } => Error::not_primary(&endpoint),
                    error => error,
                };
                Err((error, retry(RetryReason::Redirected, true, None)))
            }
            // After a failover, the name of a managed service resolves to another server.
            Reply::Elsewhere(error @ Error::ReadOnly { .. })
                if matches!(self.inner.options.target, Deployment::Single(_)) =>
            {
                Err((error, retry(RetryReason::Unreachable, false, None)))
            }
            Reply::NoTransaction(error) => {
                self.without_transactions(&error.to_string());
                Err((error, retry(RetryReason::Redirected, false, None)))
            }
            Reply::Elsewhere(Error::NotReady { endpoint, .. })
            | Reply::Ask(_, Error::NotReady { endpoint, .. }) => {
                Err((part_of_a_cluster(&endpoint), None))
            }
            Reply::Final(error) | Reply::Ask(_, error) | Reply::Elsewhere(error) => {
                Err((error, None))
            }
            Reply::Later(error) => Err((
                error,
                retry(RetryReason::NotReady, self.can_fail_over(), None),
            )),
            Reply::Unreachable { error, sent } => {
                let unknown =
                    sent && request.is_none_or(|request| request.retry() != RetryPolicy::Always);
                // A single server that does not complete a handshake in time is not tried again, unless there is
                // another replica.
                let alone = self
                    .topology()
                    .shards
                    .iter()
                    .all(|shard| shard.replicas.len() < 2);
                let hopeless = !sent
                    && !self.can_fail_over()
                    && alone
                    && matches!(error, Error::Timeout { .. });
                if unknown || hopeless {
                    Err((error, None))
                } else {
                    let trouble = RetryReason::Unreachable;
                    Err((error, retry(trouble, self.can_fail_over(), None)))
                }
            }
        }
    }

    async fn send(
        &self,
        requests: &[Request],
        open: Vec<PendingRequest>,
        topology: &Topology,
        from: ReadFrom,
        attempt: usize,
    ) -> Vec<(usize, Reply)> {
        let mut verdicts = Vec::with_capacity(open.len());
        let mut groups: Vec<(Route, Vec<usize>)> = Vec::new();
        // Index of each shard's group.
        let mut places: Vec<Option<usize>> = vec![None; topology.shards.len()];
        for PendingRequest { index, ask } in open {
            let Some(request) = requests.get(index) else {
                continue;
            };
            let shard = topology.place(request.key()).filter(|_| ask.is_none());
            let known = shard.and_then(|shard| places.get(shard).copied().flatten());
            let place = match known {
                Some(place) => place,
                None => match self.route(request, ask, topology, from, attempt) {
                    Ok(route) => group_of(&mut groups, route),
                    Err(outcome) => {
                        verdicts.push((index, outcome));
                        continue;
                    }
                },
            };
            if let Some(own) = shard.and_then(|shard| places.get_mut(shard)) {
                *own = Some(place);
            }
            if let Some((_, group)) = groups.get_mut(place) {
                group.push(index);
            }
        }
        let sent = groups.iter();
        let sent = sent.map(|(to, indices)| self.deliver(to, requests, indices));
        verdicts.extend(join_all(sent).await.into_iter().flatten());
        verdicts
    }

    async fn deliver(
        &self,
        to: &Route,
        requests: &[Request],
        indices: &[usize],
    ) -> Vec<(usize, Reply)> {
        let connection = match self.inner.connection(&to.address, to.role).await {
            Ok(connection) => connection,
            Err(fault) => {
                return indices
                    .iter()
                    .map(|index| (*index, not_sent(&fault)))
                    .collect();
            }
        };
        let scripted = Unsupported::known(&self.inner.unsupported.multi);
        let mut verdicts = Vec::with_capacity(indices.len());
        let (mut rest, mut in_flight) = (indices, FuturesUnordered::new());
        loop {
            while in_flight.len() < connection.batch_size().in_flight() && !rest.is_empty() {
                let fits = fitting(requests, rest, connection.batch_size().elements());
                let (batch, later) = rest.split_at(fits);
                in_flight.push(exchange(&connection, to.asking, scripted, requests, batch));
                rest = later;
            }
            match in_flight.next().await {
                Some(answered) => verdicts.extend(answered),
                None => return verdicts,
            }
        }
    }
}

/// Error for a cluster node that was configured as a single server.
fn part_of_a_cluster(endpoint: &str) -> Error {
    Error::Settings(format!(
        "`{endpoint}` is a node of a cluster and does not own every key: use `--mode cluster`"
    ))
}

/// How to retry a request.
struct Retry {
    trouble: RetryReason,
    refresh: bool,
    ask: Option<Node>,
}

fn put(results: &mut [Option<Result<Value, Error>>], index: usize, result: Result<Value, Error>) {
    if let Some(place) = results.get_mut(index) {
        *place = Some(result);
    }
}

fn not_sent(fault: &Fault) -> Reply {
    match fault {
        Fault::Final(error) => Reply::Final(error.clone()),
        Fault::Unreachable(error) => Reply::Unreachable {
            error: error.clone(),
            sent: false,
        },
    }
}
