//! Host names in an incremental run: asked of the properties that changed, kept alive for the others.

use super::Halt;
use super::ask::Origins;
use super::baseline::hosts_digest;
use super::incremental::Since;
use super::known::KnownAccount;
use super::place::items;
use super::plan::FetchStep;
use super::planner::Planner;
use super::run::FetchRun;
use super::since::CHUNK;
use super::survey::Survey;
use super::values::{Host, HostsOf, field_value, host_value};
use crate::cache::Error;
use crate::cache::values::owner_in_hash;
use crate::domain::key::{Entry, Fqdn, Id};
use crate::domain::papi::{Property, VersionHostname};
use crate::domain::ttl::Resource;
use crate::domain::warm::HostnameView;
use std::collections::{HashMap, HashSet};
use std::rc::Rc;

/// What becomes of the host names that are cached.
#[derive(Default)]
struct Sorted {
    /// Keys that are what they should be.
    keep: Vec<(String, Origins)>,
    names: HashSet<String>,
    /// Properties that have to be asked for their host names.
    ask: Vec<usize>,
    /// Properties that have changed and still serve these.
    rewrite: Vec<HostsOf>,
}

/// What brings host names up to date in an incremental run.
#[derive(Default)]
pub(super) struct HostsSince {
    pub steps: Vec<FetchStep>,
    extend: Vec<(String, Origins)>,
    keep: Vec<String>,
    /// Properties that have changed and still serve these.
    rewrite: Vec<HostsOf>,
}

impl HostsSince {
    fn asking(steps: Vec<FetchStep>) -> Self {
        Self {
            steps,
            ..Self::default()
        }
    }

    pub(super) fn planned(self) -> Vec<FetchStep> {
        let resource = Resource::Hostnames;
        let extend = self.extend.into_iter();
        let extend = extend.map(|(key, about)| FetchStep::Extend(resource, key, about));
        let mut steps: Vec<FetchStep> = self.steps.into_iter().chain(extend).collect();
        if !self.keep.is_empty() {
            steps.push(FetchStep::Keep(resource, self.keep));
        }
        steps
    }
}

impl FetchRun<'_> {
    /// Keeps alive what is ours of the host names; gives the steps that are asked.
    pub(super) async fn hosts_since(
        &self,
        planner: &Planner<'_>,
        survey: &Survey,
        since: &Since,
        known: &KnownAccount,
    ) -> Result<Vec<FetchStep>, Halt> {
        let mut hosts = planner.hosts_since(survey, since, known).await?;
        self.extend_hosts(hosts.extend).await?;
        if !hosts.keep.is_empty() {
            self.leave(since, Resource::Hostnames, hosts.keep).await?;
        }
        self.put_each(&mut hosts.rewrite, None).await?;
        Ok(hosts.steps)
    }

    /// Keeps alive what is ours of the host names, and asks nothing.
    pub(super) async fn kept_hosts(
        &self,
        hash_there: bool,
        since: &Since,
        known: &KnownAccount,
    ) -> Result<(), Halt> {
        let planner = self.planner(false);
        let names = planner.surveyor.hash_names().await?.unwrap_or_default();
        if planner.any_due(known, &names).await? {
            let sorted = planner.sort_hosts(since, known, true).await?;
            let keys = planner.with_hash(hash_there, sorted.keep);
            return self.extend_hosts(keys).await;
        }
        let keys = planner.host_keys(known, &names);
        self.leave(since, Resource::Hostnames, keys).await
    }

    async fn extend_hosts(&self, keys: Vec<(String, Origins)>) -> Result<(), Halt> {
        for (key, about) in keys {
            self.keep_alive(Resource::Hostnames, key, about).await?;
        }
        Ok(())
    }
}

