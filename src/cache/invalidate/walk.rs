//! Visits each key once. Selected keys are counted and spooled; nothing is changed.

mod values;

use super::Invalidation;
use super::hosts::UnclaimedHost;
use super::spool::{Attribution, Spool};
use super::survey::RemovalSurvey;
use crate::cache::Error;
use crate::cache::name_set::NameSet;
use crate::domain::inspect::escaped_bytes::escape_bytes;
use crate::domain::invalidation::graph::{
    Decision, EntityKind, Graph, KnownEntities, Reason, soft_limit,
};
use crate::domain::invalidation::{InvalidationOutcome, RemovedKey, restorable};
use crate::domain::key::{Customer, Entry, Scheme, TypedProperty};
use crate::domain::ttl::Resource;
use std::collections::BTreeMap;

/// Number of keys that are measured. The size of more keys is extrapolated.
const MEASURED: usize = 2000;

/// Number of distinct keys that are remembered, so that a key that the scan returns twice counts once.
const APART: usize = 1_800_000;

/// Number of properties that are remembered for the cost of the refill.
const PROPERTIES: usize = 100_000;

/// State shared by walks: the named items known to be cached, and the keys already selected.
#[derive(Clone, Default)]
pub(crate) struct WalkProgress {
    known: BTreeMap<Customer, KnownEntities>,
    keys: NameSet,
    /// The walk repeats one after which keys were removed.
    pub(super) repeated: bool,
}

impl WalkProgress {
    /// True if the key was not selected before. Of more than [`APART`] keys, a repeated walk takes none for new.
    pub(super) fn is_fresh(&mut self, key: &[u8]) -> bool {
        if self.keys.len() < APART {
            self.keys.insert(key)
        } else {
            !self.repeated
        }
    }

    /// Returns why a key shared by these kinds is removed, if it is. `rest` is its part after the customer.
    fn reason(&self, customer: &Customer, kinds: &[EntityKind], rest: &[u8]) -> Option<Reason> {
        let mut reason = self.known.get(customer)?.why(kinds)?;
        if let Some(with) = reason.with.as_mut().filter(|_| rest.ends_with(b":details")) {
            with.push_str(", whose name is not cached: details by any name may be its own");
        }
        Some(reason)
    }
}

pub(super) struct KeyWalk<'a> {
    job: &'a Invalidation<'a>,
    surveyed: &'a RemovalSurvey,
    seen: &'a mut WalkProgress,
    /// Key prefix of each customer.
    of: BTreeMap<Customer, String>,
    outcome: InvalidationOutcome,
    keys: Spool,
    unclaimed: Vec<UnclaimedHost>,
    /// True if there are targets besides keys and patterns, of which values may be traces.
    has_entities: bool,
    /// Selected and pending lists, maps and searches, whose values may be all that shows a named item.
    lists: Vec<(Customer, Vec<u8>)>,
    /// Names of properties that the values of such host names show, in lower case, and why their details are removed.
    named: BTreeMap<(Customer, String), Reason>,
    /// Details by a name that no other item shows.
    details: Vec<NamedDetails>,
    /// Keys that wait for a named item that is cached.
    held: Vec<PendingKey>,
    measured: Vec<Vec<u8>>,
}

struct NamedDetails {
    /// The customer and the name in lower case.
    of: (Customer, String),
    place: Option<usize>,
    key: Vec<u8>,
    rest: Vec<u8>,
}

struct PendingKey {
    customer: Customer,
    place: Option<usize>,
    key: Vec<u8>,
    rest: Vec<u8>,
    kinds: Vec<EntityKind>,
    /// Why it is removed if no named item is cached.
    pattern: Option<Reason>,
}

