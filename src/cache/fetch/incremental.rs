//! What an incremental run begins with.

use super::baseline::Written;
use super::marks::LastMarks;
use super::plan::FetchStep;
use crate::domain::key::Id;
use crate::domain::papi::Property;
use crate::domain::ttl::Resource;
use crate::source::PropertyRef;
use std::cell::Cell;
use std::collections::HashMap;
use std::rc::Rc;

/// What an incremental run begins with.
pub(super) struct Since {
    /// For how many seconds the API is asked what was activated.
    pub seconds: u64,
    /// The API's clock when it was asked last (ms since 1970).
    pub date: i64,
    pub margin: u64,
    /// Properties whose value is what we wrote.
    pub ours: Vec<Rc<Property>>,
    /// Properties whose value is missing, foreign or marked, and where they were.
    pub doubtful: Vec<PropertyRef>,
    pub items: Rc<HashMap<Id, Written>>,
    /// All host names are to be listed again.
    pub hosts_over: bool,
    /// Host names are too old to be kept alive even while the API cannot be asked.
    pub hosts_old: bool,
    /// It costs less than a crawl, which is not due either. Otherwise it is only for the case that the
    /// API cannot be asked.
    pub pays: bool,
    pub marks: LastMarks,
    /// What is fresh was counted already.
    pub counted: Cell<bool>,
}

impl Since {
    /// Keys that are fresh stay as they are; those of a run that stays are counted once.
    pub(super) fn left(&self, resource: Resource, keys: Vec<String>) -> Option<FetchStep> {
        (!self.counted.get()).then_some(FetchStep::Keep(resource, keys))
    }
}
