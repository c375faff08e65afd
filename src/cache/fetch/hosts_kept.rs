//! Host names in an incremental run: asked of the properties that changed, kept alive for the others.

use super::Halt;
use super::ask::About;
use super::baseline::hosts_digest;
use super::known::Known;
use super::place::items;
use super::plan::Step;
use super::planner::Planner;
use super::run::Run;
use super::since::{CHUNK, Since};
use super::survey::Survey;
use super::values::{Host, HostsOf, field_value, host_value};
use crate::cache::Error;
use crate::domain::account::{Property, VersionHostname};
use crate::domain::key::{Entry, Fqdn, Id};
use crate::domain::ttl::Resource;
use crate::domain::warm::HostnameView;
use std::collections::{HashMap, HashSet};
use std::rc::Rc;

/// What becomes of the host names that are cached.
#[derive(Default)]
struct Sorted {
    /// Keys that are what they should be.
    keep: Vec<(String, About)>,
    /// Their names.
    names: HashSet<String>,
    /// Properties that have to be asked for their host names.
    ask: Vec<usize>,
    /// Properties that have changed and still serve these.
    rewrite: Vec<HostsOf>,
}

/// What brings host names up to date in an incremental run.
#[derive(Default)]
pub(super) struct HostsSince {
    /// What is asked.
    pub steps: Vec<Step>,
    /// Keys that get a new time to live.
    extend: Vec<(String, About)>,
    /// Keys that are fresh enough.
    keep: Vec<String>,
    /// Properties that have changed and still serve these.
    rewrite: Vec<HostsOf>,
}

impl HostsSince {
    fn asking(steps: Vec<Step>) -> Self {
        Self {
            steps,
            ..Self::default()
        }
    }

    /// All of it as steps of a plan.
    pub(super) fn planned(self) -> Vec<Step> {
        let resource = Resource::Hostnames;
        let extend = self.extend.into_iter();
        let extend = extend.map(|(key, about)| Step::Extend(resource, key, about));
        let mut steps: Vec<Step> = self.steps.into_iter().chain(extend).collect();
        if !self.keep.is_empty() {
            steps.push(Step::Keep(resource, self.keep));
        }
        steps
    }
}

