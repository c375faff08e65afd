//! State of the cache before a run: what is cached, and which resources are due.

use super::identity::Remembered;
use super::marks::LastMarks;
use super::pair_states::PairStates;
use super::plan::Planner;
use super::view::{CHUNK, each_once, items};
use crate::cache::Error;
use crate::domain::key::{Entry, Fqdn, Id};
use crate::domain::papi::{Contract, Group, Property, VersionHostname};
use crate::domain::ttl::{Due, Resource, Ttl};
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::rc::Rc;
use std::time::Duration;

/// What is cached of the account itself: the lists, and what earlier runs learned of its pairs.
#[derive(Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
pub(super) struct Survey {
    /// The groups, if the list is readable.
    pub groups: Option<Vec<Group>>,
    /// The groups are too old for a crawl: nothing else shows a property without host names in a new group.
    pub groups_old: bool,
    /// The properties, if the list is readable; the former list if it is due.
    pub properties: Option<Vec<Rc<Property>>>,
    /// The cached list has some properties more than once.
    pub repeats: bool,
    /// Requested resources that are due.
    pub due: BTreeSet<Resource>,
    /// Kept keys of resources that are not due.
    pub kept: BTreeMap<Resource, Vec<String>>,
    pub pairs: PairStates,
    pub remembered: Remembered,
    pub hash_due: bool,
    /// The cached host names were fetched in another view than the requested one, so that all are due.
    pub other_view: bool,
    pub hash_there: bool,
}

/// What brings the host names of the account up to date with the fewest calls.
#[derive(Debug)]
pub(super) enum HostsDue {
    /// Nothing. The keys of lists and of names are kept; there are too many to move them into one list.
    None([Vec<String>; 2]),
    All,
    /// The host names of these properties, by index in the list.
    Of(Vec<usize>),
}

