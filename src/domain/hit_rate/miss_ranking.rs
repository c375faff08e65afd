//! Finds the most missed of very many keys in bounded memory.
//!
//! Up to [`KEPT`] keys are all kept. Beyond that, only sums over groups of keys are kept. The group of a key is
//! its hash; the sum of a group is an upper bound for each of its keys. A second pass over the hashes then counts
//! exactly the few keys of the largest groups.

use super::HitCounts;
use crate::domain::key::Tally;
use std::cmp::Reverse;
use std::collections::hash_map::DefaultHasher;
use std::collections::{BinaryHeap, HashMap, HashSet};
use std::hash::{BuildHasher, BuildHasherDefault};
use std::rc::Rc;

/// Limit of keys kept with their counts.
const KEPT: usize = 100_000;

/// Limit of keys kept in the second pass.
const CANDIDATES: usize = 2 * KEPT;

/// Number of groups: 8 MiB of sums.
const GROUPS: usize = 1 << 21;

/// Minimum number of largest groups that the second pass examines.
const LARGEST: usize = 10_000;

type Hasher = BuildHasherDefault<DefaultHasher>;

/// Most missed keys with their counts.
#[derive(Debug)]
pub(super) struct MostMissed {
    /// Most missed first, then by name.
    pub keys: Vec<(String, HitCounts)>,
    /// True if these are certainly the most missed ones.
    pub exact: bool,
    /// True if there are no other keys.
    pub all: bool,
}

/// Misses of a key. Among equal counts, the key that is first by name is the greater one.
type Missed = (u64, Reverse<Rc<str>>);

/// Finds the most missed keys.
#[derive(Debug)]
pub(super) struct MissRanking {
    /// True if keys without a miss count, too.
    includes_hits: bool,
    state: Candidates,
}

#[derive(Debug)]
enum Candidates {
    /// Each key arrives once with its final count: keeping the largest is enough.
    Once(Largest),
    /// All keys with their counts.
    All(HashMap<Box<str>, HitCounts>),
    /// Sums of groups.
    Groups(Vec<u32>),
    /// The keys of the largest groups.
    SecondPass {
        groups: Vec<u32>,
        least: u32,
        keys: HashMap<Box<str>, HitCounts>,
        /// Largest count that a key outside `keys` may have.
        beyond: u32,
    },
}

impl MissRanking {
    /// Looks for `want` keys. `once`: each key arrives only once. `includes_hits`: keys without a miss count, too.
    pub(super) fn new(want: usize, once: bool, includes_hits: bool) -> Self {
        let state = if once && !includes_hits {
            Candidates::Once(Largest {
                want,
                ..Largest::default()
            })
        } else {
            Candidates::All(HashMap::new())
        };
        Self {
            includes_hits,
            state,
        }
    }

    /// Adds a count of a key.
    pub(super) fn add(&mut self, key: &str, tally: Tally, count: u64) {
        if tally == Tally::Hits && !self.includes_hits || count == 0 {
            return;
        }
        let counts = HitCounts::of(tally, count);
        match &mut self.state {
            Candidates::Once(largest) => largest.add(key, count),
            Candidates::All(keys) => {
                if let Some(sum) = keys.get_mut(key) {
                    sum.add(counts);
                } else if keys.len() < KEPT {
                    keys.insert(key.into(), counts);
                } else {
                    let mut groups = vec![0; GROUPS];
                    for (key, counts) in keys.iter() {
                        add_to_group(&mut groups, key, counts.misses);
                    }
                    add_to_group(&mut groups, key, counts.misses);
                    self.state = Candidates::Groups(groups);
                }
            }
            Candidates::Groups(groups) => add_to_group(groups, key, counts.misses),
            Candidates::SecondPass {
                groups,
                least,
                keys,
                beyond,
            } => {
                let group = groups.get(group_of(key)).copied().unwrap_or(0);
                if group < *least {
                    return;
                }
                if let Some(sum) = keys.get_mut(key) {
                    sum.add(counts);
                } else if keys.len() < CANDIDATES {
                    keys.insert(key.into(), counts);
                } else {
                    *beyond = (*beyond).max(group);
                }
            }
        }
    }

    /// Starts the second pass for the `want` most missed keys; returns false if none is needed.
    pub(super) fn begin_second_pass(&mut self, want: usize) -> bool {
        let Candidates::Groups(groups) = &mut self.state else {
            return false;
        };
        let mut sums = groups.clone();
        let rank = LARGEST.max(want.saturating_mul(8)).min(sums.len() - 1);
        let (_, least, _) = sums.select_nth_unstable_by(rank, |a, b| b.cmp(a));
        // A group without a miss has no missed key.
        let least = (*least).max(1);
        self.state = Candidates::SecondPass {
            groups: std::mem::take(groups),
            least,
            keys: HashMap::new(),
            beyond: least - 1,
        };
        true
    }

    /// Returns the `want` most missed keys.
    pub(super) fn finish(self, want: usize) -> MostMissed {
        let (mut keys, beyond, all) = match self.state {
            Candidates::Once(largest) => {
                let heap = largest.heap.into_iter();
                let keys = heap.map(|Reverse((misses, Reverse(key)))| {
                    (
                        key.as_ref().to_owned(),
                        HitCounts::of(Tally::Misses, misses),
                    )
                });
                (keys.collect(), 0, false)
            }
            Candidates::All(keys) => (to_vec(keys), 0, true),
            // Without the second pass no single key is known.
            Candidates::Groups(_) => (Vec::new(), u32::MAX, false),
            Candidates::SecondPass { keys, beyond, .. } => (to_vec(keys), beyond, false),
        };
        keys.sort_by(|(left, a), (right, b)| {
            let order = (b.misses, b.hits).cmp(&(a.misses, a.hits));
            order.then_with(|| left.cmp(right))
        });
        let all = all && keys.len() <= want;
        keys.truncate(want);
        let least = keys.last().map_or(0, |(_, counts)| counts.misses);
        let exact = beyond == 0 || (keys.len() == want && least >= u64::from(beyond));
        MostMissed { keys, exact, all }
    }
}

