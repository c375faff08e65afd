//! Removes what embeds a former form, at the end of a run.

use super::{Changes, Finder};
use crate::cache::Error;
use crate::cache::fetch::marks::{mark_gone, mark_unhashed};
use crate::cache::fetch::view::{CacheView, text_at};
use crate::cache::invalidate::{Invalidation, RemovedStale};
use crate::domain::invalidation::InvalidationRequest;
use crate::domain::invalidation::graph::RewrittenProperty;
use crate::domain::json::same_json;
use crate::domain::key::Id;
use crate::domain::progress::NoProgress;
use crate::domain::ttl::Resource;
use crate::stop::Stop;
use std::collections::HashSet;

impl Changes {
    /// Removes stale values. If the former host names of a named property are unknown, lost ones are searched
    /// among all cached host names.
    pub(crate) async fn remove_stale(
        mut self,
        cache: &CacheView<'_>,
    ) -> Result<RemovedStale, Error> {
        let properties = &mut self.changed.properties;
        properties.retain(|id, _| !self.changed.gone.contains(id));
        if self.changed.is_empty() {
            return Ok(RemovedStale::default());
        }
        mark_gone(cache, &self.changed.gone, self.hash_whole).await?;
        self.name(cache).await?;
        // A run of the account asks for all properties that may have lost names or have them by now.
        let searched = self.hosts.as_ref().filter(|_| self.finder == Finder::Named);
        let loses = |id: &Id| searched.is_some_and(|hosts| hosts.contains_key(id));
        let ids = self.changed.properties.keys();
        let unhashed = ids.filter(|id| loses(id) || !self.keeps_hosts(id));
        let unhashed: Vec<&Id> = unhashed.collect();
        mark_unhashed(cache, &unhashed).await?;
        let old = self.old_items(cache).await?;
        for id in self.changed.properties.keys() {
            let stored = self.has_stored(Resource::Hostnames, id);
            let hosts = self.keeps_hosts(id);
            // Those not kept were made from the former version. So were the lists of versions and activations.
            let listed = !self.embedded.contains(id);
            let own = RewrittenProperty {
                item: !old.contains(id),
                versions: listed || self.has_stored(Resource::Versions, id),
                activations: listed || self.has_stored(Resource::Activations, id),
                hosts,
                names: if hosts {
                    let hosts = self.hosts.as_mut();
                    hosts.and_then(|hosts| hosts.remove(id)).filter(|_| stored)
                } else {
                    Some(self.stored_names.remove(id).unwrap_or_default())
                },
            };
            self.changed.rewritten.add_property(id.as_str(), own);
        }
        let request = InvalidationRequest {
            cascade: true,
            ..InvalidationRequest::default()
        };
        let job = Invalidation {
            store: cache.store,
            scheme: cache.keys.scheme,
            customers: std::slice::from_ref(cache.keys.customer),
            request: &request,
            progress: &NoProgress,
            // This finishes work that is already done.
            stop: &Stop::never(),
        };
        Box::pin(job.remove_stale(cache.keys.customer, self.changed)).await
    }

    /// Returns true if the cached host names of a property are those of its present version.
    fn keeps_hosts(&self, id: &Id) -> bool {
        self.has_stored(Resource::Hostnames, id) || !self.embedded.contains(id)
    }

    /// Returns the properties whose own key still has another than the newest form.
    async fn old_items(&self, cache: &CacheView<'_>) -> Result<HashSet<Id>, Error> {
        let stored = |id: &Id| self.has_stored(Resource::Details, id);
        let newest = self.newest.keys().filter(|id| !stored(id));
        let mut old = HashSet::new();
        let read = cache.each_item(newest, |id, cached| {
            if let (Some(new), Some(cached)) = (self.newest.get(id), cached)
                && !same_json(&cached, new.as_bytes())
            {
                old.insert(id.clone());
            }
        });
        read.await?;
        Ok(old)
    }

    /// Adds the names of properties whose host names alone were stored.
    async fn name(&mut self, cache: &CacheView<'_>) -> Result<(), Error> {
        let all = self.changed.properties.iter();
        let nameless = all.filter(|(_, names)| names.is_empty());
        let nameless: Vec<Id> = nameless.map(|(id, _)| id.clone()).collect();
        let read = cache.each_item(&nameless, |id, json| {
            let name = json.and_then(|json| text_at(&json, &["propertyName"]));
            self.changed.add(id.clone(), name);
        });
        read.await
    }
}
