//! Fetching again what was removed: the properties named, in a few calls, or whatever of the account is
//! missing. The list of all properties, which falls with each of them, comes back with their new items
//! in it, so that the server has one to answer from.

use super::{Invalidation, Marking, readable};
use crate::cache::Error;
use crate::cache::fill::{Fill, Outcome as Filled};
use crate::domain::account::{Group, Property};
use crate::domain::invalidation::{Outcome, Wanted};
use crate::domain::key::{Customer, Entry, Id, Scheme};
use crate::domain::target::{Tag, Target};
use crate::domain::ttl::{Due, Resource};
use crate::domain::warm::{Failed, HostnameView, Request};
use crate::domain::worth::{Patience, StoredFor};
use crate::source::Source;
use crate::store::Ttl;
use serde_json::value::RawValue;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// What can be fetched of a single property.
const OF_ONE: [Resource; 5] = [
    Resource::Details,
    Resource::Hostnames,
    // From here on a call or two for each property.
    Resource::Rules,
    Resource::Versions,
    Resource::Activations,
];

/// Host names that one call of the account-wide list gives.
const PAGE: u64 = 999;

/// API calls under way at once.
const CONCURRENCY: usize = 4;

/// The list of all properties as it was before the removal.
pub struct List {
    json: Vec<u8>,
    /// When it expires (milliseconds since 1970, by the server's clock).
    expires: u64,
}

/// What is to be fetched again for one customer.
pub struct Refill<'a> {
    /// What is asked of the API.
    pub request: Request,
    /// The list as it was.
    pub list: Option<&'a List>,
    /// When the invalidation took place.
    pub marking: &'a Marking,
}