impl Planner<'_> {
    fn due_in(&self, resource: Resource, own: Ttl) -> Option<Duration> {
        let due = if self.forgets || self.request.check {
            Due::Always
        } else {
            self.request.due
        };
        due.due_in(resource, self.cache.lifetimes.policy, own)
    }

    /// Returns the indexes of the keys that are due.
    pub(super) async fn due_keys(
        &self,
        keys: &[String],
        resource: impl Fn(usize) -> Resource + Copy,
    ) -> Result<Vec<usize>, Error> {
        let left = self.cache.own_times(keys, resource).await?;
        let mut due = Vec::new();
        for (at, left) in left.into_iter().enumerate() {
            match (self.due_in(resource(at), left), self.ledger) {
                (None, _) => due.push(at),
                (Some(rest), Some(ledger)) => ledger.due_in(resource(at), rest),
                (Some(_), None) => {}
            }
        }
        Ok(due)
    }

    pub(super) async fn survey(&self) -> Result<Survey, Error> {
        let mut survey = Survey {
            pairs: PairStates::read(&self.cache).await?,
            remembered: Remembered::read(&self.cache).await?,
            groups: self.cache.list(&Entry::AccountGroups, Group::parse).await?,
            ..Survey::default()
        };
        if self.request.asks_everything() {
            survey.groups = None;
        }
        let property = |json: &str| Property::parse(json).map(Rc::new);
        survey.properties = self.cache.large_list(&Entry::Properties, property).await?;
        survey.repeats = survey.properties.as_mut().is_some_and(each_once);
        let contracts = self
            .cache
            .list(&Entry::AccountContracts, Contract::parse)
            .await?;
        let lists = [
            (Entry::AccountContracts, contracts.is_some()),
            (Entry::AccountGroups, survey.groups.is_some()),
            (Entry::Properties, survey.properties.is_some()),
            (Entry::HostnameMap, true),
            (Entry::CpCodes, true),
            (Entry::Tree, true),
        ];
        let resource = |at: usize| {
            let list = lists.get(at).and_then(|(entry, _)| entry.resource());
            list.unwrap_or(Resource::Groups)
        };
        let keys = lists.each_ref().map(|(entry, _)| self.cache.key(entry));
        let due = self.due_keys(&keys, resource).await?;
        for ((at, key), (_, readable)) in keys.into_iter().enumerate().zip(&lists) {
            if self.request.wants(resource(at)) {
                survey.enter(resource(at), due.contains(&at) || !readable, vec![key]);
            }
        }
        self.look_below(&mut survey, contracts.unwrap_or_default())
            .await?;
        let hash = [self.cache.key(&Entry::Hostnames)];
        let due = self.due_keys(&hash, |_| Resource::Hostnames).await?;
        survey.other_view = self.cache.hostname_view().await? != self.request.hostnames;
        survey.hash_due = survey.other_view || !due.is_empty();
        let [hash] = hash;
        survey.hash_there = self.cache.is_there(&hash).await?;
        survey.groups_old =
            survey.groups.is_some() && !self.replay && self.are_groups_old().await?;
        Ok(survey)
    }

    /// Returns true if the cached groups are about as old as the last crawl may be.
    async fn are_groups_old(&self) -> Result<bool, Error> {
        let policy = self.cache.lifetimes.policy;
        let intervals = policy.intervals;
        let most = intervals.full.saturating_sub(intervals.margin);
        let ttl = policy.ttl(Resource::Groups);
        let keys = [self.cache.key(&Entry::AccountGroups)];
        let left = self.cache.own_times(&keys, |_| Resource::Groups).await?;
        let young =
            |left: &Ttl| matches!(left, Ttl::Left(left) if ttl.saturating_sub(*left) < most);
        Ok(!left.iter().all(young))
    }

    /// Makes a kept list due if one of its items is due.
    async fn look_below(&self, survey: &mut Survey, contracts: Vec<Contract>) -> Result<(), Error> {
        if survey.kept.contains_key(&Resource::Contracts) {
            let keys = self
                .cache
                .keys_of(&contracts, |one: Contract| Entry::Contract(one.id));
            let due = self.due_keys(&keys, |_| Resource::Contracts).await?;
            let list = self.cache.key(&Entry::AccountContracts);
            let kept = keys.into_iter().chain([list]).collect();
            survey.enter(Resource::Contracts, !due.is_empty(), kept);
        }
        if self.request.wants(Resource::Details) {
            let list = survey.properties.as_deref();
            let kept = list.filter(|_| !survey.due.contains(&Resource::Properties));
            let (due, keys) = match kept {
                // The items of the list are the details.
                None => (true, Vec::new()),
                Some(list) => {
                    let keys = self.property_keys(list, Entry::Property);
                    let due = self.due_keys(&keys, |_| Resource::Details).await?;
                    (!due.is_empty(), keys)
                }
            };
            survey.enter(Resource::Details, due, keys);
        }
        Ok(())
    }

    /// Returns what brings the host names of these properties up to date. Those of `changed` properties are
    /// due.
    pub(crate) async fn hosts_due(
        &self,
        properties: &[Rc<Property>],
        changed: &HashSet<Id>,
        hash_due: bool,
    ) -> Result<HostsDue, Error> {
        let resource = Resource::Hostnames;
        let hash = self.cache.key(&Entry::Hostnames);
        // There are many names, and only their keys are needed.
        let key = |name: Vec<u8>| {
            let name = Fqdn::new(&String::from_utf8_lossy(&name)).ok()?;
            Some(self.cache.key(&Entry::Hostname(name)))
        };
        let Some(keys) = self.cache.store.field_names_as(&hash, key).await? else {
            return Ok(HostsDue::All);
        };
        let lists = self.property_keys(properties, Entry::PropertyHostnames);
        let mut due = self.due_keys(&lists, |_| resource).await?;
        let changed = (0..).zip(properties).filter_map(|(at, property)| {
            let new = changed.contains(&property.id) && due.binary_search(&at).is_err();
            new.then_some(at)
        });
        let changed: Vec<usize> = changed.collect();
        due.extend(changed);
        let marks = LastMarks::read(&self.cache).await?;
        due.extend(self.lack_marked(properties, &marks, &keys).await?);
        due.sort_unstable();
        due.dedup();
        if keys.is_empty() && due.is_empty() && self.all_without_hosts(&lists).await? {
            return Ok(HostsDue::None([lists, Vec::new()]));
        }
        let pages = super::values::pages(keys.len() as u64);
        if hash_due || !self.due_keys(&keys, |_| resource).await?.is_empty() {
            return Ok(HostsDue::All);
        }
        if due.is_empty() {
            let mut lists = lists;
            lists.push(hash);
            return Ok(HostsDue::None([lists, keys]));
        }
        let each = due.iter().filter_map(|at| properties.get(*at));
        let calls: u64 = each.map(|property| self.host_calls(property)).sum();
        if calls <= pages {
            Ok(HostsDue::Of(due))
        } else {
            Ok(HostsDue::All)
        }
    }

    /// Returns the indexes of the properties that serve a host name whose field in the hash is gone because the name
    /// was invalidated or the property changed: `cached` has the keys of all names in the hash. The hash tells which
    /// keys of names are expected, and does not miss such a name.
    pub(super) async fn lack_marked(
        &self,
        properties: &[Rc<Property>],
        marks: &LastMarks,
        cached: &[String],
    ) -> Result<Vec<usize>, Error> {
        let key = |name: &str| Some(self.cache.key(&Entry::Hostname(Fqdn::new(name).ok()?)));
        let mut lost: HashSet<String> = marks.host_names().filter_map(key).collect();
        let names = |value: Option<Vec<u8>>| {
            let hosts = value.and_then(|value| items(&value, VersionHostname::parse));
            hosts.into_iter().flatten()
        };
        let unhashed = properties.iter().filter(|one| marks.is_unhashed(&one.id));
        let unhashed: Vec<Rc<Property>> = unhashed.cloned().collect();
        let lists = self.property_keys(&unhashed, Entry::PropertyHostnames);
        for lists in lists.chunks(CHUNK) {
            let hosts = self.cache.values(lists).await?.into_iter().flat_map(names);
            lost.extend(hosts.filter_map(|host| key(&host.name)));
        }
        for key in cached {
            if lost.is_empty() {
                break;
            }
            lost.remove(key);
        }
        let mut lacking = Vec::new();
        if lost.is_empty() {
            return Ok(lacking);
        }
        let lists = self.property_keys(properties, Entry::PropertyHostnames);
        for (lists, first) in lists.chunks(CHUNK).zip((0..).step_by(CHUNK)) {
            for (value, at) in self.cache.values(lists).await?.into_iter().zip(first..) {
                let mut names = names(value).filter_map(|host| key(&host.name));
                if names.any(|key| lost.contains(&key)) {
                    lacking.push(at);
                }
            }
        }
        Ok(lacking)
    }

    /// Returns the names in the hash of all host names; `None` if the key holds another type. Removes nothing.
    pub(super) async fn hash_names(&self) -> Result<Option<Vec<Vec<u8>>>, Error> {
        let hash = self.cache.key(&Entry::Hostnames);
        Ok(self.cache.store.field_names(&hash).await?)
    }

    /// Returns true if no property has any host name. Then no hash is expected either: an empty one cannot
    /// exist in Valkey.
    async fn all_without_hosts(&self, lists: &[String]) -> Result<bool, Error> {
        let values = self.cache.values(lists).await?;
        Ok(values.iter().all(|value| value.as_deref() == Some(b"[]")))
    }

    /// Returns the key of each property, in the same order.
    fn property_keys(
        &self,
        properties: &[Rc<Property>],
        entry: impl Fn(Id) -> Entry,
    ) -> Vec<String> {
        let ids = properties.iter().map(|property| property.id.clone());
        ids.map(|id| self.cache.key(&entry(id))).collect()
    }
}

impl Survey {
    pub(super) fn is_due(&self, resource: Resource) -> bool {
        self.due.contains(&resource)
    }

    /// Records that a resource is due, or that these keys of it are kept.
    pub(super) fn enter(&mut self, resource: Resource, due: bool, keys: Vec<String>) {
        self.kept.remove(&resource);
        if due {
            self.due.insert(resource);
        } else {
            self.kept.insert(resource, keys);
        }
    }
}
