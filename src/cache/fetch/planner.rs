//! The rules that turn a request into a plan, stage by stage. A rule reads the request, the survey and what is
//! known so far, and returns steps. It makes no calls and no writes.

use super::ask::ApiRequest;
use super::known::KnownAccount;
use super::plan::{FetchStep, Planner};
use super::property_lookup::UNLISTED;
use super::since::Since;
use super::survey::{HostsDue, Survey};
use super::values::{GroupContract, host_calls, pairs};
use crate::cache::Error;
use crate::domain::papi::Property;
use crate::domain::ttl::{Due, Resource};
use crate::domain::warm::HostnameView;
use crate::source::PropertyRef;
use std::rc::Rc;

/// Resources that need the properties of the account.
const NEED_PROPERTIES: [Resource; 8] = [
    Resource::Properties,
    Resource::Details,
    Resource::Hostnames,
    Resource::Map,
    Resource::Rules,
    Resource::Versions,
    Resource::Activations,
    Resource::Tree,
];

/// Stages of a plan. Each needs the answers of the former ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PlanStage {
    Lists,
    /// Lists per pair of contract and group, and the account-wide host names.
    Pairs,
    Hosts,
    /// Properties that only the list of host names has.
    Unlisted,
    Each,
}

impl PlanStage {
    /// The stages of a whole account, in order.
    pub(super) const ACCOUNT: [Self; 5] = [
        Self::Lists,
        Self::Pairs,
        Self::Hosts,
        Self::Unlisted,
        Self::Each,
    ];
}

