//! Requests of one customer: the request of the command line, or those that fill missed keys.

use super::Warm;
use super::conclude::{of_error, of_report};
use crate::cache;
use crate::clock::today;
use crate::domain::hit_rate::days_until;
use crate::domain::key::Customer;
use crate::domain::progress::{NoProgress, Progress};
use crate::domain::warm::{PlanSummary, WarmReport, WarmRequest};
use crate::exit::{Exit, Failure};
use crate::output::{Output, human};
use crate::source::Source;

/// Days of misses that count.
const DAYS: u16 = 7;

/// Warns that the server evicts: it has less memory than the cache needs.
fn warn_of_eviction(evicted: u64, out: &Output) {
    if evicted > 0 {
        out.warn(&format!(
            "the server evicted {} during this run: raise `maxmemory`, or warm less with --only",
            human::count(evicted, "key")
        ));
    }
}

impl Warm<'_> {
    /// Returns the requests to carry out in turn.
    async fn requests(&self, customer: &Customer) -> Result<Vec<WarmRequest>, cache::Error> {
        if !self.arguments.from_misses {
            return Ok(vec![self.request.clone()]);
        }
        let days = days_until(today(), DAYS);
        let fetch = self.fetch(customer, self.request, &NoProgress);
        let requests = fetch.of_misses(days, self.arguments.top.get()).await?;
        if requests.is_empty() {
            self.out.note(&format!(
                "nothing that was missed for `{customer}` in the last {DAYS} days is absent and known to exist"
            ));
        }
        Ok(requests)
    }

    /// Carries out the requests of one customer until one ends early.
    pub(super) async fn run_all(
        &self,
        customer: &Customer,
        source: &Source,
        progress: &dyn Progress,
    ) -> Result<(WarmReport, Vec<Exit>, Option<Failure>), cache::Error> {
        let (mut report, mut exits) = (None::<WarmReport>, Vec::new());
        for request in self.requests(customer).await? {
            let fetch = self.fetch(customer, &request, progress);
            let ran = fetch.run(source, self.settings.wait, self.stop).await;
            let ended = match ran {
                Ok(outcome) => {
                    exits.push(of_report(&outcome.report, &request));
                    warn_of_eviction(outcome.evicted, self.out);
                    match &mut report {
                        Some(report) => report.join(outcome.report),
                        None => report = Some(outcome.report),
                    }
                    outcome.ended
                }
                // Keep the report of the requests before.
                Err(error) if report.is_some() => Some(error),
                Err(error) => return Err(error),
            };
            if let Some(error) = ended {
                let report = report.unwrap_or_default();
                let failure = of_error(error, &report);
                return Ok((report, exits, Some(failure)));
            }
        }
        let nothing = || WarmReport {
            complete: true,
            ..WarmReport::default()
        };
        Ok((report.unwrap_or_else(nothing), exits, None))
    }

    /// Plans the requests of one customer.
    pub(super) async fn plan_all(
        &self,
        customer: &Customer,
        source: &Source,
    ) -> Result<PlanSummary, cache::Error> {
        let mut plan = PlanSummary::default();
        for request in self.requests(customer).await? {
            let fetch = self.fetch(customer, &request, &NoProgress);
            plan.join(fetch.plan(Some(source), false).await?.summary());
        }
        Ok(plan)
    }
}
