//! Pure data and rules: keys, TTLs, plans and outcomes. No I/O, no clock, no driver.

pub(crate) mod circuit;
pub(crate) mod doctor;
pub(crate) mod duration;
pub(crate) mod glob;
pub(crate) mod hit_rate;
pub(crate) mod inspect;
pub(crate) mod invalidation;
pub(crate) mod json;
pub(crate) mod key;
pub(crate) mod keyword;
pub(crate) mod limit;
pub(crate) mod locks;
pub(crate) mod nearest;
pub(crate) mod number;
pub(crate) mod os_error;
pub(crate) mod papi;
pub(crate) mod permissions;
pub(crate) mod progress;
pub(crate) mod read;
pub(crate) mod secret;
pub(crate) mod selector;
pub(crate) mod stats;
pub(crate) mod text;
pub(crate) mod ttl;
pub(crate) mod warm;
