//! The starting point of an incremental run.

use super::baseline::Written;
use super::marks::LastMarks;
use crate::domain::key::Id;
use crate::domain::papi::Property;
use crate::source::PropertyRef;
use std::collections::HashMap;
use std::rc::Rc;

/// Starting point of an incremental run.
pub(super) struct Since {
    /// The API is asked for what was activated within this many seconds.
    pub seconds: u64,
    /// The API's clock at the last such call (ms since 1970).
    pub date: i64,
    pub margin: u64,
    /// Properties whose cached value is what we wrote.
    pub ours: Vec<Rc<Property>>,
    /// Properties whose cached value is missing, foreign or marked, by their last known reference.
    pub doubtful: Vec<PropertyRef>,
    pub items: Rc<HashMap<Id, Written>>,
    /// All host names are due to be listed again.
    pub hosts_over: bool,
    /// Host names are too old to be kept alive, even while the API does not answer.
    pub hosts_old: bool,
    /// The incremental run costs less than a crawl, and no crawl is due. Otherwise it only serves while the API
    /// does not answer.
    pub pays: bool,
    pub marks: LastMarks,
}
