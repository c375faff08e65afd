//! `invalidate`: removes stale keys.

mod at_once;
mod before;
mod conclude;
mod gates;
mod refill;
mod request;

use super::connect::with_store;
use super::{no_keys, stdin};
use crate::cache;
use crate::cache::customers::count;
use crate::cache::invalidate::{
    Invalidation, InvalidationPlan, MarkTimes, Pace, Removal, RemovalSurvey, WalkProgress,
};
use crate::domain::invalidation::target::CustomerScope;
use crate::domain::key::Customer;
use crate::domain::limit::Limit;
use crate::exit::{Exit, Failure};
use crate::output::Output;
use crate::output::reports::customers::warn_of_not_manageable;
use crate::settings::Settings;
use crate::stop::Stop;
use crate::store::Store;
use before::StateBefore;
use clap::Args;
use refill::{RefillCounts, Sources};
use std::num::NonZeroU32;

#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own")]
pub(crate) struct InvalidateArgs {
    /// Ids, host names, keys; `-` reads stdin
    ///
    /// An id or a host name selects all its keys, a key only itself. On stdin: one target a line.
    #[arg(value_name = "ID|HOSTNAME|KEY")]
    pub words: Vec<String>,

    /// Remove keys that match, as in `property:prp_9*`
    ///
    /// Patterns are relative to the customer.
    #[arg(long = "pattern", value_name = "GLOB")]
    pub patterns: Vec<String>,

    /// Remove properties by group:ID, name:GLOB, …
    ///
    /// property:ID, group:ID, contract:ID or name:GLOB, as the cached items say. Implies --cascade.
    #[arg(long = "tag", value_name = "KIND:VALUE")]
    pub tags: Vec<String>,

    /// Remove keys that warm run N wrote or kept last
    #[arg(long, hide_short_help = true, value_name = "N")]
    pub generation: Option<u64>,

    /// Remove keys that no warm run since N wrote or kept
    #[arg(long, hide_short_help = true, value_name = "N")]
    pub before_generation: Option<u64>,

    /// Remove all data of the customer
    #[arg(long, conflicts_with_all = ["words", "patterns", "tags", "generation", "before_generation"])]
    pub everything: bool,

    /// Work on every customer that has keys
    #[arg(long, hide_short_help = true, conflicts_with = "customer")]
    pub all_customers: bool,

    /// Also remove host names, searches, lists, tree
    ///
    /// For a host name: also its property.
    #[arg(long)]
    pub cascade: bool,

    /// Shorten the TTL of what the server refreshes itself
    ///
    /// Lowers the TTL of properties, contracts, groups and lists; the rest is removed.
    #[arg(long)]
    pub soft: bool,

    /// Fetch what was removed from Akamai again
    #[arg(long)]
    pub refill: bool,

    /// Print each key and why it is removed
    #[arg(long)]
    pub explain: bool,

    /// With --explain: print at most N keys [default: all]
    #[arg(
        long,
        hide_short_help = true,
        value_name = "N",
        default_value = "0",
        hide_default_value = true,
        requires = "explain"
    )]
    pub limit: Limit,

    /// List what would be removed; change nothing
    #[arg(short = 'n', long)]
    pub dry_run: bool,

    /// Remove only if exactly N keys match (else exit 6)
    #[arg(long, value_name = "N")]
    pub expect: Option<u64>,

    /// Remove only if at most N keys match (else exit 6)
    #[arg(long, value_name = "N")]
    pub max_keys: Option<u64>,

    /// Remove at most N keys a second
    #[arg(long, hide_short_help = true, value_name = "N/s", value_parser = pace)]
    pub pace: Option<NonZeroU32>,

    /// Do not ask for confirmation
    #[arg(short = 'y', long)]
    pub yes: bool,

    /// Confirm by the customer's name, for protected profiles; several with commas
    #[arg(
        long = "confirm",
        hide_short_help = true,
        value_name = "NAME",
        value_delimiter = ','
    )]
    pub confirmed: Vec<String>,

    /// Save what is removed, whatever its size
    #[arg(long, conflicts_with = "no_undo")]
    pub undo: bool,

    /// Do not save what is removed
    #[arg(long)]
    pub no_undo: bool,
}

