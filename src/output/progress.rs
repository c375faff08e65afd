//! Progress of long operations: bars on a terminal, elsewhere a plain line from time to time.

use super::Output;
use super::escape::escape;
use super::human;
use super::stream::columns;
use super::terminal::NoControlEcho;
use super::waits::{WaitDisplay, Waiting};
use crate::domain::progress::Progress;
use console::Term;
use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};
use parking_lot::Mutex;
use std::collections::HashMap;
use std::fmt;
use std::io::{self, IsTerminal};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Interval at which a stage reports its position, if there are no bars.
const LINE_EVERY: Duration = Duration::from_secs(5);

/// Terminals with fewer columns have no room for bars.
const NARROW: u16 = 64;

/// Minimum length of a stage whose end is reported, if there are no bars.
const WORTH_TELLING: Duration = Duration::from_secs(1);

/// Progress of one command.
#[derive(Debug)]
pub(crate) struct ProgressBars<'a> {
    out: &'a Output,
    way: ProgressMode,
    run: Arc<Mutex<RunProgress>>,
    waits: Option<WaitDisplay>,
    waiting: Waiting,
}

#[derive(Debug)]
enum ProgressMode {
    Silent,
    Bars {
        all: MultiProgress,
        stages: Mutex<HashMap<&'static str, ProgressBar>>,
        _quiet: Option<NoControlEcho>,
    },
    Lines(Mutex<HashMap<&'static str, StageProgress>>),
}

/// API calls of a run.
#[derive(Debug, Default)]
struct RunProgress {
    began: Option<Instant>,
    planned: u64,
    made: u64,
    /// True if no more calls than the planned ones are expected.
    whole: bool,
    /// Number of runs that follow.
    next: u64,
    /// The bar of the run, above the stages.
    bar: Option<ProgressBar>,
}

impl RunProgress {
    /// Time left, if known, and what follows.
    fn left(&self) -> Option<String> {
        let began = self.began.filter(|_| self.whole)?;
        let left = eta(self.made, self.planned, began.elapsed())?;
        let next = match self.next {
            0 => String::new(),
            next => format!(", then {}", human::count(next, "more customer")),
        };
        let left = human::duration(left.max(Duration::from_secs(1)));
        Some(format!("about {left} left{next}"))
    }

    /// Formats the calls: `44 of 1,254 API calls, about 2 min left`. While they wait, the time left is not known.
    fn line(&self, waiting: bool) -> String {
        let made = human::grouped(self.made);
        match self.left() {
            Some(left) if self.made < self.planned => {
                let planned = human::count(self.planned, "API call");
                let left = if waiting {
                    String::new()
                } else {
                    format!(", {left}")
                };
                format!("{made} of {planned}{left}")
            }
            _ => human::count(self.made, "API call"),
        }
    }
}

#[derive(Debug)]
struct StageProgress {
    began: Instant,
    printed: Instant,
    total: Option<u64>,
    done: u64,
}

impl Output {
    /// Creates the progress display: none with `--quiet` or `--no-progress`, or if JSON is requested and stderr is not a
    /// terminal; bars on a terminal; otherwise lines. With `-v` log lines would break the bars, so lines are shown.
    pub(crate) fn progress(&self) -> ProgressBars<'_> {
        let options = self.options();
        let terminal = io::stderr().is_terminal();
        let silent = options.quiet || options.no_progress || (self.is_json() && !terminal);
        let way = if silent {
            ProgressMode::Silent
        } else if terminal && !options.dumb && options.verbosity == 0 {
            ProgressMode::Bars {
                all: MultiProgress::with_draw_target(ProgressDrawTarget::stderr_with_hz(10)),
                stages: Mutex::default(),
                _quiet: NoControlEcho::begin(),
            }
        } else {
            ProgressMode::Lines(Mutex::default())
        };
        let waits = (!options.quiet && !options.no_progress).then(|| match &way {
            ProgressMode::Bars { all, .. } => WaitDisplay::on(all.clone()),
            _ => WaitDisplay::in_lines(terminal),
        });
        let waiting = waits.as_ref().map(WaitDisplay::waiting);
        ProgressBars {
            out: self,
            way,
            run: Arc::default(),
            waits,
            waiting: waiting.unwrap_or_default(),
        }
    }
}

