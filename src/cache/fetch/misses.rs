//! Turns misses into requests: the most missed keys of the last days that are absent and exist, most wanted
//! first. The list of all properties and the hash of host names tell what exists; a list that is absent is
//! fetched.

use super::Fetch;
use super::property_lookup::lists_pay;
use super::values::rule_versions;
use crate::cache::Error;
use crate::cache::hit_rate::measure;
use crate::cache::values::owner_of;
use crate::domain::hit_rate::{GroupBy, HitRateQuery, KeyFilter};
use crate::domain::key::{Entry, Fqdn, Id, Scheme};
use crate::domain::papi::{Contract, Group, Property};
use crate::domain::ttl::Resource;
use crate::domain::warm::WarmRequest;
use jiff::civil::Date;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

/// Number of most missed keys that are examined. Most of them are cached by now, or do not exist.
const CANDIDATES: usize = 20_000;

/// Number of properties that are fetched together, so that the most wanted ones are complete when a budget
/// ends.
const TOGETHER: usize = 8;

/// What fills a missing key: a resource of a property, or of the account.
type Filled = (Option<Id>, Resource);

/// Missing resources, and the place of the most wanted key of each.
type Lacks = BTreeMap<Resource, usize>;

/// What exists, as far as it is cached.
struct Existing {
    /// The groups are cached.
    groups: bool,
    /// The list of all properties, by id; `None` if it is not cached.
    list: Option<HashMap<Id, Property>>,
    /// `None` if their list is not cached.
    contracts: Option<HashSet<Id>>,
    /// The property of each missed host name.
    owners: HashMap<Fqdn, Id>,
    /// Number of host names; `None` if they are not cached.
    names: Option<u64>,
}

/// What fills the most missed keys.
#[derive(Default)]
pub(crate) struct MissedKeys {
    /// Fetches the list of all properties, which is not cached and tells which of the missed ones exist. Carry it
    /// out first, and then ask again for the rest.
    pub list: Option<WarmRequest>,
    /// All requests, most wanted first. While the list is not cached, the first one includes it, and all missed
    /// properties count as existing ones.
    pub requests: Vec<WarmRequest>,
    /// The keys that the requests fill.
    pub wanted: Vec<Entry>,
    /// The less wanted keys, beyond the limit.
    pub beyond: Vec<Entry>,
    /// Keys that no request can fill: their subject does not exist, or no run fetches them.
    pub unfillable: Vec<Entry>,
}

