//! Where what was removed is fetched again: checked before anything is removed.

use super::InvalidateArgs;
use crate::cache::fetch::{Former, Keys, Place};
use crate::cache::invalidate::Invalidation;
use crate::domain::invalidation::Outcome;
use crate::domain::key::Customer;
use crate::domain::ttl::Resource;
use crate::exit::{Exit, Failure};
use crate::output::Output;
use crate::settings::Settings;
use crate::source::{Limits, Source};
use crate::stop::Stop;
use crate::store::Store;
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
        if arguments.refill {
            settings.refuse_shared_section(customers)?;
        }
        if arguments.refill && !arguments.dry_run {
            for customer in customers {
                let warn = |text: &str| out.warn(text);
                let source = settings.source_of(customer, Limits::default(), stop, warn)?;
                sources.insert(customer.clone(), source);
            }
        }
        Ok(Self(sources))
    }

    /// Before anything is removed: what is fetched again must be of the account that is cached.
    pub(super) async fn refuse_other_accounts(
        &self,
        store: &Store,
        settings: &Settings,
    ) -> Result<(), Failure> {
        for (customer, source) in &self.0 {
            let keys = Keys {
                scheme: &settings.scheme,
                customer,
            };
            let place = Place {
                store,
                keys,
                lifetimes: settings.lifetimes(),
            };
            place.refuse_other_account(source).await?;
        }
        Ok(())
    }

    /// Fetches again for all customers. Gives back the number of keys stored, and what failed.
    pub(super) async fn refill(
        &self,
        job: &Invalidation<'_>,
        outcome: &Outcome,
        lists: &BTreeMap<Customer, Former>,
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
            let filled = job.refill(
                source,
                settings.lifetimes(),
                customer,
                (&request, lists.get(customer)),
                settings.wait,
            );
            let told = |failure: Failure| failure.while_doing(format!("refilling `{customer}`"));
            match filled.await {
                Ok(filled) => {
                    stored += filled.report.stored();
                    for failed in &filled.report.errors {
                        // It was removed, which is all there is to do.
                        if failed.code == "not_found" && failed.resource == Resource::Details {
                            let id = failed.id.as_deref().unwrap_or_default();
                            out.note(&format!("`{id}` no longer exists at Akamai"));
                            continue;
                        }
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
