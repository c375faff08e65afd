//! What each property is asked for by itself. The rules of a version that was activated once do not
//! change any more: what is cached of them is kept alive instead, where it is what was fetched then.

use super::ask::{ApiRequest, Origins};
use super::baseline::{Baseline, Locked, digest};
use super::known::KnownAccount;
use super::marks::LastMarks;
use super::plan::FetchStep;
use super::planner::Planner;
use super::values::rule_versions;
use crate::cache::Error;
use crate::domain::key::{Entry, Id};
use crate::domain::papi::Property;
use crate::domain::ttl::{Due, Resource};
use crate::source::PropertyRef;
use serde::Deserialize;
use std::collections::{HashMap, HashSet};
use std::rc::Rc;
use std::time::Duration;

/// Rule trees read at once: each may have some megabytes.
const CHUNK: usize = 20;

impl Planner<'_> {
    /// What is asked for of each property by itself, with its key.
    pub(super) fn each_of<'k>(
        &'k self,
        known: &'k KnownAccount,
    ) -> impl Iterator<Item = (Entry, FetchStep)> + 'k {
        let request = self.request();
        let wants = |resource| request.wants(resource);
        let (rules, versions, activations) = (
            wants(Resource::Rules),
            wants(Resource::Versions),
            wants(Resource::Activations),
        );
        let properties = if self.named {
            &known.named.properties
        } else {
            &known.properties
        };
        let known_ones = properties.iter().flat_map(move |property| {
            let at = PropertyRef::from(property.as_ref());
            let mut all = Vec::new();
            let Ok(id) = Id::new(&property.id) else {
                return all;
            };
            let mut push = |entry: Entry, ask: ApiRequest, resource| {
                all.push((entry, FetchStep::filling(ask, resource, Some(1))));
            };
            if rules {
                for version in rule_versions(property) {
                    let ask = ApiRequest::Rules(at.clone(), version);
                    push(Entry::Rules(id.clone(), version), ask, Resource::Rules);
                }
            }
            if versions {
                let ask = ApiRequest::Versions(at.clone());
                push(Entry::Versions(id.clone()), ask, Resource::Versions);
            }
            if activations {
                let ask = ApiRequest::Activations(at);
                push(Entry::Activations(id), ask, Resource::Activations);
            }
            all
        });
        // Of one that is not known yet: the rules of the latest version and of that in production.
        let unseen = known.named.unseen.iter().filter(|_| self.named);
        let unseen = unseen.flat_map(move |id| {
            let all = [
                (rules, 2, Resource::Rules),
                (versions, 1, Resource::Versions),
                (activations, 1, Resource::Activations),
            ];
            all.into_iter()
                .filter(|(wanted, ..)| *wanted)
                .map(|(_, calls, resource)| {
                    let step = FetchStep::Fetch {
                        ask: ApiRequest::Versions(PropertyRef::new(id.as_str())),
                        calls,
                        fills: vec![(resource, None)],
                    };
                    (Entry::Versions(id.clone()), step)
                })
        });
        known_ones.chain(unseen)
    }

    pub(super) async fn each(&self, known: &KnownAccount) -> Result<Vec<FetchStep>, Error> {
        let all: Vec<(Entry, FetchStep)> = self.each_of(known).collect();
        let keys: Vec<String> = all
            .iter()
            .map(|(entry, _)| self.surveyor.place.key(entry))
            .collect();
        let resource = |at: usize| {
            let entry = all.get(at).and_then(|(entry, _)| entry.resource());
            entry.unwrap_or(Resource::Details)
        };
        let due = self.surveyor.due_keys(&keys, resource).await?;
        let mut due: HashSet<usize> = due.into_iter().collect();
        due.extend(all.iter().enumerate().filter_map(|(at, (entry, _))| {
            let id = entry.property_id()?;
            known.touched.contains(id.as_str()).then_some(at)
        }));
        let locked = self.locked(known, &all, &due).await?;
        let mut steps = Vec::with_capacity(all.len());
        for (at, ((entry, step), key)) in all.into_iter().zip(keys).enumerate() {
            let (Some(resource), Some(id)) = (entry.resource(), entry.property_id()) else {
                continue;
            };
            if locked.contains(&at) {
                let about = Origins::Property(id.clone());
                steps.push(FetchStep::Extend(resource, key, about));
            } else if due.contains(&at) {
                steps.push(step);
            } else {
                steps.push(FetchStep::Keep(resource, vec![key]));
            }
        }
        Ok(steps)
    }

    /// Those of the rules that are due which are cached as they were fetched when their version had been
    /// activated, and not too long ago.
    async fn locked(
        &self,
        known: &KnownAccount,
        all: &[(Entry, FetchStep)],
        due: &HashSet<usize>,
    ) -> Result<HashSet<usize>, Error> {
        let surveyor = &self.surveyor;
        let place = &surveyor.place;
        let rules = all.iter().enumerate().filter_map(|(at, (entry, _))| {
            let Entry::Rules(id, version) = entry else {
                return None;
            };
            due.contains(&at).then_some((at, id, *version))
        });
        let rules: Vec<(usize, &Id, u32)> = rules.collect();
        let asks_all = surveyor.force || self.request().check || self.request().due == Due::Always;
        if rules.is_empty() || asks_all || self.named {
            return Ok(HashSet::new());
        }
        let items = Baseline::read(place).await?.items;
        let marks = LastMarks::read(place).await?;
        let now = place.now().await?;
        let longest = place.lifetimes.policy.intervals.rules;
        let young = |locked: &Locked| {
            // They must not all become too old in one run.
            let share = 50 + u32::try_from(locked.digest % 51).unwrap_or_default();
            let age = now.checked_sub(locked.at).map(Duration::from_millis);
            age.is_some_and(|age| age < longest * share / 100)
        };
        let candidates = rules.into_iter().filter_map(|(at, id, version)| {
            let locked = &items.get(id.as_str())?.rules;
            let locked = locked.iter().find(|locked| locked.version == version)?;
            let fit = young(locked) && !marks.property(id.as_str(), locked.at);
            fit.then_some((at, id, version, locked.digest))
        });
        let candidates: Vec<(usize, &Id, u32, u64)> = candidates.collect();
        let properties: HashMap<&str, &Rc<Property>> = known
            .properties
            .iter()
            .map(|property| (property.id.as_str(), property))
            .collect();
        let mut locked = HashSet::new();
        for chunk in candidates.chunks(CHUNK) {
            let keys: Vec<String> = chunk
                .iter()
                .map(|(_, id, version, _)| place.key(&Entry::Rules((*id).clone(), *version)))
                .collect();
            for ((at, id, _, own), value) in chunk.iter().zip(place.values(&keys).await?) {
                let same = value.is_some_and(|value| {
                    let property = properties.get(id.as_str());
                    digest(&value) == *own
                        && property.is_some_and(|property| is_of(&value, property))
                });
                if same {
                    locked.insert(*at);
                }
            }
        }
        Ok(locked)
    }
}

/// What a rule tree says of its property, which can get another name, and another place.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PropertyHead {
    property_name: Option<String>,
    contract_id: Option<String>,
    group_id: Option<String>,
}

/// Whether a rule tree says of its property what is true now.
fn is_of(rules: &[u8], property: &Property) -> bool {
    let Ok(head) = serde_json::from_slice::<PropertyHead>(rules) else {
        return false;
    };
    let same = |own: Option<String>, now: &str| own.is_none_or(|own| own == now);
    same(head.property_name, &property.name)
        && same(head.contract_id, &property.contract)
        && same(head.group_id, &property.group)
}
