//! Renews a lock in the background and reports its loss.

use crate::store::client::Store;
use crate::store::error::Error;
use crate::store::locks::lock::{Lock, holder};
use std::time::Duration;
use tokio::sync::{oneshot, watch};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep_until, timeout_at};

/// A lock that is renewed in the background. If dropped without [`RenewedLock::release`], it is no longer renewed and
/// expires.
#[derive(Debug)]
pub struct RenewedLock {
    store: Store,
    key: String,
    value: String,
    lost: watch::Receiver<bool>,
    stop: oneshot::Sender<()>,
    renewing: RenewalTask,
}

/// Stops the renewal when dropped.
#[derive(Debug)]
struct RenewalTask(JoinHandle<Lock>);

impl Drop for RenewalTask {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Lock {
    /// Renews the lock every third of its life. Must be called in a tokio runtime.
    pub fn renewed(self) -> RenewedLock {
        let (lost_sender, lost) = watch::channel(false);
        let (stop, stopped) = oneshot::channel();
        let (store, key) = (self.store.clone(), self.key.clone());
        let value = self.value.clone();
        let renewing = RenewalTask(tokio::spawn(renew_until(self, stopped, lost_sender)));
        RenewedLock {
            store,
            key,
            value,
            lost,
            stop,
            renewing,
        }
    }
}

impl RenewedLock {
    /// Asks the server whether the lock is still ours. Another process may have taken it since the last renewal.
    pub async fn still_ours(&self) -> Result<bool, Error> {
        let held = holder(&self.store, &self.key).await?;
        let lost = *self.lost.borrow();
        Ok(!lost && held.is_some_and(|(value, _)| value == self.value))
    }

    /// Asks the server for the lock's value; `None` if the key is gone.
    pub async fn holder(&self) -> Result<Option<String>, Error> {
        let held = holder(&self.store, &self.key).await?;
        Ok(held.map(|(value, _)| value))
    }

    /// Waits until the lock is lost: another process has it, or it could not be renewed during its whole life. Waits
    /// forever if it is not.
    pub async fn lost(&self) {
        let mut lost = self.lost.clone();
        if lost.wait_for(|lost| *lost).await.is_err() {
            std::future::pending::<()>().await;
        }
    }

    /// Stops renewing and releases the lock. Returns `false` if it was no longer ours.
    pub async fn release(self) -> Result<bool, Error> {
        match self.stopped().await {
            Some(lock) => lock.release().await,
            None => Ok(false),
        }
    }

    /// Stops renewing and leaves a value in the lock, see [`Lock::leave`].
    pub async fn leave(self, value: &str, life: Duration) -> Result<(), Error> {
        match self.stopped().await {
            Some(lock) => lock.leave(value, life).await,
            None => Ok(()),
        }
    }

    /// Stops renewing. `None` only while the runtime shuts down.
    async fn stopped(mut self) -> Option<Lock> {
        // Sending fails if the lock was lost; then nothing is left to stop.
        let _ = self.stop.send(());
        (&mut self.renewing.0).await.ok()
    }
}

async fn renew_until(
    mut lock: Lock,
    mut stop: oneshot::Receiver<()>,
    lost: watch::Sender<bool>,
) -> Lock {
    let mut next = Instant::now() + lock.life / 3;
    loop {
        tokio::select! {
            _ = &mut stop => return lock,
            () = sleep_until(next) => {}
        }
        let until = lock.until;
        // A stop waits for the attempt in flight, because its result decides whether there is something to release.
        // The attempt ends with the life of the lock at the latest.
        let renewed = timeout_at(until, lock.renew()).await;
        match renewed {
            Ok(Ok(true)) => next = Instant::now() + lock.life / 3,
            Ok(Err(error)) if Instant::now() < until => {
                log::debug!("the lock `{}` could not be renewed yet: {error}", lock.key);
                let soon = (lock.life / 10).max(Duration::from_millis(10));
                next = (Instant::now() + soon).min(until);
            }
            Ok(Ok(false) | Err(_)) | Err(_) => {
                log::warn!("the lock `{}` was lost", lock.key);
                lost.send_replace(true);
                return lock;
            }
        }
    }
}
