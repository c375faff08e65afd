//! Plans a request without carrying it out: for dry runs and `refill_calls`.

use super::Fetch;
use super::ask::{ApiRequest, Caller};
use super::forms::FormDigests;
use super::identity::Remembered;
use super::known::KnownAccount;
use super::marks::Epoch;
use super::plan::{FetchPlan, FetchStep, Planner};
use super::planner::PlanStage;
use super::survey::Survey;
use super::values::pairs;
use super::view::each_once;
use crate::cache::Error;
use crate::domain::key::Id;
use crate::domain::papi::Property;
use crate::domain::progress::NoProgress;
use crate::domain::ttl::{Due, Resource};
use crate::domain::warm::HostnameView;
use crate::source::{self, Source};
use std::collections::HashSet;
use std::rc::Rc;

impl Fetch<'_> {
    /// Plans the request and writes nothing. Asks the source only what the cache cannot tell: the groups, the
    /// number of host names, whether the CP codes can be read in one call, and, if each property takes calls of its own,
    /// the lists of properties. Without a
    /// source nothing is asked, and what is unknown is not counted. With `forgets`, what is cached now will be removed
    /// before the run. Calls fail while the API blocks this address.
    pub(crate) async fn plan(
        &self,
        source: Option<&Source>,
        forgets: bool,
    ) -> Result<FetchPlan, Error> {
        let Some(source) = source else {
            return self.plan_from(None, forgets).await;
        };
        let remembered = Remembered::read(&self.cache).await?;
        remembered.obey_block(&self.cache, source, None).await?;
        if let Some(resumed) = source.resumed() {
            let epoch = Epoch::begin_or_resume(&self.cache, false, true, Some(resumed)).await?;
            epoch.begin_checkpoint(source);
        }
        let plan = async {
            if self.request.due != Due::Always {
                let customer = self.cache.keys.customer.as_str();
                remembered.refuse_other_account(customer, source).await?;
            }
            let mut plan = self.plan_from(Some(source), forgets).await?;
            if let Some(received) = source.received() {
                plan.reuse(&received, self.request.hostnames).await;
            }
            Ok(plan)
        };
        let plan = plan.await;
        if let Err(error) = &plan {
            remembered.note_block(&self.cache, Some(error)).await;
        }
        plan
    }

    async fn plan_from(&self, source: Option<&Source>, forgets: bool) -> Result<FetchPlan, Error> {
        let planner = Planner {
            cache: self.cache,
            request: self.request,
            forgets,
            ledger: None,
            listing_paid: source.is_some_and(Source::has_listing),
            replay: source.is_some_and(Source::is_replay),
        };
        let mut plan = FetchPlan {
            free: planner.replay,
            ..FetchPlan::default()
        };
        if self.request.is_for_account() {
            self.plan_whole(&planner, source, &mut plan).await?;
        } else {
            let mut known = self.cache.named(self.request, false).await?;
            self.plan_account(&planner, source, &mut known, &mut plan)
                .await?;
            self.plan_named(&planner, source, &known, &mut plan).await?;
        }
        Ok(plan)
    }

    async fn plan_whole(
        &self,
        planner: &Planner<'_>,
        source: Option<&Source>,
        plan: &mut FetchPlan,
    ) -> Result<(), Error> {
        let mut survey = planner.survey().await?;
        let since = planner.since(&survey).await?;
        let mut known = KnownAccount {
            host_rows: self.cache.host_rows().await?,
            ..KnownAccount::default()
        };
        known.survey(&mut survey);
        plan.cold = known.pairs.count() == 0;
        if let Some(since) = &since {
            plan.extend(since.steps());
            plan.extend(planner.list_alive().await?);
            plan.extend(planner.details_alive(since, &HashSet::new()).await?);
            since.predict(&survey, &mut known);
            survey.take_as_known(&known.properties);
        } else if known.has_all
            && self.request.wants(Resource::Details)
            && !planner.asks_all_pairs(&survey)
        {
            expect_changes(planner, &mut known).await?;
        }
        self.plan_account(planner, source, &mut known, plan).await?;
        for stage in PlanStage::ACCOUNT {
            if let Some(source) = source {
                let asked = known.groups.is_some() || known.groups_asked;
                let due = survey.is_due(Resource::Groups) || planner.needs_groups(&survey, &known);
                if stage == PlanStage::Pairs {
                    learn(source, planner, &survey, &mut known).await?;
                }
                if known.cpcodes_refused.is_some() && !asked && !due {
                    plan.extend([FetchStep::fetch(ApiRequest::Groups)]);
                }
            }
            let since = since.as_deref();
            let (steps, _) = planner
                .steps_of_newest(stage, &mut survey, since, &mut known)
                .await?;
            let asked = steps.iter().filter_map(|step| match step.request() {
                Some(ApiRequest::HostsOf(property)) => Some(property.clone()),
                _ => None,
            });
            let asked: Vec<Rc<Property>> = asked.collect();
            plan.extend(steps);
            self.plan_claims(planner, &asked, plan).await?;
        }
        Ok(())
    }

    /// Plans the calls that decide the owners of host names of properties that are asked for them one by one.
    pub(super) async fn plan_claims(
        &self,
        planner: &Planner<'_>,
        properties: &[Rc<Property>],
        plan: &mut FetchPlan,
    ) -> Result<(), Error> {
        if properties.is_empty() {
            return Ok(());
        }
        let claims = planner.calls_for_claims(properties).await?;
        plan.extend(
            Some(claims)
                .filter(|calls| *calls > 0)
                .map(FetchStep::AtMost),
        );
        Ok(())
    }

    async fn plan_account(
        &self,
        planner: &Planner<'_>,
        source: Option<&Source>,
        known: &mut KnownAccount,
        plan: &mut FetchPlan,
    ) -> Result<(), Error> {
        let Some(source) = source else { return Ok(()) };
        let remembered = Remembered::read(&self.cache).await?;
        if !planner.asks_account(&remembered, source) {
            return Ok(());
        }
        let named = !self.request.is_for_account();
        if named {
            known.groups = Some(source.groups().await?.value);
        }
        let stored = named || self.request.wants(Resource::Groups);
        plan.extend([FetchStep::Fetch {
            ask: ApiRequest::Groups,
            calls: 1,
            fills: stored.then_some((Resource::Groups, Some(1))),
        }]);
        known.groups_asked = true;
        Ok(())
    }
}

