//! Writes that are dropped if something was invalidated meanwhile. On a single server, a transaction watches the
//! marks and is executed only while they are unchanged, so that a process cannot die between the check and the write.
//! In a cluster, marks and keys are on different servers; there the caller checks the marks again after writing.

use super::seen_marks::SeenMarks;
use super::write::Write;
use crate::store::client::Store;
use crate::store::error::Error;
use crate::store::net::connection::Connection;
use crate::store::net::reply::{failure, int};
use crate::store::net::request::Request;
use crate::store::options::ReadFrom;
use crate::store::unsupported::Unsupported;
use redis::{Cmd, Pipeline, Value};
use std::sync::atomic::Ordering;

/// Limits of one transaction in elements and bytes, unless a single write has more. Other clients wait about half a
/// millisecond for it.
const ELEMENTS: usize = 200;
const BYTES: usize = 128 << 10;

/// Number of keys to find on the right server before it counts as a single server.
const PLACES: usize = 32;

/// Outcome of a write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WriteOutcome {
    /// Executed in a transaction that found the marks unchanged.
    Unmarked,
    /// Executed without that: the marks must be read again afterwards.
    Unwatched,
    /// Not executed: something was marked.
    Marked,
}

/// State of a connection that watches the marks. WATCH belongs to a connection, so each transaction has its own.
pub(super) enum WatchedMarks {
    /// The connection watches the marks, and they are unchanged.
    Watched(Connection),
    /// There are new marks, or the connection was lost and they have to be read again.
    Marked,
    /// This server's marks cannot be watched.
    Without,
}

/// Result of a transaction.
pub(super) enum Transaction {
    /// The replies to its commands.
    Done(Vec<Value>),
    /// Not executed: a watched key or the server has changed.
    Changed,
    /// Not executed: the server refuses one of the commands.
    Refused,
}

impl Store {
    /// Writes like [`Store::write`], unless something was marked since `seen`. Without `seen`, in a cluster, and if the
    /// marks cannot be watched, everything is written.
    pub async fn write_unmarked(
        &self,
        batch: &mut [Write],
        seen: Option<&SeenMarks>,
    ) -> Vec<Result<WriteOutcome, Error>> {
        let Some(seen) = seen.filter(|_| !batch.is_empty()) else {
            return self.write_unchecked(batch).await;
        };
        let mut results = Vec::with_capacity(batch.len());
        let large = batch.iter().any(|write| write.bytes() > BYTES);
        let mut rest = batch;
        let mut watched = self.watch_marks(seen, None).await;
        loop {
            let connection = match watched {
                WatchedMarks::Watched(connection) if rest.is_empty() => {
                    // A connection's buffers do not shrink, so drop it after large values.
                    if !large {
                        self.inner.keep_exclusive(connection);
                    }
                    return results;
                }
                WatchedMarks::Watched(connection) => connection,
                WatchedMarks::Marked => {
                    results.extend(rest.iter().map(|_| Ok(WriteOutcome::Marked)));
                    return results;
                }
                WatchedMarks::Without => {
                    results.extend(self.write_unchecked(rest).await);
                    return results;
                }
            };
            let (now, later) = rest.split_at_mut(fitting(rest));
            let next = Some(seen).filter(|_| !later.is_empty());
            let (written, after) = self.unmarked(connection, now, next).await;
            results.extend(written);
            (rest, watched) = (later, after);
        }
    }

    /// Writes without checking the marks. An index entry, which comes first, is written before the rest.
    async fn write_unchecked(&self, batch: &[Write]) -> Vec<Result<WriteOutcome, Error>> {
        let entries = usize::from(matches!(batch.first(), Some(Write::Scores { .. })));
        let (first, rest) = batch.split_at(entries);
        let mut results = self.write(first).await;
        results.extend(self.write(rest).await);
        let results = results.into_iter();
        let each = results.map(|result| result.map(|()| WriteOutcome::Unwatched));
        each.collect()
    }

