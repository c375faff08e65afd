//! Calls for each property alone. A cached value is kept alive instead if it is as fetched and cannot have
//! changed: the rules of a version that was once activated, and the activations of an unchanged property.

use super::ask::{ApiRequest, Origins};
use super::baseline::{Baseline, OwnKind, OwnValue, digest};
use super::known::KnownAccount;
use super::marks::LastMarks;
use super::plan::{FetchStep, Planner};
use super::values::{newest_versions, rule_versions};
use crate::cache::Error;
use crate::cache::values::VERSIONS;
use crate::domain::key::{Entry, Id};
use crate::domain::papi::Property;
use crate::domain::ttl::Resource;
use crate::source::PropertyRef;
use serde::Deserialize;
use std::collections::{HashMap, HashSet};
use std::rc::Rc;
use std::time::Duration;

/// Rule trees read at once. Each may have several megabytes.
const CHUNK: usize = 20;

/// Lists of versions read at once.
const LISTS: usize = 1_000;

const OVER: [&str; 5] = ["ACTIVE", "INACTIVE", "DEACTIVATED", "ABORTED", "FAILED"];

impl Planner<'_> {
    /// Returns the calls for each of these properties alone, with the entries that they fill.
    pub(super) fn each_of<'k>(
        &'k self,
        properties: &'k [Rc<Property>],
    ) -> impl Iterator<Item = (Entry, FetchStep)> + 'k {
        let request = self.request;
        let any = request.wants_any(Resource::BY_PROPERTY);
        let all = properties.iter().filter(move |_| any).flat_map(|property| {
            let (at, id) = (PropertyRef::from(property.as_ref()), &property.id);
            let rules = rule_versions(property).map(|version| {
                let ask = ApiRequest::Rules(at.clone(), version);
                (Entry::Rules(id.clone(), version), ask)
            });
            let versions = ApiRequest::Versions(property.clone());
            let versions = (Entry::Versions(id.clone()), versions);
            let mut all: Vec<(Entry, ApiRequest)> = rules.chain([versions]).collect();
            all.push((Entry::Activations(id.clone()), ApiRequest::Activations(at)));
            all
        });
        all.filter_map(move |(entry, ask)| {
            let resource = entry.resource()?;
            request
                .wants_of(entry.property()?, resource)
                .then_some(())?;
            // The numbers of versions follow from the property.
            let calls = u64::from(resource != Resource::Versions);
            let fills = Some((resource, Some(1)));
            Some((entry, FetchStep::Fetch { ask, calls, fills }))
        })
    }

    /// Plans the calls for a property that is not known yet: the rules are those of the latest version and of the one
    /// in production.
    pub(super) fn each_unseen<'k>(&'k self, id: &'k Id) -> impl Iterator<Item = FetchStep> + 'k {
        let each = [
            (2, Resource::Rules),
            (0, Resource::Versions),
            (1, Resource::Activations),
        ];
        let wanted = each.into_iter();
        let wanted = wanted.filter(|(_, one)| self.request.wants_of(id, *one));
        wanted.map(|(calls, resource)| FetchStep::Unseen(resource, calls))
    }

    /// Plans a fetch, extension or keep for each of these calls; with `turns` the oldest values are fetched again.
    pub(super) async fn each(
        &self,
        known: &KnownAccount,
        turns: bool,
    ) -> Result<Vec<FetchStep>, Error> {
        let all: Vec<(Entry, FetchStep)> = self.each_of(&known.properties).collect();
        let keys: Vec<String> = all.iter().map(|(entry, _)| self.cache.key(entry)).collect();
        let resource = |at: usize| {
            let entry = all.get(at).and_then(|(entry, _)| entry.resource());
            entry.unwrap_or(Resource::Details)
        };
        let due = self.due_keys(&keys, resource).await?;
        let mut due: HashSet<usize> = due.into_iter().collect();
        due.extend(all.iter().enumerate().filter_map(|(at, (entry, _))| {
            let id = entry.property()?;
            known.changed.contains(id.as_str()).then_some(at)
        }));
        let lasting = self.lasting(known, &all, &mut due, turns).await?;
        let mut steps = Vec::with_capacity(all.len());
        for (at, ((entry, step), key)) in all.into_iter().zip(keys).enumerate() {
            let (Some(resource), Some(id)) = (entry.resource(), entry.property()) else {
                continue;
            };
            let lasts = lasting.contains(&at);
            if due.contains(&at) && !lasts {
                steps.push(step);
                continue;
            }
            if lasts {
                let about = Origins::Property(id.clone());
                steps.push(FetchStep::Extend(resource, key.clone(), about));
            }
            steps.push(FetchStep::Keep(resource, vec![key]));
        }
        Ok(steps)
    }

    /// Returns those of the `due` indexes that need no fetch: the value is cached as it was fetched, and the property
    /// has not changed since. With `turns`, adds to `due` what is to be fetched again because of its age.
    async fn lasting(
        &self,
        known: &KnownAccount,
        all: &[(Entry, FetchStep)],
        due: &mut HashSet<usize>,
        turns: bool,
    ) -> Result<HashSet<usize>, Error> {
        let cache = &self.cache;
        if all.is_empty() || self.forgets || self.request.asks_everything() {
            return Ok(HashSet::new());
        }
        let baseline = Baseline::read(cache).await?;
        let marks = LastMarks::read(cache).await?;
        let now = cache.now().await?;
        let properties: HashMap<&str, &Property> = known
            .properties
            .iter()
            .map(|property| (property.id.as_str(), property.as_ref()))
            .collect();
        let fetched = all.iter().enumerate().filter_map(|(at, (entry, _))| {
            let id = entry.property()?.as_str();
            let (property, written) = (*properties.get(id)?, baseline.items.get(id)?);
            let kind = match entry {
                Entry::Rules(_, version) => OwnKind::Rules(*version),
                Entry::Activations(_) => OwnKind::Activations,
                _ => return None,
            };
            let own = written.own(kind)?;
            let same = || written.item == digest(property.json.as_bytes());
            let lasts = matches!(kind, OwnKind::Rules(_)) || !known.changed.contains(id) && same();
            let fit = lasts && own.at <= now && !marks.property(id, own.at);
            fit.then_some(KnownValue {
                at,
                key: cache.key(entry),
                property,
                own,
            })
        });
        let mut values: Vec<KnownValue<'_>> = fetched.collect();
        let longest = cache.lifetimes.policy.intervals.rules;
        if turns {
            due.extend(take_turns(&mut values, baseline.asked, now, longest));
        }
        values.retain(|value| due.contains(&value.at));
        let mut same = self.as_fetched(&values).await?;
        let lists = all.iter().enumerate().filter_map(|(at, (entry, _))| {
            let id = entry.property()?.as_str();
            let own = matches!(entry, Entry::Versions(_)) && due.contains(&at);
            let property = *properties.get(id).filter(|_| own)?;
            (!known.changed.contains(id)).then(|| (at, cache.key(entry), property))
        });
        same.extend(self.as_derived(&lists.collect::<Vec<_>>()).await?);
        Ok(same)
    }

    /// Returns those of these lists of versions that are cached as they follow from their property.
    async fn as_derived(
        &self,
        lists: &[(usize, String, &Property)],
    ) -> Result<HashSet<usize>, Error> {
        let mut same = HashSet::new();
        for chunk in lists.chunks(LISTS) {
            let keys: Vec<String> = chunk.iter().map(|(_, key, _)| key.clone()).collect();
            let heads = self.cache.store.heads(&keys, VERSIONS).await;
            for ((at, _, property), head) in chunk.iter().zip(heads) {
                let names = newest_versions(property);
                let is_same = head?.iter().eq(names.iter().map(String::as_bytes));
                same.extend(is_same.then_some(*at));
            }
        }
        Ok(same)
    }

    /// Returns those of these values that are cached as they were fetched.
    async fn as_fetched(&self, values: &[KnownValue<'_>]) -> Result<HashSet<usize>, Error> {
        let cache = &self.cache;
        let mut same = HashSet::new();
        for chunk in values.chunks(CHUNK) {
            let keys: Vec<String> = chunk.iter().map(|value| value.key.clone()).collect();
            for (value, cached) in chunk.iter().zip(cache.values(&keys).await?) {
                let is_same = cached.is_some_and(|cached| {
                    let rules = matches!(value.own.kind, OwnKind::Rules(_));
                    digest(&cached) == value.own.digest
                        && (!rules || is_of(&cached, value.property))
                });
                same.extend(is_same.then_some(value.at));
            }
        }
        Ok(same)
    }
}

