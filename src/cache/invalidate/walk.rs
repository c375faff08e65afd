//! One walk over the keyspace, whatever the number of ids and patterns: what falls is found, counted
//! and spooled, nothing is touched.

use super::Invalidation;
use super::found::{Found, Unclaimed, VALUES};
use super::readable;
use super::spool::Spool;
use super::survey::Surveyed;
use crate::cache::{Error, coverage};
use crate::domain::graph::{Decision, Graph, Kind, Reason, soft_limit};
use crate::domain::invalidation::{Explained, Outcome};
use crate::domain::key::{Customer, Entry, Fqdn, Id, Scheme, Typed};
use crate::store::{Store, TopologySnapshot};
use std::collections::{BTreeMap, HashSet};
use std::hash::{BuildHasher, RandomState};

/// So many keys are measured; more are estimated from them.
const MEASURED: usize = 2000;

/// So many keys are known apart, to count those once that the server gives twice.
const APART: usize = 1_800_000;

/// So many properties are remembered, to say what fetching again will cost.
const PROPERTIES: usize = 100_000;

/// What would fall.
pub struct Plan {
    /// What was found; nothing of it is removed yet.
    pub outcome: Outcome,
    pub(super) names: Spool,
    pub(super) found: Found,
    pub(super) before: TopologySnapshot,
}

/// A walk in progress.
pub(super) struct Walk<'a> {
    pub(super) surveyed: &'a Surveyed,
    explain: bool,
    soft: bool,
    typed: Vec<&'a str>,
    of: BTreeMap<Customer, String>,
    outcome: Outcome,
    names: Spool,
    pub(super) found: Found,
    pub(super) unclaimed: Vec<Unclaimed>,
    /// What falls only if something that was named is in the cache.
    held: Vec<Held>,
    seen: HashSet<u64>,
    hasher: RandomState,
    measured: Vec<Vec<u8>>,
}

struct Held {
    customer: Customer,
    key: Vec<u8>,
    kinds: &'static [Kind],
}

impl Invalidation<'_> {
    /// Finds what falls. Walks again while servers or slots move, up to three times.
    pub async fn plan(&self, surveyed: &Surveyed) -> Result<Plan, Error> {
        // A dry run may read from a replica; what is removed afterwards is looked for on the primaries.
        let mut round = 1;
        loop {
            let before = self.store.snapshot().await?;
            let mut plan = self.walk(surveyed, before).await?;
            let after = self.store.snapshot().await?;
            plan.outcome.coverage = plan.before.coverage(&after);
            if !plan.outcome.coverage.topology_changed || round == coverage::ROUNDS {
                return Ok(plan);
            }
            round += 1;
            tokio::time::sleep(coverage::PAUSE).await;
        }
    }

    async fn walk(&self, surveyed: &Surveyed, before: TopologySnapshot) -> Result<Plan, Error> {
        let mut walk = Walk::new(self, surveyed);
        if let Some(keys) = surveyed.matcher.keys() {
            let there = self.store.exist(&keys).await;
            for (key, there) in keys.into_iter().zip(there) {
                if there? {
                    walk.visit(key)?;
                }
            }
        } else {
            let mut pages = self.store.scan_pages(&surveyed.matcher.pattern()).await?;
            while let Some(page) = pages.next().await {
                page?.into_iter().try_for_each(|key| walk.visit(key))?;
                walk.look_at_hosts(self.store, VALUES).await?;
                if self.stop.heard().is_some() {
                    break;
                }
            }
        }
        walk.look_at_hosts(self.store, 0).await?;
        walk.look_into(self.store).await?;
        walk.settle(self.store).await.map(|walk| walk.plan(before))
    }
}