impl Planner<'_> {
    pub(super) async fn steps(
        &self,
        stage: PlanStage,
        survey: &mut Survey,
        since: Option<&Since>,
        known: &KnownAccount,
    ) -> Result<Vec<FetchStep>, Error> {
        Ok(match (stage, since) {
            (PlanStage::Lists, _) => self.lists(survey, known),
            (PlanStage::Pairs, _) => self.pairs(survey, known),
            (PlanStage::Hosts, None) => self.hosts(survey, known).await?,
            (PlanStage::Hosts, Some(since)) => self.hosts_since(survey, since, known).await?,
            (PlanStage::Unlisted, _) => unlisted(known),
            (PlanStage::Each, _) => self.each(known, true).await?,
        })
    }

    fn lists(&self, survey: &mut Survey, known: &KnownAccount) -> Vec<FetchStep> {
        if survey.groups_old && self.asks_all_pairs(survey) {
            survey.enter(Resource::Groups, true, Vec::new());
        }
        let kept = std::mem::take(&mut survey.kept);
        let mut steps: Vec<FetchStep> = kept
            .into_iter()
            // A list that is fetched for its items is stored as well.
            .filter(|(resource, _)| {
                !(*resource == Resource::Properties && self.asks_any_pair(survey, known))
            })
            // Groups that were fetched to check the account were stored then.
            .filter(|(resource, _)| !(*resource == Resource::Groups && known.groups_asked))
            .map(|(resource, keys)| FetchStep::Keep(resource, keys))
            .collect();
        if known.groups_asked {
            // The groups were fetched already, to check the account.
        } else if survey.is_due(Resource::Groups) {
            let one = Some(1);
            steps.push(FetchStep::filling(
                ApiRequest::Groups,
                Resource::Groups,
                one,
            ));
        } else if known.groups.is_none() && self.needs_groups(survey, known) {
            steps.push(FetchStep::fetch(ApiRequest::Groups));
        }
        // After the groups, which name the account.
        if survey.is_due(Resource::Contracts) {
            let ask = ApiRequest::Contracts;
            steps.push(FetchStep::filling(ask, Resource::Contracts, None));
        }
        steps
    }

    /// Returns true if every pair is asked for its properties.
    pub(super) fn asks_all_pairs(&self, survey: &Survey) -> bool {
        self.request.wants_any(&NEED_PROPERTIES)
            && (self.request.asks_everything()
                || survey.properties.is_none()
                || survey.is_due(Resource::Properties)
                || survey.is_due(Resource::Details))
    }

    /// Returns true if any pair is asked for its properties.
    fn asks_any_pair(&self, survey: &Survey, known: &KnownAccount) -> bool {
        self.asks_all_pairs(survey)
            || self.request.wants_any(&NEED_PROPERTIES) && known.pairs.any_failed()
    }

    pub(super) fn needs_properties(&self) -> bool {
        self.request.wants_any(&NEED_PROPERTIES)
    }

    /// Returns true if the requested resources differ from account to account.
    pub(super) fn needs_account(&self) -> bool {
        self.needs_properties()
            || self
                .request
                .wants_any(&[Resource::Groups, Resource::CpCodes])
    }

    /// Returns true if one call for all CP codes is known to be refused.
    pub(super) fn cpcodes_by_pair(&self, survey: &Survey) -> bool {
        survey.remembered.cpcodes_by_pair && self.request.due != Due::Always
    }

    pub(super) fn needs_groups(&self, survey: &Survey, known: &KnownAccount) -> bool {
        survey.is_due(Resource::CpCodes) && self.cpcodes_by_pair(survey)
            || survey.is_due(Resource::Tree)
            || self.asks_any_pair(survey, known)
    }

    /// Returns true if each property costs calls of its own, so that a plan must know the properties.
    pub(super) fn costs_by_property(&self) -> bool {
        let request = self.request;
        request.wants_any(Resource::BY_PROPERTY)
            || request.hostnames == HostnameView::Version
                && request.wants_any(&[Resource::Hostnames, Resource::Map])
    }

    /// Returns the pairs to ask for their properties: all, or those that the fresh list lacks. Pairs that only
    /// the list of host names has are remembered by the run that found them.
    pub(super) fn pairs_to_ask(
        &self,
        survey: &Survey,
        known: &KnownAccount,
        all: &[GroupContract],
    ) -> Vec<GroupContract> {
        if self.asks_all_pairs(survey) {
            let beyond = known.pairs.beyond(all).map(|(pair, _)| pair);
            all.iter().cloned().chain(beyond).collect()
        } else if self.needs_properties() {
            let beyond = known.pairs.beyond(all);
            let beyond = beyond.filter_map(|(pair, state)| state.is_owed().then_some(pair));
            known.pairs.owed(all).cloned().chain(beyond).collect()
        } else {
            Vec::new()
        }
    }

    fn pairs(&self, survey: &Survey, known: &KnownAccount) -> Vec<FetchStep> {
        let all = known.groups.as_deref().map(pairs).unwrap_or_default();
        let mut steps = Vec::new();
        let asked = self.pairs_to_ask(survey, known, &all);
        if !asked.is_empty() || self.asks_all_pairs(survey) {
            let all_asked = self.asks_all_pairs(survey);
            let count = known.has_all.then_some(known.properties.len() as u64);
            if self.request.wants(Resource::Properties) || !all_asked {
                steps.push(FetchStep::Make(Resource::Properties, Some(1)));
            }
            if self.request.wants(Resource::Details) {
                let keys = count.filter(|_| all_asked);
                steps.push(FetchStep::Make(Resource::Details, keys));
            }
            let failed = |pair: &GroupContract| known.pairs.is_owed(pair);
            if !known.groups_asked && asked.iter().any(failed) {
                // If one is refused again, the groups are asked for.
                steps.push(FetchStep::AtMost(1));
            }
            steps.extend(FetchStep::each(asked, ApiRequest::Properties));
            if all_asked && self.makes_map_alone() && !self.needs_host_rows(survey) {
                // A change makes the map due, and all host names with it.
                let names = known.host_rows.unwrap_or(1);
                steps.push(FetchStep::AtMost(super::values::pages(names)));
            }
        }
        // After the properties, which tell which pairs may not be read.
        if survey.is_due(Resource::CpCodes) {
            if self.cpcodes_by_pair(survey) {
                steps.extend(FetchStep::each(all.clone(), ApiRequest::CpCodes));
            } else {
                steps.push(FetchStep::fetch(ApiRequest::AllCpCodes));
                if known.cpcodes_refused.is_some() {
                    steps.extend(FetchStep::each(all.clone(), ApiRequest::CpCodes));
                }
            }
            steps.push(FetchStep::Make(Resource::CpCodes, Some(1)));
        }
        if survey.is_due(Resource::Tree) {
            steps.push(FetchStep::Make(Resource::Tree, Some(1)));
        }
        steps
    }

    /// Returns true if the map is requested without the host names that it is made from.
    pub(super) fn makes_map_alone(&self) -> bool {
        self.request.wants(Resource::Map) && !self.request.wants(Resource::Hostnames)
    }

    /// Returns true if the account-wide list is needed whatever the properties are. A plan then asks for the
    /// number of host names of the account.
    pub(super) fn needs_host_rows(&self, survey: &Survey) -> bool {
        let request = self.request;
        request.hostnames == HostnameView::Active
            && (survey.is_due(Resource::Map)
                || request.wants(Resource::Hostnames) && survey.hash_due)
    }

    /// Plans to fetch the host names of all properties.
    pub(super) fn every_host(&self, known: &KnownAccount) -> Vec<FetchStep> {
        let each = known.properties.iter();
        match self.request.hostnames {
            HostnameView::Active => vec![self.all_hosts(known)],
            HostnameView::Version => each.map(|property| self.hosts_of(property)).collect(),
        }
    }

    pub(super) fn all_hosts(&self, known: &KnownAccount) -> FetchStep {
        let names = known.host_rows;
        let keys = names.filter(|_| known.has_all);
        let keys = keys.map(|names| names + known.properties.len() as u64 + 1);
        let wanted = self.request.wants(Resource::Hostnames);
        FetchStep::Fetch {
            ask: ApiRequest::Hostnames(u64::MAX),
            calls: super::values::pages(names.unwrap_or(1)),
            fills: wanted.then_some((Resource::Hostnames, keys)),
        }
    }

    pub(super) async fn hosts(
        &self,
        survey: &Survey,
        known: &KnownAccount,
    ) -> Result<Vec<FetchStep>, Error> {
        let request = self.request;
        let map = survey.is_due(Resource::Map);
        let mut steps = Vec::new();
        if map {
            steps.push(FetchStep::Make(Resource::Map, Some(1)));
        }
        if known.listing.is_some() || !(map || request.wants(Resource::Hostnames)) {
            return Ok(steps);
        }
        // A crawl asks for host names after all properties. They are then never older than the properties that they
        // are cached with: the next run sees a change in between, and finds another item than the cached one.
        let crawled = self.asks_all_pairs(survey) && self.needs_host_rows(survey);
        let due = if crawled || map || !known.has_all || survey.other_view {
            HostsDue::All
        } else {
            let changed = &known.hosts_changed;
            let hosts = self.hosts_due(&known.properties, changed, survey.hash_due);
            hosts.await?
        };
        match (due, request.hostnames) {
            (HostsDue::None(keys), _) => {
                let keep = |keys| FetchStep::Keep(Resource::Hostnames, keys);
                steps.extend(keys.map(keep));
            }
            (HostsDue::Of(_), HostnameView::Active) if self.listing_paid => {
                steps.push(self.all_hosts(known));
            }
            (HostsDue::Of(due), _) => {
                let due = due.iter().filter_map(|at| known.properties.get(*at));
                steps.extend(due.map(|property| self.hosts_of(property)));
            }
            (HostsDue::All, view) => {
                steps.extend(self.every_host(known));
                // Only a plan lacks the list, which may show that none is due.
                let inexact = !(crawled || map || known.has_all || view == HostnameView::Version);
                steps.extend(inexact.then_some(FetchStep::AtMost(0)));
            }
        }
        Ok(steps)
    }

    pub(super) fn host_calls(&self, property: &Property) -> u64 {
        host_calls(property, self.request.hostnames)
    }

    pub(super) fn hosts_of(&self, property: &Rc<Property>) -> FetchStep {
        let wanted = self.request.wants(Resource::Hostnames);
        FetchStep::Fetch {
            ask: ApiRequest::HostsOf(property.clone()),
            calls: self.host_calls(property),
            fills: wanted.then_some((Resource::Hostnames, None)),
        }
    }
}

/// Plans to fetch properties that have host names and are not listed; most were created after the list was
/// fetched. Each costs a call, unless the lists of their pairs, or a crawl of all pairs, cost less.
fn unlisted(known: &KnownAccount) -> Vec<FetchStep> {
    let unlisted = known.unlisted();
    let new = known.unlisted_pairs();
    let all = known.groups.as_deref().map(pairs).unwrap_or_default();
    if !new.is_empty() && new.len() <= unlisted.len() {
        FetchStep::each(new, ApiRequest::Properties)
    } else if !known.crawled && !all.is_empty() && all.len() < unlisted.len() {
        FetchStep::each(all, ApiRequest::Properties)
    } else {
        unlisted_singly(known)
    }
}

/// Plans to fetch properties that have host names and are not listed, a call for each.
pub(super) fn unlisted_singly(known: &KnownAccount) -> Vec<FetchStep> {
    let each = known.unlisted().into_iter().take(UNLISTED);
    each.map(|id| ApiRequest::Property(PropertyRef::new(id)))
        .map(|ask| FetchStep::filling(ask, Resource::Details, Some(1)))
        .collect()
}
