//! Fetches what is named in the fewest calls: properties by `property_lookup`, and their host names per
//! property, or from the account-wide list if that is shorter.

use super::all_hosts::hosts_in;
use super::ask::{ApiRequest, HostnameRows, Payload};
use super::claims::CALLS;
use super::known::{KnownAccount, NamedProperties};
use super::plan::{FetchPlan, FetchStep, Planner};
use super::property_lookup::{MARGIN, PropertyLookup, lists_pay};
use super::run::FetchRun;
use super::{Fetch, Halt};
use crate::cache::Error;
use crate::domain::key::Id;
use crate::domain::papi::Property;
use crate::domain::ttl::Resource;
use crate::domain::warm::HostnameView;
use crate::source::{self, FindBy, PropertyRef, Source};
use std::collections::{BTreeSet, HashMap, HashSet};
use std::rc::Rc;

/// Calls for the host names of a property that is not known yet: production and staging.
const UNSEEN: u64 = 2;

impl Planner<'_> {
    /// Plans the account-wide list of host names if it costs less than `single` calls. If its length is
    /// unknown, its first page shows it. A recording answers by the list if it has that.
    fn listing_instead(&self, single: u64, rows: Option<u64>) -> Option<FetchStep> {
        let may =
            self.request.hostnames == HostnameView::Active && (self.listing_paid || !self.replay);
        let pages = rows.map_or(1, super::values::pages);
        let pays = lists_pay(pages, single) || self.listing_paid && single > 0;
        (may && pays).then_some(FetchStep::Fetch {
            ask: ApiRequest::Hostnames(if self.replay { u64::MAX } else { single }),
            calls: pages,
            fills: None,
        })
    }

    fn wants_hosts(&self) -> bool {
        let request = self.request;
        request.wants_any(&[Resource::Hostnames, Resource::Map])
    }

    /// Returns the number of calls for the host names of these properties one by one. In a cold cache, adds one
    /// per property for the owners of its names, which is the minimum.
    fn calls_with_claims(&self, properties: &[Rc<Property>], known: &KnownAccount) -> u64 {
        if !self.wants_hosts() {
            return 0;
        }
        let claim = u64::from(known.host_rows.is_none());
        let each = properties.iter();
        each.map(|one| self.host_calls(one) + claim).sum()
    }

    /// Plans a search for the owner of each named host name that is not cached.
    fn finding(known: &KnownAccount) -> Vec<FetchStep> {
        FetchStep::each(&known.named.searched, |name| {
            ApiRequest::Find(FindBy::Hostname(name.to_string()))
        })
    }

    fn lookup(
        &self,
        ids: &[Id],
        refs: HashMap<Id, PropertyRef>,
        known: &KnownAccount,
    ) -> PropertyLookup {
        let mut lookup = PropertyLookup::new(ids.iter().cloned(), refs, known.pairs.clone());
        if let Some(groups) = &known.groups {
            lookup.take_groups(groups, known.groups_asked);
        }
        if self.replay {
            lookup.go_singly();
        }
        lookup
    }
}

