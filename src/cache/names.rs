//! Names of properties and groups for display, as far as they are cached and readable.

use super::fetch::items;
use super::values::property;
use crate::domain::key::{Customer, Entry, Key, Scheme};
use crate::domain::papi::Group;
use crate::store::Store;
use std::collections::HashMap;

/// Limit of names that are looked up.
const NAMED: usize = 100;

/// Limit of a property's value, in bytes.
const PROPERTY_MAX: usize = 64 << 10;

/// Returns property names for keys without the prefix.
pub(crate) async fn of_properties<'k>(
    store: &Store,
    scheme: &Scheme,
    keys: impl Iterator<Item = &'k str>,
) -> HashMap<String, String> {
    let of = keys.filter_map(|key| {
        let whole = format!("{}{key}", scheme.prefix());
        let Some(Key::Of(customer, entry)) = scheme.parse(whole.as_bytes()) else {
            return None;
        };
        let details = Entry::Property(entry.property()?.clone());
        Some((key, scheme.key(&customer, &details)))
    });
    let (keys, details): (Vec<&str>, Vec<String>) = of.take(NAMED).unzip();
    let values = store.first_bytes(&details, PROPERTY_MAX).await;
    let named = keys
        .into_iter()
        .zip(values)
        .filter_map(|(key, value)| Some((key.to_owned(), of_property(&value.ok()?)?)));
    named.collect()
}

/// Returns the name in a property's value.
pub(crate) fn of_property(value: &[u8]) -> Option<String> {
    Some(property(value)?.name)
}

/// Returns the names of a customer's groups by id.
pub(crate) async fn of_groups(
    store: &Store,
    scheme: &Scheme,
    customer: &Customer,
) -> HashMap<String, String> {
    let key = scheme.key(customer, &Entry::AccountGroups);
    let values = store.values(&[key]).await;
    let json = values.ok().and_then(|mut values| values.pop()?);
    let groups = json.and_then(|json| items(&json, Group::parse));
    let groups = groups.unwrap_or_default().into_iter();
    groups.map(|group| (group.id, group.name)).collect()
}
