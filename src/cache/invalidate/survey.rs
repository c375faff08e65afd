//! Reads what belongs to the named items from the cache, before anything is removed.

use super::Invalidation;
use super::part::CustomerPlan;
use crate::cache::Error;
use crate::domain::invalidation::graph::{KnownEntities, Matcher, Reason};
use crate::domain::invalidation::target::{Pattern, Target};
use crate::domain::invalidation::{InvalidationTarget, Marks};
use crate::domain::key::{Customer, Id};
use std::collections::{BTreeMap, BTreeSet};

/// The named items and everything that belongs to them.
pub(crate) struct RemovalSurvey {
    pub(crate) matcher: Matcher,
    pub(super) known: BTreeMap<Customer, KnownEntities>,
    pub(super) marks: BTreeMap<Customer, Marks>,
    /// Fields of the hash of hostnames to remove, each with its reason.
    pub(super) fields: BTreeMap<Customer, Vec<(String, Reason)>>,
    /// Members of the search index to remove.
    pub(super) members: BTreeMap<Customer, Vec<String>>,
    /// Known versions of rules for each property.
    pub(super) rules: Vec<(Customer, Id, u32)>,
    /// Properties whose names only the hash of hostnames may contain.
    pub(super) unnamed: BTreeMap<Customer, Vec<Id>>,
    /// Properties that serve the named hostnames, by the cache.
    pub(super) owners: BTreeMap<Customer, BTreeSet<Id>>,
}

impl RemovalSurvey {
    /// Returns the ids of properties that serve the named hostnames, for each customer.
    pub(super) fn owners(&self) -> BTreeMap<Customer, BTreeSet<String>> {
        let ids = |ids: &BTreeSet<Id>| ids.iter().map(ToString::to_string).collect();
        let owners = self.owners.iter().filter(|(_, of)| !of.is_empty());
        owners.map(|(of, all)| (of.clone(), ids(all))).collect()
    }

    /// Returns how many fields of the hash of hostnames will be removed, for each customer.
    pub(super) fn fields_of(&self) -> BTreeMap<Customer, u64> {
        let fields = self.fields.iter().filter(|(_, fields)| !fields.is_empty());
        fields
            .map(|(customer, fields)| (customer.clone(), fields.len() as u64))
            .collect()
    }

    /// Returns a customer's marks.
    pub(crate) fn marked(&self, customer: &Customer) -> Vec<String> {
        self.marks
            .get(customer)
            .map(Marks::members)
            .unwrap_or_default()
    }
}

impl Invalidation<'_> {
    /// Reads what belongs to the named items, without walking a large collection.
    pub(crate) async fn survey(&self) -> Result<RemovalSurvey, Error> {
        let (mut graphs, mut rules) = (Vec::new(), Vec::new());
        let (mut known, mut marks) = (BTreeMap::new(), BTreeMap::new());
        let (mut fields, mut members) = (BTreeMap::new(), BTreeMap::new());
        let (mut owners, mut unnamed) = (BTreeMap::new(), BTreeMap::new());
        for customer in self.customers {
            let mut part = CustomerPlan::new(self, customer);
            part.name();
            part.generations().await?;
            part.tags().await?;
            part.owners().await?;
            part.hosts().await?;
            part.rules(&mut rules).await?;
            unnamed.insert(customer.clone(), part.property_names().await?);
            fields.insert(customer.clone(), part.fields().await?);
            part.mark();
            graphs.push((customer.clone(), part.graph));
            known.insert(customer.clone(), part.known);
            marks.insert(customer.clone(), part.marks);
            members.insert(customer.clone(), part.members);
            owners.insert(customer.clone(), part.owners);
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
            known,
            marks,
            fields,
            members,
            rules,
            unnamed,
            owners,
        })
    }
}