impl Invalidation<'_> {
    /// What is to be fetched again for a customer; `None` where nothing can be.
    #[must_use]
    pub fn refill_request(&self, customer: &Customer, outcome: &Outcome) -> Option<Request> {
        let named = self.request.wanted.iter().all(|(_, wanted)| {
            matches!(
                wanted,
                Wanted::Target(Target::Property(_) | Target::Host(_)) | Wanted::Tag(_)
            ) || matches!(wanted, Wanted::Target(Target::Key(_, rest)) if is_of_one(rest))
        });
        let ids = self.refill_ids(customer, outcome);
        let usual: &[Resource] = if named {
            &[Resource::Details, Resource::Hostnames]
        } else {
            &Resource::DEFAULT
        };
        let matched = |resource: &Resource| outcome.resources.contains(resource);
        let resources: BTreeSet<Resource> = if named {
            let more = OF_ONE.into_iter().filter(matched);
            usual.iter().copied().chain(more).collect()
        } else {
            Resource::WARMABLE.into_iter().filter(matched).collect()
        };
        if resources.is_empty() || (named && ids.is_empty()) {
            return None;
        }
        Some(Request {
            ids: if named { ids } else { Vec::new() },
            resources,
            due: Due::Below(20),
            jitter: 0,
            hostnames: HostnameView::Active,
            concurrency: CONCURRENCY,
        })
    }

    /// The properties to fetch: those named, which may be new to the cache, those whose keys fell, and
    /// those that serve a host name that was named.
    fn refill_ids(&self, customer: &Customer, outcome: &Outcome) -> Vec<Id> {
        let named = self
            .request
            .wanted
            .iter()
            .filter_map(|(_, wanted)| match wanted {
                Wanted::Target(Target::Property(id)) | Wanted::Tag(Tag::Property(id)) => {
                    Some(id.clone())
                }
                _ => None,
            });
        let fallen = outcome.properties.get(customer).into_iter().flatten();
        let ids: BTreeSet<Id> = named
            .chain(fallen.filter_map(|id| Id::new(id).ok()))
            .collect();
        ids.into_iter().collect()
    }

    /// How many calls fetching again will cost, as far as the cache can tell.
    pub async fn refill_calls(&self, outcome: &Outcome) -> Result<u64, Error> {
        let mut calls = 0;
        for customer in self.customers {
            if let Some(request) = self.refill_request(customer, outcome) {
                calls += if request.ids.is_empty() {
                    self.calls_for_account(customer, &request).await?
                } else {
                    self.calls_for_named(customer, &request).await?
                };
            }
        }
        Ok(calls)
    }

    async fn calls_for_named(&self, customer: &Customer, request: &Request) -> Result<u64, Error> {
        let extras = request.resources.len().saturating_sub(2) as u64;
        let keys: Vec<String> = request
            .ids
            .iter()
            .map(|id| self.key(customer, &Entry::Property(id.clone())))
            .collect();
        let mut calls = 0;
        for value in self.store.get(&keys).await {
            let json = readable(value)?.and_then(|json| String::from_utf8(json).ok());
            let property = json.and_then(|json| Property::parse(&json).ok());
            // One that is not known may have one version in production and another on staging.
            calls += 1 + extras + property.as_ref().map_or(2, versions_with_hosts);
            if request.resources.contains(&Resource::Rules) {
                calls += property.as_ref().map_or(1, older_rules);
            }
        }
        Ok(calls)
    }

    async fn calls_for_account(
        &self,
        customer: &Customer,
        request: &Request,
    ) -> Result<u64, Error> {
        let wants = |resource| request.resources.contains(&resource);
        let groups = self
            .store
            .get(&[self.key(customer, &Entry::Groups)])
            .await
            .pop();
        let groups = groups.map(readable).transpose()?.flatten();
        let pairs = groups.as_deref().map_or(0, pairs);
        let crawls = wants(Resource::Properties) || wants(Resource::Details);
        let mut calls = u64::from(wants(Resource::Contracts));
        calls += u64::from(wants(Resource::Groups) || (crawls && groups.is_none()));
        calls += if crawls { pairs } else { 0 };
        calls += if wants(Resource::CpCodes) { pairs } else { 0 };
        if wants(Resource::Hostnames) || wants(Resource::Map) {
            let hash = self.key(customer, &Entry::Hostnames);
            let names = self
                .store
                .describe(&[hash])
                .await
                .pop()
                .transpose()?
                .flatten();
            let names = names.and_then(|about| about.size).unwrap_or(1);
            calls += names.div_ceil(PAGE).max(1);
        }
        Ok(calls + self.calls_for_each(customer, request).await?)
    }

    /// Calls for what each property of the account is asked for by itself.
    async fn calls_for_each(&self, customer: &Customer, request: &Request) -> Result<u64, Error> {
        let extras: Vec<&Resource> = OF_ONE[2..]
            .iter()
            .filter(|resource| request.resources.contains(resource))
            .collect();
        if extras.is_empty() {
            return Ok(0);
        }
        let list = self.key(customer, &Entry::Properties);
        let list = self.store.get(&[list]).await.pop();
        let list = list.map(readable).transpose()?.flatten();
        let items: Vec<&RawValue> = list
            .as_deref()
            .and_then(|list| serde_json::from_slice(list).ok())
            .unwrap_or_default();
        let each = |item: &&RawValue| {
            let older = Property::parse(item.get()).map_or(0, |property| older_rules(&property));
            let rules = extras.contains(&&Resource::Rules);
            extras.len() as u64 + if rules { older } else { 0 }
        };
        Ok(items.iter().map(each).sum())
    }

    /// The lists of all properties as they stand before the removal, with their deadlines.
    pub async fn lists(&self) -> Result<BTreeMap<Customer, List>, Error> {
        let mut lists = BTreeMap::new();
        for customer in self.customers {
            let key = self.key(customer, &Entry::Properties);
            let now = self.store.now_for(&key).await?;
            let value = self.store.get(std::slice::from_ref(&key)).await.pop();
            let left = self
                .store
                .time_to_live(std::slice::from_ref(&key))
                .await
                .pop();
            if let (Some(json), Some(Ttl::Left(left))) = (
                value.map(readable).transpose()?.flatten(),
                left.transpose()?,
            ) {
                let left = u64::try_from(left.as_millis()).unwrap_or(0);
                lists.insert(
                    customer.clone(),
                    List {
                        json,
                        expires: now + left,
                    },
                );
            }
        }
        Ok(lists)
    }

    /// Fetches again for one customer, waiting for its run lock up to `wait`, and puts the list back with
    /// the new items in it.
    pub async fn refill(
        &self,
        source: &Source,
        patience: Patience<'_>,
        customer: &Customer,
        refill: &Refill<'_>,
        wait: Duration,
    ) -> Result<Filled, Error> {
        let request = &refill.request;
        let fill = Fill {
            store: self.store,
            source,
            scheme: self.scheme,
            customer,
            patience,
            request,
            progress: self.progress,
        };
        let filled = fill.run(wait, self.stop).await?;
        let gone = |failed: &Failed| failed.code == "not_found";
        let known = filled.ended.is_none() && filled.report.errors.iter().all(gone);
        if let Some(list) = refill.list.filter(|_| known && !request.ids.is_empty()) {
            self.put_list_back(customer, &request.ids, list, refill.marking)
                .await?;
        }
        Ok(filled)
    }

    async fn put_list_back(
        &self,
        customer: &Customer,
        ids: &[Id],
        list: &List,
        marking: &Marking,
    ) -> Result<(), Error> {
        let keys: Vec<String> = ids
            .iter()
            .map(|id| self.key(customer, &Entry::Property(id.clone())))
            .collect();
        let mut fresh = BTreeMap::new();
        for (id, value) in ids.iter().zip(self.store.get(&keys).await) {
            let json = readable(value)?.and_then(|json| String::from_utf8(json).ok());
            fresh.insert(id.as_str().to_owned(), json);
        }
        let Some(json) = patched(&list.json, fresh) else {
            return Ok(());
        };
        let json = StoredFor::told_by(list.json.last().copied()).marked(json);
        let key = self.key(customer, &Entry::Properties);
        if self.request.soft {
            // It is about to expire, and as good as new now.
            for removed in self.store.remove(std::slice::from_ref(&key)).await {
                removed?;
            }
        }
        if !self.store.set_absent(&key, &json, list.expires).await? {
            return Ok(());
        }
        // The rest of the list is as old as it was: what was invalidated since must not be in it.
        let at = marking.at.get(customer.as_str()).copied().unwrap_or(0);
        let marks = self.key(customer, &Entry::Invalidated);
        if !self.store.marks_since(&marks, at + 1).await?.is_empty() {
            for removed in self.store.remove(&[key]).await {
                removed?;
            }
        }
        Ok(())
    }
}

