//! How one key, or a list of keys, is shown.

use crate::domain::inspect::Freshness;
use crate::domain::invalidation::Coverage;
use crate::domain::spelled::spelled;
use crate::domain::ttl::Ttl;
use crate::output::document::Customers;
use crate::output::human;
use crate::output::stream::{Error, Output};
use crate::output::table::{Column, Rows};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;
use std::time::Duration;

mod content;

pub use content::ValueView;

/// A key's name. One that is not UTF-8 is spelled out, and stands beside that byte for byte.
#[derive(Debug, Serialize)]
pub struct Name {
    /// As text.
    pub key: String,
    /// The bytes in base64, where the text does not say it all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key_base64: Option<String>,
}

impl Name {
    /// Of these bytes.
    #[must_use]
    pub fn of(key: &[u8]) -> Self {
        Self {
            key: spelled(key).into_owned(),
            key_base64: in_base64(key),
        }
    }
}

/// Bytes in base64, where they are not UTF-8.
#[must_use]
pub fn in_base64(bytes: &[u8]) -> Option<String> {
    std::str::from_utf8(bytes)
        .is_err()
        .then(|| STANDARD.encode(bytes))
}

/// One key, ready to be shown.
#[derive(Debug, Serialize)]
pub struct Inspected {
    /// The whole key.
    #[serde(flatten)]
    pub name: Name,
    /// First word behind the customer; `None` where the scheme does not know the key.
    pub resource: Option<String>,
    /// What the resource is of.
    pub id: Option<String>,
    /// What stands behind the id.
    pub sub: Vec<String>,
    /// Type in Valkey.
    #[serde(rename = "type")]
    pub kind: String,
    /// The type that it should have, where that is another.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expected_type: Option<&'static str>,
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
    pub hits: Option<u64>,
    /// Reads that it did not.
    pub misses: Option<u64>,
    /// Its value, or the first members of it.
    pub value: ValueView,
    /// The value in base64, where it is a string that is not UTF-8.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value_base64: Option<String>,
    /// Whether only a part of its members is shown.
    pub value_cut: bool,
}

impl Inspected {
    /// Tells it on stdout. `customer`: whose it is, if it is one customer's.
    pub fn show(&self, out: &Output, endpoint: &str, customer: Option<&str>) -> Result<(), Error> {
        if out.is_json() {
            let customers = Customers::of(customer);
            return out.document("alecs-cache/inspect/1", endpoint, customers, self);
        }
        let mut rows = Rows::new(&[Column::Text("what"), Column::Text("value")]);
        let mut row = |what: &str, value: String| rows.push([what.to_owned(), value]);
        row("key", self.name.key.clone());
        row("endpoint", endpoint.to_owned());
        row("customer", customer.unwrap_or("all").to_owned());
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
        let wrong = self
            .expected_type
            .map(|kind| format!("; wrong, this should be a {kind}"))
            .unwrap_or_default();
        row("type", format!("{}{encoding}{wrong}", self.kind));
        if let Some(size) = self.size {
            row("size", self.measured(size));
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
            match (self.hits, self.misses) {
                (Some(hits), Some(misses)) => format!("{hits} hits, {misses} misses"),
                _ => "-".to_owned(),
            },
        );
        out.table(rows)?;
        self.value.show(out)?;
        if self.value_cut {
            out.note("not all is shown; --limit 0 shows the rest too");
        }
        Ok(())
    }

    /// How much it is, and how much of that is shown.
    fn measured(&self, size: u64) -> String {
        match self.value.content.members() {
            Some((shown, word)) => {
                let shown = shown as u64;
                let of = if shown < size {
                    format!("{} shown", human::grouped(shown))
                } else {
                    "all shown".into()
                };
                format!("{}, {of}", human::count(size, word))
            }
            None => human::bytes(size),
        }
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
            None if self.ttl_seconds.is_some() => format!("{left} (no policy)"),
            None => left,
        }
    }
}

fn seconds(seconds: u64) -> String {
    match seconds {
        // The server counts whole seconds.
        0 => "0 s".into(),
        _ => human::duration(Duration::from_secs(seconds)),
    }
}

/// One key of a listing.
#[derive(Debug, Serialize)]
pub struct ListedKey {
    /// The whole key.
    #[serde(flatten)]
    pub name: Name,
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
    /// What was walked, and whether something moved meanwhile.
    pub coverage: Coverage,
    /// Whether there is a key of the pattern's own name.
    #[serde(skip)]
    pub namesake: bool,
}

impl ListedKeys {
    /// Tells them on stdout. `customer`: whose they are, if they are one customer's.
    pub fn show(&self, out: &Output, endpoint: &str, customer: Option<&str>) -> Result<(), Error> {
        if out.is_json() {
            let customers = Customers::of(customer);
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
                key.name.key.clone(),
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
            let shown = human::grouped(shown);
            format!("; the first {shown} are shown, --limit 0 shows all")
        } else {
            String::new()
        };
        let (match_, total) = (
            if self.total == 1 { "matches" } else { "match" },
            self.total,
        );
        let keys = human::count(total, "key");
        out.note(&format!(
            "{keys} {match_} {} on {endpoint}{more}",
            self.pattern
        ));
        if self.namesake {
            out.note("a key has this very name: --exact shows it");
        }
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
