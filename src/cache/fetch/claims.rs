//! Host names that several properties claim, as during a move. The property that has a name on production owns
//! it. The list of a version does not say on which network its names are active, so the API is asked if the
//! cache, or another list, names another property.

mod calls_left;

use super::Halt;
use super::all_hosts::claimed_owners;
use super::ask::HostnameRows;
use super::marks::mark_unhashed;
use super::plan::Planner;
use super::property_lookup::lists_pay;
use super::run::FetchRun;
use super::values::{GroupContract, Host, HostsOf, versions_with_hosts};
use super::view::items;
use crate::cache::Error;
use crate::domain::key::{Entry, Fqdn, Id};
use crate::domain::papi::{ActiveHostname, Property, VersionHostname};
use crate::domain::ttl::Resource;
use crate::domain::warm::HostnameView;
use crate::source::{self, PropertyRef};
use calls_left::CallsLeft;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::rc::Rc;

/// What properties claim of a host name.
#[derive(Default)]
struct Claim {
    /// A list says that the property has it, but not on which network.
    unsure: bool,
    /// It may be on production.
    production: bool,
}

/// Maximum number of calls to decide claims.
pub(super) const CALLS: u64 = 20;

impl FetchRun<'_> {
    /// Returns the owner of each host name of some properties. If none of them has a name on production, and
    /// the cache or `listing` gives it to another property, it stays with that property. Names that stay
    /// undecided are left out.
    pub(super) async fn decide_owners(
        &self,
        each: &mut [HostsOf],
        listing: Option<&HostnameRows>,
    ) -> Result<HashMap<String, Id>, Halt> {
        let (mut former, unknown) = self.former_owners(each).await?;
        let undecided = if let Some(listing) = listing {
            listing.correct(&mut former, each);
            HashSet::new()
        } else {
            let doubtful = unknown.clone();
            let mut undecided = self.decide_claims(each, &mut former, unknown).await?;
            undecided.retain(|name| !former.contains_key(name));
            let here = |id: &Id| each.iter().any(|(property, ..)| property.id == *id);
            let written =
                |name: &&String| !undecided.contains(*name) && former.get(*name).is_none_or(here);
            let unwritten: Vec<&String> = doubtful.iter().filter(|name| !written(name)).collect();
            if !self.checks() {
                // They exist, and the hash of all host names must not deny them.
                mark_unhashed(&self.cache, &unwritten).await?;
            }
            undecided
        };
        let claims = |id: &Id, name: &str| {
            let own = each.iter().find(|(property, _, _)| property.id == *id);
            let same = |host: &Host| host.name.to_lowercase() == name;
            // Of a property that is not in `each` nothing newer is known.
            own.is_none_or(|(_, hosts, _)| hosts.iter().any(same))
        };
        let all = claimed_owners(each).into_iter();
        let all = all.filter(|(name, _)| !undecided.contains(name));
        let all = all.map(|(name, (id, production))| {
            let former = former.get(&name).filter(|_| !production);
            let former = former.filter(|id| claims(id, &name));
            let id = former.unwrap_or(id).clone();
            (name, id)
        });
        Ok(all.collect())
    }

    /// Returns the owner of each host name in the cache, or before it was removed. The names that another property may
    /// own follow: names without an owner that these properties have on staging only, or at all in a cache that does
    /// not have all host names, nor had before the removal. Of names on staging only, those that were named, or all in a
    /// check, are doubtful whatever the cache says.
    async fn former_owners(
        &self,
        each: &[HostsOf],
    ) -> Result<(HashMap<String, Id>, HashSet<String>), Halt> {
        let mut claims: BTreeMap<Fqdn, Claim> = BTreeMap::new();
        for (property, hosts, _) in each {
            for host in hosts {
                if let Ok(name) = Fqdn::new(&host.name) {
                    let claim = claims.entry(name).or_default();
                    // A bucket's list names the network of each host name.
                    claim.unsure |= !(property.bucket && host.production);
                    claim.production |= host.production;
                }
            }
        }
        let names: Vec<Fqdn> = claims.keys().cloned().collect();
        let cached = self.cache.owners(&names).await?;
        let had_all = self.before.is_some_and(|before| before.host_rows.is_some());
        let of_some = !self.request.is_for_account();
        let cold = of_some && !had_all && self.cache.host_rows().await?.is_none();
        let (mut former, mut unknown) = (HashMap::new(), HashSet::new());
        for ((name, claim), cached) in claims.into_iter().zip(cached) {
            let removed = || self.before?.owners.get(name.as_str()).cloned();
            let owner = cached.or_else(removed);
            let staged = of_some && !claim.production;
            let is_unknown = match &owner {
                None => staged || cold && claim.unsure,
                Some(_) => staged && (self.checks() || self.request.names_host(&name)),
            };
            if is_unknown {
                unknown.insert(name.to_string());
            }
            if let Some(owner) = owner {
                former.insert(name.to_string(), owner);
            }
        }
        Ok((former, unknown))
    }

    /// Asks which property has a host name on production if more than one may: several in `each`, one of them
    /// and the former owner, or any property if the name is `unknown`. Afterwards only the property that the API
    /// names has it on production, or none if the API does not tell. A property outside of `each` becomes the
    /// former owner. Returns the unknown names that stay undecided.
    pub(super) async fn decide_claims(
        &self,
        each: &mut [HostsOf],
        former: &mut HashMap<String, Id>,
        unknown: HashSet<String>,
    ) -> Result<HashSet<String>, Halt> {
        let disputed = disputed(each, former);
        if disputed.is_empty() && unknown.is_empty() {
            return Ok(unknown);
        }
        let left = if self.source.is_replay() {
            u64::MAX
        } else {
            CALLS
        };
        let pages = self.cache.host_rows().await?.map(super::values::pages);
        let mut calls = CallsLeft { left, pages };
        let mut rows = self.disputed_rows(&disputed, &mut calls).await;
        let undecided = self
            .unknown_rows(each, &unknown, &mut calls, &mut rows)
            .await;
        let here: HashSet<&str> = each.iter().map(|(one, _, _)| &*one.id).collect();
        let mut owners: HashMap<String, String> = HashMap::new();
        for name in disputed.union(&unknown) {
            let rows = rows.iter().filter(|row| row.name.to_lowercase() == *name);
            let rows: Vec<&ActiveHostname> = rows.collect();
            let Some(id) = owner_in(&rows, former.get(name)) else {
                continue;
            };
            if let (false, Ok(id)) = (here.contains(id.as_str()), Id::new(id)) {
                former.insert(name.clone(), id);
            }
            owners.insert(name.clone(), id.clone());
        }
        drop(here);
        for (property, hosts, _) in each {
            for host in hosts {
                let name = host.name.to_lowercase();
                if disputed.contains(&name) || unknown.contains(&name) {
                    host.production = owners.get(&name).is_some_and(|id| **id == *property.id);
                }
            }
        }
        Ok(undecided)
    }

    /// Returns the rows of disputed host names in the account-wide list; none if that takes too many calls or a
    /// call fails. Both are reported.
    async fn disputed_rows(
        &self,
        names: &HashSet<String>,
        calls: &mut CallsLeft,
    ) -> Vec<ActiveHostname> {
        let mut rows = Vec::new();
        match self.active_rows(names, calls, &mut rows).await {
            Ok(true) => {}
            Ok(false) => {
                let count = names.len();
                let message = format!(
                    "host names claimed by two properties keep their owner: finding the owners of {count} takes more than {CALLS} calls"
                );
                let resource = Resource::Hostnames;
                self.ledger.failed(resource, None, "disputed", message);
            }
            Err(error) => self.ledger.call_failed(Resource::Hostnames, None, error),
        }
        rows
    }

    /// Adds the rows of host names without a known owner, and returns the names that stay undecided. The lists
    /// of the properties' pairs tell which of the names that may be on production are. Only the other names can belong
    /// to another property.
    async fn unknown_rows(
        &self,
        each: &[HostsOf],
        unknown: &HashSet<String>,
        calls: &mut CallsLeft,
        rows: &mut Vec<ActiveHostname>,
    ) -> HashSet<String> {
        let mut open = unknown.clone();
        let within = each
            .iter()
            .filter_map(|(one, _, _)| PropertyRef::from(one.as_ref()).within);
        let pairs: BTreeSet<GroupContract> = within.collect();
        let hosts = each.iter().flat_map(|(_, hosts, _)| hosts);
        let mut unsure = hosts.filter(|host| host.production);
        let unsure = unsure.any(|host| open.contains(&host.name.to_lowercase()));
        let pays = unsure && lists_pay(pairs.len() as u64, open.len() as u64);
        if pays && !self.source.is_replay() {
            for (contract, group) in pairs {
                let list = self.source.hostnames_within(&contract, &group);
                let most = open.len() as u64;
                match calls.read(list, most, unknown, rows).await {
                    Err(error) if error.ends_the_run() => self.ledger.halt(error),
                    // Each name can still be asked for.
                    _ => {}
                }
            }
            for row in rows.iter().filter(|row| row.production) {
                open.remove(&row.name.to_lowercase());
            }
        }
        if self.ledger.is_halted() {
            return open;
        }
        let reason = match self.active_rows(&open, calls, rows).await {
            Ok(true) => return HashSet::new(),
            // A recording of single properties does not tell.
            Err(source::Error::NotRecorded { .. } | source::Error::Unrecorded(_)) => {
                return HashSet::new();
            }
            Err(error) if error.ends_the_run() => {
                self.ledger.halt(error);
                return open;
            }
            Err(error) => error.to_string(),
            Ok(false) => format!("it takes more than {CALLS} calls"),
        };
        self.progress.note(&format!(
            "cannot tell which property has {} on production ({reason}); run `alecs-cache warm` to cache them by name",
            count(open.len())
        ));
        open
    }

    /// Adds the rows of these host names in the account-wide list, in the fewest calls, or as they are recorded. Returns
    /// false if that takes too many.
    async fn active_rows(
        &self,
        names: &HashSet<String>,
        calls: &mut CallsLeft,
        rows: &mut Vec<ActiveHostname>,
    ) -> Result<bool, source::Error> {
        if names.is_empty() {
            return Ok(true);
        }
        let one_each = names.len() as u64;
        let pages = calls.pages.unwrap_or(u64::MAX);
        let source = self.source;
        let lists_all = if source.is_replay() {
            source.has_listing()
        } else {
            one_each > pages.min(calls.left)
        };
        let lists = if lists_all {
            vec![source.hostnames()]
        } else {
            let mut names: Vec<&String> = names.iter().collect();
            names.sort_unstable();
            let each = names.into_iter();
            each.map(|name| source.hostnames_named(name)).collect()
        };
        let (mut found, mut answer) = (Vec::new(), Ok(true));
        for list in lists {
            match calls.read(list, u64::MAX, names, &mut found).await {
                Ok(true) => {}
                Err(error @ (source::Error::NotRecorded { .. } | source::Error::Unrecorded(_))) => {
                    answer = Err(error);
                }
                other => return other,
            }
        }
        rows.extend(found);
        answer
    }
}

