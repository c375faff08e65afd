//! What a run knows of the account: first from the survey, then from each answer. Everything that is made from
//! the whole account is made from this.

use super::all_hosts::HostOwners;
use super::ask::HostnameRows;
use super::baseline::Written;
use super::pair_states::{PairAnswer, PairStates, Readable};
use super::property_lookup::PropertyLookup;
use super::rows::HostRow;
use super::survey::Survey;
use super::values::{GroupContract, HostsOf, array, pair_name, pair_of, pairs};
use crate::cache::name_set::NameSet;
use crate::domain::json::same_json;
use crate::domain::key::{Fqdn, Id};
use crate::domain::papi::{CpCode, Group, Property};
use crate::source::{self, PropertyRef};
use jiff::Timestamp;
use std::borrow::Borrow;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::rc::Rc;

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum ListWrite {
    #[default]
    No,
    /// Updates the cached list, which keeps its expiry.
    Patch,
    Whole,
}

#[derive(Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
pub(crate) struct KnownAccount {
    /// Ids of all contracts, if cached contracts are checked against them.
    pub contracts: Option<HashSet<Id>>,
    /// All host names of all properties, if all were handed over and the hash holds them.
    pub(super) host_names: Option<HostOwners>,
    pub groups: Option<Vec<Group>>,
    /// The groups come from this run, not from the cache.
    pub groups_asked: bool,
    /// Valid if `has_all`.
    pub properties: Vec<Rc<Property>>,
    /// `properties` has every property, as far as this run or the cache knows.
    pub has_all: bool,
    /// This run has asked all pairs, and some have answered.
    pub crawled: bool,
    /// Answer of each pair that was asked for its properties.
    pub asked: BTreeMap<GroupContract, PairAnswer>,
    pub cpcodes: BTreeMap<String, CpCode>,
    /// Why the CP codes cannot be read in one call.
    pub cpcodes_refused: Option<source::Error>,
    /// The CP codes of some pair failed or could not be read whole.
    pub cpcodes_lack: bool,
    pub listing: Option<HostnameRows>,
    /// Host names fetched per property, and whether all of them could be read.
    pub hosts: Vec<HostsOf>,
    /// Properties that no row of `listing` names, that could not be asked, and of which no host name is cached.
    pub(super) hosts_unread: Vec<Id>,
    /// Number of rows of the account-wide list, if known from the cache or the API.
    pub host_rows: Option<u64>,
    /// What earlier runs learned of the pairs.
    pub pairs: PairStates,
    /// Ids of the properties that this run has listed.
    pub(super) seen: NameSet,
    pub(super) list: ListWrite,
    /// The tree was made.
    pub tree: bool,
    /// `hosts` is of all properties.
    pub hosts_of_all: bool,
    /// The hash of all host names is whole once `hosts` is written.
    pub extends_hash: bool,
    /// Something that was invalidated meanwhile could not be fetched again. Nothing more is made from the whole
    /// account.
    pub spoiled: bool,
    /// The map as it was made: name → property, value.
    pub map: Option<BTreeMap<String, (Id, String)>>,
    pub(super) named: NamedProperties,
    /// Recently activated properties, as the API lists them.
    pub modified: Option<Vec<Property>>,
    /// Properties that have changed: what takes a call for each alone is fetched, whatever its TTL.
    pub changed: HashSet<Id>,
    /// Properties whose host names may have changed: they are fetched, too. Those of other changed properties are only
    /// written with the new form of the property.
    pub hosts_changed: HashSet<Id>,
    /// What the last run wrote, in an incremental run.
    pub(super) items: Option<Rc<HashMap<Id, Written>>>,
    /// The earliest `Date` among the answers to this run.
    pub date: Option<Timestamp>,
}

#[derive(Default)]
pub(super) struct NamedProperties {
    pub ids: Vec<Id>,
    /// Host names whose property is not cached.
    pub searched: Vec<Fqdn>,
    /// References of the properties, as cached.
    pub refs: HashMap<Id, PropertyRef>,
    pub lookup: PropertyLookup,
    /// Cached owners of the named host names.
    pub owners: Vec<(Fqdn, Id)>,
    /// The owner of each host name of the properties that were fetched.
    pub owned_by: HashMap<String, Id>,
    /// Properties that were received; in a plan those that are cached.
    pub properties: Vec<Rc<Property>>,
    /// In a plan, properties that are not cached.
    pub unseen: Vec<Id>,
    pub gone: Vec<Id>,
    /// The API's errors for properties in `gone`, in a run that writes nothing.
    pub unknown: BTreeMap<Id, source::Error>,
    /// Properties that could not be fetched, or whose host names could not.
    pub failed: BTreeSet<Id>,
}

impl NamedProperties {
    /// Returns true if lists are fetched only for the named items in them.
    pub(super) fn looks_up(&self) -> bool {
        !(self.ids.is_empty() && self.searched.is_empty())
    }
}

impl KnownAccount {
    pub(super) fn of(properties: &[Rc<Property>]) -> Self {
        Self {
            properties: properties.to_vec(),
            ..Self::default()
        }
    }

