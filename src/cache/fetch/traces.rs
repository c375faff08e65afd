//! Properties that the cache knows. An id that it does not know, such as a mistyped one, has nothing to be removed, and
//! takes nothing with it that embeds other properties.

use super::view::CacheView;
use crate::cache::Error;
use crate::domain::invalidation::marks::{MarkedNames, cached};
use crate::domain::key::{Entry, Id};
use crate::domain::ttl::Ttl;
use std::collections::BTreeSet;

/// Values that embed all properties.
const ALL: [Entry; 3] = [Entry::Properties, Entry::Tree, Entry::HostnameMap];

/// Keys of a property that are named by its id alone.
const OWN: [fn(Id) -> Entry; 4] = [
    Entry::Property,
    Entry::PropertyHostnames,
    Entry::Versions,
    Entry::Activations,
];

impl CacheView<'_> {
    /// Returns the properties of which a key of their own is cached, that a list of all shows, or that were invalidated
    /// in the last hour and may have been cached then.
    pub(super) async fn with_traces(&self, ids: &BTreeSet<Id>) -> Result<BTreeSet<Id>, Error> {
        let own = self.with_own_keys(ids).await?;
        let mut known: BTreeSet<Id> = own.into_iter().cloned().collect();
        let marks = self.key(&Entry::Invalidated);
        let marks = self.store.marks_since(&marks, 0).await?;
        let marked = MarkedNames::read(cached(marks.unwrap_or_default()));
        if marked.everything {
            // It is not known what was cached then, and undo may restore it.
            return Ok(ids.clone());
        }
        known.extend(ids.intersection(&marked.properties).cloned());
        for entry in &ALL {
            let rest: Vec<&Id> = ids.difference(&known).collect();
            if rest.is_empty() {
                break;
            }
            let value = self.value(entry).await?.unwrap_or_default();
            let value = String::from_utf8_lossy(&value);
            let shown = rest.into_iter().filter(|id| {
                let text = serde_json::Value::from(id.as_str()).to_string();
                value.contains(&text)
            });
            let shown: Vec<Id> = shown.cloned().collect();
            known.extend(shown);
        }
        Ok(known)
    }

    /// Returns the properties of which a key of their own is cached.
    pub(super) async fn with_own_keys<'i>(
        &self,
        ids: &'i BTreeSet<Id>,
    ) -> Result<BTreeSet<&'i Id>, Error> {
        let mut keys = Vec::with_capacity(ids.len() * OWN.len());
        for id in ids {
            keys.extend(OWN.iter().map(|entry| self.key(&entry(id.clone()))));
        }
        let left = self.store.time_to_live(&keys).await;
        let left = left.into_iter().collect::<Result<Vec<Ttl>, _>>()?;
        let is_there = |left: &Ttl| *left != Ttl::Absent;
        let each = ids.iter().zip(left.chunks(OWN.len()));
        let each = each.filter(|(_, own)| own.iter().any(is_there));
        Ok(each.map(|(id, _)| id).collect())
    }
}
