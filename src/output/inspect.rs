//! How one key, or a list of keys, is told.

use super::document::Customers;
use super::escape::escape;
use super::human;
use super::stream::{Error, Output};
use super::table::{Column, Rows};
use crate::domain::inspect::Freshness;
use crate::domain::ttl::Ttl;
use serde::Serialize;
use serde_json::{Value, json};
use std::time::Duration;

/// One key, ready to be told.
#[derive(Debug, Serialize)]
pub struct Inspected {
    /// The whole key.
    pub key: String,
    /// First word behind the customer; `None` where the scheme does not know the key.
    pub resource: Option<String>,
    /// What the resource is of.
    pub id: Option<String>,
    /// What stands behind the id.
    pub sub: Vec<String>,
    /// Type in Valkey.
    #[serde(rename = "type")]
    pub kind: String,
    /// Encoding in Valkey, where the server tells.
    pub encoding: Option<String>,
    /// Bytes of a string, members of anything else.
    pub size: Option<u64>,
    /// Memory that it takes, where the server tells.
    pub memory_bytes: Option<u64>,
    /// Seconds left; `None` never expires.
    pub ttl_seconds: Option<u64>,
    /// Seconds that the policy gives it.
    pub policy_ttl_seconds: Option<u64>,
    /// Judged against the policy.
    pub freshness: Freshness,
    /// Less than a twentieth of its time is left.
    pub about_to_expire: bool,
    /// Seconds since it was written, as the policy and what is left of it tell.
    pub age_seconds: Option<u64>,
    /// Seconds since it was last touched, where the server tells.
    pub idle_seconds: Option<u64>,
    /// The property, group and contract that it belongs to.
    pub tags: Vec<String>,
    /// The run that wrote it last.
    pub generation: Option<u64>,
    /// What stands in its lock.
    pub locked_by: Option<String>,
    /// Reads that it answered in the last seven days.
    pub hits: u64,
    /// Reads that it did not.
    pub misses: u64,
    /// Its value, as JSON where it is JSON.
    pub value: Value,
    /// Whether only a part of its members is shown.
    pub value_cut: bool,
}

impl Inspected {
    /// Tells it on stdout.
    pub fn show(&self, out: &Output, endpoint: &str, customer: &str) -> Result<(), Error> {
        if out.is_json() {
            let customers = Customers::of([customer]);
            return out.document("alecs-cache/inspect/1", endpoint, customers, self);
        }
        let mut rows = Rows::new(&[Column::Text("what"), Column::Text("value")]);
        let mut row = |what: &str, value: String| rows.push([what.to_owned(), value]);
        row("key", self.key.clone());
        row("customer", customer.to_owned());
        row(
            "resource",
            self.resource
                .clone()
                .unwrap_or_else(|| "not in the key scheme".into()),
        );
        if let Some(id) = &self.id {
            row("id", id.clone());
        }
        if !self.sub.is_empty() {
            row("sub", self.sub.join(":"));
        }
        let encoding = self
            .encoding
            .as_deref()
            .map(|e| format!(" ({e})"))
            .unwrap_or_default();
        row("type", format!("{}{encoding}", self.kind));
        if let Some(size) = self.size {
            let size = if self.kind == "string" {
                human::bytes(size)
            } else {
                format!("{size} members")
            };
            row("size", size);
        }
        if let Some(memory) = self.memory_bytes {
            row("memory", human::bytes(memory));
        }
        row("ttl", self.time_left());
        if let Some(age) = self.age_seconds {
            row("age", seconds(age));
        }
        if let Some(idle) = self.idle_seconds {
            row("idle", seconds(idle));
        }
        if !self.tags.is_empty() {
            row("tags", self.tags.join(", "));
        }
        if let Some(generation) = self.generation {
            row("generation", generation.to_string());
        }
        row(
            "locked by",
            self.locked_by.clone().unwrap_or_else(|| "nobody".into()),
        );
        row(
            "last 7 days",
            format!("{} hits, {} misses", self.hits, self.misses),
        );
        out.table(rows)?;
        out.data(&self.text(out.color()))?;
        if self.value_cut {
            out.note("not all members are shown; --limit 0 shows them");
        }
        Ok(())
    }

    /// What is left against what the policy gives.
    fn time_left(&self) -> String {
        let judged = match self.freshness {
            Freshness::NoTtl => return "none! It never expires although it should".into(),
            _ if self.about_to_expire => "about to expire",
            Freshness::Fresh => "fresh",
            Freshness::RefreshDue => "refresh due",
            Freshness::Unknown => "no policy",
        };
        let left = self
            .ttl_seconds
            .map_or_else(|| "never expires".into(), seconds);
        match self.policy_ttl_seconds {
            Some(policy) => format!("{left} of {} ({judged})", seconds(policy)),
            None => left,
        }
    }

