//! Compares the file with the cache before anything is restored, so that what is restored does not count.

use super::block::PlacedRecord;
use super::newer::shows_properties;
use super::restore::{PassContext, Restore};
use crate::cache::Error;
use crate::cache::copies::{ListedItems, PropertyCopy, copies};
use crate::cache::values::hosts_of_list;
use crate::domain::key::{Customer, Entry, Id};
use std::collections::{BTreeMap, HashMap, HashSet};

/// Number of properties whose cached values are held at a time.
const HELD: usize = 1_000;

/// What the cache shows of one property, as JSON.
type CachedForms = Vec<Vec<u8>>;

/// The copies of properties in one value.
type Copies<'a> = Vec<PropertyCopy<'a>>;

impl Restore<'_> {
    /// Adds the properties of which these records show a former version to `seen.newer`.
    pub(super) async fn survey(
        &self,
        records: &[PlacedRecord],
        seen: &PassContext<'_>,
    ) -> Result<(), Error> {
        let mut values: BTreeMap<&Customer, Vec<Copies<'_>>> = BTreeMap::new();
        let mut hosts: BTreeMap<&Customer, Vec<(Vec<u8>, Copies<'_>)>> = BTreeMap::new();
        for (place, record) in records {
            let (Some((customer, entry)), Some(value)) = (place, record.value()) else {
                continue;
            };
            if !shows_properties(entry) || !seen.began.contains_key(customer) {
                continue;
            }
            let own = match entry {
                // The key names it. Parsing each costs more than reading what is cached.
                Entry::Property(id) => PropertyCopy::whole(id.clone(), value).into_iter().collect(),
                _ => copies(value),
            };
            if matches!(entry, Entry::Hostname(_)) {
                let key = self.scheme.key(customer, entry).into_bytes();
                hosts.entry(customer).or_default().push((key, own.clone()));
            }
            values.entry(customer).or_default().push(own);
        }
        for (customer, hosts) in hosts {
            self.compare_hosts(customer, hosts, seen).await?;
        }
        for (customer, values) in values {
            self.former(customer, values, seen).await?;
        }
        Ok(())
    }

    /// Compares host names with what their keys have now.
    async fn compare_hosts(
        &self,
        customer: &Customer,
        hosts: Vec<(Vec<u8>, Copies<'_>)>,
        seen: &PassContext<'_>,
    ) -> Result<(), Error> {
        let (keys, saved): (Vec<Vec<u8>>, Vec<Copies<'_>>) = hosts.into_iter().unzip();
        if let Ok(false) = self.store.any_exists(&keys).await {
            return Ok(());
        }
        for (saved, cached) in saved.iter().zip(self.store.values(&keys).await?) {
            for cached in copies(&cached.unwrap_or_default()) {
                let same = saved.iter().filter(|saved| saved.id == cached.id);
                if same.into_iter().any(|saved| saved.is_former(cached.json())) {
                    let form = cached.json().to_vec();
                    seen.newer.borrow_mut().add(customer, &cached.id, &[form]);
                }
            }
        }
        Ok(())
    }

    /// Removes the fields of a restored hash of host names that have a former version of a property. Returns their
    /// number, and whether any field is left.
    pub(super) async fn drop_former_fields(
        &self,
        customer: &Customer,
        seen: &PassContext<'_>,
    ) -> Result<(u64, bool), Error> {
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
        let former = self.former(customer, all, seen).await?;
        let all: usize = names.iter().map(Vec::len).sum();
        let names = former.into_iter().filter_map(|at| names.get(at));
        let names: Vec<String> = names.flatten().cloned().collect();
        let (dropped, ended) = self.store.drop_fields(&key, &names).await;
        ended?;
        Ok((dropped, names.len() < all))
    }

    /// Returns the positions of the values that have a former version of a property, and adds these properties to
    /// `seen.newer`. Nothing is known about a property that is not cached.
    async fn former(
        &self,
        customer: &Customer,
        values: Vec<Copies<'_>>,
        seen: &PassContext<'_>,
    ) -> Result<HashSet<usize>, Error> {
        let values = values.into_iter().enumerate();
        let mut all: Vec<(usize, PropertyCopy<'_>)> = values
            .flat_map(|(at, copies)| copies.into_iter().map(move |copy| (at, copy)))
            .collect();
        all.sort_by(|(_, one), (_, other)| one.id.cmp(&other.id));
        let by_id: Vec<_> = all
            .chunk_by(|(_, one), (_, next)| one.id == next.id)
            .filter_map(|copies| Some((&copies.first()?.1.id, copies)))
            .collect();
        let mut former = HashSet::new();
        for some in by_id.chunks(HELD) {
            let ids: Vec<&Id> = some.iter().map(|(id, _)| *id).collect();
            let cached = self.cached_forms(customer, &ids, seen).await?;
            for ((id, copies), forms) in some.iter().zip(cached) {
                for (at, copy) in *copies {
                    if forms.iter().any(|form| copy.is_former(form)) {
                        former.insert(*at);
                        seen.newer.borrow_mut().add(customer, id, &forms);
                    }
                }
            }
        }
        Ok(former)
    }

    /// Returns the forms in which the cache shows these properties: by their keys and in the list of all properties, or
    /// else by one of their host names.
    async fn cached_forms(
        &self,
        customer: &Customer,
        ids: &[&Id],
        seen: &PassContext<'_>,
    ) -> Result<Vec<CachedForms>, Error> {
        let listed = seen.listed.get(customer);
        let listed = |id: &&Id| listed.and_then(|items| items.get(*id)).cloned();
        let mut forms: Vec<CachedForms> = ids
            .iter()
            .map(|id| listed(id).into_iter().collect())
            .collect();
        let key = |entry| self.scheme.key(customer, &entry).into_bytes();
        let own = ids.iter().map(|id| key(Entry::Property((*id).clone())));
        let lists = ids
            .iter()
            .map(|id| key(Entry::PropertyHostnames((*id).clone())));
        let both: Vec<Vec<u8>> = own.chain(lists).collect();
        // Mostly there is none, and asking for many keys at once costs a third of reading them. A user who may not ask
        // reads them.
        if let Ok(false) = self.store.any_exists(&both).await {
            return Ok(forms);
        }
        let mut values = self.store.values(&both).await?;
        let lists = values.split_off(ids.len());
        for (forms, own) in forms.iter_mut().zip(values) {
            forms.extend(own);
        }
        let unknown = ids.iter().zip(&mut forms).zip(lists);
        let unknown = unknown.filter(|((_, forms), _)| forms.is_empty());
        let of_host = unknown.filter_map(|(of, list)| Some((of, key(first_host(&list?)?))));
        let (unknown, hosts): (Vec<_>, Vec<Vec<u8>>) = of_host.unzip();
        let values = self.store.values(&hosts).await?;
        for ((id, forms), value) in unknown.into_iter().zip(values) {
            let value = value.unwrap_or_default();
            let copies = copies(&value).into_iter().filter(|copy| copy.id == **id);
            forms.extend(copies.map(PropertyCopy::into_json));
        }
        Ok(forms)
    }

    /// Returns the items of the cached list of all properties.
    pub(super) async fn listed(&self, customer: &Customer) -> Result<ListedItems, Error> {
        let key = self.scheme.key(customer, &Entry::Properties);
        let list = self.store.values(&[key]).await?.pop().flatten();
        let list = list.unwrap_or_default();
        let items = copies(&list).into_iter();
        Ok(items
            .map(|item| (item.id.clone(), item.into_json()))
            .collect())
    }
}

/// Returns the first host name in the list of a property.
fn first_host(list: &[u8]) -> Option<Entry> {
    hosts_of_list(list).next().map(Entry::Hostname)
}