fn count(number: usize) -> String {
    match number {
        1 => "1 host name".to_owned(),
        number => format!("{number} host names"),
    }
}

impl Planner<'_> {
    /// Returns an upper bound of the calls that decide the owners of these properties' host names. Names that the cache
    /// gives to another property count; of properties with versions that are on staging only, and in a cold cache of
    /// all, names without an owner too, and if the cache forgets what it has, all names. If the cached list of such a
    /// property is missing, the bound is `CALLS`.
    pub(super) async fn calls_for_claims(&self, properties: &[Rc<Property>]) -> Result<u64, Error> {
        let (cache, request) = (&self.cache, self.request);
        let cold = cache.host_rows().await?.is_none();
        let keys = cache.keys_of(properties, |one| Entry::PropertyHostnames(one.id.clone()));
        let mut claims: Vec<(Fqdn, &Id, bool)> = Vec::new();
        for (property, value) in properties.iter().zip(cache.values(&keys).await?) {
            let staged = !request.is_for_account() && has_staged(property, request.hostnames);
            let hosts = value.and_then(|json| items(&json, VersionHostname::parse));
            if hosts.is_none() && (cold || staged) {
                return Ok(CALLS);
            }
            let hosts = hosts.unwrap_or_default().into_iter();
            let names = hosts.filter_map(|host| Fqdn::new(&host.name).ok());
            claims.extend(names.map(|name| (name, &property.id, staged)));
        }
        let names: Vec<Fqdn> = claims.iter().map(|(name, ..)| name.clone()).collect();
        let owners = cache.owners(&names).await?;
        let doubtful = claims.iter().zip(owners);
        let doubtful = doubtful.filter(|((name, id, staged), owner)| {
            let unsure = cold || *staged;
            match owner {
                Some(owner) if owner != *id => true,
                Some(_) => unsure && self.forgets || *staged && request.names_host(name),
                None => unsure,
            }
        });
        let count = doubtful.count() as u64;
        // The lists of the pairs are asked first if they are fewer.
        let lists = if cold { count.saturating_sub(2) } else { 0 };
        Ok((count + lists).min(CALLS))
    }
}