impl<'a> KeyWalk<'a> {
    pub(super) fn new(
        job: &'a Invalidation<'a>,
        surveyed: &'a RemovalSurvey,
        seen: &'a mut WalkProgress,
    ) -> Self {
        let of = job
            .customers
            .iter()
            .map(|c| (c.clone(), job.scheme.of_customer(c)));
        for (customer, part) in &surveyed.parts {
            let known = seen.known.entry(customer.clone()).or_default();
            known.merge(&part.known);
        }
        let mut walk = Self {
            job,
            surveyed,
            seen,
            of: of.collect(),
            outcome: InvalidationOutcome::default(),
            keys: Spool::new(),
            unclaimed: Vec::new(),
            has_entities: surveyed.matcher.has_entities(),
            lists: Vec::new(),
            named: BTreeMap::new(),
            details: Vec::new(),
            held: Vec::new(),
            measured: Vec::new(),
        };
        walk.outcome.fields_of = surveyed.fields_of();
        walk.outcome.properties = surveyed.owners();
        walk.outcome.unowned = surveyed.unowned();
        if job.request.explain && !walk.seen.repeated {
            for customer in surveyed.parts.keys() {
                for (field, why) in surveyed.fields(customer) {
                    let of = walk.of.get(customer).map_or("", String::as_str);
                    let key = format!("{of}{}", Entry::Hostnames).into_bytes();
                    walk.explain(Some(customer), &key, Some(field.clone()), why);
                }
            }
        }
        walk
    }

