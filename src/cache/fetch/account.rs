//! Fetching a whole account: the stages of its plan, the keys made from all properties, and fetching again what
//! was invalidated during the run.

use super::Halt;
use super::ask::ApiRequest;
use super::known::{KnownAccount, ListWrite};
use super::pair_states::{PairAnswer, Readable};
use super::plan::{FetchStep, Planner};
use super::planner::{PlanStage, unlisted_singly};
use super::run::FetchRun;
use super::survey::Survey;
use super::values::{GroupContract, pair_name, pairs};
use crate::domain::invalidation::marks::MarkedNames;
use crate::domain::key::{Entry, Id};
use crate::domain::papi::Property;
use crate::domain::ttl::Resource;
use crate::domain::warm::HostnameView;
use crate::source::{self, PropertyRef};
use std::collections::BTreeSet;
use std::rc::Rc;

impl FetchRun<'_> {
    /// Returns a planner for `named` properties or for the whole account.
    pub(super) fn planner(&self, named: bool) -> Planner<'_> {
        Planner {
            cache: self.cache,
            request: self.request,
            forgets: false,
            ledger: Some(self.ledger),
            named,
            listing_paid: self.source.has_listing(),
            replay: self.source.is_replay(),
        }
    }

    pub(super) async fn account(&self) -> Result<(), Halt> {
        let known = self.crawl().await?;
        let mut known = self.settle(known).await?;
        if self.checks() {
            return self.find_ghosts(&mut known).await;
        }
        self.remove_foreign(&known).await?;
        self.sweep(&known).await?;
        // First: what is remembered tells a later run that nothing embeds a former form any more.
        self.writes.remove_stale(self.progress).await?;
        self.remember(&mut known, true).await
    }

    /// Runs all stages. A run with `keep` keeps cached values alive, whatever happens in the stages.
    pub(super) async fn crawl(&self) -> Result<KnownAccount, Halt> {
        let planner = self.planner(false);
        let mut survey = planner.survey().await?;
        let mut known = KnownAccount::default();
        self.identify(&mut known).await?;
        survey.disown(self.account.borrow().as_deref());
        known.survey(&mut survey);
        let ours = survey.ours().filter(|_| self.request.keep.is_some());
        if let Some(ours) = &ours {
            self.keep_ours(ours).await?;
            self.queue.flush().await?;
        }
        let gone = tokio::select! {
            gone = self.stages(&planner, &mut survey, &mut known) => gone,
            failed = self.stay_alive(ours.as_ref()) => match failed? {},
        };
        if let (Err(_), Some(ours)) = (&gone, &ours) {
            self.keep_own(ours).await?;
        }
        gone.map(|()| known)
    }

    async fn stages(
        &self,
        planner: &Planner<'_>,
        survey: &mut Survey,
        known: &mut KnownAccount,
    ) -> Result<(), Halt> {
        self.catch_up(survey, known).await?;
        // A `since` that does not pay stays in the survey.
        let since = survey.since.take_if(|since| since.pays);
        known.items = since.as_ref().map(|since| since.items.clone());
        for stage in PlanStage::ACCOUNT {
            let last = stage == PlanStage::Each || !planner.costs_by_property();
            self.planned_whole.set(last && stage != PlanStage::Lists);
            // What has changed is fetched whole by the stages to come.
            self.queue.flush().await?;
            let changed = self.writes.changes.borrow().embedded().clone();
            known.changed.extend(changed);
            let planned = planner.steps_of_newest(stage, survey, since.as_deref(), known);
            let (mut steps, forms) = planned.await?;
            self.take_newer(forms, known).await?;
            match stage {
                PlanStage::Lists => {
                    for step in steps {
                        self.carry_out(vec![step], known).await?;
                        self.ledger.go_on()?;
                    }
                }
                PlanStage::Pairs => {
                    self.pairs(survey, known, steps).await?;
                    if planner.makes_map_alone() && self.writes.changes.borrow().any() {
                        survey.enter(Resource::Map, true, Vec::new());
                    }
                }
                PlanStage::Unlisted => {
                    if !self.ledger.is_whole() {
                        // If the crawl failed in part, that explains why a property is unknown.
                        steps.clear();
                    }
                    self.unlisted(known, steps).await?;
                    if known.crawled && self.ledger.is_complete() {
                        self.writes.compare_lost(&known.properties).await?;
                    }
                    self.finish_hosts(survey, known).await?;
                    self.queue.flush().await?;
                    let is_due = survey.is_due(Resource::Map);
                    let changed = if is_due {
                        since.is_some()
                    } else {
                        self.writes.changes.borrow().any()
                    };
                    if changed && known.map.is_none() {
                        self.map_of_cached(known).await?;
                    }
                }
                PlanStage::Hosts => {
                    let asks =
                        |step: &&FetchStep| matches!(step.request(), Some(ApiRequest::HostsOf(_)));
                    let asked = steps.iter().filter(asks).count();
                    // An account without properties has no host names either.
                    let empty =
                        self.request.hostnames == HostnameView::Version && known.listing.is_none();
                    known.hosts_of_all =
                        since.is_none() && asked == known.properties.len() && (asked > 0 || empty);
                    self.carry_out(steps, known).await?;
                    self.follow_moved(known).await?;
                }
                PlanStage::Each => self.each(survey, known, steps).await?,
            }
            self.ledger.go_on()?;
            if stage == PlanStage::Pairs && !planner.needs_properties() {
                break;
            }
        }
        Ok(())
    }

    /// Makes the tree, and then the calls for each property alone. These calls can take hours, and cached
    /// values must not expire meanwhile. So what the run knows is remembered before them, and no further call
    /// begins once the next run is due.
    async fn each(
        &self,
        survey: &Survey,
        known: &mut KnownAccount,
        steps: Vec<FetchStep>,
    ) -> Result<(), Halt> {
        self.renew_tree(survey, known).await?;
        if !self.request.wants_any(Resource::BY_PROPERTY) {
            return Ok(());
        }
        self.queue.flush().await?;
        self.remember(known, false).await?;
        self.until
            .set(self.request.next().map(|next| self.began + next));
        self.carry_out(steps, known).await?;
        self.until.set(None);
        if self.ledger.is_halted() {
            return self.remember(known, false).await;
        }
        let is_any_gone = self.follow_moved(known).await?;
        if is_any_gone && known.map.is_none() {
            self.map_of_cached(known).await?;
        }
        self.renew_tree(survey, known).await
    }

    /// Makes the tree, once, if it is due or anything has changed.
    async fn renew_tree(&self, survey: &Survey, known: &mut KnownAccount) -> Result<(), Halt> {
        let renews = || self.wants(Resource::Tree) && self.writes.changes.borrow().any();
        if !known.tree && (survey.is_due(Resource::Tree) || known.groups.is_some() && renews()) {
            known.tree = true;
            self.make_tree(known).await?;
        }
        Ok(())
    }

    async fn pairs(
        &self,
        survey: &Survey,
        known: &mut KnownAccount,
        steps: Vec<FetchStep>,
    ) -> Result<(), Halt> {
        let lists = |step: &FetchStep| matches!(step.request(), Some(ApiRequest::Hostnames(_)));
        let (hosts, steps): (Vec<FetchStep>, Vec<FetchStep>) = steps.into_iter().partition(lists);
        let crawl = Box::pin(self.listed_by_pair(survey, known, steps));
        let mut beside = KnownAccount::default();
        let hosts = Box::pin(self.carry_out(hosts, &mut beside));
        // The list does not wait for the host names, and the end of one does not cut the other short.
        let (crawled, listed) = if self.source.is_replay() {
            let crawled = crawl.await;
            self.queue.flush().await?;
            (crawled, hosts.await)
        } else {
            futures_util::join!(crawl, hosts)
        };
        known.listing = beside.listing;
        crawled.and(listed)
    }

    async fn listed_by_pair(
        &self,
        survey: &Survey,
        known: &mut KnownAccount,
        steps: Vec<FetchStep>,
    ) -> Result<(), Halt> {
        let planner = self.planner(false);
        let whole = planner.is_whole_crawl(survey);
        let former = std::mem::take(&mut known.properties);
        self.carry_out(steps, known).await?;
        if survey.is_due(Resource::CpCodes) && !self.ledger.is_halted() {
            if known.cpcodes_refused.is_some() {
                self.cpcodes_by_pair(known).await?;
            }
            self.make_cpcodes(known).await?;
        }
        if !whole && known.asked.is_empty() {
            known.properties = former;
            if planner.needs_properties() {
                self.report_unreadable(known);
            }
            if known.listed && self.wants(Resource::Details) {
                self.writes.compare_kept(&known.properties).await?;
                self.add_embedded(known);
            }
            return Ok(());
        }
        self.heal_groups(survey, known).await?;
        known.drop_gone();
        // If the run ends here, what is complete is still stored.
        if self.ledger.is_halted() && !known.is_answered() {
            return Ok(());
        }
        self.finish_pairs(known, former, whole).await
    }

    /// Asks for the groups if the cached ones may be wrong, and then for the new pairs.
    async fn heal_groups(&self, survey: &Survey, known: &mut KnownAccount) -> Result<(), Halt> {
        if self.ledger.is_halted() || !known.is_doubtful() {
            return Ok(());
        }
        self.carry_out(vec![FetchStep::fetch(ApiRequest::Groups)], known)
            .await?;
        let all = known.groups.as_deref().map(pairs).unwrap_or_default();
        let new = self
            .planner(false)
            .pairs_to_ask(survey, known, &all)
            .into_iter();
        let new = new.filter(|pair| !known.asked.contains_key(pair));
        let steps = FetchStep::each(new, ApiRequest::Properties);
        self.carry_out(steps, known).await
    }

    /// Records the results of the pairs that were asked, and makes the list of properties from them.
    async fn finish_pairs(
        &self,
        known: &mut KnownAccount,
        former: Vec<Rc<Property>>,
        whole: bool,
    ) -> Result<(), Halt> {
        let states = known.states();
        let count = known.properties.len();
        self.ledger.fetched(Resource::Properties, count);
        if self.wants(Resource::Details) {
            self.ledger.fetched(Resource::Details, count);
        }
        self.report_refused(known.asked.keys(), known);
        // Written before the list: if the run ends in between, the list must not be taken for whole.
        let all = known.all_pairs().filter(|_| whole);
        if !self.checks() {
            let written = known.pairs.write(&self.cache, &states, all.as_deref());
            written.await?;
        }
        let was_listed = std::mem::replace(&mut known.listed, true);
        if !known.any_answered() && whole {
            // A list without a single answer says nothing. A former list stays until it expires.
            known.spoiled = true;
            if states.values().all(|state| *state == Readable::Never) {
                self.progress.note(&format!(
                    "no group of `{}` can be read with these credentials: none of its properties is cached",
                    self.cache.keys.customer
                ));
            }
            return Ok(());
        }
        if !known.any_answered() {
            // The pairs that were not asked are as fresh as the list.
            known.properties = former;
            if self.wants(Resource::Properties) {
                let keys = vec![self.cache.key(&Entry::Properties)];
                self.keep(Resource::Properties, keys).await?;
            }
            return Ok(());
        }
        known.crawled |= whole;
        let differs = self.compare_crawl(known, former, &states, whole).await? && was_listed;
        self.queue.flush().await?;
        self.add_embedded(known);
        // A run that was not asked for the list patches it all the same: the next one must not take it for new.
        let patches = differs || known.pairs.any_failed();
        known.list = if !whole || patches && !self.wants(Resource::Properties) {
            ListWrite::Patch
        } else if self.wants(Resource::Properties) {
            ListWrite::Whole
        } else {
            ListWrite::No
        };
        self.make_list(known).await
    }

    /// Lets the stages to come fetch whole what keys embed in another form.
    fn add_embedded(&self, known: &mut KnownAccount) {
        known.add_changed(self.writes.changes.borrow().embedded());
    }

    /// Reports unreadable pairs even if they were not asked because the list is fresh.
    fn report_unreadable(&self, known: &KnownAccount) {
        let all = known.groups.as_deref().map(pairs).unwrap_or_default();
        for pair in all {
            if known.pairs.of(&pair) == Some(Readable::Never) {
                self.ledger.unreadable(&pair.0, &pair.1);
            }
        }
    }

    async fn unlisted(&self, known: &mut KnownAccount, steps: Vec<FetchStep>) -> Result<(), Halt> {
        if steps.is_empty() {
            return Ok(());
        }
        let by_pair = |step: &FetchStep| matches!(step.request(), Some(ApiRequest::Properties(_)));
        if steps.iter().any(by_pair) {
            let new = known.unlisted_pairs();
            let former = std::mem::take(&mut known.properties);
            self.ledger.fetches_again();
            self.carry_out(steps, known).await?;
            self.ledger.go_on()?;
            if !new.iter().any(|pair| known.asked.contains_key(pair)) {
                return self.finish_pairs(known, former, true).await;
            }
            let found = std::mem::replace(&mut known.properties, former);
            self.take_newest(found, known).await?;
            // Of a pair that does not exist, each property can still be asked for.
            known.asked.retain(|_, answer| {
                !matches!(answer, PairAnswer::Failed(source::Error::NotFound { .. }))
            });
            self.report_refused(&new, known);
            // The next crawl asks them with the others.
            let mut states = known.states();
            states.retain(|pair, state| new.contains(pair) && *state != Readable::Never);
            if !self.checks() {
                known.pairs.write(&self.cache, &states, None).await?;
            }
            // What the lists of these pairs lack as well is asked for one by one.
            let refused = |pair| known.asked.get(pair).is_some_and(PairAnswer::is_refused);
            if !new.iter().any(refused) {
                self.carry_out(unlisted_singly(known), known).await?;
            }
        } else {
            self.carry_out(steps, known).await?;
        }
        let found = std::mem::take(&mut known.named.properties);
        self.take_newest(found, known).await?;
        self.list_anew(known).await
    }

    /// Reports the pairs that did not answer. Those that were never readable are no failure.
    fn report_refused<'p>(
        &self,
        pairs: impl IntoIterator<Item = &'p GroupContract>,
        known: &KnownAccount,
    ) {
        for pair in pairs {
            let Some(answer @ PairAnswer::Failed(error)) = known.asked.get(pair) else {
                continue;
            };
            if known.pairs.next(pair, answer) == Readable::Never {
                self.ledger.unreadable(&pair.0, &pair.1);
            } else {
                let id = pair_name(pair);
                self.ledger
                    .call_failed(Resource::Properties, id, error.clone());
            }
        }
    }

    /// Writes the whole list again, or patches the cached one.
    pub(super) async fn list_anew(&self, known: &mut KnownAccount) -> Result<(), Halt> {
        if known.list == ListWrite::No {
            known.list = ListWrite::Patch;
        }
        // The list itself may still be in the queue.
        self.queue.flush().await?;
        self.make_list(known).await
    }

    /// Fetches and stores the properties that were found only without the ids of their group. They have moved,
    /// and later calls then use the right group. Drops the properties that are gone, and returns true if any are.
    async fn follow_moved(&self, known: &mut KnownAccount) -> Result<bool, Halt> {
        if self.ledger.is_halted() {
            return Ok(false);
        }
        let moved = self.source.moved();
        let has_moved = !moved.is_empty();
        if has_moved {
            let ask = |id| ApiRequest::Property(PropertyRef::new(id));
            self.ledger.fetches_again();
            self.carry_out(FetchStep::each(moved, ask), known).await?;
        }
        let gone: BTreeSet<Id> = std::mem::take(&mut known.named.gone).into_iter().collect();
        let before = known.properties.len();
        known.properties.retain(|one| !gone.contains(&one.id));
        let is_any_gone = known.properties.len() < before;
        if !(has_moved || is_any_gone) {
            return Ok(false);
        }
        let found = std::mem::take(&mut known.named.properties);
        self.take_newest(found.clone(), known).await?;
        for property in found {
            let mut hosts = known.hosts.iter_mut();
            if let Some((of, ..)) = hosts.find(|(of, ..)| of.id == property.id) {
                *of = property;
            }
        }
        self.list_anew(known).await?;
        if known.tree {
            self.make_tree(known).await?;
        }
        if is_any_gone {
            let gone = MarkedNames {
                properties: gone,
                ..MarkedNames::default()
            };
            self.remake_map(&gone, known).await?;
        }
        Ok(is_any_gone)
    }
}
