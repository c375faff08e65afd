//! Removes what became stale when a property changed: searches, lists by parameter, details and the map embed whole
//! properties. A run that stored a changed property removes them with this module, and a run that found a property
//! gone removes all its keys.

use super::Invalidation;
use super::pace::Pace;
use super::part::CustomerPlan;
use super::remove::Removal;
use super::survey::RemovalSurvey;
use super::walk::WalkProgress;
use crate::cache::Error;
use crate::domain::invalidation::graph::{EntityKind, Matcher, Reason, RewrittenKeys};
use crate::domain::key::{Customer, Entry, Id};
use std::collections::{BTreeMap, BTreeSet};

/// Indexes of the two kinds of properties in the counts of a removal.
const CHANGED: usize = 0;
const GONE: usize = 1;

/// Patterns of keys that embed properties.
const EMBEDDING: [&str; 6] = [
    "search:*",
    "searches",
    "properties:*",
    "property:*:details",
    "hostname:map",
    "absent:*",
];

/// Changes in a customer's cache.
#[derive(Debug, Default)]
pub(crate) struct CacheChanges {
    /// Properties that were stored with changes, with their current and former names; empty if the name is unknown.
    pub properties: BTreeMap<Id, Vec<String>>,
    /// Those of them whose former name may be another.
    pub renamed: BTreeSet<Id>,
    /// Properties were stored whose former content is unknown; they are not listed here.
    pub unknown: bool,
    /// Properties that no longer exist at Akamai.
    pub gone: BTreeSet<Id>,
    /// Keys that stay because they were just stored.
    pub rewritten: RewrittenKeys,
}

/// What was removed because of the changes.
#[derive(Debug, Default)]
pub(crate) struct RemovedStale {
    /// Keys that embedded former content.
    pub embedding: u64,
    /// Keys of properties that are gone, and of hostnames that a property has lost.
    pub gone: u64,
    /// Fields of the hash of hostnames for the same reason.
    pub fields: u64,
    /// Some of these keys, of each kind.
    pub sample: Vec<String>,
    /// Why the keyspace was not walked, if so; then only keys that can be named were removed.
    pub scan_skipped: Option<String>,
}

impl CacheChanges {
    /// Adds a property with these names, without duplicates.
    pub(crate) fn add(&mut self, id: Id, names: impl IntoIterator<Item = String>) {
        let all = self.properties.entry(id).or_default();
        for name in names {
            if !name.is_empty() && !all.contains(&name) {
                // A first run adds all properties, most of them with one name.
                all.reserve_exact(1);
                all.push(name);
            }
        }
    }

    /// True if nothing has changed.
    pub(crate) fn is_empty(&self) -> bool {
        self.properties.is_empty() && self.gone.is_empty() && !self.unknown
    }
}

impl Invalidation<'_> {
    /// Removes what a change made stale, in one walk over the customer's keys.
    pub(crate) async fn remove_stale(
        &self,
        customer: &Customer,
        changed: CacheChanges,
    ) -> Result<RemovedStale, Error> {
        let mut surveyed = self.survey_changed(customer, changed).await?;
        self.survey_hashes(&mut surveyed).await?;
        let plan = self.plan(&surveyed, &mut WalkProgress::default()).await?;
        let mut removal = Removal::new(self, None, Pace::new(None));
        removal.once(&surveyed, plan).await;
        let ended = removal.end();
        ended.error.map_or(Ok(()), Err)?;
        let outcome = ended.outcome;
        Ok(RemovedStale {
            embedding: outcome.removed.of_target(CHANGED),
            gone: outcome.removed.of_target(GONE),
            fields: outcome.fields(),
            sample: outcome.sample.keys().into_iter().map(Into::into).collect(),
            scan_skipped: outcome.scan_skipped,
        })
    }

    async fn survey_changed(
        &self,
        customer: &Customer,
        changed: CacheChanges,
    ) -> Result<RemovalSurvey, Error> {
        let mut part = CustomerPlan::new(self, customer);
        let name = |part: &mut CustomerPlan<'_>, id: &Id, target| {
            part.graph.property(id, Reason::named(target));
            let key = Entry::Property(id.clone()).to_string();
            part.found.known.add(EntityKind::Property, target, key);
        };
        for id in &changed.gone {
            name(&mut part, id, GONE);
        }
        // The names and hostnames of properties that are gone come from the cache.
        part.found.unnamed = part.property_names().await?;
        for (id, names) in &changed.properties {
            name(&mut part, id, CHANGED);
            if names.is_empty() || changed.renamed.contains(id) {
                part.graph.unnamed_property(id);
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
        part.graph.set_rewritten(changed.rewritten);
        Ok(RemovalSurvey {
            matcher: Matcher::new(self.scheme, [(customer.clone(), part.graph)]),
            parts: BTreeMap::from([(customer.clone(), part.found)]),
            rules: Vec::new(),
        })
    }
}
