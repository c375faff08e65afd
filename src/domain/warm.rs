//! What a fetch is asked to do, and what became of it.

use crate::domain::key::{Fqdn, Id};
use crate::domain::ttl::{Due, Resource};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::time::Duration;

/// Which host names belong to a property.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum HostnameView {
    /// Those that are active, from the account-wide list: a few calls
    #[default]
    Active,
    /// Those of the latest version, which may be a draft: one call for each property
    Version,
}

/// What is fetched for one customer.
#[derive(Debug, Clone)]
pub(crate) struct WarmRequest {
    /// These properties only; with no `hosts` either, the whole account.
    pub ids: Vec<Id>,
    /// The properties that serve these host names.
    pub hosts: Vec<Fqdn>,
    /// What to fetch and store.
    pub resources: BTreeSet<Resource>,
    /// When a key counts as due.
    pub due: Due,
    /// By how many percent a time to live may be shortened at random.
    pub jitter: u8,
    /// Which host names belong to a property.
    pub hostnames: HostnameView,
    /// How many API calls may be under way at once.
    pub concurrency: usize,
    /// The time between two runs of a process that stays: it keeps alive what is cached, up to twice its
    /// greatest age, before it asks and while it does.
    pub keep: Option<Duration>,
    /// What is fetched is compared with what is cached; nothing is written.
    pub check: bool,
}

impl WarmRequest {
    /// Whether it is about the whole account.
    pub(crate) fn is_whole(&self) -> bool {
        self.ids.is_empty() && self.hosts.is_empty()
    }

    /// The time until the next run, where it is known.
    pub(crate) fn next(&self) -> Option<Duration> {
        match self.due {
            Due::Before(next) => Some(self.keep.unwrap_or(next)),
            Due::Always | Due::Below(_) => None,
        }
    }

    /// Whether a resource is asked for.
    pub(crate) fn wants(&self, resource: Resource) -> bool {
        self.resources.contains(&resource)
    }

    /// Whether any of these is asked for.
    pub(crate) fn wants_any(&self, resources: &[Resource]) -> bool {
        resources.iter().any(|resource| self.wants(*resource))
    }
}

/// What became of one resource.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub(crate) struct WarmRow {
    /// Items that the API gave.
    pub fetched: u64,
    /// Keys written.
    pub stored: u64,
    /// Keys that were fresh enough to be left as they are.
    pub kept: u64,
    /// Keys that were given a new time to live, since nothing of them has changed.
    pub kept_alive: u64,
    /// Keys or hash fields removed because the API no longer knows them.
    pub removed: u64,
    /// Calls or writes that failed for good.
    pub failed: u64,
    /// Bytes of the values written.
    pub bytes: u64,
}

/// One thing that failed while the rest went on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Failed {
    /// What was being fetched or stored; `None` for the run as a whole.
    pub resource: Option<Resource>,
    /// Which one: a property, a `contract/group` pair, a key.
    pub id: Option<String>,
    /// The word for the kind of failure, as in the table of exit codes.
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
pub(crate) struct Unreadable {
    /// `ctr_…`
    pub contract: String,
    /// `grp_…`
    pub group: String,
}

/// What is wrong with something that is compared with what the API says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Mismatch {
    /// Another value is cached.
    Differs,
    /// Nothing is cached.
    Missing,
    /// It is cached, and does not exist at Akamai.
    Ghost,
}

/// A key, or an item of its value, that is not what the API says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Checked {
    /// The whole key.
    pub key: String,
    /// Which item of a list or field of a hash; `None` where it is the value as a whole.
    pub item: Option<String>,
    /// What is wrong with it.
    pub state: Mismatch,
}

/// The resource whose first key is due next, and in how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct NextDue {
    /// Of which kind.
    pub resource: Resource,
    /// In how long.
    pub rest: Duration,
}

/// The outcome of a run for one customer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct WarmReport {
    /// Everything that was asked for and may be read is cached.
    pub complete: bool,
    /// The number of the run, where it took one.
    pub generation: Option<u64>,
    /// A row for each resource that was asked for.
    pub rows: BTreeMap<Resource, WarmRow>,
    /// Everything that failed.
    pub errors: Vec<Failed>,
    /// What these credentials may not read, which is no failure.
    pub unreadable: Vec<Unreadable>,
    /// Only what changed since the last complete run was fetched.
    pub incremental: bool,
    /// How many keys were compared with what the API says.
    pub compared: u64,
    /// What of them is not what the API says, by key.
    pub checked: Vec<Checked>,
    /// What is due next, where a run of the whole account tells.
    pub next_due: Option<NextDue>,
}

impl WarmReport {
    /// Takes in what became of a further request of the same customer.
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

    /// Whether anything was written, kept, removed or compared.
    pub(crate) fn did_something(&self) -> bool {
        let touched = |row: &WarmRow| row.stored + row.kept + row.kept_alive + row.removed > 0;
        self.compared > 0 || self.rows.values().any(touched)
    }

    /// Keys that were kept alive.
    pub(crate) fn kept_alive(&self) -> u64 {
        self.rows.values().map(|row| row.kept_alive).sum()
    }

    /// Keys written.
    pub(crate) fn stored(&self) -> u64 {
        self.rows.values().map(|row| row.stored).sum()
    }
}

/// A plan in numbers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct PlanSummary {
    /// Calls to the API.
    pub calls: u64,
    /// They may be fewer.
    pub at_most: bool,
    /// Keys to be written for each resource; `None` where only the fetch will tell.
    pub keys: BTreeMap<Resource, Option<u64>>,
    /// Keys that are fresh enough to be kept.
    pub kept: BTreeMap<Resource, u64>,
}

impl PlanSummary {
    /// Takes in the plan of a further request of the same customer.
    pub(crate) fn join(&mut self, other: Self) {
        self.calls += other.calls;
        self.at_most |= other.at_most;
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
