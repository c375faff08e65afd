//! Hostnames in the API's two forms: those of a property version, and those active on a network (account-wide, or
//! in the bucket of one property).

use crate::domain::json::{compact, push_text};
use crate::domain::papi::tolerant::{ItemError, Number, Text, read};
use serde::Deserialize;

/// A hostname of one version of a property.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VersionHostname {
    /// The hostname (`cnameFrom`) as the API writes it.
    pub name: String,
    /// The item as compact JSON.
    pub json: String,
}

/// A hostname that is active on a network, from an account-wide list or a property's bucket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActiveHostname {
    /// The hostname (`cnameFrom`) as the API writes it.
    pub name: String,
    /// Id of the property that serves it.
    pub property_id: String,
    /// Contract and group of its property, if the item names both.
    pub within: Option<(String, String)>,
    /// The newest version of its property, if the item names it.
    pub latest: Option<u32>,
    /// True if it is active on staging.
    pub staging: bool,
    /// True if it is active in production.
    pub production: bool,
    /// The item in the form of a version's hostname, if it is active.
    item: Option<String>,
}

impl VersionHostname {
    /// Parses one item.
    pub fn parse(json: &str) -> Result<Self, ItemError> {
        let item: HostnameFields = read(json)?;
        Ok(Self {
            name: item.cname_from.required("cnameFrom")?,
            json: compact(json),
        })
    }
}

impl ActiveHostname {
    /// Parses one item of an account-wide list, which names its property.
    pub fn parse(json: &str) -> Result<Self, ItemError> {
        let item: HostnameFields = read(json)?;
        let property = item.property_id.clone().required("propertyId")?;
        item.active(property)
    }

    /// Parses one item of the bucket of `property`, which need not name the property.
    pub fn parse_of(property: &str, json: &str) -> Result<Self, ItemError> {
        read::<HostnameFields>(json)?.active(property.to_owned())
    }

    /// Merges two rows of one hostname: the item is production's, if one of the rows is about production.
    pub fn merged(self, other: Self) -> Self {
        let (strong, weak) = if other.production && !self.production {
            (other, self)
        } else {
            (self, other)
        };
        Self {
            staging: strong.staging || weak.staging,
            latest: strong.latest.or(weak.latest),
            item: strong.item.or(weak.item),
            ..strong
        }
    }

