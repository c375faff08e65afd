//! Carries out a plan: makes calls with bounded concurrency, takes each answer as it arrives, and hands over
//! the writes.

use super::ask::{
    ApiRequest, CallAnswer, Caller, Effect, Origins, Payload, PendingWrite, contracts, groups,
    shared,
};
use super::baseline::{Digest, OwnKind, digest};
use super::each::is_settled;
use super::identity::Remembered;
use super::known::KnownAccount;
use super::ledger::Ledger;
use super::plan::FetchStep;
use super::queue::{Queue, Writes};
use super::run_lock::RunLock;
use super::state::PairAnswer;
use super::values::GroupContract;
use super::view::CacheView;
use super::{CachedBefore, Halt};
use crate::domain::key::{Entry, Fqdn, Id};
use crate::domain::papi::{Group, Property};
use crate::domain::progress::Progress;
use crate::domain::ttl::Resource;
use crate::domain::warm::WarmRequest;
use crate::source::{self, ApiAnswer, FindBy, Source};
use crate::store::Write;
use futures_util::{Stream, StreamExt};
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::future::ready;
use std::rc::Rc;
use std::time::Duration;
use tokio::sync::OnceCell;
use tokio::time::Instant;

/// A value from a call for one property alone, and its digest; `None` if the value is about to change.
pub(super) type OwnFetched = (OwnKind, Option<Digest>);

/// One run: its request, and the context to carry it out.
pub(super) struct FetchRun<'a> {
    pub cache: CacheView<'a>,
    pub source: &'a Source,
    pub request: &'a WarmRequest,
    pub progress: &'a dyn Progress,
    pub before: Option<&'a CachedBefore>,
    /// The customer's lock, which a run of the whole account holds.
    pub lock: Option<&'a RunLock>,
    pub ledger: &'a Ledger,
    pub queue: Queue,
    pub writes: &'a Writes<'a>,
    pub remembered: &'a Remembered,
    pub began: Instant,
    /// `act_…`, if the API has named it to this run or an earlier one.
    pub account: RefCell<Option<String>>,
    /// No call begins after this time.
    pub until: Cell<Option<Instant>>,
    /// No later stage of the run is known to need calls that are not planned yet.
    pub planned_whole: Cell<bool>,
    /// The hash of all host names has been changed, and counted if it exists.
    pub hash_patched: Cell<bool>,
    /// Digests of the lists of host names that were written, by property.
    pub hosts_written: RefCell<HashMap<Id, Digest>>,
    /// Properties that were asked for because a part of them is missing, with the error of that call if it failed.
    pub looked_for: RefCell<HashMap<Id, Rc<OnceCell<Option<source::Error>>>>>,
    /// Values from calls for one property alone, by property.
    pub own_fetched: RefCell<HashMap<Id, Vec<OwnFetched>>>,
}

