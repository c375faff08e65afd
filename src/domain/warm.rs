//! Requests and outcomes of fetches.

use crate::domain::key::{Fqdn, Id};
use crate::domain::keyword::keywords;
use crate::domain::ttl::{Due, Resource};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::time::Duration;

/// Which host names belong to a property.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum HostnameView {
    #[default]
    Active,
    Version,
}

keywords! { HostnameView:
    Active = "active" "Those that are active, from the account-wide list: a few calls";
    Version = "version" "Those of the latest version, which may be a draft: one call for each property";
}

/// Properties with the resources that cost calls for each of them.
pub(crate) type OwnResources = BTreeMap<Id, BTreeSet<Resource>>;

/// What to fetch for one customer.
#[derive(Debug, Clone)]
pub(crate) struct WarmRequest {
    /// Only these properties; the whole account if `hosts` is empty as well.
    pub ids: Vec<Id>,
    /// Only the properties that serve these host names.
    pub hosts: Vec<Fqdn>,
    /// Rules, versions and activations of these properties only; `None`: of all.
    pub own: Option<OwnResources>,
    /// Resources to fetch and store.
    pub resources: BTreeSet<Resource>,
    /// When a key is due.
    pub due: Due,
    /// Maximum percentage by which a TTL is shortened at random.
    pub jitter: u8,
    /// Which host names belong to a property.
    pub hostnames: HostnameView,
    /// Maximum number of concurrent API calls.
    pub concurrency: usize,
    /// Time between two runs of a process that stays. The process keeps cached keys alive, up to twice their maximum age,
    /// before and while it calls the API.
    pub keep: Option<Duration>,
    /// Compare fetched values with cached ones, and write nothing.
    pub check: bool,
}

impl WarmRequest {
    /// Returns true if the request covers the whole account.
    pub(crate) fn is_for_account(&self) -> bool {
        self.ids.is_empty() && self.hosts.is_empty()
    }

    /// Returns true if the host name is named, in either form.
    pub(crate) fn names_host(&self, name: &Fqdn) -> bool {
        let mut hosts = self.hosts.iter();
        hosts.any(|host| host == name || host.in_ascii().as_ref() == Some(name))
    }

    /// Returns true if nothing that is stored or compared may come from cached lists or items.
    pub(crate) fn asks_everything(&self) -> bool {
        self.check || self.due == Due::Always
    }

    /// Returns the time until the next run, if known.
    pub(crate) fn next(&self) -> Option<Duration> {
        match self.due {
            Due::Before(next) => Some(self.keep.unwrap_or(next)),
            Due::Always | Due::Below(_) => None,
        }
    }

    /// Returns true if the resource is requested.
    pub(crate) fn wants(&self, resource: Resource) -> bool {
        self.resources.contains(&resource)
    }

    /// Returns true if the property's rules, versions or activations are requested.
    pub(crate) fn wants_of(&self, id: &Id, resource: Resource) -> bool {
        let is_own = |own: &OwnResources| own.get(id).is_some_and(|own| own.contains(&resource));
        self.wants(resource) && self.own.as_ref().is_none_or(is_own)
    }

    /// Returns true if any of the resources is requested.
    pub(crate) fn wants_any(&self, resources: &[Resource]) -> bool {
        resources.iter().any(|resource| self.wants(*resource))
    }
}

/// Outcome of one resource.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub(crate) struct WarmRow {
    /// Items that the API returned.
    pub fetched: u64,
    /// Keys written.
    pub stored: u64,
    /// Keys left as they are because they were fresh.
    pub kept: u64,
    /// Keys given a new TTL because nothing in them has changed.
    pub kept_alive: u64,
    /// Keys or hash fields removed because the API no longer knows them.
    pub removed: u64,
    /// Calls or writes that failed for good, and keys that the server evicted during the run that wrote them.
    pub failed: u64,
    /// Bytes of the values written.
    pub bytes: u64,
}

/// A failure that did not stop the run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Failed {
    /// Resource being fetched or stored; `None` for the run as a whole.
    pub resource: Option<Resource>,
    /// Id of the item: a property, a `contract/group` pair, a key.
    pub id: Option<String>,
    /// Name of the kind of failure, as in the table of exit codes.
    pub code: &'static str,
    /// One sentence.
    pub message: String,
}

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.id.as_ref().is_some_and(|id| self.message.contains(id)) {
            return f.write_str(&self.message);
        }
        let resource = self.resource.map(|resource| resource.to_string());
        let what: Vec<&str> = [&resource, &self.id]
            .into_iter()
            .filter_map(|part| part.as_deref())
            .collect();
        write!(f, "{}: {}", what.join(" "), self.message)
    }
}

/// A pair of contract and group that these credentials have never been able to read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct UnreadablePair {
    /// `ctr_…`
    pub contract: String,
    /// `grp_…`
    pub group: String,
}

