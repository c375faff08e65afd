//! Items of the Akamai Property Manager API (PAPI).
//!
//! Each item keeps the API's own JSON (`json`: compact, every field, in the API's order), because that is what is
//! cached. The other fields are only those that decide where it is stored. Parsing tolerates missing, null and new
//! fields, and is strict about identifiers.

mod hostname;
mod shared;
mod tolerant;

pub(crate) use crate::domain::papi::hostname::{ActiveHostname, VersionHostname};
pub(crate) use crate::domain::papi::shared::shared;
pub(crate) use crate::domain::papi::tolerant::ItemError;

use crate::domain::json::compact;
use crate::domain::key::Id;
use crate::domain::papi::tolerant::{Number, Text, read};
use serde::Deserialize;
use std::borrow::Cow;
use std::sync::Arc;

/// A property, as in the list of its group and contract.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Property {
    /// `prp_…`
    pub id: Id,
    /// `act_…`, the account that it belongs to, if the item names it.
    pub account: Option<Arc<str>>,
    /// The name given by its owner; empty if the API has none.
    pub name: String,
    /// `ctr_…`; empty if neither the item nor the request named it.
    pub contract: Arc<str>,
    /// `grp_…`; empty if neither the item nor the request named it.
    pub group: Arc<str>,
    /// The newest version, including drafts.
    pub latest: Option<u32>,
    /// The version active on staging.
    pub staging: Option<u32>,
    /// The version active in production.
    pub production: Option<u32>,
    /// True if its hostnames are in a bucket outside its versions (`propertyType` is `HOSTNAME_BUCKET`).
    pub bucket: bool,
    /// The item as compact JSON.
    pub json: String,
}

/// A group of the account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// `grp_…`
    pub id: String,
    pub name: String,
    /// The parent group.
    pub parent: Option<String>,
    /// Its contracts, always with their `ctr_` prefix.
    pub contracts: Vec<String>,
    /// The item as compact JSON.
    pub json: String,
}

/// A contract.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contract {
    /// `ctr_…`
    pub id: Id,
    /// The item as compact JSON.
    pub json: String,
}

/// A CP code (content provider code).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CpCode {
    /// `cpc_…`
    pub id: String,
    /// The item as compact JSON.
    pub json: String,
}

/// An activation of a property version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Activation {
    /// `atv_…`
    pub id: String,
    /// The item as compact JSON.
    pub json: String,
}

impl Property {
    /// Parses one item.
    pub fn parse(json: &str) -> Result<Self, ItemError> {
        let item: PropertyFields = read(json)?;
        Ok(Self {
            id: item.property_id.id("", "propertyId")?,
            account: item
                .account_id
                .0
                .filter(|id| !id.is_empty())
                .map(|id| shared(&with_prefix("act_", &id))),
            name: item.property_name.or_empty(),
            contract: shared(&item.contract_id.or_empty()),
            group: shared(&item.group_id.or_empty()),
            latest: item.latest_version.0,
            staging: item.staging_version.0,
            production: item.production_version.0,
            bucket: item.property_type.0.as_deref() == Some("HOSTNAME_BUCKET"),
            json: compact(json),
        })
    }
}

impl Group {
    /// Parses one item.
    pub fn parse(json: &str) -> Result<Self, ItemError> {
        let item: GroupFields = read(json)?;
        Ok(Self {
            id: item.group_id.required("groupId")?,
            name: item.group_name.or_empty(),
            parent: item.parent_group_id.0.map(Cow::into_owned),
            contracts: item
                .contract_ids
                .unwrap_or_default()
                .into_iter()
                .filter_map(|id| id.0)
                .map(|id| with_prefix("ctr_", &id))
                .collect(),
            json: compact(json),
        })
    }
}

impl Contract {
    /// Parses one item.
    pub fn parse(json: &str) -> Result<Self, ItemError> {
        let item: IdFields = read(json)?;
        Ok(Self {
            id: item.contract_id.id("ctr_", "contractId")?,
            json: compact(json),
        })
    }
}

impl CpCode {
    /// Parses one item.
    pub fn parse(json: &str) -> Result<Self, ItemError> {
        let item: IdFields = read(json)?;
        Ok(Self {
            id: item.cpcode_id.required("cpcodeId")?,
            json: compact(json),
        })
    }

    /// Parses one item of `/cprg/v1/cpcodes` and converts it to PAPI's form: ids with prefixes, without the fields that
    /// PAPI does not have.
    pub fn parse_of_account(json: &str) -> Result<Self, ItemError> {
        let item: AccountCpCodeFields = read(json)?;
        let id = with_prefix("cpc_", &item.cpcode_id.required("cpcodeId")?);
        let products = item.products.unwrap_or_default().into_iter();
        let products = products.filter_map(|product| product.product_id.0);
        let products: Vec<String> = products.map(|id| with_prefix("prd_", &id)).collect();
        let json = serde_json::json!({
            "cpcodeId": id, "cpcodeName": item.cpcode_name.or_empty(), "productIds": products,
        });
        Ok(Self {
            id,
            json: json.to_string(),
        })
    }
}

