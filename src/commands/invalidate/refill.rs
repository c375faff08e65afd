//! The refill after an invalidation. Sources are checked before anything is removed.

use super::{InvalidateArgs, StateBefore};
use crate::cache;
use crate::cache::fetch::{CacheView, CachedBefore};
use crate::cache::invalidate::{Invalidation, RemovedStale};
use crate::domain::invalidation::InvalidationOutcome;
use crate::domain::key::{Customer, Entry, Fqdn, Id};
use crate::domain::ttl::Resource;
use crate::domain::warm::WarmRequest;
use crate::exit::{self, Exit, Failure};
use crate::output::Output;
use crate::output::human;
use crate::settings::Settings;
use crate::source::{ApiLimits, CredentialsWarning, Source};
use crate::stop::Stop;
use crate::store::{Store, Ttl};
use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

/// States the effect on the ALECS server, because that is what the operator has to know.
pub(super) const LIST_GONE: &str =
    "the property list is gone: ALECS searches fail until it is cached again";

/// Attempts to fetch the property list whole. Others may invalidate it meanwhile.
const ATTEMPTS: usize = 3;

/// How long to wait for another run that fetches the property list.
const WAIT: Duration = Duration::from_mins(1);

/// Waits only as long as the settings say.
const NO_WAIT: Duration = Duration::ZERO;

/// The source of each customer; empty without `--refill`.
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
                let warn = |warning: &CredentialsWarning| out.warn(&warning.to_string());
                let source = settings.source_of(customer, ApiLimits::default(), stop, warn)?;
                sources.insert(customer.clone(), source);
            }
        }
        Ok(Self(sources))
    }

    /// Checks before the removal that the refill would use the account that is cached.
    pub(super) async fn refuse_other_accounts(
        &self,
        store: &Store,
        settings: &Settings,
        stop: &Stop,
    ) -> Result<(), Failure> {
        for (customer, source) in &self.0 {
            let lifetimes = settings.lifetimes();
            let cache = CacheView::new(store, &settings.scheme, customer, lifetimes);
            cache.refuse_changed_account(source, stop).await?;
        }
        Ok(())
    }
}

/// Numbers of keys.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct RefillCounts {
    pub stored: u64,
    /// Further keys removed, because they embed a former form of what was stored.
    pub also_removed: u64,
}

/// Refills the removed keys, and corrects values that another process wrote back meanwhile.
pub(super) struct Refill<'a> {
    pub job: &'a Invalidation<'a>,
    pub settings: &'a Settings,
    pub out: &'a Output,
    pub stop: &'a Stop,
    pub before: &'a StateBefore,
    pub counts: RefillCounts,
    pub failures: Vec<Failure>,
}

