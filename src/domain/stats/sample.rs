//! Estimates from a sample of the keys, with their uncertainty.
//!
//! Keys are drawn at random, on each node in proportion to its keys (nodes are the strata). A share of the sample is
//! extrapolated to all keys with Wilson's interval at a confidence of 95%. The interval also bounds the number of
//! keys of a group that was not drawn at all.

use serde::Serialize;
use std::collections::BTreeMap;
use std::ops::AddAssign;

/// Quantile of the normal distribution for 95%.
const Z: f64 = 1.96;

/// Minimum number of draws on a node that has keys.
const FEWEST: u64 = 100;

/// Group of keys: customer and kind of key.
pub(crate) type KeyClass = (String, &'static str);

/// A number with its 95% confidence interval.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Estimate {
    pub value: u64,
    pub low: u64,
    pub high: u64,
}

impl Estimate {
    /// Creates a number that was counted.
    pub fn exact(value: u64) -> Self {
        Self {
            value,
            low: value,
            high: value,
        }
    }
}

impl AddAssign for Estimate {
    fn add_assign(&mut self, other: Self) {
        self.value = self.value.saturating_add(other.value);
        self.low = self.low.saturating_add(other.low);
        self.high = self.high.saturating_add(other.high);
    }
}

/// Keys and memory of a group.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Usage {
    pub keys: Estimate,
    /// Memory in bytes.
    pub bytes: Estimate,
    /// True if the memory of a key is unknown, and so the sum.
    pub bytes_unknown: bool,
    /// Keys that never expire although they should.
    pub no_ttl: Estimate,
}

impl Usage {
    /// Returns true if there may be keys, and the sample has none of them. Nothing is then known of their memory.
    pub(crate) fn not_met(&self) -> bool {
        self.keys.value == 0 && self.keys.high > 0
    }
}

impl AddAssign for Usage {
    fn add_assign(&mut self, other: Self) {
        self.keys += other.keys;
        self.bytes += other.bytes;
        self.bytes_unknown |= other.bytes_unknown;
        self.no_ttl += other.no_ttl;
    }
}

/// A key that was examined.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SampledKey {
    /// Its group.
    pub group: KeyClass,
    /// Its memory in bytes, if known.
    pub bytes: Option<u64>,
    /// True if it never expires although it should.
    pub no_ttl: bool,
}

/// Counts of all keys, examined one by one.
#[derive(Debug, Clone, Default)]
pub(crate) struct KeyCensus(BTreeMap<KeyClass, Usage>);

impl KeyCensus {
    pub(crate) fn count(&mut self, seen: SampledKey) {
        let usage = self.0.entry(seen.group).or_default();
        *usage += Usage {
            keys: Estimate::exact(1),
            bytes: Estimate::exact(seen.bytes.unwrap_or(0)),
            bytes_unknown: seen.bytes.is_none(),
            no_ttl: Estimate::exact(u64::from(seen.no_ttl)),
        };
    }

    /// Adds the estimate of a sample for the remaining keys.
    pub(crate) fn add(&mut self, group: KeyClass, usage: Usage) {
        *self.0.entry(group).or_default() += usage;
    }

    /// Returns the usage of each group.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&KeyClass, &Usage)> {
        self.0.iter()
    }
}

/// Draws on one node.
#[derive(Debug, Clone)]
struct Stratum {
    /// Keys on the node.
    keys: u64,
    /// Keys drawn, of any group.
    drawn: u64,
    groups: BTreeMap<KeyClass, GroupDraws>,
}

/// Draws of one group on one node.
#[derive(Debug, Clone, Copy, Default)]
struct GroupDraws {
    keys: u64,
    no_ttl: u64,
    unknown: bool,
    bytes: f64,
    squares: f64,
}

/// A sample of the keys of all nodes.
#[derive(Debug, Clone, Default)]
pub(crate) struct KeySample(Vec<Stratum>);

impl KeySample {
    /// Adds a node with `keys` keys; returns its index for [`KeySample::draw`].
    pub(crate) fn node(&mut self, keys: u64) -> usize {
        self.0.push(Stratum {
            keys,
            drawn: 0,
            groups: BTreeMap::new(),
        });
        self.0.len() - 1
    }

