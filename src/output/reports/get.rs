//! Report of `get`.

use crate::domain::keyword::Keyword as _;
use crate::domain::limit::Limit;
use crate::domain::read::GetResource;
use crate::output::escape::escape;
use crate::output::pretty;
use crate::output::table::{Column, Rows};
use crate::output::{Output, Tone, WriteError};
use serde::Serialize;
use serde::de::IgnoredAny;
use serde_json::Value;
use serde_json::value::RawValue;
use std::collections::HashMap;
use std::fmt::Write as _;

/// The values read.
#[derive(Debug, Serialize)]
pub(crate) struct Read {
    /// Name of the requested resource.
    pub resource: &'static str,
    pub items: Vec<GetItem>,
    /// Number of values and list items read; `items` may contain fewer.
    pub total: usize,
    /// Items that could not be read.
    pub errors: Vec<GetError>,
    /// Keys whose invalid values were fetched again.
    pub repaired: Vec<String>,
    /// API calls made for the answer.
    pub api_calls: u64,
    /// Values that are refreshed after the answer, with calls that are not counted.
    pub refreshing: usize,
    /// Names of groups, where known.
    #[serde(skip)]
    pub groups: HashMap<String, String>,
    #[serde(skip)]
    subject: GetResource,
}

/// One value.
#[derive(Debug, Serialize)]
pub(crate) struct GetItem {
    /// Its id; `all` for a list.
    pub id: String,
    /// `cache`, `stale` or `akamai`.
    pub source: &'static str,
    pub value: Box<RawValue>,
}

impl GetItem {
    /// Number of items of a list; 1 for any other value.
    fn size(&self) -> usize {
        serde_json::from_str::<Vec<IgnoredAny>>(self.value.get()).map_or(1, |list| list.len())
    }
}

/// An item that could not be read.
#[derive(Debug, Serialize)]
pub(crate) struct GetError {
    pub id: String,
    /// Name of the kind of failure.
    pub code: &'static str,
    /// One sentence.
    pub message: String,
}

/// Returns a list of the first items of `list`.
fn first_of(list: &RawValue, items: usize) -> Option<Box<RawValue>> {
    let mut list: Vec<&RawValue> = serde_json::from_str(list.get()).ok()?;
    list.truncate(items);
    serde_json::value::to_raw_value(&list).ok()
}

/// Converts a value that should be JSON; anything else becomes a string.
pub(crate) fn raw_json(value: Vec<u8>) -> Box<RawValue> {
    let text = String::from_utf8(value)
        .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned());
    RawValue::from_string(text.clone())
        .or_else(|_| serde_json::value::to_raw_value(&text))
        .unwrap_or_else(|_| RawValue::NULL.to_owned())
}

/// Columns of a table: heading, place in the item, and true for figures.
type Columns = &'static [(&'static str, &'static str, bool)];

const PROPERTIES: Columns = &[
    ("property", "/propertyId", false),
    ("name", "/propertyName", false),
    ("contract", "/contractId", false),
    ("group", "/groupId", false),
    ("latest", "/latestVersion", true),
    ("staging", "/stagingVersion", true),
    ("production", "/productionVersion", true),
];

const HOSTNAMES: Columns = &[
    ("hostname", "/cnameFrom", false),
    ("edge hostname", "/cnameTo", false),
    ("certificate", "/certProvisioningType", false),
];

const HOSTNAME: Columns = &[
    ("hostname", "/hostname/cnameFrom", false),
    ("edge hostname", "/hostname/cnameTo", false),
    ("property", "/property/propertyId", false),
    ("name", "/property/propertyName", false),
    ("production", "/property/productionVersion", true),
];

const ACTIVATIONS: Columns = &[
    ("activation", "/activationId", false),
    ("version", "/propertyVersion", true),
    ("network", "/network", false),
    ("type", "/activationType", false),
    ("status", "/status", false),
    ("updated", "/updateDate", false),
];

const CONTRACTS: Columns = &[
    ("contract", "/contractId", false),
    ("type", "/contractTypeName", false),
];

const GROUPS: Columns = &[
    ("group", "/groupId", false),
    ("name", "/groupName", false),
    ("parent", "/parentGroupId", false),
    ("contracts", "/contractIds", false),
];

const CPCODES: Columns = &[
    ("cp code", "/cpcodeId", false),
    ("name", "/cpcodeName", false),
    ("created", "/createdDate", false),
];

/// Columns that a narrow terminal leaves out, in this order.
const OPTIONAL: &[&str] = &[
    "source",
    "created",
    "certificate",
    "type",
    "parent",
    "contract",
    "group",
    "staging",
];

impl Read {
    /// Creates an empty report.
    pub(crate) fn new(subject: GetResource) -> Self {
        Self {
            resource: subject.as_str(),
            items: Vec::new(),
            total: 0,
            errors: Vec::new(),
            repaired: Vec::new(),
            api_calls: 0,
            refreshing: 0,
            groups: HashMap::new(),
            subject,
        }
    }

    /// Counts the values read, and truncates them to `limit`: lists to their first items.
    pub(crate) fn cut(&mut self, limit: Limit) {
        let mut left = limit.items();
        for item in std::mem::take(&mut self.items) {
            let size = item.size();
            self.total += size;
            // An empty list would look like a different answer, so a list without room is left out.
            if left > 0 {
                let cut = (size > left).then(|| first_of(&item.value, left)).flatten();
                self.items.push(match cut {
                    Some(value) => GetItem { value, ..item },
                    None => item,
                });
            }
            left = left.saturating_sub(size);
        }
    }

