//! What stands in the cache before a run, and what of it is due.

use super::Fill;
use crate::cache::Error;
use crate::domain::account::{Contract, Group, Property};
use crate::domain::key::{Entry, Fqdn, Id};
use crate::domain::lacking::Lacking;
use crate::domain::ttl::{Resource, Ttl};
use crate::domain::worth::StoredFor;
use serde_json::value::RawValue;

/// What the cache holds of the account itself.
#[derive(Default)]
pub(super) struct Survey {
    /// The groups, where the list stands and can be read.
    pub(super) groups: Option<Vec<Group>>,
    /// The properties, likewise; the former list where it is due.
    pub(super) properties: Option<Vec<Property>>,
    /// Lists that are due, of those that were asked for.
    pub(super) due: Vec<Resource>,
    /// Keys that are kept, of the resources that are not due.
    pub(super) kept: Vec<(Resource, usize)>,
    /// What earlier runs could not fetch of what stands.
    pub(super) lacking: Lacking,
}

impl Survey {
    /// Whether this list is to be fetched.
    pub(super) fn is_due(&self, resource: Resource) -> bool {
        self.due.contains(&resource)
    }
}

/// How the host names of the account are brought up to date.
#[derive(Debug)]
pub(super) enum HostnamePlan {
    /// They are fresh; so many keys are kept.
    Keep(usize),
    /// The whole account.
    Whole,
    /// Only these properties, by their place in the list.
    Each(Vec<usize>),
}

