//! A way of doing a job. Ways are measured in turns, so that a busy moment of the machine slows all of them: the
//! ratio within one round says more than any of the times.

use crate::Failed;
use crate::figure::{Goal, Table};
use crate::neighbour::{Neighbour, Waits};
use crate::process::{Measured, measured, median};
use std::process::Command;
use std::time::{Duration, Instant};

/// Measurements of each round.
#[derive(Default)]
pub struct Way {
    pub times: Vec<Duration>,
    waits: Vec<Waits>,
    /// Peak memory in bytes; 0 if it was not measured.
    memory: u64,
}

/// Goals of a way.
#[derive(Clone, Copy)]
pub struct Goals {
    /// Other clients' waits, 99th percentile in milliseconds.
    pub p99: Goal,
    /// Peak memory in megabytes.
    pub memory: Goal,
}

impl Goals {
    /// No goals, as for the tools of others and for floors.
    pub const NONE: Self = Self {
        p99: Goal::None,
        memory: Goal::None,
    };
}

impl Way {
    /// Returns the goal for other clients' waits: at most `milliseconds`, or as long as they wait during this way, a
    /// floor, if that is longer. With three programs on two cores, what they wait for is a core.
    pub fn waits_or(&self, milliseconds: f64) -> Goal {
        let mut p99: Vec<Duration> = self.waits.iter().map(|waits| waits.p99).collect();
        Goal::AtMost(milliseconds.max(median(&mut p99).as_secs_f64() * 1000.0))
    }

    /// Measures one round while another client keeps sending commands.
    pub fn beside<T>(
        &mut self,
        port: u16,
        way: impl FnOnce() -> Result<T, Failed>,
    ) -> Result<T, Failed> {
        let neighbour = Neighbour::moves_in(port)?;
        let began = Instant::now();
        let done = way();
        let time = began.elapsed();
        let waits = neighbour.moves_out()?;
        let done = done?;
        self.times.push(time);
        self.waits.push(waits);
        Ok(done)
    }

    /// Measures one round of a process while another client keeps sending commands.
    pub fn process(&mut self, port: u16, command: Command) -> Result<Measured, Failed> {
        let neighbour = Neighbour::moves_in(port)?;
        let ended = measured(command);
        let waits = neighbour.moves_out()?;
        let ended = ended?;
        self.took(&ended);
        self.waits.push(waits);
        Ok(ended)
    }

    /// Records the time and the peak memory of a round.
    pub fn took(&mut self, ended: &Measured) {
        self.times.push(ended.time);
        self.memory = self.memory.max(ended.memory);
    }

    /// Adds times, waits and memory to the table.
    pub fn tell(&self, table: &mut Table, name: &str, goals: Goals) {
        table.times(name, &self.times, Goal::None);
        if !self.waits.is_empty() {
            let p99: Vec<Duration> = self.waits.iter().map(|waits| waits.p99).collect();
            let longest: Vec<Duration> = self.waits.iter().map(|waits| waits.longest).collect();
            table.waits("    others' waits, p99", &p99, goals.p99);
            table.waits("    others' longest wait", &longest, Goal::None);
        }
        if self.memory > 0 {
            table.memory("    peak memory", self.memory, goals.memory);
        }
    }
}
