//! Where what was removed is fetched again: checked before anything is removed.

use super::InvalidateArgs;
use crate::cache::invalidate::refill::{List, Refill};
use crate::cache::invalidate::{Invalidation, Marking};
use crate::domain::invalidation::Outcome;
use crate::domain::key::Customer;
use crate::exit::{Exit, Failure};
use crate::output::Output;
use crate::settings::Settings;
use crate::source::{self, Limits, Source};
use crate::stop::Stop;
use std::collections::BTreeMap;

/// A source for each customer; none unless `--refill` asks for it.
pub(super) struct Sources(BTreeMap<Customer, Source>);

impl Sources {
    pub(super) fn prepare(
        arguments: &InvalidateArgs,
        settings: &Settings,
        customers: &[Customer],
        out: &Output,
        stop: &Stop,
    ) -> Result<Self, Failure> {
        let mut sources = BTreeMap::new();
        if arguments.refill && !arguments.dry_run {
            for customer in customers {
                sources.insert(customer.clone(), source(settings, customer, out, stop)?);
            }
        }
        Ok(Self(sources))
    }

    /// Fetches again for all customers. Gives back the number of keys stored, and what failed.
    pub(super) async fn refill(
        &self,
        job: &Invalidation<'_>,
        outcome: &Outcome,
        lists: &BTreeMap<Customer, List>,
        marking: &Marking,
        settings: &Settings,
        out: &Output,
    ) -> (u64, Vec<Failure>) {
        let (mut stored, mut failures) = (0, Vec::new());
        for (customer, source) in &self.0 {
            let Some(request) = job.refill_request(customer, outcome) else {
                if outcome.removed.of_customer(customer) > 0 {
                    out.warn(&format!(
                        "nothing of `{customer}` is fetched again: the cache does not tell to which \
                         property it belongs; `alecs-cache warm` fetches everything that is missing"
                    ));
                }
                continue;
            };
            let refill = Refill {
                request,
                list: lists.get(customer),
                marking,
            };
            let filled = job.refill(
                source,
                settings.patience(),
                customer,
                &refill,
                settings.wait,
            );
            let told = |failure: Failure| failure.while_doing(format!("refilling `{customer}`"));
            match filled.await {
                Ok(filled) => {
                    stored += filled
                        .report
                        .rows
                        .values()
                        .map(|row| row.stored)
                        .sum::<u64>();
                    for failed in &filled.report.errors {
                        let id = failed.id.as_deref().unwrap_or_default();
                        let what = format!("{} {id}: {}", failed.resource, failed.message);
                        failures.push(told(Failure::new(Exit::Partial, what)));
                    }
                    failures.extend(filled.ended.map(|error| told(error.into())));
                }
                Err(error) => failures.push(told(error.into())),
            }
        }
        (stored, failures)
    }
}

fn source(
    settings: &Settings,
    customer: &Customer,
    out: &Output,
    stop: &Stop,
) -> Result<Source, Failure> {
    let options = &settings.source;
    let section = options.section.as_deref().unwrap_or(customer.as_str());
    let environment = |name: &str| settings.environment.get(name).map(ToOwned::to_owned);
    let found = source::find_credentials(&options.edgerc, section, &environment)?;
    found.warnings.iter().for_each(|warning| out.warn(warning));
    let limits = Limits::default();
    Ok(Source::api(
        customer.as_str(),
        found.credentials,
        options,
        limits,
        stop.clone(),
    )?)
}
