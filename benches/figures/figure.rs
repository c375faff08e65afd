//! Figures and their table.

use serde_json::{Value, json};
use std::fmt;
use std::time::Duration;

/// The target of a figure.
#[derive(Debug, Clone, Copy)]
pub enum Goal {
    /// Less than this.
    Under(f64),
    /// At most this.
    AtMost(f64),
    /// At least this.
    AtLeast(f64),
    /// Exactly this.
    Exactly(f64),
    /// Only for comparison.
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

    fn json(self) -> Value {
        match self {
            Self::Under(goal) => json!({"under": goal}),
            Self::AtMost(goal) => json!({"at_most": goal}),
            Self::AtLeast(goal) => json!({"at_least": goal}),
            Self::Exactly(goal) => json!({"exactly": goal}),
            Self::None => Value::Null,
        }
    }
}

/// The unit of a figure.
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
    const fn name(self) -> &'static str {
        match self {
            Self::Seconds => "s",
            Self::Milliseconds => "ms",
            Self::Megabytes => "MB",
            Self::Times => "x",
            Self::Percent => "%",
            Self::Count => "",
        }
    }

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

enum Line {
    Title(String),
    Figure(Figure),
}

struct Figure {
    what: String,
    /// Median of the measurements.
    value: f64,
    /// Smallest and largest measurement.
    spread: Option<(f64, f64)>,
    unit: Unit,
    goal: Goal,
}

/// All figures so far, in order.
#[derive(Default)]
pub struct Table {
    lines: Vec<Line>,
}

impl Table {
    /// Starts a group of figures, and prints its title to stderr.
    pub fn group(&mut self, title: &str) {
        eprintln!("figures: {title} …");
        self.lines.push(Line::Title(title.to_owned()));
    }

    /// Adds a time in seconds.
    pub fn time(&mut self, what: impl Into<String>, time: Duration, goal: Goal) {
        self.times(what, &[time], goal);
    }

    /// Adds times in seconds.
    pub fn times(&mut self, what: impl Into<String>, times: &[Duration], goal: Goal) {
        let seconds = times.iter().map(Duration::as_secs_f64);
        self.add(what, seconds.collect(), Unit::Seconds, goal);
    }

    /// Adds a time in milliseconds.
    pub fn wait(&mut self, what: impl Into<String>, time: Duration, goal: Goal) {
        self.waits(what, &[time], goal);
    }

    /// Adds times in milliseconds.
    pub fn waits(&mut self, what: impl Into<String>, times: &[Duration], goal: Goal) {
        let milliseconds = times.iter().map(|time| time.as_secs_f64() * 1000.0);
        self.add(what, milliseconds.collect(), Unit::Milliseconds, goal);
    }

    pub fn memory(&mut self, what: impl Into<String>, bytes: u64, goal: Goal) {
        self.add(what, vec![number(bytes) / 1e6], Unit::Megabytes, goal);
    }

    /// Adds the ratio of two times, round by round.
    pub fn ratio(
        &mut self,
        what: impl Into<String>,
        one: &[Duration],
        other: &[Duration],
        goal: Goal,
    ) {
        let rounds = one.iter().zip(other);
        let times = rounds
            .map(|(one, other)| one.as_secs_f64() / other.as_secs_f64().max(f64::EPSILON))
            .collect();
        self.add(what, times, Unit::Times, goal);
    }

    pub fn count(&mut self, what: impl Into<String>, count: u64, goal: Goal) {
        self.add(what, vec![number(count)], Unit::Count, goal);
    }

    pub fn share(&mut self, what: impl Into<String>, percent: f64, goal: Goal) {
        self.add(what, vec![percent], Unit::Percent, goal);
    }

    fn add(&mut self, what: impl Into<String>, mut values: Vec<f64>, unit: Unit, goal: Goal) {
        values.sort_unstable_by(f64::total_cmp);
        let ends = values.first().copied().zip(values.last().copied());
        self.lines.push(Line::Figure(Figure {
            what: what.into(),
            value: values.get(values.len() / 2).copied().unwrap_or_default(),
            spread: ends.filter(|_| values.len() > 1),
            unit,
            goal,
        }));
    }

    /// Returns the figures that miss their goals, each with its group.
    fn missed(&self) -> Vec<String> {
        let mut title = "";
        let mut missed = Vec::new();
        for line in &self.lines {
            match line {
                Line::Title(text) => title = text,
                Line::Figure(figure) if figure.met() == Some(false) => missed.push(format!(
                    "{title}: {}: {}, goal {}",
                    figure.what.trim_start(),
                    figure.unit.text(figure.value),
                    figure.goal.text(figure.unit)
                )),
                Line::Figure(_) => {}
            }
        }
        missed
    }

    /// Returns the figures as JSON, in groups.
    pub fn json(&self) -> Value {
        let mut groups: Vec<(&str, Vec<Value>)> = Vec::new();
        for line in &self.lines {
            match (line, groups.last_mut()) {
                (Line::Title(title), _) => groups.push((title, Vec::new())),
                (Line::Figure(figure), Some((_, figures))) => figures.push(figure.json()),
                (Line::Figure(_), None) => {}
            }
        }
        let groups = groups.into_iter();
        groups
            .map(|(title, figures)| json!({"job": title, "figures": figures}))
            .collect()
    }
}

impl Figure {
    fn met(&self) -> Option<bool> {
        self.goal.met(self.value)
    }

    fn json(&self) -> Value {
        json!({
            "what": self.what.trim_start(),
            "value": self.value,
            "low": self.spread.map(|(low, _)| low),
            "high": self.spread.map(|(_, high)| high),
            "unit": self.unit.name(),
            "goal": self.goal.json(),
            "met": self.met(),
        })
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
        let width = |line: &Line| match line {
            Line::Title(_) => 0,
            Line::Figure(figure) => figure.what.chars().count() + 2,
        };
        let width = self.lines.iter().map(width).max().unwrap_or_default();
        for line in &self.lines {
            let figure = match line {
                Line::Title(title) => {
                    writeln!(f, "\n{title}")?;
                    continue;
                }
                Line::Figure(figure) => figure,
            };
            let spread = figure.spread.map_or_else(String::new, |(low, high)| {
                format!("{} … {}", figure.unit.text(low), figure.unit.text(high))
            });
            let met = match figure.met() {
                Some(true) => "met",
                Some(false) => "MISSED",
                None => "",
            };
            let (what, value) = (format!("  {}", figure.what), figure.unit.text(figure.value));
            let goal = figure.goal.text(figure.unit);
            let text = format!("{what:width$}  {value:>10}  {spread:<24}  {goal:<11} {met}");
            writeln!(f, "{}", text.trim_end())?;
        }
        let missed = self.missed();
        writeln!(f, "\n{} goals are missed", missed.len())?;
        for one in missed {
            writeln!(f, "  {one}")?;
        }
        Ok(())
    }
}
