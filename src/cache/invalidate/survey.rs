//! What belongs to what was named: read from the cache before anything is removed from it.

use super::Invalidation;
use super::part::CustomerPlan;
use crate::cache::Error;
use crate::domain::invalidation::graph::{KnownEntities, Matcher, Reason};
use crate::domain::invalidation::target::{Pattern, Target};
use crate::domain::invalidation::{InvalidationTarget, Marks};
use crate::domain::key::{Customer, Id};
use std::collections::{BTreeMap, BTreeSet};

/// Everything that was named, and what belongs to it.
pub(crate) struct Surveyed {
    pub(crate) matcher: Matcher,
    pub(super) known: BTreeMap<Customer, KnownEntities>,
    pub(super) marks: BTreeMap<Customer, Marks>,
    /// Fields of the hash of host names to remove, each with its reason.
    pub(super) fields: BTreeMap<Customer, Vec<(String, Reason)>>,
    /// Members of the index of searches to remove.
    pub(super) members: BTreeMap<Customer, Vec<String>>,
    /// The versions of rules that the cache knows of, for each property.
    pub(super) rules: Vec<(Customer, Id, u32)>,
    /// Properties whose names only the hash of host names may tell.
    pub(super) unnamed: BTreeMap<Customer, Vec<Id>>,
    /// Properties that serve the host names named, as the cache tells.
    pub(super) owners: BTreeMap<Customer, BTreeSet<Id>>,
}

impl Surveyed {
    /// The ids of the properties that serve the host names named, for each customer.
    pub(super) fn owners(&self) -> BTreeMap<Customer, BTreeSet<String>> {
        let ids = |ids: &BTreeSet<Id>| ids.iter().map(ToString::to_string).collect();
        let owners = self.owners.iter().filter(|(_, of)| !of.is_empty());
        owners.map(|(of, all)| (of.clone(), ids(all))).collect()
    }

    /// How many fields of the hash of host names will be removed, for each customer.
    pub(super) fn fields_of(&self) -> BTreeMap<Customer, u64> {
        let fields = self.fields.iter().filter(|(_, fields)| !fields.is_empty());
        fields
            .map(|(customer, fields)| (customer.clone(), fields.len() as u64))
            .collect()
    }

    /// The marks of a customer.
    pub(crate) fn marked(&self, customer: &Customer) -> Vec<String> {
        self.marks
            .get(customer)
            .map(Marks::members)
            .unwrap_or_default()
    }
}

impl Invalidation<'_> {
    /// Reads what belongs to what was named, as far as it takes no walk through a large collection.
    pub(crate) async fn survey(&self) -> Result<Surveyed, Error> {
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
        Ok(Surveyed {
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
