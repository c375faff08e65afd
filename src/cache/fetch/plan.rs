//! The steps of a run: printed by a dry run, counted by `refill_calls`, carried out.

use super::ask::{ApiRequest, Origins};
use super::ledger::Ledger;
use super::values::HostsOf;
use super::view::CacheView;
use crate::domain::ttl::Resource;
use crate::domain::warm::{PlanSummary, WarmRequest};
use std::collections::BTreeMap;

/// Context for planning a request. The rules are in `planner`; `survey` says what is due.
#[derive(Clone, Copy)]
pub(super) struct Planner<'a> {
    pub cache: CacheView<'a>,
    pub request: &'a WarmRequest,
    /// What is cached will be removed before the run. Only a plan of a refill says so.
    pub forgets: bool,
    /// Records when the first of the kept keys is due.
    pub ledger: Option<&'a Ledger>,
    /// The account-wide list of host names, or a part of it, costs nothing any more.
    pub listing_paid: bool,
    /// A recording answers. It may lack the lists.
    pub replay: bool,
}

#[derive(Debug)]
pub(crate) enum FetchStep {
    Fetch {
        ask: ApiRequest,
        /// Number of calls; for a paged list an estimate.
        calls: u64,
        /// Keys that the answer fills; their number is `None` if it depends on the answer.
        fills: Option<(Resource, Option<u64>)>,
    },
    /// Keys that are made from the answers of other steps.
    Make(Resource, Option<u64>),
    /// Keys whose values are left alone. An answer of the API, or their age, says that they are as they should be.
    Keep(Resource, Vec<String>),
    /// A key that gets a new TTL. It is among the kept ones as well, once an answer has confirmed it.
    Extend(Resource, String, Origins),
    /// Keeps the hash of all host names from expiring, as a whole one or as an incomplete one.
    KeepHash(bool),
    /// Properties that have changed and still serve these host names.
    Serve(Vec<HostsOf>),
    /// Upper bound of the calls that depend on the answers of others. With 0 those of other steps are one: an answer may
    /// show that some are not needed.
    AtMost(u64),
    /// Calls for a resource of a property that is not known yet; only a plan has these.
    Unseen(Resource, u64),
}

/// Everything a run will do, as far as is known. A crawl is discovered stage by stage: each
/// [`PlanStage`](super::planner::PlanStage) appends its steps once the answers of the former stages have
/// arrived. A dry run goes through the same stages and asks only what a later stage needs.
#[derive(Debug, Default)]
pub(crate) struct FetchPlan {
    pub(super) steps: Vec<FetchStep>,
    /// Calls cost nothing, because a recording answers.
    pub(super) free: bool,
    /// No earlier run has learned which groups only host names name.
    pub(super) cold: bool,
}

impl FetchStep {
    pub(super) fn fetch(ask: ApiRequest) -> Self {
        Self::Fetch {
            ask,
            calls: 1,
            fills: None,
        }
    }

    /// Makes one request per item.
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

    /// Returns the key that gets a new TTL.
    pub(super) fn extended(&self) -> Option<String> {
        match self {
            Self::Extend(_, key, _) => Some(key.clone()),
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
            FetchStep::Fetch { calls, .. }
            | FetchStep::AtMost(calls)
            | FetchStep::Unseen(_, calls) => *calls,
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
            may_find_more: self.cold
                && !self.free
                && self
                    .steps
                    .iter()
                    .any(|step| matches!(step.request(), Some(ApiRequest::Hostnames(_)))),
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
            match step {
                FetchStep::Fetch {
                    fills: Some((resource, keys)),
                    ..
                }
                | FetchStep::Make(resource, keys) => add(*resource, *keys),
                FetchStep::Unseen(resource, _) => add(*resource, None),
                _ => {}
            }
        }
        all
    }

    fn kept(&self) -> BTreeMap<Resource, u64> {
        let mut all = BTreeMap::new();
        for step in &self.steps {
            if let FetchStep::Keep(resource, keys) = step {
                *all.entry(*resource).or_default() += keys.len() as u64;
            }
        }
        all
    }
}