/// Parses a rate such as `500/s` or `500`.
fn pace(text: &str) -> Result<NonZeroU32, String> {
    let number = text.strip_suffix("/s").unwrap_or(text);
    number
        .parse()
        .map_err(|_| "expected keys a second, such as 500/s".to_owned())
}

impl InvalidateArgs {
    /// Returns what stdin is used for, once for each `-`.
    pub(crate) fn reads_stdin(&self) -> Vec<&'static str> {
        stdin::readers(&self.words, "the list of what to invalidate")
    }
}

/// Invalidates, or prints what would be removed.
pub(crate) async fn run(
    arguments: InvalidateArgs,
    settings: &Settings,
    out: &Output,
    stop: &Stop,
) -> Result<Exit, Failure> {
    let reach = if arguments.all_customers {
        CustomerScope::All
    } else {
        CustomerScope::Named(&settings.customers.names)
    };
    let request = request::request(&arguments, settings, reach, stop).await?;
    request::warn_of_cascade(&request, out);
    gates::refuse_other_names(&arguments, settings)?;
    with_store(settings, stop, async |store| {
        let reader = store.reader();
        let store = if arguments.dry_run { &reader } else { store };
        let asked = customers(&arguments, settings, store, out).await?;
        let customers = if arguments.all_customers {
            asked.names.clone()
        } else {
            no_keys::known(store, settings, &asked.names, out).await?
        };
        let sources = Sources::prepare(&arguments, settings, &asked.names, out, stop)?;
        let progress = out.progress();
        sources.refuse_other_accounts(store, settings, stop).await?;
        let job = Invalidation {
            store,
            scheme: &settings.scheme,
            customers: &customers,
            request: &request,
            progress: &progress,
            stop,
        };
        let run = InvalidateRun {
            arguments: &arguments,
            settings,
            out,
            stop,
            job: &job,
            asked: &asked,
            sources,
        };
        Box::pin(run.run()).await
    })
    .await
}

/// Customers whose keys are invalidated.
struct SelectedCustomers {
    /// The named customers, or all that have keys.
    names: Vec<Customer>,
    /// Names in the keyspace that this program refuses, for `--all-customers`.
    not_manageable: Vec<String>,
}

async fn customers(
    arguments: &InvalidateArgs,
    settings: &Settings,
    store: &Store,
    out: &Output,
) -> Result<SelectedCustomers, Failure> {
    if !arguments.all_customers {
        return Ok(SelectedCustomers {
            names: settings.customers.names.clone(),
            not_manageable: Vec::new(),
        });
    }
    let census = count(store, &settings.scheme).await?;
    let names: Vec<Customer> = census.keys.into_keys().collect();
    let texts: Vec<&str> = names.iter().map(Customer::as_str).collect();
    out.note(&format!(
        "customers on {}: {}",
        settings.endpoint(),
        texts.join(", ")
    ));
    let not_manageable: Vec<String> = census.refused.into_iter().collect();
    warn_of_not_manageable(out, &not_manageable);
    Ok(SelectedCustomers {
        names,
        not_manageable,
    })
}

/// One run, from the survey to the report.
struct InvalidateRun<'a> {
    arguments: &'a InvalidateArgs,
    settings: &'a Settings,
    out: &'a Output,
    stop: &'a Stop,
    job: &'a Invalidation<'a>,
    asked: &'a SelectedCustomers,
    sources: Sources,
}