impl Planner<'_> {
    /// What brings host names up to date.
    pub(super) async fn hosts_since(
        &self,
        survey: &Survey,
        since: &Since,
        known: &KnownAccount,
    ) -> Result<HostsSince, Error> {
        let request = self.request();
        if !request.wants(Resource::Hostnames) {
            return Ok(HostsSince::asking(self.hosts(survey, known).await?));
        }
        let listing = || Ok(HostsSince::asking(vec![self.all_hosts(known)]));
        let names = self.surveyor.hash_names().await?.unwrap_or_default();
        // The map is made of what is cached of them.
        let due = survey.is_due(Resource::Map) || self.any_due(known, &names).await?;
        let may_list = request.hostnames == HostnameView::Active;
        if since.hosts_over && may_list {
            return listing();
        }
        let sorted = self.sort_hosts(since, known, due).await?;
        let cost: u64 = sorted
            .ask
            .iter()
            .filter_map(|at| known.properties.get(*at))
            .map(|property| self.host_calls(property))
            .sum();
        let lost = names
            .iter()
            .filter(|name| {
                !sorted
                    .names
                    .contains(String::from_utf8_lossy(name).as_ref())
            })
            .count();
        if may_list
            && (cost > super::values::pages(names.len() as u64)
                || due && lost > 0 && sorted.ask.is_empty())
        {
            return listing();
        }
        let steps = sorted.ask.iter().filter_map(|at| known.properties.get(*at));
        let map = survey.is_due(Resource::Map);
        let map = map.then_some(FetchStep::Make(Resource::Map, Some(1)));
        let steps = steps.map(|property| self.hosts_of(property));
        let steps = steps.chain(map).collect();
        let (extend, keep) = if due {
            (self.with_hash(survey.hash_there, sorted.keep), Vec::new())
        } else {
            (Vec::new(), self.host_keys(known, &names))
        };
        Ok(HostsSince {
            steps,
            extend,
            keep,
            rewrite: sorted.rewrite,
        })
    }

    /// These keys, and the hash of all host names where it is there.
    fn with_hash(
        &self,
        hash_there: bool,
        mut keys: Vec<(String, Origins)>,
    ) -> Vec<(String, Origins)> {
        if hash_there {
            let key = self.surveyor.place.key(&Entry::Hostnames);
            keys.push((key, Origins::Fields));
        }
        keys
    }

    async fn any_due(&self, known: &KnownAccount, names: &[Vec<u8>]) -> Result<bool, Error> {
        let keys = self.host_keys(known, names);
        for keys in keys.chunks(CHUNK) {
            let due = self.surveyor.due_keys(keys, |_| Resource::Hostnames);
            if !due.await?.is_empty() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The keys about host names of properties that have not changed.
    fn host_keys(&self, known: &KnownAccount, names: &[Vec<u8>]) -> Vec<String> {
        let names = names
            .iter()
            .filter_map(|name| Fqdn::new(&String::from_utf8_lossy(name)).ok())
            .map(|name| self.surveyor.place.key(&Entry::Hostname(name)));
        let lists = known
            .properties
            .iter()
            .filter(|property| !known.touched.contains(&property.id))
            .filter_map(|property| Id::new(&property.id).ok())
            .map(|id| self.surveyor.place.key(&Entry::PropertyHostnames(id)));
        let hash = self.surveyor.place.key(&Entry::Hostnames);
        names.chain(lists).chain([hash]).collect()
    }

    /// Looks at the host names of all properties, or (not `all`) of those that changed.
    async fn sort_hosts(
        &self,
        since: &Since,
        known: &KnownAccount,
        all: bool,
    ) -> Result<Sorted, Error> {
        let mut sorted = Sorted::default();
        let by_id: HashMap<&str, &Rc<Property>> = known
            .properties
            .iter()
            .map(|property| (property.id.as_str(), property))
            .collect();
        let each: Vec<usize> = (0..known.properties.len()).collect();
        for chunk in each.chunks(CHUNK) {
            let mut wanted: Vec<(usize, &Rc<Property>, Id)> = Vec::new();
            for at in chunk {
                let Some(property) = known.properties.get(*at) else {
                    continue;
                };
                let Ok(id) = Id::new(&property.id) else {
                    continue;
                };
                if known.hosts_touched.contains(&property.id) {
                    sorted.ask.push(*at);
                } else if all || known.touched.contains(&property.id) {
                    wanted.push((*at, property, id));
                }
            }
            self.sort_chunk(since, known, &by_id, &wanted, &mut sorted)
                .await?;
        }
        Ok(sorted)
    }

    async fn sort_chunk(
        &self,
        since: &Since,
        known: &KnownAccount,
        by_id: &HashMap<&str, &Rc<Property>>,
        wanted: &[(usize, &Rc<Property>, Id)],
        sorted: &mut Sorted,
    ) -> Result<(), Error> {
        let place = &self.surveyor.place;
        let list = |(_, _, id): (_, _, Id)| Entry::PropertyHostnames(id);
        let lists = place.keys_of(wanted, list);
        let values = place.values(&lists).await?;
        let mut served = Vec::new();
        for (((at, property, id), list), value) in wanted.iter().zip(lists).zip(values) {
            let Some((fetched, hosts)) = self.own_hosts(since, id, value) else {
                sorted.ask.push(*at);
                continue;
            };
            if known.touched.contains(&property.id) {
                sorted.rewrite.push(((*property).clone(), hosts, true));
                continue;
            }
            let names: Vec<Fqdn> = hosts
                .iter()
                .filter_map(|host| Fqdn::new(&host.name).ok())
                .filter(|name| !since.marks.host(name.as_str(), fetched))
                .collect();
            if names.len() < hosts.len() {
                sorted.ask.push(*at);
                continue;
            }
            served.push(ServedHosts {
                at: *at,
                property,
                id,
                list,
                hosts,
                names,
            });
        }
        // Those of all these properties at once.
        let names = || served.iter().flat_map(|one| one.names.iter());
        let keys = names().map(|name| place.key(&Entry::Hostname(name.clone())));
        let keys: Vec<String> = keys.collect();
        let texts: Vec<String> = names().map(ToString::to_string).collect();
        let values = place.values(&keys).await?;
        let fields = place.fields(&texts).await?;
        let mut cached = keys.into_iter().zip(values.into_iter().zip(fields));
        for one in served {
            let cached = cached.by_ref().take(one.names.len()).collect();
            let (at, id, list) = (one.at, one.id.clone(), one.list.clone());
            let Some(keys) = one.kept(cached, by_id) else {
                sorted.ask.push(at);
                continue;
            };
            sorted.keep.push((list, Origins::Property(id)));
            for (name, key, about) in keys {
                sorted.names.insert(name);
                sorted.keep.extend(about.map(|about| (key, about)));
            }
        }
        Ok(())
    }

    /// The host names of a property, where the list of them is what we wrote, and when it was fetched.
    fn own_hosts(
        &self,
        since: &Since,
        id: &Id,
        value: Option<Vec<u8>>,
    ) -> Option<(u64, Vec<Host>)> {
        let value = value?;
        let (fetched, digest) = since.items.get(id.as_str())?.hosts?;
        let ours = hosts_digest(self.request().hostnames, &value) == digest
            && !since.marks.property(id.as_str(), fetched);
        let items = items(&value, VersionHostname::parse).filter(|_| ours)?;
        let hosts = items.into_iter().map(|item| Host {
            name: item.name,
            item: item.json,
            production: false,
        });
        Some((fetched, hosts.collect()))
    }
}

/// A property with the host names that we wrote of it.
struct ServedHosts<'a> {
    at: usize,
    property: &'a Property,
    id: &'a Id,
    list: String,
    hosts: Vec<Host>,
    names: Vec<Fqdn>,
}

/// A key with the value and the field of the hash that are cached.
type Cached = (String, (Option<Vec<u8>>, Option<Vec<u8>>));

impl ServedHosts<'_> {
    /// The key of each host name with what it is about, where keys and fields are what they should be;
    /// one that another property serves is that one's.
    fn kept(
        self,
        cached: Vec<Cached>,
        by_id: &HashMap<&str, &Rc<Property>>,
    ) -> Option<Vec<(String, String, Option<Origins>)>> {
        let field = field_value(self.property);
        let each = self.names.into_iter().zip(cached).zip(&self.hosts);
        let each = each.map(|((name, (key, (value, own))), host)| {
            let (value, own) = (value?, own?);
            let text = name.to_string();
            if value == host_value(self.property, host).as_bytes() && own == field.as_bytes() {
                return Some((text, key, Some(Origins::Host(name, self.id.clone()))));
            }
            let owner = owner_in_hash(&own)?;
            let other = by_id.get(owner.as_str()).copied()?;
            let begin = format!(r#"{{"property":{},"#, other.json);
            let others = other.id != self.property.id
                && own == field_value(other).as_bytes()
                && value.starts_with(begin.as_bytes());
            others.then_some((text, key, None))
        });
        each.collect()
    }
}
