//! The audit log: who removed and restored what. One stream for each customer.

use super::Error;
use crate::domain::invalidation::audit::AuditEntry;
use crate::domain::key::{Customer, Entry, Scheme};
use crate::store::{self, Store, StreamEntry};
use std::collections::BTreeSet;

/// Approximate number of entries kept.
const KEEP: usize = 1000;

/// Limit of entries searched for later invalidations.
const LOOKED_AT: usize = 2 * KEEP;

/// Limit of marks in an entry; more are replaced by one mark for everything.
const MARKS: usize = 200;

/// Appends an entry to its customer's log. An entry without changes is appended only if the log exists, so that a
/// mistyped name leaves nothing behind.
pub(crate) async fn record(
    store: &Store,
    scheme: &Scheme,
    customer: &Customer,
    entry: &AuditEntry,
) -> Result<(), store::Error> {
    let key = scheme.key(customer, &Entry::Audit);
    if entry.removed + entry.softened + entry.restored + entry.fields == 0 {
        let there = store.exist(&[key.clone().into_bytes()]).await.pop();
        if !there.transpose()?.unwrap_or(false) {
            return Ok(());
        }
    }
    let marks = if entry.marks.len() > MARKS {
        vec!["*".to_owned()]
    } else {
        entry.marks.clone()
    };
    let mut fields = vec![
        ("who", entry.who.clone()),
        ("command", entry.command.clone()),
        ("removed", entry.removed.to_string()),
        ("softened", entry.softened.to_string()),
        ("restored", entry.restored.to_string()),
        ("fields", entry.fields.to_string()),
        ("marks", serde_json::json!(marks).to_string()),
    ];
    fields.extend(entry.undo_id.iter().map(|id| ("undo_id", id.clone())));
    store.append(&key, KEEP, &fields).await.map(|_| ())
}

/// Returns a customer's newest entries, newest first.
pub(crate) async fn read(
    store: &Store,
    scheme: &Scheme,
    customer: &Customer,
    limit: usize,
) -> Result<Vec<AuditEntry>, Error> {
    let entries = store
        .read_stream(&scheme.key(customer, &Entry::Audit), limit)
        .await?;
    Ok(entries
        .iter()
        .map(|entry| entry_of(entry, customer))
        .collect())
}

/// Returns the customers with an audit log, in order.
pub(crate) async fn customers(store: &Store, scheme: &Scheme) -> Result<Vec<Customer>, Error> {
    let mut found = BTreeSet::new();
    let audit = Entry::Audit.to_string();
    let pattern = format!("{}*:{audit}", crate::domain::glob::escape(scheme.prefix()));
    let mut pages = store.scan(pattern.as_bytes()).await?;
    while let Some(page) = pages.next().await {
        let customers = page?.into_iter().filter_map(|key| {
            let (customer, rest) = scheme.split(&key)?;
            (rest == audit.as_bytes()).then_some(customer)
        });
        found.extend(customers);
    }
    Ok(found.into_iter().collect())
}

/// Returns what entries after `at` marked, with their times (milliseconds since 1970, by the server's clock). The
/// entry of the invalidation `own` is left out, because it was written after its marks. If the log does not reach
/// back to `at`, everything counts as marked.
pub(crate) async fn marks_since(
    store: &Store,
    scheme: &Scheme,
    customer: &Customer,
    at: u64,
    own: &str,
) -> Result<Vec<(String, u64)>, Error> {
    let entries = store
        .read_stream(&scheme.key(customer, &Entry::Audit), LOOKED_AT)
        .await;
    let entries = match entries {
        Err(store::Error::WrongType { .. }) => Vec::new(),
        entries => entries?,
    };
    let mut marks = Vec::new();
    let oldest = entries.last().and_then(|entry| milliseconds(&entry.id));
    let cut_off = oldest.filter(|oldest| entries.len() >= KEEP && *oldest > at);
    marks.extend(cut_off.map(|when| ("*".to_owned(), when)));
    for entry in entries {
        let Some(when) = milliseconds(&entry.id).filter(|when| *when > at) else {
            continue;
        };
        if field(&entry, "undo_id").is_some_and(|id| id == own) {
            continue;
        }
        let members: Vec<String> = field(&entry, "marks")
            .and_then(|marks| serde_json::from_str(&marks).ok())
            .unwrap_or_default();
        marks.extend(members.into_iter().map(|member| (member, when)));
    }
    Ok(marks)
}

fn entry_of(entry: &StreamEntry, customer: &Customer) -> AuditEntry {
    let number = |name| {
        field(entry, name)
            .and_then(|text| text.parse().ok())
            .unwrap_or(0)
    };
    let at = milliseconds(&entry.id)
        .and_then(|at| jiff::Timestamp::from_millisecond(i64::try_from(at).ok()?).ok());
    AuditEntry {
        customer: customer.to_string(),
        id: entry.id.clone(),
        at: at.map(|at| format!("{at:.3}")).unwrap_or_default(),
        who: field(entry, "who").unwrap_or_default(),
        command: field(entry, "command").unwrap_or_default(),
        removed: number("removed"),
        softened: number("softened"),
        restored: number("restored"),
        fields: number("fields"),
        undo_id: field(entry, "undo_id"),
        ..AuditEntry::default()
    }
}

fn field(entry: &StreamEntry, name: &str) -> Option<String> {
    let found = entry
        .fields
        .iter()
        .find(|(field, _)| field == name.as_bytes());
    found.map(|(_, value)| String::from_utf8_lossy(value).into_owned())
}

fn milliseconds(id: &str) -> Option<u64> {
    id.split('-').next()?.parse().ok()
}
