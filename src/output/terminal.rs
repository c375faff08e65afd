//! State of the terminal during questions and progress bars.

use crate::stop::Stop;
use rustix::process::getpgrp;
use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcgetpgrp, tcsetattr};
use std::fmt;
use std::io;

/// Restores the terminal of stdin however a question ends. A signal may end the program while it reads without echo or
/// key by key.
pub(super) struct TerminalGuard(Termios);

impl TerminalGuard {
    /// Remembers the present state. From now on SIGHUP and SIGQUIT ask to stop, too.
    ///
    /// # Errors
    /// Stdin is not a terminal.
    pub(crate) fn now() -> io::Result<Self> {
        let as_it_is = tcgetattr(io::stdin())?;
        Stop::on_hangup_too();
        Ok(Self(as_it_is))
    }
}

impl Drop for TerminalGuard {
    fn drop(&mut self) {
        // A terminal that is gone need not be restored.
        let _ = tcsetattr(io::stdin(), OptionalActions::Now, &self.0);
    }
}

/// Keeps the terminal of stderr from echoing `^C`, which would move the bars down by a line and leave the first one
/// on the screen.
pub(super) struct NoControlEcho(Termios);

impl NoControlEcho {
    /// Turns the echo off, except in the background, where changing the terminal would stop the process.
    pub(super) fn begin() -> Option<Self> {
        let as_it_is = in_foreground()
            .then(|| tcgetattr(io::stderr()).ok())
            .flatten()?;
        let mut modes = as_it_is.clone();
        modes.local_modes -= LocalModes::ECHOCTL;
        tcsetattr(io::stderr(), OptionalActions::Now, &modes).ok()?;
        Some(Self(as_it_is))
    }
}

impl Drop for NoControlEcho {
    fn drop(&mut self) {
        if in_foreground() {
            // A terminal that is gone need not be restored.
            let _ = tcsetattr(io::stderr(), OptionalActions::Now, &self.0);
        }
    }
}

impl fmt::Debug for NoControlEcho {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("NoControlEcho")
    }
}

fn in_foreground() -> bool {
    tcgetpgrp(io::stderr()).is_ok_and(|group| group == getpgrp())
}
