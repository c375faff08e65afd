//! What a command waits for: a retry, a rate limit, a lock, a failover. Announced where it waits, shown
//! with the progress.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// A wait that has begun.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Wait {
    /// A wait replaces another of its kind.
    pub kind: &'static str,
    /// Why: a fragment that begins a line.
    pub reason: String,
    /// How long it lasts.
    pub rest: Duration,
}

/// Shorter waits are not announced.
const SHORT: Duration = Duration::from_millis(200);

/// Longer waits are noticed.
const NOTICED: Duration = Duration::from_millis(900);

/// The kind of wait for an answer.
pub(crate) const ANSWER: &str = "answer";

type Listener = Box<dyn Fn(Option<Wait>) + Send>;

/// The listener. Like log lines, waits come from deep layers that do not know each other.
static LISTENER: Mutex<Option<Listener>> = Mutex::new(None);

/// Announces a wait.
pub(crate) fn announce(kind: &'static str, reason: impl Into<String>, rest: Duration) {
    let reason = reason.into();
    let listener = LISTENER.lock().unwrap_or_else(PoisonError::into_inner);
    log::info!("{reason}: waiting {:.1} s", rest.as_secs_f32());
    if let Some(listener) = listener.as_ref() {
        listener(Some(Wait { kind, reason, rest }));
    }
}

/// Ends the wait that is shown, before something else is printed.
pub(crate) fn end() {
    let listener = LISTENER.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(listener) = listener.as_ref() {
        listener(None);
    }
}

/// Waits for an answer that comes within `limit` or not at all. A wait that people notice is announced
/// with the time at which it gives up.
pub(crate) fn answer<T>(
    from: impl FnOnce() -> String,
    limit: Duration,
    asked: impl Future<Output = T>,
) -> impl Future<Output = T> {
    // Boxed, so that whoever waits does not hold it twice.
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

/// Announces a wait that is one of several, unless it is too short to be seen.
pub(crate) fn announce_long(kind: &'static str, reason: &impl ToString, rest: Duration) {
    if rest >= SHORT {
        announce(kind, reason.to_string(), rest);
    }
}

/// Listens until what is given back is dropped.
pub(crate) fn listen(listener: impl Fn(Option<Wait>) + Send + 'static) -> Listening {
    *LISTENER.lock().unwrap_or_else(PoisonError::into_inner) = Some(Box::new(listener));
    Listening(())
}

/// Removes the listener.
pub(crate) fn stop_listening() {
    drop(Listening(()));
}

/// Ends listening when it is dropped.
#[derive(Debug)]
pub(crate) struct Listening(());

impl Drop for Listening {
    fn drop(&mut self) {
        *LISTENER.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}
