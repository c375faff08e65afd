//! `warm --dry-run`: the plan and its cost.

use super::conclude::end;
use super::{Warm, names};
use crate::domain::key::Customer;
use crate::exit::{Exit, Failure};
use crate::output::reports::warm::Planned;
use std::num::NonZeroU64;
use std::time::Instant;

/// Calls per minute that the API allows an account unless it says otherwise.
const CALLS_PER_MINUTE: u64 = 100;

impl Warm<'_> {
    /// Prints the plan. A failure for one customer does not stop the others.
    pub(super) async fn plan(&self, customers: &[Customer]) -> Result<Exit, Failure> {
        let mut planned = Planned {
            customers: names(customers),
            check: self.request.check,
            recorded: self.answers.recording.is_some(),
            run: self.arguments.without_dry_run(),
            ..Planned::default()
        };
        let mut failures = Vec::new();
        for customer in customers {
            if let Err(failure) = self.plan_one(customer, &mut planned).await {
                if self.stop.signal().is_some() || customers.len() == 1 {
                    return Err(failure);
                }
                planned.end(customer, &failure.message, failure.exit.word());
                failures.push(failure.while_doing(format!("planning `{customer}`")));
            }
        }
        let any = !planned.plans.is_empty();
        if any {
            planned.show(self.out, &self.settings.endpoint())?;
        }
        let needed = planned.calls();
        let budget = self.arguments.budget;
        if let Some(budget) = budget.filter(|budget| needed > *budget) {
            let message = format!("{needed} calls are needed and the budget is {budget}");
            let failure = Failure::new(Exit::Limited, message);
            failures.push(failure.hint("raise --budget, or ask for less with --only"));
        }
        end(self.out, Vec::new(), failures, any)
    }

    async fn plan_one(&self, customer: &Customer, planned: &mut Planned) -> Result<(), Failure> {
        let source = self.source(customer, 0)?;
        let source = self.checkpointed(source, customer).await;
        let began = Instant::now();
        let plan = self.plan_all(customer, &source).await;
        planned.api_calls += source.calls_made();
        planned.api_calls_remaining = source.calls_remaining().or(planned.api_calls_remaining);
        planned.plans.push((customer.to_string(), plan?));
        if let Some(made) = NonZeroU64::new(source.calls_made()) {
            // The calls were made one at a time.
            let took = began.elapsed().as_millis() / u128::from(made.get());
            planned.call_millis = u64::try_from(took).ok();
        }
        planned.rate = source.configured_rate();
        planned.concurrency = self.arguments.concurrency.get() as u64;
        planned.calls_per_minute = source.calls_per_minute().unwrap_or(CALLS_PER_MINUTE);
        Ok(())
    }
}