    /// Adds a key drawn on a node; `None` for a key of no requested customer.
    #[expect(clippy::cast_precision_loss, reason = "an estimate")]
    pub(crate) fn draw(&mut self, node: usize, seen: Option<SampledKey>) {
        let Some(stratum) = self.0.get_mut(node) else {
            return;
        };
        stratum.drawn += 1;
        if let Some(seen) = seen {
            let bytes = seen.bytes.unwrap_or(0) as f64;
            let drawn = stratum.groups.entry(seen.group).or_default();
            drawn.keys += 1;
            drawn.no_ttl += u64::from(seen.no_ttl);
            drawn.unknown |= seen.bytes.is_none();
            drawn.bytes += bytes;
            drawn.squares += bytes * bytes;
        }
    }

    /// Returns the sampled groups.
    pub(crate) fn groups(&self) -> impl Iterator<Item = &KeyClass> {
        self.0.iter().flat_map(|stratum| stratum.groups.keys())
    }

    /// Returns the number of draws.
    pub(crate) fn drawn(&self) -> u64 {
        self.0.iter().map(|stratum| stratum.drawn).sum()
    }

    /// Returns the number of keys that a group may have of which none was drawn.
    pub(crate) fn unseen(&self) -> u64 {
        self.usage(&(String::new(), "")).keys.high
    }

    /// Estimates the usage of a group, sampled or not.
    #[expect(clippy::cast_precision_loss, reason = "an estimate")]
    pub(crate) fn usage(&self, group: &KeyClass) -> Usage {
        let all: u64 = self.0.iter().map(|stratum| stratum.keys).sum();
        let (mut keys, mut no_ttl, mut bytes, mut variance) = (0.0, 0.0, 0.0, 0.0);
        let (mut met, mut met_no_ttl, mut bytes_unknown) = (0, 0, false);
        for stratum in self.0.iter().filter(|stratum| stratum.drawn > 0) {
            let Some(drawn) = stratum.groups.get(group) else {
                continue;
            };
            let n = stratum.drawn as f64;
            let each = stratum.keys as f64 / n;
            keys += each * drawn.keys as f64;
            no_ttl += each * drawn.no_ttl as f64;
            bytes += each * drawn.bytes;
            bytes_unknown |= drawn.unknown;
            let mean = drawn.bytes / n;
            let spread = (drawn.squares / n - mean * mean).max(0.0);
            variance += each * each * n * spread;
            met += drawn.keys;
            met_no_ttl += drawn.no_ttl;
        }
        let draws = self.drawn() as f64;
        let keys = share(keys, all, draws, met);
        let half = Z * variance.sqrt();
        // Few keys hide how different they are; their number is then the better measure.
        let by_number = if met > 0 {
            bytes * keys.high as f64 / keys.value.max(1) as f64
        } else {
            0.0
        };
        Usage {
            keys,
            bytes: Estimate {
                value: rounded(bytes),
                low: rounded((bytes - half).max(0.0)),
                high: rounded((bytes + half).max(by_number)),
            },
            bytes_unknown,
            no_ttl: share(no_ttl, all, draws, met_no_ttl),
        }
    }
}

/// Estimates a number of keys out of `all` with Wilson's interval. At least one key exists if any was drawn.
#[expect(clippy::cast_precision_loss, reason = "an estimate")]
fn share(keys: f64, all: u64, draws: f64, met: u64) -> Estimate {
    let total = all as f64;
    if all == 0 || draws == 0.0 {
        return Estimate {
            value: 0,
            low: 0,
            high: all,
        };
    }
    let p = (keys / total).clamp(0.0, 1.0);
    let square = Z * Z;
    let middle = p + square / (2.0 * draws);
    let half = Z * (p * (1.0 - p) / draws + square / (4.0 * draws * draws)).sqrt();
    let scale = 1.0 + square / draws;
    let low = if met == 0 {
        0.0
    } else {
        (middle - half) / scale
    };
    Estimate {
        value: rounded(keys),
        low: rounded(low * total).max(u64::from(met > 0)),
        high: rounded(((middle + half) / scale * total).ceil())
            .min(all)
            .max(rounded(keys)),
    }
}

