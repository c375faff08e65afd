//! Collects the report of a run.

use super::ask::Effect;
use crate::cache::Error;
use crate::cache::invalidate::RemovedStale;
use crate::domain::key::Id;
use crate::domain::number::grouped;
use crate::domain::papi::ItemError;
use crate::domain::ttl::{DUE_BELOW, Due, Policy, Resource, Ttl};
use crate::domain::warm::{
    Failed, MismatchedKey, NextDue, UnreadablePair, WarmReport, WarmRequest, WarmRow,
};
use crate::source;
use crate::store::Write;
use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

/// Counts what happened to each resource. Shared by the fetching and the writing side of a run, which take
/// turns on one thread.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    report: RefCell<WarmReport>,
    halt: RefCell<Option<source::Error>>,
    former: RefCell<FormerRounds>,
    /// For each resource, the time until the first of its fresh keys is due.
    due_in: RefCell<BTreeMap<Resource, Duration>>,
    /// Values of properties as they were written, if they are kept.
    values: Option<RefCell<HashMap<String, Vec<u8>>>>,
    stale: RefCell<RemovedStale>,
}

/// What the rounds before this one have recorded, if something is fetched again.
#[derive(Debug, Default)]
struct FormerRounds {
    /// For each resource, the most items that a round has fetched.
    fetched: BTreeMap<Resource, u64>,
    /// Number of errors.
    errors: usize,
}

impl Ledger {
    /// Starts with a row for each requested resource, even if nothing happens to it. Keeps the values of named
    /// properties.
    pub(super) fn of(request: &WarmRequest) -> Self {
        let rows = request.resources.iter();
        let report = WarmReport {
            rows: rows.map(|one| (*one, WarmRow::default())).collect(),
            ..WarmReport::default()
        };
        Self {
            report: RefCell::new(report),
            values: (!request.is_for_account()).then(RefCell::default),
            ..Self::default()
        }
    }

    pub(super) fn wrote(&self, resource: Resource, write: &Write) {
        let of_property = [Resource::Details, Resource::Hostnames, Resource::Properties];
        if let (
            Some(values),
            Write::Set { key, value, .. }
            | Write::SetAbsent { key, value, .. }
            | Write::Patch { key, value },
        ) = (&self.values, write)
            && of_property.contains(&resource)
        {
            values.borrow_mut().insert(key.clone(), value.clone());
        }
    }

    pub(super) fn take_values(&self) -> HashMap<String, Vec<u8>> {
        self.values.as_ref().map(RefCell::take).unwrap_or_default()
    }

    pub(super) fn take_stale(&self) -> RemovedStale {
        self.stale.take()
    }

    fn row(&self, resource: Resource, change: impl FnOnce(&mut WarmRow)) {
        let mut report = self.report.borrow_mut();
        change(report.rows.entry(resource).or_default());
    }

    pub(super) fn numbered(&self, generation: Option<u64>) {
        self.report.borrow_mut().generation = generation;
    }

    /// Records the number of keys compared, and their mismatches.
    pub(super) fn compared(&self, (keys, wrong): (u64, Vec<MismatchedKey>)) {
        let mut report = self.report.borrow_mut();
        report.compared = keys;
        report.checked = wrong;
    }

    /// Begins another round: what it fetches again, and what fails in it again, is counted once.
    pub(super) fn fetches_again(&self) {
        let (mut report, mut former) = (self.report.borrow_mut(), self.former.borrow_mut());
        former.errors = report.errors.len();
        for (resource, row) in &mut report.rows {
            let most = former.fetched.entry(*resource).or_default();
            *most = std::mem::take(&mut row.fetched).max(*most);
        }
    }

    pub(super) fn fetched(&self, resource: Resource, items: usize) {
        self.row(resource, |row| row.fetched += items as u64);
    }

    pub(super) fn kept(&self, resource: Resource, keys: u64) {
        self.row(resource, |row| row.kept += keys);
    }

    /// Records that a fresh key is due after `rest`.
    pub(super) fn due_in(&self, resource: Resource, rest: Duration) {
        let mut due = self.due_in.borrow_mut();
        let first = due.entry(resource).or_insert(rest);
        *first = rest.min(*first);
    }

    /// Returns the resource that is due first after a run of the whole account, and when.
    fn next_due(&self, report: &WarmReport, due: Due, policy: &Policy) -> Option<NextDue> {
        let known = self.due_in.borrow();
        let rows = report.rows.iter().filter_map(|(resource, row)| {
            let new = row.stored + row.kept_alive > 0;
            let new = new.then(|| Ttl::Left(policy.ttl(*resource)));
            let new = new.and_then(|new| due.due_in(*resource, policy, new));
            let kept = known.get(resource).copied().filter(|_| row.kept > 0);
            let rest = new.into_iter().chain(kept).min()?;
            Some(NextDue {
                resource: *resource,
                rest,
            })
        });
        rows.min_by_key(|next| next.rest)
    }

    pub(super) fn kept_alive(&self, resource: Resource, keys: u64) {
        self.row(resource, |row| row.kept_alive += keys);
    }

    pub(super) fn is_incremental(&self) {
        self.report.borrow_mut().incremental = true;
    }

    pub(super) fn removed(&self, resource: Resource, keys: usize) {
        self.row(resource, |row| row.removed += keys as u64);
    }

