//! Live view: on a terminal a screen that is redrawn, otherwise a line (or a JSON document) per measurement.

mod screen;

use super::hit_rate::percent;
use super::stats::StatsView;
use crate::domain::hit_rate::MissedKey;
use crate::domain::stats::StatsReport;
use crate::output::{Format, Output, WriteError, escape, human};
use crate::waiting;
use ratatui::DefaultTerminal;
use ratatui::crossterm::event::{self, Event, KeyCode, KeyEventKind, KeyModifiers};
use rustix::event::{PollFd, PollFlags, Timespec};
use screen::History;
pub(crate) use screen::ScreenHeader;
use std::collections::HashMap;
use std::io::{self, IsTerminal};
use std::mem::ManuallyDrop;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::sync::mpsc;

/// Time to wait for the keyboard before the thread checks whether the view has ended.
const GLANCE: Duration = Duration::from_millis(100);

/// Input of the operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LiveInput {
    /// Leave the view.
    Quit,
    /// Ctrl-C, which arrives as a key in raw mode.
    Interrupt,
    /// Pause or resume measuring.
    Pause,
    /// Measure less often.
    Slower,
    /// Measure more often.
    Faster,
    /// Show the next customer.
    NextCustomer,
    /// The terminal was resized.
    Redraw,
}

/// The live view.
#[derive(Debug)]
pub(crate) struct Live {
    history: History,
    screen: Option<Screen>,
}

/// The terminal in use by the view. Dropping it restores the terminal.
#[derive(Debug)]
struct Screen {
    /// Never dropped: after an error its destructor writes to stderr, and panics if the terminal is closed.
    terminal: ManuallyDrop<DefaultTerminal>,
    inputs: mpsc::UnboundedReceiver<LiveInput>,
    gone: Arc<AtomicBool>,
}

impl Drop for Screen {
    fn drop(&mut self) {
        self.gone.store(true, Ordering::Relaxed);
        // Errors can no longer be reported.
        let _ = self.terminal.show_cursor();
        let _ = ratatui::try_restore();
    }
}

impl Live {
    /// Starts the view; takes over the terminal if there is one and tables are requested.
    pub(crate) fn begin(out: &Output, endpoint: &str) -> Result<Self, WriteError> {
        let options = out.options();
        let ours = options.format == Format::Table
            && !options.dumb
            && !options.no_input
            && io::stdout().is_terminal()
            && io::stdin().is_terminal();
        let mut live = Self {
            history: History::new(endpoint, out.color()),
            screen: None,
        };
        if ours {
            // The screen shows no waits, which would draw over it.
            waiting::stop_listening();
            live.screen = Some(Screen::take()?);
            live.draw()?;
        } else {
            out.note(&format!("watching {endpoint}"));
        }
        Ok(live)
    }

    /// Waits for the operator's input; for ever without a screen.
    pub(crate) async fn input(&mut self) -> LiveInput {
        match &mut self.screen {
            // A keyboard that is gone counts as a request to leave.
            Some(screen) => screen.inputs.recv().await.unwrap_or(LiveInput::Quit),
            None => std::future::pending().await,
        }
    }

    /// Shows a measurement.
    pub(crate) fn show(
        &mut self,
        out: &Output,
        view: &StatsView<'_>,
        endpoint: &str,
        missed: &[MissedKey],
        names: HashMap<String, String>,
    ) -> Result<(), WriteError> {
        self.history.add(view.report, missed);
        self.history.names = names;
        if self.screen.is_some() {
            self.draw()
        } else if out.is_json() {
            view.show(out, endpoint)
        } else {
            out.data(&line(view.report, missed))
        }
    }

    /// Changes the header and redraws the screen.
    pub(crate) fn head(&mut self, header: ScreenHeader) -> Result<(), WriteError> {
        self.history.header = header;
        self.draw()
    }

    /// Redraws the screen.
    pub(crate) fn draw(&mut self) -> Result<(), WriteError> {
        if let Some(screen) = &mut self.screen {
            let history = &self.history;
            screen.terminal.draw(|frame| history.draw(frame))?;
        }
        Ok(())
    }
}

