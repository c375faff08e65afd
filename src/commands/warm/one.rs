//! Requests of one customer: the request of the command line, or those that fill missed keys.

use super::Warm;
use super::conclude::{of_error, of_report};
use crate::cache;
use crate::cache::fetch::MissedKeys;
use crate::clock::today;
use crate::domain::hit_rate::days_until;
use crate::domain::key::{Customer, Entry};
use crate::domain::progress::{NoProgress, Progress};
use crate::domain::warm::{PlanSummary, WarmReport, WarmRequest};
use crate::exit::{Exit, Failure};
use crate::output::{Output, human};
use crate::source::Source;

/// Days of misses that count.
const DAYS: u16 = 7;

/// Number of missed keys to name.
const NAMED: usize = 5;

/// Warns that the server evicts: it has less memory than the cache needs.
fn warn_of_eviction(evicted: u64, out: &Output) {
    if evicted > 0 {
        out.warn(&format!(
            "the server evicted {} during this run: raise `maxmemory`, or warm less with --only",
            human::count(evicted, "key")
        ));
    }
}

/// What the requests of one customer did so far.
#[derive(Default)]
struct Ran {
    report: Option<WarmReport>,
    exits: Vec<Exit>,
}

impl Warm<'_> {
    /// Returns the requests to carry out in turn. `former` are the missed keys that a request may have filled.
    async fn requests(
        &self,
        customer: &Customer,
        former: &[Entry],
    ) -> Result<MissedKeys, cache::Error> {
        if !self.arguments.from_misses {
            return Ok(MissedKeys {
                requests: vec![self.request.clone()],
                ..MissedKeys::default()
            });
        }
        let days = days_until(today(), DAYS);
        let fetch = self.fetch(customer, self.request, &NoProgress);
        fetch
            .of_misses(days, self.arguments.top.get(), former)
            .await
    }

    /// Names the missed keys that are left out.
    fn note_left_out(&self, customer: &Customer, unfilled: &[&Entry], missed: &MissedKeys) {
        if !unfilled.is_empty() {
            let keys = human::first(unfilled, NAMED);
            self.out
                .note(&format!("still missing for `{customer}`: {keys}"));
        }
        if !missed.unfillable.is_empty() {
            let keys = human::first(&missed.unfillable, NAMED);
            self.out.note(&format!(
                "left out for `{customer}`, not known to exist or not fetched by `warm`: {keys}"
            ));
        }
    }

    /// Carries out one request. Returns the error that ended it early; fails if nothing was done before.
    async fn run_one(
        &self,
        customer: &Customer,
        request: &WarmRequest,
        (source, progress): (&Source, &dyn Progress),
        ran: &mut Ran,
    ) -> Result<Option<cache::Error>, cache::Error> {
        let fetch = self.fetch(customer, request, progress);
        match fetch.run(source, self.settings.wait, self.stop).await {
            Ok(outcome) => {
                ran.exits.push(of_report(&outcome.report, request));
                warn_of_eviction(outcome.evicted, self.out);
                match &mut ran.report {
                    Some(report) => report.join(outcome.report),
                    None => ran.report = Some(outcome.report),
                }
                Ok(outcome.ended)
            }
            // Keep the report of the requests before.
            Err(error) if ran.report.is_some() => Ok(Some(error)),
            Err(error) => Err(error),
        }
    }

    /// Carries out the requests of one customer until one ends early.
    pub(super) async fn run_all(
        &self,
        customer: &Customer,
        source: &Source,
        progress: &dyn Progress,
    ) -> Result<(WarmReport, Vec<Exit>, Option<Failure>), cache::Error> {
        let with = (source, progress);
        let mut ran = Ran::default();
        let mut missed = self.requests(customer, &[]).await?;
        let mut ended = None;
        if let Some(list) = &missed.list {
            ended = self.run_one(customer, list, with, &mut ran).await?;
            if ended.is_none() {
                match self.requests(customer, &missed.wanted).await {
                    Ok(known) => missed = known,
                    Err(error) => ended = Some(error),
                }
            }
        }
        for request in &missed.requests {
            if ended.is_some() {
                break;
            }
            ended = self.run_one(customer, request, with, &mut ran).await?;
        }
        if self.arguments.from_misses
            && let Ok(left) = self.requests(customer, &[]).await
        {
            let unfilled: Vec<&Entry> = left.wanted.iter().chain(&left.beyond).collect();
            self.note_left_out(customer, &unfilled, &left);
        }
        let nothing = || WarmReport {
            complete: true,
            ..WarmReport::default()
        };
        let report = ran.report.unwrap_or_else(nothing);
        let failure = ended.map(|error| of_error(error, &report));
        Ok((report, ran.exits, failure))
    }

    /// Plans the requests of one customer.
    pub(super) async fn plan_all(
        &self,
        customer: &Customer,
        source: &Source,
    ) -> Result<PlanSummary, cache::Error> {
        let mut plan = PlanSummary::default();
        let missed = self.requests(customer, &[]).await?;
        for request in &missed.requests {
            let fetch = self.fetch(customer, request, &NoProgress);
            plan.join(fetch.plan(Some(source), false).await?.summary());
        }
        // Only the list tells which of the missed properties exist.
        plan.at_most |= plan.calls > 0 && missed.list.is_some() && missed.requests.len() > 1;
        let beyond: Vec<&Entry> = missed.beyond.iter().collect();
        self.note_left_out(customer, &beyond, &missed);
        Ok(plan)
    }
}