/// How a cached item differs from the API.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Mismatch {
    /// The cached value differs.
    Differs,
    /// Nothing is cached.
    Missing,
    /// The item is cached, and does not exist at Akamai.
    Ghost,
}

/// A key, or an item of its value, that differs from the API.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct MismatchedKey {
    /// The whole key.
    pub key: String,
    /// Item of a list or field of a hash; `None` for the value as a whole.
    pub item: Option<String>,
    /// How it differs.
    pub state: Mismatch,
}

/// Resource whose first key is due next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct NextDue {
    pub resource: Resource,
    /// Time until then.
    pub rest: Duration,
}

/// Outcome of a run for one customer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct WarmReport {
    /// True if every requested and readable item is cached.
    pub complete: bool,
    /// Number of the run, if it took one.
    pub generation: Option<u64>,
    /// Outcome of each requested resource.
    pub rows: BTreeMap<Resource, WarmRow>,
    pub errors: Vec<Failed>,
    /// Pairs that these credentials may not read; not a failure.
    pub unreadable: Vec<UnreadablePair>,
    /// True if only changes since the last complete run were fetched.
    pub incremental: bool,
    /// Number of keys compared with the API.
    pub compared: u64,
    /// Differences from the API, by key.
    pub checked: Vec<MismatchedKey>,
    /// What is due next, if a run of the whole account knows it.
    pub next_due: Option<NextDue>,
}

impl WarmReport {
    /// Adds the outcome of another request of the same customer.
    pub(crate) fn join(&mut self, other: Self) {
        self.complete &= other.complete;
        self.incremental |= other.incremental;
        self.generation = self.generation.max(other.generation);
        for (resource, more) in other.rows {
            let row = self.rows.entry(resource).or_default();
            row.fetched += more.fetched;
            row.stored += more.stored;
            row.kept += more.kept;
            row.kept_alive += more.kept_alive;
            row.removed += more.removed;
            row.failed += more.failed;
            row.bytes += more.bytes;
        }
        self.errors.extend(other.errors);
        self.unreadable.extend(other.unreadable);
    }

    /// Returns true if anything was written, kept, removed or compared.
    pub(crate) fn did_something(&self) -> bool {
        let touched = |row: &WarmRow| row.stored + row.kept + row.kept_alive + row.removed > 0;
        self.compared > 0 || self.rows.values().any(touched)
    }

    /// Returns the number of keys that were kept alive.
    pub(crate) fn kept_alive(&self) -> u64 {
        self.sum(|row| row.kept_alive)
    }

    /// Returns the number of keys that were not fetched because they are fresh.
    pub(crate) fn fresh(&self) -> u64 {
        self.sum(|row| row.kept + row.kept_alive)
    }

    /// Returns the number of keys written.
    pub(crate) fn stored(&self) -> u64 {
        self.sum(|row| row.stored)
    }

    /// Sums a figure over all resources.
    pub(crate) fn sum(&self, of: fn(&WarmRow) -> u64) -> u64 {
        self.rows.values().map(of).sum()
    }
}

/// Figures of a plan.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct PlanSummary {
    /// API calls.
    pub calls: u64,
    /// True if `calls` is an upper bound.
    pub at_most: bool,
    /// True if the run may make more calls: host names may name groups that the list of groups lacks.
    pub may_find_more: bool,
    /// Keys to write for each resource; `None` if only the fetch will tell.
    pub keys: BTreeMap<Resource, Option<u64>>,
    /// Keys that are fresh and left as they are.
    pub kept: BTreeMap<Resource, u64>,
}

impl PlanSummary {
    /// Adds the plan of another request of the same customer.
    pub(crate) fn join(&mut self, other: Self) {
        self.calls += other.calls;
        self.at_most |= other.at_most;
        self.may_find_more |= other.may_find_more;
        for (resource, keys) in other.keys {
            let sum = self.keys.entry(resource).or_insert(Some(0));
            *sum = sum.zip(keys).map(|(sum, keys)| sum + keys);
        }
        for (resource, keys) in other.kept {
            *self.kept.entry(resource).or_default() += keys;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_figure_of_a_further_request_is_added() {
        let row = WarmRow {
            fetched: 1,
            stored: 2,
            kept: 3,
            kept_alive: 4,
            removed: 5,
            failed: 6,
            bytes: 7,
        };
        let one = || WarmReport {
            complete: true,
            rows: [(Resource::Details, row.clone())].into(),
            ..WarmReport::default()
        };
        let mut report = one();
        report.join(one());
        let twice = WarmRow {
            fetched: 2,
            stored: 4,
            kept: 6,
            kept_alive: 8,
            removed: 10,
            failed: 12,
            bytes: 14,
        };
        assert_eq!(report.rows.get(&Resource::Details), Some(&twice));
    }
}
