//! How one key, or a list of keys, is shown.

use crate::domain::inspect::KeyFreshness;
use crate::domain::inspect::content::Content;
use crate::domain::inspect::escaped_bytes::spelled;
use crate::domain::inspect::field::FieldPath;
use crate::domain::invalidation::Coverage;
use crate::domain::json::first_elements;
use crate::domain::ttl::Ttl;
use crate::output::document::CustomerNames;
use crate::output::human;
use crate::output::stream::{Error, Output, Tone};
use crate::output::table::{Column, Rows};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Serialize, Serializer};
use std::collections::BTreeSet;
use std::time::Duration;

mod content;

pub(crate) use content::ValueView;

/// A key's name. One that is not UTF-8 is escaped, and given byte for byte beside that.
#[derive(Debug, Serialize)]
pub(crate) struct Name {
    /// As text.
    pub key: String,
    /// The bytes in base64, where the text does not say it all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key_base64: Option<String>,
}

impl Name {
    /// Of these bytes.
    pub(crate) fn of(key: &[u8]) -> Self {
        Self {
            key: spelled(key).into_owned(),
            key_base64: in_base64(key),
        }
    }
}

/// Bytes in base64, where they are not UTF-8.
pub(crate) fn in_base64(bytes: &[u8]) -> Option<String> {
    std::str::from_utf8(bytes)
        .is_err()
        .then(|| STANDARD.encode(bytes))
}

/// What was found for one word, with its customer, if it is of one.
#[derive(Debug)]
pub(crate) enum InspectItem {
    /// A key.
    Key(Option<String>, Box<Inspected>),
    /// The keys that match a pattern.
    Keys(Option<String>, ListedKeys),
}

impl Serialize for InspectItem {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Key(_, key) => key.serialize(serializer),
            Self::Keys(_, keys) => keys.serialize(serializer),
        }
    }
}

/// What was found for all words.
#[derive(Debug, Default, Serialize)]
pub(crate) struct InspectReport {
    /// In the order of the words.
    pub items: Vec<InspectItem>,
    /// What is missing, in words.
    pub missing: Vec<String>,
}

impl InspectReport {
    /// Shows it. One word has a document of its own form, `several` have a list.
    pub(crate) fn show(&self, out: &Output, endpoint: &str, several: bool) -> Result<(), Error> {
        let schema = "alecs-cache/inspect/1";
        if out.is_json() && several {
            let names: BTreeSet<&str> = self
                .items
                .iter()
                .filter_map(InspectItem::customer)
                .collect();
            return out.document(schema, endpoint, CustomerNames::of(names), self);
        }
        for (at, item) in self.items.iter().enumerate() {
            if out.is_json() {
                return out.document(schema, endpoint, CustomerNames::of(item.customer()), item);
            }
            match item {
                _ if out.is_gone() => break,
                InspectItem::Key(customer, key) => {
                    if at > 0 && key.field.is_none() {
                        out.data("\n")?;
                    }
                    key.print(out, endpoint, customer.as_deref())?;
                }
                InspectItem::Keys(_, keys) => {
                    if at > 0 {
                        out.data("\n")?;
                    }
                    keys.print(out, endpoint)?;
                }
            }
        }
        Ok(())
    }
}

impl InspectItem {
    fn customer(&self) -> Option<&str> {
        let (Self::Key(customer, _) | Self::Keys(customer, _)) = self;
        customer.as_deref()
    }

    /// Whether servers or slots moved meanwhile.
    pub(crate) fn may_be_incomplete(&self) -> bool {
        matches!(self, Self::Keys(_, keys) if keys.coverage.topology_changed)
    }
}

/// One key, ready to be shown.
#[derive(Debug, Serialize)]
pub(crate) struct Inspected {
    /// The whole key.
    #[serde(flatten)]
    pub name: Name,
    /// First word behind the customer; `None` where the scheme does not know the key.
    pub resource: Option<String>,
    /// What the resource is of.
    pub id: Option<String>,
    /// The part after the id.
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
    pub freshness: KeyFreshness,
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
    /// The content of its lock.
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
    /// Elements of an array of which only the first are shown: of all, and of these.
    #[serde(skip)]
    pub elements: Option<(u64, u64)>,
    /// Lines of an object that are shown at most.
    #[serde(skip)]
    pub lines: Option<usize>,
    /// The place in the value that is shown, where only a part was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
}

impl Inspected {
    /// Leaves of the value only what is at a place in it; else gives back what is missing.
    ///
    /// # Errors
    /// The step that leads nowhere.
    pub(crate) fn take_field(&mut self, path: &FieldPath) -> Result<(), String> {
        let json =
            serde_json::value::to_raw_value(&self.value).map_err(|error| error.to_string())?;
        let found = path.find(&json)?.get().as_bytes().to_vec();
        self.value.content = Content::Text(found);
        self.value_base64 = None;
        self.value_cut = false;
        self.field = Some(path.as_str().to_owned());
        Ok(())
    }

    /// Cuts the value behind its first elements, where it is a JSON array.
    pub(crate) fn cut_array(&mut self, limit: usize) {
        if let Content::Text(bytes) = &self.value.content
            && let Ok(text) = std::str::from_utf8(bytes)
            && let Some((first, number)) = first_elements(text, limit)
        {
            self.value.content = Content::Text(first.into_bytes());
            self.value_cut = true;
            self.elements = Some((number as u64, limit as u64));
        }
    }

