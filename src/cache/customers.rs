//! The customers in the keyspace, with their numbers of keys and last warm runs.

use super::fetch::field::COMPLETE;
use super::name_set::NameSet;
use crate::domain::glob;
use crate::domain::key::{Customer, Entry, Scheme};
use crate::domain::ttl::{Policy, Resource, Ttl};
use crate::store::{Error, Store};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// Limit of listed names that are not valid customers.
pub(crate) const REFUSED_MAX: usize = 1_000;

/// Result of counting the keyspace.
#[derive(Debug, Default)]
pub(crate) struct CustomerCensus {
    /// Number of keys of each customer, including locks.
    pub keys: BTreeMap<Customer, u64>,
    /// Names in the customer position that this program refuses; the ALECS server accepts any name.
    pub refused: BTreeSet<String>,
}

/// Counts all keys under the prefix with SCAN, each key once. Reads no values.
///
/// # Errors
/// Errors of the scan. An incomplete scan is an error.
pub(crate) async fn count(store: &Store, scheme: &Scheme) -> Result<CustomerCensus, Error> {
    let pattern = format!("{}*", glob::escape(scheme.prefix()));
    let mut census = CustomerCensus::default();
    // A scan may return a key twice.
    let mut seen = NameSet::default();
    let mut pages = store.scan(pattern.as_bytes()).await?;
    while let Some(page) = pages.next().await {
        for key in page? {
            if seen.insert(&key) {
                census.count(scheme, &key);
            }
        }
    }
    Ok(census)
}

impl CustomerCensus {
    fn count(&mut self, scheme: &Scheme, key: &[u8]) {
        if let Some((customer, _)) = scheme.split(key) {
            *self.keys.entry(customer).or_default() += 1;
            return;
        }
        if self.refused.len() < REFUSED_MAX {
            self.refused.extend(not_manageable(scheme, key));
        }
    }
}

/// Returns the name in the customer position if this program refuses it. The ALECS server accepts any name.
pub(crate) fn not_manageable(scheme: &Scheme, key: &[u8]) -> Option<String> {
    // The counters of all customers belong to no customer.
    if scheme.split(key).is_some() || scheme.parse(key).is_some() {
        return None;
    }
    let rest = key.strip_prefix(scheme.prefix().as_bytes())?;
    let name = rest.split(|byte| *byte == b':').next().unwrap_or_default();
    (name.len() < rest.len()).then(|| String::from_utf8_lossy(name).into_owned())
}

/// Limit of keys scanned to collect customer names.
const SCAN_MAX: usize = 20_000;

/// Reports whether a customer has a key. If [`is_filled`] is true, that is enough; otherwise a walk ends at the customer's
/// first key.
pub(crate) async fn has_keys(
    store: &Store,
    scheme: &Scheme,
    customer: &Customer,
) -> Result<bool, Error> {
    if is_filled(store, scheme, customer).await? {
        return Ok(true);
    }
    let pattern = scheme.pattern(customer, "*");
    let mut pages = store.scan(pattern.as_bytes()).await?;
    while let Some(page) = pages.next().await {
        if !page?.is_empty() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Reports whether a customer has one of the keys that a warm run or the server's searches leave.
pub(crate) async fn is_filled(
    store: &Store,
    scheme: &Scheme,
    customer: &Customer,
) -> Result<bool, Error> {
    let usual = [Entry::Properties, Entry::Hostnames, Entry::Generation];
    let keys = usual.map(|entry| scheme.key(customer, &entry).into_bytes());
    for found in store.exist(&keys).await {
        match found {
            Ok(true) => return Ok(true),
            Ok(false) | Err(Error::Denied { .. }) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(false)
}

/// Returns customers found in a part of the keyspace: all of them in a small keyspace, those with many keys in a
/// large one.
pub(crate) async fn cached(store: &Store, scheme: &Scheme) -> Result<BTreeSet<Customer>, Error> {
    let pattern = format!("{}*", glob::escape(scheme.prefix()));
    let (mut names, mut seen) = (BTreeSet::new(), 0);
    let mut pages = store.scan(pattern.as_bytes()).await?;
    while seen < SCAN_MAX
        && let Some(page) = pages.next().await
    {
        let page = page?;
        seen += page.len();
        names.extend(page.iter().filter_map(|key| Some(scheme.split(key)?.0)));
    }
    Ok(names)
}

/// Returns how long ago a customer's last warm run ended; `None` if unknown. If the run recorded no time, the age of
/// the hash of hostnames is used, which only warm runs write.
///
/// # Errors
/// Errors of the reads. A foreign type under one of the keys counts as unknown.
pub(crate) async fn last_warm(
    store: &Store,
    scheme: &Scheme,
    policy: &Policy,
    customer: &Customer,
) -> Result<Option<Duration>, Error> {
    let state = scheme.key(customer, &Entry::WarmState);
    let values = store.field_values(&state, &[COMPLETE.to_owned()]).await?;
    let complete = values.into_iter().next().flatten();
    let complete = complete.and_then(|value| std::str::from_utf8(&value).ok()?.parse::<u64>().ok());
    if let Some(at) = complete {
        let now = store.now_for(&state).await?;
        return Ok(Some(Duration::from_millis(now.saturating_sub(at))));
    }
    let hash = scheme.key(customer, &Entry::Hostnames);
    let left = store.time_to_live(&[hash]).await;
    Ok(match left.into_iter().next().transpose()? {
        // Unknown if it was stored for longer than the policy says (`--stale-for`).
        Some(Ttl::Left(left)) => policy.ttl(Resource::Hostnames).checked_sub(left),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_are_no_customers_are_listed_and_not_counted() {
        let scheme = Scheme::default();
        let mut census = CustomerCensus::default();
        for key in [
            "akamai:acme:properties:all",
            "akamai:acme:property:prp_1",
            "akamai:Acme Corp:properties:all",
            "akamai:stats:2026-11-28:hits",
            "akamai:*:property:prp_1",
            "akamai:nocolon",
            "other:acme:x",
        ] {
            census.count(&scheme, key.as_bytes());
        }
        let keys: Vec<(&str, u64)> = (census.keys.iter())
            .map(|(name, keys)| (name.as_str(), *keys))
            .collect();
        assert_eq!(keys, [("acme", 2)]);
        assert_eq!(
            census.refused.iter().collect::<Vec<_>>(),
            ["*", "Acme Corp"]
        );
    }
}
