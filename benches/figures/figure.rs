//! Figures, and the table that they are told in.

use std::fmt;
use std::time::Duration;

/// What a figure should be.
#[derive(Debug, Clone, Copy)]
pub enum Goal {
    /// Less than that.
    Under(f64),
    /// At most that.
    AtMost(f64),
    /// At least that.
    AtLeast(f64),
    /// Exactly that.
    Exactly(f64),
    /// It is there to be compared with.
    None,
}

impl Goal {
    fn met(self, value: f64) -> Option<bool> {
        match self {
            Self::Under(goal) => Some(value < goal),
            Self::AtMost(goal) => Some(value <= goal),
            Self::AtLeast(goal) => Some(value >= goal),
            Self::Exactly(goal) => Some((value - goal).abs() < f64::EPSILON),
            Self::None => None,
        }
    }

    fn text(self, unit: Unit) -> String {
        match self {
            Self::Under(goal) => format!("< {}", unit.text(goal)),
            Self::AtMost(goal) => format!("<= {}", unit.text(goal)),
            Self::AtLeast(goal) => format!(">= {}", unit.text(goal)),
            Self::Exactly(goal) => format!("= {}", unit.text(goal)),
            Self::None => String::new(),
        }
    }
}

/// What a figure is counted in.
#[derive(Debug, Clone, Copy)]
pub enum Unit {
    Seconds,
    Milliseconds,
    Megabytes,
    Times,
    Percent,
    Count,
}

impl Unit {
    fn text(self, value: f64) -> String {
        match self {
            Self::Seconds => format!("{value:.2} s"),
            Self::Milliseconds => format!("{value:.1} ms"),
            Self::Megabytes => format!("{value:.1} MB"),
            Self::Times => format!("{value:.2} x"),
            Self::Percent => format!("{value:.1} %"),
            Self::Count => format!("{value:.0}"),
        }
    }
}

struct Line {
    what: String,
    value: String,
    goal: String,
    met: &'static str,
}

/// Everything measured so far, in order.
#[derive(Default)]
pub struct Table {
    lines: Vec<Line>,
}

impl Table {
    /// Begins a group of figures, and says on stderr what is under way.
    pub fn group(&mut self, title: &str) {
        eprintln!("figures: {title} …");
        self.lines.push(Line {
            what: format!("\n{title}"),
            value: String::new(),
            goal: String::new(),
            met: "",
        });
    }

    /// Adds a time in seconds.
    pub fn time(&mut self, what: impl Into<String>, time: Duration, goal: Goal) {
        self.add(what, time.as_secs_f64(), Unit::Seconds, goal);
    }

    /// Adds a time in milliseconds.
    pub fn wait(&mut self, what: impl Into<String>, time: Duration, goal: Goal) {
        let milliseconds = time.as_secs_f64() * 1000.0;
        self.add(what, milliseconds, Unit::Milliseconds, goal);
    }

    /// Adds a number of bytes.
    pub fn memory(&mut self, what: impl Into<String>, bytes: u64, goal: Goal) {
        self.add(what, number(bytes) / 1e6, Unit::Megabytes, goal);
    }

    /// Adds how many times longer one took than the other.
    pub fn ratio(&mut self, what: impl Into<String>, one: Duration, other: Duration, goal: Goal) {
        let times = one.as_secs_f64() / other.as_secs_f64().max(f64::EPSILON);
        self.add(what, times, Unit::Times, goal);
    }

    /// Adds a number of things.
    pub fn count(&mut self, what: impl Into<String>, count: u64, goal: Goal) {
        self.add(what, number(count), Unit::Count, goal);
    }

    /// Adds a share in percent.
    pub fn share(&mut self, what: impl Into<String>, percent: f64, goal: Goal) {
        self.add(what, percent, Unit::Percent, goal);
    }

    fn add(&mut self, what: impl Into<String>, value: f64, unit: Unit, goal: Goal) {
        self.lines.push(Line {
            what: format!("  {}", what.into()),
            value: unit.text(value),
            goal: goal.text(unit),
            met: match goal.met(value) {
                Some(true) => "met",
                Some(false) => "MISSED",
                None => "",
            },
        });
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "figures are rounded to a few digits anyway"
)]
fn number(count: u64) -> f64 {
    count as f64
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let widest = self.lines.iter().map(|line| line.what.chars().count());
        let width = widest.max().unwrap_or_default();
        for line in &self.lines {
            let Line {
                what,
                value,
                goal,
                met,
            } = line;
            let text = format!("{what:width$}  {value:>10}  {goal:<11} {met}");
            writeln!(f, "{}", text.trim_end())?;
        }
        Ok(())
    }
}
