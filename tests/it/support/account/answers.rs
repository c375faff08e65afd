//! The account's response to each call of the property API.

use super::{Account, Property, Question, Reply, mix};
use serde_json::{Map, Value, json};

impl Account {
    /// Returns the response for credentials that may make the call.
    pub fn reply(&self, question: &Question) -> Reply {
        if question.path == "/cprg/v1/cpcodes" {
            return self.all_cpcodes();
        }
        let Some(rest) = question.path.strip_prefix("/papi/v1/") else {
            return not_found();
        };
        let segments: Vec<&str> = rest.split('/').collect();
        match (question.method, segments.as_slice()) {
            ("GET", ["groups"]) => self.group_list(),
            ("GET", ["contracts"]) => self.contract_list(),
            ("GET", ["properties"]) => self.property_list(question),
            ("GET", ["cpcodes"]) => self.cpcode_list(question),
            ("GET", ["hostnames"]) => self.active_hostnames(question),
            ("GET", ["properties", id, below @ ..]) => match self.property(id) {
                Some(property) if self.may_see(property) && is_within(question, property) => {
                    self.of_property(question, property, below)
                }
                Some(property) if self.may_see(property) && self.misplaced == 404 => not_found(),
                Some(_) => forbidden(),
                None => not_found(),
            },
            ("POST", ["search", "find-by-value"]) => self.search(question.body),
            _ => not_found(),
        }
    }

    fn may_see(&self, property: &Property) -> bool {
        !self.forbidden.contains(&property.group)
    }

    fn group_list(&self) -> Reply {
        let listed = self.groups.iter();
        let listed = listed.filter(|group| !self.hidden.contains(&group.id));
        let items = listed.map(|group| {
            let mut item = Map::new();
            item.insert("groupId".into(), json!(group.id));
            item.insert("groupName".into(), json!(group.name));
            if let Some(parent) = &group.parent {
                item.insert("parentGroupId".into(), json!(parent));
            }
            // The published example has them without their prefix.
            let bare = group
                .contracts
                .iter()
                .map(|id| id.trim_start_matches("ctr_"));
            item.insert("contractIds".into(), bare.collect());
            Value::Object(item)
        });
        let items: Vec<_> = items.collect();
        let body =
            json!({"accountId": self.id, "accountName": "Example", "groups": {"items": items}});
        (200, body)
    }

    fn contract_list(&self) -> Reply {
        let items = self.contracts.iter();
        let items: Vec<_> = items
            .map(|id| json!({"contractId": id, "contractTypeName": "DIRECT_CUSTOMER"}))
            .collect();
        (
            200,
            json!({"accountId": self.id, "contracts": {"items": items}}),
        )
    }

    fn property_list(&self, question: &Question) -> Reply {
        let shown: Vec<&Property> = if question.get("modifiedSince").is_some() {
            match self.modified(question) {
                Ok(shown) => shown,
                Err(reply) => return reply,
            }
        } else {
            let (contract, group) = match self.within(question) {
                Ok(within) => within,
                Err(reply) => return reply,
            };
            let listed = self.properties.iter().filter(|property| {
                property.contract == contract
                    && (property.group == group || property.also_in.iter().any(|id| id == group))
            });
            listed.collect()
        };
        let items: Vec<_> = shown
            .into_iter()
            .map(|property| self.property_item(property))
            .collect();
        (200, json!({"properties": {"items": items}}))
    }

    /// Returns the properties modified on a network in the requested time.
    fn modified(&self, question: &Question) -> Result<Vec<&Property>, Reply> {
        let since = question.get("modifiedSince").unwrap_or_default();
        let span: jiff::SignedDuration = since
            .parse()
            .map_err(|_| bad_request("`modifiedSince` is no duration"))?;
        let (staging, production) = match question.get("modifiedNetwork") {
            Some("STAGING") => (true, false),
            Some("PRODUCTION") => (false, true),
            Some("BOTH") => (true, true),
            _ => return Err(bad_request("`modifiedNetwork` is required")),
        };
        let after = question.now - span;
        let recent = |moment: Option<jiff::Timestamp>| moment.is_some_and(|at| at >= after);
        let shown = self.properties.iter().filter(|property| {
            let modified = &property.modified;
            self.may_see(property)
                && (staging && recent(modified.staging)
                    || production && recent(modified.production)
                    || self.modified_drafts && recent(modified.draft))
        });
        Ok(shown.collect())
    }

    /// The account-wide CP codes of the other API: one call, ids without prefixes.
    fn all_cpcodes(&self) -> Reply {
        if !self.cpcode_grant {
            return problem(
                403,
                "-/pep-authz/deny",
                "Forbidden",
                "The client does not have the grant needed for the request",
            );
        }
        let readable = self.groups.iter();
        let readable = readable.filter(|group| !self.forbidden.contains(&group.id));
        let items: Vec<_> = readable
            .filter_map(|group| {
                let contract = group.contracts.first()?;
                let number: u64 = group.id.trim_start_matches("grp_").parse().ok()?;
                Some(json!({
                    "cpcodeId": number, "cpcodeName": format!("code of {}", group.id), "purgeable": true,
                    "accountId": self.id.trim_start_matches("act_"),
                    "defaultTimezone": "GMT 0 (Greenwich Mean Time)", "type": "Regular",
                    "contracts": [{"contractId": contract.trim_start_matches("ctr_"), "status": "ongoing"}],
                    "products": [{"productId": "Web_App_Accel", "productName": "Web App Accel"}],
                }))
            })
            .collect();
        (200, json!({"cpcodes": items}))
    }

