//! Asking for a password: on the terminal, without showing what is typed.

use super::terminal::TerminalGuard;
use crate::domain::secret::Secret;
use rustix::termios::{LocalModes, OptionalActions, SpecialCodeIndex, tcgetattr, tcsetattr};
use std::io::{self, BufRead as _, IsTerminal as _, Write as _};

/// No terminal gives a longer line.
const LONGEST: usize = 64 * 1024;

/// Asks for a line on the terminal of stdin, whose echo is off meanwhile; `None` where Ctrl-C was
/// pressed instead. The prompt is shown where stderr is a terminal too.
///
/// # Errors
/// Where stdin is no terminal, cannot be read, or gives no text.
pub fn ask_secret(prompt: &str) -> io::Result<Option<Secret>> {
    let stdin = io::stdin();
    let as_it_was = TerminalGuard::now()?;
    let before = tcgetattr(&stdin)?;
    let interrupt = before.special_codes[SpecialCodeIndex::VINTR];
    let quit = before.special_codes[SpecialCodeIndex::VQUIT];
    let mut silent = before;
    // A signal would end us before the echo is on again. Its keys end the line instead, and are told
    // from the others by being in it.
    silent.local_modes -= LocalModes::ECHO | LocalModes::ISIG;
    silent.local_modes |= LocalModes::ICANON | LocalModes::ECHONL;
    silent.special_codes[SpecialCodeIndex::VEOL] = interrupt;
    silent.special_codes[SpecialCodeIndex::VEOL2] = quit;
    tcsetattr(&stdin, OptionalActions::Flush, &silent)?;
    if io::stderr().is_terminal() {
        io::stderr().lock().write_all(prompt.as_bytes())?;
    }
    // A key that is switched off has the code 0.
    let ends = |last: u8| last != 0 && (last == interrupt || last == quit);
    let line = read_line(ends)?;
    drop(as_it_was);
    if line.last().copied().is_some_and(ends) {
        let _ = io::stderr().lock().write_all(b"\n");
        return Ok(None);
    }
    let text = String::from_utf8(line).map_err(|_| io::ErrorKind::InvalidData)?;
    let text = text.strip_suffix('\n').unwrap_or(&text);
    Ok(Some(Secret::new(text)))
}

/// Reads what the terminal gives for one line: up to the line's end, a key that ends it, or the end of
/// everything.
fn read_line(ends: impl Fn(u8) -> bool) -> io::Result<Vec<u8>> {
    let mut line = Vec::new();
    let mut stdin = io::stdin().lock();
    loop {
        let part = match stdin.fill_buf() {
            Ok(part) => part,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        let Some(last) = part.last().copied() else {
            return Ok(line);
        };
        line.extend_from_slice(part);
        let length = part.len();
        stdin.consume(length);
        if last == b'\n' || ends(last) || line.len() > LONGEST {
            return Ok(line);
        }
    }
}
