//! The account of a run while it goes on.

use crate::domain::lacking::Lacking;
use crate::domain::ttl::Resource;
use crate::domain::warm::{Failed, Report, Row};
use crate::source;
use std::cell::RefCell;
use std::collections::BTreeMap;

/// Collects what became of each resource. Shared by the fetching and the writing side of a run, which
/// take turns on one thread.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    rows: RefCell<BTreeMap<Resource, Row>>,
    errors: RefCell<Vec<Failed>>,
    written: RefCell<Vec<String>>,
    halt: RefCell<Option<source::Error>>,
    lacking: RefCell<Lacking>,
}

impl Ledger {
    /// An account with a row for each resource asked for, even if nothing becomes of it.
    pub(super) fn of(resources: impl IntoIterator<Item = Resource>) -> Self {
        let rows = resources
            .into_iter()
            .map(|resource| (resource, Row::default()))
            .collect();
        Self {
            rows: RefCell::new(rows),
            ..Self::default()
        }
    }

    /// Changes the row of a resource.
    pub(super) fn row(&self, resource: Resource, change: impl FnOnce(&mut Row)) {
        change(self.rows.borrow_mut().entry(resource).or_default());
    }

    /// Items arrived from the API.
    pub(super) fn fetched(&self, resource: Resource, items: usize) {
        self.row(resource, |row| row.fetched += items as u64);
    }

    /// Keys were fresh enough.
    pub(super) fn kept(&self, resource: Resource, keys: usize) {
        self.row(resource, |row| row.kept += keys as u64);
    }

    /// Keys or fields are gone.
    pub(super) fn removed(&self, resource: Resource, keys: usize) {
        self.row(resource, |row| row.removed += keys as u64);
    }

    /// A key was written.
    pub(super) fn stored(&self, resource: Resource, key: Option<String>, bytes: usize) {
        self.row(resource, |row| {
            row.stored += u64::from(key.is_some());
            row.bytes += bytes as u64;
        });
        self.written.borrow_mut().extend(key);
    }

    /// Something failed while the rest goes on.
    pub(super) fn failed(
        &self,
        resource: Resource,
        id: impl Into<Option<String>>,
        code: &'static str,
        message: String,
    ) {
        self.row(resource, |row| row.failed += 1);
        self.errors.borrow_mut().push(Failed {
            resource,
            id: id.into(),
            code,
            message,
        });
    }

    /// What is stored of a resource does not have all that it should: it lacks this part, or one that
    /// has no name.
    pub(super) fn lacks(&self, resource: Resource, part: Option<String>) {
        self.lacking.borrow_mut().add(resource, part);
    }

    /// What is lacking of what this run has stored.
    pub(super) fn lacking(&self) -> Lacking {
        self.lacking.borrow().clone()
    }

    /// Something came that the next call would meet as well: no further one should begin. What is
    /// under way goes on, and is stored, since it is paid for. The first such error is the one told.
    pub(super) fn halt(&self, error: source::Error) {
        self.halt.borrow_mut().get_or_insert(error);
    }

    /// Why no further call should begin, if so.
    pub(super) fn halted(&self) -> Option<source::Error> {
        self.halt.borrow().clone()
    }

    /// Fails where no further call should begin.
    pub(super) fn go_on(&self) -> Result<(), source::Error> {
        self.halted().map_or(Ok(()), Err)
    }

    /// Whether all that was asked for so far has come, readable and whole.
    pub(super) fn is_whole(&self) -> bool {
        self.errors.borrow().is_empty() && self.halt.borrow().is_none()
    }

    /// The names of all keys written so far that are wanted.
    pub(super) fn written(&self, mut wanted: impl FnMut(&str) -> bool) -> Vec<String> {
        let written = self.written.borrow();
        written.iter().filter(|key| wanted(key)).cloned().collect()
    }

    /// The outcome; complete where nothing failed and nothing ended the run.
    pub(super) fn report(self, ended: bool) -> Report {
        let errors = self.errors.into_inner();
        Report {
            complete: !ended && errors.is_empty(),
            rows: self.rows.into_inner(),
            errors,
        }
    }
}