    /// Visits a key that the server returned.
    pub(super) fn visit(&mut self, key: Vec<u8>) -> Result<(), Error> {
        let judged = self.surveyed.matcher.judge(&key);
        if self.has_entities
            && judged.decision != Decision::Keep
            && let Some(customer) = judged.customer
        {
            self.note_trace(customer, judged.place, judged.rest, &key);
        }
        match (judged.decision, judged.customer) {
            (Decision::Own(kind, reason), Some(customer)) => {
                if let Some(known) = self.seen.known.get_mut(customer) {
                    let rest = || String::from_utf8_lossy(judged.rest).into_owned();
                    let with = reason.with.clone().unwrap_or_else(rest);
                    known.add(kind, reason.target, with);
                }
                self.select(judged.place, judged.rest, &key, &reason)
            }
            (Decision::Named(reason), _) => self.select(judged.place, judged.rest, &key, &reason),
            (Decision::Shared(kinds, pattern), Some(customer)) => {
                if let Some(reason) = self.seen.reason(customer, &kinds, judged.rest) {
                    return self.select(judged.place, judged.rest, &key, &reason);
                }
                let rest = judged.rest.to_vec();
                let held = PendingKey {
                    customer: customer.clone(),
                    place: judged.place,
                    key,
                    rest,
                    kinds,
                    pattern,
                };
                self.held.push(held);
                Ok(())
            }
            (Decision::Keep, Some(customer)) => {
                let graph = self.surveyed.matcher.graph(customer);
                let known = self.seen.known.get(customer);
                let reads = || Some(graph?.reads_hosts(known?));
                let host = UnclaimedHost::new(reads, customer, judged.place, judged.rest, &key);
                self.unclaimed.extend(host);
                if graph.is_some_and(Graph::takes_hosts)
                    && let Some(name) = name_of_details(judged.rest)
                {
                    self.details.push(NamedDetails {
                        of: (customer.clone(), name),
                        place: judged.place,
                        rest: judged.rest.to_vec(),
                        key,
                    });
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn select(
        &mut self,
        place: Option<usize>,
        rest: &[u8],
        key: &[u8],
        reason: &Reason,
    ) -> Result<(), Error> {
        let customer = place.and_then(|place| self.job.customers.get(place));
        let fresh = self.seen.is_fresh(key);
        let limit = soft_limit(rest).filter(|_| self.job.request.soft && customer.is_some());
        // A key that was selected before may have come back since, so it is removed again.
        let of = Attribution {
            target: reason.target,
            customer: place,
            again: !fresh,
        };
        self.keys.push(key, of, limit)?;
        if !fresh {
            return Ok(());
        }
        self.outcome.matched.add(reason.target, customer, 1);
        self.outcome.sample.offer(rest, &escape_bytes(key));
        self.measure(key);
        let entry = std::str::from_utf8(rest).ok().and_then(Scheme::parse_entry);
        let restored = customer.is_some() && entry.as_ref().is_some_and(restorable::returns);
        self.outcome.unsaved += u64::from(!restored);
        if let Some(customer) = customer {
            if limit.is_some() {
                let softened = &mut self.outcome.softened;
                softened.add(reason.target, Some(customer), 1);
            }
            if entry == Some(Entry::Hostnames) {
                self.outcome.hashes.insert(customer.clone());
            }
            let written = entry.filter(|entry| !entry.is_result());
            let resource = written.and_then(|entry| entry.resource());
            if let Some(resource) = resource.filter(|one| !self.outcome.has(customer, *one)) {
                let resources = self.outcome.resources.entry(customer.clone());
                resources.or_default().insert(resource);
            }
            self.property(customer, rest, resource);
        }
        if self.job.request.explain {
            self.explain(customer, key, None, reason);
        }
        Ok(())
    }

    fn property(&mut self, customer: &Customer, rest: &[u8], resource: Option<Resource>) {
        let mut words = rest.split(|byte| *byte == b':');
        let (Some(b"property"), Some(id)) = (words.next(), words.next()) else {
            return;
        };
        // Details are also cached by name, which the API does not accept.
        let id = std::str::from_utf8(id)
            .ok()
            .and_then(|id| TypedProperty::new(id).ok()?.id());
        let Some(id) = id else { return };
        let of = self.outcome.properties.entry(customer.clone()).or_default();
        let own = resource.filter(|resource| Resource::BY_PROPERTY.contains(resource));
        if let Some(resources) = of.get_mut(id.as_str()) {
            resources.extend(own);
        } else if of.len() < PROPERTIES {
            of.insert(id.as_str().to_owned(), own.into_iter().collect());
        }
    }

    /// Reservoir sampling: every key has the same chance.
    fn measure(&mut self, key: &[u8]) {
        if self.measured.len() < MEASURED {
            self.measured.push(key.to_vec());
            return;
        }
        let at = fastrand::u64(..self.outcome.matched.total());
        let place = usize::try_from(at)
            .ok()
            .and_then(|at| self.measured.get_mut(at));
        if let Some(place) = place {
            *place = key.to_vec();
        }
    }

    fn explain(
        &mut self,
        customer: Option<&Customer>,
        key: &[u8],
        field: Option<String>,
        reason: &Reason,
    ) {
        let wanted = self.job.request.wanted.get(reason.target);
        let typed = wanted.map_or("", |(typed, _)| typed.as_str());
        let because = match (
            &reason.with,
            customer.and_then(|customer| self.of.get(customer)),
        ) {
            (Some(with), Some(of)) => format!("{of}{with}"),
            _ => typed.to_owned(),
        };
        self.outcome.explained.push(RemovedKey {
            key: escape_bytes(key).into_owned(),
            field,
            because,
            target: reason.target,
        });
    }

    /// Decides about the pending keys, and measures the sample.
    pub(super) async fn finish(mut self) -> Result<(InvalidationOutcome, Spool), Error> {
        self.look_at_hosts(0).await?;
        self.look_into().await?;
        for details in std::mem::take(&mut self.details) {
            if let Some(reason) = self.named.get(&details.of).cloned() {
                self.select(details.place, &details.rest, &details.key, &reason)?;
            }
        }
        for held in std::mem::take(&mut self.held) {
            let reason = self.seen.reason(&held.customer, &held.kinds, &held.rest);
            if let Some(reason) = reason.or(held.pattern) {
                self.select(held.place, &held.rest, &held.key, &reason)?;
            }
        }
        let store = self.job.store;
        let sizes: Vec<u64> = store
            .memory(&self.measured)
            .await?
            .into_iter()
            .flatten()
            .collect();
        let sum: u64 = sizes.iter().sum();
        let matched = self.outcome.matched.total();
        self.outcome.bytes_unknown = sizes.is_empty() && !self.measured.is_empty();
        self.outcome.bytes_exact = matched <= MEASURED as u64 && !self.outcome.bytes_unknown;
        self.outcome.bytes = if self.outcome.bytes_exact {
            sum
        } else {
            let all = u128::from(sum) * u128::from(matched);
            u64::try_from(all / (sizes.len().max(1) as u128)).unwrap_or(u64::MAX)
        };
        Ok((self.outcome, self.keys))
    }
}

/// Returns the name in a key of details by name, in lower case.
fn name_of_details(rest: &[u8]) -> Option<String> {
    let rest = std::str::from_utf8(rest)
        .ok()
        .filter(|rest| rest.ends_with(":details"))?;
    match Scheme::parse_entry(rest)? {
        Entry::PropertyDetails(typed) if typed.id().is_none() => Some(typed.name()),
        _ => None,
    }
}
