//! Finds values with another form of a property than the cache shows now.

use super::copies::{ListedItems, PropertyCopy, copies};
use super::newer::shows_properties;
use super::restore::{PassContext, Restore};
use crate::cache::Error;
use crate::cache::values::readable;
use crate::domain::invalidation::undo_file::UndoRecord;
use crate::domain::key::{Customer, Entry, Fqdn, Id};
use crate::domain::papi::VersionHostname;
use std::collections::{BTreeMap, HashMap, HashSet};

/// Number of properties whose cached values are held at a time.
const HELD: usize = 1_000;

/// What the cache shows of one property, as JSON.
type CachedForms = Vec<Vec<u8>>;

/// The copies of properties in one value.
type Copies<'a> = Vec<PropertyCopy<'a>>;

impl Restore<'_> {
    /// Returns the positions of records in this pass that have another form of a property than the cache.
    pub(super) async fn outdated_records(
        &self,
        records: &[UndoRecord],
        seen: &PassContext<'_>,
    ) -> Result<HashSet<usize>, Error> {
        let mut values: BTreeMap<Customer, (Vec<usize>, Vec<Copies<'_>>)> = BTreeMap::new();
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
                of.push(match entry {
                    // The key names it. Parsing each costs more than reading what is cached.
                    Entry::Property(id) => PropertyCopy::whole(id, value).into_iter().collect(),
                    _ => copies(value),
                });
            }
        }
        let mut all = HashSet::new();
        for (customer, (places, values)) in values {
            let outdated = self.outdated(&customer, values, seen).await?;
            all.extend(outdated.iter().filter_map(|at| places.get(*at)));
        }
        Ok(all)
    }

    /// Removes the fields of a restored hash of host names that have another form of a property than the cache. Returns
    /// their number.
    pub(super) async fn drop_outdated_fields(
        &self,
        customer: &Customer,
        seen: &PassContext<'_>,
    ) -> Result<u64, Error> {
        let key = self.scheme.key(customer, &Entry::Hostnames);
        // All host names of a property have the same value.
        let mut names: HashMap<Vec<u8>, Vec<String>> = HashMap::new();
        let read = self.store.fields(&key, |name, value| {
            let of = names.entry(value.to_vec()).or_default();
            of.extend(String::from_utf8(name.to_vec()));
        });
        read.await?;
        let (values, names): (Vec<Vec<u8>>, Vec<Vec<String>>) = names.into_iter().unzip();
        let all = values.iter().map(|value| copies(value)).collect();
        let outdated = self.outdated(customer, all, seen).await?;
        let names = outdated.into_iter().filter_map(|at| names.get(at));
        let names: Vec<String> = names.flatten().cloned().collect();
        Ok(self.store.drop_fields(&key, &names).await?)
    }

    /// Returns the positions of the values that have a copy of a property that the cache shows in another form, and
    /// records these properties. Nothing is known about a property that is not cached.
    async fn outdated(
        &self,
        customer: &Customer,
        values: Vec<Copies<'_>>,
        seen: &PassContext<'_>,
    ) -> Result<HashSet<usize>, Error> {
        let mut by_id: BTreeMap<Id, Vec<(usize, PropertyCopy<'_>)>> = BTreeMap::new();
        for (at, copies) in values.into_iter().enumerate() {
            for copy in copies {
                by_id.entry(copy.id.clone()).or_default().push((at, copy));
            }
        }
        let by_id: Vec<_> = by_id.into_iter().collect();
        let mut outdated = HashSet::new();
        for some in by_id.chunks(HELD) {
            let ids: Vec<Id> = some.iter().map(|(id, _)| id.clone()).collect();
            let cached = self.cached_forms(customer, &ids, seen).await?;
            for ((id, copies), forms) in some.iter().zip(cached) {
                for (at, copy) in copies {
                    if forms.iter().any(|form| copy.differs(form)) {
                        outdated.insert(*at);
                        seen.newer.borrow_mut().add(customer, id.clone());
                    }
                }
            }
        }
        Ok(outdated)
    }

    /// Returns the forms in which the cache shows these properties: by their keys and in the list of all properties, or
    /// else by one of their host names.
    async fn cached_forms(
        &self,
        customer: &Customer,
        ids: &[Id],
        seen: &PassContext<'_>,
    ) -> Result<Vec<CachedForms>, Error> {
        let own = ids.iter().cloned().map(Entry::Property);
        let lists = ids.iter().cloned().map(Entry::PropertyHostnames);
        let (own, lists) =
            futures_util::join!(self.cached(customer, own), self.cached(customer, lists));
        let mut forms: Vec<CachedForms> = Vec::new();
        for (id, own) in ids.iter().zip(own?) {
            let listed = seen.listed.get(customer).and_then(|items| items.get(id));
            forms.push(own.into_iter().chain(listed.cloned()).collect());
        }
        let unknown = ids.iter().zip(&mut forms).zip(lists?);
        let of_host = unknown.filter(|((_, forms), _)| forms.is_empty());
        let of_host = of_host.filter_map(|(of, list)| Some((of, first_host(&list?)?)));
        let (unknown, hosts): (Vec<_>, Vec<Entry>) = of_host.unzip();
        let values = self.cached(customer, hosts.into_iter()).await?;
        for ((id, forms), value) in unknown.into_iter().zip(values) {
            let value = value.unwrap_or_default();
            let copies = copies(&value).into_iter().filter(|copy| copy.id == *id);
            forms.extend(copies.map(PropertyCopy::into_json));
        }
        Ok(forms)
    }

    async fn cached(
        &self,
        customer: &Customer,
        entries: impl Iterator<Item = Entry>,
    ) -> Result<Vec<Option<Vec<u8>>>, Error> {
        let keys = entries.map(|entry| self.scheme.key(customer, &entry));
        let values = self.store.get(&keys.collect::<Vec<_>>()).await;
        Ok(values.into_iter().collect::<Result<_, _>>()?)
    }

    /// Returns the items of the cached list of all properties.
    pub(super) async fn listed(&self, customer: &Customer) -> Result<ListedItems, Error> {
        let list = self
            .cached(customer, [Entry::Properties].into_iter())
            .await?;
        let list = list.into_iter().next().flatten().unwrap_or_default();
        let items = copies(&list).into_iter();
        Ok(items
            .map(|item| (item.id.clone(), item.into_json()))
            .collect())
    }
}

/// Returns the first host name in the list of a property.
fn first_host(list: &[u8]) -> Option<Entry> {
    let hosts = readable(list, VersionHostname::parse);
    let mut names = hosts.iter().filter_map(|host| Fqdn::new(&host.name).ok());
    names.next().map(Entry::Hostname)
}
