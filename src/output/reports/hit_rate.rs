//! Report of `hit-rate`.

pub(crate) mod export;

use crate::domain::hit_rate::{GroupBy, HitCounts, HitRate};
use crate::domain::keyword::Keyword as _;
use crate::output::prometheus::Exposition;
use crate::output::table::{Column, Rows};
use crate::output::{Format, Output, Tone, WriteError, csv, human, metrics, sparkline};
use serde::Serialize;
use std::collections::HashMap;

/// Days for which the server keeps counts.
const KEPT_DAYS: usize = 7;

/// Note on rows that do not fit into memory.
const TOO_MANY: &str = "there are too many keys to list all; the least missed are left out";

/// The result, with everything needed to show it.
#[derive(Debug)]
pub(crate) struct HitRateView<'a> {
    pub answer: &'a HitRate,
    /// How the counts are grouped.
    pub by: GroupBy,
    /// Requested customers; `None` for all.
    pub asked: Option<Vec<&'a str>>,
    /// Price of an API call, in dollars.
    pub price: f64,
    /// Key pattern as typed; empty for all keys.
    pub pattern: &'a str,
    /// Target hit rate, in percent.
    pub target: Option<f64>,
    /// True if --top was given.
    pub top: bool,
    /// Names of the properties of keys, by key.
    pub names_of: HashMap<String, String>,
}

#[derive(Serialize)]
struct HitRateBody<'a> {
    #[serde(flatten)]
    answer: &'a HitRate,
    hit_rate: Option<f64>,
    api_calls_saved: u64,
    cost_saved: f64,
    by: &'static str,
    trend: Vec<Trend>,
    notes: Vec<String>,
}

#[derive(Serialize)]
struct Trend {
    day: String,
    #[serde(flatten)]
    counts: HitCounts,
    hit_rate: Option<f64>,
}

