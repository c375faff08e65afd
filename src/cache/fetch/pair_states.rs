//! What `warm:state` remembers of each pair of contract and group: whether it was readable.

use super::state::field::PAIR;
use super::values::{GroupContract, pair_name};
use super::view::CacheView;
use crate::cache::Error;
use crate::source;
use std::collections::{BTreeMap, HashSet};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Readable {
    /// Readable when it was last asked.
    Yes,
    /// Never readable: these credentials may not read it.
    Never,
    /// Readable before, but the last answer failed or could not be read whole: what is cached of it is
    /// incomplete.
    Failed,
    /// Failed, and has not answered so far.
    Unknown,
}

/// Result of asking a pair for its properties.
pub(crate) enum PairAnswer {
    Whole,
    /// Some of them could not be read.
    Flawed,
    /// None of them could be read.
    Failed(source::Error),
}

impl PairAnswer {
    pub(super) const fn is_refused(&self) -> bool {
        matches!(
            self,
            Self::Failed(source::Error::Forbidden { .. } | source::Error::NotFound { .. })
        )
    }

    pub(crate) const fn of(whole: bool) -> Self {
        if whole { Self::Whole } else { Self::Flawed }
    }
}

/// What is remembered of all pairs. Other fields of the hash are left alone.
#[derive(Debug, Default, Clone)]
pub(crate) struct PairStates(BTreeMap<String, Readable>);

impl Readable {
    /// Returns true if the pair is to be asked again, however fresh the list is.
    pub(super) const fn is_owed(self) -> bool {
        matches!(self, Self::Failed | Self::Unknown)
    }

    const fn word(self) -> &'static str {
        match self {
            Self::Yes => "readable",
            Self::Never => "unreadable",
            Self::Failed => "failed",
            Self::Unknown => "unknown",
        }
    }
}

impl PairStates {
    /// Reads what is remembered. It is empty if the key holds another type.
    pub(crate) async fn read(cache: &CacheView<'_>) -> Result<Self, Error> {
        let mut states = Self::default();
        let read = cache.each_remembered(|name, value| states.enter(name, value));
        read.await?;
        Ok(states)
    }

    fn enter(&mut self, name: &str, value: &str) {
        let Some(pair) = name.strip_prefix(PAIR) else {
            return;
        };
        let all = [
            Readable::Yes,
            Readable::Never,
            Readable::Failed,
            Readable::Unknown,
        ];
        let known = all.into_iter().find(|all| all.word() == value);
        // An unreadable state is asked for again.
        let state = known.unwrap_or(Readable::Failed);
        self.0.insert(pair.to_owned(), state);
    }

