//! What a run does, step by step: printed by a dry run, counted by `refill_calls`, carried out.

use super::ask::{ApiRequest, Origins};
use crate::domain::papi::Property;
use crate::domain::ttl::Resource;
use crate::domain::warm::PlanSummary;
use std::collections::BTreeMap;
use std::rc::Rc;

/// One step.
#[derive(Debug)]
pub(crate) enum FetchStep {
    /// A question to the API.
    Fetch {
        ask: ApiRequest,
        /// Calls that it takes; of a paged list an estimate.
        calls: u64,
        /// Keys that its answer fills; `None` where only the answer tells.
        fills: Vec<(Resource, Option<u64>)>,
    },
    /// Keys that are made from the answers of other steps.
    Make(Resource, Option<u64>),
    /// Keys that are fresh enough to be left alone.
    Keep(Resource, Vec<String>),
    /// A key that gets a new time to live, since its value cannot have changed.
    Extend(Resource, String, Origins),
    /// So many calls are made at most, for what only the answers of others tell.
    AtMost(u64),
}

/// All that a run will do, as far as is known: a crawl is discovered stage by stage, and each
/// [`PlanStage`](super::planner::PlanStage) appends its steps once the answers of the former ones are in. A
/// dry run goes through the same stages and asks only what a later stage cannot do without.
#[derive(Debug, Default)]
pub(crate) struct FetchPlan {
    steps: Vec<FetchStep>,
    free: bool,
}

impl FetchStep {
    pub(super) fn fetch(ask: ApiRequest) -> Self {
        Self::Fetch {
            ask,
            calls: 1,
            fills: Vec::new(),
        }
    }

    /// Whether it asks for the host names of one property.
    pub(super) fn asks_hosts(&self) -> bool {
        self.property_with_hosts().is_some()
    }

    /// The property whose host names it asks for.
    pub(super) fn property_with_hosts(&self) -> Option<&Rc<Property>> {
        match self {
            Self::Fetch {
                ask: ApiRequest::HostsOf(property),
                ..
            } => Some(property),
            _ => None,
        }
    }

    /// Whether it asks for the account-wide list of host names.
    pub(super) fn asks_listing(&self) -> bool {
        matches!(
            self,
            Self::Fetch {
                ask: ApiRequest::Hostnames(_),
                ..
            }
        )
    }

    /// Whether it may cost less than it says.
    fn is_at_most(&self) -> bool {
        matches!(self, Self::AtMost(_))
    }

    /// Whether it asks what changed.
    pub(super) fn asks_changes(&self) -> bool {
        matches!(
            self,
            Self::Fetch {
                ask: ApiRequest::Modified(_),
                ..
            }
        )
    }

    /// Whether it asks for the properties of a pair.
    pub(super) fn asks_pair(&self) -> bool {
        matches!(
            self,
            Self::Fetch {
                ask: ApiRequest::Properties(_),
                ..
            }
        )
    }

    pub(super) fn filling(ask: ApiRequest, resource: Resource, keys: Option<u64>) -> Self {
        Self::Fetch {
            ask,
            calls: 1,
            fills: vec![(resource, keys)],
        }
    }
}

impl FetchPlan {
    pub(super) fn extend(&mut self, steps: impl IntoIterator<Item = FetchStep>) {
        self.steps.extend(steps);
    }

    /// The same plan, of which no call costs anything: a recording answers.
    pub(super) fn free(self) -> Self {
        Self { free: true, ..self }
    }

    /// Calls to the API.
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

    /// The plan in numbers.
    pub(crate) fn summary(&self) -> PlanSummary {
        PlanSummary {
            calls: self.calls(),
            at_most: !self.free && self.steps.iter().any(FetchStep::is_at_most),
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
                FetchStep::Fetch { fills, .. } => {
                    for (resource, keys) in fills {
                        add(*resource, *keys);
                    }
                }
                FetchStep::Make(resource, keys) => add(*resource, *keys),
                FetchStep::Keep(..) | FetchStep::Extend(..) | FetchStep::AtMost(_) => {}
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