/// Returns true if a property may have host names that are not on production.
fn has_staged(property: &Property, view: HostnameView) -> bool {
    let mut versions = versions_with_hosts(property, view).into_iter();
    property.bucket || versions.any(|version| property.production != Some(version))
}

/// Returns the names that more than one property may have on production.
fn disputed(each: &[HostsOf], former: &HashMap<String, Id>) -> HashSet<String> {
    let here: HashSet<&str> = each.iter().map(|(one, _, _)| &*one.id).collect();
    let mut claims: HashMap<String, HashSet<&str>> = HashMap::new();
    for (property, hosts, _) in each {
        for host in hosts.iter().filter(|host| host.production) {
            if Fqdn::new(&host.name).is_ok() {
                let name = host.name.to_lowercase();
                claims.entry(name).or_default().insert(&property.id);
            }
        }
    }
    let others = |(name, ids): &(String, HashSet<&str>)| {
        // What a former owner in `each` claims is known.
        ids.len() > 1
            || former
                .get(name)
                .is_some_and(|id| !here.contains(id.as_str()))
    };
    let disputed = claims.into_iter().filter(others);
    disputed.map(|(name, _)| name).collect()
}

/// Returns the property that serves a host name: the one that has it on production, else the former owner if it
/// still has the name, else the first.
fn owner_in<'r>(rows: &[&'r ActiveHostname], former: Option<&Id>) -> Option<&'r String> {
    let production = rows.iter().find(|row| row.production);
    let former = || {
        rows.iter()
            .find(|row| former.is_some_and(|id| id.as_str() == row.property_id))
    };
    let row = production.or_else(former).or(rows.first())?;
    Some(&row.property_id)
}
