//! A `warm --keep` process and its reports.

use super::run::{Ended, Run, Running};
use super::server::{wait_for, wait_long_for};
use super::stage::Stage;
use serde_json::Value;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// A debug build takes a while to crawl a large account.
const LIMIT: Duration = Duration::from_mins(3);

pub struct KeepProcess {
    pub running: Running,
    lines: PathBuf,
    taken: usize,
}

impl KeepProcess {
    /// Starts with further arguments, against the stage's cache and API.
    pub fn start(stage: &Stage, line: &str) -> Self {
        let run = stage.command(&format!("warm --keep -o json {line}"));
        Self::of(run, stage.home.path())
    }

    /// Starts a prepared run, which must write JSON.
    pub fn of(run: Run, folder: &Path) -> Self {
        let lines = folder.join("lines");
        let running = run.stdout(File::create(&lines).unwrap());
        Self {
            running,
            lines,
            taken: 0,
        }
    }

    /// Returns the report of the next cycle, which may have ended already.
    pub fn next(&mut self) -> Value {
        let line = wait_long_for("a cycle has ended", LIMIT, || self.line());
        self.taken += 1;
        serde_json::from_str(&line).unwrap()
    }

    /// Like [`KeepProcess::next`], but `None` if the process ends first.
    pub fn next_or_end(&mut self) -> Option<Value> {
        let line = wait_long_for("a cycle or all has ended", LIMIT, || {
            let over = self.running.is_over();
            let line = self.line();
            (over || line.is_some()).then_some(line)
        })?;
        self.taken += 1;
        Some(serde_json::from_str(&line).unwrap())
    }

    fn line(&self) -> Option<String> {
        let text = fs::read_to_string(&self.lines).unwrap();
        let whole = &text[..text.rfind('\n').map_or(0, |end| end + 1)];
        whole.lines().nth(self.taken).map(str::to_owned)
    }

    /// Triggers a cycle and returns its report.
    pub fn cycle(&mut self) -> Value {
        self.running.begin_cycle();
        self.next()
    }

    /// Returns the report of the next complete cycle.
    pub fn recovered(&mut self) -> Value {
        wait_for("a cycle is complete", || {
            Some(self.next()).filter(|report| report["complete"] == true)
        })
    }

    /// Ends the process with SIGTERM.
    #[track_caller]
    pub fn end(self) -> Ended {
        self.running.terminate();
        self.running.wait().with(143)
    }
}
