//! How a long operation shows that it is alive: bars on a terminal, a plain line now and then
//! elsewhere.

use super::Output;
use super::escape::escape;
use super::human;
use super::waits::Waits;
use crate::domain::progress::Progress;
use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};
use std::collections::HashMap;
use std::fmt;
use std::io::{self, IsTerminal};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How often a stage tells where it is, where there are no bars.
const LINE_EVERY: Duration = Duration::from_secs(5);

/// How long a stage must have run for its end to deserve a line, where there are no bars.
const WORTH_TELLING: Duration = Duration::from_secs(1);

/// The progress of one command, as its operator wants to see it.
#[derive(Debug)]
pub(crate) struct ProgressBars<'a> {
    out: &'a Output,
    way: Way,
    waits: Option<Waits>,
}

#[derive(Debug)]
enum Way {
    Silent,
    Bars {
        all: MultiProgress,
        stages: Mutex<HashMap<&'static str, ProgressBar>>,
    },
    Lines(Mutex<HashMap<&'static str, Stage>>),
}

#[derive(Debug)]
struct Stage {
    began: Instant,
    told: Instant,
    total: Option<u64>,
    done: u64,
}

impl Output {
    /// Progress in the way that fits: none with `--quiet` or `--no-progress`, none where JSON is asked
    /// for and stderr is no terminal; bars on a terminal; else lines. With `-v` the log would tear
    /// bars apart, so that lines are shown.
    pub(crate) fn progress(&self) -> ProgressBars<'_> {
        let options = self.options();
        let terminal = io::stderr().is_terminal();
        let silent = options.quiet || options.no_progress || (self.is_json() && !terminal);
        let way = if silent {
            Way::Silent
        } else if terminal && !options.dumb && options.verbosity == 0 {
            Way::Bars {
                all: MultiProgress::with_draw_target(ProgressDrawTarget::stderr_with_hz(10)),
                stages: Mutex::default(),
            }
        } else {
            Way::Lines(Mutex::default())
        };
        let waits = (!options.quiet && !options.no_progress).then(|| match &way {
            Way::Bars { all, .. } => Waits::on(all.clone()),
            // The log tells them already.
            _ if options.verbosity > 0 => Waits::default(),
            _ => Waits::in_lines(),
        });
        ProgressBars {
            out: self,
            way,
            waits,
        }
    }
}

impl Progress for ProgressBars<'_> {
    fn begin(&self, stage: &'static str, total: Option<u64>) {
        match &self.way {
            Way::Silent => {}
            Way::Bars { all, stages } => {
                let mut stages = stages.lock().unwrap_or_else(PoisonError::into_inner);
                // A stage that begins again has learned its total.
                if let Some(bar) = stages.get(stage) {
                    if let Some(total) = total {
                        bar.set_length(total);
                        bar.set_style(style(true));
                    }
                    return;
                }
                let bar = all.add(total.map_or_else(ProgressBar::new_spinner, ProgressBar::new));
                bar.set_style(style(total.is_some()));
                bar.set_message(stage);
                bar.enable_steady_tick(Duration::from_millis(200));
                stages.insert(stage, bar);
            }
            Way::Lines(stages) => {
                let mut stages = stages.lock().unwrap_or_else(PoisonError::into_inner);
                let now = Instant::now();
                let entry = stages.entry(stage).or_insert(Stage {
                    began: now,
                    told: now,
                    total,
                    done: 0,
                });
                entry.total = total.or(entry.total);
            }
        }
    }

    fn advance(&self, stage: &'static str, steps: u64) {
        match &self.way {
            Way::Silent => {}
            Way::Bars { stages, .. } => {
                if let Some(waits) = &self.waits {
                    waits.go_on();
                }
                let stages = stages.lock().unwrap_or_else(PoisonError::into_inner);
                if let Some(bar) = stages.get(stage) {
                    bar.inc(steps);
                }
            }
            Way::Lines(stages) => {
                let mut stages = stages.lock().unwrap_or_else(PoisonError::into_inner);
                let Some(entry) = stages.get_mut(stage) else {
                    return;
                };
                entry.done += steps;
                if entry.told.elapsed() >= LINE_EVERY {
                    entry.told = Instant::now();
                    self.out.note(&entry.line(stage, false));
                }
            }
        }
    }

    fn end(&self, stage: &'static str) {
        match &self.way {
            Way::Silent => {}
            Way::Bars { stages, .. } => {
                let mut stages = stages.lock().unwrap_or_else(PoisonError::into_inner);
                if let Some(bar) = stages.remove(stage) {
                    bar.finish_and_clear();
                }
            }
            Way::Lines(stages) => {
                let mut stages = stages.lock().unwrap_or_else(PoisonError::into_inner);
                if let Some(entry) = stages.remove(stage)
                    && entry.began.elapsed() >= WORTH_TELLING
                {
                    self.out.note(&entry.line(stage, true));
                }
            }
        }
    }

    fn note(&self, text: &str) {
        match &self.way {
            Way::Bars { all, .. } => all.suspend(|| self.out.note(text)),
            Way::Silent | Way::Lines(_) => self.out.note(text),
        }
    }
}