    /// The value for people.
    fn text(&self, color: bool) -> String {
        let shown = match &self.value {
            Value::String(text) => escape(text).into_owned(),
            value => paint(
                &serde_json::to_string_pretty(value).unwrap_or_default(),
                color,
            ),
        };
        format!("\n{shown}\n")
    }
}

fn seconds(seconds: u64) -> String {
    human::duration(Duration::from_secs(seconds))
}

/// Colours the names in pretty-printed JSON, and escapes what would be more than text.
pub(super) fn paint(pretty: &str, color: bool) -> String {
    let name = console::Style::new().blue().force_styling(color);
    let mut painted = Vec::new();
    for line in pretty.lines() {
        let indent = line.len() - line.trim_start().len();
        let (blank, rest) = line.split_at(indent);
        let end = rest.starts_with('"').then(|| rest.find("\": ")).flatten();
        painted.push(match end.and_then(|end| rest.split_at_checked(end + 1)) {
            Some((key, value)) => format!("{blank}{}{}", name.apply_to(escape(key)), escape(value)),
            None => format!("{blank}{}", escape(rest)),
        });
    }
    painted.join("\n")
}

/// One key of a listing.
#[derive(Debug, Serialize)]
pub struct ListedKey {
    /// The whole key.
    pub key: String,
    /// Type in Valkey.
    #[serde(rename = "type")]
    pub kind: String,
    /// Seconds left; `None` never expires.
    pub ttl_seconds: Option<u64>,
    /// Memory that it takes, where the server tells.
    pub memory_bytes: Option<u64>,
}

/// The keys that match a pattern.
#[derive(Debug, Serialize)]
pub struct ListedKeys {
    /// The glob as it was matched.
    pub pattern: String,
    /// How many keys match.
    pub total: u64,
    /// The first of them.
    pub keys: Vec<ListedKey>,
}

impl ListedKeys {
    /// Tells them on stdout.
    pub fn show(&self, out: &Output, endpoint: &str, customer: &str) -> Result<(), Error> {
        if out.is_json() {
            let customers = Customers::of([customer]);
            return out.document("alecs-cache/inspect/1", endpoint, customers, self);
        }
        let mut rows = Rows::new(&[
            Column::Text("key"),
            Column::Text("type"),
            Column::Number("ttl"),
            Column::Number("memory"),
        ]);
        for key in &self.keys {
            rows.push([
                key.key.clone(),
                key.kind.clone(),
                key.ttl_seconds.map_or_else(|| "none".into(), seconds),
                key.memory_bytes.map_or_else(|| "?".into(), human::bytes),
            ]);
        }
        if !rows.is_empty() {
            out.table(rows)?;
        }
        let shown = self.keys.len() as u64;
        let more = if shown < self.total {
            format!("; the first {shown} are shown, --limit 0 shows all")
        } else {
            String::new()
        };
        out.note(&format!("{} keys match {}{more}", self.total, self.pattern));
        Ok(())
    }
}

/// Seconds left, rounded up: a key that still stands has not 0 left.
#[must_use]
pub fn left(ttl: Ttl) -> Option<u64> {
    match ttl {
        Ttl::Left(left) => Some(
            left.as_millis()
                .div_ceil(1000)
                .try_into()
                .unwrap_or(u64::MAX),
        ),
        Ttl::Forever | Ttl::Absent => None,
    }
}

/// Bytes as JSON where they are JSON, else as text.
#[must_use]
pub fn value(bytes: &[u8]) -> Value {
    serde_json::from_slice(bytes)
        .unwrap_or_else(|_| Value::String(String::from_utf8_lossy(bytes).into_owned()))
}

/// Named values as a JSON object.
#[must_use]
pub fn object(fields: &[(Vec<u8>, Vec<u8>)]) -> Value {
    let named = fields
        .iter()
        .map(|(name, bytes)| (text(name), value(bytes)));
    Value::Object(named.collect())
}

/// A member with its score.
#[must_use]
pub fn scored(member: &[u8], score: f64) -> Value {
    json!({ "member": text(member), "score": score })
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// An entry of a stream.
#[must_use]
pub fn entry(id: &str, fields: &[(Vec<u8>, Vec<u8>)]) -> Value {
    json!({ "id": id, "fields": object(fields) })
}
