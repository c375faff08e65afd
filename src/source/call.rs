//! The calls of the Property Manager API (PAPI) that this program makes, as values.

use crate::domain::key::Id;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use std::fmt;

/// Largest page of hostnames that the API returns.
pub(crate) const PAGE: u64 = 999;

/// A property and its location. Contract and group save the API a search, and some clients may not see the property
/// without them.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct PropertyRef {
    /// `prp_…`
    pub id: Id,
    /// Contract and group, if known.
    pub within: Option<(String, String)>,
}

impl PropertyRef {
    /// Returns a reference by id alone.
    pub fn new(id: Id) -> Self {
        Self { id, within: None }
    }
}

impl From<&crate::domain::papi::Property> for PropertyRef {
    fn from(property: &crate::domain::papi::Property) -> Self {
        let known = !property.contract.is_empty() && !property.group.is_empty();
        Self {
            id: property.id.clone(),
            within: known.then(|| (property.contract.to_string(), property.group.to_string())),
        }
    }
}

/// Criterion of the API's search.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum FindBy {
    /// Properties with a version that has this hostname.
    Hostname(String),
    /// Properties with this name.
    PropertyName(String),
}

/// Subset of the account's active hostnames.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum HostnameFilter {
    All,
    /// Hostnames matching this name; `*` matches anything.
    Named(String),
    /// Hostnames of the properties in a contract and group.
    Within(String, String),
}

/// One API call.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Call {
    /// All groups with their contracts.
    Groups,
    Contracts,
    /// The properties in a contract and group.
    Properties {
        /// `ctr_…`
        contract: String,
        /// `grp_…`
        group: String,
    },
    /// All properties modified on a network within a time span.
    ModifiedProperties {
        /// ISO 8601 duration, such as `PT15M`.
        since: String,
    },
    Property(PropertyRef),
    /// A page of the account's active hostnames.
    Hostnames {
        only: HostnameFilter,
        /// Index of the first item.
        offset: u64,
        /// Page size, at most [`PAGE`].
        limit: u64,
    },
    /// The hostnames of one version.
    VersionHostnames {
        property: PropertyRef,
        version: u32,
    },
    /// A page of the hostnames in a property's bucket.
    BucketHostnames {
        property: PropertyRef,
        /// Index of the first item.
        offset: u64,
        /// Page size, at most [`PAGE`].
        limit: u64,
    },
    /// The rule tree of one version.
    Rules {
        property: PropertyRef,
        version: u32,
    },
    Activations(PropertyRef),
    /// The CP codes (content provider codes) in a contract and group.
    CpCodes {
        /// `ctr_…`
        contract: String,
        /// `grp_…`
        group: String,
    },
    /// The CP codes of the whole account. They come from another API, which needs its own grant.
    AllCpCodes,
    /// The API's search.
    Search(FindBy),
}

impl Call {
    pub(super) fn method(&self) -> &'static str {
        match self {
            Self::Search(_) => "POST",
            _ => "GET",
        }
    }

    pub(super) fn body(&self) -> Option<String> {
        let Self::Search(by) = self else { return None };
        let (field, value) = match by {
            FindBy::Hostname(name) => ("hostname", name),
            FindBy::PropertyName(name) => ("propertyName", name),
        };
        Some(serde_json::json!({ field: value }).to_string())
    }

    /// Returns the percent-encoded path and query, without the account switch key.
    pub(super) fn path_and_query(&self) -> String {
        match self {
            Self::Groups => "/papi/v1/groups".to_owned(),
            Self::Contracts => "/papi/v1/contracts".to_owned(),
            Self::Properties { contract, group } => {
                path("/papi/v1/properties", &within(contract, group))
            }
            Self::ModifiedProperties { since } => path(
                "/papi/v1/properties",
                &[
                    ("modifiedSince", since.as_str()),
                    ("modifiedNetwork", "BOTH"),
                ],
            ),
            Self::Property(property) => property.path("", &[]),
            Self::Hostnames {
                only,
                offset,
                limit,
            } => {
                let page = [("offset", offset.to_string()), ("limit", limit.to_string())];
                let mut query = match only {
                    HostnameFilter::All => Vec::new(),
                    HostnameFilter::Named(name) => vec![("hostname", name.as_str())],
                    HostnameFilter::Within(contract, group) => {
                        vec![("contractId", contract.as_str()), ("groupId", group)]
                    }
                };
                query.extend(page.iter().map(|(field, number)| (*field, number.as_str())));
                path("/papi/v1/hostnames", &query)
            }
            Self::VersionHostnames { property, version } => property.path(
                &format!("/versions/{version}/hostnames"),
                &[("validateHostnames", "false")],
            ),
            Self::BucketHostnames {
                property,
                offset,
                limit,
            } => property.path(
                "/hostnames",
                &[
                    ("offset", &offset.to_string()),
                    ("limit", &limit.to_string()),
                ],
            ),
            Self::Rules { property, version } => property.path(
                &format!("/versions/{version}/rules"),
                &[("validateRules", "false")],
            ),
            Self::Activations(property) => property.path("/activations", &[]),
            Self::CpCodes { contract, group } => path("/papi/v1/cpcodes", &within(contract, group)),
            Self::AllCpCodes => "/cprg/v1/cpcodes".to_owned(),
            Self::Search(_) => "/papi/v1/search/find-by-value".to_owned(),
        }
    }
}