impl Screen {
    fn take() -> Result<Self, WriteError> {
        let terminal = ratatui::try_init()?;
        let (sender, inputs) = mpsc::unbounded_channel();
        let gone = Arc::new(AtomicBool::new(false));
        let watched = Arc::clone(&gone);
        // Only a thread can wait for the keyboard. It ends with the view.
        std::thread::spawn(move || {
            while !watched.load(Ordering::Relaxed) {
                // crossterm would read the end of a closed terminal again and again.
                let pressed = match wait_for_key() {
                    Ok(false) => Err(io::ErrorKind::BrokenPipe.into()),
                    Ok(true) => event::poll(Duration::ZERO),
                    Err(error) => Err(error),
                };
                let input = match pressed {
                    Ok(false) => continue,
                    Ok(true) => event::read().ok().and_then(|event| input(&event)),
                    Err(_) => Some(LiveInput::Quit),
                };
                if input.is_some_and(|input| sender.send(input).is_err()) {
                    return;
                }
            }
        });
        Ok(Self {
            terminal: ManuallyDrop::new(terminal),
            inputs,
            gone,
        })
    }
}

/// Waits a moment for the keyboard. Returns false if the terminal is closed.
fn wait_for_key() -> io::Result<bool> {
    let (terminal, mut moment) = (io::stdout(), Timespec::default());
    moment.tv_nsec = GLANCE.subsec_nanos().into();
    let mut looked = [PollFd::new(&terminal, PollFlags::IN)];
    match rustix::event::poll(&mut looked, Some(&moment)) {
        Ok(_) | Err(rustix::io::Errno::INTR) => {}
        Err(error) => return Err(error.into()),
    }
    let [terminal] = &looked;
    Ok(!terminal
        .revents()
        .intersects(PollFlags::HUP | PollFlags::ERR))
}

fn input(event: &Event) -> Option<LiveInput> {
    match event {
        Event::Resize(..) => Some(LiveInput::Redraw),
        Event::Key(key) if key.kind == KeyEventKind::Press => match key.code {
            KeyCode::Char('c') if key.modifiers.contains(KeyModifiers::CONTROL) => {
                Some(LiveInput::Interrupt)
            }
            KeyCode::Char('q') | KeyCode::Esc => Some(LiveInput::Quit),
            KeyCode::Char('p' | ' ') => Some(LiveInput::Pause),
            KeyCode::Char('+') => Some(LiveInput::Slower),
            KeyCode::Char('-') => Some(LiveInput::Faster),
            KeyCode::Char('c') => Some(LiveInput::NextCustomer),
            _ => None,
        },
        _ => None,
    }
}

/// Why something is missing, to append to a line.
fn incomplete(report: &StatsReport) -> String {
    let reason = report.incomplete.as_ref();
    reason.map_or_else(String::new, |reason| format!(", incomplete: {reason}"))
}

/// Formats a measurement as one line.
fn line(report: &StatsReport, missed: &[MissedKey]) -> String {
    let number = |number: Option<u64>| human::or_dash(number, human::grouped);
    let p99 = report.latency_ms.p99;
    let most = human::or_dash(missed.first(), |missed| {
        format!("{} ({})", missed.key, human::grouped(missed.misses))
    });
    format!(
        "{} hit rate {}, {} ops/s, p99 {} ms, memory {}, evicted {}, most missed {}{}\n",
        jiff::Timestamp::now().strftime("%FT%TZ"),
        percent(report.hit_rate),
        number(report.nodes.iter().map(|node| node.ops_per_second).sum()),
        human::or_dash(p99, |p99| format!("{p99:.3}")),
        human::or_dash(report.used_memory_bytes, human::bytes),
        number(report.evicted_keys),
        escape::escape(&most),
        escape::escape(&incomplete(report)),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use ratatui::crossterm::event::KeyEvent;

    #[test]
    fn each_key_has_its_input() {
        let key = |code, modifiers| input(&Event::Key(KeyEvent::new(code, modifiers)));
        assert_eq!(
            key(KeyCode::Char('q'), KeyModifiers::NONE),
            Some(LiveInput::Quit)
        );
        assert_eq!(key(KeyCode::Esc, KeyModifiers::NONE), Some(LiveInput::Quit));
        assert_eq!(
            key(KeyCode::Char('c'), KeyModifiers::CONTROL),
            Some(LiveInput::Interrupt)
        );
        for (letter, meaning) in [
            ('p', LiveInput::Pause),
            ('+', LiveInput::Slower),
            ('-', LiveInput::Faster),
            ('c', LiveInput::NextCustomer),
        ] {
            let wanted = key(KeyCode::Char(letter), KeyModifiers::NONE);
            assert_eq!(wanted, Some(meaning), "{letter}");
        }
        assert_eq!(key(KeyCode::Char('x'), KeyModifiers::NONE), None);
        assert_eq!(input(&Event::Resize(80, 24)), Some(LiveInput::Redraw));
    }
}
