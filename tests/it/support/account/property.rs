//! Calls about one property: itself, its versions, hostnames, rules, activations.

use super::answers::{bad_request, edge_id, edge_name, not_found};
use super::{Account, Property, Question, Reply, mix};
use serde_json::{Map, Value, json};

impl Account {
    pub(super) fn of_property(
        &self,
        question: &Question,
        property: &Property,
        below: &[&str],
    ) -> Reply {
        let version = |text: &str| {
            let number = text.parse().ok();
            number.filter(|number| (1..=property.latest).contains(number))
        };
        match below {
            [] => (
                200,
                json!({"properties": {"items": [self.property_item(property)]}}),
            ),
            ["hostnames"] if property.bucket => self.bucket_hostnames(question, property),
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

    pub(super) fn property_item(&self, property: &Property) -> Value {
        let mut item = Map::new();
        let mut put = |name: &str, value: Value| {
            if !(property.terse && value.is_null()) {
                item.insert(name.to_owned(), value);
            }
        };
        put("accountId", json!(self.id));
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

    /// Returns the fields that every response about a property starts with.
    pub(super) fn head(&self, property: &Property) -> Map<String, Value> {
        let mut head = Map::new();
        head.insert("accountId".into(), json!(self.id));
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
        // An active version has its network's hostnames.
        let (staging, production) = (property.staging, property.production);
        let has = |hostname: &&super::Hostname| match Some(number) {
            _ if staging == production => true,
            active if active == production => hostname.production,
            active if active == staging => hostname.staging,
            _ => true,
        };
        let mut names: Vec<String> = self
            .hostnames_of(property)
            .filter(has)
            .map(|hostname| hostname.name.clone())
            .collect();
        // A draft has a hostname that no network has yet.
        if number == property.latest && property.has_draft() {
            names.push(property.draft_hostname());
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
}

impl Property {
    pub(super) fn has_draft(&self) -> bool {
        self.latest > self.production.max(self.staging).unwrap_or(0)
    }

    /// Returns the hostname that only a draft has.
    pub fn draft_hostname(&self) -> String {
        format!("draft.{}.example.com", self.id.replace('_', "-"))
    }
}

fn etag(property: &Property, number: u32) -> String {
    format!(
        "{:016x}",
        mix(u64::from(number) ^ mix(property.id.len() as u64))
    )
}
