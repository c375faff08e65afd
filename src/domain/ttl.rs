//! TTL of each resource, and when a key is due for a refresh.

use std::fmt;
use std::time::Duration;

/// Fraction of its TTL below which a key is refreshed although it is served.
pub(crate) const REFRESH_BELOW: f64 = 0.20;

/// Kind of cached item: the words of `--only`, of reports and of `[ttl]` in the configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Resource {
    /// The list of contracts and each contract.
    Contracts,
    /// The list of groups.
    Groups,
    /// The list of properties.
    Properties,
    /// Each property.
    Details,
    /// The host names of each property, each host name, and the hash of all.
    Hostnames,
    /// All host names in one value.
    Map,
    /// Rule trees.
    Rules,
    /// Version numbers of each property.
    Versions,
    /// Activations of each property.
    Activations,
    /// The list of CP codes.
    CpCodes,
    /// Group → contract → properties.
    Tree,
    /// Results of searches.
    Search,
    /// The index of searches.
    Searches,
    /// Records that the API says an item does not exist.
    Absent,
}

impl Resource {
    /// All resources, in display order.
    pub const ALL: [Self; 14] = [
        Self::Contracts,
        Self::Groups,
        Self::Properties,
        Self::Details,
        Self::Hostnames,
        Self::Map,
        Self::Rules,
        Self::Versions,
        Self::Activations,
        Self::CpCodes,
        Self::Tree,
        Self::Search,
        Self::Searches,
        Self::Absent,
    ];

    /// Resources that can be warmed.
    pub const WARMABLE: &'static [Self] = Self::ALL.split_at(11).0;

    /// Resources that are warmed by default.
    pub const DEFAULT: &'static [Self] = Self::ALL.split_at(5).0;

    /// Resources of a single property.
    pub const OF_ONE: [Self; 5] = [
        Self::Details,
        Self::Hostnames,
        Self::Rules,
        Self::Versions,
        Self::Activations,
    ];

    /// Resources that always cost one or two calls per property.
    pub const BY_PROPERTY: &'static [Self] = Self::OF_ONE.split_at(2).1;

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Contracts => "contracts",
            Self::Groups => "groups",
            Self::Properties => "properties",
            Self::Details => "details",
            Self::Hostnames => "hostnames",
            Self::Map => "map",
            Self::Rules => "rules",
            Self::Versions => "versions",
            Self::Activations => "activations",
            Self::CpCodes => "cpcodes",
            Self::Tree => "tree",
            Self::Search => "search",
            Self::Searches => "searches",
            Self::Absent => "absent",
        }
    }

    /// Returns the resource of that name.
    pub fn named(word: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|resource| resource.as_str() == word)
    }

    /// TTL unless configured otherwise.
    const fn default_ttl(self) -> Duration {
        Duration::from_secs(match self {
            Self::Properties | Self::Search => 300,
            Self::Details | Self::Versions => 900,
            Self::Hostnames | Self::Map => 1_800,
            Self::Activations | Self::Searches => 600,
            Self::Rules => 7_200,
            Self::Contracts | Self::Groups => 86_400,
            Self::CpCodes => 43_200,
            Self::Tree => 3_600,
            Self::Absent => 60,
        })
    }

    /// Percentage of the TTL below which the ALECS server refreshes the key itself: 30 for a single property, 20 for
    /// everything else.
    pub const fn server_refresh_percent(self) -> u32 {
        if matches!(self, Self::Details) {
            30
        } else {
            20
        }
    }
}

impl fmt::Display for Resource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// TTL of each resource.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Policy {
    overrides: Vec<(Resource, Duration)>,
    /// Maximum ages of values that are kept alive.
    pub intervals: Intervals,
}

/// How long an incremental run may rely on earlier results.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Intervals {
    /// Time between two crawls of the whole account: the maximum age of the list and of properties.
    pub full: Duration,
    /// Time between two lists of all host names: the maximum age of host names.
    pub hostnames: Duration,
    /// Maximum age of the rules of an activated version, and of the activations of an unchanged property.
    pub rules: Duration,
    /// How far a query for changes reaches back before the last run, for clocks that differ and changes that appear late.
    pub margin: Duration,
}

impl Intervals {
    /// Names of the intervals, as in `[incremental]` of the configuration.
    pub const NAMES: [&'static str; 4] = ["full", "hostnames", "rules", "margin"];

    /// Returns the interval of that name.
    pub fn named(&mut self, name: &str) -> Option<&mut Duration> {
        match name {
            "full" => Some(&mut self.full),
            "hostnames" => Some(&mut self.hostnames),
            "rules" => Some(&mut self.rules),
            "margin" => Some(&mut self.margin),
            _ => None,
        }
    }
}

impl Default for Intervals {
    fn default() -> Self {
        Self {
            full: Duration::from_hours(6),
            hostnames: Duration::from_hours(2),
            rules: Duration::from_hours(7 * 24),
            margin: Duration::from_mins(2),
        }
    }
}

impl Policy {
    /// Overrides the default TTL of a resource.
    pub fn set(&mut self, resource: Resource, ttl: Duration) {
        self.overrides
            .retain(|(overridden, _)| *overridden != resource);
        self.overrides.push((resource, ttl));
    }

