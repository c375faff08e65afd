//! The operator's request to stop: SIGINT and SIGTERM, handled in one place.

use rustix::process::{getpid, kill_process};
use std::sync::Once;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use tokio::runtime;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

/// Interval, after the first signal, at which the listener checks for a call of [`blocking`].
const LOOK_AGAIN: Duration = Duration::from_millis(200);

/// Signals within this time are one request: `timeout` signals its child and then the group that the child belongs to.
const SAME_REQUEST: Duration = Duration::from_millis(50);

/// True while a pager has the terminal: Ctrl-C is meant for the pager.
static PAGED: AtomicBool = AtomicBool::new(false);

/// Records that a pager takes the terminal, or gives it back. Meanwhile SIGINT is ignored, because the terminal sends
/// it to every process.
pub(crate) fn is_paged(paged: bool) {
    PAGED.store(paged, Ordering::SeqCst);
}

/// Number of active calls of [`blocking`].
static BLOCKED: AtomicUsize = AtomicUsize::new(0);

/// Reads a file that may block the thread for ever, such as a FIFO or a file on a hanging server. Meanwhile the first
/// signal ends the process at once, because nothing could react to it. Only for work that leaves nothing half done.
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

/// The signal that asked to stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signal {
    /// SIGINT, in most cases Ctrl-C.
    Interrupt,
    /// SIGTERM, in most cases from a service manager.
    Terminate,
}

/// The operator's request to stop. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Stop(watch::Receiver<Option<Signal>>);

/// Runs a listener on a thread of its own, so that a busy runtime does not delay it.
fn listen<F: Future<Output = ()> + Send + 'static>(
    name: &str,
    begin: impl FnOnce() -> std::io::Result<F>,
) -> std::io::Result<()> {
    let listener = runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let entered = listener.enter();
    let listening = begin()?;
    drop(entered);
    std::thread::Builder::new()
        .name(name.to_owned())
        .spawn(move || listener.block_on(listening))?;
    Ok(())
}

impl Stop {
    /// Starts listening. The first signal requests an orderly end; a second one ends the process at once through
    /// `second`, which does not return.
    pub fn on_signals(second: impl Fn(Signal) + Send + 'static) -> std::io::Result<Self> {
        let (sender, receiver) = watch::channel(None);
        listen("signals", move || {
            let mut interrupt = signal(SignalKind::interrupt())?;
            let mut terminate = signal(SignalKind::terminate())?;
            // A file size limit (`ulimit -f`) would end the process by SIGXFSZ. With a listener the write fails instead, and is
            // reported like a full disk.
            let too_large = SignalKind::from_raw(rustix::process::Signal::XFSZ.as_raw());
            let too_large = signal(too_large)?;
            Ok(async move {
                let _listened_for = too_large;
                let blocked = || BLOCKED.load(Ordering::SeqCst) > 0;
                let mut first: Option<(Signal, Instant)> = None;
                loop {
                    let signal = tokio::select! {
                        Some(()) = interrupt.recv() => {
                            if PAGED.load(Ordering::SeqCst) {
                                continue;
                            }
                            Signal::Interrupt
                        }
                        Some(()) = terminate.recv() => Signal::Terminate,
                        () = sender.closed() => return,
                        () = tokio::time::sleep(LOOK_AGAIN), if first.is_some() => {
                            // The signal came just before the blocking call.
                            let signal = first.filter(|_| blocked()).map(|(signal, _)| signal);
                            signal.into_iter().for_each(&second);
                            continue;
                        }
                    };
                    let is_second = first.is_some_and(|(_, since)| since.elapsed() > SAME_REQUEST);
                    if is_second || blocked() {
                        second(signal);
                    }
                    if first.is_none() {
                        first = Some((signal, Instant::now()));
                        if sender.send(Some(signal)).is_err() {
                            return;
                        }
                    }
                }
            })
        })?;
        Ok(Self(receiver))
    }

    /// From now on SIGHUP and SIGQUIT end the process like SIGTERM: by default they would end it at once and leave the
    /// terminal in the state of the question. Called only for questions, because a process under `nohup` must not react
    /// to SIGHUP.
    pub fn on_hangup_too() {
        static ONCE: Once = Once::new();
        ONCE.call_once(|| {
            if let Err(error) = Self::listen_for_hangup() {
                log::info!("SIGHUP and SIGQUIT end the process at once: {error}");
            }
        });
    }

    fn listen_for_hangup() -> std::io::Result<()> {
        listen("hangup", || {
            let mut hangup = signal(SignalKind::hangup())?;
            let mut quit = signal(SignalKind::quit())?;
            Ok(async move {
                loop {
                    tokio::select! {
                        Some(()) = hangup.recv() => {}
                        Some(()) = quit.recv() => {}
                        else => return,
                    }
                    // A process may always signal itself.
                    let _ = kill_process(getpid(), rustix::process::Signal::TERM);
                }
            })
        })
    }

    /// Creates a value that never asks to stop.
    pub fn never() -> Self {
        Self(watch::channel(None).1)
    }

    /// Returns the signal, if one has arrived.
    pub fn signal(&self) -> Option<Signal> {
        *self.0.borrow()
    }

    /// Waits for a signal, for ever if none arrives.
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
