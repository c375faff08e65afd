//! Runs for named properties overlap, and one that fetched a property before it changed may write after another that
//! has the new form. It sees that the cached item is neither the one that was there before it asked nor its own, and
//! asks again.

use super::baseline::{Digest, digest};
use super::view::CacheView;
use crate::cache::Error;
use crate::domain::json::same_json;
use crate::domain::key::Id;
use crate::domain::papi::Property;
use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap};
use std::rc::Rc;

/// Number of times that a property is fetched again because another run has stored it meanwhile. It is no failure
/// if yet another has after that: that one sees this run's answer.
pub(super) const TIMES: usize = 2;

/// The cached items of named properties, as this run knows them.
#[derive(Default)]
pub(super) struct KnownItems {
    /// As they were before the first call, or as this run has written them.
    digests: RefCell<HashMap<Id, Digest>>,
    overtaken: RefCell<BTreeSet<Id>>,
}

impl KnownItems {
    /// Compares the item that is cached now with the fetched one.
    fn compare(&self, id: &Id, cached: &[u8], fetched: &[u8]) {
        let known = self.digests.borrow().get(id).copied();
        if known != Some(digest(cached)) && !same_json(cached, fetched) {
            self.overtaken.borrow_mut().insert(id.clone());
        }
    }

    /// Compares the item that is about to be replaced.
    pub(super) fn replace(&self, id: &Id, cached: Option<&[u8]>, fetched: &[u8]) {
        if let Some(cached) = cached {
            self.compare(id, cached, fetched);
        }
        let mut digests = self.digests.borrow_mut();
        digests.insert(id.clone(), digest(fetched));
    }

    /// Reads the cached items of properties that are about to be fetched.
    pub(super) async fn read(&self, cache: &CacheView<'_>, ids: &[Id]) -> Result<(), Error> {
        let read = cache.each_item(ids, |id, value| {
            let mut digests = self.digests.borrow_mut();
            match value {
                Some(value) => digests.insert(id.clone(), digest(&value)),
                None => digests.remove(id),
            };
        });
        read.await
    }

    /// Returns the properties that another run has stored in another form since they were `fetched`.
    pub(super) async fn overtaken(
        &self,
        cache: &CacheView<'_>,
        fetched: &[Rc<Property>],
    ) -> Result<BTreeSet<Id>, Error> {
        let mut all = fetched.iter();
        let ids = fetched.iter().map(|one| &one.id);
        let read = cache.each_item(ids, |id, value| {
            if let (Some(property), Some(value)) = (all.next(), value) {
                self.compare(id, &value, property.json.as_bytes());
            }
        });
        read.await?;
        Ok(self.overtaken.take())
    }
}
