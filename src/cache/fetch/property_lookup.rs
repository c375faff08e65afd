//! Finds named properties in the fewest calls: each is asked for alone, or by the lists of the pairs of
//! contract and group that have them. Runs, plans and reads share this order.

use super::ask::ApiRequest;
use super::pair_states::{PairAnswer, PairStates, Readable};
use super::values::{GroupContract, pairs};
use crate::domain::key::Id;
use crate::domain::papi::{Group, Property};
use crate::source::PropertyRef;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Extra calls that are accepted rather than reading lists: single answers are up to date, and lists are long.
pub(super) const MARGIN: u64 = 1;

/// Maximum number of properties missing from all readable lists that are still asked for one by one. They may
/// be in an unreadable list; the others are reported.
pub(crate) const UNLISTED: usize = 20;

/// Returns true if lists at this number of calls are preferred to single requests at that number.
pub(crate) const fn lists_pay(lists: u64, single: u64) -> bool {
    lists.saturating_add(MARGIN) < single
}

/// A search for properties. The next requests depend on the answers so far.
#[derive(Default)]
pub(crate) struct PropertyLookup {
    /// Ids that were not found yet.
    open: BTreeSet<Id>,
    /// Known references of the properties. A pair in it saves the API a search.
    refs: HashMap<Id, PropertyRef>,
    /// What earlier runs learned of the pairs.
    states: PairStates,
    /// All pairs, if known.
    pairs: Option<Vec<GroupContract>>,
    /// `pairs` comes from the API, in this run.
    learned: bool,
    /// Pairs whose lists were asked for: `Yes` if the list arrived whole, `Never` if it may not be read.
    asked: BTreeMap<GroupContract, Readable>,
    /// Lists are not used.
    singly: bool,
    /// Number of properties asked for one by one after all lists.
    unlisted: usize,
    /// A prediction is an upper bound: this many properties more are asked for if a list cannot be read.
    pub(super) in_doubt: Option<usize>,
}

impl PropertyLookup {
    pub(crate) fn new(
        ids: impl IntoIterator<Item = Id>,
        refs: HashMap<Id, PropertyRef>,
        states: PairStates,
    ) -> Self {
        Self {
            open: ids.into_iter().collect(),
            refs,
            states,
            ..Self::default()
        }
    }

    pub(crate) fn go_singly(&mut self) {
        self.singly = true;
    }

    /// Returns the next requests, all of one kind. Empty once the remaining properties are known not to exist.
    pub(crate) fn next(&self) -> Vec<ApiRequest> {
        if self.open.is_empty() || self.is_exhausted() {
            return Vec::new();
        }
        let single = self.open.len() as u64;
        let mut by_pair: BTreeMap<&GroupContract, u64> = BTreeMap::new();
        for pair in self.open.iter().filter_map(|id| self.listed_in(id)) {
            *by_pair.entry(pair).or_default() += 1;
        }
        let placed: u64 = by_pair.values().sum();
        let some = by_pair.len() as u64 + single - placed;
        let rest = self.rest();
        let all = match &self.pairs {
            None => 1 + (self.states.count() as u64).max(1),
            // There may be a new group.
            Some(_) if rest.is_empty() && !self.learned => 1,
            Some(_) if rest.is_empty() => u64::MAX,
            Some(_) => rest.len() as u64,
        };
        if !self.singly && lists_pay(all, single.min(some)) {
            return if rest.is_empty() {
                vec![ApiRequest::Groups]
            } else {
                rest.into_iter().map(ApiRequest::Properties).collect()
            };
        }
        if !self.singly && lists_pay(some, single) {
            let several = by_pair.into_iter().filter(|(_, count)| *count > 1);
            let several = several.map(|(pair, _)| pair.clone());
            return several.map(ApiRequest::Properties).collect();
        }
        let most = if self.is_listed() {
            UNLISTED.saturating_sub(self.unlisted)
        } else {
            usize::MAX
        };
        let each = self.open.iter().map(|id| self.reference(id)).take(most);
        each.map(ApiRequest::Property).collect()
    }

    /// Returns the properties that are neither among `asks` nor found: they are in no list that may be read, and are
    /// too many to ask for one by one.
    pub(crate) fn left_out(&self, asks: &[ApiRequest]) -> BTreeSet<Id> {
        let asked = asks.iter().filter_map(|ask| match ask {
            ApiRequest::Property(at) => Some(&at.id),
            _ => None,
        });
        let asked: BTreeSet<&Id> = asked.collect();
        let left = self.open.iter().filter(|id| !asked.contains(*id));
        left.cloned().collect()
    }

    /// Returns true if the groups are known.
    pub(crate) const fn has_groups(&self) -> bool {
        self.pairs.is_some()
    }

    /// Returns true if `asks` are the lists of all remaining pairs.
    pub(crate) fn asks_all(&self, asks: &[ApiRequest]) -> bool {
        let lists = |ask: &ApiRequest| matches!(ask, ApiRequest::Properties(_));
        asks.iter().all(lists) && asks.len() == self.rest().len()
    }

    /// Takes the groups of the account, from the API or the cache.
    pub(crate) fn take_groups(&mut self, groups: &[Group], learned: bool) {
        self.pairs = Some(pairs(groups));
        self.learned |= learned;
    }