impl Fetch<'_> {
    /// Returns what fills the `top` most missed keys of these days, of which those of `former` that are cached by
    /// now are a part. Apart from what they fetch, the requests equal this one.
    pub(crate) async fn of_misses(
        &self,
        days: Vec<Date>,
        top: usize,
        former: &[Entry],
    ) -> Result<MissedKeys, Error> {
        let absent = self.absent(self.missed(days).await?).await?;
        let filled = former.iter().filter(|entry| !absent.contains(entry));
        let top = top.saturating_sub(filled.count());
        let existing = self.existing(&absent).await?;
        let (mut missed, mut fills) = (MissedKeys::default(), Vec::new());
        for entry in absent {
            match existing.fills(&entry) {
                None => missed.unfillable.push(entry),
                Some(_) if fills.len() == top => missed.beyond.push(entry),
                Some(filled) => {
                    fills.push(filled);
                    missed.wanted.push(entry);
                }
            }
        }
        let mut list = BTreeSet::new();
        let of_property = |entry: &Entry| entry.property().is_some();
        if existing.list.is_none() && missed.wanted.iter().any(of_property) {
            list.insert(Resource::Properties);
            // The items of the list are the details.
            let details = fills.iter().map(|(_, resource)| *resource);
            list.extend(details.filter(|resource| *resource == Resource::Details));
            list.extend(existing.needs_groups());
            missed.list = Some(self.request_for(Vec::new(), list.clone()));
        }
        missed.requests = self.requests(fills, list, &existing);
        Ok(missed)
    }

    async fn missed(&self, days: Vec<Date>) -> Result<Vec<Entry>, Error> {
        let question = HitRateQuery {
            days,
            customers: Some([self.cache.keys.customer.to_string()].into()),
            wanted: KeyFilter::All,
            by: GroupBy::Day,
            top: CANDIDATES,
            rows: Some(0),
        };
        let measured = measure(self.cache.store, self.cache.keys.scheme, question).await?;
        for note in measured.left_out_notes() {
            self.progress.note(&note);
        }
        let missed = measured.top_missed.iter();
        let rest = missed.filter_map(|missed| Some(missed.key.split_once(':')?.1));
        Ok(rest.filter_map(Scheme::parse_entry).collect())
    }

    async fn absent(&self, missed: Vec<Entry>) -> Result<Vec<Entry>, Error> {
        let keys = missed
            .iter()
            .map(|entry| self.cache.key(entry).into_bytes());
        let there = self.cache.store.exist(&keys.collect::<Vec<_>>()).await;
        let mut absent = Vec::new();
        for (entry, there) in missed.into_iter().zip(there) {
            if !there? {
                absent.push(entry);
            }
        }
        Ok(absent)
    }

    async fn existing(&self, absent: &[Entry]) -> Result<Existing, Error> {
        let cache = self.cache;
        let hosts = absent.iter().filter_map(|entry| match entry {
            Entry::Hostname(name) => Some(name.clone()),
            _ => None,
        });
        let hosts: Vec<Fqdn> = hosts.collect();
        let names: Vec<String> = hosts.iter().map(ToString::to_string).collect();
        let fields = cache.fields(&names).await?;
        let owner = |field: Option<Vec<u8>>| owner_of(&field?);
        let owners = hosts.into_iter().zip(fields);
        let owners = owners.filter_map(|(name, field)| Some((name, owner(field)?)));
        let owners: HashMap<Fqdn, Id> = owners.collect();
        let contracts = cache
            .list(&Entry::AccountContracts, Contract::parse)
            .await?;
        let groups = cache.list(&Entry::AccountGroups, Group::parse).await?;
        Ok(Existing {
            groups: groups.is_some(),
            list: cache.properties_by_id().await?,
            contracts: contracts.map(|all| all.into_iter().map(|one| one.id).collect()),
            owners,
            names: cache.host_rows().await?,
        })
    }

    /// Returns one request for the resources of the account that share calls, and one for every few properties that lack
    /// the same resources, in the order of the most wanted key that each fills. The `list`, which tells what exists,
    /// goes first.
    fn requests(
        &self,
        wanted: Vec<Filled>,
        list: BTreeSet<Resource>,
        existing: &Existing,
    ) -> Vec<WarmRequest> {
        let listed = existing.list.is_some() || !list.is_empty();
        let mut account: Lacks = list.into_iter().map(|resource| (resource, 0)).collect();
        let mut properties: Vec<(Id, Lacks)> = Vec::new();
        for (at, (id, resource)) in wanted.into_iter().enumerate() {
            let Some(id) = id else {
                account.entry(resource).or_insert(at);
                continue;
            };
            match properties.iter_mut().find(|(known, _)| *known == id) {
                Some((_, resources)) => {
                    resources.entry(resource).or_insert(at);
                }
                None => properties.push((id, [(resource, at)].into())),
            }
        }
        if listed && costs_more_than_all(&properties, existing.names.unwrap_or(0)) {
            account.entry(Resource::Hostnames).or_insert(usize::MAX);
        }
        for (_, resources) in &mut properties {
            resources.retain(|resource, at| {
                let of_all = account.get_mut(resource);
                of_all.map(|first| *first = (*first).min(*at)).is_none()
            });
        }
        properties.retain(|(_, resources)| !resources.is_empty());
        let listed = existing.list.iter().flat_map(HashMap::values);
        let pairs: HashSet<_> = listed.map(|one| (&one.contract, &one.group)).collect();
        // Properties that lists fill are fetched together.
        let together =
            if lists_pay(pairs.len() as u64, properties.len() as u64) && !pairs.is_empty() {
                usize::MAX
            } else {
                TOGETHER
            };
        let mut requests = Vec::new();
        while !properties.is_empty() {
            let alike = properties.first();
            let alike: Vec<Resource> = alike
                .iter()
                .flat_map(|(_, lacks)| lacks.keys().copied())
                .collect();
            let (mut ids, mut first) = (Vec::new(), usize::MAX);
            properties.retain(|(id, lacks)| {
                let taken = ids.len() < together && lacks.keys().eq(&alike);
                if taken {
                    ids.push(id.clone());
                    first = lacks.values().copied().fold(first, usize::min);
                }
                !taken
            });
            requests.push((first, self.request_for(ids, alike.into_iter().collect())));
        }
        let mut shared: BTreeMap<Resource, Lacks> = BTreeMap::new();
        for (resource, at) in account {
            let calls = existing.calls(resource);
            shared.entry(calls).or_default().insert(resource, at);
        }
        for (calls, resources) in shared {
            let first = resources.values().copied().min().unwrap_or(0);
            let groups = existing.needs_groups();
            let groups = groups.filter(|_| calls == Resource::Properties);
            let resources = resources.into_keys().chain(groups).collect();
            requests.push((first, self.request_for(Vec::new(), resources)));
        }
        requests.sort_by_key(|(at, _)| *at);
        requests.into_iter().map(|(_, request)| request).collect()
    }

    fn request_for(&self, ids: Vec<Id>, resources: BTreeSet<Resource>) -> WarmRequest {
        WarmRequest {
            ids,
            hosts: Vec::new(),
            own: None,
            resources,
            ..self.request.clone()
        }
    }
}

/// Returns true if the account-wide list of host names costs fewer calls than these properties one by one: each
/// takes a call for its details and up to two for the host names of its versions.
fn costs_more_than_all(properties: &[(Id, Lacks)], names: u64) -> bool {
    let lack = properties
        .iter()
        .filter(|(_, resources)| resources.contains_key(&Resource::Hostnames));
    3 * lack.count() as u64 > super::values::pages(names)
}