    pub(super) fn removed_stale(&self, removed: RemovedStale) {
        let rows = [
            (Resource::Search, removed.embedding),
            (Resource::Details, removed.gone),
            (Resource::Hostnames, removed.fields),
        ];
        for (resource, keys) in rows.into_iter().filter(|(_, keys)| *keys > 0) {
            self.row(resource, |row| row.removed += keys);
        }
        *self.stale.borrow_mut() = removed;
    }

    /// Counts a written key. A key that is counted elsewhere adds only its bytes.
    pub(super) fn stored(&self, resource: Resource, effect: Effect, bytes: usize) {
        self.row(resource, |row| {
            row.stored += u64::from(effect == Effect::Stored);
            row.bytes += bytes as u64;
        });
    }

    pub(super) fn failed(
        &self,
        resource: Resource,
        id: impl Into<Option<String>>,
        code: &'static str,
        message: String,
    ) {
        let failed = Failed {
            resource: Some(resource),
            id: id.into(),
            code,
            message,
        };
        let former = self.former.borrow().errors;
        let mut report = self.report.borrow_mut();
        if report.errors.iter().take(former).any(|one| *one == failed) {
            return;
        }
        report.rows.entry(resource).or_default().failed += 1;
        report.errors.push(failed);
    }

    /// Records a property that no readable list has, and that is not asked for by itself because there are too many.
    pub(super) fn unlisted(&self, resource: Resource, id: &Id) {
        let message = Error::Unlisted(id.clone()).to_string();
        self.failed(resource, id.to_string(), "unlisted", message);
    }

    /// Records that `keys` of a resource were written, and are gone although nothing invalidated them.
    pub(super) fn evicted(&self, resource: Resource, keys: u64) {
        let message = format!(
            "the server evicted {} of the keys that this run wrote; raise its `maxmemory`, or warm less with --only",
            grouped(keys)
        );
        self.failed(resource, None, "evicted", message);
        // The failure counts as one.
        self.row(resource, |row| row.failed += keys.saturating_sub(1));
    }

    /// Counts a value that was not stored because of the error that ends the run.
    pub(super) fn unstored(&self, resource: Resource) {
        self.row(resource, |row| row.failed += 1);
    }

    /// Records a failed call. If the next call would fail as well, no further call begins; otherwise it counts as
    /// one failure.
    pub(super) fn call_failed(
        &self,
        resource: Resource,
        id: impl Into<Option<String>>,
        error: source::Error,
    ) {
        if error.ends_the_run() {
            self.halt(error);
        } else {
            self.failed(resource, id, error.word(), error.to_string());
        }
    }

    /// Records items of an answer that could not be read. The other items are valid.
    pub(super) fn item_errors(
        &self,
        resource: Resource,
        id: Option<&str>,
        item_errors: Vec<ItemError>,
    ) {
        for problem in item_errors {
            let message = format!("the Akamai API gave {problem}");
            self.failed(resource, id.map(ToOwned::to_owned), "malformed", message);
        }
    }

    /// Records a pair that these credentials may not read and never could.
    pub(super) fn unreadable(&self, contract: &str, group: &str) {
        let pair = UnreadablePair {
            contract: contract.to_owned(),
            group: group.to_owned(),
        };
        let mut report = self.report.borrow_mut();
        if !report.unreadable.contains(&pair) {
            report.unreadable.push(pair);
        }
    }

    /// Stops further calls, because the next one would fail as well. Calls under way go on, and their answers
    /// are stored, since they are paid for. Only the first such error is reported.
    pub(super) fn halt(&self, error: source::Error) {
        self.halt.borrow_mut().get_or_insert(error);
    }

    pub(super) fn is_halted(&self) -> bool {
        self.halt.borrow().is_some()
    }

    pub(super) fn go_on(&self) -> Result<(), source::Error> {
        self.halt.borrow().clone().map_or(Ok(()), Err)
    }

    /// True while every request so far was answered, readable and whole.
    pub(super) fn has_seen_all(&self) -> bool {
        let report = self.report.borrow();
        report.errors.is_empty() && report.unreadable.is_empty() && !self.is_halted()
    }

    /// Returns the number of failures so far.
    pub(super) fn errors(&self) -> usize {
        self.report.borrow().errors.len()
    }

    /// True while every readable answer has arrived whole.
    pub(super) fn is_complete(&self) -> bool {
        self.report.borrow().errors.is_empty() && !self.is_halted()
    }

    /// Returns the report: complete if nothing failed and no error ended the run.
    pub(super) fn report(self, ended: bool, request: &WarmRequest, policy: &Policy) -> WarmReport {
        self.fetches_again();
        let mut report = self.report.take();
        for row in report.rows.values_mut() {
            // Also those that got a new TTL.
            row.kept = row.kept.saturating_sub(row.kept_alive);
        }
        for (resource, items) in self.former.take().fetched {
            report.rows.entry(resource).or_default().fetched = items;
        }
        let complete = !ended && report.errors.is_empty();
        let counts = complete && request.is_for_account() && !request.check;
        // With `--every` the operator names the next run. A forced run is followed by a plain one.
        let due = match request.due {
            Due::Always => Some(Due::Below(DUE_BELOW)),
            Due::Below(_) => Some(request.due),
            Due::Before(_) => None,
        };
        let due = due.filter(|_| counts);
        WarmReport {
            complete,
            next_due: due.and_then(|due| self.next_due(&report, due, policy)),
            ..report
        }
    }
}
