//! Properties that the API does not know.

use super::Reader;
use super::look::CACHE;
use crate::cache::Error;
use crate::domain::key::{Entry, Id};
use crate::domain::ttl::Resource;
use std::collections::BTreeSet;

impl Reader<'_> {
    /// Removes what is cached of properties that do not exist, and remembers for a while that they do not.
    pub(super) async fn note_gone(&self, mut ids: BTreeSet<Id>) {
        ids.retain(|id| !self.state.gone.borrow().contains(id));
        if ids.is_empty() {
            return;
        }
        if let Some(cache) = self.cache()
            && let Err(error) = cache.remove_gone(&ids).await
        {
            self.warn_once(
                CACHE,
                &format!("what is cached of deleted properties could not be removed: {error}"),
            );
        }
        let ttl = self.about.lifetimes.policy.ttl(Resource::Absent);
        let marks = ids.iter().filter_map(|id| {
            let mark = Entry::Property(id.clone()).absent()?;
            Some(self.keys().set(&mark, b"404".to_vec(), ttl))
        });
        let mut marks: Vec<_> = marks.collect();
        self.report(&self.put_unmarked(&mut marks, None).await);
        self.state.gone.borrow_mut().extend(ids);
    }

    /// Fails if this command knows that the property of an item does not exist, or may not ask for it or for a host
    /// name.
    pub(super) fn refuse_known(&self, item: &Entry) -> Result<(), Error> {
        let id = match item {
            Entry::Hostname(name) => Id::new(name.as_str()).ok(),
            item => item.property().cloned(),
        };
        match id {
            Some(id) if self.state.gone.borrow().contains(&id) => Err(self.unknown(item)),
            Some(id) if self.state.unlisted.borrow().contains(&id) => Err(Error::Unlisted(id)),
            _ => Ok(()),
        }
    }
}
