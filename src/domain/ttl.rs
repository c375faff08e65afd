//! How long each resource is cached, and when it is due for a refresh.

use std::fmt;
use std::time::Duration;

/// What is cached, by kind: the words of `--only`, of the report and of `[ttl]` in the configuration.
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
    /// What the API says does not exist.
    Absent,
}

impl Resource {
    /// All of them, in the order in which they are shown.
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

    /// Those that can be warmed.
    pub const WARMABLE: &'static [Self] = Self::ALL.split_at(11).0;

    /// Those that are warmed when nothing else is asked for.
    pub const DEFAULT: &'static [Self] = Self::ALL.split_at(5).0;

    /// The word for it.
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

    /// The resource of that name.
    pub fn named(word: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|resource| resource.as_str() == word)
    }

    /// Time to live unless configured otherwise.
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

    /// Share of the time to live, in percent, below which the ALECS server refreshes the key itself:
    /// 30 for a single property, 20 for everything else.
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

/// The time to live of each resource.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Policy {
    overrides: Vec<(Resource, Duration)>,
    /// How old values may become that are kept alive.
    pub intervals: Intervals,
}

/// What an incremental run may rely on, and for how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Intervals {
    /// Time between two crawls of the whole account: the greatest age of the list and of properties.
    pub full: Duration,
    /// Time between two lists of all host names: the greatest age of host names.
    pub hostnames: Duration,
    /// The greatest age of rules of a version that was activated, and of activations of a
    /// property that has not changed.
    pub rules: Duration,
    /// By how much the time asked about reaches back before the last run, for clocks that differ and
    /// changes that show late.
    pub margin: Duration,
}

impl Intervals {
    /// Their names, as in `[incremental]` of the configuration.
    pub const NAMES: [&'static str; 4] = ["full", "hostnames", "rules", "margin"];

    /// The one of that name.
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
    /// Takes another time to live for a resource than the default.
    pub fn set(&mut self, resource: Resource, ttl: Duration) {
        self.overrides
            .retain(|(overridden, _)| *overridden != resource);
        self.overrides.push((resource, ttl));
    }

    /// The time to live of a resource.
    pub fn ttl(&self, resource: Resource) -> Duration {
        let found = self
            .overrides
            .iter()
            .find(|(overridden, _)| *overridden == resource);
        found.map_or_else(|| resource.default_ttl(), |(_, ttl)| *ttl)
    }

    /// The time to live shortened by up to `percent` (at most 100) of it; `random` is from 0 to 1.
    /// Never longer than the policy, never under a second.
    pub fn jittered(&self, resource: Resource, percent: u8, random: f64) -> Duration {
        let ttl = self.ttl(resource);
        let share = f64::from(percent.min(100)) / 100.0 * random.clamp(0.0, 1.0);
        let shortened = ttl.mul_f64(1.0 - share);
        shortened.max(Duration::from_secs(1)).min(ttl)
    }
}

/// What is left of a key's time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ttl {
    /// There is no such key.
    Absent,
    /// It never expires.
    Forever,
    /// So much is left.
    Left(Duration),
}

/// The share of its time to live, in percent, below which a key is due by default.
pub(crate) const DUE_BELOW: u32 = 20;

/// When a key counts as due for a refresh.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Due {
    Always,
    /// When less than this percentage of its time to live is left.
    Below(u32),
    /// When the server's own refresh threshold would be crossed before the next run.
    Before(Duration),
}

impl Due {
    /// When a key with so much time left is due; `None` where it is now. A key that is absent, or that would
    /// never expire although its resource does, is always due.
    pub(crate) fn due_in(self, resource: Resource, policy: &Policy, ttl: Ttl) -> Option<Duration> {
        let Ttl::Left(left) = ttl else { return None };
        let share = |percent| policy.ttl(resource).mul_f64(f64::from(percent) / 100.0);
        left.checked_sub(match self {
            Self::Always => return None,
            Self::Below(percent) => share(percent),
            Self::Before(next) => share(resource.server_refresh_percent()) + next,
        })
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
    fn a_key_is_due_below_the_share_that_was_asked_for() {
        let policy = Policy::default();
        let due = |due: Due, resource, left| {
            due.due_in(resource, &policy, Ttl::Left(secs(left)))
                .is_none()
        };
        assert!(due(Due::Below(20), Resource::Properties, 59));
        assert!(!due(Due::Below(20), Resource::Properties, 60));
        assert!(due(Due::Always, Resource::Properties, 300));
        // 30 % of 900 s is where the server would refresh a property by itself.
        assert!(due(Due::Before(secs(300)), Resource::Details, 569));
        assert!(!due(Due::Before(secs(300)), Resource::Details, 570));
        let due_now = |resource, ttl| Due::Below(20).due_in(resource, &policy, ttl).is_none();
        assert!(due_now(Resource::Groups, Ttl::Absent));
        assert!(due_now(Resource::Groups, Ttl::Forever));
        let rest = Due::Below(20).due_in(Resource::Properties, &policy, Ttl::Left(secs(300)));
        assert_eq!(rest, Some(secs(240)));
    }
}
