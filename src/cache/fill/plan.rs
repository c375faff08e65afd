//! What a run would do, told before it does it.

use super::hostnames::pages;
use super::ledger::Ledger;
use super::survey::HostnamePlan;
use super::{Fill, Halt};
use crate::cache::Error;
use crate::cache::answers::pairs;
use crate::domain::account::Property;
use crate::domain::ttl::Resource;
use crate::domain::warm::{HostnameView, Plan};
use crate::store;

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
    /// Draws up the plan. Writes nothing; makes at most two calls, and those only where the cache
    /// cannot tell how large the account is: one for its groups, one for the number of its host names.
    pub async fn plan(&self) -> Result<Plan, Error> {
        let drawn = if self.request.ids.is_empty() {
            self.plan_account().await
        } else {
            self.plan_named().await
        };
        drawn.map_err(|halt| match halt {
            Halt::Because(error) => error,
            // There is no writing side here that could end.
            Halt::Closed => Error::Store(store::Error::Settings("the plan was cut short".into())),
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
        Ok(plan)
    }

    async fn plan_account(&self) -> Result<Plan, Halt> {
        let mut plan = Plan::default();
        let survey = self.survey().await?;
        for (resource, keys) in &survey.kept {
            plan.kept.insert(*resource, *keys as u64);
        }
        if survey.is_due(Resource::Contracts) {
            plan.calls(1);
            plan.writes(Resource::Contracts, None);
        }
        let crawls = self.crawls(&survey);
        let groups_due = survey.is_due(Resource::Groups);
        if groups_due {
            plan.writes(Resource::Groups, Some(1));
        }
        plan.calls(usize::from(
            groups_due || survey.groups.is_none() && self.needs_groups(&survey),
        ));
        let pairs = match &survey.groups {
            Some(groups) => pairs(groups).len(),
            None if self.needs_groups(&survey) => pairs(&self.source.groups().await?.value).len(),
            None => 0,
        };
        if survey.is_due(Resource::CpCodes) {
            plan.calls(pairs);
            plan.writes(Resource::CpCodes, Some(1));
        }
        if survey.is_due(Resource::Tree) {
            plan.writes(Resource::Tree, Some(1));
        }
        let known = survey.properties.as_deref();
        if crawls {
            plan.calls(pairs);
            if self.wants(Resource::Properties) {
                plan.writes(Resource::Properties, Some(1));
            }
            if self.wants(Resource::Details) {
                plan.writes(Resource::Details, known.map(<[_]>::len));
            }
        }
        self.plan_hostnames(&mut plan, known, survey.is_due(Resource::Map))
            .await?;
        let ledger = Ledger::default();
        for extra in self
            .due_extras(&ledger, self.wanted(known.unwrap_or_default()))
            .await?
        {
            plan.calls(1);
            plan.writes(extra.1.resource(), Some(1));
        }
        if known.is_none() {
            for resource in [Resource::Rules, Resource::Versions, Resource::Activations] {
                if self.wants(resource) {
                    plan.writes(resource, None);
                }
            }
        }
        Ok(plan)
    }

    async fn plan_hostnames(
        &self,
        plan: &mut Plan,
        known: Option<&[Property]>,
        map: bool,
    ) -> Result<(), Halt> {
        if !self.wants(Resource::Hostnames) && !map {
            return Ok(());
        }
        let drawn = match known {
            Some(properties) if self.wants(Resource::Hostnames) => {
                self.hostname_plan(properties, |p| self.hostname_calls(p), pages)
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
                let page = self.source.hostname_page(0, 1).await?.value;
                let names = usize::try_from(page.total.unwrap_or_default()).unwrap_or(usize::MAX);
                plan.calls(pages(names));
                if self.wants(Resource::Hostnames) {
                    let keys = properties.map(|properties| properties + names + 1);
                    plan.writes(Resource::Hostnames, keys);
                }
            }
        }
        if map {
            plan.writes(Resource::Map, Some(1));
        }
        Ok(())
    }
}
