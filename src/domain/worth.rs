//! What a value that stands in the cache is still worth, and for how long values are stored.

use super::ttl::{Policy, Resource, Ttl};
use std::time::Duration;

/// Share of the time to live, in percent, below which a value is refreshed although it is served.
const REFRESH_BELOW: u32 = 20;

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

    /// What a value is worth that will stand for so much longer; `None` where none stands. Only the
    /// time left is known, not who wrote it: the last `stale_for` of it counts as stale, so that
    /// nothing old passes for fresh.
    #[must_use]
    pub fn worth(&self, resource: Resource, left: Ttl) -> Option<Worth> {
        let left = match left {
            Ttl::Absent => return None,
            // Nobody knows how old it is.
            Ttl::Forever => return Some(Worth::RefreshDue),
            Ttl::Left(left) => left,
        };
        if !self.stale_for.is_zero() && left <= self.stale_for {
            return Some(Worth::Stale);
        }
        let own = left.saturating_sub(self.stale_for);
        let share = f64::from(REFRESH_BELOW) / 100.0;
        Some(if own > self.policy.ttl(resource).mul_f64(share) {
            Worth::Fresh
        } else {
            Worth::RefreshDue
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const fn secs(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn the_last_fifth_is_refreshed_while_it_is_served() {
        let policy = Policy::default();
        let patience = Patience {
            policy: &policy,
            stale_for: Duration::ZERO,
        };
        let worth = |left| patience.worth(Resource::Properties, left);
        assert_eq!(worth(Ttl::Left(secs(61))), Some(Worth::Fresh));
        assert_eq!(worth(Ttl::Left(secs(60))), Some(Worth::RefreshDue));
        assert_eq!(worth(Ttl::Left(Duration::ZERO)), Some(Worth::RefreshDue));
        assert_eq!(worth(Ttl::Forever), Some(Worth::RefreshDue));
        assert_eq!(worth(Ttl::Absent), None);
    }

    #[test]
    fn the_time_beyond_the_policy_is_stale() {
        let policy = Policy::default();
        let patience = Patience {
            policy: &policy,
            stale_for: secs(600),
        };
        assert_eq!(patience.stored_for(Resource::Properties), secs(900));
        let worth = |left| patience.worth(Resource::Properties, Ttl::Left(secs(left)));
        assert_eq!(worth(900), Some(Worth::Fresh));
        assert_eq!(worth(661), Some(Worth::Fresh));
        assert_eq!(worth(660), Some(Worth::RefreshDue));
        assert_eq!(worth(601), Some(Worth::RefreshDue));
        assert_eq!(worth(600), Some(Worth::Stale));
        assert_eq!(worth(1), Some(Worth::Stale));
    }

    proptest! {
        #[test]
        fn a_value_never_becomes_fresher_as_it_ages(
            stale in 0_u64..10_000, left in 0_u64..20_000, later in 0_u64..20_000,
        ) {
            let policy = Policy::default();
            let patience = Patience { policy: &policy, stale_for: secs(stale) };
            let rank = |left| match patience.worth(Resource::Details, Ttl::Left(secs(left))) {
                Some(Worth::Fresh) => 0,
                Some(Worth::RefreshDue) => 1,
                Some(Worth::Stale) => 2,
                None => 3,
            };
            let (more, less) = (left.max(later), left.min(later));
            prop_assert!(rank(more) <= rank(less));
        }
    }
}