/// The largest counts with their keys.
#[derive(Debug, Default)]
struct Largest {
    want: usize,
    heap: BinaryHeap<Reverse<Missed>>,
    names: HashSet<Rc<str>>,
}

impl Largest {
    /// Adds a count. A scan may return a key twice.
    fn add(&mut self, key: &str, count: u64) {
        if self.heap.len() >= self.want {
            let Some(Reverse((fewest, Reverse(name)))) = self.heap.peek() else {
                return;
            };
            if (count, Reverse(key)) <= (*fewest, Reverse(name.as_ref())) {
                return;
            }
        }
        if self.names.contains(key) {
            return;
        }
        let name: Rc<str> = key.into();
        self.names.insert(Rc::clone(&name));
        self.heap.push(Reverse((count, Reverse(name))));
        if self.heap.len() > self.want
            && let Some(Reverse((_, Reverse(fewest)))) = self.heap.pop()
        {
            self.names.remove(&fewest);
        }
    }
}

fn group_of(key: &str) -> usize {
    // The low bits of a good hash are as good as any others.
    let hash = Hasher::default().hash_one(key);
    usize::try_from(hash % GROUPS as u64).unwrap_or(0)
}

fn add_to_group(groups: &mut [u32], key: &str, misses: u64) {
    if let Some(sum) = groups.get_mut(group_of(key)) {
        *sum = sum.saturating_add(u32::try_from(misses).unwrap_or(u32::MAX));
    }
}

fn to_vec(keys: HashMap<Box<str>, HitCounts>) -> Vec<(String, HitCounts)> {
    keys.into_iter()
        .map(|(key, counts)| (key.into(), counts))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn largest(all: &[(String, u64)], want: usize) -> Vec<(String, u64)> {
        let mut sums: HashMap<&str, u64> = HashMap::new();
        for (key, count) in all {
            *sums.entry(key).or_default() += count;
        }
        let mut sums: Vec<_> = sums.into_iter().map(|(k, c)| (k.to_owned(), c)).collect();
        sums.retain(|(_, count)| *count > 0);
        sums.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        sums.truncate(want);
        sums
    }

    fn found(most: MissRanking, want: usize) -> Vec<(String, u64)> {
        let found = most.finish(want);
        assert!(found.exact);
        let keys = found.keys.into_iter();
        keys.map(|(key, counts)| (key, counts.misses)).collect()
    }

    proptest! {
        #[test]
        fn few_keys_are_added_up_exactly(
            all in prop::collection::vec(("[a-d]{1,3}", 0_u64..50), 0..200), want in 1_usize..12
        ) {
            let mut most = MissRanking::new(want, false, false);
            for (key, count) in &all {
                most.add(key, Tally::Misses, *count);
                most.add(key, Tally::Hits, 7);
            }
            prop_assert_eq!(found(most, want), largest(&all, want));
        }

        #[test]
        fn the_largest_are_kept_of_keys_that_arrive_once(
            counts in prop::collection::vec(0_u64..40, 0..300), want in 1_usize..12
        ) {
            let all: Vec<(String, u64)> = counts
                .iter().enumerate().map(|(at, count)| (format!("k{at}"), *count)).collect();
            let mut most = MissRanking::new(want, true, false);
            for (key, count) in all.iter().chain(&all) {
                most.add(key, Tally::Misses, *count);
            }
            prop_assert_eq!(found(most, want), largest(&all, want));
        }
    }

    #[test]
    fn very_many_keys_over_several_days_are_found_in_a_second_pass() {
        let mut random = fastrand::Rng::with_seed(7);
        // As in practice, few keys are missed often.
        let days: Vec<Vec<(String, u64)>> = (0..2)
            .map(|_| {
                (0..KEPT as u64 + 1_000)
                    .map(|at| {
                        (
                            format!("acme:property:prp_{at}"),
                            random.u64(0..200_000) / (at + 1) + 1,
                        )
                    })
                    .collect()
            })
            .collect();
        let mut most = MissRanking::new(10, false, false);
        let all = days.concat();
        for pass in 0..2 {
            for (key, count) in &all {
                most.add(key, Tally::Misses, *count);
            }
            assert_eq!(most.begin_second_pass(10), pass == 0);
        }
        assert_eq!(found(most, 10), largest(&all, 10));
    }

    #[test]
    fn an_undecided_order_is_not_reported_as_exact() {
        // All groups have a sum of 5, so a key that was left out may have up to 5 misses.
        let mut most = MissRanking {
            includes_hits: false,
            state: Candidates::Groups(vec![5; GROUPS]),
        };
        assert!(most.begin_second_pass(3));
        for at in 0..=CANDIDATES {
            most.add(&format!("k{at}"), Tally::Misses, 1);
        }
        let found = most.finish(3);
        assert_eq!(found.keys.len(), 3);
        assert!(!found.exact && !found.all);
    }
}
