//! Earlier forms of properties, which show what has changed: the cached items, and for each property a digest of
//! the form that the rest of the cache was last made to agree with. Another program may have replaced an item
//! without that, and an item expires earlier than much that embeds it.

use super::baseline::{Digest, digest, line};
use super::state::field::{FORM, ITEMS};
use super::view::CacheView;
use crate::cache::Error;
use crate::domain::key::Id;
use crate::domain::papi::Property;
use std::collections::HashMap;
use std::rc::Rc;

/// Digests of the forms that the cache agrees with.
#[derive(Debug, Default)]
pub(crate) struct FormDigests {
    all: HashMap<Id, Digest>,
    /// Properties with a field of their own.
    single: Vec<Id>,
}

impl FormDigests {
    /// Reads those of all properties.
    pub(crate) async fn read(cache: &CacheView<'_>) -> Result<Self, Error> {
        let mut digests = Self::default();
        let mut items = None;
        let read = cache.each_remembered(|name, value| {
            if name == ITEMS {
                items = Some(value.to_owned());
            } else if let Some(Ok(id)) = name.strip_prefix(FORM).map(Id::new) {
                digests.add_single(id, value);
            }
        });
        read.await?;
        digests.add_lines(items.as_deref());
        Ok(digests)
    }

    /// Reads those of some properties, and of those that have a line.
    pub(crate) async fn of_some(cache: &CacheView<'_>, ids: &[Id]) -> Result<Self, Error> {
        let mut digests = Self::default();
        if ids.is_empty() {
            return Ok(digests);
        }
        let names = ids.iter().map(|id| format!("{FORM}{id}"));
        let names: Vec<String> = [ITEMS.to_owned()].into_iter().chain(names).collect();
        let mut values = cache.remembered_in(&names).await?.into_iter();
        let items = values.next().flatten();
        for (id, value) in ids.iter().zip(values) {
            if let Some(value) = value {
                digests.add_single(id.clone(), &value);
            }
        }
        digests.add_lines(items.as_deref());
        Ok(digests)
    }

    fn add_single(&mut self, id: Id, value: &str) {
        let digest = Digest::from_str_radix(value, 16).ok();
        self.single.push(id.clone());
        self.all.extend(digest.map(|digest| (id, digest)));
    }

    /// Adds those of the lines. A property's own field is newer than its line.
    fn add_lines(&mut self, items: Option<&str>) {
        let lines = items.iter().flat_map(|items| items.lines());
        for (id, written) in lines.filter_map(line) {
            self.all.entry(id).or_insert(written.item);
        }
    }

    pub(crate) fn of(&self, id: &Id) -> Option<Digest> {
        self.all.get(id).copied()
    }

    pub(super) fn ids(&self) -> impl Iterator<Item = &Id> {
        self.all.keys()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// Returns the properties of which the cache agrees with another form, or with none.
    pub(super) fn others<'p>(
        &self,
        all: &'p [Rc<Property>],
    ) -> impl Iterator<Item = &'p Rc<Property>> {
        all.iter()
            .filter(|one| self.of(&one.id) != Some(digest(one.json.as_bytes())))
    }

    /// Removes the fields that these digests came from, once the lines have newer ones.
    pub(super) async fn forget_single(&self, cache: &CacheView<'_>) -> Result<(), Error> {
        let names = self.single.iter().map(|id| format!("{FORM}{id}"));
        cache.forget(names).await
    }
}

impl CacheView<'_> {
    /// Remembers the forms of these properties that the cache agrees with. Only call it once nothing embeds another.
    pub(crate) async fn remember_forms(&self, forms: &HashMap<Id, Digest>) -> Result<(), Error> {
        let fields = forms.iter();
        let fields = fields.map(|(id, digest)| (format!("{FORM}{id}"), format!("{digest:x}")));
        self.remember(fields).await
    }
}
