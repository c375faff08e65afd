//! What the cache rules out: a name that a complete value lacks does not exist.

use crate::cache::Error;
use crate::cache::read::Reader;
use crate::domain::duration::milliseconds;
use crate::domain::invalidation::marks::{is_unread_pair, may_be_unhashed};
use crate::domain::key::{Entry, Fqdn};
use crate::domain::read::search::Match;
use crate::domain::ttl::{Resource, Ttl};
use crate::store::Store;

impl Reader<'_> {
    /// Returns the host names that may exist although they have no key of their own. Names that are missing from the
    /// hash of all host names do not exist, unless a mark made since the hash was written says that they may, or its TTL
    /// is that of an incomplete one.
    pub(super) async fn not_denied(
        &self,
        names: Vec<(Match, Fqdn)>,
    ) -> Result<Vec<(Match, Fqdn)>, Error> {
        let Some(store) = self.usable().filter(|_| !names.is_empty()) else {
            return Ok(names);
        };
        let hash = self.key(&Entry::Hostnames);
        // Before the fields: a hash that is written in between may have the names.
        let Some(made) = self.made(store, &hash, Resource::Hostnames).await else {
            return Ok(names);
        };
        let fields: Vec<String> = names.iter().map(|(_, name)| name.to_string()).collect();
        let (listed, marked) = futures_util::join!(
            store.field_values(&hash, &fields),
            self.marked_since(store, made)
        );
        let (Ok(listed), Some(marked)) = (listed, marked) else {
            return Ok(names);
        };
        let may_exist = |name: &Fqdn| marked.iter().any(|member| may_be_unhashed(member, name));
        let each = names.into_iter().zip(listed);
        let each = each.filter(|((_, name), field)| field.is_some() || may_exist(name));
        Ok(each.map(|(name, _)| name).collect())
    }

    /// Returns false if the cached list of all properties lacks those of a pair that could not be read.
    pub(super) async fn lists_all(&self) -> bool {
        let Some(store) = self.usable() else {
            return true;
        };
        let list = self.key(&Entry::Properties);
        let made = self.made(store, &list, Resource::Properties).await;
        let marked = self.marked_since(store, made.unwrap_or_default()).await;
        !marked.is_some_and(|marked| marked.iter().any(|member| is_unread_pair(member)))
    }

    /// Returns when a value was written, by the clock of the marks (ms since 1970); `None` if that is not known, or if
    /// its TTL is that of an incomplete one.
    async fn made(&self, store: &Store, key: &str, resource: Resource) -> Option<u64> {
        // Read before the TTL: no mark after the value may seem older than it.
        let now = store.now_for(&self.key(&Entry::Invalidated)).await.ok()?;
        let left = store.time_to_live(&[key]).await.pop()?.ok()?;
        let lifetimes = &self.about.lifetimes;
        if matches!(left, Ttl::Left(left) if left <= lifetimes.incomplete(resource)) {
            return None;
        }
        // The age of a stale value is unknown, so it denies nothing.
        let Ttl::Left(left) = lifetimes.own_time(resource, left) else {
            return None;
        };
        let age = lifetimes.policy.ttl(resource).saturating_sub(left);
        Some(now.saturating_sub(milliseconds(age)))
    }

    async fn marked_since(&self, store: &Store, at: u64) -> Option<Vec<String>> {
        let marks = self.key(&Entry::Invalidated);
        let marked = store.marks_since(&marks, at).await.ok()??;
        Some(marked.into_iter().map(|(member, _)| member).collect())
    }
}
