//! Operations of the cache, which join the store and the source. Each takes a plan and returns an outcome.

pub(crate) mod audit;
mod copies;
mod coverage;
pub(crate) mod customers;
pub(crate) mod error;
pub(crate) mod fetch;
pub(crate) mod hit_rate;
pub(crate) mod inspect;
pub(crate) mod invalidate;
pub(crate) mod locks;
mod name_set;
pub(crate) mod names;
pub(crate) mod read;
pub(crate) mod refill;
pub(crate) mod stats;
pub(crate) mod undo;
mod values;

pub(crate) use error::Error;

use crate::store::Store;

/// Tells the operator which keys of marks held something else and were replaced.
fn note_replaced_marks(store: &Store, say: impl Fn(&str)) {
    for key in store.take_replaced_marks() {
        say(&format!(
            "`{key}` held something other than marks of invalidations, and was replaced"
        ));
    }
}
