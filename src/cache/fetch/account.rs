//! Fetching a whole account: the stages of its plan, and what ends a run.

use super::Halt;
use super::ask::ApiRequest;
use super::known::KnownAccount;
use super::marks::{forget_unhashed, mark_unhashed};
use super::plan::{FetchStep, Planner};
use super::planner::PlanStage;
use super::run::FetchRun;
use super::since::Since;
use super::survey::Survey;
use super::view::by_id;
use crate::domain::invalidation::marks::MarkedNames;
use crate::domain::key::Id;
use crate::domain::papi::Property;
use crate::domain::ttl::Resource;
use crate::domain::warm::HostnameView;
use crate::source::PropertyRef;
use std::collections::BTreeSet;
use std::rc::Rc;

impl FetchRun<'_> {
    pub(super) fn planner(&self) -> Planner<'_> {
        Planner {
            cache: self.cache,
            request: self.request,
            forgets: false,
            ledger: Some(self.ledger),
            listing_paid: self.source.has_listing(),
            replay: self.source.is_replay(),
        }
    }

    pub(super) async fn account(&self) -> Result<(), Halt> {
        let known = self.all_stages().await?;
        let mut known = self.fetch_marked(known).await?;
        if self.checks() {
            return self.find_ghosts(&known).await;
        }
        // A write still in flight would take the marks of what is gone, which follow, for those of another process.
        self.queue.flush().await?;
        self.remove_foreign(&known).await?;
        self.sweep(&known).await?;
        self.writes.changes.borrow_mut().hash_whole = self.hash_whole.get();
        // First: what is remembered tells a later run that nothing embeds a former form any more.
        self.writes.remove_stale(self.progress).await?;
        // What they list is missing from the hash of host names and from the list of properties, which deny it otherwise.
        let (unread, read) = known.unread_pairs();
        mark_unhashed(&self.cache, &unread).await?;
        if self.ledger.is_complete() {
            forget_unhashed(&self.cache, &read).await?;
        }
        self.remember(&mut known, true).await
    }

    /// Runs all stages. A run with `keep` keeps cached values alive, whatever happens in the stages.
    pub(super) async fn all_stages(&self) -> Result<KnownAccount, Halt> {
        let planner = self.planner();
        let mut survey = planner.survey().await?;
        let since = planner.since(&survey).await?;
        let mut known = KnownAccount::default();
        self.identify(&mut known).await?;
        survey.disown(self.account.borrow().as_deref());
        known.survey(&mut survey);
        let kept = since.clone().filter(|_| self.request.keep.is_some());
        if let Some(since) = &kept {
            self.keep_ours_alive(since).await?;
            self.queue.flush().await?;
        }
        let done = tokio::select! {
            done = self.stages(&planner, since, &mut survey, &mut known) => done,
            failed = self.stay_alive(kept.as_deref()) => match failed? {},
        };
        if let (Err(_), Some(since)) = (&done, &kept) {
            self.keep_own_alive(since).await?;
        }
        done.map(|()| known)
    }

    async fn stages(
        &self,
        planner: &Planner<'_>,
        since: Option<Rc<Since>>,
        survey: &mut Survey,
        known: &mut KnownAccount,
    ) -> Result<(), Halt> {
        let since = self.catch_up(since, survey, known).await?;
        known.items = since.as_ref().map(|since| since.items.clone());
        for stage in PlanStage::ACCOUNT {
            let last = stage == PlanStage::Each || !planner.costs_by_property();
            self.planned_whole.set(last && stage != PlanStage::Lists);
            // Once all is written, it is known what has changed. The stages to come fetch that whole.
            self.queue.flush().await?;
            let changed = self.writes.changes.borrow().embedded.clone();
            known.changed.extend(changed);
            let (steps, forms) = planner
                .steps_of_newest(stage, survey, since.as_deref(), known)
                .await?;
            self.take_newer(forms, known).await?;
            match stage {
                PlanStage::Lists => {
                    for step in steps {
                        self.carry_out(vec![step], known).await?;
                        self.ledger.go_on()?;
                    }
                }
                PlanStage::Pairs => self.pairs(survey, known, steps).await?,
                PlanStage::Hosts => self.fetch_hosts(known, steps).await?,
                PlanStage::Unlisted => self.write_hosts(survey, known, steps).await?,
                PlanStage::Each => self.each(survey, known, steps).await?,
            }
            self.ledger.go_on()?;
            if stage == PlanStage::Pairs && !planner.needs_properties() {
                break;
            }
        }
        Ok(())
    }

    /// Fetches host names of single properties, and what is found to have moved.
    async fn fetch_hosts(
        &self,
        known: &mut KnownAccount,
        steps: Vec<FetchStep>,
    ) -> Result<(), Halt> {
        let asks = |step: &&FetchStep| matches!(step.request(), Some(ApiRequest::HostsOf(_)));
        let asked = steps.iter().filter(asks).count();
        // An account without properties has no host names either.
        let empty = self.request.hostnames == HostnameView::Version && known.listing.is_none();
        known.hosts_of_all = asked == known.properties.len() && (asked > 0 || empty);
        self.carry_out(steps, known).await?;
        if let Some(listing) = known.listing.take() {
            let all = known.properties.clone();
            let unread = self.ask_rowless(&listing, &all, known).await?;
            known.listing = Some(listing);
            // Former host names stay: they count as listed.
            let (kept, unknown): (Vec<_>, Vec<_>) = unread
                .into_iter()
                .partition(|(_, hosts, _)| !hosts.is_empty());
            known.hosts.extend(kept);
            known.hosts_unread = unknown
                .into_iter()
                .map(|(one, ..)| one.id.clone())
                .collect();
        }
        // The stages to come fetch their parts.
        self.follow_moved(known, false).await.map(drop)
    }

    /// Writes all host names, once the properties that only their list has are fetched.
    async fn write_hosts(
        &self,
        survey: &Survey,
        known: &mut KnownAccount,
        mut steps: Vec<FetchStep>,
    ) -> Result<(), Halt> {
        if !self.ledger.is_complete() {
            // If the crawl failed in part, that explains why a property is unknown.
            steps.clear();
        }
        self.unlisted(known, steps).await?;
        self.finish_hosts(survey, known).await?;
        self.queue.flush().await?;
        let changed = if survey.is_due(Resource::Map) {
            known.is_incremental()
        } else {
            self.writes.changes.borrow().any()
        };
        if changed && known.map.is_none() {
            self.map_of_cached(known).await?;
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
        let is_any_gone = self.follow_moved(known, true).await?;
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

    /// Fetches and stores the properties that were found only without the ids of their group. They have moved,
    /// and later calls then use the right group; if it is too `late` for that, the changed ones are fetched again. Drops
    /// the properties that are gone, and returns true if any are.
    async fn follow_moved(&self, known: &mut KnownAccount, late: bool) -> Result<bool, Halt> {
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
        let listed = by_id(&known.properties);
        let differs = |one: &&Rc<Property>| late && listed.get(&one.id) != Some(*one);
        let changed = found.iter().filter(differs).map(|one| one.id.clone());
        self.writes.refetch.borrow_mut().extend(changed);
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