/// Formats method, path, query and body. This text identifies the call in messages and recordings.
impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.method(), self.path_and_query())?;
        match self.body() {
            Some(body) => write!(f, " {body}"),
            None => Ok(()),
        }
    }
}

impl PropertyRef {
    fn path(&self, below: &str, more: &[(&str, &str)]) -> String {
        let mut query = match &self.within {
            Some((contract, group)) => within(contract, group).to_vec(),
            None => Vec::new(),
        };
        query.extend_from_slice(more);
        // A segment of dots would climb in the path. No property has such an id, so ask for one that does not exist.
        let id = if self.id.bytes().all(|byte| byte == b'.') {
            "prp_".to_owned()
        } else {
            encode(&self.id)
        };
        path(&format!("/papi/v1/properties/{id}{below}"), &query)
    }
}

fn within<'a>(contract: &'a str, group: &'a str) -> [(&'static str, &'a str); 2] {
    [("contractId", contract), ("groupId", group)]
}

fn path(path: &str, query: &[(&str, &str)]) -> String {
    let mut out = path.to_owned();
    for (at, (name, value)) in query.iter().enumerate() {
        out.push(if at == 0 { '?' } else { '&' });
        out.push_str(name);
        out.push('=');
        out.push_str(&encode(value));
    }
    out
}

/// All characters but those that RFC 3986 calls unreserved.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// Percent-encodes everything but unreserved characters. Proxies then find nothing to normalize, which would break
/// the signature.
pub(super) fn encode(text: &str) -> String {
    utf8_percent_encode(text, ENCODED).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_call_asks_for_its_path_and_what_it_requires() {
        let property = PropertyRef {
            id: Id::new("prp_1").unwrap(),
            within: Some(("ctr_C-1".into(), "grp_2".into())),
        };
        let lines: Vec<String> = [
            Call::Groups,
            Call::Contracts,
            Call::Properties {
                contract: "ctr_C-1".into(),
                group: "grp_2".into(),
            },
            Call::ModifiedProperties {
                since: "PT15M".into(),
            },
            Call::Property(property.clone()),
            Call::Property(PropertyRef::new(Id::new("prp/../1?x").unwrap())),
            Call::Property(PropertyRef::new(Id::new("..").unwrap())),
            Call::Hostnames {
                only: HostnameFilter::All,
                offset: 999,
                limit: PAGE,
            },
            Call::Hostnames {
                only: HostnameFilter::Named("*.example.com".into()),
                offset: 0,
                limit: PAGE,
            },
            Call::Hostnames {
                only: HostnameFilter::Within("ctr_C-1".into(), "grp_2".into()),
                offset: 0,
                limit: PAGE,
            },
            Call::VersionHostnames {
                property: property.clone(),
                version: 3,
            },
            Call::BucketHostnames {
                property: property.clone(),
                offset: 0,
                limit: PAGE,
            },
            Call::Rules {
                property: property.clone(),
                version: 3,
            },
            Call::Activations(property),
            Call::CpCodes {
                contract: "ctr_C-1".into(),
                group: "grp 2&x=é".into(),
            },
            Call::AllCpCodes,
            Call::Search(FindBy::Hostname("www.\"é".into())),
            Call::Search(FindBy::PropertyName("a".into())),
        ]
        .iter()
        .map(ToString::to_string)
        .collect();
        assert_eq!(
            lines,
            [
                "GET /papi/v1/groups",
                "GET /papi/v1/contracts",
                "GET /papi/v1/properties?contractId=ctr_C-1&groupId=grp_2",
                "GET /papi/v1/properties?modifiedSince=PT15M&modifiedNetwork=BOTH",
                "GET /papi/v1/properties/prp_1?contractId=ctr_C-1&groupId=grp_2",
                "GET /papi/v1/properties/prp%2F..%2F1%3Fx",
                "GET /papi/v1/properties/prp_",
                "GET /papi/v1/hostnames?offset=999&limit=999",
                "GET /papi/v1/hostnames?hostname=%2A.example.com&offset=0&limit=999",
                "GET /papi/v1/hostnames?contractId=ctr_C-1&groupId=grp_2&offset=0&limit=999",
                "GET /papi/v1/properties/prp_1/versions/3/hostnames?contractId=ctr_C-1&groupId=grp_2&validateHostnames=false",
                "GET /papi/v1/properties/prp_1/hostnames?contractId=ctr_C-1&groupId=grp_2&offset=0&limit=999",
                "GET /papi/v1/properties/prp_1/versions/3/rules?contractId=ctr_C-1&groupId=grp_2&validateRules=false",
                "GET /papi/v1/properties/prp_1/activations?contractId=ctr_C-1&groupId=grp_2",
                "GET /papi/v1/cpcodes?contractId=ctr_C-1&groupId=grp%202%26x%3D%C3%A9",
                "GET /cprg/v1/cpcodes",
                "POST /papi/v1/search/find-by-value {\"hostname\":\"www.\\\"é\"}",
                "POST /papi/v1/search/find-by-value {\"propertyName\":\"a\"}",
            ]
        );
    }
}
