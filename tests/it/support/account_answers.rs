//! How an account answers each question of the property API.

use super::{Account, Hostname, PAGE, Property, Question, Reply, mix};
use serde_json::{Map, Value, json};
use std::collections::HashMap;

impl Account {
    /// The answer to a question, as the API gives it to credentials that may ask it.
    pub fn reply(&self, question: &Question) -> Reply {
        let Some(rest) = question.path.strip_prefix("/papi/v1/") else {
            return not_found();
        };
        let segments: Vec<&str> = rest.split('/').collect();
        match (question.method, segments.as_slice()) {
            ("GET", ["groups"]) => self.group_list(),
            ("GET", ["contracts"]) => self.contract_list(),
            ("GET", ["properties"]) => self.property_list(question),
            ("GET", ["cpcodes"]) => self.cpcode_list(question),
            ("GET", ["hostnames"]) => {
                let known: HashMap<_, _> = self
                    .properties
                    .iter()
                    .map(|known| (known.id.as_str(), known))
                    .collect();
                let items = self.hostnames.iter();
                let items = items.filter_map(|hostname| {
                    Some((hostname, *known.get(hostname.property.as_str())?))
                });
                self.page(question, items.collect(), active)
            }
            ("GET", ["properties", id, below @ ..]) => match self.property(id) {
                Some(property) if self.may_see(property) => {
                    self.of_property(question, property, below)
                }
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

    fn account_id(&self) -> String {
        format!("act_A-CCT{}", self.seed)
    }

    fn group_list(&self) -> Reply {
        let items = self.groups.iter().map(|group| {
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
        let body = json!({"accountId": self.account_id(), "accountName": "Example", "groups": {"items": items}});
        (200, body)
    }

    fn contract_list(&self) -> Reply {
        let items = self.contracts.iter();
        let items: Vec<_> = items
            .map(|id| json!({"contractId": id, "contractTypeName": "DIRECT_CUSTOMER"}))
            .collect();
        (
            200,
            json!({"accountId": self.account_id(), "contracts": {"items": items}}),
        )
    }

    fn property_list(&self, question: &Question) -> Reply {
        let shown: Vec<&Property> = if question.get("modifiedSince").is_some() {
            self.properties
                .iter()
                .filter(|property| property.modified && self.may_see(property))
                .collect()
        } else {
            let (contract, group) = match self.within(question) {
                Ok(within) => within,
                Err(reply) => return reply,
            };
            self.properties
                .iter()
                .filter(|property| property.contract == contract)
                .filter(|property| {
                    property.group == group || property.also_in.iter().any(|id| id == group)
                })
                .collect()
        };
        let items: Vec<_> = shown
            .into_iter()
            .map(|property| self.property_item(property))
            .collect();
        (200, json!({"properties": {"items": items}}))
    }

    fn cpcode_list(&self, question: &Question) -> Reply {
        let (contract, group) = match self.within(question) {
            Ok(within) => within,
            Err(reply) => return reply,
        };
        let number = group.trim_start_matches("grp_");
        let body = json!({
            "accountId": self.account_id(), "contractId": contract, "groupId": group,
            "cpcodes": {"items": [{
                "cpcodeId": format!("cpc_{number}"), "cpcodeName": format!("code of {group}"),
                "createdDate": "2024-03-02T15:06:13Z", "productIds": ["prd_Web_App_Accel"],
            }]},
        });
        (200, body)
    }

    /// Contract and group, which the lists require.
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

    fn of_property(&self, question: &Question, property: &Property, below: &[&str]) -> Reply {
        let version = |text: &str| {
            let number = text.parse().ok();
            number.filter(|number| (1..=property.latest).contains(number))
        };
        match below {
            [] => (
                200,
                json!({"properties": {"items": [self.property_item(property)]}}),
            ),
            ["hostnames"] if property.bucket => {
                let items = self
                    .hostnames_of(property)
                    .map(|hostname| (hostname, property));
                self.page(question, items.collect(), |hostname, property| {
                    bucket_item(active(hostname, property))
                })
            }
            ["hostnames"] => bad_request("the property has no hostname bucket"),
            ["versions"] => self.versions(question, property),
            ["versions", number, "hostnames"] => match version(number) {
                Some(number) => self.version_hostnames(property, number),
                None => not_found(),
            },
            ["versions", number, "rules"] => match version(number) {
                Some(number) => self.rules(property, number),
                None => not_found(),
            },
            ["activations"] => self.activations(property),
            _ => not_found(),
        }
    }

    fn property_item(&self, property: &Property) -> Value {
        let mut item = Map::new();
        let mut put = |name: &str, value: Value| {
            if !(property.terse && value.is_null()) {
                item.insert(name.to_owned(), value);
            }
        };
        put("accountId", json!(self.account_id()));
        put("contractId", json!(property.contract));
        put("groupId", json!(property.group));
        put("propertyId", json!(property.id));
        put("propertyName", json!(property.name));
        put("latestVersion", json!(property.latest));
        put("stagingVersion", json!(property.staging));
        put("productionVersion", json!(property.production));
        put("assetId", json!(property.id.replace("prp_", "aid_")));
        put(
            "note",
            if property.terse {
                Value::Null
            } else {
                json!(format!("Notes about {}", property.name))
            },
        );
        if property.bucket {
            put("propertyType", json!("HOSTNAME_BUCKET"));
        } else if !property.terse {
            put("propertyType", json!("TRADITIONAL"));
        }
        Value::Object(item)
    }

    fn hostnames_of<'a>(&'a self, property: &'a Property) -> impl Iterator<Item = &'a Hostname> {
        self.hostnames
            .iter()
            .filter(|hostname| hostname.property == property.id)
    }

    fn page(
        &self,
        question: &Question,
        items: Vec<(&Hostname, &Property)>,
        item: fn(&Hostname, &Property) -> Value,
    ) -> Reply {
        let longest = PAGE;
        let number = |name, default| match question.get(name) {
            None => Ok(default),
            Some(text) => text
                .parse::<usize>()
                .map_err(|_| bad_request(&format!("`{name}` is no number"))),
        };
        let (offset, limit) = match (number("offset", 0), number("limit", longest)) {
            (Ok(offset), Ok(limit)) => (offset, limit),
            (Err(reply), _) | (_, Err(reply)) => return reply,
        };
        if limit == 0 || limit > longest {
            return bad_request(&format!("`limit` must be between 1 and {longest}"));
        }
        let total = items.len();
        let shown = items.into_iter().skip(offset).take(limit);
        let shown: Vec<_> = shown
            .map(|(hostname, property)| item(hostname, property))
            .collect();
        let mut list = Map::new();
        if self.next_links && offset + shown.len() < total {
            let link = format!(
                "{}?offset={}&limit={limit}",
                question.path,
                offset + shown.len()
            );
            list.insert("nextLink".into(), json!(link));
        }
        list.insert(
            "totalItems".into(),
            json!(self.claimed_total.unwrap_or(total)),
        );
        list.insert("currentItemCount".into(), json!(shown.len()));
        list.insert("items".into(), Value::Array(shown));
        let body = json!({
            "accountId": self.account_id(), "currentSort": "hostname:a", "defaultSort": "hostname:a",
            "availableSort": ["hostname:a", "hostname:d"], "hostnames": list,
        });
        (200, body)
    }

    /// What an answer about a property begins with.
    fn head(&self, property: &Property) -> Map<String, Value> {
        let mut head = Map::new();
        head.insert("accountId".into(), json!(self.account_id()));
        head.insert("contractId".into(), json!(property.contract));
        head.insert("groupId".into(), json!(property.group));
        head.insert("propertyId".into(), json!(property.id));
        head.insert("propertyName".into(), json!(property.name));
        head
    }

    fn versions(&self, question: &Question, property: &Property) -> Reply {
        let limit = question
            .get("limit")
            .and_then(|text| text.parse().ok())
            .unwrap_or(500);
        let status = |active: Option<u32>, number| {
            if active == Some(number) {
                "ACTIVE"
            } else {
                "INACTIVE"
            }
        };
        let items: Vec<_> = (1..=property.latest)
            .rev()
            .take(limit)
            .map(|number| {
                json!({
                    "propertyVersion": number, "updatedByUser": "jperez", "updatedDate": "2026-05-10T19:06:13Z",
                    "productionStatus": status(property.production, number),
                    "stagingStatus": status(property.staging, number),
                    "etag": etag(property, number), "productId": "prd_Alta", "note": "updated caching",
                })
            })
            .collect();
        let mut body = self.head(property);
        body.insert("versions".into(), json!({"items": items}));
        (200, Value::Object(body))
    }

    fn version_hostnames(&self, property: &Property, number: u32) -> Reply {
        let mut names: Vec<String> = self
            .hostnames_of(property)
            .map(|hostname| hostname.name.clone())
            .collect();
        // A draft has what no network has yet.
        if number > property.production.max(property.staging).unwrap_or(0) {
            names.push(format!(
                "draft.{}.example.com",
                property.id.replace('_', "-")
            ));
        }
        let items: Vec<_> = names
            .iter()
            .map(|name| {
                json!({
                    "cnameType": "EDGE_HOSTNAME", "edgeHostnameId": edge_id(name), "cnameFrom": name,
                    "cnameTo": edge_name(name), "certProvisioningType": "CPS_MANAGED",
                })
            })
            .collect();
        let mut body = self.head(property);
        body.insert("propertyVersion".into(), json!(number));
        body.insert("etag".into(), json!(etag(property, number)));
        body.insert("hostnames".into(), json!({"items": items}));
        (200, Value::Object(body))
    }

    fn rules(&self, property: &Property, number: u32) -> Reply {
        let mut body = self.head(property);
        body.insert("propertyVersion".into(), json!(number));
        body.insert("etag".into(), json!(etag(property, number)));
        body.insert("ruleFormat".into(), json!("v2026-02-16"));
        let origin = format!("origin-{}.example.com", property.id);
        let rules = json!({
            "name": "default", "options": {"is_secure": true}, "criteria": [],
            "behaviors": [{"name": "origin", "options": {"hostname": origin, "httpPort": 80, "ttl": 1.0}}],
            "children": [{"name": "Offload", "criteria": [], "children": [], "behaviors": [
                {"name": "caching", "options": {"behavior": "MAX_AGE", "ttl": "1d"}},
            ]}],
        });
        body.insert("rules".into(), rules);
        (200, Value::Object(body))
    }

    fn activations(&self, property: &Property) -> Reply {
        let active = [
            ("STAGING", property.staging),
            ("PRODUCTION", property.production),
        ];
        let items: Vec<_> = active
            .iter()
            .filter_map(|(network, version)| {
                Some(json!({
                    "activationId": format!("atv_{}{}", property.id.trim_start_matches("prp_"), network.len()),
                    "propertyName": property.name, "propertyId": property.id, "propertyVersion": (*version)?,
                    "network": network, "activationType": "ACTIVATE", "status": "ACTIVE",
                    "submitDate": "2026-03-02T02:22:12Z", "updateDate": "2026-03-01T21:12:57Z",
                    "note": "", "notifyEmails": ["you@example.com"],
                }))
            })
            .collect();
        let mut body = self.head(property);
        body.insert("activations".into(), json!({"items": items}));
        (200, Value::Object(body))
    }

    fn search(&self, body: &str) -> Reply {
        let Ok(Value::Object(wanted)) = serde_json::from_str(body) else {
            return bad_request("the body is no JSON object");
        };
        let text = |name: &str| wanted.get(name).and_then(Value::as_str);
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

/// The item of the account-wide list.
fn active(hostname: &Hostname, property: &Property) -> Value {
    let mut item = Map::new();
    for (name, value) in [
        ("contractId", &property.contract),
        ("groupId", &property.group),
        ("propertyId", &property.id),
        ("propertyName", &property.name),
        ("cnameFrom", &hostname.name),
    ] {
        item.insert(name.to_owned(), json!(value));
    }
    for (network, active) in [
        ("staging", hostname.staging),
        ("production", hostname.production),
    ] {
        if active {
            item.insert(format!("{network}CertType"), json!("CPS_MANAGED"));
            item.insert(
                format!("{network}EdgeHostnameId"),
                json!(edge_id(&hostname.name)),
            );
            item.insert(format!("{network}CnameType"), json!("EDGE_HOSTNAME"));
            item.insert(
                format!("{network}CnameTo"),
                json!(edge_name(&hostname.name)),
            );
        }
    }
    let kind = if property.bucket {
        "HOSTNAME_BUCKET"
    } else {
        "TRADITIONAL"
    };
    item.insert("propertyType".into(), json!(kind));
    Value::Object(item)
}

fn bucket_item(item: Value) -> Value {
    let Value::Object(mut item) = item else {
        return item;
    };
    for name in [
        "contractId",
        "groupId",
        "propertyId",
        "propertyName",
        "propertyType",
        "stagingCnameType",
        "productionCnameType",
    ] {
        item.shift_remove(name);
    }
    item.insert("cnameType".into(), json!("EDGE_HOSTNAME"));
    Value::Object(item)
}

fn edge_id(name: &str) -> String {
    let sum = name
        .bytes()
        .fold(0_u64, |sum, byte| mix(sum ^ u64::from(byte)));
    format!("ehn_{}", sum % 1_000_000)
}

fn edge_name(name: &str) -> String {
    format!(
        "{}.edgekey.net",
        name.trim_start_matches("*.").to_lowercase()
    )
}

fn etag(property: &Property, number: u32) -> String {
    format!(
        "{:016x}",
        mix(u64::from(number) ^ mix(property.id.len() as u64))
    )
}

/// A body as RFC 9457 has it.
pub fn problem(status: u16, kind: &str, title: &str, detail: &str) -> Reply {
    let body = json!({
        "type": format!("https://problems.luna.akamaiapis.net/{kind}"), "title": title, "status": status,
        "detail": detail, "instance": "/papi/v1#0d1f2e3c",
    });
    (status, body)
}

fn bad_request(detail: &str) -> Reply {
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

fn not_found() -> Reply {
    problem(
        404,
        "papi/v0/http/not-found",
        "Not Found",
        "the system could not locate it",
    )
}
