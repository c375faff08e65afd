//! What a command waits for, told where it waits and shown by whoever shows progress: a retry, a rate
//! limit, a lock, a server that is gone for a moment.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// A wait that has begun.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Wait {
    /// Waits of one kind take each other's place.
    pub kind: &'static str,
    /// Why: a fragment that begins a line.
    pub reason: String,
    /// How long it lasts.
    pub rest: Duration,
}

/// Waits below are over before anybody wonders.
const SHORT: Duration = Duration::from_millis(200);

type Listener = Box<dyn Fn(Wait) + Send>;

/// Who listens. Waits come from deep below, from layers that do not know each other, as the lines of a
/// log do.
static LISTENER: Mutex<Option<Listener>> = Mutex::new(None);

/// Tells of a wait.
pub(crate) fn tell(kind: &'static str, reason: impl Into<String>, rest: Duration) {
    let reason = reason.into();
    let listener = LISTENER.lock().unwrap_or_else(PoisonError::into_inner);
    log::info!("{reason}: waiting {:.1} s", rest.as_secs_f32());
    if let Some(listener) = listener.as_ref() {
        listener(Wait { kind, reason, rest });
    }
}

/// Tells of a wait that is one of several: the short ones in the beginning are not visible, and not told.
pub(crate) fn tell_long(kind: &'static str, reason: &impl ToString, rest: Duration) {
    if rest >= SHORT {
        tell(kind, reason.to_string(), rest);
    }
}

/// Listens until what is given back is dropped.
pub(crate) fn listen(listener: impl Fn(Wait) + Send + 'static) -> Listening {
    *LISTENER.lock().unwrap_or_else(PoisonError::into_inner) = Some(Box::new(listener));
    Listening(())
}

/// Ends listening when it is dropped.
#[derive(Debug)]
pub(crate) struct Listening(());

impl Drop for Listening {
    fn drop(&mut self) {
        *LISTENER.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}
