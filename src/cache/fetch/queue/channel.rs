//! Both ends of the queue.

use crate::cache::fetch::ask::PendingWrite;
use tokio::sync::{mpsc, oneshot};

/// Writes in one batch. The server's processor is the limit, so larger batches only make other clients wait.
pub(super) const BATCH: usize = 100;

/// Bytes in one batch, so that a few large values do not make a long one. Each batch under way is in memory
/// several times.
const BATCH_BYTES: usize = 1 << 17;

pub(super) enum Message {
    Put(Box<PendingWrite>),
    /// Answered when everything sent before is written.
    Barrier(oneshot::Sender<()>),
}

/// The fetching side's end.
#[derive(Clone)]
pub(crate) struct Queue(mpsc::Sender<Message>);

/// The writing side has ended; its own result has the reason.
#[derive(Debug)]
pub(crate) struct Closed;

pub(crate) struct Drain(pub(super) mpsc::Receiver<Message>);

/// Creates both ends. Fetching waits when writing is two batches behind.
pub(crate) fn channel() -> (Queue, Drain) {
    let (sender, receiver) = mpsc::channel(2 * BATCH);
    (Queue(sender), Drain(receiver))
}

impl Queue {
    pub(in crate::cache::fetch) async fn put(&self, put: PendingWrite) -> Result<(), Closed> {
        let message = Message::Put(Box::new(put));
        self.0.send(message).await.map_err(|_| Closed)
    }

    /// Waits until everything handed over so far is written.
    pub(in crate::cache::fetch) async fn flush(&self) -> Result<(), Closed> {
        let (done, wait) = oneshot::channel();
        let barrier = Message::Barrier(done);
        self.0.send(barrier).await.map_err(|_| Closed)?;
        wait.await.map_err(|_| Closed)
    }
}

impl Drain {
    /// Takes what is already waiting, up to the limits of a batch or a barrier.
    pub(super) fn batch(
        &mut self,
        first: PendingWrite,
    ) -> (Vec<PendingWrite>, Option<oneshot::Sender<()>>) {
        let mut bytes = first.write.bytes();
        let mut batch = vec![first];
        while batch.len() < BATCH && bytes < BATCH_BYTES {
            match self.0.try_recv() {
                Ok(Message::Put(put)) => {
                    bytes += put.write.bytes();
                    batch.push(*put);
                }
                Ok(Message::Barrier(done)) => return (batch, Some(done)),
                Err(_) => break,
            }
        }
        (batch, None)
    }
}
