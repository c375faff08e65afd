//! The terminal that questions are asked on, and that bars are drawn on.

use crate::stop::Stop;
use rustix::process::getpgrp;
use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcgetpgrp, tcsetattr};
use std::fmt;
use std::io;

/// Puts the terminal of stdin back as it was, however a question ends: whoever reads from it without echo
/// or key by key may be left waiting for the rest when a signal ends the program.
pub(super) struct TerminalGuard(Termios);

impl TerminalGuard {
    /// Remembers how it is. From now on SIGHUP and SIGQUIT ask to stop, too.
    ///
    /// # Errors
    /// Where stdin is no terminal.
    pub(crate) fn now() -> io::Result<Self> {
        let as_it_is = tcgetattr(io::stdin())?;
        Stop::on_hangup_too();
        Ok(Self(as_it_is))
    }
}

impl Drop for TerminalGuard {
    fn drop(&mut self) {
        // A terminal that is gone has nothing to be put back.
        let _ = tcsetattr(io::stdin(), OptionalActions::Now, &self.0);
    }
}

/// Keeps the terminal of stderr from showing `^C` where somebody types that: it would move the bars down
/// by a line, of which the first one would stay.
pub(super) struct NoControlEcho(Termios);

impl NoControlEcho {
    /// From now on; not in the background, where a change of the terminal would stop the process.
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
            // A terminal that is gone has nothing to be put back.
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