impl Run<'_> {
    /// Keeps alive what is ours of the host names; gives the steps that are asked.
    pub(super) async fn hosts_since(
        &self,
        planner: &Planner<'_>,
        survey: &Survey,
        since: &Since,
        known: &Known,
    ) -> Result<Vec<Step>, Halt> {
        let hosts = planner.hosts_since(survey, since, known).await?;
        self.extend_hosts(hosts.extend).await?;
        if !hosts.keep.is_empty() {
            self.keep(Resource::Hostnames, hosts.keep).await?;
        }
        self.put_each(&hosts.rewrite).await?;
        Ok(hosts.steps)
    }

    /// Keeps alive what is ours of the host names, and asks nothing.
    pub(super) async fn kept_hosts(
        &self,
        planner: &Planner<'_>,
        survey: &Survey,
        since: &Since,
        known: &Known,
    ) -> Result<(), Halt> {
        let names = planner.surveyor.hash_names().await?.unwrap_or_default();
        if planner.any_due(survey, known, &names).await? {
            let sorted = planner.sort_hosts(since, known, true).await?;
            self.extend_hosts(planner.with_hash(survey, sorted.keep))
                .await?;
        }
        Ok(())
    }

    async fn extend_hosts(&self, keys: Vec<(String, About)>) -> Result<(), Halt> {
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
        known: &Known,
    ) -> Result<HostsSince, Error> {
        let request = self.request();
        if survey.is_due(Resource::Map) || !request.wants(Resource::Hostnames) {
            return Ok(HostsSince::asking(self.hosts(survey, known).await?));
        }
        let listing = || Ok(HostsSince::asking(vec![self.all_hosts(known)]));
        let names = self.surveyor.hash_names().await?.unwrap_or_default();
        let due = self.any_due(survey, known, &names).await?;
        let may_list = request.hostnames == HostnameView::Active;
        if due && since.hosts_over && may_list {
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
            && (cost > super::hosts::pages(names.len() as u64)
                || due && lost > 0 && sorted.ask.is_empty())
        {
            return listing();
        }
        let steps = sorted.ask.iter().filter_map(|at| known.properties.get(*at));
        let steps = steps.map(|property| self.hosts_of(property)).collect();
        let (extend, keep) = if due {
            (self.with_hash(survey, sorted.keep), Vec::new())
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
    fn with_hash(&self, survey: &Survey, mut keys: Vec<(String, About)>) -> Vec<(String, About)> {
        if survey.hash_there {
            let key = self.surveyor.place.key(&Entry::Hostnames);
            keys.push((key, About::Fields));
        }
        keys
    }

    /// Whether any key about host names is due.
    async fn any_due(
        &self,
        survey: &Survey,
        known: &Known,
        names: &[Vec<u8>],
    ) -> Result<bool, Error> {
        if survey.hash_due {
            return Ok(true);
        }
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
    fn host_keys(&self, known: &Known, names: &[Vec<u8>]) -> Vec<String> {
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
    async fn sort_hosts(&self, since: &Since, known: &Known, all: bool) -> Result<Sorted, Error> {
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
        known: &Known,
        by_id: &HashMap<&str, &Rc<Property>>,
        wanted: &[(usize, &Rc<Property>, Id)],
        sorted: &mut Sorted,
    ) -> Result<(), Error> {
        let lists: Vec<String> = wanted
            .iter()
            .map(|(_, _, id)| {
                self.surveyor
                    .place
                    .key(&Entry::PropertyHostnames(id.clone()))
            })
            .collect();
        let values = self.surveyor.place.values(&lists).await?;
        for (((at, property, id), list), value) in wanted.iter().zip(lists).zip(values) {
            let Some((fetched, hosts)) = self.own_hosts(since, id, value) else {
                sorted.ask.push(*at);
                continue;
            };
            if known.touched.contains(&property.id) {
                sorted.rewrite.push(((*property).clone(), hosts, true));
                continue;
            }
            let marked = |host: &Host| since.marks.host(&host.name.to_lowercase(), fetched);
            let keys = self.keys_of(property, id, &hosts, by_id).await?;
            match keys {
                Some(keys) if !hosts.iter().any(marked) => {
                    sorted.keep.push((list, About::Property(id.clone())));
                    for (name, key, about) in keys {
                        sorted.names.insert(name);
                        sorted.keep.extend(about.map(|about| (key, about)));
                    }
                }
                _ => sorted.ask.push(*at),
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

    /// The key of each host name with what it is about, where keys and fields are what they should be;
    /// one that another property serves is that one's.
    async fn keys_of(
        &self,
        property: &Property,
        id: &Id,
        hosts: &[Host],
        by_id: &HashMap<&str, &Rc<Property>>,
    ) -> Result<Option<Vec<(String, String, Option<About>)>>, Error> {
        let names: Vec<Fqdn> = hosts
            .iter()
            .filter_map(|host| Fqdn::new(&host.name).ok())
            .collect();
        if names.len() < hosts.len() {
            return Ok(None);
        }
        let keys: Vec<String> = names
            .iter()
            .map(|name| self.surveyor.place.key(&Entry::Hostname(name.clone())))
            .collect();
        let texts: Vec<String> = names.iter().map(ToString::to_string).collect();
        let values = self.surveyor.place.values(&keys).await?;
        let fields = self.surveyor.place.fields(&texts).await?;
        let field = field_value(property);
        let mut all = Vec::with_capacity(keys.len());
        let each = names
            .into_iter()
            .zip(keys)
            .zip(hosts)
            .zip(values)
            .zip(fields);
        for ((((name, key), host), value), own) in each {
            let (Some(value), Some(own)) = (value, own) else {
                return Ok(None);
            };
            let text = name.to_string();
            if value == host_value(property, host).as_bytes() && own == field.as_bytes() {
                all.push((text, key, Some(About::Host(name, id.clone()))));
                continue;
            }
            let owner = super::place::text_at(&own, &["propertyId"]);
            let other = owner.and_then(|owner| by_id.get(owner.as_str()).copied());
            let others = other.is_some_and(|other| {
                let begin = format!(r#"{{"property":{},"#, other.json);
                other.id != property.id
                    && own == field_value(other).as_bytes()
                    && value.starts_with(begin.as_bytes())
            });
            if !others {
                return Ok(None);
            }
            all.push((text, key, None));
        }
        Ok(Some(all))
    }
}
