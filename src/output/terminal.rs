//! The terminal that questions are asked on.

use rustix::termios::{OptionalActions, Termios, tcgetattr, tcsetattr};
use std::io;

/// Puts the terminal of stdin back as it was, however a question ends: whoever reads from it without echo
/// or key by key may be left waiting for the rest when a signal ends the program.
pub(super) struct TerminalGuard(Termios);

impl TerminalGuard {
    /// Remembers how it is.
    ///
    /// # Errors
    /// Where stdin is no terminal.
    pub(super) fn now() -> io::Result<Self> {
        Ok(Self(tcgetattr(io::stdin())?))
    }
}

impl Drop for TerminalGuard {
    fn drop(&mut self) {
        // A terminal that is gone has nothing to be put back.
        let _ = tcsetattr(io::stdin(), OptionalActions::Now, &self.0);
    }
}
