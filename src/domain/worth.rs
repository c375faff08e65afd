//! What a value that stands in the cache is still worth, and for how long values are stored.

use super::ttl::{Policy, Resource, Ttl};
use std::time::Duration;

/// Share of the time to live, in percent, below which a value is refreshed although it is served.
const REFRESH_BELOW: u32 = 20;

/// What stands behind the JSON of a value that is stored for longer than its time.
const MARK: u8 = b'\n';

/// What a value that stands in the cache is worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Worth {
    /// More than a fifth of its time is left.
    Fresh,
    /// It is served, and refreshed before the process ends.
    RefreshDue,
    /// Its time is over; it is served as stale, and refreshed before the process ends.
    Stale,
}

/// For how long a value was stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StoredFor {
    /// Its time to live.
    ItsTime,
    /// Its time to live, and then some to be served as stale.
    Longer,
    /// It does not say.
    Unknown,
}

/// How long values may stand, and for how long after that they may still be served.
#[derive(Debug, Clone, Copy)]
pub struct Patience<'a> {
    /// The times to live.
    pub policy: &'a Policy,
    /// How long a value may be served after its time; zero where that is not wanted.
    pub stale_for: Duration,
}

impl Patience<'_> {
    /// How long a value is stored: its time and the time for which it may be stale.
    #[must_use]
    pub fn stored_for(&self, resource: Resource) -> Duration {
        self.policy.ttl(resource).saturating_add(self.stale_for)
    }

    /// What is left of a value's own time where it will stand for so much longer. Past it, and where it
    /// may be past it because nobody here knows for how much longer it was stored, it is as good as none.
    #[must_use]
    pub fn own_time(&self, resource: Resource, left: Ttl, stored: StoredFor) -> Ttl {
        let Ttl::Left(left) = left else { return left };
        match self.beyond(resource, left, stored) {
            Some(beyond) if beyond.is_zero() || left > beyond => {
                Ttl::Left(left.saturating_sub(beyond))
            }
            _ => Ttl::Absent,
        }
    }

    /// For how long the value stands beyond its time; `None` where nobody here knows.
    fn beyond(&self, resource: Resource, left: Duration, stored: StoredFor) -> Option<Duration> {
        match stored {
            StoredFor::Longer if self.stale_for.is_zero() => None,
            StoredFor::ItsTime if left <= self.policy.ttl(resource) => Some(Duration::ZERO),
            _ => Some(self.stale_for),
        }
    }

    /// What a value is worth that will stand for so much longer; `None` where none stands, or where it
    /// may be past its time and nothing stale is wanted.
    #[must_use]
    pub fn worth(&self, resource: Resource, left: Ttl, stored: StoredFor) -> Option<Worth> {
        let left = match left {
            Ttl::Absent => return None,
            // Nobody knows how old it is.
            Ttl::Forever => return Some(Worth::RefreshDue),
            Ttl::Left(left) => left,
        };
        let beyond = self.beyond(resource, left, stored)?;
        if !beyond.is_zero() && left <= beyond {
            return Some(Worth::Stale);
        }
        let own = left.saturating_sub(beyond);
        let share = f64::from(REFRESH_BELOW) / 100.0;
        Some(if own > self.policy.ttl(resource).mul_f64(share) {
            Worth::Fresh
        } else {
            Worth::RefreshDue
        })
    }

    /// The value as it is stored. One that will stand for longer than its time says so by a line end
    /// behind its JSON, which no reader of JSON sees: the time left alone does not tell an old value from
    /// one that somebody else has just written for its time only.
    #[must_use]
    pub fn marked(&self, json: Vec<u8>) -> Vec<u8> {
        if self.stale_for.is_zero() {
            json
        } else {
            StoredFor::Longer.marked(json)
        }
    }
}

impl StoredFor {
    /// What the last byte of a value tells.
    #[must_use]
    pub fn told_by(last: Option<u8>) -> Self {
        if last == Some(MARK) {
            Self::Longer
        } else {
            Self::ItsTime
        }
    }

    /// The value as it is stored for so long.
    #[must_use]
    pub fn marked(self, mut json: Vec<u8>) -> Vec<u8> {
        if self == Self::Longer {
            json.push(MARK);
        }
        json
    }
}

