//! A way of doing a job, taken several times, in turns with the other ways: a busy moment of the machine
//! falls on all of them, and the ratio within one round says more than any of the times.

use crate::Failed;
use crate::figure::{Goal, Table};
use crate::neighbour::{Neighbour, Waits};
use crate::process::{Measured, measured, median};
use std::process::Command;
use std::time::{Duration, Instant};

/// What each round took.
#[derive(Default)]
pub struct Way {
    pub times: Vec<Duration>,
    waits: Vec<Waits>,
    /// Bytes of memory at most; 0 where nobody looked.
    memory: u64,
}

/// What a way should take.
#[derive(Clone, Copy)]
pub struct Goals {
    /// Milliseconds that 99 of 100 answers to others take.
    pub p99: Goal,
    /// Megabytes at most.
    pub memory: Goal,
}

impl Goals {
    /// There is nothing to reach: others' ways, and floors.
    pub const NONE: Self = Self {
        p99: Goal::None,
        memory: Goal::None,
    };
}

impl Way {
    /// Others wait for at most so many milliseconds, or for as long as beside this way, a floor: where three
    /// programs share two cores, what they wait for is the cores.
    pub fn waits_or(&self, milliseconds: f64) -> Goal {
        let mut p99: Vec<Duration> = self.waits.iter().map(|waits| waits.p99).collect();
        Goal::AtMost(milliseconds.max(median(&mut p99).as_secs_f64() * 1000.0))
    }

    /// Takes one round while another client wants its answers too.
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

    /// Takes one round with a process while another client wants its answers too.
    pub fn process(&mut self, port: u16, command: Command) -> Result<Measured, Failed> {
        let neighbour = Neighbour::moves_in(port)?;
        let ended = measured(command);
        let waits = neighbour.moves_out()?;
        let ended = ended?;
        self.took(&ended);
        self.waits.push(waits);
        Ok(ended)
    }

    /// Enters a round that nobody waited beside.
    pub fn took(&mut self, ended: &Measured) {
        self.times.push(ended.time);
        self.memory = self.memory.max(ended.memory);
    }

    /// Tells times, waits and memory.
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