impl Existing {
    /// Returns the groups if they are not cached. A request that asks for them stores them, so that no later one asks
    /// again.
    fn needs_groups(&self) -> Option<Resource> {
        (!self.groups).then_some(Resource::Groups)
    }

    /// Returns the resource with whose calls a resource of the account is fetched.
    fn calls(&self, resource: Resource) -> Resource {
        match resource {
            Resource::Hostnames | Resource::Map if self.list.is_some() => Resource::Hostnames,
            Resource::CpCodes | Resource::Contracts => resource,
            // Without the list, host names take a crawl as well.
            _ => Resource::Properties,
        }
    }

    /// Returns what fills a key, unless its subject is known not to exist. Keys that only the server writes are not
    /// filled.
    fn fills(&self, entry: &Entry) -> Option<Filled> {
        Some(match entry {
            Entry::Properties
            | Entry::Tree
            | Entry::HostnameMap
            | Entry::Hostnames
            | Entry::AccountContracts
            | Entry::AccountGroups
            | Entry::CpCodes => (None, entry.resource()?),
            Entry::Contract(id) if self.contracts.as_ref().is_none_or(|all| all.contains(id)) => {
                (None, Resource::Contracts)
            }
            Entry::Hostname(_) if self.names.is_none() => (None, Resource::Hostnames),
            Entry::Hostname(name) => {
                let owner = self.owners.get(name)?;
                (Some(owner.clone()), Resource::Hostnames)
            }
            Entry::Rules(id, version) => {
                if let Some(list) = &self.list {
                    let kept = rule_versions(list.get(id)?).any(|kept| kept == *version);
                    kept.then_some(())?;
                }
                (Some(id.clone()), Resource::Rules)
            }
            Entry::Property(id)
            | Entry::PropertyHostnames(id)
            | Entry::Versions(id)
            | Entry::Activations(id)
                if self.list.as_ref().is_none_or(|list| list.contains_key(id)) =>
            {
                let resource = entry
                    .resource()
                    .filter(|one| Resource::OF_ONE.contains(one))?;
                (Some(id.clone()), resource)
            }
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(text: &str) -> Id {
        Id::new(text).unwrap()
    }

    fn existing() -> Existing {
        let property = Property::parse(
            r#"{"propertyId":"prp_1","propertyName":"one","contractId":"ctr_1","groupId":"grp_1","latestVersion":5,"productionVersion":3}"#,
        );
        let property = property.unwrap();
        Existing {
            groups: true,
            list: Some([(id("prp_1"), property)].into()),
            contracts: Some([id("ctr_1")].into()),
            owners: [(Fqdn::new("www.example.com").unwrap(), id("prp_1"))].into(),
            names: Some(1),
        }
    }

    #[test]
    fn only_what_exists_and_what_this_program_writes_is_filled() {
        let existing = existing();
        let of_one = |resource| Some((Some(id("prp_1")), resource));
        for (key, fills) in [
            ("property:prp_1", of_one(Resource::Details)),
            ("property:prp_1:hostnames", of_one(Resource::Hostnames)),
            ("hostname:www.example.com", of_one(Resource::Hostnames)),
            ("property:prp_1:rules:v5", of_one(Resource::Rules)),
            ("property:prp_1:rules:v3", of_one(Resource::Rules)),
            ("property:prp_1:rules:v4", None),
            ("property:prp_2", None),
            ("hostname:unknown.example.com", None),
            ("property:prp_1:details", None),
            ("search:www", None),
            ("contract:ctr_1", Some((None, Resource::Contracts))),
            ("contract:ctr_2", None),
            ("contracts:all", None),
            ("properties:all", Some((None, Resource::Properties))),
        ] {
            let entry = Scheme::parse_entry(key).unwrap();
            assert_eq!(existing.fills(&entry), fills, "{key}");
        }
    }

    #[test]
    fn without_the_lists_everything_may_exist() {
        let unknown = Existing {
            groups: false,
            list: None,
            contracts: None,
            owners: HashMap::new(),
            names: None,
        };
        for (key, fills) in [
            ("property:prp_2", (Some(id("prp_2")), Resource::Details)),
            (
                "property:prp_2:rules:v4",
                (Some(id("prp_2")), Resource::Rules),
            ),
            ("hostname:unknown.example.com", (None, Resource::Hostnames)),
            ("contract:ctr_2", (None, Resource::Contracts)),
        ] {
            let entry = Scheme::parse_entry(key).unwrap();
            assert_eq!(unknown.fills(&entry), Some(fills), "{key}");
        }
    }

    #[test]
    fn the_account_wide_list_is_taken_where_it_is_cheaper() {
        let lacks = |count: usize| -> Vec<(Id, Lacks)> {
            let own = |at| [(Resource::Hostnames, at)].into();
            let each = (0..count).map(|at| (id(&format!("prp_{at}")), own(at)));
            each.collect()
        };
        assert!(costs_more_than_all(&lacks(1), 999));
        assert!(!costs_more_than_all(&lacks(10), 30_000));
        assert!(costs_more_than_all(&lacks(11), 30_000));
    }
}
