//! The host names of all properties: the owner of each, and the names whose property is unknown.

use super::ask::HostnameRows;
use super::ledger::Ledger;
use super::rows::{HostRow, RowList, SortedRows};
use super::values::{HostsOf, array};
use crate::domain::key::{Fqdn, Id};
use crate::domain::papi::Property;
use crate::domain::ttl::Resource;
use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasher as _, RandomState};
use std::num::NonZeroU32;
use std::rc::Rc;

pub(super) struct AllHosts {
    /// Each property, and whether all its host names could be read.
    pub(super) properties: Vec<(Rc<Property>, bool)>,
    pub(super) rows: SortedRows,
    pub(super) owners: HostOwners,
    /// Every property in `properties` has all its host names.
    pub(super) each_whole: bool,
    /// Every host name of every property of the account is here.
    pub(super) complete: bool,
    /// Some names could not be read, so a missing name may exist.
    pub(super) has_errors: bool,
}

/// Owner of each host name. Names are stored as hashes, because an account has many.
#[derive(Default)]
pub(super) struct HostOwners {
    hasher: RandomState,
    owners: HashMap<u64, NameOwner>,
}

#[derive(Clone, Copy)]
struct NameOwner {
    /// Index of the property plus one, which halves the size; `None` if the property is unknown.
    property: Option<NonZeroU32>,
    production: bool,
    /// The name has been handed over.
    done: bool,
}

impl HostOwners {
    fn number(&self, name: &str) -> u64 {
        self.hasher.hash_one(name)
    }

    /// Records a property's claim to a name. If several claim a name, as during a move, the property that has
    /// it on production owns it, even if it is unknown; else the first that is known.
    fn claim(&mut self, name: &str, property: Option<u32>, production: bool) {
        let number = self.number(name);
        let property = property.and_then(|at| NonZeroU32::MIN.checked_add(at));
        let rank = (production, property.is_some());
        let former = self.owners.get(&number);
        if former.is_none_or(|former| rank > (former.production, former.property.is_some())) {
            let done = false;
            let owner = NameOwner {
                property,
                production,
                done,
            };
            self.owners.insert(number, owner);
        }
    }

    /// Returns true if the property owns the name, but only the first time.
    pub(super) fn take(&mut self, name: &str, property: usize) -> bool {
        let number = self.number(name);
        self.owners.get_mut(&number).is_some_and(|owner| {
            let own = owner.property;
            let own = own.is_some_and(|own| own.get() as usize == property + 1);
            own && !std::mem::replace(&mut owner.done, true)
        })
    }

    /// Returns true if a known property owns the name.
    pub(super) fn contains(&self, name: &str) -> bool {
        let owner = self.owners.get(&self.number(name));
        owner.is_some_and(|owner| owner.property.is_some())
    }

    pub(super) fn is_empty(&self) -> bool {
        self.owners.is_empty()
    }

    /// Returns the number of names that were handed over.
    pub(super) fn taken(&self) -> usize {
        self.owners.values().filter(|owner| owner.done).count()
    }
}

impl AllHosts {
    /// Builds the list from host names that were fetched per property; `complete` if these are all properties.
    pub(super) fn of_each(ledger: &Ledger, each: Vec<HostsOf>, complete: bool) -> Self {
        let mut rows = RowList::default();
        let mut properties = Vec::with_capacity(each.len());
        for (property, hosts, whole) in each {
            for host in &hosts {
                rows.push(HostRow::of(&property.id, host));
            }
            properties.push((property, whole));
        }
        let listing = HostnameRows {
            rows,
            has_errors: properties.iter().any(|(_, whole)| !whole),
            ..HostnameRows::default()
        };
        Self {
            complete,
            ..Self::of_list(ledger, properties, listing, |_| true)
        }
    }

