//! What is true: keys, time to live, plans and outcomes. Pure: no I/O, no clock, no driver.

pub mod account;
pub mod advice;
pub mod alerts;
pub mod assert;
pub mod duration;
pub mod glob;
pub mod graph;
pub mod hit_rate;
pub mod hostname;
pub mod info;
pub mod inspect;
pub mod invalidation;
pub mod json;
pub mod key;
mod lenient;
pub mod locks;
pub mod measure;
pub mod progress;
pub mod sample;
pub mod secret;
pub mod target;
pub mod targets;
pub mod trail;
pub mod ttl;
pub mod undo;
pub mod warm;