    /// Prints the values unchanged, one per line.
    pub(crate) fn raw(&self, out: &Output) -> Result<(), WriteError> {
        let mut lines = String::new();
        for item in &self.items {
            lines.push_str(item.value.get());
            lines.push('\n');
        }
        out.data(&lines)
    }

    /// Prints the values as a table or a document; rule trees and the like as pretty-printed JSON.
    pub(crate) fn show(
        &self,
        out: &Output,
        endpoint: &str,
        customer: &str,
    ) -> Result<(), WriteError> {
        if out.is_json() {
            return out.document("get", endpoint, [customer], self);
        }
        if self.items.is_empty() {
            return Ok(());
        }
        self.shown(out)?;
        let shown: usize = self.items.iter().map(GetItem::size).sum();
        out.note_of_more((self.total - shown) as u64, "item");
        Ok(())
    }

    fn shown(&self, out: &Output) -> Result<(), WriteError> {
        match self.subject {
            GetResource::Properties | GetResource::Property => self.table(out, PROPERTIES),
            GetResource::Hostnames => self.table(out, HOSTNAMES),
            GetResource::Hostname => self.table(out, HOSTNAME),
            GetResource::Activations => self.table(out, ACTIVATIONS),
            GetResource::Contracts | GetResource::Contract => self.table(out, CONTRACTS),
            GetResource::Groups => self.table(out, GROUPS),
            GetResource::CpCodes => self.table(out, CPCODES),
            GetResource::Versions => self.versions(out),
            GetResource::Rules | GetResource::Tree => self.pretty(out),
        }
    }

    /// Prints a row per object. Items below several properties start with their property.
    fn table(&self, out: &Output, columns: Columns) -> Result<(), WriteError> {
        let below = matches!(
            self.subject,
            GetResource::Hostnames | GetResource::Activations
        );
        let mut heads: Vec<Column> = columns
            .iter()
            .map(|(name, _, figure)| {
                match *name {
                    name if *figure => Column::Number(name),
                    // Names chosen by people may be long, and have blanks to wrap at.
                    "name" | "contracts" => Column::Text(name),
                    name => Column::Whole(name),
                }
            })
            .collect();
        if below {
            heads.insert(0, Column::Whole("property"));
        }
        heads.push(Column::Whole("source"));
        let mut rows = Rows::new(&heads).optional(OPTIONAL).names(&[
            "name",
            "hostname",
            "edge hostname",
            "group",
            "parent",
        ]);
        // The name of a group has its own column here.
        let of_groups = matches!(self.subject, GetResource::Groups);
        for item in &self.items {
            let value: Value = serde_json::from_str(item.value.get()).unwrap_or_default();
            let objects = match &value {
                Value::Array(objects) => objects.as_slice(),
                object => std::slice::from_ref(object),
            };
            for object in objects {
                let mut cells: Vec<String> = Vec::with_capacity(heads.len());
                if below {
                    cells.push(item.id.clone());
                }
                let cell = |(_, place, _): &(_, &str, _)| {
                    let text = text(object.pointer(place));
                    match self
                        .groups
                        .get(&text)
                        .filter(|_| *place != "/groupId" || !of_groups)
                    {
                        Some(name) => format!("{text} {name}"),
                        None => text,
                    }
                };
                cells.extend(columns.iter().map(cell));
                cells.push(item.source.to_owned());
                let status = object.get("status").and_then(Value::as_str);
                rows.push(cells);
                rows.tone("status", status.and_then(tone_of));
            }
        }
        if !rows.is_empty() {
            out.table(rows)?;
        }
        let empty = self.items.iter().filter(|item| item.size() == 0);
        let empty: Vec<&str> = empty.map(|item| item.id.as_str()).collect();
        match self.nouns() {
            _ if empty.is_empty() => Ok(()),
            nouns if below => out.line_of_report(&format!("no {nouns} of {}", empty.join(", "))),
            nouns => out.line_of_report(&format!("no {nouns}")),
        }
    }

    /// What the lists hold, in the plural.
    fn nouns(&self) -> &'static str {
        match self.subject {
            GetResource::Hostnames => "host names",
            GetResource::CpCodes => "CP codes",
            _ => self.resource,
        }
    }

    fn versions(&self, out: &Output) -> Result<(), WriteError> {
        let mut rows = Rows::new(&[
            Column::Text("property"),
            Column::Text("versions"),
            Column::Text("source"),
        ]);
        for item in &self.items {
            let value: Value = serde_json::from_str(item.value.get()).unwrap_or_default();
            rows.push([item.id.as_str(), &text(Some(&value)), item.source]);
        }
        out.table(rows)
    }

    fn pretty(&self, out: &Output) -> Result<(), WriteError> {
        let mut lines = String::new();
        for item in &self.items {
            if self.items.len() > 1 {
                // Writing to a string cannot fail.
                let _ = writeln!(lines, "{} ({})", escape(&item.id), item.source);
            }
            lines.push_str(&pretty::for_people(item.value.get(), out.color()));
            lines.push('\n');
        }
        out.data(&lines)
    }
}

/// Tone of an activation's status; `None` for one that is over.
fn tone_of(status: &str) -> Option<Tone> {
    match status {
        "ACTIVE" => Some(Tone::Good),
        "FAILED" | "ABORTED" => Some(Tone::Bad),
        status if status.starts_with("PENDING") => Some(Tone::Poor),
        _ => None,
    }
}

/// Text of a value in a cell.
fn text(value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => "-".into(),
        Some(Value::String(text)) => text.clone(),
        Some(Value::Array(items)) => {
            let items: Vec<String> = items.iter().map(|item| text(Some(item))).collect();
            items.join(" ")
        }
        Some(other) => other.to_string(),
    }
}