    /// Builds the list from the account-wide list, sorted by property. Unless a pair that cannot be read explains it, a
    /// property that is unknown leaves the list incomplete.
    pub(super) fn of_list(
        ledger: &Ledger,
        properties: Vec<(Rc<Property>, bool)>,
        listing: HostnameRows,
        explained: impl Fn(&HostRow<'_>) -> bool,
    ) -> Self {
        let known: HashMap<&str, u32> = properties
            .iter()
            .map(|(one, _)| &*one.id)
            .zip(0..)
            .collect();
        let mut unlisted: HashSet<&str> = HashSet::new();
        let mut owners = HostOwners::default();
        // If the crawl failed in part, that explains why a property is unknown.
        let crawled = ledger.is_complete();
        let mut owned_by = Vec::with_capacity(listing.rows.iter().len());
        for row in listing.rows.iter() {
            let (id, at) = (row.property, known.get(row.property).copied());
            let lacks = at.is_none() && !explained(&row);
            owned_by.push(at);
            let Ok(name) = Fqdn::new(row.name) else {
                continue;
            };
            owners.claim(name.as_str(), at, row.production);
            if lacks && unlisted.insert(id) && crawled {
                let message = format!("the API lists host names of `{id}` but not the property");
                ledger.failed(Resource::Hostnames, id.to_owned(), "unlisted", message);
            }
        }
        let has_errors = listing.has_errors || !unlisted.is_empty();
        Self {
            rows: SortedRows::new(listing.rows, owned_by, properties.len()),
            owners,
            each_whole: listing.error.is_none(),
            complete: listing.error.is_none(),
            has_errors,
            properties,
        }
    }

    /// Returns the indexes of all properties, sorted by property id.
    pub(super) fn sorted_by_id(&self) -> Vec<usize> {
        let id = |at: &usize| self.properties.get(*at).map(|(one, _)| one.id.as_str());
        let mut all: Vec<usize> = (0..self.properties.len()).collect();
        all.sort_unstable_by(|one, other| id(one).cmp(&id(other)));
        all
    }

    /// Returns the stored list of the property at an index.
    pub(super) fn list(&self, at: usize) -> Vec<u8> {
        array(self.rows.of(at).map(|row| row.item))
    }
}

/// Returns the owner of each host name, and whether it has the name on production. If several properties claim
/// a name, as during a move, the one that has it on production owns it, else the first.
pub(super) fn claimed_owners(each: &[HostsOf]) -> HashMap<String, (&Id, bool)> {
    let mut owners: HashMap<String, (&Id, bool)> = HashMap::new();
    for (property, hosts, _) in each {
        for host in hosts {
            let Ok(name) = Fqdn::new(&host.name) else {
                continue;
            };
            let claim = (&property.id, host.production);
            let owner = owners.entry(name.to_string()).or_insert(claim);
            if claim.1 && !owner.1 {
                *owner = claim;
            }
        }
    }
    owners
}

impl HostnameRows {
    /// Returns the rows of these host names, which are in lower case.
    fn of_names(&self, names: impl Iterator<Item = String>) -> HashMap<String, Vec<HostRow<'_>>> {
        let mut rows: HashMap<String, Vec<HostRow<'_>>> =
            names.map(|name| (name, Vec::new())).collect();
        for row in self.rows.iter() {
            if let Some(rows) = rows.get_mut(&row.name.to_lowercase()) {
                rows.push(row);
            }
        }
        rows
    }

    /// Returns the properties that serve these host names, as far as these are active.
    pub(crate) fn owners(&self, names: &[Fqdn]) -> HashMap<Fqdn, Id> {
        let rows = self.of_names(names.iter().map(ToString::to_string));
        let owner = |name: &Fqdn| {
            let rows = rows.get(name.as_str())?;
            let production = rows.iter().find(|row| row.production);
            Id::new(production.or(rows.first())?.property).ok()
        };
        let owners = names.iter();
        owners
            .filter_map(|name| Some((name.clone(), owner(name)?)))
            .collect()
    }

    /// Keeps the owners in `owners` that still have their names. A property outside of `each` that has a name
    /// on production becomes its owner.
    pub(super) fn correct(&self, owners: &mut HashMap<String, Id>, each: &[HostsOf]) {
        let here: HashSet<&str> = each.iter().map(|(one, _, _)| &*one.id).collect();
        let hosts = each.iter().flat_map(|(_, hosts, _)| hosts);
        let rows = self.of_names(hosts.map(|host| host.name.to_lowercase()));
        owners.retain(|name, id| {
            let mut rows = rows.get(name).into_iter().flatten();
            rows.any(|row| row.property == id.as_str())
        });
        for (name, rows) in rows {
            let mut others = rows.iter().filter(|row| !here.contains(row.property));
            let owner = others.find(|row| row.production);
            if let Some(id) = owner.and_then(|row| Id::new(row.property).ok()) {
                owners.insert(name, id);
            }
        }
    }
}

/// Picks the host names of some properties out of a whole list.
pub(crate) fn hosts_in(listing: &HostnameRows, properties: &[Rc<Property>]) -> Vec<HostsOf> {
    let ids = properties.iter().map(|property| property.id.as_str());
    let mut rows: HashMap<&str, Vec<HostRow<'_>>> = ids.map(|id| (id, Vec::new())).collect();
    for row in listing.rows.iter() {
        if let Some(rows) = rows.get_mut(row.property) {
            rows.push(row);
        }
    }
    let each = properties.iter().map(|property| {
        let rows = rows.remove(property.id.as_str()).unwrap_or_default();
        let hosts = rows.into_iter().map(HostRow::host);
        (property.clone(), hosts.collect(), true)
    });
    each.collect()
}