    pub(crate) fn count(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn of(&self, pair: &GroupContract) -> Option<Readable> {
        self.0.get(&pair_name(pair)).copied()
    }

    /// Returns what to remember of a pair after an answer.
    pub(crate) fn next(&self, pair: &GroupContract, answer: &PairAnswer) -> Readable {
        match (answer, self.of(pair)) {
            (PairAnswer::Whole, _) => Readable::Yes,
            (PairAnswer::Flawed, _) | (_, Some(Readable::Yes | Readable::Failed)) => {
                Readable::Failed
            }
            (PairAnswer::Failed(source::Error::Forbidden { .. }), _) => Readable::Never,
            _ => Readable::Unknown,
        }
    }

    /// Returns true if the last answer of a pair was not whole.
    pub(crate) fn is_owed(&self, pair: &GroupContract) -> bool {
        self.of(pair).is_some_and(Readable::is_owed)
    }

    /// Returns the pairs whose last answer was not whole, and those that are new since the last crawl.
    pub(crate) fn owed<'p>(
        &self,
        pairs: &'p [GroupContract],
    ) -> impl Iterator<Item = &'p GroupContract> {
        pairs
            .iter()
            .filter(|pair| self.of(pair).map_or(!self.0.is_empty(), Readable::is_owed))
    }

    /// Returns the remembered pairs that `all` lacks, unless they were never readable.
    pub(super) fn beyond(
        &self,
        all: &[GroupContract],
    ) -> impl Iterator<Item = (GroupContract, Readable)> {
        let names: HashSet<String> = all.iter().map(pair_name).collect();
        let beyond = self.0.iter().filter(move |(name, state)| {
            !names.contains(*name) && !matches!(state, Readable::Never)
        });
        beyond.filter_map(|(name, state)| {
            let (contract, group) = name.split_once('/')?;
            Some(((contract.to_owned(), group.to_owned()), *state))
        })
    }

    /// Returns true if the last answer of any pair was not whole.
    pub(crate) fn any_failed(&self) -> bool {
        self.0.values().any(|state| state.is_owed())
    }

    /// Remembers the states of pairs, and forgets pairs that are not in `all`.
    pub(crate) async fn write(
        &self,
        cache: &CacheView<'_>,
        new: &BTreeMap<GroupContract, Readable>,
        all: Option<&[GroupContract]>,
    ) -> Result<(), Error> {
        let changed = new
            .iter()
            .filter(|(pair, state)| self.of(pair) != Some(**state));
        let fields =
            changed.map(|(pair, state)| (format!("{PAIR}{}", pair_name(pair)), state.word()));
        let names: Option<Vec<String>> = all.map(|all| all.iter().map(pair_name).collect());
        let gone = self
            .0
            .keys()
            .filter(|name| names.as_ref().is_some_and(|names| !names.contains(name)));
        let gone = gone.map(|name| format!("{PAIR}{name}"));
        cache.forget(gone).await?;
        cache.remember(fields).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_pair_that_was_readable_can_fail_by_a_refusal() {
        let mut states = PairStates::default();
        states.enter("pair:ctr_1/grp_1", "readable");
        states.enter("pair:ctr_1/grp_2", "unreadable");
        let next = |group: &str, answer: &PairAnswer| {
            states.next(&("ctr_1".to_owned(), group.to_owned()), answer)
        };
        let refused = PairAnswer::Failed(source::Error::Forbidden {
            call: String::new(),
            detail: String::new(),
        });
        let failed = PairAnswer::Failed(source::Error::Unrecorded(String::new()));
        assert_eq!(next("grp_1", &refused), Readable::Failed);
        assert_eq!(next("grp_2", &refused), Readable::Never);
        assert_eq!(next("grp_3", &refused), Readable::Never);
        assert_eq!(next("grp_3", &failed), Readable::Unknown);
        assert_eq!(next("grp_2", &PairAnswer::Whole), Readable::Yes);
        assert_eq!(next("grp_2", &PairAnswer::Flawed), Readable::Failed);
    }

    #[test]
    fn fields_about_pairs_are_read_and_others_are_left_alone() {
        let mut states = PairStates::default();
        states.enter("pair:ctr_1/grp_1", "readable");
        states.enter("pair:ctr_1/grp_2", "unreadable");
        states.enter("pair:ctr_1/grp_3", "what");
        states.enter("complete:at", "failed");
        let pair = |group: &str| ("ctr_1".to_owned(), group.to_owned());
        assert_eq!(states.of(&pair("grp_1")), Some(Readable::Yes));
        assert_eq!(states.of(&pair("grp_2")), Some(Readable::Never));
        assert_eq!(states.of(&pair("grp_4")), None);
        let pairs = [pair("grp_1"), pair("grp_3")];
        assert_eq!(states.owed(&pairs).collect::<Vec<_>>(), [&pairs[1]]);
        let new = [pair("grp_1"), pair("grp_9")];
        assert_eq!(states.owed(&new).collect::<Vec<_>>(), [&new[1]]);
        // If nothing is remembered, no pair is new.
        assert_eq!(PairStates::default().owed(&new).count(), 0);
        assert!(states.any_failed());
        assert_eq!(states.0.len(), 3);
    }
}
