//! Fetches removed items again: the named properties in a few calls, or whatever the account lacks. The list of all
//! properties, which is removed with each of them, is restored with their new items, so that the server can answer
//! from it.

mod watch;

pub(crate) use watch::RefreshWatch;

use crate::cache::Error;
use crate::cache::fetch::{CacheView, CachedBefore, Fetch, FetchOutcome as Fetched, RemovedList};
use crate::cache::invalidate::{Invalidation, MarkTimes, RemovalSurvey};
use crate::domain::duration::milliseconds;
use crate::domain::invalidation::target::{Tag, Target};
use crate::domain::invalidation::{InvalidationOutcome, InvalidationTarget};
use crate::domain::key::{Customer, Entry, Fqdn, Id, Scheme};
use crate::domain::read::freshness::Lifetimes;
use crate::domain::ttl::{DUE_BELOW, Due, Resource};
use crate::domain::warm::{HostnameView, OwnResources, WarmRequest};
use crate::source::Source;
use crate::store::Ttl;
use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// Concurrent API calls.
const CONCURRENCY: usize = 4;

impl Invalidation<'_> {
    /// True if properties are fetched again by their ids, false if the account is looked through for what is missing.
    pub(crate) fn refills_by_id(&self) -> bool {
        self.request.wanted.iter().all(|(_, wanted)| match wanted {
            InvalidationTarget::Target(Target::Property(_) | Target::Host(_))
            | InvalidationTarget::Tag(_) => true,
            InvalidationTarget::Target(Target::Key(_, rest)) => is_of_one(rest),
            _ => false,
        })
    }

    /// Returns what to fetch again for a customer: the properties by their ids, or what the account lacks. Rules, versions
    /// and activations cost calls for each property, so they are fetched only of those whose own were removed.
    pub(crate) fn refill_requests(
        &self,
        customer: &Customer,
        outcome: &InvalidationOutcome,
    ) -> Vec<WarmRequest> {
        let properties = outcome.properties.get(customer).into_iter().flatten();
        let own = properties.filter(|(_, own)| !own.is_empty());
        let own = own.filter_map(|(id, own)| Some((Id::new(id).ok()?, own.clone())));
        let own: OwnResources = own.collect();
        let of_ones = own.values().flatten().copied();
        if self.refills_by_id() {
            let ids = self.refill_ids(customer, outcome);
            let resources = of_ones.chain([Resource::Details, Resource::Hostnames]);
            let request = request(ids, resources.collect(), Some(own));
            return Vec::from_iter(Some(request).filter(|request| !request.ids.is_empty()));
        }
        let of_account = Resource::WARMABLE.iter().copied().filter(|resource| {
            !Resource::BY_PROPERTY.contains(resource) && outcome.has(customer, *resource)
        });
        let mut of_account: BTreeSet<Resource> = of_account.collect();
        let mut of_ones: BTreeSet<Resource> = of_ones.collect();
        let mut ids: Vec<Id> = own.keys().cloned().collect();
        let all = self.refill_ids(customer, outcome);
        // The account is looked through only for what is made from all its properties, or if no key names one.
        if !(outcome.has_made_of_all(customer) || all.is_empty()) {
            let listed = [Resource::Details, Resource::Hostnames];
            of_ones.extend(of_account.extract_if(.., |one| listed.contains(one)));
            ids = all;
        }
        let of_account = request(Vec::new(), of_account, None);
        let of_ones = request(ids, of_ones, Some(own));
        let requests = [of_account, of_ones].into_iter();
        requests
            .filter(|request| !request.resources.is_empty())
            .collect()
    }

    /// Returns the properties to fetch: those whose keys were removed, those that serve a removed host name, those
    /// invalidated before, and if anything was removed also those named, which only the removed list may have had.
    pub(super) fn refill_ids(&self, customer: &Customer, outcome: &InvalidationOutcome) -> Vec<Id> {
        let fields = outcome.fields_of.get(customer).copied().unwrap_or(0);
        let found = outcome.matched.of_customer(customer) + fields > 0;
        let named = self.request.wanted.iter().filter(|_| found);
        let named = named.filter_map(|(_, wanted)| match wanted {
            InvalidationTarget::Target(Target::Property(id))
            | InvalidationTarget::Tag(Tag::Property(id)) => Some(id.clone()),
            _ => None,
        });
        let removed = outcome.properties.get(customer).into_iter();
        let removed = removed.flat_map(BTreeMap::keys);
        let ids: BTreeSet<Id> = named
            .chain(removed.filter_map(|id| Id::new(id).ok()))
            .collect();
        ids.into_iter().collect()
    }

    /// Returns the number of calls that fetching again will cost, as far as the cache can tell before the removal:
    /// the calls of the plan, and the call that identifies the account before the removal.
    pub(crate) async fn refill_calls(
        &self,
        outcome: &InvalidationOutcome,
        lifetimes: Lifetimes<'_>,
    ) -> Result<u64, Error> {
        let mut calls = 0;
        for customer in self.customers {
            for request in self.refill_requests(customer, outcome) {
                let fetch = self.fetch(customer, &request, None, lifetimes);
                calls += fetch.plan(None, true).await?.calls();
            }
            let cache = CacheView::new(self.store, self.scheme, customer, lifetimes);
            calls += cache.calls_for_account().await?;
        }
        Ok(calls)
    }

    fn fetch<'f>(
        &'f self,
        customer: &'f Customer,
        request: &'f WarmRequest,
        before: Option<&'f CachedBefore>,
        lifetimes: Lifetimes<'f>,
    ) -> Fetch<'f> {
        Fetch {
            cache: CacheView::new(self.store, self.scheme, customer, lifetimes),
            request,
            before,
            progress: self.progress,
        }
    }

    /// Reads from the keys about to be removed what fetching again needs: the list of all properties, their groups
    /// and contracts, and which other properties own host names that are removed as well.
    pub(crate) async fn cached_before(
        &self,
        surveyed: &RemovalSurvey,
        outcome: &InvalidationOutcome,
        marking: &MarkTimes,
        lifetimes: Lifetimes<'_>,
    ) -> Result<BTreeMap<Customer, CachedBefore>, Error> {
        let mut all = BTreeMap::new();
        for customer in self.customers {
            let cache = CacheView::new(self.store, self.scheme, customer, lifetimes);
            let mut requests = self.refill_requests(customer, outcome).into_iter();
            let mut before = match requests.find(|request| !request.is_for_account()) {
                Some(request) => CachedBefore::read(&cache, &request).await?,
                None => CachedBefore::default(),
            };
            let (now, list) = (cache.now().await?, cache.value(&Entry::Properties).await?);
            let left = [cache.key(&Entry::Properties)];
            let left = self.store.time_to_live(&left).await.pop().transpose()?;
            if let (Some(json), Some(Ttl::Left(left))) = (list, left) {
                before.list = Some(RemovedList {
                    json,
                    expires: now.saturating_add(milliseconds(left)),
                    at: marking.at.get(customer.as_str()).copied().unwrap_or(0),
                    expires_early: self.request.soft,
                    used: Cell::default(),
                });
            }
            if let Some(graph) = surveyed.matcher.graph(customer) {
                let names = graph.host_names().into_iter();
                let names: Vec<Fqdn> = names.filter_map(|name| Fqdn::new(name).ok()).collect();
                let owners = names.iter().zip(cache.owners(&names).await?);
                let others = owners.filter_map(|(name, owner)| {
                    let owner = owner.filter(|id| graph.why_property(id).is_none())?;
                    Some((name.to_string(), owner))
                });
                before.owners = others.collect();
            }
            all.insert(customer.clone(), before);
        }
        Ok(all)
    }

    /// Fetches again for one customer; waits up to `wait` for its run lock.
    pub(crate) async fn refill(
        &self,
        source: &Source,
        lifetimes: Lifetimes<'_>,
        customer: &Customer,
        request: &WarmRequest,
        before: Option<&CachedBefore>,
        wait: Duration,
    ) -> Result<Fetched, Error> {
        let fetch = self.fetch(customer, request, before, lifetimes);
        Box::pin(fetch.run(source, wait, self.stop)).await
    }
}

fn request(ids: Vec<Id>, resources: BTreeSet<Resource>, own: Option<OwnResources>) -> WarmRequest {
    WarmRequest {
        ids,
        own,
        hosts: Vec::new(),
        resources,
        due: Due::Below(DUE_BELOW),
        jitter: 0,
        hostnames: HostnameView::Active,
        concurrency: CONCURRENCY,
        keep: None,
        check: false,
    }
}

/// Returns true if a key concerns one property or one host name, so that only that one is fetched again.
fn is_of_one(rest: &str) -> bool {
    matches!(
        Scheme::parse_entry(rest),
        Some(
            Entry::Property(_)
                | Entry::PropertyDetails(_)
                | Entry::PropertyHostnames(_)
                | Entry::Rules(..)
                | Entry::Versions(_)
                | Entry::Activations(_)
                | Entry::Hostname(_)
        )
    )
}
