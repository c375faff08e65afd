//! Reports, one file for each command's result: as a table, as JSON, and in its other formats.

pub(crate) mod customers;
pub(crate) mod doctor;
pub(crate) mod get;
pub(crate) mod hit_rate;
pub(crate) mod inspect;
pub(crate) mod invalidate;
pub(crate) mod live;
pub(crate) mod locks;
pub(crate) mod log;
pub(crate) mod search;
pub(crate) mod stats;
pub(crate) mod undo;
pub(crate) mod warm;