    /// Returns the item in the form of a version's hostname (`cnameType`, `edgeHostnameId`, `cnameFrom`, `cnameTo`,
    /// `certProvisioningType`; fields that the API does not give are left out), taken from production, else from
    /// staging; `None` if it is active on neither.
    pub fn as_version_item(&self) -> Option<&str> {
        self.item.as_deref()
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
    latest_version: Number,
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

    fn version_item(&self, staging: bool, production: bool) -> Option<String> {
        let network = match (staging, production) {
            (_, true) => self.production(),
            (true, false) => self.staging(),
            (false, false) => return None,
        };
        // Fields that the API does not give are left out.
        let fields = [
            (
                "cnameType",
                network.cname_type.0.as_ref().or(self.cname_type.0.as_ref()),
            ),
            ("edgeHostnameId", network.edge_hostname_id.0.as_ref()),
            ("cnameFrom", self.cname_from.0.as_ref()),
            ("cnameTo", network.cname_to.0.as_ref()),
            ("certProvisioningType", network.cert_type.0.as_ref()),
        ];
        let given = || {
            fields
                .iter()
                .filter_map(|(name, text)| Some((*name, text.as_deref()?)))
        };
        let bytes = given()
            .map(|(name, text)| name.len() + text.len() + 6)
            .sum::<usize>();
        // An account has many: each takes no more memory than it needs.
        let mut item = String::with_capacity(bytes + 1);
        item.push('{');
        for (name, text) in given() {
            push_text(&mut item, name, text);
        }
        item.push('}');
        Some(item)
    }

    fn active(self, property_id: String) -> Result<ActiveHostname, ItemError> {
        let staging = self.staging().is_active();
        let production = self.production().is_active();
        Ok(ActiveHostname {
            item: self.version_item(staging, production),
            staging,
            production,
            latest: self.latest_version.0,
            within: self
                .contract_id
                .0
                .zip(self.group_id.0)
                .map(|(contract, group)| (contract.into(), group.into())),
            name: self.cname_from.required("cnameFrom")?,
            property_id,
        })
    }
}

impl NetworkFields<'_> {
    fn is_active(&self) -> bool {
        self.edge_hostname_id.0.is_some() || self.cname_to.0.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_active_hostname_becomes_a_versions_item_from_production_else_from_staging() {
        let parse = |json: &str| ActiveHostname::parse(json).unwrap();
        let staging = r#""stagingCertType":"DEFAULT","stagingCnameType":"EDGE_HOSTNAME","stagingCnameTo":"s.example","stagingEdgeHostnameId":"ehn_1""#;
        let both = parse(&format!(
            r#"{{"propertyId":"prp_1","cnameFrom":"A.b",{staging},"productionCertType":"CPS_MANAGED","productionCnameType":"EDGE_HOSTNAME","productionCnameTo":"p.example","productionEdgeHostnameId":"ehn_2"}}"#
        ));
        assert_eq!((both.staging, both.production), (true, true));
        assert_eq!(
            both.as_version_item().unwrap(),
            r#"{"cnameType":"EDGE_HOSTNAME","edgeHostnameId":"ehn_2","cnameFrom":"A.b","cnameTo":"p.example","certProvisioningType":"CPS_MANAGED"}"#
        );
        let one = parse(&format!(
            r#"{{"propertyId":"prp_1","cnameFrom":"a.b",{staging},"productionEdgeHostnameId":null,"productionCnameTo":null}}"#
        ));
        assert_eq!((one.staging, one.production), (true, false));
        assert_eq!(
            one.as_version_item().unwrap(),
            r#"{"cnameType":"EDGE_HOSTNAME","edgeHostnameId":"ehn_1","cnameFrom":"a.b","cnameTo":"s.example","certProvisioningType":"DEFAULT"}"#
        );
        let none = parse(r#"{"propertyId":"prp_1","cnameFrom":"a.b"}"#);
        assert_eq!(none.as_version_item(), None);
    }

    #[test]
    fn two_rows_of_one_name_become_one_item_in_either_order() {
        let parse = |json: &str| ActiveHostname::parse(json).unwrap();
        let staging = parse(
            r#"{"propertyId":"prp_1","cnameFrom":"a.b","latestVersion":3,"stagingCnameTo":"s.example","productionCnameTo":null,"cnameType":"OLD"}"#,
        );
        let production = parse(
            r#"{"propertyId":"prp_1","cnameFrom":"a.b","productionCnameTo":"p.example","stagingCnameTo":null,"cnameType":"EDGE_HOSTNAME"}"#,
        );
        let merged = staging.clone().merged(production.clone());
        assert_eq!(merged, production.merged(staging));
        assert_eq!((merged.staging, merged.production), (true, true));
        assert_eq!(merged.latest, Some(3));
        assert_eq!(
            merged.as_version_item().unwrap(),
            r#"{"cnameType":"EDGE_HOSTNAME","cnameFrom":"a.b","cnameTo":"p.example"}"#
        );
    }

    #[test]
    fn a_buckets_item_belongs_to_its_property_and_has_one_type_for_both_networks() {
        let json = r#"{"cnameFrom":"a.b","cnameType":"EDGE_HOSTNAME","productionEdgeHostnameId":"ehn_2","productionCertType":"DEFAULT"}"#;
        assert_eq!(
            ActiveHostname::parse(json),
            Err(ItemError("an item without `propertyId`".into()))
        );
        let item = ActiveHostname::parse_of("prp_9", json).unwrap();
        assert_eq!(item.property_id, "prp_9");
        assert_eq!(
            item.as_version_item().unwrap(),
            r#"{"cnameType":"EDGE_HOSTNAME","edgeHostnameId":"ehn_2","cnameFrom":"a.b","certProvisioningType":"DEFAULT"}"#
        );
    }
}
