//! Hostnames in the API's two forms: those of a property version, and those that are active on a
//! network (account-wide, or in the bucket of one property).

use super::json::compact;
use super::lenient::{Flaw, Text, read};
use serde::Deserialize;

/// A hostname of one version of a property.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VersionHostname {
    /// The hostname (`cnameFrom`) as the API writes it.
    pub name: String,
    /// The item itself.
    pub json: String,
}

/// A hostname that is active on a network, from an account-wide list or a property's bucket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActiveHostname {
    /// The hostname (`cnameFrom`) as the API writes it.
    pub name: String,
    /// The property that serves it.
    pub property_id: String,
    /// `ctr_…`, where the item says it.
    pub contract: String,
    /// `grp_…`, where the item says it.
    pub group: String,
    /// It is active on staging.
    pub staging: bool,
    /// It is active in production.
    pub production: bool,
    /// The item itself.
    pub json: String,
}

impl VersionHostname {
    /// Reads one item.
    pub fn parse(json: &str) -> Result<Self, Flaw> {
        let item: HostnameFields = read(json)?;
        Ok(Self {
            name: item.cname_from.required("cnameFrom")?,
            json: compact(json),
        })
    }
}

impl ActiveHostname {
    /// Reads one item of an account-wide list, which names its property.
    pub fn parse(json: &str) -> Result<Self, Flaw> {
        let item: HostnameFields = read(json)?;
        let property = item.property_id.clone().required("propertyId")?;
        item.active(property, json)
    }

    /// Reads one item of the bucket of `property`, which need not name its property.
    pub fn parse_of(property: &str, json: &str) -> Result<Self, Flaw> {
        read::<HostnameFields>(json)?.active(property.to_owned(), json)
    }

    /// The item in the form of a version's hostname (`cnameType`, `edgeHostnameId`, `cnameFrom`,
    /// `cnameTo`, `certProvisioningType`; what the API does not say is left out), taken from
    /// production, else from staging; `None` where it is active on neither.
    #[must_use]
    pub fn as_version_item(&self) -> Option<String> {
        let item: HostnameFields = read(&self.json).ok()?;
        let network = if self.production {
            item.production()
        } else if self.staging {
            item.staging()
        } else {
            return None;
        };
        let fields = [
            ("cnameType", network.cname_type.0.or(item.cname_type.0)),
            ("edgeHostnameId", network.edge_hostname_id.0),
            ("cnameFrom", item.cname_from.0),
            ("cnameTo", network.cname_to.0),
            ("certProvisioningType", network.cert_type.0),
        ];
        let object: serde_json::Map<String, serde_json::Value> = fields
            .into_iter()
            .filter_map(|(name, value)| Some((name.to_owned(), value?.into_owned().into())))
            .collect();
        serde_json::to_string(&object).ok()
    }
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct HostnameFields<'a> {
    #[serde(borrow)]
    cname_from: Text<'a>,
    cname_type: Text<'a>,
    property_id: Text<'a>,
    contract_id: Text<'a>,
    group_id: Text<'a>,
    staging_cert_type: Text<'a>,
    staging_cname_type: Text<'a>,
    staging_cname_to: Text<'a>,
    staging_edge_hostname_id: Text<'a>,
    production_cert_type: Text<'a>,
    production_cname_type: Text<'a>,
    production_cname_to: Text<'a>,
    production_edge_hostname_id: Text<'a>,
}

struct NetworkFields<'a> {
    cert_type: Text<'a>,
    cname_type: Text<'a>,
    cname_to: Text<'a>,
    edge_hostname_id: Text<'a>,
}

impl<'a> HostnameFields<'a> {
    fn production(&self) -> NetworkFields<'a> {
        NetworkFields {
            cert_type: self.production_cert_type.clone(),
            cname_type: self.production_cname_type.clone(),
            cname_to: self.production_cname_to.clone(),
            edge_hostname_id: self.production_edge_hostname_id.clone(),
        }
    }

    fn staging(&self) -> NetworkFields<'a> {
        NetworkFields {
            cert_type: self.staging_cert_type.clone(),
            cname_type: self.staging_cname_type.clone(),
            cname_to: self.staging_cname_to.clone(),
            edge_hostname_id: self.staging_edge_hostname_id.clone(),
        }
    }

    fn active(self, property_id: String, json: &str) -> Result<ActiveHostname, Flaw> {
        Ok(ActiveHostname {
            staging: self.staging().is_active(),
            production: self.production().is_active(),
            name: self.cname_from.required("cnameFrom")?,
            property_id,
            contract: self.contract_id.or_empty(),
            group: self.group_id.or_empty(),
            json: compact(json),
        })
    }
}

impl NetworkFields<'_> {
    fn is_active(&self) -> bool {
        self.edge_hostname_id.0.is_some() || self.cname_to.0.is_some()
    }
}