impl FetchPlan {
    /// Leaves out the calls whose responses the run that this one continues has `received`.
    async fn reuse(&mut self, received: &Source, view: HostnameView) {
        let caller = Caller {
            source: received,
            view,
            progress: &NoProgress,
        };
        for step in &mut self.steps {
            let FetchStep::Fetch { ask, calls, .. } = step else {
                continue;
            };
            let before = received.answers();
            let answer = caller.ask(ask).await;
            // A refusal is an answer to a list of a pair.
            let is_list = matches!(ask, ApiRequest::Properties(_) | ApiRequest::CpCodes(_));
            let refused = is_list && matches!(answer, Err(source::Error::Forbidden { .. }));
            let answered = received.answers() - before + u64::from(refused);
            *calls = calls.saturating_sub(answered);
        }
    }
}

/// Asks what the plan of the pairs needs.
async fn learn(
    source: &Source,
    planner: &Planner<'_>,
    survey: &Survey,
    known: &mut KnownAccount,
) -> Result<(), Error> {
    if survey.is_due(Resource::CpCodes) && !planner.cpcodes_by_pair(survey) {
        match source.all_cpcodes().await {
            Err(error) if error.ends_the_run() => return Err(error.into()),
            answer => known.cpcodes_refused = answer.err(),
        }
    }
    let needed = planner.needs_groups(survey, known) || known.cpcodes_refused.is_some();
    if known.groups.is_none() && needed {
        known.groups = Some(source.groups().await?.value);
    }
    if planner.needs_host_rows(survey) && known.host_rows.is_none() {
        known.host_rows = Some(source.hostname_total().await?);
    }
    if known.has_all || !planner.costs_by_property() {
        return Ok(());
    }
    let groups = known.groups.as_deref().unwrap_or_default();
    for (contract, group) in pairs(groups) {
        // A pair that fails adds nothing to the plan.
        match source.properties(&contract, &group).await {
            Ok(answer) => known
                .properties
                .extend(answer.value.into_iter().map(Rc::new)),
            Err(error) if error.ends_the_run() => return Err(error.into()),
            Err(_) => {}
        }
    }
    each_once(&mut known.properties);
    known.has_all = true;
    expect_changes(planner, known).await
}

/// Expects a run to fetch whole the properties of which the cache agrees with another form.
async fn expect_changes(planner: &Planner<'_>, known: &mut KnownAccount) -> Result<(), Error> {
    let digests = FormDigests::read(&planner.cache).await?;
    if !digests.is_empty() {
        let changed = digests.others(&known.properties);
        let changed: Vec<Id> = changed.map(|one| one.id.clone()).collect();
        known.add_changed(&changed);
    }
    Ok(())
}