    /// Shows it to a person: what it is in a line, the value, and with `--verbose` the rest.
    fn print(&self, out: &Output, endpoint: &str, customer: Option<&str>) -> Result<(), Error> {
        if self.field.is_some() {
            self.value.show_alone(out)?;
        } else {
            let parts = self.headline(customer);
            out.verdict(self.tone(), &human::beside(&parts, out.width()))?;
            self.value.show(out, self.lines)?;
            if out.options().verbosity > 0 {
                out.data("\n")?;
                out.table(self.details(endpoint))?;
            }
        }
        let members = self.value.content.members();
        let left = match (self.elements, members.zip(self.size)) {
            (Some((all, shown)), _) => Some((all.saturating_sub(shown), "item")),
            (None, Some(((shown, word), all))) => Some((all.saturating_sub(shown as u64), word)),
            _ => None,
        };
        if let Some((more, word)) = left.filter(|(more, _)| *more > 0) {
            let more = human::count(more, &format!("more {word}"));
            out.note(&format!("… {more}; --limit 0 shows all"));
        }
        Ok(())
    }

    /// What it is, whose, how fresh, how large, how much used.
    fn headline(&self, customer: Option<&str>) -> Vec<String> {
        let mut name = match &self.resource {
            None => self.name.key.clone(),
            Some(resource) => {
                let words = [resource].into_iter().chain(&self.id).chain(&self.sub);
                let words: Vec<&str> = words.map(String::as_str).collect();
                words.join(" ")
            }
        };
        if let Some(customer) = customer {
            name = format!("{name} of {customer}");
        }
        let mut parts = vec![name, self.time_left()];
        parts.extend(self.size.map(|size| match self.value.content.members() {
            Some((_, word)) => human::count(size, word),
            None => human::bytes(size),
        }));
        let wrong = self.expected_type;
        parts.extend(wrong.map(|kind| format!("a {}; wrong, this should be a {kind}", self.kind)));
        let hits = match (self.hits.unwrap_or(0), self.misses.unwrap_or(0)) {
            (0, 0) => None,
            (hits, 0) => Some(format!("{} in 7 days", human::count(hits, "hit"))),
            (hits, misses) => Some(format!(
                "{}, {} in 7 days",
                human::count(hits, "hit"),
                human::count_of(misses, "miss", "misses")
            )),
        };
        parts.extend(hits);
        parts.extend(self.locked_by.as_ref().map(|by| format!("locked by {by}")));
        parts
    }

    /// How well it is: one that lives as it should, is about to go, or is wrong.
    fn tone(&self) -> Tone {
        if self.expected_type.is_some() {
            Tone::Bad
        } else if self.about_to_expire || self.ttl_seconds.is_none() {
            Tone::Poor
        } else {
            Tone::Good
        }
    }

    fn details(&self, endpoint: &str) -> Rows {
        let mut rows = Rows::new(&[Column::Text("what"), Column::Text("value")]);
        let mut row = |what: &str, value: Option<String>| {
            if let Some(value) = value {
                rows.push([what.to_owned(), value]);
            }
        };
        let encoding = self.encoding.as_deref().map(|e| format!(" ({e})"));
        let tags = (!self.tags.is_empty()).then(|| self.tags.join(", "));
        row("key", Some(self.name.key.clone()));
        row("endpoint", Some(endpoint.to_owned()));
        row(
            "type",
            Some(self.kind.clone() + &encoding.unwrap_or_default()),
        );
        row("memory", self.memory_bytes.map(human::bytes));
        row("age", self.age_seconds.map(seconds));
        row("idle", self.idle_seconds.map(seconds));
        row("tags", tags);
        row(
            "generation",
            self.generation.map(|number| number.to_string()),
        );
        rows
    }

    /// What is left against what the policy gives.
    fn time_left(&self) -> String {
        let judged = match self.freshness {
            KeyFreshness::NoTtl => return "never expires although it should".into(),
            _ if self.about_to_expire => "about to expire, ",
            KeyFreshness::Fresh => "fresh, ",
            KeyFreshness::RefreshDue => "refresh due, ",
            KeyFreshness::Unknown => "",
        };
        let Some(left) = self.ttl_seconds.map(seconds) else {
            return "never expires".into();
        };
        match self.policy_ttl_seconds {
            Some(policy) => format!("{judged}{left} of {} left", seconds(policy)),
            None => format!("{left} left"),
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

/// A key with fewer seconds left is marked in a list.
const SOON: u64 = 60;

/// One key of a listing.
#[derive(Debug, Serialize)]
pub(crate) struct ListedKey {
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
pub(crate) struct ListedKeys {
    /// The glob as it was matched.
    pub pattern: String,
    /// How many keys match.
    pub total: u64,
    /// The first of them.
    pub keys: Vec<ListedKey>,
    /// What was walked, and whether something moved meanwhile.
    pub coverage: Coverage,
}

impl ListedKeys {
    /// Shows them to a person.
    fn print(&self, out: &Output, endpoint: &str) -> Result<(), Error> {
        out.line_of_report(&format!(
            "{} {} {} on {}",
            human::count(self.total, "key"),
            if self.total == 1 { "matches" } else { "match" },
            self.pattern,
            human::address(endpoint)
        ))?;
        let mut rows = Rows::new(&[
            Column::Whole("key"),
            Column::Whole("type"),
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
            // Below a minute, or never.
            let poor = key.ttl_seconds.is_none_or(|left| left < SOON);
            rows.tone("ttl", poor.then_some(Tone::Poor));
        }
        if !rows.is_empty() {
            out.table(rows)?;
        }
        let shown = self.keys.len() as u64;
        if let Some(more) = self.total.checked_sub(shown).filter(|more| *more > 0) {
            let more = human::count(more, "more key");
            out.note(&format!("… {more}; --limit 0 shows all"));
        }
        Ok(())
    }
}

/// Seconds left, rounded up: a key that still exists has not 0 left.
pub(crate) fn left(ttl: Ttl) -> Option<u64> {
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
