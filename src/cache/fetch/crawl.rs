//! The crawl of an account: the lists of its pairs of contract and group, and what follows from them. Properties that
//! only the list of host names has are asked for afterwards.

use super::Halt;
use super::ask::ApiRequest;
use super::known::{KnownAccount, ListWrite, differing};
use super::pair_states::{PairAnswer, Readable};
use super::plan::FetchStep;
use super::planner::unlisted_singly;
use super::property_lookup::UNLISTED;
use super::run::FetchRun;
use super::survey::Survey;
use super::values::{GroupContract, pair_name, pairs};
use super::view::by_id;
use crate::domain::key::{Entry, Id};
use crate::domain::papi::Property;
use crate::domain::ttl::Resource;
use crate::source::{self, PropertyRef};
use futures_util::StreamExt as _;
use std::collections::BTreeSet;
use std::rc::Rc;

impl FetchRun<'_> {
    /// Fetches the lists of the pairs. A change may make the map due.
    pub(super) async fn pairs(
        &self,
        survey: &mut Survey,
        known: &mut KnownAccount,
        steps: Vec<FetchStep>,
    ) -> Result<(), Halt> {
        self.crawl(survey, known, steps).await?;
        if self.planner().makes_map_alone() && self.writes.changes.borrow().any() {
            survey.enter(Resource::Map, true, Vec::new());
        }
        Ok(())
    }

    async fn crawl(
        &self,
        survey: &Survey,
        known: &mut KnownAccount,
        steps: Vec<FetchStep>,
    ) -> Result<(), Halt> {
        let planner = self.planner();
        let all_asked = planner.asks_all_pairs(survey);
        let former = std::mem::take(&mut known.properties);
        self.carry_out(steps, known).await?;
        if survey.is_due(Resource::CpCodes) && !self.ledger.is_halted() {
            if known.cpcodes_refused.is_some() {
                self.cpcodes_by_pair(known).await?;
            }
            self.make_cpcodes(known).await?;
        }
        if !all_asked && known.asked.is_empty() {
            known.properties = former;
            if planner.needs_properties() {
                let all = known.groups.as_deref().map(pairs).unwrap_or_default();
                self.report_refused(&all, known);
            }
            if known.has_all && self.wants(Resource::Details) {
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
        self.finish_pairs(known, former, all_asked).await
    }

    /// Asks for the groups if the cached ones may be wrong, and then for the new pairs.
    async fn heal_groups(&self, survey: &Survey, known: &mut KnownAccount) -> Result<(), Halt> {
        if self.ledger.is_halted() || !known.is_doubtful() {
            return Ok(());
        }
        self.carry_out(vec![FetchStep::fetch(ApiRequest::Groups)], known)
            .await?;
        let all = known.groups.as_deref().map(pairs).unwrap_or_default();
        let new = self.planner().pairs_to_ask(survey, known, &all).into_iter();
        let new = new.filter(|pair| !known.asked.contains_key(pair));
        let steps = FetchStep::each(new, ApiRequest::Properties);
        self.carry_out(steps, known).await
    }

    /// Records the results of the pairs that were asked, and makes the list of properties from them.
    async fn finish_pairs(
        &self,
        known: &mut KnownAccount,
        former: Vec<Rc<Property>>,
        all_asked: bool,
    ) -> Result<(), Halt> {
        let states = known.states();
        let count = known.properties.len();
        self.ledger.fetched(Resource::Properties, count);
        if self.wants(Resource::Details) {
            self.ledger.fetched(Resource::Details, count);
        }
        self.report_refused(known.asked.keys(), known);
        // Written before the list: if the run ends in between, the list must not be taken for whole.
        let all = known.all_pairs().filter(|_| all_asked);
        if !self.checks() {
            let written = known.pairs.write(&self.cache, &states, all.as_deref());
            written.await?;
        }
        let had_all = std::mem::replace(&mut known.has_all, true);
        if !known.any_answered() && all_asked {
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
        known.crawled |= all_asked;
        let differs = self.compare_crawl(known, former, all_asked).await? && had_all;
        self.queue.flush().await?;
        self.add_embedded(known);
        // A run that was not asked for the list patches it all the same: the next one must not take it for new.
        let patches = differs || known.pairs.any_failed();
        known.list = if !all_asked || patches && !self.wants(Resource::Properties) {
            ListWrite::Patch
        } else if self.wants(Resource::Properties) {
            ListWrite::Whole
        } else {
            ListWrite::No
        };
        self.make_list(known).await
    }

    /// Compares what pairs have listed with the former list, and keeps of that what no pair was asked for. Returns true
    /// if the lists differ.
    async fn compare_crawl(
        &self,
        known: &mut KnownAccount,
        former: Vec<Rc<Property>>,
        all_asked: bool,
    ) -> Result<bool, Halt> {
        let gone = self.confirm_lost(&former, all_asked, known).await?;
        // Keys of host names embed their property, so those of a changed property are due. The former list is
        // compared before it is replaced, because a property's own key may have expired.
        let renewed = differing(&known.properties, &former);
        let (count, mut differs) = (former.len(), !renewed.is_empty());
        for (former, new) in renewed {
            self.writes.changes.borrow_mut().list_differs(former, new);
        }
        if !self.wants(Resource::Details) {
            // No write of theirs shows what has changed.
            let listed = (count > 0).then(|| by_id(&former));
            let newest = &known.properties;
            self.writes.compare_items(newest, listed.as_ref()).await?;
        }
        for property in known.keep_former(former, &gone) {
            self.writes.changes.borrow_mut().differs(&property);
            differs = true;
        }
        Ok(differs || known.properties.len() != count)
    }

    /// Asks for properties that an earlier run knew and a crawl does not list, before they count as deleted: one may
    /// have moved meanwhile from a pair that was not asked yet to one that was. Takes those that exist, and returns those
    /// that do not. What could not be asked is neither, and leaves the run incomplete.
    async fn confirm_lost(
        &self,
        former: &[Rc<Property>],
        all_asked: bool,
        known: &mut KnownAccount,
    ) -> Result<BTreeSet<Id>, Halt> {
        let mut lost = known.lost(former, all_asked);
        // The list expires earlier than the rest.
        let more = if all_asked && !known.is_partial() {
            self.writes.compare_lost(&known.seen).await?
        } else {
            BTreeSet::new()
        };
        if self.source.is_replay() {
            return Ok(lost);
        }
        let more = self.cache.with_own_keys(&more).await?;
        lost.extend(more.into_iter().cloned());
        let mut lost = lost.into_iter();
        let mut gone = BTreeSet::new();
        let asks = lost.by_ref().take(UNLISTED).map(PropertyRef::new);
        let asks = asks.map(ApiRequest::Property).collect();
        let mut answers = std::pin::pin!(self.asked(asks));
        while let Some((ask, answer)) = answers.next().await {
            match answer {
                Err(error @ (source::Error::NotFound { .. } | source::Error::Forbidden { .. })) => {
                    let Some(id) = ask.id().and_then(|id| Id::new(&id).ok()) else {
                        continue;
                    };
                    // Even if the run is not complete: the next one asks for others.
                    if matches!(error, source::Error::NotFound { .. }) {
                        self.writes.changes.borrow_mut().gone(&id);
                    }
                    gone.insert(id);
                }
                Err(error) => self.absorb_failure(ask, error, known)?,
                Ok(answered) => self.absorb(ask, answered, known).await?,
            }
        }
        for id in lost {
            self.ledger.unlisted(Resource::Properties, &id);
            known.named.failed.insert(id);
        }
        for property in std::mem::take(&mut known.named.properties) {
            known.seen.insert(property.id.as_str());
            known.properties.push(property);
        }
        Ok(gone)
    }

    /// Lets the stages to come fetch whole what keys embed in another form.
    fn add_embedded(&self, known: &mut KnownAccount) {
        known.add_changed(&self.writes.changes.borrow().embedded);
    }

    /// Fetches properties that only the list of host names has.
    pub(super) async fn unlisted(
        &self,
        known: &mut KnownAccount,
        steps: Vec<FetchStep>,
    ) -> Result<(), Halt> {
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
            self.carry_out(unlisted_singly(known), known).await?;
        } else {
            self.carry_out(steps, known).await?;
            if known.named.properties.is_empty() {
                return Ok(());
            }
        }
        let found = std::mem::take(&mut known.named.properties);
        self.take_newest(found, known).await?;
        self.list_anew(known).await
    }

    /// Reports the pairs that did not answer. Those that were never readable are no failure, and are reported even if
    /// they were not asked because the list is fresh.
    pub(super) fn report_refused<'p>(
        &self,
        pairs: impl IntoIterator<Item = &'p GroupContract>,
        known: &KnownAccount,
    ) {
        for pair in pairs {
            let answer = known.asked.get(pair);
            let state = answer.map(|answer| known.pairs.next(pair, answer));
            if state.or(known.pairs.of(pair)) == Some(Readable::Never) {
                self.ledger.unreadable(&pair.0, &pair.1);
            } else if let Some(PairAnswer::Failed(error)) = answer {
                let id = pair_name(pair);
                self.ledger
                    .call_failed(Resource::Properties, id, error.clone());
            }
        }
    }
}
