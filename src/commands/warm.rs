//! `warm`: fetches from Akamai and stores values under the keys that the ALECS server reads.

mod conclude;
mod keep;
mod one;
mod plan;
mod recordings;
mod request;
mod resume;

use super::connect::with_store;
use super::stdin;
use crate::cache::fetch::{CacheView, Fetch};
use crate::domain::key::Customer;
use crate::domain::limit::Limit;
use crate::domain::progress::Progress;
use crate::domain::ttl::Resource;
use crate::domain::warm::{HostnameView, WarmRequest};
use crate::exit::{Exit, Failure};
use crate::output::Output;
use crate::output::reports::warm::Warmed;
use crate::settings::{Settings, values};
use crate::source::{ApiLimits, CredentialsWarning, Source};
use crate::stop::Stop;
use crate::store::Store;
use clap::Args;
use conclude::end;
use recordings::Recordings;
use std::ffi::OsString;
use std::num::{NonZeroU32, NonZeroUsize};
use std::path::PathBuf;
use std::time::Duration;

#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own")]
pub(crate) struct WarmArgs {
    /// Properties to warm, by id or host name, `-` for a list on stdin [default: the whole account]
    #[arg(value_name = "ID|HOSTNAME")]
    pub ids: Vec<String>,

    /// Warm every customer that has a section in .edgerc
    #[arg(long, conflicts_with_all = ["customer", "ids"])]
    pub all_customers: bool,

    /// Warm only these resources, separated by commas
    #[arg(long, value_name = "RES", value_delimiter = ',', value_parser = request::warmable, conflicts_with = "all")]
    pub only: Vec<Resource>,

    /// Warm the default resources except these
    #[arg(long, value_name = "RES", value_delimiter = ',', value_parser = request::warmable, conflicts_with = "only")]
    pub skip: Vec<Resource>,

    /// Also warm map, rules, versions, activations, cpcodes, tree
    #[arg(long)]
    pub all: bool,

    /// Make at most N API calls (exit 9 when used up)
    #[arg(long, value_name = "N")]
    pub budget: Option<u64>,

    /// Make at most N API calls a minute
    #[arg(long, value_name = "N", value_parser = values::rate)]
    pub rate: Option<NonZeroU32>,

    /// Make up to N API calls at once
    #[arg(long, hide_short_help = true, value_name = "N", default_value = "4")]
    pub concurrency: NonZeroUsize,

    /// Print the plan and its cost; store nothing
    #[arg(short = 'n', long)]
    pub dry_run: bool,

    /// Refresh keys with less than PCT% of their TTL left
    #[arg(long, hide_short_help = true, value_name = "PCT", default_value = "20", value_parser = values::percent, conflicts_with_all = ["force", "every"])]
    pub refresh_below: u8,

    /// Fetch everything, fresh or not
    #[arg(long, conflicts_with = "every")]
    pub force: bool,

    /// Only compare the cache with the API; exit 6 if it differs
    #[arg(long, conflicts_with_all = ["force", "refresh_below", "every", "keep", "jitter", "from_misses", "resume"])]
    pub check: bool,

