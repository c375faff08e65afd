//! Host names in an incremental run: fetched for the properties that changed, kept alive for the others.

use super::ask::Origins;
use super::baseline::hosts_digest;
use super::known::KnownAccount;
use super::plan::{FetchStep, Planner};
use super::since::Since;
use super::survey::Survey;
use super::values::{Host, HostsOf, field_value, host_value};
use super::view::{CHUNK, items};
use crate::cache::Error;
use crate::cache::values::owner_of;
use crate::domain::key::{Entry, Fqdn, Id};
use crate::domain::papi::{Property, VersionHostname};
use crate::domain::ttl::Resource;
use crate::domain::warm::HostnameView;
use std::collections::{HashMap, HashSet};
use std::rc::Rc;

/// Cached host names by what happens to them.
#[derive(Default)]
struct Sorted {
    /// Gives a new TTL to each key that is as it should be.
    alive: Vec<FetchStep>,
    names: HashSet<String>,
    /// Properties to ask for their host names.
    ask: Vec<Rc<Property>>,
    /// Properties that have changed and still serve these host names.
    rewrite: Vec<HostsOf>,
}

impl Planner<'_> {
    /// Plans to bring host names up to date: those that are ours are kept alive, the others are fetched.
    pub(super) async fn hosts_since(
        &self,
        survey: &Survey,
        since: &Since,
        known: &KnownAccount,
    ) -> Result<Vec<FetchStep>, Error> {
        let request = self.request;
        if !request.wants(Resource::Hostnames) {
            return self.hosts(survey, known).await;
        }
        let names = self.hash_names().await?.unwrap_or_default();
        // The map is made from the cached keys.
        let map = survey.is_due(Resource::Map);
        let due = map || self.any_due(known, &names).await?;
        let may_list = request.hostnames == HostnameView::Active;
        if since.hosts_over && may_list {
            return Ok(vec![self.all_hosts(known)]);
        }
        let keys: Vec<String> = self.keys_of_names(&names).collect();
        let lacking = self.lack_marked(&known.properties, &since.marks, &keys);
        let lacking = lacking.await?;
        let sorted = self.sort_hosts(since, known, due, &lacking).await?;
        let mut served = sorted.rewrite.iter();
        if names.is_empty()
            && !(sorted.ask.is_empty() && served.all(|(_, hosts, _)| hosts.is_empty()))
        {
            // Only a run that has all host names writes a hash that is missing.
            return Ok(self.every_host(known));
        }
        let ask = sorted.ask.iter();
        let cost: u64 = ask.map(|property| self.host_calls(property)).sum();
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
        let ask = sorted.ask.iter();
        let mut steps: Vec<FetchStep> = ask.map(|property| self.hosts_of(property)).collect();
        steps.extend(map.then_some(FetchStep::Make(Resource::Map, Some(1))));
        let keys = if due {
            let hash = self.cache.key(&Entry::Hostnames);
            let hash = FetchStep::Extend(Resource::Hostnames, hash, Origins::AllFields);
            let extended = sorted.alive.into_iter();
            let extended: Vec<FetchStep> = extended
                .chain((!names.is_empty()).then_some(hash))
                .collect();
            let keys = extended.iter().filter_map(FetchStep::extended).collect();
            steps.extend(extended);
            keys
        } else {
            self.host_keys(known, &names)
        };
        steps.push(FetchStep::Keep(Resource::Hostnames, keys));
        steps.push(FetchStep::Serve(sorted.rewrite));
        Ok(steps)
    }

    /// Plans to keep alive the host names that are ours, without a call.
    pub(super) async fn hosts_alive(
        &self,
        since: &Since,
        known: &KnownAccount,
    ) -> Result<Vec<FetchStep>, Error> {
        let names = self.hash_names().await?.unwrap_or_default();
        if !self.any_due(known, &names).await? {
            return Ok(Vec::new());
        }
        let sorted = self.sort_hosts(since, known, true, &[]).await?;
        let whole = sorted.ask.is_empty() && since.doubtful.is_empty();
        let mut steps = sorted.alive;
        steps.extend((!names.is_empty()).then_some(FetchStep::KeepHash(whole)));
        Ok(steps)
    }

    async fn any_due(&self, known: &KnownAccount, names: &[Vec<u8>]) -> Result<bool, Error> {
        let keys = self.host_keys(known, names);
        for keys in keys.chunks(CHUNK) {
            let due = self.due_keys(keys, |_| Resource::Hostnames);
            if !due.await?.is_empty() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Returns the keys about host names of properties that have not changed.
    fn host_keys(&self, known: &KnownAccount, names: &[Vec<u8>]) -> Vec<String> {
        let names = self.keys_of_names(names);
        let lists = known
            .properties
            .iter()
            .filter(|property| !known.changed.contains(&property.id))
            .map(|property| Entry::PropertyHostnames(property.id.clone()))
            .map(|entry| self.cache.key(&entry));
        let hash = self.cache.key(&Entry::Hostnames);
        names.chain(lists).chain([hash]).collect()
    }

    fn keys_of_names(&self, names: &[Vec<u8>]) -> impl Iterator<Item = String> {
        names
            .iter()
            .filter_map(|name| Fqdn::new(&String::from_utf8_lossy(name)).ok())
            .map(|name| self.cache.key(&Entry::Hostname(name)))
    }

    /// Sorts the host names of all properties, or (without `all`) of those that changed. The properties at the
    /// indexes in `lacking` are asked for theirs.
    async fn sort_hosts(
        &self,
        since: &Since,
        known: &KnownAccount,
        all: bool,
        lacking: &[usize],
    ) -> Result<Sorted, Error> {
        let mut sorted = Sorted::default();
        let each = known.properties.iter();
        let by_id = each.map(|property| (&property.id, property)).collect();
        let lacking = lacking.iter().filter_map(|at| known.properties.get(*at));
        let lacking: HashSet<&Id> = lacking.map(|property| &property.id).collect();
        for chunk in known.properties.chunks(CHUNK) {
            let chunk = chunk.iter().cloned();
            let asks = |one: &Rc<Property>| {
                known.hosts_changed.contains(&one.id) || lacking.contains(&one.id)
            };
            let (ask, mut rest): (Vec<_>, Vec<_>) = chunk.partition(asks);
            sorted.ask.extend(ask);
            rest.retain(|one| all || known.changed.contains(&one.id));
            self.sort_chunk(since, known, &by_id, rest, &mut sorted)
                .await?;
        }
        Ok(sorted)
    }

    async fn sort_chunk(
        &self,
        since: &Since,
        known: &KnownAccount,
        by_id: &HashMap<&Id, &Rc<Property>>,
        wanted: Vec<Rc<Property>>,
        sorted: &mut Sorted,
    ) -> Result<(), Error> {
        let cache = &self.cache;
        let list = |one: Rc<Property>| Entry::PropertyHostnames(one.id.clone());
        let lists = cache.keys_of(&wanted, list);
        let values = cache.values(&lists).await?;
        let mut served: Vec<ServedNames> = Vec::new();
        for ((property, list), value) in wanted.into_iter().zip(lists).zip(values) {
            let Some((fetched, hosts)) = self.own_hosts(since, &property.id, value) else {
                sorted.ask.push(property);
                continue;
            };
            if known.changed.contains(&property.id) {
                sorted.rewrite.push((property, hosts, true));
                continue;
            }
            let unmarked = |host: Host| {
                let name = Fqdn::new(&host.name).ok()?;
                (!since.marks.host(name.as_str(), fetched)).then_some((name, host))
            };
            match hosts.into_iter().map(unmarked).collect() {
                Some(hosts) => served.push((property, list, hosts)),
                None => sorted.ask.push(property),
            }
        }
        // Read for all these properties at once.
        let names = served.iter().flat_map(|(.., hosts)| hosts);
        let names: Vec<Fqdn> = names.map(|(name, _)| name.clone()).collect();
        let texts: Vec<String> = names.iter().map(ToString::to_string).collect();
        let keys = cache.keys_of(&names, Entry::Hostname);
        let values = cache.values(&keys).await?;
        let fields = cache.fields(&texts).await?;
        let mut cached = keys.into_iter().zip(values.into_iter().zip(fields));
        for (property, list, hosts) in served {
            let own = field_value(&property);
            let each = hosts.into_iter().zip(cached.by_ref());
            let alive = |key, about| FetchStep::Extend(Resource::Hostnames, key, about);
            // Collected in full, so that the next property gets its own values.
            let each: Vec<Option<_>> = each
                .map(|((name, host), (key, (value, field)))| {
                    let cached = (value?, field?);
                    let text = name.to_string();
                    let is_own = is_own((&property, &own), &host, cached, by_id)?;
                    let about = Origins::Host(name, property.id.clone());
                    Some((text, is_own.then(|| alive(key, about))))
                })
                .collect();
            let Some(names) = each.into_iter().collect::<Option<Vec<_>>>() else {
                sorted.ask.push(property);
                continue;
            };
            let about = Origins::Property(property.id.clone());
            sorted.alive.push(alive(list, about));
            for (name, step) in names {
                sorted.names.insert(name);
                sorted.alive.extend(step);
            }
        }
        Ok(())
    }

    /// Returns the host names of a property and when they were fetched, if the cached list is what we wrote.
    fn own_hosts(
        &self,
        since: &Since,
        id: &Id,
        value: Option<Vec<u8>>,
    ) -> Option<(u64, Vec<Host>)> {
        let value = value?;
        let (fetched, digest) = since.items.get(id)?.hosts?;
        let ours = hosts_digest(self.request.hostnames, &value) == digest
            && !since.marks.property(id.as_str(), fetched);
        let items = items(&value, VersionHostname::parse).filter(|_| ours)?;
        Some((fetched, items.into_iter().map(Host::from).collect()))
    }
}

/// A property, the key of its list of host names, and its host names.
type ServedNames = (Rc<Property>, String, Vec<(Fqdn, Host)>);

/// Returns true if the key of a host name and its field of the hash were written for this property, and not for another;
/// `None` if they are not as any property's should be.
fn is_own(
    (property, own): (&Property, &str),
    host: &Host,
    (value, field): (Vec<u8>, Vec<u8>),
    by_id: &HashMap<&Id, &Rc<Property>>,
) -> Option<bool> {
    if value == host_value(property, &host.item).as_bytes() && field == own.as_bytes() {
        return Some(true);
    }
    let other = by_id.get(&owner_of(&field)?).copied()?;
    let begin = format!(r#"{{"property":{},"#, other.json);
    let others = other.id != property.id
        && field == field_value(other).as_bytes()
        && value.starts_with(begin.as_bytes());
    others.then_some(false)
}
