//! Finds locks, and removes stale ones.

use crate::domain::glob;
use crate::domain::key::{Customer, Scheme};
use crate::domain::locks::{LockReport, judge};
use crate::store::{Error, ObservedLock, Store};
use std::collections::BTreeMap;

/// Number of locks handled at a time.
const AT_ONCE: usize = 500;

/// Returns all locks of the given customers, or of all customers, sorted by key.
pub(crate) async fn find(
    store: &Store,
    scheme: &Scheme,
    customers: Option<&[Customer]>,
) -> Result<Vec<LockReport>, Error> {
    let pattern = match customers {
        Some([one]) => scheme.pattern(one, "*:lock"),
        _ => format!("{}*:lock", glob::escape(scheme.prefix())),
    };
    let now = store.now().await?;
    let mut found: BTreeMap<String, LockReport> = BTreeMap::new();
    let mut pages = store.scan(pattern.as_bytes()).await?;
    while let Some(page) = pages.next().await {
        // A name that is not text is none of ours.
        let keys: Vec<String> = page?
            .into_iter()
            .filter_map(|key| String::from_utf8(key).ok())
            .filter(|key| wanted(scheme, key, customers))
            .collect();
        for keys in keys.chunks(AT_ONCE) {
            let (values, left) = futures_util::join!(store.get(keys), store.time_to_live(keys));
            for ((key, value), left) in keys.iter().zip(values).zip(left) {
                if let Some(lock) = judge(scheme, key.as_bytes(), value?, left?, now) {
                    found.insert(key.clone(), lock);
                }
            }
        }
    }
    Ok(found.into_values().collect())
}

fn wanted(scheme: &Scheme, key: &str, customers: Option<&[Customer]>) -> bool {
    scheme
        .split(key.as_bytes())
        .is_some_and(|(customer, _)| customers.is_none_or(|asked| asked.contains(&customer)))
}

/// Result of removing stale locks.
#[derive(Debug, Default)]
pub(crate) struct ClearedLocks {
    /// Keys that were removed.
    pub keys: Vec<String>,
    /// Why others were not removed.
    pub failed: Option<Error>,
    /// Some locks were not tried because of a stop.
    pub stopped: bool,
}

/// Removes the stale locks, each only if it still has the observed value, until `stopped`.
pub(crate) async fn clear(
    store: &Store,
    locks: &[LockReport],
    stopped: impl Fn() -> bool,
) -> ClearedLocks {
    let mut cleared = ClearedLocks::default();
    // A value that is not text was not written by a lock holder.
    let stale = locks.iter().filter(|lock| lock.stale).filter_map(|lock| {
        Some(ObservedLock {
            key: &lock.key,
            value: lock.value.as_deref()?,
            life: lock.life,
        })
    });
    let stale: Vec<ObservedLock> = stale.collect();
    for some in stale.chunks(AT_ONCE) {
        cleared.stopped = stopped();
        if cleared.stopped || cleared.failed.is_some() {
            break;
        }
        let answers = store.clear_locks(some).await;
        for (lock, removed) in some.iter().zip(answers) {
            match removed {
                Ok(true) => cleared.keys.push(lock.key.to_owned()),
                Ok(false) => {}
                Err(error) => cleared.failed = Some(error),
            }
        }
    }
    cleared
}