impl Progress for ProgressBars<'_> {
    fn begin(&self, stage: &'static str, total: Option<u64>) {
        match &self.way {
            ProgressMode::Silent => {}
            ProgressMode::Bars { all, stages, .. } => {
                let mut stages = stages.lock();
                // A stage that starts again now knows its total.
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
            ProgressMode::Lines(stages) => {
                let mut stages = stages.lock();
                let now = Instant::now();
                let entry = stages.entry(stage).or_insert(StageProgress {
                    began: now,
                    printed: now,
                    total,
                    done: 0,
                });
                entry.total = total.or(entry.total);
            }
        }
    }

    fn advance(&self, stage: &'static str, steps: u64) {
        match &self.way {
            ProgressMode::Silent => {}
            ProgressMode::Bars { stages, .. } => {
                if let Some(waits) = &self.waits {
                    waits.go_on();
                }
                let stages = stages.lock();
                if let Some(bar) = stages.get(stage) {
                    bar.inc(steps);
                }
            }
            ProgressMode::Lines(stages) => {
                let mut stages = stages.lock();
                let Some(entry) = stages.get_mut(stage) else {
                    return;
                };
                entry.done += steps;
                if entry.printed.elapsed() >= LINE_EVERY {
                    entry.printed = Instant::now();
                    let waiting = self.waiting.now();
                    let run = self.run.lock();
                    // For a run that makes calls, people wait for the whole run.
                    let line = match run.began {
                        None => entry.line(stage, true),
                        Some(_) => format!("{}; {}", entry.line(stage, false), run.line(waiting)),
                    };
                    drop(run);
                    self.out.note(&line);
                }
            }
        }
    }

    fn end(&self, stage: &'static str) {
        match &self.way {
            ProgressMode::Silent => {}
            ProgressMode::Bars { stages, .. } => {
                let mut stages = stages.lock();
                if let Some(bar) = stages.remove(stage) {
                    bar.finish_and_clear();
                }
            }
            ProgressMode::Lines(stages) => {
                let mut stages = stages.lock();
                if let Some(entry) = stages.remove(stage)
                    && entry.began.elapsed() >= WORTH_TELLING
                {
                    self.out.note(&entry.end(stage));
                }
            }
        }
    }

    fn plan(&self, calls: u64, whole: bool) {
        let new = {
            let mut run = self.run.lock();
            run.began.get_or_insert_with(Instant::now);
            run.planned += calls;
            run.whole = whole;
            run.bar.is_none()
        };
        if let ProgressMode::Bars { all, .. } = &self.way
            && new
        {
            // Drawing locks the run, so no lock may be held here.
            let bar = all.insert(
                0,
                ProgressBar::new_spinner().with_style(run_style(&self.run, self.waiting.clone())),
            );
            bar.enable_steady_tick(Duration::from_millis(200));
            self.run.lock().bar = Some(bar);
        }
    }

    fn called(&self, calls: u64) {
        let mut run = self.run.lock();
        run.made += calls;
    }

    fn follow(&self, runs: u64) {
        let mut run = self.run.lock();
        let bar = run.bar.take();
        *run = RunProgress {
            next: runs,
            bar,
            ..RunProgress::default()
        };
    }

    fn note(&self, text: &str) {
        match &self.way {
            ProgressMode::Bars { all, .. } => all.suspend(|| self.out.note(text)),
            ProgressMode::Silent | ProgressMode::Lines(_) => self.out.note(text),
        }
    }
}

impl Drop for ProgressBars<'_> {
    fn drop(&mut self) {
        // A command that fails leaves no partial bar before its error.
        self.waits = None;
        let bar = self.run.lock().bar.take();
        bar.iter().for_each(ProgressBar::finish_and_clear);
        if let ProgressMode::Bars { all, .. } = &self.way {
            // The terminal may be gone.
            let _ = all.clear();
        }
    }
}

impl StageProgress {
    /// Reports the end of the stage.
    fn end(&self, stage: &str) -> String {
        let elapsed = human::duration(self.began.elapsed());
        format!(
            "{}: {} in {elapsed}",
            escape(stage),
            human::grouped(self.done)
        )
    }

    /// Reports the position; `with_time` adds the time left.
    fn line(&self, stage: &str, with_time: bool) -> String {
        let stage = escape(stage);
        let done = human::grouped(self.done);
        match self.total {
            Some(total) if total > 0 => {
                let percent = self.done.saturating_mul(100) / total;
                let left = eta(self.done, total, self.began.elapsed());
                let left = left.filter(|_| with_time).map_or_else(String::new, |left| {
                    format!(", about {} left", human::duration(left))
                });
                let total = human::grouped(total);
                format!("{stage}: {done} of {total} ({percent}%){left}")
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
    let narrow = columns(&Term::stderr()).is_some_and(|width| width < NARROW);
    let template = match (known, narrow) {
        (true, false) => "{msg:<28} {bar:20} {done} of {all}",
        (false, false) => "{msg:<28} {spinner} {done} so far",
        (true, true) => "{msg}: {done} of {all}",
        (false, true) => "{msg}: {done} so far",
    };
    // The templates are constants; one that does not parse becomes the default style.
    let style =
        ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
    // A number that cannot be written leaves its place empty.
    let done = |state: &ProgressState, text: &mut dyn fmt::Write| {
        let _ = text.write_str(&human::grouped(state.pos()));
    };
    let all = |state: &ProgressState, text: &mut dyn fmt::Write| {
        let _ = text.write_str(&human::grouped(state.len().unwrap_or_default()));
    };
    style.with_key("done", done).with_key("all", all)
}

/// Style of the run's line.
fn run_style(run: &Arc<Mutex<RunProgress>>, waiting: Waiting) -> ProgressStyle {
    let run = Arc::clone(run);
    let style = ProgressStyle::with_template("{spinner} {run}");
    let style = style.unwrap_or_else(|_| ProgressStyle::default_spinner());
    let line = move |_: &ProgressState, text: &mut dyn fmt::Write| {
        let waiting = waiting.now();
        let run = run.lock();
        let width = columns(&Term::stderr()).map(|width| usize::from(width.saturating_sub(2)));
        let line = human::wrapped(&run.line(waiting), width, "");
        let _ = text.write_str(line.trim_end());
    };
    style.with_key("run", line)
}

#[cfg(test)]
mod tests;
