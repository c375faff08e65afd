//! Host names: of the whole account by pages, or of single properties; as a list for each property, a
//! key for each name, a hash of all, and the map where it is asked for.

use super::lacks::Crawl;
use super::ledger::Ledger;
use super::listing::{All, Hosts, Listing, group, pages};
use super::survey::{HostnamePlan, Survey};
use super::writer::Writer;
use super::{Fill, Halt};
use crate::cache::answers::{
    Host, Pair, field_value, host, host_value, hosts_of, versions_with_hosts,
};
use crate::domain::account::Property;
use crate::domain::key::{Entry, Id};
use crate::domain::ttl::Resource;
use crate::domain::warm::HostnameView;
use crate::store::Write;
use futures_util::StreamExt;
use std::collections::{BTreeSet, HashSet};

/// How many properties that only the list of host names knows are asked about one by one.
const STRANGERS: usize = 100;

/// Fields of the hash in one write.
const FIELDS: usize = 500;

impl Fill<'_> {
    /// Whether the account-wide list will be needed whatever the properties are.
    pub(super) async fn hostnames_are_plainly_due(
        &self,
        survey: &Survey,
        everything: bool,
    ) -> Result<bool, Halt> {
        let active = self.request.hostnames == HostnameView::Active;
        if !active || !self.wants_any(&[Resource::Hostnames, Resource::Map]) {
            return Ok(false);
        }
        let due = self.hash_is_due().await?;
        let due = due || survey.lacking.nameless(Resource::Hostnames);
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
            flawed: false,
        };
        while ledger.halted().is_none()
            && let Some(page) = pages.next().await
        {
            let flaws = pages.take_flaws();
            listing.flawed |= !flaws.is_empty();
            Self::enter_flaws(ledger, Resource::Hostnames, None, flaws);
            match page {
                Ok(rows) => {
                    self.progress.advance(stage, rows.len() as u64);
                    listing.rows.extend(rows);
                }
                Err(error) => {
                    Self::survive(ledger, Resource::Hostnames, None, error);
                    listing.complete = false;
                }
            }
        }
        self.progress.end(stage);
        listing.complete &= ledger.halted().is_none();
        ledger.fetched(Resource::Hostnames, listing.rows.len());
        Ok(listing)
    }

    /// Brings the host names of the account up to date.
    ///
    /// `pairs` are there where the list of properties was not fetched by this run: then it may lack
    /// properties that the list of host names knows, and they join it.
    #[expect(
        clippy::too_many_arguments,
        reason = "they come from one place and go to one"
    )]
    pub(super) async fn hostnames(
        &self,
        writer: &Writer,
        ledger: &Ledger,
        properties: &mut Vec<Property>,
        survey: &Survey,
        listing: Option<Listing>,
        pairs: Option<&[Pair]>,
        everything: bool,
    ) -> Result<(), Halt> {
        let map = survey.is_due(Resource::Map);
        if !self.wants(Resource::Hostnames) && !map {
            return Ok(());
        }
        if listing.is_none() {
            ledger.go_on()?;
        }
        let plan = if listing.is_some() || everything || !self.wants(Resource::Hostnames) {
            HostnamePlan::Whole
        } else {
            let calls = |p: &Property| self.hostname_calls(p);
            self.hostname_plan(properties, &survey.lacking, calls, pages)
                .await?
        };
        match (plan, map) {
            (HostnamePlan::Keep(keys), false) => {
                ledger.kept(Resource::Hostnames, keys);
                Ok(())
            }
            (HostnamePlan::Each(due), false) => {
                let due: Vec<&Property> = due.iter().filter_map(|i| properties.get(*i)).collect();
                for (property, hosts) in self.each(ledger, &due).await {
                    self.put_one(writer, ledger, property, &hosts).await?;
                }
                Ok(())
            }
            _ => match (self.request.hostnames, listing) {
                (HostnameView::Active, listing) => {
                    let listing = match listing {
                        Some(listing) => listing,
                        None => self.listing(ledger).await?,
                    };
                    self.take_in_strangers(writer, ledger, properties, &listing, pairs)
                        .await?;
                    let all = group(ledger, properties, listing);
                    self.put_all(writer, ledger, all, map).await
                }
                (HostnameView::Version, _) => {
                    let every: Vec<&Property> = properties.iter().collect();
                    let found = self.each(ledger, &every).await;
                    let all = All {
                        // One that failed says nothing about the others.
                        each_whole: true,
                        complete: found.len() == every.len(),
                        flawed: !ledger.is_whole(),
                        strange: HashSet::new(),
                        grouped: found
                            .into_iter()
                            .map(|(property, hosts)| (Hosts { property, hosts }, HashSet::new()))
                            .collect(),
                    };
                    self.put_all(writer, ledger, all, map).await
                }
            },
        }
    }

    /// Takes in the properties that have host names and are not in the list: made since the list was
    /// fetched, mostly. Each costs a call, where crawling all pairs again does not cost less.
    async fn take_in_strangers(
        &self,
        writer: &Writer,
        ledger: &Ledger,
        properties: &mut Vec<Property>,
        listing: &Listing,
        pairs: Option<&[Pair]>,
    ) -> Result<(), Halt> {
        if !ledger.is_whole() {
            // Where the crawl has failed in part, its own errors say why a property is not known.
            return Ok(());
        }
        let known: HashSet<&str> = properties.iter().map(|p| p.id.as_str()).collect();
        let strange = listing.rows.iter().filter(|row| host(row).is_some());
        let strange: BTreeSet<Id> = strange
            .filter(|row| !known.contains(row.property_id.as_str()))
            .filter_map(|row| Id::new(&row.property_id).ok())
            .collect();
        let strange: Vec<Id> = strange.into_iter().collect();
        match pairs {
            _ if strange.is_empty() => {}
            Some(pairs) if !pairs.is_empty() && pairs.len() < strange.len() => {
                let former = std::mem::take(properties);
                let whole = Crawl::Whole { mends: false };
                *properties = self
                    .properties(writer, ledger, pairs, Some(former), whole)
                    .await?;
            }
            _ if strange.len() <= STRANGERS => {
                let found = self.fetch_properties(ledger, &strange).await?.properties;
                if self.wants(Resource::Details) {
                    for property in &found {
                        self.put_property(writer, ledger, property).await?;
                    }
                }
                // The list itself may still be on its way to be written.
                writer.flush().await?;
                self.patch_list(writer, &found, &[]).await?;
                properties.extend(found);
            }
            _ => {}
        }
        Ok(())
    }

    /// Fetches the host names of each of these properties; one that fails is left out.
    pub(super) async fn each<'p>(
        &self,
        ledger: &Ledger,
        properties: &[&'p Property],
    ) -> Vec<(&'p Property, Vec<Host>)> {
        let stage = "hostnames";
        self.progress.begin(stage, Some(properties.len() as u64));
        let mut found = Vec::with_capacity(properties.len());
        let ask = |property: &'p Property| hosts_of(self.source, property, self.request.hostnames);
        let asked = self.each_asked(ledger, properties.iter().copied(), ask);
        let mut answers = std::pin::pin!(asked);
        while let Some((property, answer)) = answers.next().await {
            match answer {
                Ok(answer) => {
                    ledger.fetched(Resource::Hostnames, answer.hosts.len());
                    let id = property.id.clone();
                    Self::enter_flaws(ledger, Resource::Hostnames, id, answer.flaws);
                    found.push((property, answer.hosts));
                }
                Err(error) => {
                    Self::survive(ledger, Resource::Hostnames, property.id.clone(), error);
                }
            }
            self.progress.advance(stage, 1);
        }
        self.progress.end(stage);
        found
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
        all: All<'_>,
        map: bool,
    ) -> Result<(), Halt> {
        let store_hosts = self.wants(Resource::Hostnames);
        if store_hosts {
            self.hash_names().await?;
        }
        let mut names: HashSet<String> = HashSet::new();
        let mut fields: Vec<(String, Vec<u8>)> = Vec::new();
        let mut mapped: Vec<u8> = b"{".to_vec();
        let complete = all.complete;
        for (Hosts { property, hosts }, elsewhere) in &all.grouped {
            if store_hosts && all.each_whole {
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
            if complete {
                let sweep = !all.flawed;
                names.extend(all.strange);
                self.finish_hash(writer, ledger, &names, sweep).await?;
            }
        }
        if map && complete {
            if all.flawed {
                ledger.lacks(Resource::Map, None);
            }
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

    /// Takes lost host names out of the hash (with `sweep`), and only then gives it its new time to live: a run that
    /// is killed half way must not keep old fields alive.
    async fn finish_hash(
        &self,
        writer: &Writer,
        ledger: &Ledger,
        names: &HashSet<String>,
        sweep: bool,
    ) -> Result<(), Halt> {
        writer.flush().await?;
        let key = self.key(&Entry::Hostnames);
        let standing = self.hash_names().await?;
        if names.is_empty() && sweep {
            // A hash without fields cannot stand; that there is none is what an empty account has.
            for removed in self.store.remove(&[key]).await {
                removed?;
            }
            ledger.removed(Resource::Hostnames, standing.len());
            return Ok(());
        }
        let lost: Vec<String> = standing
            .into_iter()
            .filter_map(|name| String::from_utf8(name).ok())
            .filter(|name| sweep && !names.contains(name))
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