impl HitRateView<'_> {
    /// Prints the report on stdout.
    pub(crate) fn show(&self, out: &Output, endpoint: &str) -> Result<(), WriteError> {
        match out.options().format {
            Format::Json => self.json(out, endpoint),
            Format::Csv => {
                out.data(&self.csv())?;
                self.warn_of_left_out(out);
                Ok(())
            }
            Format::Prometheus => {
                out.data(&self.prometheus())?;
                self.warn_of_left_out(out);
                Ok(())
            }
            Format::Table => self.table(out, endpoint),
        }
    }

    fn names(&self) -> Vec<&str> {
        match &self.asked {
            Some(asked) => asked.clone(),
            None => self.answer.customers.iter().map(String::as_str).collect(),
        }
    }

    fn json(&self, out: &Output, endpoint: &str) -> Result<(), WriteError> {
        let answer = self.answer;
        let trend = answer.days.iter().map(|(day, counts)| Trend {
            day: day.to_string(),
            counts: *counts,
            hit_rate: counts.rate(),
        });
        let body = HitRateBody {
            answer,
            hit_rate: answer.total.rate(),
            api_calls_saved: answer.total.hits,
            cost_saved: answer.total.saved(self.price),
            by: self.by.as_str(),
            trend: trend.collect(),
            notes: self.notes(),
        };
        let customers = self.names();
        out.document("hit-rate", endpoint, customers, body)
    }

    /// Warns of counts that are left out, where the data has no place for notes. What --top leaves out was asked for.
    fn warn_of_left_out(&self, out: &Output) {
        let answer = self.answer;
        let cut = (answer.rows_cut && answer.rows_left == 0).then(|| TOO_MANY.to_owned());
        let notes = answer.malformed_note().into_iter().chain(cut);
        for note in notes.chain(answer.left_out_notes()) {
            out.warn(&note);
        }
        if self.top && self.by != GroupBy::Key {
            out.warn("--top needs --by key with this output: it has no list of missed keys");
        }
    }

    /// Caveats about the counts.
    fn notes(&self) -> Vec<String> {
        let answer = self.answer;
        let mut notes = Vec::new();
        if answer.left_out && answer.total.total() == 0 {
            let how = if self.pattern.contains(['*', '?', '[']) {
                "; a glob is compared with the part after the customer, as in `property:*`"
            } else {
                ""
            };
            notes.push(format!(
                "no key that was read in these days matches `{}`{how}",
                self.pattern
            ));
        }
        if answer.hostname_misses > 0 {
            notes.push(format!(
                "the numbers are as recorded: one search of the server that finds nothing counts up to three misses of host names ({} here)",
                human::grouped(answer.hostname_misses)
            ));
        }
        notes.extend(answer.malformed_note());
        if answer.too_many_keys {
            notes.push(TOO_MANY.into());
        } else if answer.rows_left > 0 {
            notes.push(format!(
                "{}; --top 0 lists all",
                human::count(answer.rows_left as u64, "more key")
            ));
        }
        notes.extend(answer.left_out_notes());
        let first = answer.days.iter().find(|(_, counts)| counts.total() > 0);
        if let Some((first, _)) = first
            && answer.days.len() > KEPT_DAYS
        {
            notes.push(format!(
                "nothing is recorded before {first}: the server keeps counts for {KEPT_DAYS} days; --export keeps them for longer"
            ));
        }
        if !answer.top_exact {
            notes.push(
                "the most missed keys are not certain: too many keys have nearly equal counts"
                    .into(),
            );
        }
        notes
    }

    fn csv(&self) -> String {
        let mut text = csv::line([self.by.as_str(), "hits", "misses", "hit_rate"]);
        for row in &self.answer.rows {
            let (hits, misses) = (row.counts.hits.to_string(), row.counts.misses.to_string());
            let rate = exact(row.hit_rate);
            text.push_str(&csv::line([row.group.as_str(), &hits, &misses, &rate]));
        }
        text
    }

    /// Formats the report for Prometheus.
    pub(crate) fn prometheus(&self) -> String {
        let mut text = Exposition::default();
        #[expect(
            clippy::cast_precision_loss,
            reason = "the format has only floating point"
        )]
        let days = self.answer.days.len() as f64;
        window(&mut text, self.answer.total, self.price, days);
        let by = self.by.as_str();
        for (metric, tally) in [
            (metrics::GROUP_HITS, (|c| c.hits) as fn(HitCounts) -> u64),
            (metrics::GROUP_MISSES, |c| c.misses),
        ] {
            let rows = self.answer.rows.iter();
            text.add(
                &metric,
                rows.map(|row| {
                    let labels = vec![("by", by), ("group", row.group.as_str())];
                    (labels, Some(float(tally(row.counts))))
                }),
            );
        }
        text.text()
    }

    fn table(&self, out: &Output, endpoint: &str) -> Result<(), WriteError> {
        let answer = self.answer;
        let (tone, verdict) = self.verdict(human::address(endpoint));
        match tone {
            Some(tone) => out.verdict(tone, &verdict)?,
            None => out.line_of_report(&verdict)?,
        }
        let mut rows = Rows::new(&[
            Column::Whole(self.by.as_str()),
            Column::Text("name"),
            Column::Number("hits"),
            Column::Number("misses"),
            Column::Number("hit rate"),
        ])
        .optional(&["name"])
        .names(&["name", "key"])
        .unless_zero(&["name"]);
        for row in answer.rows.iter().skip(self.unrecorded()) {
            let [group, hits, misses, rate] = cells(&row.group, row.counts);
            let name = self.name(&row.group).to_owned();
            rows.push([group, name, hits, misses, rate]);
            rows.tone("hit rate", self.tone(row.counts.rate()));
        }
        if answer.total.total() > 0 {
            out.data("\n")?;
            out.table(rows)?;
        }
        if answer.total.hits > 0 {
            let cost = answer.total.saved(self.price);
            let cost = if cost < 0.005 {
                String::new()
            } else {
                format!(" ({})", human::dollars(cost))
            };
            let calls = human::count(answer.total.hits, "API call");
            out.line_of_report(&format!("saved {calls}{cost}"))?;
        }
        if !answer.top_missed.is_empty() && self.by != GroupBy::Key {
            out.data("\n")?;
            let columns = [
                Column::Number("missed"),
                Column::Whole("key"),
                Column::Text("name"),
            ];
            let mut rows = Rows::new(&columns)
                .optional(&["name"])
                .names(&["name", "key"])
                .unless_zero(&["name"]);
            for missed in &answer.top_missed {
                let name = self.name(&missed.key);
                rows.push([&human::grouped(missed.misses), &missed.key, name]);
            }
            out.table(rows)?;
        }
        for note in self.notes() {
            out.note(&note);
        }
        Ok(())
    }

    /// Number of leading days to leave out of the table, because nothing was recorded yet.
    fn unrecorded(&self) -> usize {
        let answer = self.answer;
        if self.by != GroupBy::Day {
            return 0;
        }
        let silent = answer.rows.iter().take_while(|row| row.counts.total() == 0);
        silent.count()
    }

    /// Name of a key's property, if known.
    fn name(&self, key: &str) -> &str {
        self.names_of.get(key).map_or("-", String::as_str)
    }

    /// Tone of a rate, compared with the target.
    fn tone(&self, rate: Option<f64>) -> Option<Tone> {
        let (rate, target) = (rate?, self.target?);
        Some(if rate >= target {
            Tone::Good
        } else {
            Tone::Bad
        })
    }

    /// The verdict: rate, target and trend, with the tone.
    fn verdict(&self, address: &str) -> (Option<Tone>, String) {
        let answer = self.answer;
        let names = match (&self.asked, self.names().as_slice()) {
            (None, []) => "all customers".to_owned(),
            (_, names) => names.join(", "),
        };
        let days = human::count(answer.days.len() as u64, "day");
        let Some(rate) = answer.total.rate() else {
            let text = format!("no reads were counted in {days} ({names} on {address})");
            return (None, text);
        };
        let target = self.target.map_or_else(String::new, |target| {
            let mark = if rate >= target { '✓' } else { '✗' };
            format!(", target {target}% {mark}")
        });
        // Scaled from the lowest day to the highest, so that changes are visible.
        let rates = || answer.days.iter().map(|(_, counts)| counts.rate());
        let low = rates().flatten().fold(100.0, f64::min);
        let high = rates().flatten().fold(0.0, f64::max);
        let trend = if rates().flatten().count() > 1 {
            format!(" {}", sparkline::line(rates(), low, high))
        } else {
            String::new()
        };
        let text = format!(
            "hit rate {} of {} in {days}, {names} on {address}{target}{trend}",
            percent(Some(rate)),
            human::count(answer.total.total(), "read"),
        );
        (self.tone(Some(rate)), text)
    }
}

