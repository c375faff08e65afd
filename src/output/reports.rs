//! One file for each command's result: how it is shown as a table, as JSON, and in the other formats.

pub mod customers;
pub mod doctor;
pub mod get;
pub mod hit_rate;
pub mod inspect;
pub mod invalidate;
pub mod live;
pub mod locks;
pub mod log;
pub mod search;
pub mod stats;
pub mod undo;
pub mod warm;
