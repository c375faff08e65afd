//! What a run would do, told before it does it.

use super::lacks::Crawl;
use super::ledger::Ledger;
use super::listing::pages;
use super::survey::{HostnamePlan, Survey};
use super::{Fill, Halt};
use crate::cache::Error;
use crate::cache::answers::{Pair, pairs};
use crate::domain::account::Property;
use crate::domain::ttl::Resource;
use crate::domain::warm::{HostnameView, Plan};
use crate::store;
use futures_util::StreamExt;
use std::collections::HashSet;

/// Calls and keys of a plan while it is being drawn up.
impl Plan {
    fn writes(&mut self, resource: Resource, keys: Option<usize>) {
        let keys = keys.map(|keys| keys as u64);
        let sum = self.keys.entry(resource).or_insert(Some(0));
        *sum = sum.zip(keys).map(|(sum, keys)| sum + keys);
    }

    fn calls(&mut self, calls: usize) {
        self.calls += calls as u64;
    }
}

impl Fill<'_> {
    /// Draws up the plan. Writes nothing, and makes calls only where the cache cannot tell how large the
    /// account is: one for its groups, one for the number of its host names. Where each property will
    /// cost calls of its own, the lists of properties are fetched to count them, a small part of what
    /// is planned. From a recording everything is free.
    pub async fn plan(&self) -> Result<Plan, Error> {
        let drawn = if self.request.ids.is_empty() {
            self.plan_account().await
        } else {
            self.plan_named().await
        };
        let drawn = drawn.map_err(|halt| match halt {
            Halt::Because(error) => error,
            // There is no writing side here that could end.
            Halt::Closed => Error::Store(store::Error::Settings("the plan was cut short".into())),
        })?;
        Ok(if self.source.is_replay() {
            Plan { calls: 0, ..drawn }
        } else {
            drawn
        })
    }

    async fn plan_named(&self) -> Result<Plan, Halt> {
        let mut plan = Plan::default();
        let ids = &self.request.ids;
        let known = self.known(ids).await?;
        plan.calls(ids.len());
        plan.writes(Resource::Details, Some(ids.len()));
        if self.wants(Resource::Hostnames) {
            // Of a property that is not known yet: production and staging.
            let calls = ids.iter().map(|id| {
                known
                    .get(id.as_str())
                    .map_or(2, |property| self.hostname_calls(property))
            });
            plan.calls(calls.sum());
            plan.writes(Resource::Hostnames, None);
        }
        let properties: Vec<Property> = known.into_values().collect();
        for (_, extra) in self.wanted(&properties) {
            plan.calls(1);
            plan.writes(extra.resource(), Some(1));
        }
        let unknown = ids.len().saturating_sub(properties.len());
        // Rules of the latest version and of the one in production.
        for (resource, calls) in [
            (Resource::Rules, 2),
            (Resource::Versions, 1),
            (Resource::Activations, 1),
        ] {
            if unknown > 0 && self.wants(resource) {
                plan.calls(unknown * calls);
                plan.writes(resource, None);
            }
        }
        Ok(plan)
    }

    async fn plan_account(&self) -> Result<Plan, Halt> {
        let mut plan = Plan::default();
        let survey = self.survey().await?;
        for (resource, keys) in &survey.kept {
            // A list and its single items are two entries.
            *plan.kept.entry(*resource).or_default() += *keys as u64;
        }
        if survey.is_due(Resource::Contracts) {
            plan.calls(1);
            plan.writes(Resource::Contracts, None);
        }
        let way = self.crawl_needed(&survey);
        let groups_due = survey.is_due(Resource::Groups);
        if groups_due {
            plan.writes(Resource::Groups, Some(1));
        }
        plan.calls(usize::from(
            groups_due || survey.groups.is_none() && self.needs_groups(&survey),
        ));
        let all = match &survey.groups {
            Some(groups) => pairs(groups),
            None if self.needs_groups(&survey) => pairs(&self.source.groups().await?.value),
            None => Vec::new(),
        };
        let pairs = all.len();
        if survey.is_due(Resource::CpCodes) {
            plan.calls(pairs);
            plan.writes(Resource::CpCodes, Some(1));
        }
        if survey.is_due(Resource::Tree) {
            plan.writes(Resource::Tree, Some(1));
        }
        let counted = if survey.properties.is_none() && self.costs_by_property() {
            Some(self.count(&all).await?)
        } else {
            None
        };
        let known = survey.properties.as_deref().or(counted.as_deref());
        if way == Crawl::Lacking {
            plan.calls(survey.lacking_pairs(&all).len());
            plan.kept.remove(&Resource::Properties);
            plan.writes(Resource::Properties, Some(1));
            if self.wants(Resource::Details) {
                plan.writes(Resource::Details, None);
            }
        }
        if matches!(way, Crawl::Whole { .. }) {
            plan.calls(pairs);
            if self.wants(Resource::Properties) {
                plan.writes(Resource::Properties, Some(1));
            }
            if self.wants(Resource::Details) {
                plan.writes(Resource::Details, known.map(<[_]>::len));
            }
        }
        self.plan_hostnames(&mut plan, known, &survey).await?;
        let ledger = Ledger::default();
        for extra in self
            .due_extras(&ledger, &survey, self.wanted(known.unwrap_or_default()))
            .await?
        {
            plan.calls(1);
            plan.writes(extra.1.resource(), Some(1));
        }
        Ok(plan)
    }

    /// Whether each property costs calls of its own.
    fn costs_by_property(&self) -> bool {
        self.wants_any(&[Resource::Rules, Resource::Versions, Resource::Activations])
            || self.request.hostnames == HostnameView::Version
                && self.wants_any(&[Resource::Hostnames, Resource::Map])
    }

    /// The properties of an account that is not cached. Of a pair that fails there is nothing to plan.
    async fn count<'p>(&self, pairs: &'p [Pair]) -> Result<Vec<Property>, Halt> {
        let ledger = Ledger::default();
        let ask = |pair: &'p Pair| self.source.properties(&pair.0, &pair.1);
        let mut answers = std::pin::pin!(self.each_asked(&ledger, pairs, ask));
        let mut seen = HashSet::new();
        let mut properties = Vec::new();
        while let Some((_, answer)) = answers.next().await {
            let items = answer.map(|answer| answer.value).unwrap_or_default();
            let new = items
                .into_iter()
                .filter(|item| seen.insert(item.id.clone()));
            properties.extend(new);
        }
        ledger.go_on()?;
        Ok(properties)
    }

    async fn plan_hostnames(
        &self,
        plan: &mut Plan,
        known: Option<&[Property]>,
        survey: &Survey,
    ) -> Result<(), Halt> {
        let lacked = self.wants(Resource::Map) && survey.lacking.any(Resource::Map);
        let map = lacked || survey.is_due(Resource::Map);
        if !self.wants(Resource::Hostnames) && !map {
            return Ok(());
        }
        let drawn = match known {
            Some(properties) if self.wants(Resource::Hostnames) => {
                let calls = |p: &Property| self.hostname_calls(p);
                self.hostname_plan(properties, &survey.lacking, calls, pages)
                    .await?
            }
            _ => HostnamePlan::Whole,
        };
        let properties = known.map(<[_]>::len);
        match drawn {
            HostnamePlan::Keep(keys) if !map => {
                plan.kept.insert(Resource::Hostnames, keys as u64);
            }
            HostnamePlan::Each(due) if !map => {
                let due = due
                    .iter()
                    .filter_map(|i| known.and_then(|known| known.get(*i)));
                plan.calls(due.map(|property| self.hostname_calls(property)).sum());
                plan.writes(Resource::Hostnames, None);
            }
            _ if self.request.hostnames == HostnameView::Version => {
                let calls = known
                    .unwrap_or_default()
                    .iter()
                    .map(|p| self.hostname_calls(p));
                plan.calls(calls.sum());
                plan.writes(Resource::Hostnames, None);
            }
            _ => {
                let total = self.source.hostname_total().await?;
                let names = usize::try_from(total).unwrap_or(usize::MAX);
                plan.calls(pages(names));
                if self.wants(Resource::Hostnames) {
                    let keys = properties.map(|properties| properties + names + 1);
                    plan.writes(Resource::Hostnames, keys);
                }
            }
        }
        if map {
            plan.kept.remove(&Resource::Map);
            plan.writes(Resource::Map, Some(1));
        }
        Ok(())
    }
}
