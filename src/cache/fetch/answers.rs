//! What becomes of each answer. Failed requests are in `failed`.

use super::Halt;
use super::ask::{
    ApiRequest, CallAnswer, HostnameRows, Payload, PendingWrite, contracts, groups, shared,
};
use super::baseline::{OwnKind, digest};
use super::each::is_over;
use super::known::KnownAccount;
use super::pair_states::PairAnswer;
use super::run::FetchRun;
use super::values::{GroupContract, serving};
use crate::domain::key::Entry;
use crate::domain::papi::{Contract, Group, Property};
use crate::domain::ttl::Resource;
use crate::source::{ApiAnswer, FindBy};
use crate::store::Write;
use std::rc::Rc;

impl FetchRun<'_> {
    /// Takes the answer of a request: writes what it stores, and enters the rest into `known`.
    pub(super) async fn absorb(
        &self,
        ask: ApiRequest,
        answered: CallAnswer,
        known: &mut KnownAccount,
    ) -> Result<(), Halt> {
        let ApiAnswer {
            date,
            value: answer,
            item_errors,
        } = answered;
        known.date = [known.date, date].into_iter().flatten().min();
        self.take_account().await?;
        let whole = item_errors.is_empty();
        let resource = ask.resource();
        let is_list = matches!(ask, ApiRequest::Properties(_) | ApiRequest::Hostnames(_));
        if is_list && known.named.looks_up() {
            return self.look_up(ask, answer, whole, known).await;
        }
        self.ledger
            .item_errors(resource, ask.id().as_deref(), item_errors);
        match (ask, answer) {
            (_, Payload::Contracts(all)) => self.absorb_contracts(all, whole, known).await?,
            (_, Payload::Groups(all)) => self.absorb_groups(all.groups, whole, known).await?,
            (ApiRequest::Modified(_), Payload::Properties(all)) => known.modified = Some(all),
            (ApiRequest::Properties(pair), Payload::Properties(all)) => {
                known.asked.insert(pair, PairAnswer::of(whole));
                for property in all {
                    self.list(property, known).await?;
                }
            }
            (_, Payload::CpCodes(all)) => {
                known.cpcodes_lack |= !whole;
                known
                    .cpcodes
                    .extend(all.into_iter().map(|code| (code.id.clone(), code)));
            }
            (_, Payload::Hostnames(listing)) => self.absorb_listing(listing, known),
            (ApiRequest::Property(at), Payload::Properties(found)) => {
                known.named.lookup.asked_alone(&at.id);
                let former = at.within.as_ref();
                self.absorb_properties(former, found, known).await?;
            }
            (ApiRequest::Find(by), Payload::Properties(versions)) => {
                self.found(&by, &versions, known).await?;
            }
            (ApiRequest::HostsOf(property), Payload::Hosts(hosts)) => {
                self.ledger.fetched(resource, hosts.len());
                known.hosts.push((property, hosts, whole));
            }
            (ask, Payload::Value(value, items)) => {
                self.fetched_own(&ask, &value);
                self.ledger.fetched(resource, items);
                if let Some(entry) = ask.entry().filter(|_| whole || !self.checks()) {
                    self.set(&entry, value, true).await?;
                }
            }
            (ask, Payload::Versions(items)) => self.absorb_versions(&ask, items).await?,
            _ => {}
        }
        Ok(())
    }

    async fn absorb_contracts(
        &self,
        all: Vec<Contract>,
        whole: bool,
        known: &mut KnownAccount,
    ) -> Result<(), Halt> {
        let resource = Resource::Contracts;
        self.ledger.fetched(resource, all.len());
        if whole || !self.checks() {
            let puts = contracts(self.cache.keys, &all, self.ttl(resource, whole));
            self.put_list(puts, &Entry::Contracts).await?;
            let ids = all.into_iter().map(|contract| contract.id);
            known.contracts = self.checks().then(|| ids.collect());
        }
        Ok(())
    }

    fn absorb_listing(&self, listing: HostnameRows, known: &mut KnownAccount) {
        let resource = Resource::Hostnames;
        self.ledger.fetched(resource, listing.count);
        if let Some(error) = &listing.error {
            self.ledger.call_failed(resource, None, error.clone());
        }
        known.listing = Some(listing);
    }

    async fn absorb_versions(&self, ask: &ApiRequest, items: Vec<String>) -> Result<(), Halt> {
        let resource = Resource::Versions;
        self.ledger.fetched(resource, items.len());
        // An empty list cannot exist in Valkey.
        if let Some(entry) = ask.entry().filter(|_| !items.is_empty()) {
            let (key, ttl) = (self.cache.key(&entry), self.ttl(resource, true));
            let write = Write::List { key, items, ttl };
            self.put(PendingWrite::new(&entry, write)).await?;
        }
        Ok(())
    }

    async fn absorb_groups(
        &self,
        all: Vec<Group>,
        whole: bool,
        known: &mut KnownAccount,
    ) -> Result<(), Halt> {
        let resource = Resource::Groups;
        let stored = if self.checks() {
            whole && self.wants(resource)
        } else {
            self.wants(resource) || known.groups.is_some() || known.named.looks_up()
        };
        if stored {
            self.ledger.fetched(resource, all.len());
            let put = groups(self.cache.keys, &all, self.ttl(resource, whole));
            self.put_list(vec![put], &Entry::Groups).await?;
        }
        known.named.lookup.take_groups(&all, true);
        known.take_groups(all);
        Ok(())
    }

    /// Takes properties that were asked for; `former` is the pair that they were expected in, if known.
    pub(super) async fn absorb_properties(
        &self,
        former: Option<&GroupContract>,
        found: Vec<Property>,
        known: &mut KnownAccount,
    ) -> Result<(), Halt> {
        self.ledger.fetched(Resource::Details, found.len());
        let found: Vec<Rc<Property>> = found.into_iter().map(Rc::new).collect();
        self.announce(&found).await?;
        for property in found {
            let within = (&*property.contract, &*property.group);
            let moved = former
                .is_some_and(|(contract, group)| (contract.as_str(), group.as_str()) != within);
            // A run of the account does not ask for one property unless it is new, or another than its cached form.
            let is_new = self.request.is_for_account() && !self.checks();
            if moved || is_new || self.wants(Resource::Details) {
                self.put_property(&property).await?;
            }
            known.named.properties.push(property);
        }
        Ok(())
    }

    /// Remembers the digest of a value from a call for one property alone.
    fn fetched_own(&self, ask: &ApiRequest, value: &[u8]) {
        let (at, own) = match ask {
            ApiRequest::Rules(at, version) => (at, (OwnKind::Rules(*version), Some(digest(value)))),
            ApiRequest::Activations(at) => {
                let over = is_over(value).then(|| digest(value));
                (at, (OwnKind::Activations, over))
            }
            _ => return,
        };
        let mut fetched = self.own_fetched.borrow_mut();
        fetched.entry(at.id.clone()).or_default().push(own);
    }

    /// Takes a property of a pair's list, once even if several pairs list it.
    async fn list(&self, property: Property, known: &mut KnownAccount) -> Result<(), Halt> {
        if !known.seen.insert(property.id.as_str()) {
            return Ok(());
        }
        let property = Rc::new(property);
        if self.wants(Resource::Details) {
            self.put_property(&property).await?;
        }
        known.properties.push(property);
        Ok(())
    }

    /// Takes the property that a search for a host name has found.
    async fn found(
        &self,
        by: &FindBy,
        versions: &[Property],
        known: &mut KnownAccount,
    ) -> Result<(), Halt> {
        let FindBy::Hostname(name) = by else {
            return Ok(());
        };
        match serving(versions, self.request.hostnames) {
            Some(id) if known.named.ids.contains(&id) => {}
            Some(id) => known.named.ids.push(id),
            None if self.checks() && self.find_ghosts_of_host(name).await? => {}
            None => {
                let message = format!("no property serves `{name}`");
                self.ledger
                    .failed(Resource::Hostnames, name.clone(), "not_found", message);
            }
        }
        Ok(())
    }

    /// Writes a list of the account with its items, and refreshes the server's own list.
    async fn put_list(&self, puts: Vec<PendingWrite>, theirs: &Entry) -> Result<(), Halt> {
        let theirs = match puts.last() {
            Some(list) => shared(&self.cache, theirs, list).await?,
            None => None,
        };
        for put in puts.into_iter().chain(theirs) {
            self.put(put).await?;
        }
        Ok(())
    }
}
