//! Report of `inspect`.

use crate::domain::inspect::KeyFreshness;
use crate::domain::inspect::content::{Content, json};
use crate::domain::inspect::field::FieldPath;
use crate::domain::inspect::report::{Inspected, ListedKeys, seconds_left};
use crate::domain::invalidation::Coverage;
use crate::domain::json::first_elements;
use crate::domain::key::{Customer, Entry, Key};
use crate::domain::ttl::Ttl;
use crate::output::human;
use crate::output::stream::{Output, WriteError};
use crate::output::table::{Column, Rows};
use crate::output::tone::Tone;
use content::ValueView;
use serde::Serialize;
use std::collections::BTreeSet;
use std::time::Duration;

mod content;

/// Result of one argument.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(crate) enum InspectItem {
    Key(Box<Inspected>),
    /// The keys that match a pattern.
    Keys(ListedKeys),
}

/// Results of all arguments.
#[derive(Debug, Default, Serialize)]
pub(crate) struct InspectReport {
    /// Results in the order of the arguments.
    pub items: Vec<InspectItem>,
    /// Arguments that are not in the cache.
    pub missing: Vec<String>,
}

impl InspectReport {
    /// Prints the report. A single argument has its own document, `several` have a list.
    pub(crate) fn show(
        &self,
        out: &Output,
        endpoint: &str,
        several: bool,
    ) -> Result<(), WriteError> {
        if out.is_json() && several {
            let names: BTreeSet<&str> = self
                .items
                .iter()
                .filter_map(InspectItem::customer)
                .collect();
            return out.document("inspect", endpoint, names, self);
        }
        for (at, item) in self.items.iter().enumerate() {
            if out.is_json() {
                return out.document("inspect", endpoint, item.customer(), item);
            }
            match item {
                _ if out.is_gone() => break,
                InspectItem::Key(key) => {
                    if at > 0 && key.field.is_none() {
                        out.data("\n")?;
                    }
                    key.print(out, endpoint)?;
                }
                InspectItem::Keys(keys) => {
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
        let customer = match self {
            Self::Key(key) => &key.customer,
            Self::Keys(keys) => &keys.customer,
        };
        customer.as_ref().map(Customer::as_str)
    }

    /// Returns the coverage of a scan during which servers or slots moved.
    pub(crate) fn incomplete(&self) -> Option<&Coverage> {
        match self {
            Self::Keys(keys) => Some(&keys.coverage).filter(|covered| covered.topology_changed),
            Self::Key(_) => None,
        }
    }
}

impl Inspected {
    /// Reduces the value to the part at `path`.
    ///
    /// # Errors
    /// A phrase that names the step that cannot be followed.
    pub(crate) fn take_field(&mut self, path: &FieldPath) -> Result<(), String> {
        let made;
        let json = match &self.value {
            // A string may be long and is not copied.
            Content::Text(bytes) => json(bytes).unwrap_or("null"),
            other => {
                made = serde_json::to_string(other).map_err(|error| error.to_string())?;
                &made
            }
        };
        let json = serde_json::from_str(json).map_err(|error| error.to_string())?;
        let found = path.find(json)?.get().as_bytes().to_vec();
        self.value = Content::Text(found);
        self.value_base64 = None;
        self.value_cut = false;
        self.field = Some(path.as_str().to_owned());
        Ok(())
    }

    /// Truncates the value to its first elements, if it is a JSON array.
    pub(crate) fn cut_array(&mut self, limit: usize) {
        if let Content::Text(bytes) = &self.value
            && let Ok(text) = std::str::from_utf8(bytes)
            && let Some((first, number)) = first_elements(text, limit)
        {
            self.value = Content::Text(first.into_bytes());
            self.value_cut = true;
            self.elements = Some((number as u64, limit as u64));
        }
    }

    /// Prints the key for people: a headline, the value, and with `--verbose` the details.
    fn print(&self, out: &Output, endpoint: &str) -> Result<(), WriteError> {
        let value = ValueView {
            content: &self.value,
            timed: self.is_timed(),
        };
        if self.field.is_some() {
            value.show_alone(out)?;
        } else {
            let parts = self.headline();
            let width = Output::terminal_width();
            out.verdict(self.tone(), &human::beside(&parts, width))?;
            value.show(out, self.lines)?;
            if out.options().verbosity > 0 {
                out.data("\n")?;
                out.table(self.details(endpoint))?;
            }
        }
        let members = self.value.members();
        let left = match (self.elements, members.zip(self.size)) {
            (Some((all, shown)), _) => Some((all.saturating_sub(shown), "item")),
            (None, Some(((shown, word), all))) => Some((all.saturating_sub(shown as u64), word)),
            _ => None,
        };
        match (left, self.size) {
            // The server returns them in no order.
            (Some((more @ 1.., word)), Some(all)) if self.value.is_unordered() => {
                let (shown, all) = (human::grouped(all - more), human::count(all, word));
                out.note(&format!(
                    "any {shown} of {all}; --limit 0 shows all in order"
                ));
            }
            (Some((more, word)), _) => out.note_of_more(more, word),
            _ => {}
        }
        if let (Content::Text(bytes), Some(all), true, None) =
            (&self.value, self.size, self.value_cut, self.elements)
        {
            let (shown, all) = (human::bytes(bytes.len() as u64), human::bytes(all));
            out.note(&format!(
                "the first {shown} of {all}; --raw writes all, --field reads a part"
            ));
        }
        Ok(())
    }

    /// Returns true if the scores of the value are timestamps.
    fn is_timed(&self) -> bool {
        let moments = [Entry::Searches, Entry::Invalidated];
        matches!(&self.parsed, Some(Key::Of(_, entry)) if moments.contains(entry))
    }

    /// Parts of the headline: name, customer, freshness, size, use.
    fn headline(&self) -> Vec<String> {
        let mut name = match &self.resource {
            None => self.name.key.clone(),
            Some(resource) => {
                let words = [resource].into_iter().chain(&self.id).chain(&self.sub);
                let words: Vec<&str> = words.map(String::as_str).collect();
                words.join(" ")
            }
        };
        if let Some(customer) = &self.customer {
            name = format!("{name} of {customer}");
        }
        let mut parts = vec![name];
        parts.extend(self.property_name.clone());
        parts.push(self.time_left());
        parts.extend(self.size.map(|size| match self.value.members() {
            Some((_, word)) => human::count(size, word),
            None => human::bytes(size),
        }));
        let wrong = self.expected_type;
        let kinds = self.kind.as_ref().zip(wrong);
        parts.extend(
            kinds.map(|(kind, wanted)| format!("a {kind}; wrong, this should be a {wanted}")),
        );
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

    /// Tone of the headline: good, stale, about to expire or without a TTL, or of the wrong type.
    fn tone(&self) -> Tone {
        let never_expires = self.ttl_seconds.is_none() && self.ttl.is_some();
        let is_stale = self.freshness == KeyFreshness::Stale;
        if self.expected_type.is_some() {
            Tone::Bad
        } else if self.about_to_expire || is_stale || never_expires {
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
            self.kind
                .clone()
                .map(|kind| kind + &encoding.unwrap_or_default()),
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

    /// TTL left, compared with the policy's.
    fn time_left(&self) -> String {
        if self.ttl.is_none() {
            return "TTL unknown".into();
        }
        let Some(left) = self.ttl_seconds.map(seconds) else {
            return match self.freshness {
                KeyFreshness::NoTtl => "never expires although it should".into(),
                _ => "never expires".into(),
            };
        };
        let Some(policy) = self.policy_ttl_seconds.map(seconds) else {
            return format!("{left} left");
        };
        let judged = match self.freshness {
            KeyFreshness::Stale => return format!("stale, kept for {left} more"),
            KeyFreshness::KeptBeyondTtl => {
                return format!("kept beyond its TTL of {policy}, {left} left");
            }
            _ if self.about_to_expire => "about to expire",
            KeyFreshness::RefreshDue => "refresh due",
            _ => "fresh",
        };
        let own = self
            .fresh_for
            .and_then(|left| seconds_left(Ttl::Left(left)));
        format!("{judged}, {} of {policy} left", own.map_or(left, seconds))
    }
}

fn seconds(seconds: u64) -> String {
    match seconds {
        // The server rounds to whole seconds.
        0 => "0 s".into(),
        _ => human::duration(Duration::from_secs(seconds)),
    }
}

/// A key with fewer seconds left is highlighted in a list.
const SOON: u64 = 60;

impl ListedKeys {
    /// Prints the keys for people.
    fn print(&self, out: &Output, endpoint: &str) -> Result<(), WriteError> {
        out.line_of_report(&format!(
            "{} {} {} on {}",
            human::count(self.total, "key"),
            if self.total == 1 { "matches" } else { "match" },
            self.pattern,
            human::address(endpoint)
        ))?;
        let mut rows = Rows::new(&[
            Column::Whole("key"),
            Column::Text("name"),
            Column::Whole("type"),
            Column::Number("ttl"),
            Column::Number("memory"),
        ])
        .names(&["key", "name"])
        .optional(&["name"])
        .unless_zero(&["name"]);
        for key in &self.keys {
            rows.push([
                key.name.key.clone(),
                self.names
                    .get(&key.name.key)
                    .cloned()
                    .unwrap_or_else(|| "-".into()),
                key.kind.clone().unwrap_or_else(|| "?".into()),
                match key.ttl_seconds {
                    _ if key.ttl.is_none() => "?".into(),
                    Some(left) => seconds(left),
                    None => "none".into(),
                },
                key.memory_bytes.map_or_else(|| "?".into(), human::bytes),
            ]);
            // Less than a minute left, or no TTL.
            let poor = key.ttl.is_some() && key.ttl_seconds.is_none_or(|left| left < SOON);
            rows.tone("ttl", poor.then_some(Tone::Poor));
        }
        if !rows.is_empty() {
            out.table(rows)?;
        }
        out.note_of_more(self.total.saturating_sub(self.keys.len() as u64), "key");
        Ok(())
    }
}