    /// Returns the properties whose host names are not among those that were fetched for each.
    pub(super) fn without_hosts(&self, each: &[HostsOf]) -> Vec<Id> {
        let read: HashSet<&Id> = each.iter().map(|(property, ..)| &property.id).collect();
        let all = self.properties.iter().map(|property| &property.id);
        all.filter(|id| !read.contains(id)).cloned().collect()
    }

    /// Returns the value of the list of all properties.
    pub(super) fn list_of_all(&self) -> Vec<u8> {
        let items = self.properties.iter();
        array(items.map(|property| property.json.as_str()))
    }

    /// Takes over the survey's groups, unless newer ones are known, its properties, and what is remembered of the pairs.
    pub(super) fn survey(&mut self, survey: &mut Survey) {
        self.pairs = std::mem::take(&mut survey.pairs);
        let cached = survey.groups.take();
        self.groups = self.groups.take().or(cached);
        let properties = survey.properties.clone();
        self.has_all = properties.is_some();
        self.properties = properties.unwrap_or_default();
    }

    /// Returns true in an incremental run.
    pub(super) fn is_incremental(&self) -> bool {
        self.items.is_some()
    }

    /// Returns the pairs that were not asked yet.
    pub(crate) fn open_pairs(&self) -> Vec<GroupContract> {
        let all = self.groups.as_deref().map(pairs).unwrap_or_default();
        let open = all.into_iter();
        open.filter(|pair| !self.asked.contains_key(pair)).collect()
    }

    /// Returns true if no pair is left to ask, and no answer is missing because the run has to end.
    pub(super) fn is_answered(&self) -> bool {
        let missing = |answer: &PairAnswer| matches!(answer, PairAnswer::Failed(error) if error.ends_the_run());
        self.open_pairs().is_empty() && !self.asked.values().any(missing)
    }

    /// Takes the groups that the API names.
    pub(crate) fn take_groups(&mut self, groups: Vec<Group>) {
        self.groups = Some(groups);
        self.groups_asked = true;
        self.drop_gone();
    }

    /// Drops the answers of pairs that no longer exist: no group has them, and their lists are refused.
    pub(super) fn drop_gone(&mut self) {
        let all = self.groups.as_deref().map(pairs).unwrap_or_default();
        self.asked
            .retain(|pair, answer| all.contains(pair) || !answer.is_refused());
    }

    /// Returns the pairs to remember after a crawl: those of the groups, and others that have properties.
    pub(super) fn all_pairs(&self) -> Option<Vec<GroupContract>> {
        let mut all = self.groups.as_deref().map(pairs)?;
        let has = |(contract, group): &GroupContract| {
            let own = |one: &Rc<Property>| *one.contract == **contract && *one.group == **group;
            self.properties.iter().any(own)
        };
        let asked = self.asked.keys();
        let beyond = asked.filter(|pair| !all.contains(pair) && has(pair));
        let beyond: Vec<GroupContract> = beyond.cloned().collect();
        all.extend(beyond);
        Some(all)
    }

    /// Returns true if groups from the cache are doubtful: a pair is refused that was readable. The groups may
    /// be another account's, or a group is gone. One call settles it.
    pub(crate) fn is_doubtful(&self) -> bool {
        let doubtful = |(pair, answer): (&GroupContract, &PairAnswer)| {
            answer.is_refused() && self.pairs.of(pair) != Some(Readable::Never)
        };
        !self.groups_asked && self.asked.iter().any(doubtful)
    }

    /// Returns true if a list of a pair was refused because these credentials could never read the pair.
    pub(super) fn may_not_read(&self, pair: &GroupContract, error: &source::Error) -> bool {
        let refused = PairAnswer::Failed(error.clone());
        let answer = self.asked.get(pair).unwrap_or(&refused);
        matches!(error, source::Error::Forbidden { .. })
            && self.pairs.next(pair, answer) == Readable::Never
    }

    /// Returns what to remember of the pairs that were asked.
    pub(crate) fn states(&self) -> BTreeMap<GroupContract, Readable> {
        let state = |(pair, answer): (&GroupContract, &PairAnswer)| {
            (pair.clone(), self.pairs.next(pair, answer))
        };
        self.asked.iter().map(state).collect()
    }

    /// Returns the names of the pairs whose properties could not be read and may be another time, and of those that were
    /// read again.
    pub(super) fn unread_pairs(&self) -> (Vec<String>, Vec<String>) {
        let (mut unread, mut read) = (Vec::new(), Vec::new());
        for (pair, state) in self.states() {
            if state.is_owed() {
                unread.push(pair_name(&pair));
            } else if self.pairs.is_owed(&pair) {
                read.push(pair_name(&pair));
            }
        }
        (unread, read)
    }

    /// Returns true if any pair answered, or none was asked.
    pub(crate) fn any_answered(&self) -> bool {
        let failed = |answer: &PairAnswer| matches!(answer, PairAnswer::Failed(_));
        self.asked.is_empty() || !self.asked.values().all(failed)
    }