    /// Returns the TTL of a resource.
    pub fn ttl(&self, resource: Resource) -> Duration {
        let found = self
            .overrides
            .iter()
            .find(|(overridden, _)| *overridden == resource);
        found.map_or_else(|| resource.default_ttl(), |(_, ttl)| *ttl)
    }

    /// Returns the TTL shortened by up to `percent` (at most 100) of it; `random` is from 0 to 1. The result is never
    /// longer than the policy's TTL, and never under a second unless that is.
    pub fn jittered(&self, resource: Resource, percent: u8, random: f64) -> Duration {
        let ttl = self.ttl(resource);
        let share = f64::from(percent.min(100)) / 100.0 * random.clamp(0.0, 1.0);
        let shortened = ttl.mul_f64(1.0 - share);
        shortened.max(Duration::from_secs(1)).min(ttl)
    }
}

/// TTL left of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ttl {
    /// The key does not exist.
    Absent,
    /// The key never expires.
    Forever,
    Left(Duration),
}

/// Default percentage of the TTL below which a key is due.
pub(crate) const DUE_BELOW: u32 = 20;

/// When a key is due for a refresh.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Due {
    Always,
    /// If less than this percentage of its TTL is left.
    Below(u32),
    /// If it would fall below the server's own refresh threshold before the next run.
    Before(Duration),
}

impl Due {
    /// Returns in how long a key is due; `None` if it is due now. A key that is missing, or that never expires although
    /// its resource does, is always due.
    pub(crate) fn due_in(self, resource: Resource, policy: &Policy, ttl: Ttl) -> Option<Duration> {
        let Ttl::Left(left) = ttl else { return None };
        left.checked_sub(self.below(resource, policy)?)
    }

    /// Returns the time left below which a key is due; `None` if every key is.
    fn below(self, resource: Resource, policy: &Policy) -> Option<Duration> {
        let share = |percent| policy.ttl(resource).mul_f64(f64::from(percent) / 100.0);
        match self {
            Self::Always => None,
            Self::Below(percent) => Some(share(percent)),
            Self::Before(next) => {
                Some(share(resource.server_refresh_percent()).saturating_add(next))
            }
        }
    }

    /// Returns the TTL of a new value, as [`Policy::jittered`] shortens it, but not so far that the value is due at
    /// once.
    pub(crate) fn jittered(
        self,
        resource: Resource,
        policy: &Policy,
        percent: u8,
        random: f64,
    ) -> Duration {
        let least = self.below(resource, policy).unwrap_or_default();
        let ttl = policy.jittered(resource, percent, random);
        ttl.max(least.min(policy.ttl(resource)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn secs(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn an_override_replaces_the_default_and_only_that() {
        let mut policy = Policy::default();
        policy.set(Resource::Rules, secs(60));
        policy.set(Resource::Rules, secs(61));
        assert_eq!(policy.ttl(Resource::Rules), secs(61));
        assert_eq!(policy.ttl(Resource::Properties), secs(300));
        assert_eq!(policy.ttl(Resource::Contracts), secs(86_400));
    }

    #[test]
    fn jitter_only_shortens() {
        let policy = Policy::default();
        assert_eq!(policy.jittered(Resource::Properties, 0, 0.7), secs(300));
        assert_eq!(policy.jittered(Resource::Properties, 10, 0.5), secs(285));
        assert_eq!(policy.jittered(Resource::Properties, 100, 1.0), secs(1));
        assert_eq!(policy.jittered(Resource::Properties, 10, -4.0), secs(300));
    }

    #[test]
    fn jitter_does_not_make_a_new_value_due() {
        let policy = Policy::default();
        let least = |due: Due| due.jittered(Resource::Properties, &policy, 90, 1.0);
        assert_eq!(least(Due::Below(20)), secs(60));
        assert_eq!(least(Due::Before(secs(180))), secs(240));
        assert_eq!(least(Due::Always), secs(30));
        // A longer time between runs does not lengthen the TTL.
        assert_eq!(least(Due::Before(secs(600))), secs(300));
        assert_eq!(least(Due::Before(Duration::MAX)), secs(300));
        let half = Due::Below(20).jittered(Resource::Properties, &policy, 90, 0.5);
        assert_eq!(half, secs(165));
    }

    #[test]
    fn a_key_is_due_below_the_requested_share() {
        let policy = Policy::default();
        let due = |due: Due, resource, left| {
            due.due_in(resource, &policy, Ttl::Left(secs(left)))
                .is_none()
        };
        assert!(due(Due::Below(20), Resource::Properties, 59));
        assert!(!due(Due::Below(20), Resource::Properties, 60));
        assert!(due(Due::Always, Resource::Properties, 300));
        // At 30% of 900 s the server refreshes a property itself.
        assert!(due(Due::Before(secs(300)), Resource::Details, 569));
        assert!(!due(Due::Before(secs(300)), Resource::Details, 570));
        let due_now = |resource, ttl| Due::Below(20).due_in(resource, &policy, ttl).is_none();
        assert!(due_now(Resource::Groups, Ttl::Absent));
        assert!(due_now(Resource::Groups, Ttl::Forever));
        let rest = Due::Below(20).due_in(Resource::Properties, &policy, Ttl::Left(secs(300)));
        assert_eq!(rest, Some(secs(240)));
    }
}