    /// Writes in one transaction, and with `next` watches the marks again afterwards. Until some keys were found on
    /// the right server, only writes are sent whose keys can be checked: a proxy with several servers sends the
    /// transaction to the server of the marks.
    async fn unmarked(
        &self,
        connection: Connection,
        batch: &mut [Write],
        next: Option<&SeenMarks>,
    ) -> (Vec<Result<WriteOutcome, Error>>, WatchedMarks) {
        let guarded = &self.inner.unsupported.guarded;
        let mut places = Vec::new();
        if guarded.load(Ordering::Relaxed) < PLACES {
            let left_behind = batch.iter().filter(|write| write.leaves_a_key());
            places.extend(left_behind.map(Write::key).take(PLACES));
            if places.is_empty() {
                return (self.write_unchecked(batch).await, WatchedMarks::Without);
            }
        }
        let later = self.keeps_later_scores();
        let (mut commands, mut owners, mut requests) = (Vec::new(), Vec::new(), Vec::new());
        for (at, write) in batch.iter().enumerate() {
            write.append_to(&mut requests, later);
            commands.extend(requests.drain(..).flat_map(Request::into_commands));
            owners.resize(commands.len(), at);
        }
        let looks = places
            .iter()
            .map(|key| redis::cmd("EXISTS").arg(*key).take());
        let watch = next.into_iter().flat_map(|seen| seen.watch(None));
        let pipeline = transaction(commands, looks.chain(watch));
        let places = places.len();
        // Do not hold a large value twice while its command is sent.
        let large = match &mut *batch {
            [Write::Set { value, .. }] if value.len() > BYTES => Some(value),
            _ => None,
        };
        let large = large.map(|value| {
            *value = Vec::new();
            value
        });
        let (done, replies) = self.transact(&connection, &pipeline, owners.len()).await;
        if let (Some(value), Some(sent)) = (large, pipeline.cmd_iter().nth(1))
            && let Some(redis::Arg::Simple(bytes)) = sent.args_iter().nth(2)
        {
            *value = bytes.to_vec();
        }
        drop(pipeline);
        let all = |outcome| batch.iter().map(|_| Ok(outcome)).collect();
        let answers = match done {
            Transaction::Changed => return (all(WriteOutcome::Marked), WatchedMarks::Marked),
            Transaction::Refused => {
                return (self.write_unchecked(batch).await, WatchedMarks::Without);
            }
            Transaction::Done(answers) => answers,
        };
        let mut failed: Vec<usize> = owners
            .into_iter()
            .zip(&answers)
            .filter(|(_, answer)| matches!(answer, Value::ServerError(_)))
            .map(|(at, _)| at)
            .collect();
        failed.dedup();
        let (there, watched) = replies.split_at(places.min(replies.len()));
        if failed.is_empty() {
            if there.iter().any(|there| int(there) != Some(1)) {
                self.without_guard("what a transaction wrote is not where it belongs");
                // The keys may have been invalidated by now.
                return (all(WriteOutcome::Marked), WatchedMarks::Marked);
            }
            guarded.fetch_add(places, Ordering::Relaxed);
        }
        let mut results: Vec<Result<WriteOutcome, Error>> = all(WriteOutcome::Unmarked);
        for at in failed {
            // Repeated alone, the write returns its own error.
            let again = self
                .write_unchecked(batch.get(at..=at).unwrap_or_default())
                .await;
            if let (Some(place), Some(result)) = (results.get_mut(at), again.into_iter().next()) {
                *place = result;
            }
        }
        let after = match next {
            Some(_) => self.watching(connection, watched),
            None => WatchedMarks::Watched(connection),
        };
        (results, after)
    }

    /// Runs a [`transaction`] of `count` commands on a connection that watches keys. Also returns the replies to the
    /// commands after EXEC.
    pub(super) async fn transact(
        &self,
        connection: &Connection,
        pipeline: &Pipeline,
        count: usize,
    ) -> (Transaction, Vec<Value>) {
        let replies = match connection.exchange(pipeline, "EXEC").await {
            Ok(replies) => replies,
            Err(error) => {
                self.connection_lost(&error);
                return (Transaction::Changed, Vec::new());
            }
        };
        let mut replies = replies.into_iter();
        let before: Vec<Value> = replies.by_ref().take(count + 1).collect();
        let done = match replies.next() {
            Some(Value::Array(answers)) if answers.len() == count => Transaction::Done(answers),
            Some(Value::Nil) => Transaction::Changed,
            ended => {
                let all = before.iter().chain(&ended);
                let refusals = all.filter_map(|reply| match reply {
                    Value::ServerError(error) => {
                        Some(failure(error, "EXEC", b"", connection.name()))
                    }
                    _ => None,
                });
                let refusals: Vec<Error> = refusals.collect();
                match refusals.first() {
                    Some(Error::ReadOnly { .. } | Error::NotReady { .. }) => {
                        self.inner.close_exclusive();
                        Transaction::Changed
                    }
                    first => {
                        let multi = matches!(before.first(), Some(Value::ServerError(_)));
                        if let Some(error) = first.filter(|_| multi || refusals.len() == 1) {
                            self.refused_guard(error);
                        }
                        Transaction::Refused
                    }
                }
            }
        };
        (done, replies.collect())
    }

