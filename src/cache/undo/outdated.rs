//! Finds values with an older copy of a property than the cached one.

use super::copies::{PropertyCopy, copies};
use super::newer::shows_properties;
use super::restore::{PassContext, Restore};
use crate::cache::Error;
use crate::domain::invalidation::undo_file::UndoRecord;
use crate::domain::key::{Customer, Entry, Id};
use std::collections::{BTreeMap, HashMap, HashSet};

/// Number of properties whose cached values are held at a time.
const HELD: usize = 1_000;

impl Restore<'_> {
    /// Returns the positions of records in this pass that have an older copy of a cached property.
    pub(super) async fn outdated_records(
        &self,
        records: &[UndoRecord],
        seen: &PassContext<'_>,
    ) -> Result<HashSet<usize>, Error> {
        let mut values: BTreeMap<Customer, (Vec<usize>, Vec<&[u8]>)> = BTreeMap::new();
        for (at, record) in records.iter().enumerate() {
            let value = match record {
                UndoRecord::Key { saved, .. } => saved.value.as_deref(),
                UndoRecord::Field { field, .. } => Some(&*field.value),
            };
            let Some(value) = value else { continue };
            let place = self.place(record.key());
            if let Some((customer, entry)) = place
                && shows_properties(&entry)
                && seen.pass.takes(&entry)
                && seen.began.contains_key(&customer)
            {
                let (places, of) = values.entry(customer).or_default();
                places.push(at);
                of.push(value);
            }
        }
        let mut all = HashSet::new();
        for (customer, (places, values)) in values {
            let outdated = self.outdated(&customer, &values).await?;
            all.extend(outdated.iter().filter_map(|at| places.get(*at)));
            if !outdated.is_empty() {
                seen.newer.borrow_mut().copied.insert(customer);
            }
        }
        Ok(all)
    }

    /// Removes the fields of a restored hash of host names that have an older copy of a cached property. Returns
    /// their number.
    pub(super) async fn drop_outdated_fields(&self, customer: &Customer) -> Result<u64, Error> {
        let key = self.scheme.key(customer, &Entry::Hostnames);
        // All host names of a property have the same value.
        let mut names: HashMap<Vec<u8>, Vec<String>> = HashMap::new();
        let read = self.store.fields(&key, |name, value| {
            let of = names.entry(value.to_vec()).or_default();
            of.extend(String::from_utf8(name.to_vec()));
        });
        read.await?;
        let (values, names): (Vec<Vec<u8>>, Vec<Vec<String>>) = names.into_iter().unzip();
        let read: Vec<&[u8]> = values.iter().map(Vec::as_slice).collect();
        let outdated = self.outdated(customer, &read).await?;
        let names = outdated.into_iter().filter_map(|at| names.get(at));
        let names: Vec<String> = names.flatten().cloned().collect();
        Ok(self.store.drop_fields(&key, &names).await?)
    }

    /// Returns the positions of the values that have a copy of a property that is cached in another form. Nothing is
    /// known about a property that is not cached.
    async fn outdated(
        &self,
        customer: &Customer,
        values: &[&[u8]],
    ) -> Result<HashSet<usize>, Error> {
        let mut by_id: BTreeMap<Id, Vec<(usize, PropertyCopy<'_>)>> = BTreeMap::new();
        for (at, value) in values.iter().enumerate() {
            for copy in copies(value) {
                by_id.entry(copy.id.clone()).or_default().push((at, copy));
            }
        }
        let by_id: Vec<_> = by_id.into_iter().collect();
        let mut outdated = HashSet::new();
        for some in by_id.chunks(HELD) {
            let key = |(id, _): &(Id, _)| self.scheme.key(customer, &Entry::Property(id.clone()));
            let keys: Vec<String> = some.iter().map(key).collect();
            for ((_, copies), cached) in some.iter().zip(self.store.get(&keys).await) {
                if let Some(cached) = cached? {
                    let differ = copies.iter().filter(|(_, copy)| copy.differs(&cached));
                    outdated.extend(differ.map(|(at, _)| *at));
                }
            }
        }
        Ok(outdated)
    }
}