impl FetchRun<'_> {
    /// Finds the properties that serve the named host names.
    pub(super) async fn find_owners(&self, known: &mut KnownAccount) -> Result<(), Halt> {
        if known.named.searched.is_empty() {
            return Ok(());
        }
        let planner = self.planner();
        let single = known.named.searched.len() as u64
            + planner.calls_with_claims(&known.named.properties, known);
        let list = planner.listing_instead(single, known.host_rows);
        self.carry_out(list.into_iter().collect(), known).await?;
        if let Some(listing) = &known.listing {
            let named = &mut known.named;
            let owners = listing.owners(&named.searched);
            named.searched.retain(|name| !owners.contains_key(name));
            let mut listed: HashSet<Id> = named.ids.iter().cloned().collect();
            let owners = owners.into_values();
            let new = owners.filter(|id| listed.insert(id.clone()));
            named.ids.extend(new);
        }
        self.carry_out(Planner::finding(known), known).await?;
        Ok(self.ledger.go_on()?)
    }

    /// Fetches these properties and their requested resources, whether due or not.
    pub(super) async fn fetch_ids(
        &self,
        ids: Vec<Id>,
        known: &mut KnownAccount,
    ) -> Result<(), Halt> {
        let planner = self.planner();
        known.hosts.clear();
        let mut refs = std::mem::take(&mut known.named.refs);
        let own: HashSet<&Id> = ids.iter().collect();
        for property in &known.properties {
            if own.contains(&property.id) {
                refs.insert(property.id.clone(), PropertyRef::from(property.as_ref()));
            }
        }
        drop(own);
        known.named = NamedProperties {
            lookup: planner.lookup(&ids, refs, known),
            ids,
            ..NamedProperties::default()
        };
        while !self.ledger.is_halted() {
            let asks = known.named.lookup.next();
            if asks.is_empty() {
                break;
            }
            let steps = FetchStep::each(asks, |ask| ask);
            self.carry_out(steps, known).await?;
        }
        for id in known.named.lookup.take_missing() {
            let error = source::Error::NotFound {
                call: format!("property {id}"),
                customer: Some(self.cache.keys.customer.to_string()),
            };
            let at = PropertyRef::new(id);
            self.absorb_failure(ApiRequest::Property(at), error, known)?;
        }
        self.report_unlisted(known);
        if planner.wants_hosts() {
            self.hosts_of_ids(&planner, known).await?;
        }
        let each = planner
            .each_of(&known.named.properties)
            .map(|(_, step)| step);
        self.carry_out(each.collect(), known).await?;
        if self.ledger.is_halted() {
            self.report_unasked(&planner, known);
        }
        Ok(self.ledger.go_on()?)
    }

    /// Reports properties that no readable list has, and that are too many to ask for one by one.
    fn report_unlisted(&self, known: &mut KnownAccount) {
        if self.ledger.is_halted() {
            return;
        }
        let open: Vec<Id> = known.named.lookup.open().cloned().collect();
        for id in &open {
            self.ledger.unlisted(Resource::Details, id);
        }
        known.named.failed.extend(open);
    }

    /// Reports the properties that a run which ends early has not fetched, or not whole: the operator can name
    /// them again.
    fn report_unasked(&self, planner: &Planner<'_>, known: &mut KnownAccount) {
        let mut open: BTreeSet<Id> = known.named.lookup.open().cloned().collect();
        if self.wants(Resource::Hostnames) {
            let done: HashSet<&Id> = known.hosts.iter().map(|(of, ..)| &of.id).collect();
            let all = known.named.properties.iter().map(|property| &property.id);
            open.extend(all.filter(|id| !done.contains(id)).cloned());
        }
        let mut asks: HashMap<Id, usize> = HashMap::new();
        for (entry, _) in planner.each_of(&known.named.properties) {
            if let Some(id) = entry.property() {
                *asks.entry(id.clone()).or_default() += 1;
            }
        }
        let fetched = self.own_fetched.borrow();
        asks.retain(|id, asks| fetched.get(id).map_or(0, Vec::len) < *asks);
        open.extend(asks.into_keys());
        for id in &open {
            let message = "the run ended before all of it was fetched".to_owned();
            self.ledger
                .failed(Resource::Details, id.to_string(), "unasked", message);
        }
        known.named.failed.extend(open);
    }

    /// Takes the named items out of a list. Unreadable items do not matter: each can still be asked for.
    pub(super) async fn look_up(
        &self,
        ask: ApiRequest,
        answer: Payload,
        whole: bool,
        known: &mut KnownAccount,
    ) -> Result<(), Halt> {
        match (ask, answer) {
            (ApiRequest::Properties(pair), Payload::Properties(all)) => {
                let found = known.named.lookup.take_list(pair, all, whole);
                self.absorb_properties(None, found, known).await?;
            }
            (_, Payload::Hostnames(listing)) => {
                if let Some(error) = listing.error.clone().filter(source::Error::ends_the_run) {
                    self.ledger.halt(error);
                }
                known.listing = Some(listing).filter(HostnameRows::is_whole);
            }
            _ => {}
        }
        Ok(())
    }

    async fn hosts_of_ids(
        &self,
        planner: &Planner<'_>,
        known: &mut KnownAccount,
    ) -> Result<(), Halt> {
        if known.listing.is_none() {
            let single = planner.calls_with_claims(&known.named.properties, known);
            let list = planner.listing_instead(single, known.host_rows);
            self.carry_out(list.into_iter().collect(), known).await?;
        }
        // Taken out, because it is outdated for names that are invalidated from now on.
        let listing = known.listing.take();
        if let Some(listing) = &listing {
            let mut listed = known.named.properties.clone();
            let unread = self.ask_rowless(listing, &listed, known).await?;
            let alone = std::mem::take(&mut known.hosts);
            let asked = unread
                .iter()
                .chain(&alone)
                .map(|(property, ..)| &property.id);
            let asked: HashSet<&Id> = asked.collect();
            listed.retain(|one| !asked.contains(&one.id));
            known.hosts = hosts_in(listing, &listed);
            let count = known.hosts.iter().map(|(_, hosts, _)| hosts.len()).sum();
            self.ledger.fetched(Resource::Hostnames, count);
            known.hosts.extend(alone);
            let unread = unread.into_iter().map(|(property, ..)| property.id.clone());
            known.named.failed.extend(unread);
        } else {
            let each = known.named.properties.iter();
            let steps = each.map(|property| planner.hosts_of(property)).collect();
            self.carry_out(steps, known).await?;
        }
        if self.wants(Resource::Hostnames) {
            let mut hosts = std::mem::take(&mut known.hosts);
            let owners = self.put_each(&mut hosts, listing.as_ref()).await?;
            known.named.owned_by = owners;
            known.hosts = hosts;
        }
        Ok(())
    }
}

