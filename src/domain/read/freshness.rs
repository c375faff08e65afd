//! Freshness of cached values, and their TTLs.

use crate::domain::ttl::{Policy, REFRESH_BELOW, Resource, Ttl};
use std::time::Duration;

/// TTL of an incomplete value, as a percentage of the full TTL: below the threshold at which readers, the next warm
/// run and the server refresh it.
const INCOMPLETE: u32 = 10;

/// How a cached value may be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Freshness {
    /// More than a fifth of its TTL is left.
    Fresh,
    /// It is served, and refreshed before the process ends.
    RefreshDue,
    /// It has expired; it is served as stale, and refreshed before the process ends.
    Stale,
}

/// How long values are fresh, and for how long after that they may still be served. Every value is written with the
/// sum of both as its TTL, so that the TTL left alone distinguishes the two.
#[derive(Debug, Clone, Copy)]
pub struct Lifetimes<'a> {
    pub policy: &'a Policy,
    /// How long a value may be served after its TTL; zero if not at all.
    pub stale_for: Duration,
}

impl Lifetimes<'_> {
    /// TTL with which a value is stored.
    pub fn stored_for(&self, resource: Resource) -> Duration {
        self.policy.ttl(resource).saturating_add(self.stale_for)
    }

    /// TTL with which an incomplete value is stored: no run mistakes it for complete.
    pub fn incomplete(&self, resource: Resource) -> Duration {
        let share = f64::from(INCOMPLETE) / 100.0;
        let ttl = self.policy.ttl(resource).mul_f64(share);
        ttl.max(Duration::from_secs(1))
            .saturating_add(self.stale_for)
    }

    /// Returns how long a value with `left` stays fresh. [`Ttl::Absent`] if it is stale, or if its TTL is longer than any
    /// written here: its age is then unknown.
    pub fn own_time(&self, resource: Resource, left: Ttl) -> Ttl {
        match left {
            Ttl::Left(left) if left > self.stale_for && left <= self.stored_for(resource) => {
                Ttl::Left(left.saturating_sub(self.stale_for))
            }
            Ttl::Left(_) => Ttl::Absent,
            other => other,
        }
    }

    /// Returns the freshness of a value with `left`; `None` if there is no value.
    pub fn freshness(&self, resource: Resource, left: Ttl) -> Option<Freshness> {
        let left = match left {
            Ttl::Absent => return None,
            // Its age is unknown.
            Ttl::Forever => return Some(Freshness::RefreshDue),
            Ttl::Left(left) => left,
        };
        if !self.stale_for.is_zero() && left <= self.stale_for {
            return Some(Freshness::Stale);
        }
        let own = left.saturating_sub(self.stale_for);
        let ttl = self.policy.ttl(resource);
        let threshold = ttl.mul_f64(REFRESH_BELOW);
        Some(if own > threshold && own <= ttl {
            Freshness::Fresh
        } else {
            // Includes values stored with a longer TTL than the policy's: their age is unknown.
            Freshness::RefreshDue
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

    fn lifetimes(policy: &Policy, stale_for: u64) -> Lifetimes<'_> {
        Lifetimes {
            policy,
            stale_for: secs(stale_for),
        }
    }

    #[test]
    fn the_last_fifth_is_refreshed_while_it_is_served() {
        let policy = Policy::default();
        let freshness = |left| lifetimes(&policy, 0).freshness(Resource::Properties, left);
        assert_eq!(freshness(Ttl::Left(secs(61))), Some(Freshness::Fresh));
        assert_eq!(freshness(Ttl::Left(secs(60))), Some(Freshness::RefreshDue));
        assert_eq!(
            freshness(Ttl::Left(Duration::ZERO)),
            Some(Freshness::RefreshDue)
        );
        assert_eq!(freshness(Ttl::Forever), Some(Freshness::RefreshDue));
        assert_eq!(freshness(Ttl::Absent), None);
        // Stored with a longer TTL than the policy's.
        assert_eq!(freshness(Ttl::Left(secs(301))), Some(Freshness::RefreshDue));
    }

    #[test]
    fn the_ttl_left_alone_decides_what_is_stale() {
        let policy = Policy::default();
        let lifetimes = lifetimes(&policy, 600);
        assert_eq!(lifetimes.stored_for(Resource::Properties), secs(900));
        let freshness = |left| lifetimes.freshness(Resource::Properties, Ttl::Left(secs(left)));
        assert_eq!(freshness(900), Some(Freshness::Fresh));
        assert_eq!(freshness(661), Some(Freshness::Fresh));
        assert_eq!(freshness(660), Some(Freshness::RefreshDue));
        assert_eq!(freshness(601), Some(Freshness::RefreshDue));
        assert_eq!(freshness(600), Some(Freshness::Stale));
        assert_eq!(freshness(1), Some(Freshness::Stale));
    }

    #[test]
    fn a_value_is_fresh_for_the_ttl_left_before_it_is_stale() {
        let policy = Policy::default();
        let own = |stale, left| {
            lifetimes(&policy, stale).own_time(Resource::Details, Ttl::Left(secs(left)))
        };
        assert_eq!(own(0, 800), Ttl::Left(secs(800)));
        assert_eq!(own(0, 901), Ttl::Absent);
        assert_eq!(own(600, 800), Ttl::Left(secs(200)));
        assert_eq!(own(600, 600), Ttl::Absent);
        for left in [Ttl::Absent, Ttl::Forever] {
            let own = lifetimes(&policy, 600).own_time(Resource::Details, left);
            assert_eq!(own, left);
        }
    }

    #[test]
    fn an_incomplete_value_is_due_at_once() {
        let policy = Policy::default();
        for stale_for in [0, 600] {
            let lifetimes = lifetimes(&policy, stale_for);
            let left = Ttl::Left(lifetimes.incomplete(Resource::Hostnames));
            assert_eq!(
                lifetimes.freshness(Resource::Hostnames, left),
                Some(Freshness::RefreshDue)
            );
        }
    }

    proptest! {
        #[test]
        fn a_value_never_becomes_fresher_as_it_ages(
            stale in 0_u64..10_000, left in 0_u64..=900, later in 0_u64..=900,
        ) {
            let policy = Policy::default();
            let lifetimes = lifetimes(&policy, stale);
            let rank = |left: u64| {
                let left = Ttl::Left(secs(left + stale.min(left)));
                match lifetimes.freshness(Resource::Details, left) {
                    Some(Freshness::Fresh) => 0,
                    Some(Freshness::RefreshDue) => 1,
                    Some(Freshness::Stale) => 2,
                    None => 3,
                }
            };
            let (more, less) = (left.max(later), left.min(later));
            prop_assert!(rank(more) <= rank(less));
        }
    }
}
