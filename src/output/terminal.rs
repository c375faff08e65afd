//! The terminal that questions are asked on.

use crate::stop::Stop;
use rustix::termios::{OptionalActions, Termios, tcgetattr, tcsetattr};
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