/// A value that was fetched for a property that has not changed since.
struct KnownValue<'a> {
    at: usize,
    key: String,
    property: &'a Property,
    own: OwnValue,
}

/// Takes out the values whose turn it is to be fetched again, oldest first, and returns their indexes. Their
/// number grows with the time since the last run, so that each value has its turn within `longest`.
fn take_turns(
    values: &mut Vec<KnownValue<'_>>,
    last: u64,
    now: u64,
    longest: Duration,
) -> Vec<usize> {
    values.sort_by_key(|value| value.own.at);
    let (count, longest) = (values.len() as u128, longest.as_millis().max(1));
    let passed = |at: u64| u128::from(at) * count / longest;
    let mut left = passed(now).saturating_sub(passed(last));
    let mut turns = Vec::new();
    values.retain(|value| {
        let is_due = left > 0 || u128::from(now.saturating_sub(value.own.at)) >= longest;
        left = left.saturating_sub(1);
        turns.extend(is_due.then_some(value.at));
        !is_due
    });
    turns
}

/// Returns true if no activation is in progress, so that none changes by itself any more.
pub(super) fn is_over(activations: &[u8]) -> bool {
    let all: Option<Vec<ActivationState>> = serde_json::from_slice(activations).ok();
    all.is_some_and(|all| {
        let mut states = all.iter().filter_map(|one| one.status.as_deref());
        states.all(|state| OVER.contains(&state))
    })
}