impl<'a> Walk<'a> {
    fn new(job: &'a Invalidation<'a>, surveyed: &'a Surveyed) -> Self {
        let wanted = &job.request.wanted;
        let of = job
            .customers
            .iter()
            .map(|c| (c.clone(), job.scheme.of_customer(c)));
        let mut walk = Self {
            surveyed,
            explain: job.request.explain,
            soft: job.request.soft,
            typed: wanted.iter().map(|(typed, _)| typed.as_str()).collect(),
            of: of.collect(),
            outcome: Outcome::default(),
            names: Spool::new(),
            found: Found {
                known: surveyed.known.clone(),
                ..Found::default()
            },
            unclaimed: Vec::new(),
            held: Vec::new(),
            seen: HashSet::new(),
            hasher: RandomState::new(),
            measured: Vec::new(),
        };
        walk.outcome.fields_of = surveyed.fields_of();
        walk.outcome.properties = surveyed.owners();
        if walk.explain {
            for (customer, fields) in &surveyed.fields {
                for (field, why) in fields {
                    let of = walk.of.get(customer).map_or("", String::as_str);
                    let key = format!("{of}{}", Entry::Hostnames).into_bytes();
                    walk.explain(Some(customer), &key, Some(field.clone()), why);
                }
            }
        }
        walk
    }

    /// Takes a key that the server gave.
    fn visit(&mut self, key: Vec<u8>) -> Result<(), Error> {
        let judged = self.surveyed.matcher.judge(&key);
        match (judged.decision, judged.customer) {
            (Decision::Own(kind, why), Some(customer)) => {
                let rest = String::from_utf8_lossy(judged.rest).into_owned();
                if let Some(known) = self.found.known.get_mut(customer) {
                    known.enter(kind, why.target, why.with.clone().unwrap_or(rest));
                }
                self.select(Some(customer), judged.rest, &key, &why)
            }
            (Decision::Named(why), customer) => self.select(customer, judged.rest, &key, &why),
            (Decision::Shared(kinds), Some(customer)) => {
                let known = self.found.known.get(customer);
                if let Some(why) = known.and_then(|known| known.why(kinds)) {
                    return self.select(Some(customer), judged.rest, &key, &why);
                }
                let customer = customer.clone();
                self.held.push(Held {
                    customer,
                    key,
                    kinds,
                });
                Ok(())
            }
            (Decision::Keep, Some(customer)) => {
                let matcher = &self.surveyed.matcher;
                let takes = || matcher.graph(customer).map(Graph::takes_hosts);
                let unclaimed = Unclaimed::new(takes, customer, judged.rest, &key);
                self.unclaimed.extend(unclaimed);
                Ok(())
            }
            _ => Ok(()),
        }
    }

    pub(super) fn select(
        &mut self,
        customer: Option<&Customer>,
        rest: &[u8],
        key: &[u8],
        why: &Reason,
    ) -> Result<(), Error> {
        let many = self.seen.len() >= APART;
        let fresh = many || self.seen.insert(self.hasher.hash_one(key));
        let soft = self.soft && customer.is_some() && soft_limit(rest).is_some();
        // What the server gave twice is removed once; only what is softened would count twice.
        if fresh || !soft {
            self.names.push(key)?;
        }
        if !fresh {
            return Ok(());
        }
        self.outcome.matched.add(why.target, customer, 1);
        if soft {
            self.outcome.softened.add(why.target, customer, 1);
        }
        self.outcome.sample.offer(rest, key);
        self.measure(key);
        if let Some(customer) = customer {
            self.property(customer, rest);
            let entry = std::str::from_utf8(rest).ok().and_then(Scheme::parse_entry);
            self.outcome
                .resources
                .extend(entry.and_then(|entry| entry.resource()));
        }
        if self.explain {
            self.explain(customer, key, None, why);
        }
        Ok(())
    }

    fn property(&mut self, customer: &Customer, rest: &[u8]) {
        let mut words = rest.split(|byte| *byte == b':');
        let (Some(b"property"), Some(id)) = (words.next(), words.next()) else {
            return;
        };
        // Details are kept by name as well, which is not what the API is asked for.
        let id = std::str::from_utf8(id)
            .ok()
            .and_then(|id| Typed::new(id).ok()?.id());
        let Some(id) = id else { return };
        let of = self.outcome.properties.entry(customer.clone()).or_default();
        if of.len() < PROPERTIES && !of.contains(id.as_str()) {
            of.insert(id.as_str().to_owned());
        }
    }

