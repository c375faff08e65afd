//! Host names in an incremental run: asked of the properties that changed, kept alive for the others.

use super::ask::Origins;
use super::baseline::hosts_digest;
use super::incremental::Since;
use super::known::KnownAccount;
use super::place::items;
use super::plan::FetchStep;
use super::planner::Planner;
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
    /// Keys that are what they should be get a new time to live.
    alive: Vec<FetchStep>,
    names: HashSet<String>,
    /// Properties that have to be asked for their host names.
    ask: Vec<usize>,
    /// Properties that have changed and still serve these.
    rewrite: Vec<HostsOf>,
}

impl Planner<'_> {
    /// What brings host names up to date: what is ours of them is kept alive, the rest is asked for.
    pub(super) async fn hosts_since(
        &self,
        survey: &Survey,
        since: &Since,
        known: &KnownAccount,
    ) -> Result<Vec<FetchStep>, Error> {
        let request = self.request();
        if !request.wants(Resource::Hostnames) {
            return self.hosts(survey, known).await;
        }
        let names = self.surveyor.hash_names().await?.unwrap_or_default();
        // The map is made of what is cached of them.
        let map = survey.is_due(Resource::Map);
        let due = map || self.any_due(known, &names).await?;
        let may_list = request.hostnames == HostnameView::Active;
        if since.hosts_over && may_list {
            return Ok(vec![self.all_hosts(known)]);
        }
        let sorted = self.sort_hosts(since, known, due).await?;
        let ask = || sorted.ask.iter().filter_map(|at| known.properties.get(*at));
        let cost: u64 = ask().map(|property| self.host_calls(property)).sum();
        let is_lost = |name: &Vec<u8>| {
            let name = String::from_utf8_lossy(name);
            !sorted.names.contains(name.as_ref())
        };
        if may_list
            && (cost > super::values::pages(names.len() as u64)
                || due && sorted.ask.is_empty() && names.iter().any(is_lost))
        {
            return Ok(vec![self.all_hosts(known)]);
        }
        let mut steps: Vec<FetchStep> = ask().map(|property| self.hosts_of(property)).collect();
        steps.extend(map.then_some(FetchStep::Make(Resource::Map, Some(1))));
        if due {
            steps.extend(self.with_hash(survey.hash_there, sorted.alive));
        } else {
            steps.extend(since.left(Resource::Hostnames, self.host_keys(known, &names)));
        }
        steps.push(FetchStep::Serve(sorted.rewrite));
        Ok(steps)
    }

    /// What keeps alive what is ours of the host names, without a call.
    pub(super) async fn hosts_alive(
        &self,
        hash_there: bool,
        since: &Since,
        known: &KnownAccount,
    ) -> Result<Vec<FetchStep>, Error> {
        let names = self.surveyor.hash_names().await?.unwrap_or_default();
        if self.any_due(known, &names).await? {
            let sorted = self.sort_hosts(since, known, true).await?;
            return Ok(self.with_hash(hash_there, sorted.alive));
        }
        let keys = self.host_keys(known, &names);
        Ok(since.left(Resource::Hostnames, keys).into_iter().collect())
    }

    /// The hash of all host names gets a new time to live with their keys.
    fn with_hash(&self, hash_there: bool, mut steps: Vec<FetchStep>) -> Vec<FetchStep> {
        let key = self.surveyor.place.key(&Entry::Hostnames);
        let hash = FetchStep::Extend(Resource::Hostnames, key, Origins::Fields);
        steps.extend(hash_there.then_some(hash));
        steps
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
            .map(|property| Entry::PropertyHostnames(property.id.clone()))
            .map(|entry| self.surveyor.place.key(&entry));
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
        let by_id: HashMap<&Id, &Rc<Property>> = known
            .properties
            .iter()
            .map(|property| (&property.id, property))
            .collect();
        let each: Vec<usize> = (0..known.properties.len()).collect();
        for chunk in each.chunks(CHUNK) {
            let mut wanted: Vec<(usize, &Rc<Property>)> = Vec::new();
            for at in chunk {
                let Some(property) = known.properties.get(*at) else {
                    continue;
                };
                if known.hosts_touched.contains(&property.id) {
                    sorted.ask.push(*at);
                } else if all || known.touched.contains(&property.id) {
                    wanted.push((*at, property));
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
        by_id: &HashMap<&Id, &Rc<Property>>,
        wanted: &[(usize, &Rc<Property>)],
        sorted: &mut Sorted,
    ) -> Result<(), Error> {
        let place = &self.surveyor.place;
        let list =
            |(_, property): (_, &Rc<Property>)| Entry::PropertyHostnames(property.id.clone());
        let lists = place.keys_of(wanted, list);
        let values = place.values(&lists).await?;
        let mut served = Vec::new();
        for (((at, property), list), value) in wanted.iter().zip(lists).zip(values) {
            let Some((fetched, hosts)) = self.own_hosts(since, &property.id, value) else {
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
            let (at, id, list) = (one.at, one.property.id.clone(), one.list.clone());
            let Some(keys) = one.kept(cached, by_id) else {
                sorted.ask.push(at);
                continue;
            };
            let alive = |key, about| FetchStep::Extend(Resource::Hostnames, key, about);
            sorted.alive.push(alive(list, Origins::Property(id)));
            for (name, key, about) in keys {
                sorted.names.insert(name);
                sorted.alive.extend(about.map(|about| alive(key, about)));
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
        let (fetched, digest) = since.items.get(id)?.hosts?;
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
        by_id: &HashMap<&Id, &Rc<Property>>,
    ) -> Option<Vec<(String, String, Option<Origins>)>> {
        let field = field_value(self.property);
        let each = self.names.into_iter().zip(cached).zip(&self.hosts);
        let each = each.map(|((name, (key, (value, own))), host)| {
            let (value, own) = (value?, own?);
            let text = name.to_string();
            if value == host_value(self.property, host).as_bytes() && own == field.as_bytes() {
                return Some((
                    text,
                    key,
                    Some(Origins::Host(name, self.property.id.clone())),
                ));
            }
            let owner = owner_in_hash(&own)?;
            let other = by_id.get(&owner).copied()?;
            let begin = format!(r#"{{"property":{},"#, other.json);
            let others = other.id != self.property.id
                && own == field_value(other).as_bytes()
                && value.starts_with(begin.as_bytes());
            others.then_some((text, key, None))
        });
        each.collect()
    }
}