impl InvalidateRun<'_> {
    async fn run(self) -> Result<Exit, Failure> {
        let surveyed = self.unless_stopped(self.job.survey()).await?;
        if self.arguments.dry_run {
            return self.dry_run(surveyed).await;
        }
        if !self.arguments.no_undo {
            let may_save = self.job.may_save().await;
            may_save.map_err(|error| conclude::of_error(error, false))?;
        }
        // Ask for confirmation before writing anything. What an account lacks shows only when all of it is found.
        let crawls = self.arguments.refill && !self.job.refills_by_id();
        if crawls || gates::may_refuse(self.arguments, self.job.request, self.settings) {
            return Box::pin(self.counted(surveyed)).await;
        }
        let marking = self.job.mark(&surveyed).await?;
        if self.streams() && !marking.open {
            let mut removal = self.removal(&marking)?;
            removal.stream(&surveyed, marking.clone()).await;
            let ended = removal.end();
            return self
                .conclude(ended, &surveyed, StateBefore::default(), None)
                .await;
        }
        Box::pin(self.at_once(surveyed, marking)).await
    }

    /// Counts the keys first, because a threshold or the operator decides whether they are removed.
    async fn counted(&self, mut surveyed: RemovalSurvey) -> Result<Exit, Failure> {
        let (plan, mut seen) = self.whole_plan(&mut surveyed).await?;
        self.gates(&plan).await?;
        let marking = self.job.mark(&surveyed).await?;
        let before = self.before(&surveyed, &plan.outcome, &marking).await?;
        let mut removal = self.removal(&marking)?;
        removal
            .until_proven(&surveyed, plan, &mut seen, marking.clone(), true)
            .await;
        let ended = removal.end();
        self.conclude(ended, &surveyed, before, None).await
    }

    fn removal(&self, marking: &MarkTimes) -> Result<Removal<'_>, Failure> {
        let pace = Pace::new(self.arguments.pace.map(NonZeroU32::get));
        Ok(Removal::new(self.job, self.writer(marking)?, pace))
    }

    async fn unless_stopped<T>(
        &self,
        work: impl Future<Output = Result<T, cache::Error>>,
    ) -> Result<T, Failure> {
        tokio::select! {
            done = work => Ok(done?),
            signal = self.stop.raised() => Err(Failure::signal(signal)),
        }
    }

    /// Finds everything to remove before removing anything.
    async fn whole_plan(
        &self,
        surveyed: &mut RemovalSurvey,
    ) -> Result<(InvalidationPlan, WalkProgress), Failure> {
        let plan = async {
            let mut seen = WalkProgress::default();
            self.job.survey_hashes(surveyed).await?;
            let plan = self.job.plan(surveyed, &mut seen).await?;
            Ok((plan, seen))
        };
        self.unless_stopped(plan).await
    }

    /// True if keys can be removed while the walk finds them, because nothing needs their number beforehand.
    fn streams(&self) -> bool {
        let asked = self.arguments;
        let counted = asked.expect.is_some() || asked.max_keys.is_some() || asked.explain;
        let runs = asked.generation.or(asked.before_generation);
        let plain = asked.words.is_empty() && asked.tags.is_empty() && runs.is_none();
        let removes = !asked.soft && !asked.refill;
        // Without the number of keys it is unknown whether an undo file would fit.
        let saves = asked.no_undo || asked.undo;
        asked.yes && saves && plain && !counted && removes && !self.settings.protected
    }

    async fn dry_run(&self, mut surveyed: RemovalSurvey) -> Result<Exit, Failure> {
        let (plan, _) = self.whole_plan(&mut surveyed).await?;
        let calls = self.refill_calls(&plan.outcome).await?;
        self.show(&plan.outcome, calls, RefillCounts::default(), true, false)?;
        self.warn_of_the_list(&plan.outcome, calls);
        self.warn_who_has_keys(&plan.outcome).await?;
        self.warn_of_globs(&plan.outcome);
        self.warn_of_scan(&plan.outcome);
        self.warn_of_unowned(&plan.outcome);
        self.warn_of_unsaved(&plan.outcome);
        // If keys may be missing from the walk, their number is not reliable.
        if plan.outcome.coverage.topology_changed {
            let coverage = &plan.outcome.coverage;
            return Err(Failure::topology_changed(
                coverage,
                "some keys may be missing",
            ));
        }
        gates::thresholds(self.arguments, &plan.outcome)?;
        Ok(Exit::Done)
    }

    /// Applies the thresholds, the limit of the undo file and the confirmation.
    async fn gates(&self, plan: &InvalidationPlan) -> Result<(), Failure> {
        if let Err(failure) = gates::thresholds(self.arguments, &plan.outcome) {
            let calls = self.refill_calls(&plan.outcome).await?;
            self.show(&plan.outcome, calls, RefillCounts::default(), true, false)?;
            return Err(failure);
        }
        self.room(&plan.outcome)?;
        gates::ask(
            self.arguments,
            self.job,
            self.settings,
            &plan.outcome,
            self.out,
        )
        .await
    }
}