    /// With --check: show at most N differences [default: 20]
    // `requires` says nothing beside what --check excludes; the same holds for --top.
    #[arg(
        long,
        hide_short_help = true,
        value_name = "N",
        requires = "check",
        conflicts_with_all = ["force", "refresh_below", "every", "keep", "jitter", "from_misses", "resume"]
    )]
    pub limit: Option<Limit>,

    /// Time until the next run; refresh what is due before it
    #[arg(long, value_name = "TIME", value_parser = values::limit)]
    pub every: Option<Duration>,

    /// Keep running: warm every --every [3m] until stopped
    ///
    /// Prints a line per cycle. --budget applies to each cycle. SIGUSR1 starts one at once.
    #[arg(long, conflicts_with_all = ["ids", "dry_run", "force", "refresh_below", "record", "from", "from_misses"])]
    pub keep: bool,

    /// Shorten each TTL by up to PCT%, at random
    #[arg(long, hide_short_help = true, value_name = "PCT", default_value = "0", value_parser = values::percent)]
    pub jitter: u8,

    /// Which host names to fetch
    #[arg(long, hide_short_help = true, value_name = "WHICH", default_value = "active", value_parser = values::keyword::<HostnameView>())]
    pub hostnames: HostnameView,

    /// Warm the most missed keys that exist
    #[arg(long, conflicts_with_all = ["ids", "all", "only", "skip", "force"])]
    pub from_misses: bool,

    /// With --from-misses: warm the N most missed keys
    #[arg(
        long,
        hide_short_help = true,
        value_name = "N",
        default_value = "100",
        requires = "from_misses",
        conflicts_with_all = ["ids", "all", "only", "skip", "force", "check", "keep", "resume"]
    )]
    pub top: NonZeroUsize,

    /// Continue a run that ended early; reuse its answers of the last hour
    #[arg(long, hide_short_help = true, conflicts_with_all = ["ids", "dry_run", "from", "from_misses"])]
    pub resume: bool,

    /// Save the answers of the API to a file, without credentials
    #[arg(long, hide_short_help = true, value_name = "FILE", value_parser = values::output_file(), conflicts_with_all = ["from", "dry_run"])]
    pub record: Option<PathBuf>,

    /// Read the answers from a recording instead of the API, `-` for stdin
    #[arg(long, hide_short_help = true, value_name = "FILE")]
    pub from: Option<PathBuf>,

    #[arg(skip)]
    pub typed: Vec<OsString>,
}

impl WarmArgs {
    /// Returns what stdin is used for, once for each `-`.
    pub(crate) fn reads_stdin(&self) -> Vec<&'static str> {
        let mut readers = stdin::readers(&self.ids, "the list of properties");
        if self.from.as_deref() == Some("-".as_ref()) {
            readers.push("--from");
        }
        readers
    }
}

/// Warms, or prints the plan.
pub(crate) async fn run(
    arguments: WarmArgs,
    settings: &Settings,
    out: &Output,
    stop: &Stop,
) -> Result<Exit, Failure> {
    let customers = request::customers(&arguments, settings, out)?;
    settings.refuse_shared_section(&customers)?;
    let request = request::request(&arguments, &customers, stop).await?;
    if arguments.keep {
        return keep::keep(&arguments, settings, out, stop, &customers, request).await;
    }
    if let Some(every) = arguments.every {
        keep::warn_of_list(every, &request, settings, out);
    }
    let answers = Recordings::prepare(&arguments, stop).await?;
    with_store(settings, stop, async |store| {
        let warm = Warm {
            arguments: &arguments,
            settings,
            out,
            stop,
            request: &request,
            answers: &answers,
            store,
            warned: false,
        };
        if arguments.dry_run {
            warm.plan(&customers).await
        } else {
            warm.fill(&customers).await
        }
    })
    .await
}

/// A run for any number of customers.
struct Warm<'a> {
    arguments: &'a WarmArgs,
    settings: &'a Settings,
    out: &'a Output,
    stop: &'a Stop,
    request: &'a WarmRequest,
    answers: &'a Recordings,
    store: &'a Store,
    /// Warnings about the credentials were already printed.
    warned: bool,
}

/// Result of warming all customers once.
struct Round {
    warmed: Warmed,
    exits: Vec<Exit>,
    failures: Vec<Failure>,
}

impl Warm<'_> {
    /// Returns a customer's source. `spent` calls of the budget were used for other customers.
    fn source(&self, customer: &Customer, spent: u64) -> Result<Source, Failure> {
        if let Some(recording) = &self.answers.recording {
            return Ok(Source::replay(customer.as_str(), recording.clone())?);
        }
        let mut limits = ApiLimits {
            rate: self.arguments.rate.map(NonZeroU32::get),
            budget: self.arguments.budget,
            spent,
            concurrency: self.arguments.concurrency.get(),
            ..ApiLimits::default()
        };
        if self.arguments.keep {
            limits.tries = keep::TRIES;
            limits.longest_wait = keep::SLACK;
        }
        let warn = |warning: &CredentialsWarning| {
            if !self.warned {
                self.out.warn(&warning.to_string());
            }
        };
        let source = self.settings.source_of(customer, limits, self.stop, warn)?;
        Ok(match &self.answers.recorder {
            Some(recorder) => source.recording_to(recorder.clone()),
            None => source,
        })
    }
}

