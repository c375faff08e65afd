//! What a run does, step by step: printed by a dry run, counted by `refill_calls`, carried out.

use super::ask::{ApiRequest, Origins};
use super::ledger::Ledger;
use super::place::CacheView;
use super::values::HostsOf;
use crate::domain::ttl::Resource;
use crate::domain::warm::{PlanSummary, WarmRequest};
use std::collections::BTreeMap;

/// What a request is planned by: the rules are in `planner`, what is due is in `survey`.
#[derive(Clone, Copy)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
pub(super) struct Planner<'a> {
    pub place: CacheView<'a>,
    pub request: &'a WarmRequest,
    /// Everything is due, whatever the request says.
    pub force: bool,
    /// Where the time is kept after which the first of what is kept is due.
    pub ledger: Option<&'a Ledger>,
    /// What is named is planned for, whatever the request says: fetched whether due or not.
    pub named: bool,
    /// The account-wide list of host names, or a part of it, costs nothing any more.
    pub listing_paid: bool,
    /// A recording answers, which need not have the lists.
    pub replay: bool,
}

#[derive(Debug)]
pub(crate) enum FetchStep {
    Fetch {
        ask: ApiRequest,
        /// Calls that it takes; of a paged list an estimate.
        calls: u64,
        /// Keys that its answer fills; without a number where only the answer tells.
        fills: Option<(Resource, Option<u64>)>,
    },
    /// Keys that are made from the answers of other steps.
    Make(Resource, Option<u64>),
    /// Keys that are fresh enough to be left alone.
    Keep(Resource, Vec<String>),
    /// A key that gets a new time to live, since its value cannot have changed.
    Extend(Resource, String, Origins),
    /// Properties that have changed and still serve these host names.
    Serve(Vec<HostsOf>),
    /// So many calls are made at most, for what only the answers of others tell.
    AtMost(u64),
}

/// All that a run will do, as far as is known: a crawl is discovered stage by stage, and each
/// [`PlanStage`](super::planner::PlanStage) appends its steps once the answers of the former ones are in. A
/// dry run goes through the same stages and asks only what a later stage cannot do without.
#[derive(Debug, Default)]
pub(crate) struct FetchPlan {
    pub(super) steps: Vec<FetchStep>,
    /// No call costs anything: a recording answers.
    pub(super) free: bool,
}

impl FetchStep {
    pub(super) fn fetch(ask: ApiRequest) -> Self {
        Self::Fetch {
            ask,
            calls: 1,
            fills: None,
        }
    }

    /// Asks for each of these by itself.
    pub(super) fn each<T>(
        all: impl IntoIterator<Item = T>,
        ask: impl Fn(T) -> ApiRequest,
    ) -> Vec<Self> {
        let asks = all.into_iter().map(ask);
        asks.map(Self::fetch).collect()
    }

    pub(super) fn request(&self) -> Option<&ApiRequest> {
        match self {
            Self::Fetch { ask, .. } => Some(ask),
            _ => None,
        }
    }

    pub(super) fn filling(ask: ApiRequest, resource: Resource, keys: Option<u64>) -> Self {
        Self::Fetch {
            ask,
            calls: 1,
            fills: Some((resource, keys)),
        }
    }
}

impl FetchPlan {
    pub(super) fn extend(&mut self, steps: impl IntoIterator<Item = FetchStep>) {
        self.steps.extend(steps);
    }

    pub(crate) fn calls(&self) -> u64 {
        if self.free {
            return 0;
        }
        let calls = self.steps.iter().map(|step| match step {
            FetchStep::Fetch { calls, .. } | FetchStep::AtMost(calls) => *calls,
            _ => 0,
        });
        calls.sum()
    }

    pub(crate) fn summary(&self) -> PlanSummary {
        PlanSummary {
            calls: self.calls(),
            at_most: !self.free
                && self
                    .steps
                    .iter()
                    .any(|step| matches!(step, FetchStep::AtMost(_))),
            keys: self.keys(),
            kept: self.kept(),
        }
    }

    fn keys(&self) -> BTreeMap<Resource, Option<u64>> {
        let mut all = BTreeMap::new();
        let mut add = |resource: Resource, keys: Option<u64>| {
            let sum = all.entry(resource).or_insert(Some(0));
            *sum = sum.zip(keys).map(|(sum, keys)| sum + keys);
        };
        for step in &self.steps {
            if let FetchStep::Fetch {
                fills: Some((resource, keys)),
                ..
            }
            | FetchStep::Make(resource, keys) = step
            {
                add(*resource, *keys);
            }
        }
        all
    }

    fn kept(&self) -> BTreeMap<Resource, u64> {
        let mut all = BTreeMap::new();
        for step in &self.steps {
            let (resource, keys) = match step {
                FetchStep::Keep(resource, keys) => (*resource, keys.len() as u64),
                FetchStep::Extend(resource, ..) => (*resource, 1),
                _ => continue,
            };
            *all.entry(resource).or_default() += keys;
        }
        all
    }
}