    /// Keeps a sample in which each key has the same chance.
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
        why: &Reason,
    ) {
        let typed = self.typed.get(why.target).copied().unwrap_or_default();
        let because = match (
            &why.with,
            customer.and_then(|customer| self.of.get(customer)),
        ) {
            (Some(with), Some(of)) => format!("{of}{with}"),
            _ => typed.to_owned(),
        };
        self.outcome.explained.push(Explained {
            key: String::from_utf8_lossy(key).into_owned(),
            field,
            because,
            target: why.target,
        });
    }

    /// Where none of those named has a key of its own, the lists and maps themselves may know it.
    async fn look_into(&mut self, store: &Store) -> Result<(), Error> {
        let held: Vec<(Customer, String)> = self
            .held
            .iter()
            .filter(|held| {
                self.found
                    .known
                    .get(&held.customer)
                    .is_some_and(|k| k.why(held.kinds).is_none())
            })
            .filter_map(|held| {
                Some((
                    held.customer.clone(),
                    String::from_utf8(held.key.clone()).ok()?,
                ))
            })
            .filter(|(customer, key)| self.of.get(customer).is_some_and(|of| is_list(key, of)))
            .collect();
        for (customer, key) in held {
            let value = store.get(std::slice::from_ref(&key)).await.pop();
            let Some(json) = value.map(readable).transpose()?.flatten() else {
                continue;
            };
            let graph = self.surveyed.matcher.graph(&customer);
            let found = graph.and_then(|graph| mentioned(&json, graph));
            if let (Some((target, kind, rest)), Some(known)) =
                (found, self.found.known.get_mut(&customer))
            {
                known.enter(kind, target, rest);
            }
        }
        Ok(())
    }

    /// Decides on what was held back, and measures.
    async fn settle(mut self, store: &Store) -> Result<Self, Error> {
        for held in std::mem::take(&mut self.held) {
            let why = self
                .found
                .known
                .get(&held.customer)
                .and_then(|known| known.why(held.kinds));
            let of = self.of.get(&held.customer).map_or(0, String::len);
            if let Some(why) = why {
                let rest = held.key.get(of..).unwrap_or_default().to_vec();
                self.select(Some(&held.customer), &rest, &held.key, &why)?;
            }
        }
        let sizes: Vec<u64> = store
            .memory(&self.measured)
            .await?
            .into_iter()
            .flatten()
            .collect();
        let sum: u64 = sizes.iter().sum();
        let matched = self.outcome.matched.total();
        self.outcome.bytes_exact = matched <= MEASURED as u64;
        self.outcome.bytes = if self.outcome.bytes_exact {
            sum
        } else {
            let all = u128::from(sum) * u128::from(matched);
            u64::try_from(all / (sizes.len().max(1) as u128)).unwrap_or(u64::MAX)
        };
        Ok(self)
    }

    fn plan(self, before: TopologySnapshot) -> Plan {
        Plan {
            outcome: self.outcome,
            names: self.names,
            found: self.found,
            before,
        }
    }
}

/// Whether the key holds a list or map that names what it was made from.
fn is_list(key: &str, of: &str) -> bool {
    let rest = key.strip_prefix(of).unwrap_or_default();
    rest == Entry::HostnameMap.to_string()
        || rest == Entry::Contracts.to_string()
        || rest == Entry::AccountContracts.to_string()
        || rest.starts_with("properties:")
}

/// Something named that the JSON text mentions, be it as a value or as a name of a member: its target,
/// and the key that it would have.
fn mentioned(json: &[u8], graph: &Graph) -> Option<(usize, Kind, String)> {
    let texts = json
        .split(|byte| *byte == b'"')
        .filter_map(|text| std::str::from_utf8(text).ok());
    let found = |text: &str| {
        let (kind, why, entry) = if let Some(why) = graph.why_property(text) {
            (Kind::Property, why, Entry::Property(Id::new(text).ok()?))
        } else if let Some(why) = graph.why_host(text) {
            (Kind::Host, why, Entry::Hostname(Fqdn::new(text).ok()?))
        } else {
            let why = graph.why_contract(text)?;
            (Kind::Contract, why, Entry::Contract(Id::new(text).ok()?))
        };
        Some((why.target, kind, entry.to_string()))
    };
    texts.filter_map(found).min()
}
