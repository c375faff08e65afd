//! Host names: of the whole account by pages, or of single properties; as a list for each property, a
//! key for each name, a hash of all, and the map where it is asked for.

use super::ledger::Ledger;
use super::survey::{HostnamePlan, Survey};
use super::writer::Writer;
use super::{Fill, Halt};
use crate::cache::answers::{Host, field_value, host, host_value, hosts_of, versions_with_hosts};
use crate::domain::account::{ActiveHostname, Property};
use crate::domain::key::{Entry, Fqdn};
use crate::domain::ttl::Resource;
use crate::domain::warm::HostnameView;
use crate::source::PAGE;
use crate::store::Write;
use futures_util::StreamExt;
use std::collections::{HashMap, HashSet};

/// Fields of the hash in one write.
const FIELDS: usize = 500;

/// The account-wide list as it came.
pub(super) struct Listing {
    rows: Vec<ActiveHostname>,
    /// Every host name that the API announced has come.
    complete: bool,
}

/// The host names of one property, ready to be stored.
struct Hosts<'a> {
    property: &'a Property,
    hosts: Vec<Host>,
}

impl Fill<'_> {
    /// Whether the account-wide list will be needed whatever the properties are.
    pub(super) async fn hostnames_are_plainly_due(&self, everything: bool) -> Result<bool, Halt> {
        let active = self.request.hostnames == HostnameView::Active;
        if !active || !self.wants_any(&[Resource::Hostnames, Resource::Map]) {
            return Ok(false);
        }
        let key = [self.key(&Entry::Hostnames)];
        let ttl = self.ttls(&key).await?;
        let due = ttl
            .into_iter()
            .any(|ttl| self.is_due(Resource::Hostnames, ttl));
        Ok(everything || due && self.wants(Resource::Hostnames))
    }

    /// Fetches the account-wide list of active host names, page by page.
    pub(super) async fn listing(&self, ledger: &Ledger) -> Result<Listing, Halt> {
        let stage = "hostnames";
        self.progress.begin(stage, None);
        let mut pages = self.source.hostnames();
        let mut listing = Listing {
            rows: Vec::new(),
            complete: true,
        };
        while let Some(page) = pages.next().await {
            match page {
                Ok(rows) => {
                    self.progress.advance(stage, rows.len() as u64);
                    listing.rows.extend(rows);
                }
                Err(error) => {
                    Self::survive(ledger, Resource::Hostnames, None, error)?;
                    listing.complete = false;
                }
            }
        }
        self.progress.end(stage);
        ledger.fetched(Resource::Hostnames, listing.rows.len());
        Ok(listing)
    }

    /// Brings the host names of the account up to date.
    pub(super) async fn hostnames(
        &self,
        writer: &Writer,
        ledger: &Ledger,
        properties: &[Property],
        survey: &Survey,
        listing: Option<Listing>,
        everything: bool,
    ) -> Result<(), Halt> {
        let map = survey.is_due(Resource::Map);
        if !self.wants(Resource::Hostnames) && !map {
            return Ok(());
        }
        let plan = if listing.is_some() || everything || !self.wants(Resource::Hostnames) {
            HostnamePlan::Whole
        } else {
            self.hostname_plan(properties, |p| self.hostname_calls(p), pages)
                .await?
        };
        match (plan, map) {
            (HostnamePlan::Keep(keys), false) => {
                ledger.kept(Resource::Hostnames, keys);
                Ok(())
            }
            (HostnamePlan::Each(due), false) => {
                let due: Vec<&Property> = due.iter().filter_map(|i| properties.get(*i)).collect();
                for (property, hosts) in self.each(ledger, &due).await? {
                    self.put_one(writer, ledger, property, hosts).await?;
                }
                Ok(())
            }
            _ => match (self.request.hostnames, listing) {
                (HostnameView::Active, listing) => {
                    let listing = match listing {
                        Some(listing) => listing,
                        None => self.listing(ledger).await?,
                    };
                    let complete = listing.complete;
                    let all = group(ledger, properties, listing);
                    self.put_all(writer, ledger, all, complete, map).await
                }
                (HostnameView::Version, _) => {
                    let every: Vec<&Property> = properties.iter().collect();
                    let found = self.each(ledger, &every).await?;
                    let complete = found.len() == every.len();
                    let all = found
                        .into_iter()
                        .map(|(property, hosts)| (Hosts { property, hosts }, HashSet::new()))
                        .collect();
                    self.put_all(writer, ledger, all, complete, map).await
                }
            },
        }
    }

    /// Fetches the host names of each of these properties; one that fails is left out.
    pub(super) async fn each<'p>(
        &self,
        ledger: &Ledger,
        properties: &[&'p Property],
    ) -> Result<Vec<(&'p Property, Vec<Host>)>, Halt> {
        let stage = "hostnames";
        self.progress.begin(stage, Some(properties.len() as u64));
        let mut found = Vec::with_capacity(properties.len());
        let mut answers = futures_util::stream::iter(properties)
            .map(|property| async move {
                (
                    *property,
                    hosts_of(self.source, property, self.request.hostnames).await,
                )
            })
            .buffered(self.request.concurrency.max(1));
        while let Some((property, answer)) = answers.next().await {
            match answer {
                Ok(hosts) => {
                    ledger.fetched(Resource::Hostnames, hosts.len());
                    found.push((property, hosts));
                }
                Err(error) => {
                    Self::survive(ledger, Resource::Hostnames, property.id.clone(), error)?;
                }
            }
            self.progress.advance(stage, 1);
        }
        self.progress.end(stage);
        Ok(found)
    }

    /// How many calls the host names of one property cost.
    pub(super) fn hostname_calls(&self, property: &Property) -> usize {
        if property.bucket {
            1
        } else {
            versions_with_hosts(property, self.request.hostnames).len()
        }
    }

    /// Hands over the host names of all properties, and the hash and the map with them.
    async fn put_all(
        &self,
        writer: &Writer,
        ledger: &Ledger,
        all: Vec<(Hosts<'_>, HashSet<String>)>,
        complete: bool,
        map: bool,
    ) -> Result<(), Halt> {
        let store_hosts = self.wants(Resource::Hostnames);
        if store_hosts {
            self.hash_names().await?;
        }
        let mut names: HashSet<String> = HashSet::new();
        let mut fields: Vec<(String, Vec<u8>)> = Vec::new();
        let mut mapped: Vec<u8> = b"{".to_vec();
        for (Hosts { property, hosts }, elsewhere) in &all {
            if store_hosts && complete {
                self.put_hostnames(writer, ledger, property, hosts).await?;
            }
            for host in hosts {
                let Some(name) = self.fqdn(ledger, &host.name) else {
                    continue;
                };
                let name = name.as_str();
                if elsewhere.contains(name) || !names.insert(name.to_owned()) {
                    continue;
                }
                if map {
                    if mapped.len() > 1 {
                        mapped.push(b',');
                    }
                    let quoted = serde_json::Value::from(name).to_string();
                    mapped.extend_from_slice(quoted.as_bytes());
                    mapped.push(b':');
                    mapped.extend_from_slice(host_value(property, host).as_bytes());
                }
                if store_hosts {
                    self.put_host(writer, ledger, property, host).await?;
                    fields.push((name.to_owned(), field_value(property).into_bytes()));
                    if fields.len() >= FIELDS {
                        self.put_fields(writer, std::mem::take(&mut fields)).await?;
                    }
                }
            }
        }
        if store_hosts {
            self.put_fields(writer, fields).await?;
            if complete && !names.is_empty() {
                self.finish_hash(writer, ledger, &names).await?;
            }
        }
        if map && complete {
            mapped.push(b'}');
            let write = self.set(&Entry::HostnameMap, Resource::Map, mapped);
            writer.put(Resource::Map, write).await?;
        }
        Ok(())
    }

    async fn put_fields(
        &self,
        writer: &Writer,
        fields: Vec<(String, Vec<u8>)>,
    ) -> Result<(), Halt> {
        if fields.is_empty() {
            return Ok(());
        }
        let key = self.key(&Entry::Hostnames);
        let write = Write::Fields {
            key,
            fields,
            ttl: self.ttl(Resource::Hostnames),
        };
        Ok(writer.amend(Resource::Hostnames, write).await?)
    }

    /// Takes lost host names out of the hash, and only then gives it its new time to live: a run that
    /// is killed half way must not keep old fields alive.
    async fn finish_hash(
        &self,
        writer: &Writer,
        ledger: &Ledger,
        names: &HashSet<String>,
    ) -> Result<(), Halt> {
        writer.flush().await?;
        let key = self.key(&Entry::Hostnames);
        let standing = self.hash_names().await?;
        let lost: Vec<String> = standing
            .into_iter()
            .filter_map(|name| String::from_utf8(name).ok())
            .filter(|name| !names.contains(name))
            .collect();
        ledger.removed(Resource::Hostnames, lost.len());
        for chunk in lost.chunks(FIELDS) {
            let write = Write::DropFields {
                key: key.clone(),
                fields: chunk.to_vec(),
            };
            writer.amend(Resource::Hostnames, write).await?;
        }
        let write = Write::Expire {
            key,
            ttl: self.ttl(Resource::Hostnames),
        };
        Ok(writer.put(Resource::Hostnames, write).await?)
    }
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
fn group<'p>(
    ledger: &Ledger,
    properties: &'p [Property],
    listing: Listing,
) -> Vec<(Hosts<'p>, HashSet<String>)> {
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
    let crawled = !ledger.has_failures();
    for row in listing.rows {
        let Some(host) = host(&row) else { continue };
        let Some(&here) = place.get(row.property_id.as_str()) else {
            // Where the crawl has failed in part, its own errors say why a property is not known.
            if crawled && unlisted.insert(row.property_id.clone()) {
                let message = format!(
                    "the API lists host names of `{}` but not the property",
                    row.property_id
                );
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
    grouped
}
