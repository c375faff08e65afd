//! Shows waits: below the bars with the seconds left, or as lines.

use super::escape::escape;
use super::human;
use super::stream::{columns, line};
use crate::waiting::{ANSWER, Listening, UNTIL, Wait, listen};
use console::Term;
use indicatif::{MultiProgress, ProgressBar, ProgressState, ProgressStyle};
use parking_lot::Mutex;
use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Minimum time between two lines of one kind.
const APART: Duration = Duration::from_secs(1);

/// Shows waits until it is dropped.
#[derive(Debug, Default)]
pub(super) struct WaitDisplay {
    shown: Arc<Mutex<ShownWait>>,
    _listening: Option<Listening>,
}

/// Tells whether calls wait at present.
#[derive(Debug, Clone, Default)]
pub(super) struct Waiting(Arc<Mutex<ShownWait>>);

#[derive(Debug, Default)]
struct ShownWait {
    bar: Option<ProgressBar>,
    /// The wait shown, and when it ends.
    now: Option<(Wait, Instant)>,
    /// When a line of each kind was last printed, and when its wait ends.
    printed: HashMap<&'static str, (Instant, Instant)>,
}

impl Waiting {
    /// Returns true during a wait that the time of earlier calls says nothing about. A steady pace is in that time.
    pub(super) fn now(&self) -> bool {
        let shown = self.0.lock();
        let displayed = shown.now.iter().map(|(wait, until)| (wait.kind, *until));
        // Retries may end before their limit.
        let printed = shown.printed.iter().filter(|(kind, _)| **kind != UNTIL);
        let printed = printed.map(|(kind, (_, until))| (*kind, *until));
        let now = Instant::now();
        displayed
            .chain(printed)
            .any(|(kind, until)| !matches!(kind, ANSWER | "pace") && until > now)
    }
}

impl WaitDisplay {
    pub(super) fn waiting(&self) -> Waiting {
        Waiting(Arc::clone(&self.shown))
    }

    /// Shows a wait in its own line below the bars.
    pub(super) fn on(all: MultiProgress) -> Self {
        let shown: Arc<Mutex<ShownWait>> = Arc::default();
        let current = Arc::clone(&shown);
        let listening = listen(move |wait| {
            let Some(wait) = wait else {
                let bar = {
                    let mut shown = current.lock();
                    shown.now = None;
                    shown.bar.take()
                };
                bar.iter().for_each(ProgressBar::finish_and_clear);
                return;
            };
            let new = {
                let mut shown = current.lock();
                let now = Instant::now();
                // A wait for an answer inside another wait does not replace it.
                let inner = wait.kind == ANSWER;
                match &shown.now {
                    Some((_, until)) if inner && *until > now => {}
                    _ => shown.now = Some((wait.clone(), now + wait.rest)),
                }
                shown.bar.is_none()
            };
            if new {
                // Drawing locks `current`, so no lock may be held here.
                let bar = all.add(ProgressBar::new_spinner().with_style(style(&current)));
                bar.enable_steady_tick(Duration::from_millis(200));
                let mut shown = current.lock();
                shown.bar = Some(bar);
            }
        });
        Self {
            shown,
            _listening: Some(listening),
        }
    }

    /// Prints a line for each wait. Waits for an answer are printed only on a terminal, because a line cannot be removed
    /// when the answer arrives.
    pub(super) fn in_lines(answers: bool) -> Self {
        let shown: Arc<Mutex<ShownWait>> = Arc::default();
        let current = Arc::clone(&shown);
        let listening = listen(move |wait| {
            let Some(wait) = wait.filter(|wait| answers || wait.kind != ANSWER) else {
                return;
            };
            let mut shown = current.lock();
            let now = Instant::now();
            // A steady pace is reported once, a late answer rarely.
            let apart = if wait.kind == ANSWER {
                10 * APART
            } else {
                APART
            };
            let end = now + wait.rest;
            let printed = |kind| shown.printed.get(kind).copied();
            let recent = |(last, _)| wait.kind == "pace" || now - last < apart;
            let covered = |(_, until)| end < until + APART;
            // One refusal for the rate makes all calls wait: the refused one and those behind it.
            let behind = matches!(wait.kind, "pace" | "closed");
            let by_rate = || behind && printed("rate").is_some_and(covered);
            let again = || wait.kind == UNTIL && printed(UNTIL).is_some_and(covered);
            if printed(wait.kind).is_some_and(recent) || by_rate() || again() {
                return;
            }
            shown.printed.insert(wait.kind, (now, end));
            line(&sentence(&wait, wait.rest));
        });
        Self {
            shown,
            _listening: Some(listening),
        }
    }

