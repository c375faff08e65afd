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
use crate::domain::account::{Property, VersionHostname};
use crate::domain::key::{Entry, Fqdn, Id};
use crate::domain::ttl::Resource;
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

impl Run<'_> {
    /// The steps that bring host names up to date.
    pub(super) async fn hosts_since(
        &self,
        planner: &Planner<'_>,
        survey: &Survey,
        since: &Since,
        known: &mut Known,
    ) -> Result<Vec<Step>, Halt> {
        if survey.is_due(Resource::Map) || !self.wants(Resource::Hostnames) {
            return Ok(planner.hosts(survey, known).await?);
        }
        let listing = || Ok(vec![planner.all_hosts(known)]);
        let names = planner.surveyor.hash_names().await?.unwrap_or_default();
        let due = self.any_due(planner, survey, known, &names).await?;
        let view = self.request.hostnames;
        let may_list = view == crate::domain::warm::HostnameView::Active;
        if due && since.hosts_over && may_list {
            return listing();
        }
        let sorted = self.sort_hosts(since, known, due).await?;
        let cost: u64 = sorted
            .ask
            .iter()
            .filter_map(|at| known.properties.get(*at))
            .map(|property| planner.host_calls(property))
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
        let steps = steps.map(|property| planner.hosts_of(property)).collect();
        if due {
            self.keep_hosts(survey, sorted.keep).await?;
        } else {
            self.keep(Resource::Hostnames, self.host_keys(known, &names))
                .await?;
        }
        self.put_each(&sorted.rewrite).await?;
        Ok(steps)
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
        if self.any_due(planner, survey, known, &names).await? {
            let sorted = self.sort_hosts(since, known, true).await?;
            self.keep_hosts(survey, sorted.keep).await?;
        }
        Ok(())
    }

    async fn keep_hosts(&self, survey: &Survey, keep: Vec<(String, About)>) -> Result<(), Halt> {
        let resource = Resource::Hostnames;
        for (key, about) in keep {
            self.keep_alive(resource, key, about).await?;
        }
        if survey.hash_there {
            let key = self.place.key(&Entry::Hostnames);
            self.keep_alive(resource, key, About::Fields).await?;
        }
        Ok(())
    }

    /// Whether any key about host names is due.
    async fn any_due(
        &self,
        planner: &Planner<'_>,
        survey: &Survey,
        known: &Known,
        names: &[Vec<u8>],
    ) -> Result<bool, Halt> {
        if survey.hash_due {
            return Ok(true);
        }
        let keys = self.host_keys(known, names);
        for keys in keys.chunks(CHUNK) {
            let due = planner.surveyor.due_keys(keys, |_| Resource::Hostnames);
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
            .map(|name| self.place.key(&Entry::Hostname(name)));
        let lists = known
            .properties
            .iter()
            .filter(|property| !known.touched.contains(&property.id))
            .filter_map(|property| Id::new(&property.id).ok())
            .map(|id| self.place.key(&Entry::PropertyHostnames(id)));
        let hash = self.place.key(&Entry::Hostnames);
        names.chain(lists).chain([hash]).collect()
    }

    /// Looks at the host names of all properties, or (not `all`) of those that changed.
    async fn sort_hosts(&self, since: &Since, known: &Known, all: bool) -> Result<Sorted, Halt> {
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
    ) -> Result<(), Halt> {
        let lists: Vec<String> = wanted
            .iter()
            .map(|(_, _, id)| self.place.key(&Entry::PropertyHostnames(id.clone())))
            .collect();
        let values = self.place.values(&lists).await?;
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
        let ours = hosts_digest(self.request.hostnames, &value) == digest
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
    ) -> Result<Option<Vec<(String, String, Option<About>)>>, Halt> {
        let names: Vec<Fqdn> = hosts
            .iter()
            .filter_map(|host| Fqdn::new(&host.name).ok())
            .collect();
        if names.len() < hosts.len() {
            return Ok(None);
        }
        let keys: Vec<String> = names
            .iter()
            .map(|name| self.place.key(&Entry::Hostname(name.clone())))
            .collect();
        let texts: Vec<String> = names.iter().map(ToString::to_string).collect();
        let values = self.place.values(&keys).await?;
        let fields = self.place.fields(&texts).await?;
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
