//! Extracts properties from cached values.

use crate::domain::key::{Fqdn, Id};
use crate::domain::papi::{Property, VersionHostname};
use serde::Deserialize;
use serde_json::value::RawValue;

/// Number of versions listed for each property.
pub(super) const VERSIONS: usize = 10;

/// The serving property in a hostname's value or field of the hash.
pub(super) struct Traits {
    pub(super) id: Id,
    pub(super) name: String,
    pub(super) contract: String,
    pub(super) group: String,
}

/// A value of `hostname:FQDN`, which has two objects.
#[derive(Deserialize)]
pub(super) struct HostnameValue<'a> {
    #[serde(borrow)]
    pub(super) property: &'a RawValue,
    #[serde(borrow)]
    pub(super) hostname: &'a RawValue,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct HashField {
    property_id: Option<String>,
    property: Option<HashProperty>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct HashProperty {
    property_id: Option<String>,
    property_name: Option<String>,
    contract_id: Option<String>,
    group_id: Option<String>,
}

impl<'a> HostnameValue<'a> {
    /// Returns `None` if the value does not fit the scheme.
    pub(super) fn read(json: &'a [u8]) -> Option<Self> {
        let value: Self = serde_json::from_slice(json).ok()?;
        let parts = [value.property, value.hostname];
        let objects = parts.iter().all(|part| part.get().starts_with('{'));
        objects.then_some(value)
    }
}

/// Returns the property that serves a hostname, from the value of the hostname's key or from its field in the hash.
pub(super) fn owner_of(json: &[u8]) -> Option<Id> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Owned {
        property_id: Option<String>,
        property: Option<Box<Owned>>,
    }
    if let Some(id) = owner_of_field(json) {
        return Id::new(id).ok();
    }
    let value: Owned = serde_json::from_slice(json).ok()?;
    let inner = || value.property?.property_id;
    Id::new(&value.property_id.or_else(inner)?).ok()
}

/// Like [`owner_of`], for a field of the hash in the exact form that this program writes. Does not parse the JSON, because
/// there may be a million fields.
pub(super) fn owner_of_field(json: &[u8]) -> Option<&str> {
    let rest = json.strip_prefix(br#"{"propertyId":""#)?;
    let id = rest.get(..rest.iter().position(|byte| *byte == b'"')?)?;
    std::str::from_utf8(id).ok().filter(|id| !id.contains('\\'))
}

/// Parses a property's item; `None` if it cannot be read.
pub(super) fn property(json: &[u8]) -> Option<Property> {
    Property::parse(std::str::from_utf8(json).ok()?).ok()
}

/// Parses the items of a JSON array, and skips those that cannot be read.
pub(super) fn readable<T, E>(json: &[u8], parse: impl Fn(&str) -> Result<T, E>) -> Vec<T> {
    let items: Vec<&RawValue> = serde_json::from_slice(json).unwrap_or_default();
    let items = items.into_iter();
    items.filter_map(|item| parse(item.get()).ok()).collect()
}

/// Returns the host names in a property's list, as far as they can be read.
pub(super) fn hosts_of_list(json: &[u8]) -> impl Iterator<Item = Fqdn> {
    let hosts = readable(json, VersionHostname::parse).into_iter();
    hosts.filter_map(|host| Fqdn::new(&host.name).ok())
}

/// Parses the fields of the serving property from the value of a hostname's key, from the map, or from a field of the
/// hash.
pub(super) fn traits(json: &[u8]) -> Option<Traits> {
    let value: HashField = serde_json::from_slice(json).ok()?;
    let mut property = value.property.unwrap_or_default();
    let id = value.property_id.or_else(|| property.property_id.take())?;
    Some(Traits {
        id: Id::new(&id).ok()?,
        name: property.property_name.unwrap_or_default(),
        contract: property.contract_id.unwrap_or_default(),
        group: property.group_id.unwrap_or_default(),
    })
}
