//! The account-wide list of host names, sorted by the properties that serve them.

use super::ledger::Ledger;
use crate::cache::answers::{Host, host};
use crate::domain::account::{ActiveHostname, Property};
use crate::domain::key::Fqdn;
use crate::domain::ttl::Resource;
use crate::source::PAGE;
use std::collections::{HashMap, HashSet};

/// The account-wide list as it came.
pub(super) struct Listing {
    pub(super) rows: Vec<ActiveHostname>,
    /// Every host name that the API announced has come.
    pub(super) complete: bool,
    /// Some of them could not be read.
    pub(super) flawed: bool,
}

/// The host names of all properties.
pub(super) struct All<'p> {
    /// Each property, beside it the names that another one owns.
    pub(super) grouped: Vec<(Hosts<'p>, HashSet<String>)>,
    /// Names of properties that we do not know.
    pub(super) strange: HashSet<String>,
    /// Each property that is here has all its host names.
    pub(super) each_whole: bool,
    /// Every host name of every property is there.
    pub(super) complete: bool,
    /// A name that is not there may be there all the same, unreadable.
    pub(super) flawed: bool,
}

/// The host names of one property, ready to be stored.
pub(super) struct Hosts<'a> {
    pub(super) property: &'a Property,
    pub(super) hosts: Vec<Host>,
}

/// How many pages so many host names make; an empty account answers one as well.
pub(super) fn pages(names: usize) -> usize {
    names
        .div_ceil(usize::try_from(PAGE).unwrap_or(usize::MAX))
        .max(1)
}

/// Sorts the account-wide list by property. Where two properties claim a host name, as while it
/// moves, the one that has it on production owns it; beside each property stand the names that
/// another one owns.
pub(super) fn group<'p>(ledger: &Ledger, properties: &'p [Property], listing: Listing) -> All<'p> {
    let place: HashMap<&str, usize> = properties
        .iter()
        .enumerate()
        .map(|(place, p)| (p.id.as_str(), place))
        .collect();
    let mut grouped: Vec<(Hosts<'p>, HashSet<String>)> = properties
        .iter()
        .map(|property| {
            (
                Hosts {
                    property,
                    hosts: Vec::new(),
                },
                HashSet::new(),
            )
        })
        .collect();
    let mut owners: HashMap<String, (usize, bool)> = HashMap::with_capacity(listing.rows.len());
    let mut unlisted: HashSet<String> = HashSet::new();
    let mut strange: HashSet<String> = HashSet::new();
    let crawled = ledger.is_whole();
    for row in listing.rows {
        let Some(host) = host(&row) else { continue };
        let Some(&here) = place.get(row.property_id.as_str()) else {
            strange.extend(Fqdn::new(&row.name).map(|name| name.to_string()));
            // Where the crawl has failed in part, its own errors say why a property is not known.
            if crawled && unlisted.insert(row.property_id.clone()) {
                let message = format!(
                    "the API lists host names of `{}` but not the property",
                    row.property_id
                );
                ledger.lacks(Resource::Hostnames, None);
                ledger.failed(Resource::Hostnames, row.property_id, "unlisted", message);
            }
            continue;
        };
        if let Ok(name) = Fqdn::new(&row.name) {
            let production = row.production;
            match owners.get(name.as_str()) {
                Some(&(other, _)) if other == here => continue,
                Some(&(other, stronger)) if stronger || !production => {
                    let _ = other;
                    if let Some((_, elsewhere)) = grouped.get_mut(here) {
                        elsewhere.insert(name.as_str().to_owned());
                    }
                }
                Some(&(other, _)) => {
                    if let Some((_, elsewhere)) = grouped.get_mut(other) {
                        elsewhere.insert(name.as_str().to_owned());
                    }
                    owners.insert(name.as_str().to_owned(), (here, production));
                }
                None => {
                    owners.insert(name.as_str().to_owned(), (here, production));
                }
            }
        }
        if let Some((hosts, _)) = grouped.get_mut(here) {
            hosts.hosts.push(host);
        }
    }
    All {
        grouped,
        strange,
        each_whole: listing.complete,
        complete: listing.complete,
        flawed: listing.flawed,
    }
}