impl Drop for ProgressBars<'_> {
    fn drop(&mut self) {
        // A command that fails in the middle leaves no half bar in front of its error.
        self.waits = None;
        if let Way::Bars { all, .. } = &self.way {
            // The terminal may be gone.
            let _ = all.clear();
        }
    }
}

impl Stage {
    fn line(&self, stage: &str, over: bool) -> String {
        let elapsed = self.began.elapsed();
        let stage = escape(stage);
        let done = self.done;
        if over {
            return format!("{stage}: {done} in {}", human::duration(elapsed));
        }
        match self.total {
            Some(total) if total > 0 => {
                let percent = done.saturating_mul(100) / total;
                let left = eta(done, total, elapsed).map_or_else(String::new, |left| {
                    format!(", about {} left", human::duration(left))
                });
                format!("{stage}: {done} of {total} ({percent} %){left}")
            }
            _ => format!("{stage}: {done} so far"),
        }
    }
}

fn eta(done: u64, total: u64, elapsed: Duration) -> Option<Duration> {
    let left = total.checked_sub(done)?;
    #[expect(clippy::cast_precision_loss, reason = "a guess needs no more digits")]
    let share = (done > 0).then(|| left as f64 / done as f64)?;
    Duration::try_from_secs_f64((elapsed.as_secs_f64() * share).round()).ok()
}

fn style(known: bool) -> ProgressStyle {
    let template = if known {
        "{msg:<12} {bar:24} {pos}/{len} {rate:>10} eta {left}"
    } else {
        "{msg:<12} {spinner} {pos} {rate:>10} {elapsed}"
    };
    // The templates are ours; one that did not parse would fall back to the default look.
    let style =
        ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
    let left = |state: &ProgressState, text: &mut dyn fmt::Write| {
        // Of what has not begun no one knows.
        let _ = match state.pos() {
            0 => text.write_str("-"),
            _ => text.write_str(&human::duration(state.eta())),
        };
    };
    style.with_key("left", left).with_key(
        "rate",
        |state: &ProgressState, text: &mut dyn fmt::Write| {
            // A rate that cannot be written leaves its place empty.
            let _ = write!(text, "{:.0}/s", state.per_sec());
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stage(total: Option<u64>, done: u64, seconds: u64) -> Stage {
        let now = Instant::now();
        Stage {
            began: now.checked_sub(Duration::from_secs(seconds)).unwrap(),
            told: now,
            total,
            done,
        }
    }

    #[test]
    fn a_line_tells_how_far_a_stage_is_and_how_long_it_will_take() {
        assert_eq!(
            stage(Some(200), 50, 10).line("hostnames", false),
            "hostnames: 50 of 200 (25 %), about 30 s left"
        );
        assert_eq!(
            stage(Some(200), 0, 10).line("hostnames", false),
            "hostnames: 0 of 200 (0 %)"
        );
        assert_eq!(
            stage(Some(0), 0, 10).line("hostnames", false),
            "hostnames: 0 so far"
        );
        assert_eq!(stage(None, 7, 10).line("scan", false), "scan: 7 so far");
        assert_eq!(
            stage(Some(9), 9, 61).line("scan", true),
            "scan: 9 in 1 min 1 s"
        );
    }

    #[test]
    fn more_steps_than_announced_are_no_reason_to_panic() {
        assert_eq!(
            stage(Some(2), 3, 10).line("scan", false),
            "scan: 3 of 2 (150 %)"
        );
    }
}