    /// Returns a connection that watches the marks and the key `also`.
    pub(super) async fn watch_marks(&self, seen: &SeenMarks, also: Option<&str>) -> WatchedMarks {
        if self.clustered() || Unsupported::known(&self.inner.unsupported.guard) {
            return WatchedMarks::Without;
        }
        self.try_transactions(seen.key.as_bytes()).await;
        if Unsupported::known(&self.inner.unsupported.multi) {
            return WatchedMarks::Without;
        }
        let connection = match self.exclusive(&seen.key).await {
            Ok(connection) => connection,
            Err(error) => {
                self.connection_lost(&error);
                return WatchedMarks::Marked;
            }
        };
        let mut pipeline = Pipeline::new();
        for command in seen.watch(also) {
            pipeline.add_command(command);
        }
        match connection.exchange(&pipeline, "WATCH").await {
            Ok(replies) => self.watching(connection, &replies),
            Err(error) => {
                self.connection_lost(&error);
                WatchedMarks::Marked
            }
        }
    }

    /// Interprets the replies to [`SeenMarks::watch`].
    fn watching(&self, connection: Connection, replies: &[Value]) -> WatchedMarks {
        let error = replies.iter().find_map(|reply| match reply {
            Value::ServerError(error) => Some(failure(error, "WATCH", b"", connection.name())),
            _ => None,
        });
        match (error, replies) {
            // Each write reports this error itself.
            (Some(Error::WrongType { .. }), _) => WatchedMarks::Without,
            (Some(error @ (Error::Denied { .. } | Error::Refused { .. })), _) => {
                self.refused_guard(&error);
                WatchedMarks::Without
            }
            (None, [_, Value::Array(before), Value::Array(after)])
                if before.is_empty() && after.is_empty() =>
            {
                WatchedMarks::Watched(connection)
            }
            _ => WatchedMarks::Marked,
        }
    }

    /// Returns an idle connection for a transaction, or opens one.
    async fn exclusive(&self, key: &str) -> Result<Connection, Error> {
        if let Some(connection) = self.inner.take_exclusive() {
            return Ok(connection);
        }
        let topology = self.topology();
        let shard = topology.owner_of(key.as_bytes());
        let shard = shard.ok_or_else(|| self.unexpected("WATCH"))?;
        let (address, role) = self.node(shard, ReadFrom::Primary, 0)?;
        let dialed = self.inner.dial(&address, role).await;
        dialed.map_err(crate::store::net::connect::Fault::into_error)
    }

    /// Closes the idle connections; the next check of the marks finds out whether the server is reachable. A server
    /// that hangs up before it accepted any transaction is assumed not to support them.
    fn connection_lost(&self, error: &Error) {
        self.inner.close_exclusive();
        if self.inner.unsupported.guarded.load(Ordering::Relaxed) == 0 {
            self.refused_guard(error);
        }
    }

    fn refused_guard(&self, error: &Error) {
        self.without_guard(&error.to_string());
    }

    fn without_guard(&self, reason: &str) {
        if !Unsupported::known(&self.inner.unsupported.guard) {
            log::info!("{reason}: marks are read before and after each batch instead");
            Unsupported::learn(&self.inner.unsupported.guard);
        }
    }
}

/// Wraps commands in MULTI and EXEC, followed by the commands `behind`.
pub(super) fn transaction(commands: Vec<Cmd>, behind: impl Iterator<Item = Cmd>) -> Pipeline {
    let mut pipeline = Pipeline::with_capacity(commands.len() + 2);
    let multi = std::iter::once(redis::cmd("MULTI")).chain(commands);
    for command in multi.chain([redis::cmd("EXEC")]).chain(behind) {
        pipeline.add_command(command);
    }
    pipeline
}

impl Write {
    /// True if the key exists after the write in any case.
    fn leaves_a_key(&self) -> bool {
        match self {
            Self::Set { .. } | Self::SetAbsent { .. } | Self::Fields { .. } => true,
            Self::List { items, .. } => !items.is_empty(),
            Self::Scores { listed_only, .. } => !listed_only,
            _ => false,
        }
    }
}
/// Returns how many writes fit in one transaction; at least one.
fn fitting(batch: &[Write]) -> usize {
    let (mut bytes, mut elements) = (0, 0);
    let fits = batch.iter().take_while(|write| {
        bytes += write.bytes();
        elements += write.elements();
        bytes <= BYTES && elements <= ELEMENTS
    });
    fits.count().max(1).min(batch.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_transaction_is_bounded_in_elements_and_bytes_and_a_large_value_is_alone() {
        let set = |size: usize| Write::Set {
            key: "k".into(),
            value: vec![0; size],
            ttl: None,
        };
        assert_eq!(fitting(&vec![set(1); ELEMENTS + 1]), ELEMENTS);
        let scores = Write::Scores {
            key: "k".into(),
            score: 1,
            members: vec!["m".into(); ELEMENTS / 2],
            listed_only: false,
        };
        assert_eq!(fitting(&vec![scores; 3]), 2);
        assert_eq!(
            fitting(&[set(BYTES / 2), set(BYTES / 3), set(BYTES / 2)]),
            2
        );
        assert_eq!(fitting(&[set(2 * BYTES), set(1)]), 1);
    }
}
