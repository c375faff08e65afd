//! The lists of hostnames: pages, links, filters, and split rows.

use super::answers::{bad_request, edge_id, edge_name};
use super::{Account, Hostname, Links, PAGE, Property, Question, Reply};
use serde_json::{Map, Value, json};
use std::collections::HashMap;
use std::fmt::Write;

/// One row of a list: a hostname, its property, and the networks of this row.
#[derive(Clone, Copy)]
struct Row<'a> {
    hostname: &'a Hostname,
    property: &'a Property,
    staging: bool,
    production: bool,
}

impl Account {
    pub(super) fn active_hostnames(&self, question: &Question) -> Reply {
        let known: HashMap<_, _> = self
            .properties
            .iter()
            .map(|known| (known.id.as_str(), known))
            .collect();
        let rows = self.hostnames.iter().filter_map(|hostname| {
            let property = known.get(hostname.property.as_str())?;
            Some(rows(hostname, property))
        });
        let rows: Vec<Row> = rows.flatten().filter(|row| row.passes(question)).collect();
        self.page(question, &rows, Row::item)
    }

    pub(super) fn bucket_hostnames(&self, question: &Question, property: &Property) -> Reply {
        let rows: Vec<Row> = self
            .hostnames_of(property)
            .flat_map(|hostname| rows(hostname, property))
            .filter(|row| row.passes(question))
            .collect();
        self.page(question, &rows, Row::bucket_item)
    }

    pub(super) fn hostnames_of<'a>(
        &'a self,
        property: &'a Property,
    ) -> impl Iterator<Item = &'a Hostname> {
        self.hostnames
            .iter()
            .filter(|hostname| hostname.property == property.id)
    }

    fn page<'r>(
        &self,
        question: &Question,
        rows: &[Row<'r>],
        item: fn(&Row<'r>) -> Value,
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
        let total = rows.len();
        let shown: Vec<_> = rows.iter().skip(offset).take(limit).map(item).collect();
        let mut list = Map::new();
        if self.links != Links::None && offset + shown.len() < total {
            let mut link = format!("{}?offset={}", question.path, offset + shown.len());
            if self.links == Links::Whole {
                let _ = write!(link, "&limit={limit}");
            }
            list.insert("nextLink".into(), json!(link));
        }
        list.insert(
            "totalItems".into(),
            json!(self.claimed_total.unwrap_or(total)),
        );
        list.insert("currentItemCount".into(), json!(shown.len()));
        list.insert("items".into(), Value::Array(shown));
        let body = json!({
            "accountId": self.id, "currentSort": "hostname:a", "defaultSort": "hostname:a",
            "availableSort": ["hostname:a", "hostname:d"], "hostnames": list,
        });
        (200, body)
    }
}

/// Returns one row, or two if the networks are listed separately.
fn rows<'a>(hostname: &'a Hostname, property: &'a Property) -> impl Iterator<Item = Row<'a>> {
    let row = |staging, production| Row {
        hostname,
        property,
        staging,
        production,
    };
    let (staging, production) = (hostname.staging, hostname.production);
    let rows = if hostname.split && staging && production {
        vec![row(true, false), row(false, true)]
    } else {
        vec![row(staging, production)]
    };
    rows.into_iter()
}

impl Row<'_> {
    fn passes(&self, question: &Question) -> bool {
        let is = |name, value: &str| question.get(name).is_none_or(|wanted| wanted == value);
        let network = match question.get("network") {
            Some("STAGING") => self.staging,
            Some("PRODUCTION") => self.production,
            _ => true,
        };
        let name = |parameter, value: &str| {
            question
                .get(parameter)
                .is_none_or(|pattern| matches(pattern, value))
        };
        network
            && is("contractId", &self.property.contract)
            && is("groupId", &self.property.group)
            && name("hostname", &self.hostname.name)
            && name("cnameTo", &edge_name(&self.hostname.name))
    }

    fn item(&self) -> Value {
        let Self {
            hostname, property, ..
        } = self;
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
        item.insert("latestVersion".to_owned(), json!(property.latest));
        self.networks(&mut item);
        let kind = if property.bucket {
            "HOSTNAME_BUCKET"
        } else {
            "TRADITIONAL"
        };
        item.insert("propertyType".into(), json!(kind));
        Value::Object(item)
    }

    fn networks(&self, item: &mut Map<String, Value>) {
        let name = &self.hostname.name;
        for (network, active) in [("staging", self.staging), ("production", self.production)] {
            if active {
                for (field, value) in [
                    ("CertType", "CPS_MANAGED".to_owned()),
                    ("EdgeHostnameId", edge_id(name)),
                    ("CnameType", "EDGE_HOSTNAME".to_owned()),
                    ("CnameTo", edge_name(name)),
                ] {
                    item.insert(format!("{network}{field}"), json!(value));
                }
            }
        }
    }

    fn bucket_item(&self) -> Value {
        let mut item = Map::new();
        item.insert("cnameFrom".into(), json!(self.hostname.name));
        self.networks(&mut item);
        for name in ["stagingCnameType", "productionCnameType"] {
            item.shift_remove(name);
        }
        item.insert("cnameType".into(), json!("EDGE_HOSTNAME"));
        Value::Object(item)
    }
}

/// Matches a filter of the API: `*` is any text, case is ignored.
fn matches(pattern: &str, name: &str) -> bool {
    let (pattern, name) = (pattern.to_lowercase(), name.to_lowercase());
    let Some((first, rest)) = pattern.split_once('*') else {
        return pattern == name;
    };
    let Some(mut name) = name.strip_prefix(first) else {
        return false;
    };
    let mut parts: Vec<_> = rest.split('*').collect();
    let last = parts.pop().unwrap_or_default();
    for part in parts {
        match name.find(part) {
            Some(at) => name = &name[at + part.len()..],
            None => return false,
        }
    }
    name.ends_with(last)
}
