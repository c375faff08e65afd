//! `stats`: measures servers, keys and hit counts, and checks thresholds.

#![expect(
    clippy::doc_markdown,
    reason = "the comments are the help of the command line, where a backtick is only noise"
)]

mod watch;

use super::connect::with_store;
use super::no_keys;
use crate::cache::stats::{StatsOutcome, StatsQuery, measure};
use crate::clock::{now, today};
use crate::domain::duration::milliseconds;
use crate::domain::hit_rate::{HitRateQuery, days_until};
use crate::domain::stats::alerts;
use crate::domain::stats::assert::{Assertion, CheckedAssertion};
use crate::domain::stats::{NodeStats, StatsReport};
use crate::exit::{Exit, Failure};
use crate::output::reports::stats::StatsView;
use crate::output::{Format, Output, file};
use crate::settings::{Settings, values};
use crate::stop::Stop;
use crate::store::options::Deployment;
use crate::store::{self, Store};
use clap::Args;
use std::path::PathBuf;
use std::time::Duration;

/// Keys in a sample, unless asked for otherwise.
const SAMPLES: u64 = 10_000;

/// The only number of the JSON document that is not in the report.
const ELAPSED: &str = "elapsed_ms";

#[derive(Debug, Args)]
pub(crate) struct StatsArgs {
    /// Look at every key instead of a sample
    #[arg(long)]
    pub full: bool,

    /// Sample size, 100 to 10000000 [default: 10000]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(100..=10_000_000), conflicts_with = "full")]
    pub samples: Option<u64>,

    /// Number of round trips to measure
    #[arg(long, value_name = "N", default_value_t = 200, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub probes: u32,

    /// Hit rate of the last N UTC days
    #[arg(long, value_name = "N", default_value_t = 7, value_parser = clap::value_parser!(u16).range(1..=366))]
    pub days: u16,

    /// Exit with 6 unless true, as in 'hit_rate>=85'
    ///
    /// For every server: nodes.*.evicted_keys==0. An assertion about customers.* looks at every key, as with --full.
    /// Repeatable. --assert list prints all names.
    #[arg(long = "assert", value_name = "EXPR")]
    pub assertions: Vec<String>,

    /// Price of an API call
    ///
    /// [default: cost_per_call of the configuration, or 0.001]
    #[arg(long, hide_short_help = true, value_name = "USD", value_parser = values::amount)]
    pub cost_per_call: Option<f64>,

    /// Print what to improve, with the evidence
    #[arg(long)]
    pub advise: bool,

    /// Print alert rules for Prometheus
    ///
    /// With the thresholds in force; measures nothing.
    #[arg(long, conflicts_with_all = ["full", "samples", "probes", "days", "cost_per_call", "assertions", "advise", "watch"])]
    pub alerts: bool,

    /// Write Prometheus metrics or alerts to a file
    ///
    /// The file is replaced atomically.
    #[arg(long, value_name = "FILE", value_parser = values::output_file(), conflicts_with = "watch")]
    pub out: Option<PathBuf>,

    /// Repeat every TIME, as a live view on a terminal
    #[arg(long, value_name = "TIME", value_parser = values::limit, num_args = 0..=1, default_missing_value = "2s",
          conflicts_with_all = ["full", "samples", "assertions", "advise"])]
    pub watch: Option<Duration>,
}

impl StatsArgs {
    /// Returns true if the names for --assert are listed.
    pub(crate) fn lists_names(&self) -> bool {
        self.assertions.iter().any(|text| text.trim() == "list")
    }

    fn assertions(&self, names: &[String]) -> Result<Vec<Assertion>, Failure> {
        let all = self.assertions.iter();
        let all = all.map(|text| Assertion::parse(text, names));
        let all: Vec<Assertion> = all.collect::<Result<_, _>>().map_err(|error| {
            Failure::usage(error.to_string()).hint("list every name with `stats --assert list`")
        })?;
        if self.samples.is_some() && all.iter().any(Assertion::counts_keys) {
            return Err(Failure::usage(
                "`--samples` cannot be used with an assertion about `customers.*`, which looks at every key",
            ));
        }
        Ok(all)
    }

