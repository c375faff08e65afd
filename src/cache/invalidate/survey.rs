//! Reads what belongs to the named items from the cache, before anything is removed.

use super::Invalidation;
use super::part::{CustomerPlan, SurveyedPart};
use crate::cache::Error;
use crate::domain::invalidation::InvalidationTarget;
use crate::domain::invalidation::graph::{Decision, Matcher, Reason};
use crate::domain::invalidation::target::{Pattern, Target};
use crate::domain::key::{Customer, Entry, Id};
use crate::domain::ttl::Resource;
use std::collections::{BTreeMap, BTreeSet};

/// The named items and everything that belongs to them.
pub(crate) struct RemovalSurvey {
    pub(crate) matcher: Matcher,
    pub(super) parts: BTreeMap<Customer, SurveyedPart>,
    /// Known versions of rules for each property.
    pub(super) rules: Vec<(Customer, Id, u32)>,
}

impl RemovalSurvey {
    /// Returns the ids of properties that serve the named hostnames, for each customer.
    pub(super) fn owners(&self) -> BTreeMap<Customer, BTreeMap<String, BTreeSet<Resource>>> {
        let owner = |id: &Id| (id.to_string(), BTreeSet::new());
        let ids = |ids: &BTreeSet<Id>| ids.iter().map(owner).collect();
        let parts = self.parts.iter();
        parts
            .filter(|(_, part)| !part.owners.is_empty())
            .map(|(customer, part)| (customer.clone(), ids(&part.owners)))
            .collect()
    }

    /// Returns the named hostnames and details whose property would be removed with them and is in no customer's cache.
    pub(super) fn unowned(&self) -> BTreeSet<String> {
        let parts = self.parts.values().map(|part| part.unowned.clone());
        let in_all = parts.reduce(|one, other| &one & &other);
        in_all.unwrap_or_default()
    }

    /// Returns the fields to remove from a customer's hash of hostnames, each with its reason; none if the whole hash is
    /// removed. Undo would restore a field saved before its hash first, and take it for a newer hash.
    pub(super) fn fields(&self, customer: &Customer) -> &[(String, Reason)] {
        let hash = Entry::Hostnames.to_string();
        let graph = self.matcher.graph(customer);
        match graph.map(|graph| graph.judge(hash.as_bytes())) {
            Some(Decision::Named(_)) => &[],
            _ => self.parts.get(customer).map_or(&[], |part| &part.fields),
        }
    }

    /// Returns how many fields of the hash of hostnames will be removed, for each customer.
    pub(super) fn fields_of(&self) -> BTreeMap<Customer, u64> {
        let customers = self.parts.keys();
        customers
            .map(|customer| (customer.clone(), self.fields(customer).len() as u64))
            .filter(|(_, fields)| *fields > 0)
            .collect()
    }

    /// Returns a customer's marks.
    pub(crate) fn marked(&self, customer: &Customer) -> Vec<String> {
        let part = self.parts.get(customer);
        part.map(|part| part.marks.members()).unwrap_or_default()
    }
}

impl Invalidation<'_> {
    /// Reads what belongs to the named items, without walking a large collection.
    pub(crate) async fn survey(&self) -> Result<RemovalSurvey, Error> {
        let (mut graphs, mut rules) = (Vec::new(), Vec::new());
        let mut parts = BTreeMap::new();
        for customer in self.customers {
            let mut part = CustomerPlan::new(self, customer);
            part.name();
            part.generations().await?;
            part.tags().await?;
            part.add_owners().await?;
            part.invalidated_before().await?;
            part.hosts().await?;
            part.rules(&mut rules).await?;
            part.found.unnamed = part.property_names().await?;
            part.found.fields = part.fields().await?;
            part.mark();
            graphs.push((customer.clone(), part.graph));
            parts.insert(customer.clone(), part.found);
        }
        let mut matcher = Matcher::new(self.scheme, graphs);
        for (at, (_, wanted)) in self.request.wanted.iter().enumerate() {
            match wanted {
                InvalidationTarget::Pattern(Pattern::History(pattern)) => {
                    matcher.history(pattern.clone(), at);
                }
                InvalidationTarget::Target(Target::History(key)) => {
                    matcher.history(crate::domain::glob::escape(key), at);
                }
                _ => {}
            }
        }
        Ok(RemovalSurvey {
            matcher,
            parts,
            rules,
        })
    }
}
