//! Interned identifiers: an account with many properties has few groups and contracts, and each is in memory only
//! once.

use std::cell::RefCell;
use std::collections::HashSet;
use std::sync::Arc;

thread_local! {
    static SHARED: RefCell<HashSet<Arc<str>>> = RefCell::default();
}

/// Returns the interned text.
pub(crate) fn shared(text: &str) -> Arc<str> {
    SHARED.with_borrow_mut(|all| {
        if let Some(known) = all.get(text) {
            return known.clone();
        }
        let new: Arc<str> = text.into();
        all.insert(new.clone());
        new
    })
}