impl Refill<'_> {
    /// Refills all customers. Returns the numbers of keys, and the failures.
    pub(super) async fn run(
        mut self,
        sources: &Sources,
        outcome: &InvalidationOutcome,
    ) -> (RefillCounts, Vec<Failure>) {
        for (customer, source) in &sources.0 {
            let requests = self.job.refill_requests(customer, outcome);
            if requests.is_empty() && outcome.removed.of_customer(customer) > 0 {
                self.out.warn(&format!(
                    "nothing of `{customer}` is fetched again: the cache does not show which \
                     property it belongs to; `alecs-cache warm` fetches everything that is missing"
                ));
            }
            let failed = self.failures.len();
            let before = self.before.cached.get(customer);
            let mut written = HashMap::new();
            let mut whole = true;
            for request in &requests {
                if whole {
                    written.extend(self.fill(source, customer, request, before, NO_WAIT).await);
                }
                whole &= self.goes_on(failed);
            }
            let again = requests.first().filter(|_| whole);
            self.list_again(source, customer, again, outcome).await;
            let Some(request) = requests.first() else {
                continue;
            };
            let looked = self.look_again(source, customer, request, written).await;
            if let Err(error) = looked {
                let failure = Failure::from(error);
                self.failures
                    .push(failure.while_doing(format!("looking again at `{customer}`")));
            }
        }
        (self.counts, self.failures)
    }

    /// False after an error that would end the next run too.
    fn goes_on(&self, failed: usize) -> bool {
        let mut failures = self.failures.iter().skip(failed);
        failures.all(|failure| failure.exit == Exit::Partial)
    }

    async fn fill(
        &mut self,
        source: &Source,
        customer: &Customer,
        request: &WarmRequest,
        before: Option<&CachedBefore>,
        wait: Duration,
    ) -> HashMap<String, Vec<u8>> {
        let (settings, out) = (self.settings, self.out);
        let filled = self.job.refill(
            source,
            settings.lifetimes(),
            customer,
            request,
            before,
            settings.wait.max(wait),
        );
        let in_context = |failure: Failure| failure.while_doing(format!("refilling `{customer}`"));
        match filled.await {
            Ok(filled) => {
                self.counts.stored += filled.report.stored();
                self.note_stale(&filled.stale);
                for failed in &filled.report.errors {
                    let id = failed.id.as_deref().unwrap_or_default();
                    let itself = failed.resource == Some(Resource::Details)
                        || request.hosts.iter().any(|name| name.as_str() == id);
                    // What no longer exists was removed, so nothing is left to do.
                    if failed.code == "not_found" && itself {
                        out.note(&format!("`{id}` no longer exists at Akamai"));
                        continue;
                    }
                    self.failures.push(in_context(Failure {
                        hint: exit::of_part(failed.code).map(ToOwned::to_owned),
                        ..Failure::new(Exit::Partial, failed.to_string())
                    }));
                }
                self.failures
                    .extend(filled.ended.map(|error| in_context(error.into())));
                filled.values
            }
            Err(error) => {
                self.failures.push(in_context(error.into()));
                HashMap::new()
            }
        }
    }

    /// Reports what no undo file has, because it was removed after the invalidation.
    fn note_stale(&mut self, stale: &RemovedStale) {
        let keys = stale.embedding + stale.gone;
        if keys == 0 {
            return;
        }
        self.counts.also_removed += keys;
        let more = if stale.sample.len() as u64 == keys {
            ""
        } else {
            ", …"
        };
        self.out.note(&format!(
            "{} more {}: {}{more}",
            human::grouped(keys),
            if keys == 1 {
                "key that embeds an older version of what was fetched was removed; `undo` does not restore it"
            } else {
                "keys that embed older versions of what was fetched were removed; `undo` does not restore them"
            },
            stale.sample.join(", ")
        ));
    }

    /// Fetches the whole property list if the refill did not restore it: others invalidated meanwhile, a property
    /// could not be fetched, or the list had expired. Reports a list that cannot be restored. A list that was not
    /// cached before was not removed either, so it is not fetched.
    async fn list_again(
        &mut self,
        source: &Source,
        customer: &Customer,
        request: Option<&WarmRequest>,
        outcome: &InvalidationOutcome,
    ) {
        let removed = outcome.has(customer, Resource::Properties);
        let before = self.before.cached.get(customer);
        let named = request.filter(|request| !request.is_for_account());
        if named.is_none() && !removed {
            return;
        }
        for attempt in 0..=ATTEMPTS {
            match self.has_list(customer).await {
                Ok(false) => {}
                Ok(true) => return,
                Err(error) => return self.failures.push(error.into()),
            }
            let again = named.filter(|_| removed && attempt < ATTEMPTS);
            let (Some(named), None) = (again, self.stop.signal()) else {
                break;
            };
            let whole = WarmRequest {
                ids: Vec::new(),
                resources: [Resource::Properties].into(),
                ..named.clone()
            };
            let failed = self.failures.len();
            self.out
                .note("the property list was not fetched with them: fetching all of it");
            self.fill(source, customer, &whole, before, WAIT).await;
            if self.failures.len() > failed && !matches!(self.has_list(customer).await, Ok(true)) {
                // The next attempt would fail the same way.
                break;
            }
        }
        let hint = format!("run `alecs-cache warm -c {customer}`");
        if removed && self.stop.signal().is_none() {
            let gone = Failure::new(Exit::Partial, LIST_GONE).hint(hint);
            self.failures.push(gone);
        } else {
            self.out.warn(&format!(
                "the property list is not cached: ALECS searches fail until it is; {hint}"
            ));
        }
    }

    async fn has_list(&self, customer: &Customer) -> Result<bool, cache::Error> {
        let scheme = &self.settings.scheme;
        let key = scheme.key(customer, &Entry::Properties);
        let left = self.job.store.time_to_live(&[key]).await.pop();
        Ok(left.transpose()?.is_some_and(|left| left != Ttl::Absent))
    }

    /// Watches the keys that the server may have been refreshing, and fetches those again that changed.
    async fn look_again(
        &mut self,
        source: &Source,
        customer: &Customer,
        request: &WarmRequest,
        written: HashMap<String, Vec<u8>>,
    ) -> Result<(), cache::Error> {
        let Some(watch) = self.before.watched.get(customer) else {
            return Ok(());
        };
        let job = self.job;
        let mut looking = job.look_again(customer, watch, written).await?;
        loop {
            let next = tokio::select! {
                next = looking.next() => next?,
                _ = self.stop.raised() => None,
            };
            let Some(back) = next else { return Ok(()) };
            let hosts = back.hosts.iter().map(Fqdn::as_str);
            let names: Vec<&str> = back.ids.iter().map(Id::as_str).chain(hosts).collect();
            self.out.note(&format!(
                "another value was written for {}, as by the server's own refresh: fetching it again",
                names.join(", ")
            ));
            let request = WarmRequest {
                ids: back.ids.into_iter().collect(),
                hosts: back.hosts,
                resources: [Resource::Details, Resource::Hostnames].into(),
                ..request.clone()
            };
            let before = self.before.cached.get(customer);
            let written = self.fill(source, customer, &request, before, NO_WAIT).await;
            looking.corrected(written).await?;
        }
    }
}
