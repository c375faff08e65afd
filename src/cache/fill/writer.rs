//! The writing side of a run: bounded batches, a few in flight, while fetching goes on.

use super::ledger::Ledger;
use crate::cache::Error;
use crate::domain::ttl::Resource;
use crate::store::{self, Store, Write};
use futures_util::stream::{FuturesUnordered, StreamExt};
use tokio::sync::{mpsc, oneshot};

/// Writes in one batch: the server's processor is the limit, larger batches only make others wait.
const BATCH: usize = 500;

/// Bytes in one batch, so that a few large values do not make a long one.
const BATCH_BYTES: usize = 1 << 20;

/// Batches under way at once.
const IN_FLIGHT: usize = 3;

/// What is handed to the writing side.
struct Entry {
    resource: Resource,
    write: Write,
    /// Whether the write makes or replaces a whole key, which counts as stored.
    counts: bool,
}

enum Message {
    Put(Box<Entry>),
    /// Answered when everything sent before is written.
    Barrier(oneshot::Sender<()>),
}

/// The end that fetching holds.
#[derive(Clone)]
pub(super) struct Writer(mpsc::Sender<Message>);

/// The writing side has ended; its own result says why.
#[derive(Debug)]
pub(super) struct Closed;

/// The end that writes.
pub(super) struct Drain(mpsc::Receiver<Message>);

/// Makes both ends. Fetching waits when writing is two batches behind.
pub(super) fn channel() -> (Writer, Drain) {
    let (sender, receiver) = mpsc::channel(2 * BATCH);
    (Writer(sender), Drain(receiver))
}

impl Writer {
    /// Hands over a write that makes or replaces a key.
    pub(super) async fn put(&self, resource: Resource, write: Write) -> Result<(), Closed> {
        self.send(resource, write, true).await
    }

    /// Hands over a write that changes a key which is counted elsewhere.
    pub(super) async fn amend(&self, resource: Resource, write: Write) -> Result<(), Closed> {
        self.send(resource, write, false).await
    }

    async fn send(&self, resource: Resource, write: Write, counts: bool) -> Result<(), Closed> {
        let entry = Box::new(Entry {
            resource,
            write,
            counts,
        });
        self.0.send(Message::Put(entry)).await.map_err(|_| Closed)
    }

    /// Waits until everything handed over so far is written.
    pub(super) async fn flush(&self) -> Result<(), Closed> {
        let (done, wait) = oneshot::channel();
        self.0
            .send(Message::Barrier(done))
            .await
            .map_err(|_| Closed)?;
        wait.await.map_err(|_| Closed)
    }
}

impl Drain {
    /// Writes what is handed over until all writers are gone. `still_ours` is asked before each
    /// batch: a run that has lost its lock writes nothing more.
    ///
    /// A single write that fails is entered in the ledger; an error that the next write would meet as
    /// well ends the run.
    pub(super) async fn run(
        mut self,
        store: &Store,
        ledger: &Ledger,
        still_ours: impl AsyncFn() -> Result<(), Error>,
    ) -> Result<(), Error> {
        let mut in_flight = FuturesUnordered::new();
        loop {
            let message = tokio::select! {
                message = self.0.recv(), if in_flight.len() < IN_FLIGHT => message,
                Some(written) = in_flight.next() => { written?; continue }
            };
            let mut barrier = None;
            match message {
                None => break,
                Some(Message::Barrier(done)) => barrier = Some(done),
                Some(Message::Put(first)) => {
                    let (batch, found) = self.batch(*first);
                    barrier = found.or(barrier);
                    still_ours().await?;
                    in_flight.push(write(store, ledger, batch));
                }
            }
            if let Some(done) = barrier {
                while let Some(written) = in_flight.next().await {
                    written?;
                }
                // Whoever waited may have given up; then nobody needs to know.
                let _ = done.send(());
            }
        }
        while let Some(written) = in_flight.next().await {
            written?;
        }
        Ok(())
    }

    /// Takes what is waiting already, up to the bounds of a batch or a barrier.
    fn batch(&mut self, first: Entry) -> (Vec<Entry>, Option<oneshot::Sender<()>>) {
        let mut bytes = first.write.bytes();
        let mut batch = vec![first];
        while batch.len() < BATCH && bytes < BATCH_BYTES {
            match self.0.try_recv() {
                Ok(Message::Put(entry)) => {
                    bytes += entry.write.bytes();
                    batch.push(*entry);
                }
                Ok(Message::Barrier(done)) => return (batch, Some(done)),
                Err(_) => break,
            }
        }
        (batch, None)
    }
}

async fn write(store: &Store, ledger: &Ledger, batch: Vec<Entry>) -> Result<(), Error> {
    let (entries, writes): (Vec<_>, Vec<_>) = batch
        .into_iter()
        .map(|entry| ((entry.resource, entry.counts), entry.write))
        .unzip();
    let results = store.write(&writes).await;
    let mut ended = Ok(());
    for (((resource, counts), write), result) in entries.into_iter().zip(&writes).zip(results) {
        match result {
            Ok(()) => {
                let key = counts.then(|| write.key().to_owned());
                ledger.stored(resource, key, write.bytes());
            }
            Err(error) if ends_the_run(&error) => ended = Err(error.into()),
            Err(error) => {
                ledger.failed(resource, write.key().to_owned(), "store", error.to_string());
            }
        }
    }
    ended
}

/// Whether the next write would meet the same error.
fn ends_the_run(error: &store::Error) -> bool {
    !matches!(
        error,
        store::Error::WrongType { .. } | store::Error::Refused { .. }
    )
}