/// Takes the mark off a value.
#[must_use]
pub fn unmarked(mut stored: Vec<u8>) -> (Vec<u8>, StoredFor) {
    let told = StoredFor::told_by(stored.last().copied());
    if told == StoredFor::Longer {
        stored.pop();
    }
    (stored, told)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const fn secs(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn patience(policy: &Policy, stale_for: u64) -> Patience<'_> {
        Patience {
            policy,
            stale_for: secs(stale_for),
        }
    }

    #[test]
    fn the_last_fifth_is_refreshed_while_it_is_served() {
        let policy = Policy::default();
        let patience = patience(&policy, 0);
        let worth = |left| patience.worth(Resource::Properties, left, StoredFor::ItsTime);
        assert_eq!(worth(Ttl::Left(secs(61))), Some(Worth::Fresh));
        assert_eq!(worth(Ttl::Left(secs(60))), Some(Worth::RefreshDue));
        assert_eq!(worth(Ttl::Left(Duration::ZERO)), Some(Worth::RefreshDue));
        assert_eq!(worth(Ttl::Forever), Some(Worth::RefreshDue));
        assert_eq!(worth(Ttl::Absent), None);
    }

    #[test]
    fn the_time_beyond_the_policy_is_stale() {
        let policy = Policy::default();
        let patience = patience(&policy, 600);
        assert_eq!(patience.stored_for(Resource::Properties), secs(900));
        for stored in [StoredFor::Longer, StoredFor::Unknown] {
            let worth = |left| patience.worth(Resource::Properties, Ttl::Left(secs(left)), stored);
            assert_eq!(worth(900), Some(Worth::Fresh));
            assert_eq!(worth(661), Some(Worth::Fresh));
            assert_eq!(worth(660), Some(Worth::RefreshDue));
            assert_eq!(worth(601), Some(Worth::RefreshDue));
            assert_eq!(worth(600), Some(Worth::Stale));
            assert_eq!(worth(1), Some(Worth::Stale));
        }
    }

    #[test]
    fn what_others_wrote_for_its_time_is_fresh_however_long_stale_ones_are_kept() {
        let policy = Policy::default();
        let patience = patience(&policy, 3_600);
        let worth =
            |left| patience.worth(Resource::Details, Ttl::Left(secs(left)), StoredFor::ItsTime);
        assert_eq!(worth(900), Some(Worth::Fresh));
        assert_eq!(worth(181), Some(Worth::Fresh));
        assert_eq!(worth(180), Some(Worth::RefreshDue));
        // More than its time is left: it was stored for longer after all.
        assert_eq!(worth(3_000), Some(Worth::Stale));
    }

    #[test]
    fn what_may_be_stale_is_nothing_where_nothing_stale_is_wanted() {
        let policy = Policy::default();
        let worth =
            patience(&policy, 0).worth(Resource::Details, Ttl::Left(secs(800)), StoredFor::Longer);
        assert_eq!(worth, None);
    }

    #[test]
    fn of_its_own_time_a_value_has_what_is_left_without_what_lies_beyond() {
        let policy = Policy::default();
        let own = |stale, left, stored| {
            patience(&policy, stale).own_time(Resource::Details, Ttl::Left(secs(left)), stored)
        };
        for stored in [StoredFor::ItsTime, StoredFor::Unknown] {
            assert_eq!(own(0, 800, stored), Ttl::Left(secs(800)));
        }
        assert_eq!(own(0, 800, StoredFor::Longer), Ttl::Absent);
        assert_eq!(own(600, 800, StoredFor::ItsTime), Ttl::Left(secs(800)));
        assert_eq!(own(600, 800, StoredFor::Longer), Ttl::Left(secs(200)));
        assert_eq!(own(600, 600, StoredFor::Longer), Ttl::Absent);
        assert_eq!(own(600, 1000, StoredFor::ItsTime), Ttl::Left(secs(400)));
        let patience = patience(&policy, 600);
        for left in [Ttl::Absent, Ttl::Forever] {
            assert_eq!(
                patience.own_time(Resource::Details, left, StoredFor::Longer),
                left
            );
        }
    }

    #[test]
    fn the_mark_goes_on_and_comes_off_and_is_no_part_of_the_json() {
        let policy = Policy::default();
        let json = b"{\"a\":1}".to_vec();
        let stored = patience(&policy, 60).marked(json.clone());
        assert_ne!(stored, json);
        assert!(serde_json::from_slice::<serde_json::Value>(&stored).is_ok());
        assert_eq!(unmarked(stored), (json.clone(), StoredFor::Longer));
        let stored = patience(&policy, 0).marked(json.clone());
        assert_eq!(unmarked(stored), (json, StoredFor::ItsTime));
        assert_eq!(unmarked(Vec::new()), (Vec::new(), StoredFor::ItsTime));
    }

    proptest! {
        #[test]
        fn a_value_never_becomes_fresher_as_it_ages(
            stale in 1_u64..10_000, left in 0_u64..20_000, later in 0_u64..20_000,
        ) {
            let policy = Policy::default();
            let patience = patience(&policy, stale);
            let rank = |left| {
                match patience.worth(Resource::Details, Ttl::Left(secs(left)), StoredFor::Longer) {
                    Some(Worth::Fresh) => 0,
                    Some(Worth::RefreshDue) => 1,
                    Some(Worth::Stale) => 2,
                    None => 3,
                }
            };
            let (more, less) = (left.max(later), left.min(later));
            prop_assert!(rank(more) <= rank(less));
        }
    }
}