    /// Returns the query for the hit counts.
    fn question(&self, settings: &Settings) -> HitRateQuery {
        // Only advice and the live view name keys. With many keys that costs a second pass.
        let names_keys = self.advise || self.watch.is_some();
        HitRateQuery {
            days: days_until(today(), self.days),
            customers: (settings.customers.asked())
                .map(|all| all.iter().map(ToString::to_string).collect()),
            top: if names_keys { 20 } else { 0 },
            ..HitRateQuery::default()
        }
    }
}

/// Measures, prints and checks assertions.
pub(crate) async fn run(
    arguments: StatsArgs,
    settings: &Settings,
    out: &Output,
    stop: &Stop,
) -> Result<Exit, Failure> {
    let figure = |name: &str| settings.thresholds.get(name);
    if arguments.alerts {
        return write(&arguments, out, &alerts::yaml(figure));
    }
    let mut names = StatsReport::names();
    names.push(ELAPSED.into());
    if arguments.lists_names() {
        out.data(&format!("{}\n", names.join("\n")))?;
        return Ok(Exit::Done);
    }
    let assertions = arguments.assertions(&names)?;
    let full = arguments.full || assertions.iter().any(Assertion::counts_keys);
    let ask = StatsQuery {
        scheme: &settings.scheme,
        policy: &settings.policy,
        customers: settings.customers.asked(),
        question: arguments.question(settings),
        price: arguments.cost_per_call.unwrap_or(settings.cost_per_call),
        full,
        samples: arguments.samples.unwrap_or(SAMPLES),
        probes: arguments.probes,
        figure: &figure,
        advise: arguments.advise,
    };
    if let Some(every) = arguments.watch {
        return with_store(settings, stop, async |store| {
            let (target, endpoint) = (figure("hit_rate"), settings.endpoint());
            tokio::select! {
                left = watch::run(store, ask, every, target, out, &endpoint) => left,
                // This is how to leave the view, and no error.
                signal = stop.raised() => Ok(signal.into()),
            }
        })
        .await;
    }
    let measured = with_store(settings, stop, async |store| {
        let work = async {
            let taken = measure(store, &ask).await;
            warn_of_unknown(&taken.report, store, settings, out).await;
            Ok((taken, ask.price))
        };
        tokio::select! {
            measured = work => measured,
            signal = stop.raised() => Err(Failure::signal(signal)),
        }
    });
    match measured.await {
        Ok((taken, price)) => conclude(taken, price, &arguments, &assertions, settings, out),
        Err(failure) => {
            if let Some(path) = &arguments.out
                && let Some(down) = down(&failure, settings)
                && let Err(error) = file::replace(path, &down)
            {
                out.warn(&error.to_string());
            }
            Err(failure)
        }
    }
}

/// Returns the metrics of a single server that does not answer. Without them, the file of the last run would say that
/// it is up.
fn down(failure: &Failure, settings: &Settings) -> Option<String> {
    let silent = matches!(failure.exit, Exit::Network | Exit::Timeout);
    let addr = match &settings.store.target {
        Deployment::Single(node) => node.to_string(),
        Deployment::Unix(path) => path.display().to_string(),
        _ => return None,
    };
    let node = NodeStats {
        addr,
        error: Some(failure.message.clone()),
        ..NodeStats::default()
    };
    let report = StatsReport {
        nodes: vec![node],
        ..StatsReport::default()
    };
    let view = StatsView {
        report: &report,
        asked: None,
        price: settings.cost_per_call,
        at: now(),
    };
    silent.then(|| view.prometheus())
}

/// Warns about named customers without keys, because the name may be a typo.
async fn warn_of_unknown(report: &StatsReport, store: &Store, settings: &Settings, out: &Output) {
    let empty = report.customers.iter();
    let empty = empty.filter(|one| one.amount.keys == 0 && !one.partial);
    let empty: Vec<&str> = empty.map(|one| one.customer.as_str()).collect();
    let names = settings.customers.names.iter();
    let names = names.filter(|name| empty.contains(&name.as_str()));
    no_keys::warn_of_unknown(store, settings, names.cloned().collect(), out).await;
}

