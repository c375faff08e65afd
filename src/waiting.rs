//! Waits of a command: for a retry, a rate limit, a lock, a failover. The code that waits announces them here, and
//! the progress display shows them.

use crate::domain::duration::shown;
use parking_lot::Mutex;
use std::time::{Duration, Instant};

/// A wait that has started.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Wait {
    /// Kind of wait; a new wait replaces one of the same kind.
    pub kind: &'static str,
    /// Reason, as a phrase that starts a line.
    pub reason: String,
    /// Its length.
    pub rest: Duration,
}

/// Shorter pauses are not announced by [`RetryPauses`].
const SHORT: Duration = Duration::from_millis(200);

/// Waits for an answer are announced after this time, because people notice them.
const NOTICED: Duration = Duration::from_millis(900);

/// Kind of a wait for an answer.
pub(crate) const ANSWER: &str = "answer";

/// Kind of a wait in which something is tried again until a time limit.
pub(crate) const UNTIL: &str = "until";

type Listener = Box<dyn Fn(Option<Wait>) + Send>;

/// The listener. Like log lines, waits come from deep layers that do not know each other.
static LISTENER: Mutex<Option<Listener>> = Mutex::new(None);

/// Announces a wait.
pub(crate) fn announce(kind: &'static str, reason: impl Into<String>, rest: Duration) {
    let reason = reason.into();
    let listener = LISTENER.lock();
    match listener.as_ref() {
        Some(listener) => listener(Some(Wait { kind, reason, rest })),
        None => log::info!("{reason}; waiting {}", shown(rest)),
    }
}

/// Announces a wait that may end early: when the returned value is dropped.
pub(crate) fn announced(
    kind: &'static str,
    reason: impl Into<String>,
    rest: Duration,
) -> Announced {
    announce(kind, reason, rest);
    Announced(())
}

/// An announced wait, which is displayed until this is dropped.
#[derive(Debug)]
pub(crate) struct Announced(());

impl Drop for Announced {
    fn drop(&mut self) {
        end();
    }
}

/// Ends the displayed wait before something else is printed.
pub(crate) fn end() {
    let listener = LISTENER.lock();
    if let Some(listener) = listener.as_ref() {
        listener(None);
    }
}

/// Waits for an answer that arrives within `limit` or not at all. If people would notice the wait, it is announced with
/// the time left until it gives up.
pub(crate) fn answer<T>(
    from: impl FnOnce() -> String,
    limit: Duration,
    asked: impl Future<Output = T>,
) -> impl Future<Output = T> {
    // Boxed, so that the caller's future does not hold it twice.
    let mut asked = Box::pin(asked);
    async move {
        tokio::select! {
            biased;
            answer = &mut asked => answer,
            () = tokio::time::sleep(NOTICED) => {
                let reason = format!("no answer from {} yet", from());
                announce(ANSWER, reason, limit.saturating_sub(NOTICED));
                let answer = asked.await;
                end();
                answer
            }
        }
    }
}

/// The pauses between the attempts of one operation of Valkey. They are displayed as one wait until this is dropped.
#[derive(Debug)]
pub(crate) struct RetryPauses {
    began: Instant,
    shown: Option<Announced>,
}

impl RetryPauses {
    /// Creates the pauses of an operation that begins now.
    pub(crate) fn new() -> Self {
        Self {
            began: Instant::now(),
            shown: None,
        }
    }

    /// Announces a pause, and after how much time the operation gives up if that is known. A pause that is too short to
    /// notice is only logged, unless the attempts themselves took long.
    pub(crate) fn announce(
        &mut self,
        reason: &impl ToString,
        pause: Duration,
        left: Option<Duration>,
    ) {
        if pause < SHORT && self.began.elapsed() < NOTICED {
            log::info!("{}; waiting {}", reason.to_string(), shown(pause));
            return;
        }
        let (kind, rest) = left.map_or(("valkey", pause), |left| (UNTIL, left));
        announce(kind, reason.to_string(), rest);
        self.shown.get_or_insert_with(|| Announced(()));
    }
}

/// Listens until the returned value is dropped.
pub(crate) fn listen(listener: impl Fn(Option<Wait>) + Send + 'static) -> Listening {
    *LISTENER.lock() = Some(Box::new(listener));
    Listening(())
}

/// Removes the listener.
pub(crate) fn stop_listening() {
    drop(Listening(()));
}

/// Removes the listener when dropped.
#[derive(Debug)]
pub(crate) struct Listening(());

impl Drop for Listening {
    fn drop(&mut self) {
        *LISTENER.lock() = None;
    }
}
