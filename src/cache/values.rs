//! What cached values say of properties.

use crate::domain::key::Id;
use crate::domain::papi::Property;
use serde::Deserialize;
use serde_json::value::RawValue;

/// What a property's item says of itself.
pub(super) struct Traits {
    pub(super) id: Id,
    pub(super) name: String,
    pub(super) contract: String,
    pub(super) group: String,
}

/// A value of `hostname:FQDN`: two objects.
#[derive(Deserialize)]
pub(super) struct HostnameValue<'a> {
    #[serde(borrow)]
    pub(super) property: &'a RawValue,
    #[serde(borrow)]
    pub(super) hostname: &'a RawValue,
}

/// The property that a value names, whatever else is in it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PropertyIdOf {
    property_id: Option<String>,
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
    property_name: Option<String>,
    contract_id: Option<String>,
    group_id: Option<String>,
}

impl<'a> HostnameValue<'a> {
    /// `None` where it is not what the scheme says.
    pub(super) fn read(json: &'a [u8]) -> Option<Self> {
        let value: Self = serde_json::from_slice(json).ok()?;
        let parts = [value.property, value.hostname];
        let objects = parts.iter().all(|part| part.get().starts_with('{'));
        objects.then_some(value)
    }
}

/// Which property serves a host name, by the value of the host name's own key.
pub(super) fn owner_of_host(json: &[u8]) -> Option<Id> {
    #[derive(Deserialize)]
    struct Owned {
        property: Option<PropertyIdOf>,
    }
    let value: Owned = serde_json::from_slice(json).ok()?;
    Id::new(&value.property?.property_id?).ok()
}

/// Which property serves a host name, by its field in the hash.
pub(super) fn owner_in_hash(json: &[u8]) -> Option<Id> {
    let value: PropertyIdOf = serde_json::from_slice(json).ok()?;
    Id::new(&value.property_id?).ok()
}

/// Which property a field of the hash gives a host name to, where it is written as this program
/// writes it: one look, since there may be a million of them.
pub(super) fn owner_of_field(json: &[u8]) -> Option<&str> {
    let rest = json.strip_prefix(br#"{"propertyId":""#)?;
    let id = rest.get(..rest.iter().position(|byte| *byte == b'"')?)?;
    std::str::from_utf8(id).ok().filter(|id| !id.contains('\\'))
}

/// What the item of a property says.
pub(super) fn traits(json: &str) -> Option<Traits> {
    let item = Property::parse(json).ok()?;
    Some(Traits {
        id: item.id,
        name: item.name,
        contract: item.contract.to_string(),
        group: item.group.to_string(),
    })
}

/// What a field of the hash of host names says of the property that serves the name.
pub(super) fn hash_traits(json: &[u8]) -> Option<Traits> {
    let field: HashField = serde_json::from_slice(json).ok()?;
    let property = field.property.unwrap_or_default();
    Some(Traits {
        id: Id::new(&field.property_id?).ok()?,
        name: property.property_name.unwrap_or_default(),
        contract: property.contract_id.unwrap_or_default(),
        group: property.group_id.unwrap_or_default(),
    })
}
