//! The operator's wish to stop: SIGINT and SIGTERM, heard in one place.

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

/// Which signal asked to stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signal {
    /// SIGINT, mostly Ctrl-C.
    Interrupt,
    /// SIGTERM, mostly a service manager.
    Terminate,
}

/// Tells everybody who waits that the operator wants to stop. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Stop(watch::Receiver<Option<Signal>>);

impl Stop {
    /// Listens from now on. The first signal is for an orderly end; a second one ends the process at
    /// once through `second`, which does not return.
    pub fn on_signals(second: impl Fn(Signal) + Send + 'static) -> std::io::Result<Self> {
        let (sender, receiver) = watch::channel(None);
        let mut interrupt = signal(SignalKind::interrupt())?;
        let mut terminate = signal(SignalKind::terminate())?;
        // A limit on the size of files (`ulimit -f`) would end the process by a signal; while somebody
        // listens for it, it is an error of the write instead, told like a full disk.
        let too_large = SignalKind::from_raw(rustix::process::Signal::XFSZ.as_raw());
        let too_large = signal(too_large)?;
        tokio::spawn(async move {
            let _listened_for = too_large;
            loop {
                let heard = tokio::select! {
                    Some(()) = interrupt.recv() => Signal::Interrupt,
                    Some(()) = terminate.recv() => Signal::Terminate,
                    else => return,
                };
                if sender.borrow().is_some() {
                    second(heard);
                }
                if sender.send(Some(heard)).is_err() {
                    return;
                }
            }
        });
        Ok(Self(receiver))
    }

    /// Never asks to stop.
    #[must_use]
    pub fn never() -> Self {
        Self(watch::channel(None).1)
    }

    /// The signal, where one was heard already.
    #[must_use]
    pub fn heard(&self) -> Option<Signal> {
        *self.0.borrow()
    }

    /// Waits until a signal is heard; for ever where none is.
    pub async fn raised(&self) -> Signal {
        let mut receiver = self.0.clone();
        loop {
            if let Some(signal) = *receiver.borrow_and_update() {
                return signal;
            }
            if receiver.changed().await.is_err() {
                std::future::pending::<()>().await;
            }
        }
    }
}
