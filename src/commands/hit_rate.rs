//! `hit-rate`: measures how often the cache had the answer.

#![expect(
    clippy::doc_markdown,
    reason = "the comments are the help of the command line, where a backtick is only noise"
)]

use super::connect::with_reader;
use super::no_keys;
use crate::cache::hit_rate::measure;
use crate::cache::names;
use crate::clock::today;
use crate::domain::hit_rate::{GroupBy, HitRate, HitRateQuery, KeyFilter, days_until, is_met};
use crate::domain::number::grouped;
use crate::exit::{Exit, Failure};
use crate::output::file::{FileError, FileLock};
use crate::output::reports::hit_rate::{HitRateView, export, percent};
use crate::output::{Format, Output, file};
use crate::settings::{Settings, values};
use crate::stop::Stop;
use clap::Args;
use jiff::civil::Date;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::time::{sleep, timeout};

/// Default limit of the listed keys.
const TOP: usize = 10;

/// Limit and interval of waiting for another run that writes the same history file.
const LONGEST_WAIT: Duration = Duration::from_secs(10);
const POLL: Duration = Duration::from_millis(20);

/// Limit of a history file, in bytes: a thousand lines for each of some thousand days.
const LARGEST_HISTORY: u64 = 64 << 20;

#[derive(Debug, Args)]
pub(crate) struct HitRateArgs {
    /// Only keys that contain this text, or match this glob
    ///
    /// A text with * ? [ is a glob over the key without the customer.
    #[arg(value_name = "PATTERN")]
    pub pattern: Option<String>,

    /// Last N UTC days, today included
    #[arg(long, value_name = "N", default_value_t = 7, value_parser = clap::value_parser!(u16).range(1..=366))]
    pub days: u16,

    /// Only this UTC day (YYYY-MM-DD); repeatable
    #[arg(long, value_name = "DATE", value_parser = values::date, conflicts_with = "days")]
    pub date: Vec<Date>,

    /// Group by
    #[arg(long, value_name = "WHAT", default_value = "day", value_parser = values::keyword::<GroupBy>())]
    pub by: GroupBy,

    /// List the N most missed keys [default: 10]
    ///
    /// With --by key: print at most N rows, all with 0. JSON and CSV have all rows by default.
    #[arg(long, alias = "limit", value_name = "N", allow_negative_numbers = true, value_parser = clap::value_parser!(u16).range(..=10_000))]
    pub top: Option<u16>,

    /// Price of an API call
    ///
    /// [default: cost_per_call of the configuration, or 0.001]
    #[arg(long, hide_short_help = true, value_name = "USD", value_parser = values::amount)]
    pub cost_per_call: Option<f64>,

    /// Exit with 6 if the hit rate is below PCT
    ///
    /// Without any reads it counts as below.
    #[arg(long, value_name = "PCT", value_parser = values::share)]
    pub fail_under: Option<f64>,

    /// With --fail-under: pass if there were fewer than N reads
    #[arg(long, value_name = "N", default_value_t = 0, requires = "fail_under")]
    pub min_requests: u64,

    /// Append the counts of each day to a CSV file
    ///
    /// The server keeps its counters for seven days; the file keeps them all.
    #[arg(long, value_name = "FILE", value_parser = values::output_file())]
    pub export: Option<PathBuf>,
}

/// Measures the hit rate and compares it with the threshold.
pub(crate) async fn run(
    arguments: HitRateArgs,
    settings: &Settings,
    out: &Output,
    stop: &Stop,
) -> Result<Exit, Failure> {
    let question = question(&arguments, settings, today(), out);
    let by = question.by;
    let (answer, names_of) = with_reader(settings, stop, async |store| {
        let answer = measure(store, &settings.scheme, question).await?;
        if answer.total.total() == 0 && settings.customers.named {
            no_keys::known(store, settings, &settings.customers.names, out).await?;
        }
        let names_of = if out.options().format == Format::Table {
            let keys = answer.rows.iter().filter(|_| by == GroupBy::Key);
            let keys = keys.map(|row| row.group.as_str());
            let missed = answer.top_missed.iter().map(|missed| missed.key.as_str());
            names::of_properties(store, &settings.scheme, keys.chain(missed)).await
        } else {
            HashMap::new()
        };
        Ok((answer, names_of))
    })
    .await?;
    let view = HitRateView {
        answer: &answer,
        by,
        asked: settings.customers.asked_texts(),
        price: arguments.cost_per_call.unwrap_or(settings.cost_per_call),
        pattern: arguments.pattern.as_deref().unwrap_or_default(),
        target: arguments
            .fail_under
            .or_else(|| settings.thresholds.get("hit_rate")),
        top: arguments.top.is_some(),
        names_of,
    };
    view.show(out, &settings.endpoint())?;
    if let Some(path) = &arguments.export {
        tokio::select! {
            exported = export(path, &answer, view.pattern) => exported,
            signal = stop.raised() => Err(Failure::signal(signal)),
        }?;
    }
    judge(&arguments, &answer)
}

fn question(
    arguments: &HitRateArgs,
    settings: &Settings,
    today: Date,
    out: &Output,
) -> HitRateQuery {
    let mut days = arguments.date.clone();
    if days.is_empty() {
        days = days_until(today, arguments.days);
    }
    days.sort_unstable();
    days.dedup();
    HitRateQuery {
        days,
        customers: settings
            .customers
            .named
            .then(|| settings.customers.texts().map(ToOwned::to_owned).collect()),
        wanted: KeyFilter::new(arguments.pattern.as_deref().unwrap_or_default()),
        by: arguments.by,
        top: arguments.top.map_or(TOP, usize::from),
        rows: match arguments.top {
            Some(0) => None,
            Some(top) => Some(top.into()),
            // Scripts get all keys, people the first.
            None => (out.options().format == Format::Table).then_some(TOP),
        },
    }
}

async fn export(path: &Path, answer: &HitRate, pattern: &str) -> Result<(), Failure> {
    let held = async {
        loop {
            if let Some(held) = file::hold(path)? {
                return Ok(held);
            }
            sleep(POLL).await;
        }
    };
    let held: Result<FileLock, FileError> = timeout(LONGEST_WAIT, held).await.map_err(|_| {
        let what = format!("another process is writing `{}`", path.display());
        Failure::new(Exit::Busy, what).hint("run this again; nothing was added")
    })?;
    let _held = held?;
    let refused = |what: &str| {
        Failure::usage(format!("`{}` is {what}", path.display()))
            .hint("name another file with --export; this one was left as it is")
    };
    let before = file::read_if_there(path, LARGEST_HISTORY)?;
    let before = before.ok_or_else(|| refused("larger than 64 MiB"))?;
    let text = export::extend(&before, answer, pattern);
    let text = text.ok_or_else(|| refused("not a history that hit-rate wrote"))?;
    file::replace(path, &text)?;
    Ok(())
}

fn judge(arguments: &HitRateArgs, answer: &HitRate) -> Result<Exit, Failure> {
    let Some(least) = arguments.fail_under else {
        return Ok(Exit::Done);
    };
    if is_met(answer.total, least, arguments.min_requests) {
        return Ok(Exit::Done);
    }
    Err(match answer.total.rate() {
        Some(_) => Failure::new(
            Exit::Threshold,
            format!(
                "the hit rate is {}, below {least}%: {} of {} reads were answered",
                percent(answer.total.rate()),
                grouped(answer.total.hits),
                grouped(answer.total.total())
            ),
        ),
        None => Failure::new(
            Exit::Threshold,
            format!("there were no reads, so the hit rate is below {least}%"),
        )
        .hint("pass --min-requests to accept quiet times"),
    })
}