    pub(crate) fn take_list(
        &mut self,
        pair: GroupContract,
        list: Vec<Property>,
        whole: bool,
    ) -> Vec<Property> {
        self.take_answer(pair, &PairAnswer::of(whole));
        self.find_in(list)
    }

    /// Takes the searched properties out of a list.
    fn find_in(&mut self, list: Vec<Property>) -> Vec<Property> {
        let found = list.into_iter();
        found
            .filter(|property| self.open.remove(&property.id))
            .collect()
    }

    /// Returns the searched properties in the list of all properties; `answers` are those of the pairs that it was
    /// made from.
    pub(crate) fn take_all(
        &mut self,
        list: Vec<Property>,
        answers: impl IntoIterator<Item = (GroupContract, PairAnswer)>,
    ) -> Vec<Property> {
        for (pair, answer) in answers {
            self.take_answer(pair, &answer);
        }
        self.find_in(list)
    }

    /// Records that the list of a pair did not arrive, perhaps because it may not be read.
    pub(crate) fn take_failure(&mut self, pair: GroupContract, refused: bool) {
        let state = if refused {
            Readable::Never
        } else {
            Readable::Failed
        };
        self.asked.insert(pair, state);
    }

    fn take_answer(&mut self, pair: GroupContract, answer: &PairAnswer) {
        let state = PairStates::default().next(&pair, answer);
        self.asked.insert(pair, state);
    }

    /// Records that a property was asked for alone, whatever the answer.
    pub(crate) fn asked_alone(&mut self, id: &str) {
        self.unlisted += usize::from(self.is_listed());
        self.open.remove(id);
    }

    /// Takes a request as answered, as far as the answer can be predicted. Returns the number of properties
    /// found.
    pub(crate) fn predict(&mut self, ask: &ApiRequest) -> u64 {
        let before = self.open.len();
        match ask {
            // Unknown groups cannot be predicted, and known ones are taken for all.
            ApiRequest::Groups => {
                self.singly |= self.pairs.is_none();
                self.learned |= !self.singly;
            }
            ApiRequest::Properties(pair) => {
                let there = |id: &&Id| {
                    let known = self.refs.get(*id);
                    known.and_then(|at| at.within.as_ref()) == Some(pair)
                };
                let found: Vec<Id> = if self.may_ask(pair) {
                    self.open.iter().filter(there).cloned().collect()
                } else {
                    Vec::new()
                };
                for id in &found {
                    self.asked_alone(id);
                }
                self.asked.insert(pair.clone(), Readable::Yes);
                if self.is_exhausted() {
                    let readable =
                        |pair: &GroupContract| self.states.of(pair) == Some(Readable::Yes);
                    if !self.open.is_empty() && !self.all_pairs(readable) {
                        self.in_doubt = Some(self.open.len().min(UNLISTED));
                    }
                    self.open.clear();
                }
            }
            ApiRequest::Property(at) => {
                if self.is_listed() {
                    // A list may have it.
                    self.in_doubt.get_or_insert(0);
                }
                self.asked_alone(&at.id);
            }
            _ => {}
        }
        (before - self.open.len()) as u64
    }

    /// Returns the properties that were neither found nor asked for alone.
    pub(crate) fn open(&self) -> impl Iterator<Item = &Id> {
        self.open.iter()
    }

    /// Takes the properties that are in no list, if all lists were read.
    pub(crate) fn take_missing(&mut self) -> BTreeSet<Id> {
        if self.is_exhausted() {
            std::mem::take(&mut self.open)
        } else {
            BTreeSet::new()
        }
    }

    /// Returns the reference to ask for a property alone.
    fn reference(&self, id: &Id) -> PropertyRef {
        let known = self.refs.get(id);
        let known = known.filter(|at| {
            !at.within
                .as_ref()
                .is_some_and(|pair| self.asked.contains_key(pair))
        });
        known
            .cloned()
            .unwrap_or_else(|| PropertyRef::new(id.clone()))
    }

    /// Returns the pair whose list should have a property.
    fn listed_in(&self, id: &str) -> Option<&GroupContract> {
        let pair = self.refs.get(id)?.within.as_ref()?;
        self.may_ask(pair).then_some(pair)
    }

    fn may_ask(&self, pair: &GroupContract) -> bool {
        !self.asked.contains_key(pair) && self.states.of(pair) != Some(Readable::Never)
    }

    /// Returns the pairs whose lists may still be asked for.
    fn rest(&self) -> Vec<GroupContract> {
        let all = self.pairs.iter().flatten();
        all.filter(|pair| self.may_ask(pair)).cloned().collect()
    }

    /// Returns true if all lists arrived whole.
    fn is_exhausted(&self) -> bool {
        self.all_pairs(|pair| self.asked.get(pair) == Some(&Readable::Yes))
    }

    /// Returns true if all readable lists arrived whole.
    fn is_listed(&self) -> bool {
        self.all_pairs(|pair| {
            matches!(self.asked.get(pair), Some(Readable::Yes | Readable::Never))
                || self.states.of(pair) == Some(Readable::Never)
        })
    }

    fn all_pairs(&self, fits: impl Fn(&GroupContract) -> bool) -> bool {
        let all = self.pairs.as_deref().unwrap_or_default();
        self.learned && !all.is_empty() && all.iter().all(fits)
    }
}

#[cfg(test)]
mod tests;
