//! What is true: keys, time to live, plans and outcomes. Pure: no I/O, no clock, no driver.

pub mod account;
pub mod duration;
pub mod glob;
pub mod graph;
pub mod hostname;
pub mod inspect;
pub mod invalidation;
pub mod json;
pub mod key;
mod lenient;
pub mod progress;
pub mod secret;
pub mod target;
pub mod trail;
pub mod ttl;
pub mod undo;
pub mod warm;