impl Fetch<'_> {
    /// Plans what is named. For ids that are not cached the plan is an upper bound.
    pub(super) async fn plan_named(
        &self,
        planner: &Planner<'_>,
        source: Option<&Source>,
        known: &KnownAccount,
        plan: &mut FetchPlan,
    ) -> Result<(), Error> {
        let single = planner.calls_with_claims(&known.named.properties, known);
        let searched = known.named.searched.len() as u64;
        let mut listed =
            searched > 0 && plan_listing(planner, source, single + searched, known, plan).await?;
        if !listed {
            plan.extend(Planner::finding(known));
        }
        let named = &known.named;
        // The owners of searched host names are unknown too: `unseen` has a placeholder for each.
        let ids: HashSet<&Id> = named.ids.iter().collect();
        let unknown = named.unseen.iter().filter(|id| !ids.contains(id));
        let ids: Vec<Id> = named.ids.iter().chain(unknown).cloned().collect();
        let mut lookup = planner.lookup(&ids, named.refs.clone(), known);
        loop {
            let asks = lookup.next();
            if asks.is_empty() {
                break;
            }
            for ask in asks {
                if let (ApiRequest::Groups, Some(source)) = (&ask, source) {
                    match source.groups().await {
                        Ok(answer) => lookup.take_groups(&answer.value, true),
                        Err(error) if error.ends_the_run() => return Err(error.into()),
                        Err(_) => lookup.go_singly(),
                    }
                }
                let found = Some(lookup.predict(&ask));
                let fills = self.request.wants(Resource::Details);
                plan.extend([FetchStep::Fetch {
                    ask,
                    calls: 1,
                    fills: fills.then_some((Resource::Details, found)),
                }]);
            }
        }
        let in_doubt = lookup.in_doubt.map(|most| FetchStep::AtMost(most as u64));
        plan.extend(in_doubt);
        plan.extend(self.unsure_of_unseen(known));
        if planner.wants_hosts() {
            let claims = u64::from(known.host_rows.is_none());
            let unseen = known.named.unseen.len() as u64 * (UNSEEN + claims);
            listed = listed || plan_listing(planner, source, single + unseen, known, plan).await?;
            if listed {
                plan.extend([FetchStep::Make(Resource::Hostnames, None)]);
                // The properties may turn out to be so few that single calls are cheaper.
                let few = known.named.ids.len() + known.named.searched.len() <= 2;
                let more = (unseen > 0).then_some(if few { CALLS } else { MARGIN });
                plan.extend(more.map(FetchStep::AtMost));
            } else {
                let each = known.named.properties.iter();
                plan.extend(each.map(|property| planner.hosts_of(property)));
                let each = known.named.unseen.iter();
                plan.extend(each.map(|_| FetchStep::Unseen(Resource::Hostnames, UNSEEN)));
                if unseen > 0 {
                    plan.extend([FetchStep::AtMost(CALLS)]);
                } else {
                    self.plan_claims(planner, &known.named.properties, plan)
                        .await?;
                }
            }
        }
        let each = planner.each_of(&known.named.properties);
        plan.extend(each.map(|(_, step)| step));
        let unseen = known.named.unseen.iter();
        plan.extend(unseen.flat_map(|id| planner.each_unseen(id)));
        Ok(())
    }

    /// Says what a plan cannot tell of properties that are not cached: whether another version than the latest is in
    /// production, and which host names have the same property.
    fn unsure_of_unseen(&self, known: &KnownAccount) -> Vec<FetchStep> {
        let (request, named) = (self.request, &known.named);
        let mut unsure = Vec::new();
        if !named.unseen.is_empty() && request.wants(Resource::Rules) {
            unsure.push(FetchStep::AtMost(0));
        }
        if !named.searched.is_empty() && named.searched.len() + named.ids.len() > 1 {
            unsure.push(FetchStep::AtMost(0));
            if request.wants(Resource::Details) {
                unsure.push(FetchStep::Make(Resource::Details, None));
            }
        }
        unsure
    }
}

/// Plans the account-wide list of host names if it costs less than `single` calls. Returns true if the list is
/// then read to its end.
async fn plan_listing(
    planner: &Planner<'_>,
    source: Option<&Source>,
    single: u64,
    known: &KnownAccount,
    plan: &mut FetchPlan,
) -> Result<bool, Error> {
    if planner.listing_instead(single, known.host_rows).is_none() {
        return Ok(false);
    }
    let rows = match (known.host_rows, source) {
        (Some(rows), _) => Some(rows),
        (None, Some(source)) => match source.hostname_total().await {
            Err(error) if error.ends_the_run() => return Err(error.into()),
            rows => rows.ok(),
        },
        (None, None) => None,
    };
    let pages = rows.map(super::values::pages);
    let pages = pages.filter(|pages| pages - 1 <= single);
    plan.extend([FetchStep::Fetch {
        ask: ApiRequest::Hostnames(single),
        // The first page shows that the list is too long.
        calls: pages.unwrap_or(1),
        fills: None,
    }]);
    Ok(pages.is_some())
}
