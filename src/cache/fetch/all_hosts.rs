//! The host names of all properties, sorted: whose each is, and which belong to no property that is known.

use super::ask::HostnameRows;
use super::ledger::Ledger;
use super::values::{Host, HostsOf};
use crate::domain::key::Fqdn;
use crate::domain::papi::Property;
use crate::domain::ttl::Resource;
use std::collections::{HashMap, HashSet};
use std::rc::Rc;

/// The host names of all properties.
pub(super) struct AllHosts {
    /// Each property with its host names, and whether all of them could be read.
    pub(super) each: Vec<HostsOf>,
    /// Names of properties that are not known.
    pub(super) unlisted: HashSet<String>,
    /// Each property that is here has all its host names.
    pub(super) each_whole: bool,
    /// Every host name of every property is there.
    pub(super) complete: bool,
    /// A name that is not there may be there all the same, unreadable.
    pub(super) flawed: bool,
}

/// Who owns a host name.
pub(super) struct ServingProperty {
    pub(super) property: Rc<Property>,
    pub(super) production: bool,
    /// It is handed over.
    pub(super) done: bool,
}

/// Of properties that claim a host name, as while it moves, the one that has it on production owns it,
/// else the first.
pub(super) fn owners(each: &[HostsOf]) -> HashMap<String, ServingProperty> {
    let mut owners: HashMap<String, ServingProperty> = HashMap::new();
    for (property, hosts, _) in each {
        for host in hosts {
            let Ok(name) = Fqdn::new(&host.name) else {
                continue;
            };
            let owner = || ServingProperty {
                property: property.clone(),
                production: host.production,
                done: false,
            };
            match owners.get_mut(name.as_str()) {
                Some(owner) if owner.production || !host.production => {}
                Some(former) => *former = owner(),
                None => {
                    owners.insert(name.to_string(), owner());
                }
            }
        }
    }
    owners
}

/// Sorts the account-wide list by property.
pub(super) fn sort(
    ledger: &Ledger,
    properties: &[Rc<Property>],
    listing: HostnameRows,
) -> AllHosts {
    let known: HashSet<&str> = properties.iter().map(|p| p.id.as_str()).collect();
    let mut unlisted: HashSet<String> = HashSet::new();
    let mut told: HashSet<&str> = HashSet::new();
    // Where the crawl has failed in part, or may not see all, that says why a property is not known.
    let crawled = ledger.is_whole();
    let rows = listing.rows.iter();
    for row in rows.filter(|row| !known.contains(&*row.property)) {
        let id = &*row.property;
        let Ok(name) = Fqdn::new(&row.host.name) else {
            continue;
        };
        unlisted.insert(name.to_string());
        if crawled && told.insert(id) {
            let message = format!("the API lists host names of `{id}` but not the property");
            ledger.failed(Resource::Hostnames, id.to_owned(), "unlisted", message);
        }
    }
    let flawed = listing.flawed || !told.is_empty();
    drop(told);
    let mut rows: HashMap<Rc<str>, Vec<Host>> = HashMap::new();
    for row in listing.rows {
        rows.entry(row.property).or_default().push(row.host);
    }
    let each = properties.iter().map(|property| {
        let hosts = rows.remove(property.id.as_str()).unwrap_or_default();
        (property.clone(), once(hosts), !listing.flawed)
    });
    AllHosts {
        each: each.collect(),
        each_whole: listing.error.is_none(),
        complete: listing.error.is_none(),
        flawed,
        unlisted,
    }
}

/// The host names of some properties, in a whole list.
pub(super) fn hosts_in(listing: &HostnameRows, properties: &[Rc<Property>]) -> Vec<HostsOf> {
    let ids = properties.iter().map(|property| property.id.as_str());
    let mut rows: HashMap<&str, Vec<Host>> = ids.map(|id| (id, Vec::new())).collect();
    for row in &listing.rows {
        if let Some(hosts) = rows.get_mut(&*row.property) {
            hosts.push(row.host.clone());
        }
    }
    let each = properties.iter().map(|property| {
        let hosts = rows.remove(property.id.as_str()).unwrap_or_default();
        (property.clone(), once(hosts), true)
    });
    each.collect()
}

/// Each name once: a property may list it twice, for production and for staging.
fn once(hosts: Vec<Host>) -> Vec<Host> {
    let mut places: HashMap<String, usize> = HashMap::new();
    let mut all: Vec<Host> = Vec::with_capacity(hosts.len());
    for host in hosts {
        let at = *places.entry(host.name.to_lowercase()).or_insert(all.len());
        match all.get_mut(at) {
            Some(first) => first.production |= host.production,
            None => all.push(host),
        }
    }
    all
}