impl Fill<'_> {
    /// Looks at the lists: which stand, and which are due.
    pub(super) async fn survey(&self) -> Result<Survey, Error> {
        let mut survey = Survey {
            lacking: self.lacking().await?,
            ..Survey::default()
        };
        let lists = [
            (Resource::Contracts, Entry::Contracts),
            (Resource::Groups, Entry::Groups),
            (Resource::Properties, Entry::Properties),
            (Resource::Map, Entry::HostnameMap),
            (Resource::CpCodes, Entry::CpCodes),
            (Resource::Tree, Entry::Tree),
        ];
        let keys: Vec<String> = lists.iter().map(|(_, entry)| self.key(entry)).collect();
        let left = self
            .own_times(lists.iter().map(|(resource, _)| *resource), &keys)
            .await?;
        for ((resource, _), ttl) in lists.iter().zip(left) {
            if !self.wants(*resource) {
                continue;
            }
            let lacking = match resource {
                // Only what is lacking need be fetched, where that has a name.
                Resource::Properties | Resource::Map => survey.lacking.nameless(*resource),
                Resource::Tree => {
                    survey.lacking.any(*resource) || survey.lacking.any(Resource::Properties)
                }
                resource => survey.lacking.any(*resource),
            };
            if lacking || self.is_due(*resource, ttl) {
                survey.due.push(*resource);
            } else {
                survey.kept.push((*resource, 1));
            }
        }
        let known: Vec<String> = keys.into_iter().take(3).collect();
        let mut values = self.store.get(&known).await.into_iter();
        let contracts = readable(values.next())?.and_then(|json| items(&json, Contract::parse));
        survey.groups = readable(values.next())?.and_then(|json| items(&json, Group::parse));
        survey.properties = readable(values.next())?.and_then(|json| items(&json, Property::parse));

        // A list that stands but cannot be read is as good as none.
        for (resource, broken) in [
            (Resource::Contracts, contracts.is_none()),
            (Resource::Groups, survey.groups.is_none()),
            (Resource::Properties, survey.properties.is_none()),
        ] {
            if broken && self.wants(resource) && !survey.is_due(resource) {
                survey.kept.retain(|(kept, _)| *kept != resource);
                survey.due.push(resource);
            }
        }
        if self.wants(Resource::Contracts) && !survey.is_due(Resource::Contracts) {
            let ids = contracts
                .iter()
                .flatten()
                .filter_map(|c| Id::new(&c.id).ok());
            let keys: Vec<String> = ids.map(|id| self.key(&Entry::Contract(id))).collect();
            self.judge(Resource::Contracts, &keys, &mut survey).await?;
        }
        if self.wants(Resource::Details) {
            let whole = survey.is_due(Resource::Properties)
                || survey.lacking.nameless(Resource::Properties)
                || survey.lacking.any(Resource::Details);
            match (&survey.properties, whole) {
                (Some(properties), false) => {
                    // Those of a pair that is asked again come with its answer.
                    let kept = properties.iter().filter(|p| !survey.lacks_pair_of(p));
                    let keys = self.property_keys(kept, Entry::Property);
                    self.judge(Resource::Details, &keys, &mut survey).await?;
                }
                // The list is fetched anyway, and its items are the details.
                _ => survey.due.push(Resource::Details),
            }
        }
        Ok(survey)
    }

    /// Whether any of the keys is due makes the whole resource due; else they are kept.
    async fn judge(
        &self,
        resource: Resource,
        keys: &[String],
        survey: &mut Survey,
    ) -> Result<(), Error> {
        if self.any_due(resource, keys).await? {
            survey.kept.retain(|(kept, _)| *kept != resource);
            survey.due.push(resource);
        } else {
            survey.kept.push((resource, keys.len()));
        }
        Ok(())
    }

    /// What it takes to bring the host names of these properties up to date, with the fewest calls.
    pub(super) async fn hostname_plan(
        &self,
        properties: &[Property],
        lacking: &Lacking,
        calls_for: impl Fn(&Property) -> usize,
        whole_account_calls: impl Fn(usize) -> usize,
    ) -> Result<HostnamePlan, Error> {
        // Looking removes nothing: something else in the hash's place falls when the hash is written.
        let names = match self.store.field_names(&self.key(&Entry::Hostnames)).await {
            Err(crate::store::Error::WrongType { .. }) => return Ok(HostnamePlan::Whole),
            names => names?,
        };
        let resource = Resource::Hostnames;
        if lacking.nameless(resource) {
            return Ok(HostnamePlan::Whole);
        }
        let keys: Vec<String> = names
            .iter()
            .filter_map(|name| Fqdn::new(&String::from_utf8_lossy(name)).ok())
            .map(|name| self.key(&Entry::Hostname(name)))
            .collect();
        let due = self
            .due_properties(properties, lacking, resource, Entry::PropertyHostnames)
            .await?;
        if names.is_empty() && due.is_empty() && self.all_without_hosts(properties).await? {
            return Ok(HostnamePlan::Keep(properties.len()));
        }
        if self.hash_is_due().await? || self.any_due(resource, &keys).await? {
            return Ok(HostnamePlan::Whole);
        }
        if due.is_empty() {
            return Ok(HostnamePlan::Keep(1 + keys.len() + properties.len()));
        }
        let calls: usize = due
            .iter()
            .filter_map(|i| properties.get(*i))
            .map(calls_for)
            .sum();
        if calls <= whole_account_calls(names.len()) {
            Ok(HostnamePlan::Each(due))
        } else {
            Ok(HostnamePlan::Whole)
        }
    }

    /// The names in the hash of all host names. Something else in its place is removed: nobody could
    /// write the hash over it.
    pub(super) async fn hash_names(&self) -> Result<Vec<Vec<u8>>, Error> {
        let hash = self.key(&Entry::Hostnames);
        match self.store.field_names(&hash).await {
            Err(crate::store::Error::WrongType { .. }) => {
                for removed in self.store.remove(&[hash]).await {
                    removed?;
                }
                Ok(Vec::new())
            }
            names => Ok(names?),
        }
    }

    /// Whether no property has any host name, so that there is no hash to be expected either: an
    /// empty one cannot stand in Valkey.
    async fn all_without_hosts(&self, properties: &[Property]) -> Result<bool, Error> {
        let keys = self.property_keys(properties, Entry::PropertyHostnames);
        for value in self.store.get(&keys).await {
            if readable(Some(value))?.is_none_or(|json| json != b"[]") {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// The properties, by their place, whose key of one kind is due.
    async fn due_properties(
        &self,
        properties: &[Property],
        lacking: &Lacking,
        resource: Resource,
        entry: impl Fn(Id) -> Entry,
    ) -> Result<Vec<usize>, Error> {
        let (places, keys): (Vec<usize>, Vec<String>) = properties
            .iter()
            .enumerate()
            .filter_map(|(place, p)| Some((place, self.key(&entry(Id::new(&p.id).ok()?)))))
            .unzip();
        let left = self.own_times(std::iter::repeat(resource), &keys).await?;
        let due = places.into_iter().zip(left).filter(|(place, ttl)| {
            let lacks = |p: &Property| lacking.lacks(resource, &p.id);
            properties.get(*place).is_some_and(lacks) || self.is_due(resource, *ttl)
        });
        Ok(due.map(|(place, _)| place).collect())
    }

    pub(super) fn property_keys<'p>(
        &self,
        properties: impl IntoIterator<Item = &'p Property>,
        entry: impl Fn(Id) -> Entry,
    ) -> Vec<String> {
        let ids = properties
            .into_iter()
            .filter_map(|property| Id::new(&property.id).ok());
        ids.map(|id| self.key(&entry(id))).collect()
    }

    pub(super) fn is_due(&self, resource: Resource, ttl: Ttl) -> bool {
        self.request.due.is_due(resource, self.patience.policy, ttl)
    }

    /// Whether the hash of all host names is due.
    pub(super) async fn hash_is_due(&self) -> Result<bool, Error> {
        let left = self.ttls(&[self.key(&Entry::Hostnames)]).await?;
        Ok(left
            .into_iter()
            .any(|ttl| self.is_due(Resource::Hostnames, ttl)))
    }

    async fn any_due(&self, resource: Resource, keys: &[String]) -> Result<bool, Error> {
        let left = self.own_times(std::iter::repeat(resource), keys).await?;
        Ok(left.into_iter().any(|ttl| self.is_due(resource, ttl)))
    }

    /// What is left of the time of each key's value: a reader may have stored it for longer, to be served
    /// as stale. What is not of the type that it should be has none.
    pub(super) async fn own_times(
        &self,
        resources: impl IntoIterator<Item = Resource>,
        keys: &[String],
    ) -> Result<Vec<Ttl>, Error> {
        let mut left = self.ttls(keys).await?;
        let fresh = |(at, (ttl, resource)): (usize, (&Ttl, Resource))| {
            (!self.is_due(resource, *ttl)).then_some((at, resource))
        };
        // Only what would be kept need be looked at.
        let kept: Vec<(usize, Resource)> = left
            .iter()
            .zip(resources)
            .enumerate()
            .filter_map(fresh)
            .collect();
        let texts: Vec<&String> = kept
            .iter()
            .filter(|(_, resource)| *resource != Resource::Versions)
            .filter_map(|(at, _)| keys.get(*at))
            .collect();
        let mut last = self.store.last_bytes(&texts).await.into_iter();
        for (at, resource) in kept {
            let Some(ttl) = left.get_mut(at) else {
                continue;
            };
            let stored = if resource == Resource::Versions {
                // A list has no mark; we alone write it.
                let time = self.patience.policy.ttl(resource);
                let longer = matches!(*ttl, Ttl::Left(left) if left > time);
                Ok(if longer {
                    StoredFor::Longer
                } else {
                    StoredFor::ItsTime
                })
            } else {
                last.next()
                    .map_or(Ok(None), |last| last)
                    .map(StoredFor::told_by)
            };
            *ttl = match stored {
                Ok(stored) => self.patience.own_time(resource, *ttl, stored),
                Err(crate::store::Error::WrongType { .. }) => Ttl::Absent,
                Err(error) => return Err(error.into()),
            };
        }
        Ok(left)
    }

    pub(super) async fn ttls(&self, keys: &[String]) -> Result<Vec<Ttl>, Error> {
        let left = self.store.time_to_live(keys).await;
        Ok(left.into_iter().collect::<Result<_, _>>()?)
    }
}

/// The value of a key; one of the wrong type is as good as none, since it will be written anew.
pub(super) fn readable(
    value: Option<Result<Option<Vec<u8>>, crate::store::Error>>,
) -> Result<Option<Vec<u8>>, Error> {
    match value {
        None | Some(Ok(None) | Err(crate::store::Error::WrongType { .. })) => Ok(None),
        Some(Ok(value)) => Ok(value),
        Some(Err(error)) => Err(error.into()),
    }
}

/// The items of a cached JSON array; `None` where any of it cannot be read.
pub(super) fn items<T, E>(json: &[u8], parse: impl Fn(&str) -> Result<T, E>) -> Option<Vec<T>> {
    let items: Vec<&RawValue> = serde_json::from_slice(json).ok()?;
    items
        .into_iter()
        .map(|item| parse(item.get()).ok())
        .collect()
}