    /// Returns the properties that the list of host names has, and that the list of properties lacks or has
    /// with an older version. A pair that cannot be read explains why its own are lacking.
    pub(super) fn unlisted(&self) -> BTreeSet<Id> {
        let Some(listing) = &self.listing else {
            return BTreeSet::new();
        };
        let known: HashMap<&str, Option<u32>> = self
            .properties
            .iter()
            .map(|property| (property.id.as_str(), property.latest))
            .collect();
        let explained = self.explained();
        let newer = |row: &HostRow<'_>, known: Option<u32>| {
            row.latest.zip(known).is_some_and(|(new, old)| new > old)
        };
        let rows = listing.rows.iter();
        rows.filter(|row| match known.get(row.property) {
            None => !explained(row),
            // A draft that the answer to `modifiedSince` lacked, or that was saved after its pair was asked.
            Some(latest) => newer(row, *latest),
        })
        .filter_map(|row| Id::new(row.property).ok())
        .collect()
    }

    /// Returns whether the property of a row is not known because the list of its pair cannot be read: the pair is
    /// asked again, or was never readable. A row that names no pair may be of any.
    pub(super) fn explained(&self) -> impl Fn(&HostRow<'_>) -> bool {
        let lacks = |pair: &GroupContract| match self.asked.get(pair) {
            Some(answer) => self.pairs.next(pair, answer) != Readable::Yes,
            None => self
                .pairs
                .of(pair)
                .is_some_and(|state| state != Readable::Yes),
        };
        let groups = self.groups.as_deref().map(pairs).unwrap_or_default();
        let any = groups.iter().chain(self.asked.keys()).any(lacks);
        move |row| any && row.within.is_none_or(lacks)
    }

    /// Returns the pairs that the list of host names has and that no crawl asks, because the list of groups lacks
    /// them.
    pub(super) fn unlisted_pairs(&self) -> Vec<GroupContract> {
        let named = self.listing.iter().flat_map(|listing| &listing.rows.pairs);
        let groups = self.groups.as_deref().map(pairs).unwrap_or_default();
        let known: HashSet<&GroupContract> = self.asked.keys().chain(&groups).collect();
        named
            .filter(|pair| !known.contains(pair))
            .cloned()
            .collect()
    }

    /// Records properties to fetch whole, with their host names.
    pub(super) fn add_changed<'i>(&mut self, ids: impl IntoIterator<Item = &'i Id> + Clone) {
        self.changed.extend(ids.clone().into_iter().cloned());
        self.hosts_changed.extend(ids.into_iter().cloned());
    }

    /// Returns the entries of the former list that no pair lists any more. Those whose pair was not asked are kept, and
    /// all while any pair failed: a property may have moved to that pair.
    pub(super) fn lost(&self, former: &[Rc<Property>], all_asked: bool) -> BTreeSet<Id> {
        let partial = self.is_partial();
        let lost = |property: &&Rc<Property>| {
            let pair = pair_of(property);
            !self.seen.contains(property.id.as_str())
                && match self.asked.get(&pair) {
                    Some(PairAnswer::Whole) => !partial,
                    Some(_) => false,
                    None => all_asked && !partial,
                }
        };
        let lost = former.iter().filter(lost);
        lost.map(|property| property.id.clone()).collect()
    }

    /// Returns true if a pair did not answer whole that could be read.
    pub(crate) fn is_partial(&self) -> bool {
        // A pair that was never readable has always lacked its properties.
        let failed = |(pair, answer): (&GroupContract, &PairAnswer)| {
            !matches!(
                self.pairs.next(pair, answer),
                Readable::Yes | Readable::Never
            )
        };
        self.asked.iter().any(failed)
    }

    /// Keeps the entries of the former list that no pair lists, except for those that are gone, and returns the latter.
    pub(super) fn keep_former(
        &mut self,
        former: Vec<Rc<Property>>,
        gone: &BTreeSet<Id>,
    ) -> Vec<Rc<Property>> {
        let mut lost = Vec::new();
        for property in former {
            if gone.contains(&property.id) {
                lost.push(property);
            } else if self.seen.insert(property.id.as_str()) {
                self.properties.push(property);
            }
        }
        lost
    }

    pub(super) fn replace(&mut self, property: &Rc<Property>) {
        match self
            .properties
            .iter_mut()
            .find(|known| known.id == property.id)
        {
            Some(known) => *known = property.clone(),
            None => self.properties.push(property.clone()),
        }
    }
}

/// Returns both forms of the properties that a former list has in another form.
pub(super) fn differing<'p, P: Borrow<Property>>(
    new: &'p [Rc<Property>],
    former: &'p [P],
) -> Vec<(&'p Property, &'p Property)> {
    let each = former.iter().map(Borrow::borrow);
    let former: HashMap<&str, &Property> = each.map(|one| (one.id.as_str(), one)).collect();
    let both = new.iter().filter_map(|new| {
        let former = *former.get(new.id.as_str())?;
        let same = same_json(former.json.as_bytes(), new.json.as_bytes());
        (!same).then_some((former, new.as_ref()))
    });
    both.collect()
}
