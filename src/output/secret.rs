//! Password prompt on the terminal, without echo.

use super::terminal::TerminalGuard;
use crate::domain::secret::Secret;
use crate::stop::{Signal, Stop};
use rustix::termios::{LocalModes, OptionalActions, SpecialCodeIndex, tcgetattr, tcsetattr};
use std::io::{self, BufRead as _, IsTerminal as _, Write as _};
use tokio::runtime;
use tokio::sync::oneshot;

/// Maximum length of the input line; no terminal returns a longer one.
const LONGEST: usize = 64 * 1024;

/// Asks for a line on the terminal of stdin with its echo off, or returns the signal that arrived instead; `None` if
/// the input ended without a whole line (Ctrl-D). The prompt is shown if stderr is a terminal, too.
///
/// # Errors
/// Stdin is not a terminal, cannot be read, or is not UTF-8.
pub(crate) fn ask_secret(prompt: &str) -> io::Result<Result<Option<Secret>, Signal>> {
    // Before the echo is off: from then on a signal must not end the process.
    let stop = Stop::on_signals(|_| {})?;
    let as_it_was = TerminalGuard::now()?;
    let keys = TerminalKeys::end_lines(false)?;
    if io::stderr().is_terminal() {
        io::stderr().lock().write_all(prompt.as_bytes())?;
    }
    let line = or_signal(&stop, move || read_line(keys))?;
    drop(as_it_was);
    let line = match line {
        Ok(line) if line.last().is_some_and(|last| keys.have(*last)) => Err(Signal::Interrupt),
        line => line,
    };
    let ended_line =
        line.map(|line| (line.len() > LONGEST || line.ends_with(b"\n")).then_some(line));
    let line = match ended_line {
        Ok(Some(line)) => line,
        none => {
            // The next output starts below the prompt.
            let _ = io::stderr().lock().write_all(b"\n");
            return Ok(none.map(|_| None));
        }
    };
    let text = String::from_utf8(line).map_err(|_| io::ErrorKind::InvalidData)?;
    let text = text.strip_suffix('\n').unwrap_or(&text);
    Ok(Ok(Some(Secret::new(text))))
}

/// The terminal's keys for interrupt and quit.
#[derive(Debug, Clone, Copy)]
pub(super) struct TerminalKeys([u8; 2]);

impl TerminalKeys {
    /// Makes these keys end a line of the terminal of stdin instead of raising a signal, which would end the process before
    /// the terminal is restored. The key itself is then the last byte of the line. Without `echo`, input typed earlier is
    /// discarded.
    pub(super) fn end_lines(echo: bool) -> io::Result<Self> {
        let stdin = io::stdin();
        let mut modes = tcgetattr(&stdin)?;
        let interrupt = modes.special_codes[SpecialCodeIndex::VINTR];
        let quit = modes.special_codes[SpecialCodeIndex::VQUIT];
        modes.local_modes -= LocalModes::ISIG;
        modes.local_modes |= LocalModes::ICANON | LocalModes::ECHONL;
        modes.special_codes[SpecialCodeIndex::VEOL] = interrupt;
        modes.special_codes[SpecialCodeIndex::VEOL2] = quit;
        let when = if echo {
            OptionalActions::Now
        } else {
            modes.local_modes -= LocalModes::ECHO;
            OptionalActions::Flush
        };
        tcsetattr(&stdin, when, &modes)?;
        Ok(Self([interrupt, quit]))
    }

    /// Returns true for one of these keys. A disabled key has the code 0.
    pub(super) fn have(self, key: u8) -> bool {
        key != 0 && self.0.contains(&key)
    }
}

/// Reads in its own thread and waits for a signal meanwhile: a signal that ended the process at once would leave the
/// terminal without echo. A thread that is still reading ends with the process.
fn or_signal(
    stop: &Stop,
    read: impl FnOnce() -> io::Result<Vec<u8>> + Send + 'static,
) -> io::Result<Result<Vec<u8>, Signal>> {
    let runtime = runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let (sender, receiver) = oneshot::channel();
        std::thread::spawn(move || sender.send(read()));
        tokio::select! {
            signal = stop.raised() => Ok(Err(signal)),
            line = receiver => line.unwrap_or_else(|_| Err(io::ErrorKind::BrokenPipe.into())).map(Ok),
        }
    })
}

/// Reads one line from the terminal: up to its line end, a key that ends it, or the end of the input.
pub(super) fn read_line(keys: TerminalKeys) -> io::Result<Vec<u8>> {
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
        if last == b'\n' || keys.have(last) || line.len() > LONGEST {
            return Ok(line);
        }
    }
}
