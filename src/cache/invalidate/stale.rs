//! A change makes more stale than its own key: searches, lists by parameter, details and the map embed
//! whole properties. Whoever has stored a property in a changed form removes them here, and whoever has
//! found that one is gone removes all of it.

use super::Invalidation;
use super::pace::Pace;
use super::part::CustomerPlan;
use super::remove::Removal;
use super::survey::Surveyed;
use super::walk::WalkProgress;
use crate::cache::Error;
use crate::domain::invalidation::graph::{Anew, EntityKind, KnownEntities, Matcher, Reason};
use crate::domain::key::{Customer, Entry, Id};
use std::collections::{BTreeMap, BTreeSet};

/// The places of the two kinds of properties in the counts of a removal.
const CHANGED: usize = 0;
const GONE: usize = 1;

/// What embeds properties, whichever.
const EMBEDDING: [&str; 6] = [
    "search:*",
    "searches",
    "properties:*",
    "property:*:details",
    "hostname:map",
    "absent:*",
];

/// What has changed in a customer's cache.
#[derive(Debug, Default)]
pub(crate) struct Changed {
    /// Properties that were stored in a changed form, with the names that they have and had; none
    /// where the name is not known.
    pub properties: BTreeMap<Id, Vec<String>>,
    /// Properties were stored of which nothing tells the former form, and which are not named.
    pub unknown: bool,
    /// Properties that are gone at Akamai.
    pub gone: BTreeSet<Id>,
    /// What stays.
    pub anew: Anew,
}

/// What was removed because of that.
#[derive(Debug, Default)]
pub(crate) struct RemovedStale {
    /// Keys that embedded a former form.
    pub embedding: u64,
    /// Keys of properties that are gone, or host names that one has lost.
    pub gone: u64,
    /// Fields of the hash of host names, likewise.
    pub fields: u64,
    /// Why the keyspace was not walked, where it was not: only what can be named was removed.
    pub unwalked: Option<String>,
}

impl Changed {
    /// Adds a property under these names, each once.
    pub(crate) fn add(&mut self, id: Id, names: impl IntoIterator<Item = String>) {
        let all = self.properties.entry(id).or_default();
        for name in names {
            if !name.is_empty() && !all.contains(&name) {
                // A first run adds all properties, most of them under one name.
                all.reserve_exact(1);
                all.push(name);
            }
        }
    }

    /// Whether nothing has changed.
    pub(crate) fn is_empty(&self) -> bool {
        self.properties.is_empty() && self.gone.is_empty() && !self.unknown
    }
}

impl Invalidation<'_> {
    /// Removes what became stale by a change, in one walk over the customer's keys.
    pub(crate) async fn remove_stale(
        &self,
        customer: &Customer,
        changed: Changed,
    ) -> Result<RemovedStale, Error> {
        let mut surveyed = self.survey_changed(customer, changed).await?;
        self.survey_hashes(&mut surveyed).await?;
        let plan = self.plan(&surveyed, &mut WalkProgress::default()).await?;
        let mut removal = Removal::new(self, None, Pace::new(None));
        removal.once(&surveyed, plan, false).await;
        let ended = removal.end();
        ended.error.map_or(Ok(()), Err)?;
        let outcome = ended.outcome;
        Ok(RemovedStale {
            embedding: outcome.removed.of_target(CHANGED),
            gone: outcome.removed.of_target(GONE),
            fields: outcome.fields(),
            unwalked: outcome.unwalked,
        })
    }

    async fn survey_changed(
        &self,
        customer: &Customer,
        changed: Changed,
    ) -> Result<Surveyed, Error> {
        let mut part = CustomerPlan::new(self, customer);
        let mut known = KnownEntities::default();
        let mut name = |part: &mut CustomerPlan<'_>, id: &Id, target| {
            part.graph.property(id, Reason { target, with: None });
            let key = Entry::Property(id.clone()).to_string();
            known.add(EntityKind::Property, target, key);
        };
        for id in &changed.gone {
            name(&mut part, id, GONE);
        }
        // What is gone is called what the cache says, and has the host names that are cached as its own.
        let unnamed = part.property_names().await?;
        for (id, names) in &changed.properties {
            name(&mut part, id, CHANGED);
            if names.is_empty() {
                part.graph.nameless(id);
            }
            for text in names {
                part.graph.property_name(id, text);
            }
        }
        if changed.unknown {
            for pattern in EMBEDDING {
                part.graph.pattern(pattern, CHANGED);
            }
        }
        part.graph.stored_anew(changed.anew);
        let of = |customer: &Customer| customer.clone();
        Ok(Surveyed {
            matcher: Matcher::new(self.scheme, [(of(customer), part.graph)]),
            known: BTreeMap::from([(of(customer), known)]),
            unnamed: BTreeMap::from([(of(customer), unnamed)]),
            marks: BTreeMap::new(),
            fields: BTreeMap::new(),
            members: BTreeMap::new(),
            rules: Vec::new(),
            owners: BTreeMap::new(),
        })
    }
}