impl Activation {
    /// Parses one item.
    pub fn parse(json: &str) -> Result<Self, ItemError> {
        let item: IdFields = read(json)?;
        Ok(Self {
            id: item.activation_id.required("activationId")?,
            json: compact(json),
        })
    }
}

/// Adds the prefix to an identifier, unless it already has it.
pub(crate) fn with_prefix(prefix: &str, id: &str) -> String {
    if id.starts_with(prefix) {
        id.to_owned()
    } else {
        format!("{prefix}{id}")
    }
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct PropertyFields<'a> {
    #[serde(borrow)]
    property_id: Text<'a>,
    account_id: Text<'a>,
    property_name: Text<'a>,
    contract_id: Text<'a>,
    group_id: Text<'a>,
    latest_version: Number,
    staging_version: Number,
    production_version: Number,
    property_type: Text<'a>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct GroupFields<'a> {
    #[serde(borrow)]
    group_id: Text<'a>,
    group_name: Text<'a>,
    parent_group_id: Text<'a>,
    contract_ids: Option<Vec<Text<'a>>>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct IdFields<'a> {
    #[serde(borrow)]
    activation_id: Text<'a>,
    contract_id: Text<'a>,
    cpcode_id: Text<'a>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct AccountCpCodeFields<'a> {
    #[serde(borrow)]
    cpcode_id: Text<'a>,
    cpcode_name: Text<'a>,
    products: Option<Vec<ProductFields<'a>>>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct ProductFields<'a> {
    #[serde(borrow)]
    product_id: Text<'a>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_property_with_null_missing_odd_or_new_fields_is_read() {
        let full = Property::parse(
            r#" {"accountId":"act_1","contractId":"ctr_C","groupId":"grp_1","propertyId":"prp_1","propertyName":"a \"b\"","latestVersion":3,"stagingVersion":2,"productionVersion":null,"propertyType":"HOSTNAME_BUCKET","new":{"x":[1.0]}} "#,
        )
        .unwrap();
        assert_eq!(full.account.as_deref(), Some("act_1"));
        assert_eq!((full.id.as_str(), full.name.as_str()), ("prp_1", "a \"b\""));
        assert_eq!((&*full.contract, &*full.group), ("ctr_C", "grp_1"));
        assert_eq!(
            (full.latest, full.staging, full.production),
            (Some(3), Some(2), None)
        );
        assert!(full.bucket && full.json.ends_with(r#""new":{"x":[1.0]}}"#));

        let odd = Property::parse(
            r#"{"propertyId":175780,"propertyName":null,"latestVersion":"7","stagingVersion":-1,"productionVersion":[1],"groupId":{}}"#,
        )
        .unwrap();
        assert_eq!(
            (odd.id.as_str(), odd.name.as_str(), &*odd.group),
            ("175780", "", "")
        );
        assert_eq!(
            (odd.latest, odd.staging, odd.production),
            (Some(7), None, None)
        );
        assert!(!odd.bucket);
    }

    #[test]
    fn an_item_without_its_identifier_is_refused() {
        let refused = |json| Property::parse(json).unwrap_err().to_string();
        for json in [
            "{}",
            r#"{"propertyId":null}"#,
            r#"{"propertyId":""}"#,
            r#"{"propertyId":["prp_1"]}"#,
        ] {
            assert_eq!(refused(json), "an item without `propertyId`");
        }
        for json in [r#"["prp_1"]"#, "null", "\"prp_1\""] {
            assert_eq!(refused(json), "an item that is not an object");
        }
        assert!(Group::parse("{}").is_err() && Contract::parse("{}").is_err());
        assert!(CpCode::parse("{}").is_err() && Activation::parse("{}").is_err());
        assert!(VersionHostname::parse(r#"{"cnameFrom":null}"#).is_err());
    }

    #[test]
    fn a_cp_code_of_the_other_api_takes_the_form_of_the_property_api() {
        let code = CpCode::parse_of_account(
            r#"{"cpcodeId":12345,"cpcodeName":"www","purgeable":true,"accountId":"1-ABC",
                "contracts":[{"contractId":"1-2","status":"ongoing"}],
                "products":[{"productId":"Web_App_Accel","productName":"x"},{"productId":null}]}"#,
        )
        .unwrap();
        assert_eq!(code.id, "cpc_12345");
        let json =
            r#"{"cpcodeId":"cpc_12345","cpcodeName":"www","productIds":["prd_Web_App_Accel"]}"#;
        assert_eq!(code.json, json);
        assert!(CpCode::parse_of_account(r#"{"cpcodeName":"www"}"#).is_err());
    }

    #[test]
    fn contracts_of_a_group_always_have_their_prefix() {
        let group = Group::parse(
            r#"{"groupId":"grp_2","groupName":"x","parentGroupId":"grp_1","contractIds":["1-12345","ctr_C",null]}"#,
        )
        .unwrap();
        assert_eq!(group.contracts, ["ctr_1-12345", "ctr_C"]);
        assert_eq!(group.parent.as_deref(), Some("grp_1"));
        let bare = Group::parse(r#"{"groupId":"grp_1","contractIds":null}"#).unwrap();
        assert_eq!((bare.contracts.len(), bare.parent), (0, None));
    }
}