/// Returns the number of draws for each node, in proportion to its keys.
pub(crate) fn allot(draws: u64, keys: &[u64]) -> Vec<u64> {
    let all: u128 = keys.iter().map(|keys| u128::from(*keys)).sum();
    keys.iter()
        .map(|keys| match *keys {
            0 => 0,
            keys => {
                let share = u128::from(draws) * u128::from(keys) / all.max(1);
                u64::try_from(share).unwrap_or(draws).max(FEWEST)
            }
        })
        .collect()
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "casting saturates, and negative numbers do not occur"
)]
fn rounded(number: f64) -> u64 {
    number.round() as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::stats::Amount;

    fn group(name: &str) -> KeyClass {
        (name.to_owned(), "property")
    }

    fn seen(name: &str, bytes: u64) -> SampledKey {
        SampledKey {
            group: group(name),
            bytes: Some(bytes),
            no_ttl: bytes == 100,
        }
    }

    #[test]
    fn draws_are_allotted_in_proportion_and_no_node_is_left_out() {
        assert_eq!(allot(1_000, &[3_000, 1_000, 0]), [750, 250, 0]);
        assert_eq!(allot(1_000, &[1_000_000, 1]), [999, FEWEST]);
        assert_eq!(allot(10, &[]), Vec::<u64>::new());
    }

    #[test]
    fn a_group_that_was_not_drawn_may_still_exist() {
        let mut sample = KeySample::default();
        let node = sample.node(1_000_000);
        for _ in 0..10_000 {
            sample.draw(node, None);
        }
        let usage = sample.usage(&group("acme"));
        assert_eq!((usage.keys.value, usage.keys.low), (0, 0));
        // Wilson's upper bound for 0 out of n is z²/(n + z²).
        assert_eq!(usage.keys.high, 385);
        assert_eq!(sample.unseen(), 385);
        assert!(usage.not_met());
        let amount = Amount::from(usage);
        assert_eq!((amount.keys, amount.keys_high), (0, 385));
        assert_eq!(
            (amount.memory_bytes, amount.memory_bytes_high),
            (None, None)
        );
    }

    #[test]
    fn without_draws_nothing_is_known() {
        let mut sample = KeySample::default();
        sample.node(50);
        assert_eq!(sample.usage(&group("acme")).keys.high, 50);
        assert_eq!(
            KeySample::default().usage(&group("acme")).keys,
            Estimate::exact(0)
        );
    }

    #[test]
    fn exact_numbers_and_estimates_add_up() {
        let mut census = KeyCensus::default();
        census.count(seen("acme", 100));
        census.count(seen("acme", 60));
        let usage = *census.iter().next().unwrap().1;
        assert_eq!(usage.keys.low, usage.keys.high);
        assert_eq!(
            (usage.keys.value, usage.bytes.value, usage.no_ttl.value),
            (2, 160, 1)
        );
    }

    #[expect(clippy::cast_precision_loss, reason = "an estimate")]
    fn inside(estimate: Estimate, truth: f64) -> bool {
        estimate.low as f64 <= truth && truth <= estimate.high as f64
    }

    /// Two nodes of different size that hold three customers in different shares.
    #[test]
    fn intervals_contain_the_true_value_as_often_as_claimed() {
        let mut random = fastrand::Rng::with_seed(11);
        let nodes: [(u32, [f64; 3]); 2] = [(60_000, [0.5, 0.02, 0.001]), (20_000, [0.1, 0.3, 0.0])];
        let names = ["acme", "beta", "gamma"];
        let bytes: [u32; 3] = [100, 400, 7];
        let (mut keys_inside, mut bytes_inside, mut rounds) = (0, 0, 0);
        for _ in 0..200 {
            let mut sample = KeySample::default();
            let allotted = allot(4_000, &nodes.map(|(keys, _)| keys.into()));
            for ((keys, shares), draws) in nodes.iter().zip(allotted) {
                let node = sample.node((*keys).into());
                for _ in 0..draws {
                    let mut at = random.f64();
                    let mut drawn = None;
                    for (index, share) in shares.iter().enumerate() {
                        if at < *share {
                            drawn = Some(seen(
                                names[index],
                                u64::from(bytes[index]) + random.u64(0..3),
                            ));
                            break;
                        }
                        at -= share;
                    }
                    sample.draw(node, drawn);
                }
            }
            for (index, name) in names.iter().enumerate() {
                let truth: f64 = nodes
                    .iter()
                    .map(|(keys, s)| f64::from(*keys) * s[index])
                    .sum();
                let usage = sample.usage(&group(name));
                keys_inside += u32::from(inside(usage.keys, truth));
                bytes_inside += u32::from(inside(usage.bytes, truth * f64::from(bytes[index] + 1)));
                rounds += 1;
            }
        }
        assert!(
            keys_inside * 100 >= rounds * 93,
            "{keys_inside} of {rounds}"
        );
        assert!(
            bytes_inside * 100 >= rounds * 92,
            "{bytes_inside} of {rounds}"
        );
    }
}