impl FetchRun<'_> {
    pub(super) fn wants(&self, resource: Resource) -> bool {
        self.request.wants(resource)
    }

    /// Returns how long a new value is stored, with jitter; shorter if the value lacks a part.
    pub(super) fn ttl(&self, resource: Resource, whole: bool) -> Duration {
        let lifetimes = &self.cache.lifetimes;
        if !whole {
            return lifetimes.incomplete(resource);
        }
        let policy = lifetimes.policy;
        let ttl = policy.jittered(resource, self.request.jitter, fastrand::f64());
        ttl.saturating_add(lifetimes.stale_for)
    }

    /// Returns true if the run compares fetched values with cached ones, and writes nothing.
    pub(super) fn checks(&self) -> bool {
        self.request.check
    }

    pub(super) async fn write(
        &self,
        resource: Resource,
        write: Write,
        about: Origins,
        effect: Effect,
    ) -> Result<(), Halt> {
        self.put(PendingWrite {
            resource,
            write,
            about,
            effect,
        })
        .await
    }

    pub(super) async fn put(&self, put: PendingWrite) -> Result<(), Halt> {
        Ok(self.queue.put(put).await?)
    }

    pub(super) async fn set(&self, entry: &Entry, value: Vec<u8>, whole: bool) -> Result<(), Halt> {
        if self.checks() && !whole {
            // The missing part was reported. What is cached of it does not matter here.
            return Ok(());
        }
        // Entries without a resource are bookkeeping, which is not fetched.
        let Some(resource) = entry.resource() else {
            return Ok(());
        };
        let write = self.cache.keys.set(entry, value, self.ttl(resource, whole));
        self.put(PendingWrite::new(entry, write)).await
    }

    /// Leaves fresh keys as they are. Keys that a run has written count as seen by this run. In sorted order
    /// they cost the server a fifth, because neighbors in the index are recorded together.
    pub(super) async fn keep(&self, resource: Resource, mut keys: Vec<String>) -> Result<(), Halt> {
        self.ledger.kept(resource, keys.len() as u64);
        keys.sort_unstable();
        for entry in self.writes.seen(&keys) {
            let about = Origins::Account;
            self.write(resource, entry, about, Effect::Amended).await?;
        }
        Ok(())
    }

    pub(super) fn caller(&self) -> Caller<'_> {
        Caller {
            source: self.source,
            view: self.request.hostnames,
            progress: self.progress,
        }
    }

    /// Makes several requests at once and returns the answers in their order. Makes no further request after an
    /// error that would fail the next one as well.
    pub(super) fn asked(
        &self,
        asks: Vec<ApiRequest>,
    ) -> impl Stream<Item = (ApiRequest, Result<CallAnswer, source::Error>)> {
        futures_util::stream::iter(asks)
            .take_while(|_| ready(!(self.ledger.is_halted() || self.is_over())))
            .map(move |ask| async move {
                let (ask, answer) = self.ask(ask).await;
                if let Err(error) = &answer
                    && error.ends_the_run()
                {
                    self.ledger.halt(error.clone());
                }
                (ask, answer)
            })
            .buffered(self.request.concurrency.max(1))
    }

    /// Returns true if the next run is due, and then stops further calls.
    fn is_over(&self) -> bool {
        let over = self
            .until
            .get()
            .is_some_and(|until| until <= Instant::now());
        if over {
            self.ledger.halt(source::Error::NextRun);
        }
        over
    }

    /// Carries out steps. Afterwards their answers are in `known` and their writes in the queue.
    pub(crate) async fn carry_out(
        &self,
        steps: Vec<FetchStep>,
        known: &mut KnownAccount,
    ) -> Result<(), Halt> {
        let (mut asks, mut costs) = (Vec::new(), Vec::new());
        for step in steps {
            match step {
                FetchStep::Fetch { ask, calls, .. } => {
                    asks.push(ask);
                    costs.push(calls);
                }
                FetchStep::Keep(resource, keys) => self.keep(resource, keys).await?,
                FetchStep::Extend(resource, key, about) => {
                    let ttl = self.ttl(resource, true);
                    let write = Write::Expire { key, ttl };
                    self.write(resource, write, about, Effect::KeptAlive)
                        .await?;
                }
                FetchStep::Serve(mut each) => self.put_each(&mut each, None).await?,
                FetchStep::Make(..)
                | FetchStep::AtMost(_)
                | FetchStep::Inexact
                | FetchStep::Unseen(..) => {}
            }
        }
        let planned = costs.iter().sum();
        if planned > 0 && !self.source.is_replay() {
            self.progress.plan(planned, self.planned_whole.get());
        }
        let mut costs = costs.into_iter();
        // The account-wide list reports its own progress.
        let stage = asks
            .iter()
            .rev()
            .find(|ask| !matches!(ask, ApiRequest::Hostnames(_)))
            .map(ApiRequest::stage);
        if let Some(stage) = stage {
            self.progress.begin(stage, Some(asks.len() as u64));
        }
        let mut answers = std::pin::pin!(self.asked(asks));
        while let Some((ask, answer)) = answers.next().await {
            match answer {
                Ok(answered) => self.absorb(ask, answered, known).await?,
                Err(error) => self.absorb_failure(ask, error, known)?,
            }
            self.progress.called(costs.next().unwrap_or(0));
            if let Some(stage) = stage {
                self.progress.advance(stage, 1);
            }
        }
        if let Some(stage) = stage {
            self.progress.end(stage);
        }
        Ok(())
    }

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
        known.first_date(date);
        self.take_account().await?;
        let whole = item_errors.is_empty();
        let resource = ask.resource();
        if known.named.looks_up() && ask.is_list() {
            return self.look_up(ask, answer, whole, known).await;
        }
        self.ledger
            .item_errors(resource, ask.id().as_deref(), item_errors);
        let compares = whole || !self.checks();
        match (ask, answer) {
            (_, Payload::Contracts(all)) => {
                self.ledger.fetched(resource, all.len());
                if compares {
                    let puts = contracts(self.cache.keys, &all, self.ttl(resource, whole));
                    self.put_list(puts, &Entry::Contracts).await?;
                    let ids = all.into_iter().map(|contract| contract.id);
                    known.contracts = self.checks().then(|| ids.collect());
                }
            }
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
            (_, Payload::Hostnames(listing)) => {
                self.ledger.fetched(resource, listing.count);
                if let Some(error) = &listing.error {
                    self.ledger.call_failed(resource, None, error.clone());
                }
                known.listing = Some(listing);
            }
            (ApiRequest::Property(at), Payload::Properties(found)) => {
                known.named.lookup.settle(&at.id);
                self.absorb_properties(at.within.as_ref(), found, known)
                    .await?;
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
                if let Some(entry) = ask.entry().filter(|_| compares) {
                    self.set(&entry, value, true).await?;
                }
            }
            (ask, Payload::Versions(items)) => {
                self.ledger.fetched(resource, items.len());
                // An empty list cannot exist in Valkey.
                if let Some(entry) = ask.entry().filter(|_| !items.is_empty()) {
                    let (key, ttl) = (self.cache.key(&entry), self.ttl(resource, true));
                    let write = Write::List { key, items, ttl };
                    self.put(PendingWrite::new(&entry, write)).await?;
                }
            }
            _ => {}
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
            // A whole run does not ask for one property unless it is new, or another than its cached form.
            let whole = self.request.is_whole() && !self.checks();
            if moved || whole || self.wants(Resource::Details) {
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
                let settled = is_settled(value).then(|| digest(value));
                (at, (OwnKind::Activations, settled))
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
        match super::values::serving(versions) {
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

    pub(super) async fn put_property(&self, property: &Rc<Property>) -> Result<(), Halt> {
        let value = property.json.clone().into_bytes();
        let entry = Entry::Property(property.id.clone());
        self.set(&entry, value, true).await
    }

    /// Parses a host name from the API for use in a key. A name that cannot be used is recorded as a failure.
    pub(super) fn fqdn(&self, name: &str) -> Option<Fqdn> {
        let made = Fqdn::new(name);
        made.map_err(|error| {
            let (resource, message) = (Resource::Hostnames, error.to_string());
            self.ledger
                .failed(resource, name.to_owned(), "name", message);
        })
        .ok()
    }
}
