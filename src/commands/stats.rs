//! `stats`: what the servers, the keys and the counts tell, judged.

#![expect(
    clippy::doc_markdown,
    reason = "the comments are the help of the command line, where a backtick is only noise"
)]

mod watch;

use super::connect::connect;
use crate::cache::stats::{Ask, measure};
use crate::clock::{now, today};
use crate::domain::alerts;
use crate::domain::assert::Assertion;
use crate::domain::hit_rate::{Question, days_until};
use crate::domain::measure::Report;
use crate::exit::{Exit, Failure};
use crate::output::stats::Told;
use crate::output::{Format, Output, file};
use crate::settings::{Settings, values};
use crate::stop::Stop;
use crate::store;
use clap::Args;
use std::path::PathBuf;
use std::time::Duration;

/// The forms of output that it has.
pub const FORMATS: &[Format] = &[Format::Table, Format::Json, Format::Prometheus];

/// The one number of the document that is not in the report.
const ELAPSED: &str = "elapsed_ms";

/// The command's own options.
#[derive(Debug, Args)]
pub struct StatsArgs {
    /// Look at every key instead of a sample
    #[arg(long)]
    pub full: bool,

    /// Draw so many keys where not every key is looked at
    #[arg(long, value_name = "N", default_value_t = 10_000, value_parser = clap::value_parser!(u64).range(100..=10_000_000), conflicts_with = "full")]
    pub samples: u64,

    /// Make so many round trips to measure the latency
    #[arg(long, value_name = "N", default_value_t = 200, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub probes: u32,

    /// Hit rate of so many UTC days, today included
    #[arg(long, value_name = "N", default_value_t = 7, value_parser = clap::value_parser!(u16).range(1..=366))]
    pub days: u16,

    /// End with 6 unless this is true, as in hit_rate>=85 or nodes.*.evicted_keys==0; several times for
    /// several
    #[arg(long = "assert", value_name = "NAME OP NUMBER")]
    pub assertions: Vec<String>,

    /// What an API call costs, in dollars; without it cost_per_call of the configuration, or 0.001
    #[arg(long, value_name = "DOLLARS", value_parser = values::amount)]
    pub cost_per_call: Option<f64>,

    /// Say what could be better, with the numbers that say so
    #[arg(long)]
    pub advise: bool,

    /// Print alert rules for Prometheus with the thresholds in force, and measure nothing
    #[arg(long, conflicts_with_all = ["full", "samples", "assertions", "advise", "watch"])]
    pub alerts: bool,

    /// Write the figures for Prometheus (or the alert rules) to this file, in one step
    #[arg(long, value_name = "FILE", conflicts_with = "watch")]
    pub out: Option<PathBuf>,

    /// Measure again and again, with a live view on a terminal
    #[arg(long, value_name = "TIME", value_parser = values::limit, num_args = 0..=1, default_missing_value = "2s",
          conflicts_with_all = ["full", "assertions", "advise"])]
    pub watch: Option<Duration>,
}