/// Adds the figures of all reads in a number of days.
pub(super) fn window(text: &mut Exposition, counts: HitCounts, price: f64, days: f64) {
    text.add_one(&metrics::WINDOW, Some(days * 86_400.0));
    text.add_one(&metrics::HITS, Some(float(counts.hits)));
    text.add_one(&metrics::MISSES, Some(float(counts.misses)));
    text.add_one(&metrics::HIT_RATIO, counts.rate().map(|rate| rate / 100.0));
    text.add_one(&metrics::CALLS_SAVED, Some(float(counts.hits)));
    text.add_one(&metrics::COST_SAVED, Some(counts.saved(price)));
}

#[expect(
    clippy::cast_precision_loss,
    reason = "the format has only floating point"
)]
pub(super) fn float(number: u64) -> f64 {
    number as f64
}

fn cells(group: &str, counts: HitCounts) -> [String; 4] {
    [
        group.to_owned(),
        human::grouped(counts.hits),
        human::grouped(counts.misses),
        percent(counts.rate()),
    ]
}

/// Formats a rate, rounded down: 84.96% must not look like 85%.
pub(crate) fn percent(rate: Option<f64>) -> String {
    human::or_dash(rate, |rate| format!("{:.1}%", (rate * 10.0).floor() / 10.0))
}

/// Formats a rate for programs, with all digits.
fn exact(rate: Option<f64>) -> String {
    rate.map_or_else(String::new, |rate| rate.to_string())
}

#[cfg(test)]
mod tests;