    fn cpcode_list(&self, question: &Question) -> Reply {
        let (contract, group) = match self.within(question) {
            Ok(within) => within,
            Err(reply) => return reply,
        };
        let number = group.trim_start_matches("grp_");
        let body = json!({
            "accountId": self.id, "contractId": contract, "groupId": group,
            "cpcodes": {"items": [{
                "cpcodeId": format!("cpc_{number}"), "cpcodeName": format!("code of {group}"),
                "createdDate": "2024-03-02T15:06:13Z", "productIds": ["prd_Web_App_Accel"],
            }]},
        });
        (200, body)
    }

    /// Returns contract and group, which the lists require.
    fn within<'q>(&self, question: &Question<'q>) -> Result<(&'q str, &'q str), Reply> {
        let required = |name| {
            let value = question.get(name);
            value.ok_or_else(|| bad_request(&format!("query parameter `{name}` is required")))
        };
        let (contract, group) = (required("contractId")?, required("groupId")?);
        if self.forbidden.iter().any(|id| id == group) {
            return Err(forbidden());
        }
        let known = self.groups.iter().any(|known| known.id == group);
        if known && self.contracts.iter().any(|known| known == contract) {
            Ok((contract, group))
        } else {
            Err(not_found())
        }
    }

    fn search(&self, body: &str) -> Reply {
        let Ok(Value::Object(wanted)) = serde_json::from_str(body) else {
            return bad_request("the body is no JSON object");
        };
        let text = |name: &str| wanted.get(name).and_then(Value::as_str);
        let has_draft = |property: &&Property| {
            let host = text("hostname").unwrap_or_default();
            property.has_draft() && property.draft_hostname() == host
        };
        if let Some(property) = self.properties.iter().find(has_draft) {
            let mut item = self.head(property);
            item.insert("propertyVersion".into(), json!(property.latest));
            item.insert("productionStatus".into(), json!("INACTIVE"));
            item.insert("stagingStatus".into(), json!("INACTIVE"));
            return (200, json!({"versions": {"items": [item]}}));
        }
        let found: Vec<&Property> = match (text("hostname"), text("propertyName")) {
            (Some(host), None) => {
                let mut of = self
                    .hostnames
                    .iter()
                    .filter(|hostname| hostname.name.eq_ignore_ascii_case(host));
                of.next()
                    .and_then(|hostname| self.property(&hostname.property))
                    .into_iter()
                    .collect()
            }
            (None, Some(name)) => self
                .properties
                .iter()
                .filter(|property| property.name == name)
                .collect(),
            _ => return bad_request("exactly one member is wanted"),
        };
        let items: Vec<_> = found
            .into_iter()
            .map(|property| {
                let mut item = self.head(property);
                item.insert(
                    "propertyVersion".into(),
                    json!(property.production.unwrap_or(property.latest)),
                );
                item.insert("productionStatus".into(), json!("ACTIVE"));
                item.insert("stagingStatus".into(), json!("ACTIVE"));
                item.insert("updatedByUser".into(), json!("jperez"));
                item.insert("updatedDate".into(), json!("2026-08-07T15:39:49Z"));
                Value::Object(item)
            })
            .collect();
        (200, json!({"versions": {"items": items}}))
    }
}

pub(super) fn edge_id(name: &str) -> String {
    let sum = name
        .bytes()
        .fold(0_u64, |sum, byte| mix(sum ^ u64::from(byte)));
    format!("ehn_{}", sum % 1_000_000)
}

pub(super) fn edge_name(name: &str) -> String {
    format!(
        "{}.edgekey.net",
        name.trim_start_matches("*.").to_lowercase()
    )
}

/// True if contract and group, when given, are the property's own.
fn is_within(question: &Question, property: &Property) -> bool {
    let contract = question.get("contractId");
    let group = question.get("groupId");
    contract.is_none_or(|id| id == property.contract)
        && group
            .is_none_or(|id| id == property.group || property.also_in.iter().any(|also| also == id))
}

/// Returns a problem body as in RFC 9457.
pub fn problem(status: u16, kind: &str, title: &str, detail: &str) -> Reply {
    let body = json!({
        "type": format!("https://problems.luna.akamaiapis.net/{kind}"), "title": title, "status": status,
        "detail": detail, "instance": "/papi/v1#0d1f2e3c",
    });
    (status, body)
}

pub(super) fn bad_request(detail: &str) -> Reply {
    problem(400, "papi/v0/http/bad-request", "Bad Request", detail)
}

fn forbidden() -> Reply {
    problem(
        403,
        "papi/v0/http/forbidden",
        "Forbidden",
        "you do not have access to this group",
    )
}

pub(super) fn not_found() -> Reply {
    problem(
        404,
        "papi/v0/http/not-found",
        "Not Found",
        "the system could not locate it",
    )
}