/// Measures and judges.
pub async fn run(
    arguments: StatsArgs,
    settings: &Settings,
    out: &Output,
    stop: &Stop,
) -> Result<Exit, Failure> {
    let figure = |name: &str| settings.thresholds.get(name);
    if arguments.alerts {
        return write(&arguments, out, &alerts::yaml(figure));
    }
    if arguments.watch.is_some() && out.options().format == Format::Prometheus {
        return Err(
            Failure::usage("`--watch` shows tables or JSON, not figures for Prometheus")
                .hint("let a timer run `stats -o prometheus --out FILE`"),
        );
    }
    let mut names = Report::names();
    names.push(ELAPSED.into());
    let assertions: Vec<Assertion> = arguments
        .assertions
        .iter()
        .map(|text| Assertion::parse(text, &names))
        .collect::<Result<_, _>>()
        .map_err(|error| Failure::usage(error.to_string()))?;
    let customers = settings
        .customers
        .named
        .then_some(settings.customers.names.as_slice());
    let ask = Ask {
        scheme: &settings.scheme,
        policy: &settings.policy,
        customers,
        question: Question {
            days: days_until(today(), arguments.days),
            customers: customers.map(|all| all.iter().map(ToString::to_string).collect()),
            // Only advice and the live view name keys, and that costs a second pass where there are many.
            top: if arguments.advise || arguments.watch.is_some() {
                20
            } else {
                0
            },
            ..Question::default()
        },
        price: arguments.cost_per_call.unwrap_or(settings.cost_per_call),
        full: arguments.full,
        samples: arguments.samples,
        probes: arguments.probes,
        figure: &figure,
        advise: arguments.advise,
    };
    let store = connect(settings, stop).await?;
    let measured = tokio::select! {
        measured = async {
            match arguments.watch {
                Some(every) => watch::run(&store, ask, every, out, &settings.endpoint()).await.map(|()| None),
                None => Ok(Some((measure(&store, &ask).await, ask.price))),
            }
        } => measured,
        signal = stop.raised() => Err(Failure::signal(signal)),
    };
    let closed = store.close().await;
    let measured = measured?;
    closed?;
    match measured {
        Some(((report, failed), price)) => tell(
            &report,
            failed,
            price,
            &arguments,
            &assertions,
            settings,
            out,
        ),
        None => Ok(Exit::Done),
    }
}

fn tell(
    report: &Report,
    failed: Option<store::Error>,
    price: f64,
    arguments: &StatsArgs,
    assertions: &[Assertion],
    settings: &Settings,
    out: &Output,
) -> Result<Exit, Failure> {
    let told = Told {
        report,
        asked: settings
            .customers
            .named
            .then(|| settings.customers.texts().collect()),
        price,
        at: now(),
    };
    if let Some(path) = &arguments.out {
        file::replace(path, &told.prometheus())?;
    }
    // Who wrote the figures to a file and asked for no other form has what was asked for.
    if arguments.out.is_none() || out.options().format != Format::Prometheus {
        told.show(out, &settings.endpoint())?;
    }
    let mut value = serde_json::to_value(report).map_err(Failure::unexpected)?;
    if let Some(fields) = value.as_object_mut() {
        let elapsed = u64::try_from(out.elapsed().as_millis()).unwrap_or(u64::MAX);
        fields.insert(ELAPSED.into(), elapsed.into());
    }
    let broken: Vec<String> = assertions
        .iter()
        .flat_map(|assertion| assertion.broken_by(&value))
        .map(|broken| broken.to_string())
        .collect();
    let silent: Vec<&str> = report
        .nodes
        .iter()
        .filter(|node| node.error.is_some())
        .map(|node| node.addr.as_str())
        .collect();
    let no_sentinel = report
        .sentinel
        .as_ref()
        .and_then(|sentinel| sentinel.error.as_deref());
    let mut ends = Vec::new();
    let mut messages = broken;
    let mut hint = None;
    if !messages.is_empty() {
        ends.push(Exit::Threshold);
    }
    if !silent.is_empty() {
        ends.push(Exit::Partial);
        messages.push(format!("could not be asked: {}", silent.join(", ")));
        hint = Some("the reason stands with each; what the other servers told stands".to_owned());
    }
    if let Some(error) = no_sentinel {
        ends.push(Exit::Partial);
        messages.push(format!("no sentinel could be asked: {error}"));
    }
    if let Some(error) = failed {
        let failure = Failure::from(error);
        ends.push(failure.exit);
        messages.push(failure.message);
        hint = failure.hint;
    }
    if ends.is_empty() {
        return Ok(Exit::Done);
    }
    let failure = Failure::new(Exit::first(ends), messages.join("; "));
    Err(Failure { hint, ..failure })
}

fn write(arguments: &StatsArgs, out: &Output, text: &str) -> Result<Exit, Failure> {
    match &arguments.out {
        Some(path) => file::replace(path, text)?,
        None => out.data(text)?,
    }
    Ok(Exit::Done)
}