    /// Hides a wait that is over, because work has continued.
    pub(super) fn go_on(&self) {
        let bar = {
            let mut shown = self.shown.lock();
            match &shown.now {
                Some((_, until)) if *until <= Instant::now() => {
                    shown.now = None;
                    shown.bar.take()
                }
                _ => None,
            }
        };
        if let Some(bar) = bar {
            bar.finish_and_clear();
        }
    }
}

impl Drop for WaitDisplay {
    fn drop(&mut self) {
        let bar = self.shown.lock().bar.take();
        bar.iter().for_each(ProgressBar::finish_and_clear);
    }
}

/// Describes a wait and its end.
fn sentence(wait: &Wait, rest: Duration) -> String {
    let reason = escape(&wait.reason);
    if rest < APART && wait.kind != ANSWER {
        return format!("{reason}; trying again");
    }
    let seconds = rest.as_millis().div_ceil(1000);
    let seconds = Duration::from_secs(u64::try_from(seconds).unwrap_or(u64::MAX));
    let rest = human::duration(seconds);
    match wait.kind {
        UNTIL => format!("{reason}; trying again for up to {rest}"),
        ANSWER => format!("{reason}; giving up in {rest}"),
        // The lock may be released earlier.
        "lock" => format!("{reason}; waiting up to {rest}"),
        _ => format!("{reason}; continuing in {rest}"),
    }
}

fn style(shown: &Arc<Mutex<ShownWait>>) -> ProgressStyle {
    let shown = Arc::clone(shown);
    let style = ProgressStyle::with_template("{wait}");
    style
        .unwrap_or_else(|_| ProgressStyle::default_spinner())
        .with_key(
            "wait",
            move |_: &ProgressState, text: &mut dyn fmt::Write| {
                let shown = shown.lock();
                if let Some((wait, until)) = &shown.now {
                    let rest = until.saturating_duration_since(Instant::now());
                    let width = columns(&Term::stderr()).map(usize::from);
                    let lines = human::wrapped(&sentence(wait, rest), width, "  ");
                    // Failures to write are ignored.
                    let _ = text.write_str(lines.trim_end());
                }
            },
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_wait_until_the_time_of_a_wait_that_no_answer_ends() {
        let waiting = |kind, rest| {
            let wait = Wait {
                kind,
                reason: String::new(),
                rest,
            };
            let shown = ShownWait {
                now: Some((wait, Instant::now() + rest)),
                ..ShownWait::default()
            };
            Waiting(Arc::new(Mutex::new(shown))).now()
        };
        let minute = Duration::from_mins(1);
        let waits = ["rate", "closed", "retry", ANSWER, "pace"].map(|kind| waiting(kind, minute));
        assert_eq!(waits, [true, true, true, false, false]);
        assert!(!waiting("rate", Duration::ZERO));
        assert!(!Waiting::default().now());
    }

    #[test]
    fn a_wait_is_reported_with_the_time_left() {
        let line = |kind, millis| {
            let wait = Wait {
                kind,
                reason: "as it is\n".into(),
                rest: Duration::from_millis(millis),
            };
            sentence(&wait, wait.rest)
        };
        assert_eq!(line("rate", 5_300), "as it is\\n; continuing in 6 s");
        assert_eq!(line("rate", 300), "as it is\\n; trying again");
        assert_eq!(line(ANSWER, 300), "as it is\\n; giving up in 1 s");
        assert_eq!(
            line(UNTIL, 9_000),
            "as it is\\n; trying again for up to 9 s"
        );
        assert_eq!(line("lock", 9_000), "as it is\\n; waiting up to 9 s");
    }
}