fn conclude(
    taken: StatsOutcome,
    price: f64,
    arguments: &StatsArgs,
    assertions: &[Assertion],
    settings: &Settings,
    out: &Output,
) -> Result<Exit, Failure> {
    let StatsOutcome {
        report,
        silent,
        failed,
    } = taken;
    let view = StatsView {
        report: &report,
        asked: settings.customers.asked_texts(),
        price,
        at: now(),
    };
    if let Some(path) = &arguments.out {
        file::replace(path, &view.prometheus())?;
    }
    // With --out and `-o prometheus` the file is the whole output. A quiet run with assertions prints only their
    // results.
    let only_judged =
        out.is_quiet() && !assertions.is_empty() && out.options().format == Format::Table;
    if (arguments.out.is_none() || out.options().format != Format::Prometheus) && !only_judged {
        view.show(out, &settings.endpoint())?;
    }
    let mut value = serde_json::to_value(&report).map_err(Failure::unexpected)?;
    if let Some(fields) = value.as_object_mut() {
        fields.insert(ELAPSED.into(), milliseconds(out.elapsed()).into());
    }
    let judged: Vec<CheckedAssertion> = assertions
        .iter()
        .flat_map(|assertion| assertion.judge(&value))
        .collect();
    if out.options().format == Format::Table {
        for one in &judged {
            out.line_of_report(&one.line())?;
        }
    }
    let broken = judged.iter().filter(|one| !one.met);
    end(
        &report,
        silent,
        failed,
        broken.map(ToString::to_string).collect(),
    )
}

/// Returns how a run ends that printed `report`, with the sentences of the assertions that are not met in `messages`.
fn end(
    report: &StatsReport,
    silent: Vec<store::Error>,
    failed: Option<store::Error>,
    mut messages: Vec<String>,
) -> Result<Exit, Failure> {
    let mut ends = Vec::new();
    let mut hint = None;
    if !messages.is_empty() {
        ends.push(Exit::Threshold);
    }
    if let Some(silence) = silence(&report.nodes, silent) {
        ends.push(silence.exit);
        messages.push(silence.message);
        hint = silence.hint;
    }
    if let Some(error) = report.sentinel.as_ref().and_then(|one| one.error.as_ref()) {
        ends.push(Exit::Partial);
        messages.push(format!("no answer from any sentinel: {error}"));
    }
    if let Some(error) = failed {
        let others = report.nodes.iter().any(|node| node.error.is_none());
        let lost = error.is_unreachable() && others;
        let failure = Failure::from(error);
        ends.push(if lost { Exit::Partial } else { failure.exit });
        // If the only server cannot be reached, its keys cannot either; report that once.
        if !messages.contains(&failure.message) {
            messages.push(failure.message);
        }
        hint = failure.hint;
    }
    if ends.is_empty() {
        return Ok(Exit::Done);
    }
    let failure = Failure::new(Exit::first(ends), messages.join("; "));
    Err(Failure { hint, ..failure })
}

/// Returns the failure for servers that did not answer: partial if others did, otherwise the common cause.
fn silence(nodes: &[NodeStats], reasons: Vec<store::Error>) -> Option<Failure> {
    let silent = nodes.iter().filter(|node| node.error.is_some());
    let silent: Vec<&str> = silent.map(|node| node.addr.as_str()).collect();
    if silent.is_empty() {
        return None;
    }
    let message = format!("no answer from {}", silent.join(", "));
    let reasons: Vec<Failure> = reasons.into_iter().map(Failure::from).collect();
    let cause = Exit::first(reasons.iter().map(|reason| reason.exit));
    let known = matches!(cause, Exit::Network | Exit::Timeout | Exit::Denied);
    if silent.len() < nodes.len() || !known {
        return Some(
            Failure::new(Exit::Partial, message)
                .hint("each has its reason; the figures of the other servers are valid"),
        );
    }
    reasons.into_iter().find(|reason| reason.exit == cause)
}

fn write(arguments: &StatsArgs, out: &Output, text: &str) -> Result<Exit, Failure> {
    match &arguments.out {
        Some(path) => file::replace(path, text)?,
        None => out.data(text)?,
    }
    Ok(Exit::Done)
}

#[cfg(test)]
mod tests;
