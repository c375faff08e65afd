//! What the marks show: whatever was invalidated in the last hour was cached, even if no key shows it any more. So a
//! removal that was interrupted, or that was too narrow, can be run again.

use super::Invalidation;
use super::part::CustomerPlan;
use super::survey::RemovalSurvey;
use crate::cache::Error;
use crate::domain::invalidation::MARK_LIFE;
use crate::domain::invalidation::graph::{EntityKind, KnownEntities};
use crate::domain::invalidation::marks::{MarkedNames, cached, uncached};
use crate::domain::key::{Entry, Fqdn};
use crate::store;

impl CustomerPlan<'_> {
    /// Counts the named properties and host names that have a mark as known.
    pub(super) async fn invalidated_before(&mut self) -> Result<(), Error> {
        let ids = self.ids();
        let names = self.graph.host_names().into_iter();
        let names: Vec<Fqdn> = names.filter_map(|name| Fqdn::new(name).ok()).collect();
        if ids.is_empty() && names.is_empty() && self.found.unowned.is_empty() {
            return Ok(());
        }
        let marks = self.key(&Entry::Invalidated);
        let marks = self.job.store.marks_since(&marks, 0).await?;
        let marked = MarkedNames::read(cached(marks.unwrap_or_default()));
        let (graph, found) = (&mut self.graph, &mut self.found);
        for id in ids.into_iter().filter(|id| marked.properties.contains(id)) {
            let target = graph.why_property(&id).map_or(0, |why| why.target);
            let property = Entry::Property(id.clone()).to_string();
            found.known.add(EntityKind::Property, target, property);
            // What a refill has failed to fetch is fetched by the next.
            found.owners.insert(id);
        }
        for name in names.into_iter().filter(|name| marked.hosts.contains(name)) {
            let target = graph.why_host(name.as_str()).map_or(0, |why| why.target);
            let unowned = found.unowned.contains(name.as_str());
            let host = Entry::Hostname(name).to_string();
            found.known.add(EntityKind::Host, target, host.clone());
            if unowned {
                graph.unknown_property(false);
                found.known.add(EntityKind::Property, target, host);
            }
        }
        // A name has no mark of its own: it was invalidated as everything.
        for (typed, target) in self.names_in_details.iter().filter(|_| marked.everything) {
            let details = Entry::PropertyDetails(typed.clone()).to_string();
            if found.unowned.contains(&details) {
                graph.unknown_property(true);
                found.known.add(EntityKind::Property, *target, details);
            }
        }
        Ok(())
    }
}

impl Invalidation<'_> {
    /// Records, after a run that found nothing, that the marks of unknown items do not show that they were cached.
    pub(crate) async fn mark_uncached(&self, surveyed: &RemovalSurvey) -> Result<(), Error> {
        for (customer, part) in &surveyed.parts {
            let members = part.marks.members().into_iter();
            let named = members.filter(|member| member != "*");
            let members: Vec<String> = named.map(|member| uncached(&member)).collect();
            if members.is_empty() || part.known != KnownEntities::default() {
                continue;
            }
            let key = self.key(customer, &Entry::Invalidated);
            let now = self.store.now_for(&key).await?;
            match self.store.mark(&key, now, &members, MARK_LIFE).await {
                Err(store::Error::OutOfMemory { .. }) => {}
                marked => marked?,
            }
        }
        Ok(())
    }
}
