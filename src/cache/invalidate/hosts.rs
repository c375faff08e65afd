//! Hostnames that only their own value or the hash assigns to a property, because the property's list may have
//! expired first. They may be all that shows the property.

use super::Invalidation;
use super::survey::RemovalSurvey;
use crate::cache::Error;
use crate::cache::values::{owner_of_field, traits};
use crate::domain::invalidation::graph::{EntityKind, Graph, KnownEntities, Reason};
use crate::domain::key::{Customer, Entry, Fqdn, Id};
use std::collections::BTreeSet;

/// Number of values read at a time.
pub(super) const VALUES: usize = 500;

/// A hostname that no list named, until its value is read.
pub(super) struct UnclaimedHost {
    pub(super) customer: Customer,
    pub(super) place: Option<usize>,
    pub(super) key: String,
    pub(super) rest: String,
    /// The key is removed anyway; its value may show a property.
    pub(super) is_selected: bool,
}

impl UnclaimedHost {
    /// Returns a key that would stay, if it is a hostname that may belong to a targeted property.
    pub(super) fn new(
        reads: impl FnOnce() -> Option<bool>,
        customer: &Customer,
        place: Option<usize>,
        rest: &[u8],
        key: &[u8],
    ) -> Option<Self> {
        let name = rest.strip_prefix(b"hostname:")?;
        // The map's name has no dot, and a lock's has a colon.
        let is_name = name.contains(&b'.') && !name.contains(&b':');
        (is_name && reads()?).then_some(())?;
        Some(Self {
            customer: customer.clone(),
            place,
            key: String::from_utf8(key.to_vec()).ok()?,
            rest: String::from_utf8(rest.to_vec()).ok()?,
            is_selected: false,
        })
    }
}

impl Invalidation<'_> {
    /// Walks the hashes of hostnames, which may show that a property is cached. With cascade, properties include hostnames
    /// that only the hash assigns to them. Hostnames that are already in the graph are skipped.
    pub(crate) async fn survey_hashes(&self, surveyed: &mut RemovalSurvey) -> Result<(), Error> {
        for customer in self.customers {
            let Some(graph) = surveyed.matcher.graph_mut(customer) else {
                continue;
            };
            let part = surveyed.parts.entry(customer.clone()).or_default();
            if !graph.reads_hosts(&part.known) {
                continue;
            }
            let unnamed = std::mem::take(&mut part.unnamed);
            let found = self.hosts_of_hash(customer, graph, &mut part.known, unnamed);
            let found = found.await?;
            for (name, _) in &found {
                part.marks.host(name);
            }
            part.fields.extend(found);
        }
        Ok(())
    }

    /// Adds the hostnames that belong to properties of the graph, and returns the fields that were not named before.
    async fn hosts_of_hash(
        &self,
        customer: &Customer,
        graph: &mut Graph,
        known: &mut KnownEntities,
        unnamed: Vec<Id>,
    ) -> Result<Vec<(String, Reason)>, Error> {
        let mut found: Vec<(Fqdn, Id, usize)> = Vec::new();
        let hash = self.key(customer, &Entry::Hostnames);
        let mut names: BTreeSet<(String, Id)> = BTreeSet::new();
        let read = self.store.fields(&hash, |name, value| {
            let other = |id: &str| graph.why_property(id).is_none();
            if owner_of_field(value).is_some_and(other) {
                return;
            }
            let name = std::str::from_utf8(name)
                .ok()
                .and_then(|name| Fqdn::new(name).ok());
            let owner = traits(value).and_then(|item| {
                let text = name.as_ref().map_or("", Fqdn::as_str);
                let target = graph.takes_host(&item.id, text)?.target;
                if !item.name.is_empty() {
                    names.insert((item.name, item.id.clone()));
                }
                Some((item.id, target))
            });
            if let (Some(name), Some((id, target))) = (name, owner) {
                found.push((name, id, target));
            }
        });
        read.await?;
        for (name, id) in &names {
            graph.property_name(id, name);
        }
        let have: BTreeSet<&Id> = names.iter().map(|(_, id)| id).collect();
        for id in unnamed {
            if !have.contains(&id) {
                graph.unnamed_property(&id);
            }
        }
        let mut fields = Vec::new();
        for (name, id, target) in found {
            let property = Entry::Property(id).to_string();
            known.add(EntityKind::Property, target, property.clone());
            let reason = Reason {
                target,
                with: Some(property),
            };
            if graph.cascades() && graph.why_host(name.as_str()).is_none() {
                graph.host(&name, reason.clone());
                fields.push((name.as_str().to_owned(), reason));
            }
        }
        Ok(fields)
    }
}
