//! The operator's request to stop: SIGINT and SIGTERM, caught in one place.

use rustix::process::{getpid, kill_process};
use std::sync::Once;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;
use tokio::runtime;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

/// How long after the first signal a file that blocks is ended as well.
const LOOK_AGAIN: Duration = Duration::from_millis(200);

/// Whether a pager has the terminal: Ctrl-C is for it.
static PAGED: AtomicBool = AtomicBool::new(false);

/// A pager takes the terminal, or gives it back. Meanwhile SIGINT, which the terminal sends to every
/// process, is ignored.
pub(crate) fn is_paged(paged: bool) {
    PAGED.store(paged, Ordering::SeqCst);
}

/// How many are in [`blocking`].
static BLOCKED: AtomicUsize = AtomicUsize::new(0);

/// Reads a file that may keep the thread for ever, as a FIFO or a server that hangs: meanwhile the first
/// signal ends the process at once, because no one could act on it. For work that leaves nothing
/// half done.
pub(crate) fn blocking<T>(work: impl FnOnce() -> T) -> T {
    struct Blocked;
    impl Drop for Blocked {
        fn drop(&mut self) {
            BLOCKED.fetch_sub(1, Ordering::SeqCst);
        }
    }
    BLOCKED.fetch_add(1, Ordering::SeqCst);
    let _blocked = Blocked;
    work()
}

/// Which signal asked to stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signal {
    /// SIGINT, mostly Ctrl-C.
    Interrupt,
    /// SIGTERM, mostly a service manager.
    Terminate,
}

/// The operator's request to stop. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Stop(watch::Receiver<Option<Signal>>);

impl Stop {
    /// Listens from now on. The first signal is for an orderly end; a second one ends the process at
    /// once through `second`, which does not return. A thread of its own listens, so that
    /// a busy runtime does not delay it.
    pub fn on_signals(second: impl Fn(Signal) + Send + 'static) -> std::io::Result<Self> {
        let (sender, receiver) = watch::channel(None);
        let listener = runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let entered = listener.enter();
        let mut interrupt = signal(SignalKind::interrupt())?;
        let mut terminate = signal(SignalKind::terminate())?;
        // A limit on the size of files (`ulimit -f`) would end the process by a signal; with a
        // listener the write fails instead, and is reported like a full disk.
        let too_large = SignalKind::from_raw(rustix::process::Signal::XFSZ.as_raw());
        let too_large = signal(too_large)?;
        drop(entered);
        let listen = async move {
            let _listened_for = too_large;
            let blocked = || BLOCKED.load(Ordering::SeqCst) > 0;
            let mut first = None;
            loop {
                let heard = tokio::select! {
                    Some(()) = interrupt.recv() => {
                        if PAGED.load(Ordering::SeqCst) {
                            continue;
                        }
                        Signal::Interrupt
                    }
                    Some(()) = terminate.recv() => Signal::Terminate,
                    () = sender.closed() => return,
                    () = tokio::time::sleep(LOOK_AGAIN), if first.is_some() => {
                        // It came just before the file.
                        first.filter(|_| blocked()).into_iter().for_each(&second);
                        continue;
                    }
                };
                if first.is_some() || blocked() {
                    second(heard);
                }
                first = Some(heard);
                if sender.send(first).is_err() {
                    return;
                }
            }
        };
        std::thread::Builder::new()
            .name("signals".to_owned())
            .spawn(move || listener.block_on(listen))?;
        Ok(Self(receiver))
    }

    /// From now on SIGHUP and SIGQUIT end the process as SIGTERM does: at once they would leave the terminal as
    /// a question has it. Only where a question is asked: what runs under `nohup` is not to hear a
    /// SIGHUP.
    pub fn on_hangup_too() {
        static ONCE: Once = Once::new();
        ONCE.call_once(|| {
            if let Err(error) = Self::listen_for_hangup() {
                log::info!("SIGHUP and SIGQUIT end the process at once: {error}");
            }
        });
    }

    fn listen_for_hangup() -> std::io::Result<()> {
        let listener = runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let entered = listener.enter();
        let mut hangup = signal(SignalKind::hangup())?;
        let mut quit = signal(SignalKind::quit())?;
        drop(entered);
        let listen = async move {
            loop {
                tokio::select! {
                    Some(()) = hangup.recv() => {}
                    Some(()) = quit.recv() => {}
                    else => return,
                }
                // Nothing forbids a process to signal itself.
                let _ = kill_process(getpid(), rustix::process::Signal::TERM);
            }
        };
        std::thread::Builder::new()
            .name("hangup".to_owned())
            .spawn(move || listener.block_on(listen))?;
        Ok(())
    }

    /// Never asks to stop.
    pub fn never() -> Self {
        Self(watch::channel(None).1)
    }

    /// The signal, where one has come.
    pub fn signal(&self) -> Option<Signal> {
        *self.0.borrow()
    }

    /// Waits for a signal, for ever where none comes.
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