#[derive(Deserialize)]
struct ActivationState {
    status: Option<String>,
}

/// The parts of a rule tree about its property. The property can be renamed or moved.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PropertyHead {
    property_name: Option<String>,
    contract_id: Option<String>,
    group_id: Option<String>,
}

/// Returns true if a rule tree agrees with its property as it is now.
fn is_of(rules: &[u8], property: &Property) -> bool {
    let Ok(head) = serde_json::from_slice::<PropertyHead>(rules) else {
        return false;
    };
    let same = |own: Option<String>, now: &str| own.is_none_or(|own| own == now);
    same(head.property_name, &property.name)
        && same(head.contract_id, &property.contract)
        && same(head.group_id, &property.group)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn turns_are_spread_and_none_is_older_than_it_may_be() {
        let json = r#"{"propertyId":"prp_1"}"#;
        let property = Property::parse(json).unwrap();
        // All were fetched at once; a run every 7 ms.
        let mut fetched = [1_000; 10];
        let mut all = 0;
        for run in 1..1_000 {
            let now = 1_000 + 7 * run;
            let mut values: Vec<KnownValue<'_>> = (0..)
                .zip(fetched)
                .map(|(at, fetched)| KnownValue {
                    at,
                    key: String::new(),
                    property: &property,
                    own: OwnValue {
                        kind: OwnKind::Activations,
                        at: fetched,
                        digest: 0,
                    },
                })
                .collect();
            let turns = take_turns(&mut values, now - 7, now, Duration::from_millis(100));
            assert!(turns.len() <= 1, "{now}: {turns:?}");
            assert_eq!(values.len() + turns.len(), 10);
            all += turns.len();
            for at in turns {
                fetched[at] = now;
            }
            assert!(
                fetched.iter().all(|at| now - at < 100),
                "{now}: {fetched:?}"
            );
        }
        assert_eq!(all, 699);
    }

    #[test]
    fn activations_under_way_change_by_themselves() {
        assert!(is_over(br#"[{"status":"ACTIVE"},{"status":"FAILED"},{}]"#));
        assert!(is_over(b"[]"));
        assert!(!is_over(br#"[{"status":"ACTIVE"},{"status":"ZONE_1"}]"#));
        assert!(!is_over(b"{}"));
    }
}
