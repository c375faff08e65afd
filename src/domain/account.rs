//! What an account holds, as the Akamai property API tells it.
//!
//! Each item keeps the API's own JSON (`json`: compact, every field, in the API's order), because
//! that is what goes into the cache; beside it stand only the fields that decide where it goes.
//! Reading is lenient about what is missing, null or new, and strict about identifiers.

pub use super::hostname::{ActiveHostname, VersionHostname};
pub use super::lenient::Flaw;

use super::json::compact;
use super::lenient::{Number, Text, read};
use serde::Deserialize;
use std::borrow::Cow;

/// A property as the list of its group and contract shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Property {
    /// `prp_…`
    pub id: String,
    /// The name given by its owner; empty where the API gives none.
    pub name: String,
    /// `ctr_…`; empty where neither the item nor the question named it.
    pub contract: String,
    /// `grp_…`; empty where neither the item nor the question named it.
    pub group: String,
    /// The newest version, drafts included.
    pub latest: Option<u32>,
    /// The version active on staging.
    pub staging: Option<u32>,
    /// The version active in production.
    pub production: Option<u32>,
    /// Its hostnames live in a bucket beside its versions (`propertyType` is `HOSTNAME_BUCKET`).
    pub bucket: bool,
    /// The item itself.
    pub json: String,
}

/// A group of the account's tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// `grp_…`
    pub id: String,
    /// Its name.
    pub name: String,
    /// The group above it.
    pub parent: Option<String>,
    /// The contracts it uses, always with their `ctr_` prefix.
    pub contracts: Vec<String>,
    /// The item itself.
    pub json: String,
}

/// A contract.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contract {
    /// `ctr_…`
    pub id: String,
    /// The item itself.
    pub json: String,
}

/// A content provider code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CpCode {
    /// `cpc_…`
    pub id: String,
    /// The item itself.
    pub json: String,
}

/// An activation of a property version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Activation {
    /// `atv_…`
    pub id: String,
    /// The item itself.
    pub json: String,
}

/// A version of a property.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version {
    /// Its number.
    pub number: u32,
    /// The item itself.
    pub json: String,
}

impl Property {
    /// Reads one item.
    pub fn parse(json: &str) -> Result<Self, Flaw> {
        let item: PropertyFields = read(json)?;
        Ok(Self {
            id: item.property_id.required("propertyId")?,
            name: item.property_name.or_empty(),
            contract: item.contract_id.or_empty(),
            group: item.group_id.or_empty(),
            latest: item.latest_version.0,
            staging: item.staging_version.0,
            production: item.production_version.0,
            bucket: item.property_type.0.as_deref() == Some("HOSTNAME_BUCKET"),
            json: compact(json),
        })
    }
}

impl Group {
    /// Reads one item.
    pub fn parse(json: &str) -> Result<Self, Flaw> {
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
    /// Reads one item.
    pub fn parse(json: &str) -> Result<Self, Flaw> {
        let item: ContractFields = read(json)?;
        let id = item.contract_id.required("contractId")?;
        Ok(Self {
            id: with_prefix("ctr_", &id),
            json: compact(json),
        })
    }
}

impl CpCode {
    /// Reads one item.
    pub fn parse(json: &str) -> Result<Self, Flaw> {
        let item: CpCodeFields = read(json)?;
        Ok(Self {
            id: item.cpcode_id.required("cpcodeId")?,
            json: compact(json),
        })
    }
}

impl Activation {
    /// Reads one item.
    pub fn parse(json: &str) -> Result<Self, Flaw> {
        let item: ActivationFields = read(json)?;
        Ok(Self {
            id: item.activation_id.required("activationId")?,
            json: compact(json),
        })
    }
}

impl Version {
    /// Reads one item.
    pub fn parse(json: &str) -> Result<Self, Flaw> {
        let item: VersionFields = read(json)?;
        Ok(Self {
            number: item
                .property_version
                .0
                .ok_or_else(|| Flaw("an item without `propertyVersion`".into()))?,
            json: compact(json),
        })
    }
}

/// The identifier with its prefix, whether it came with or without.
#[must_use]
pub fn with_prefix(prefix: &str, id: &str) -> String {
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
struct ContractFields<'a> {
    #[serde(borrow)]
    contract_id: Text<'a>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct CpCodeFields<'a> {
    #[serde(borrow)]
    cpcode_id: Text<'a>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct ActivationFields<'a> {
    #[serde(borrow)]
    activation_id: Text<'a>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct VersionFields {
    property_version: Number,
}