/// Whether a key is about one property or one host name: fetching it again takes no more than that.
fn is_of_one(rest: &str) -> bool {
    matches!(
        Scheme::parse_entry(rest),
        Some(
            Entry::Property(_)
                | Entry::PropertyDetails(_)
                | Entry::PropertyHostnames(_)
                | Entry::Rules(..)
                | Entry::Versions(_)
                | Entry::Activations(_)
                | Entry::Hostname(_)
        )
    )
}

/// The list with the items of these properties replaced; one that the API no longer knows is left out.
fn patched(list: &[u8], mut fresh: BTreeMap<String, Option<String>>) -> Option<Vec<u8>> {
    let items: Vec<&RawValue> = serde_json::from_slice(list).ok()?;
    let mut patched = Vec::new();
    for item in items {
        let id = Property::parse(item.get()).ok()?.id;
        match fresh.remove(&id) {
            None => patched.push(item.get().to_owned()),
            Some(item) => patched.extend(item),
        }
    }
    patched.extend(fresh.into_values().flatten());
    Some(format!("[{}]", patched.join(",")).into_bytes())
}

/// How many (group, contract) pairs the cached groups have.
fn pairs(json: &[u8]) -> u64 {
    let items: Vec<&RawValue> = serde_json::from_slice(json).unwrap_or_default();
    let groups = items
        .iter()
        .filter_map(|item| Group::parse(item.get()).ok());
    groups.map(|group| group.contracts.len() as u64).sum()
}

/// Calls for the host names of a property: one for each version that counts.
fn versions_with_hosts(property: &Property) -> u64 {
    if property.bucket {
        return 1;
    }
    let staging = property
        .staging
        .filter(|version| property.production != Some(*version));
    u64::from(property.production.is_some()) + u64::from(staging.is_some())
}

/// Rule trees of a property beside that of its latest version.
fn older_rules(property: &Property) -> u64 {
    u64::from(property.production.is_some() && property.production != property.latest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_comes_back_with_the_new_items_and_without_what_is_gone() {
        let list =
            br#"[{"propertyId":"prp_1","n":1},{"propertyId":"prp_12"},{"propertyId":"prp_2"}]"#;
        let fresh = BTreeMap::from([
            (
                "prp_1".to_owned(),
                Some(r#"{"propertyId":"prp_1","n":2}"#.to_owned()),
            ),
            ("prp_2".to_owned(), None),
            (
                "prp_3".to_owned(),
                Some(r#"{"propertyId":"prp_3"}"#.to_owned()),
            ),
        ]);
        let expected =
            r#"[{"propertyId":"prp_1","n":2},{"propertyId":"prp_12"},{"propertyId":"prp_3"}]"#;
        assert_eq!(patched(list, fresh), Some(expected.into()));
        assert_eq!(patched(b"{}", BTreeMap::new()), None);
        assert_eq!(patched(b"[{}]", BTreeMap::new()), None);
    }
}