impl Warm<'_> {
    fn fetch<'f>(
        &'f self,
        customer: &'f Customer,
        request: &'f WarmRequest,
        progress: &'f dyn Progress,
    ) -> Fetch<'f> {
        let lifetimes = self.settings.lifetimes();
        Fetch {
            cache: CacheView::new(self.store, &self.settings.scheme, customer, lifetimes),
            request,
            before: None,
            progress,
        }
    }

    /// Warms the customers in turn. A failure of one does not stop the others.
    async fn fill(&self, customers: &[Customer]) -> Result<Exit, Failure> {
        let progress = self.out.progress();
        let Round {
            warmed,
            exits,
            mut failures,
        } = self.round(customers, &progress).await;
        drop(progress);
        if self.checkpoints() {
            failures = failures.into_iter().map(conclude::go_on).collect();
        }
        if let Some(recorder) = &self.answers.recorder {
            let kept = self.keep(recorder, failures.is_empty(), warmed.fresh());
            failures.extend(kept.err());
        }
        // If nothing happened, the error says it all.
        let any = warmed.reports.iter().any(|(_, report)| {
            report.did_something() || !report.errors.is_empty() || !report.unreadable.is_empty()
        });
        let nothing = !warmed.ends.is_empty() && !any && !self.out.is_json();
        if !(warmed.reports.is_empty() || nothing) {
            warmed.show(self.out, &self.settings.endpoint())?;
        }
        // If one of several customers lacks permissions, the others are still done.
        let partly = customers.len() > 1
            && warmed
                .reports
                .iter()
                .any(|(_, report)| report.complete || report.did_something());
        let gaps = exits.contains(&Exit::Partial);
        failures.extend(gaps.then(|| conclude::of_gaps(&warmed)).flatten());
        failures.extend(conclude::of_comparison(&warmed));
        match end(self.out, exits, failures, partly) {
            // The table says so already.
            Ok(exit) if exit != Exit::Done && self.out.is_json() => conclude::named(exit, &warmed),
            ended => ended,
        }
    }

    /// Warms the customers in turn.
    async fn round(&self, customers: &[Customer], progress: &dyn Progress) -> Round {
        let mut warmed = Warmed {
            customers: names(customers),
            intervals: self.settings.lifetimes().policy.intervals,
            check: self.request.check,
            limit: self.arguments.limit,
            ..Warmed::default()
        };
        let several = customers.len() > 1;
        let mut exits = Vec::new();
        let mut failures: Vec<Failure> = Vec::new();
        for (at, customer) in customers.iter().enumerate() {
            progress.follow((customers.len() - at - 1) as u64);
            let source = match self.source(customer, warmed.api_calls) {
                Ok(source) => self.checkpointed(source, customer).await,
                Err(failure) => {
                    warmed.end(customer, &failure.message, failure.exit.word());
                    failures.push(failure.while_doing(format!("warming `{customer}`")));
                    continue;
                }
            };
            let ran = self.run_all(customer, &source, progress).await;
            warmed.api_calls += source.calls_made();
            if source.is_replay() {
                warmed.recorded += source.answers();
            }
            warmed.api_calls_remaining = source.calls_remaining().or(warmed.api_calls_remaining);
            let ended = match ran {
                Ok((report, more, ended)) => {
                    // What failed in a run that came to its end is asked again, refusals as well.
                    if ended.is_none() {
                        source.forget_answers();
                    }
                    exits.extend(more);
                    warmed.reports.push((customer.to_string(), report));
                    ended
                }
                Err(error) => Some(error.into()),
            };
            if let Some(failure) = ended {
                warmed.end(customer, &failure.message, failure.exit.word());
                failures.push(if several {
                    failure.while_doing(format!("warming `{customer}`"))
                } else {
                    failure
                });
            }
            if self.stop.signal().is_some() {
                break;
            }
        }
        Round {
            warmed,
            exits,
            failures,
        }
    }
}

fn names(customers: &[Customer]) -> Vec<String> {
    customers.iter().map(ToString::to_string).collect()
}
