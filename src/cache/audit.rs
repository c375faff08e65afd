//! The trail of who removed and restored what: a stream for each customer, kept by the server.

use super::Error;
use crate::domain::invalidation::audit::Recorded;
use crate::domain::key::{Customer, Entry, Scheme};
use crate::store::{self, Store, StreamEntry};
use std::collections::BTreeSet;

/// About how many entries are kept.
const KEEP: usize = 1000;

/// So many entries are looked at for later invalidations.
const LOOKED_AT: usize = 2 * KEEP;

/// So many marks are spelled out in an entry; more are told as one for everything.
const MARKS: usize = 200;

/// What is entered.
#[derive(Debug, Clone, Default)]
pub(crate) struct Deed {
    /// User and host.
    pub who: String,
    /// What was typed, without secrets.
    pub command: String,
    /// Keys removed.
    pub removed: u64,
    /// Keys softened.
    pub softened: u64,
    /// Keys restored.
    pub restored: u64,
    /// Fields of the hash of host names removed or restored.
    pub fields: u64,
    /// Under which name it can be undone, or which name was.
    pub undo_id: Option<String>,
    /// What was marked.
    pub marks: Vec<String>,
}

/// Enters a deed. One that changed nothing is entered only where there is a trail already: a name that
/// was mistyped should leave nothing behind.
pub(crate) async fn enter(
    store: &Store,
    scheme: &Scheme,
    customer: &Customer,
    deed: &Deed,
) -> Result<(), store::Error> {
    let key = scheme.key(customer, &Entry::Audit);
    if deed.removed + deed.softened + deed.restored + deed.fields == 0 {
        let there = store.exist(&[key.clone().into_bytes()]).await.pop();
        if !there.transpose()?.unwrap_or(false) {
            return Ok(());
        }
    }
    let marks = if deed.marks.len() > MARKS {
        vec!["*".to_owned()]
    } else {
        deed.marks.clone()
    };
    let mut fields = vec![
        ("who", deed.who.clone()),
        ("command", deed.command.clone()),
        ("removed", deed.removed.to_string()),
        ("softened", deed.softened.to_string()),
        ("restored", deed.restored.to_string()),
        ("fields", deed.fields.to_string()),
        ("marks", serde_json::json!(marks).to_string()),
    ];
    fields.extend(deed.undo_id.iter().map(|id| ("undo_id", id.clone())));
    store.append(&key, KEEP, &fields).await.map(|_| ())
}

/// The newest entries of a customer, newest first.
pub(crate) async fn read(
    store: &Store,
    scheme: &Scheme,
    customer: &Customer,
    limit: usize,
) -> Result<Vec<Recorded>, Error> {
    let entries = store
        .read_stream(&scheme.key(customer, &Entry::Audit), limit)
        .await?;
    Ok(entries
        .iter()
        .map(|entry| recorded(entry, customer))
        .collect())
}

/// The customers that have a trail, in order.
pub(crate) async fn customers(store: &Store, scheme: &Scheme) -> Result<Vec<Customer>, Error> {
    let mut found = BTreeSet::new();
    let audit = Entry::Audit.to_string();
    let pattern = format!("{}*:{audit}", crate::domain::glob::escape(scheme.prefix()));
    let mut pages = store.scan_pages(pattern.as_bytes()).await?;
    while let Some(page) = pages.next().await {
        let customers = page?.into_iter().filter_map(|key| {
            let (customer, rest) = scheme.split(&key)?;
            (rest == audit.as_bytes()).then_some(customer)
        });
        found.extend(customers);
    }
    Ok(found.into_iter().collect())
}

/// What was marked by entries after `at` (milliseconds since 1970, by the server's clock), and when. The
/// entry of the invalidation `own` itself, which was written after its marks, is left out. Where the
/// trail no longer reaches back so far it cannot tell, and everything counts as marked.
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

fn recorded(entry: &StreamEntry, customer: &Customer) -> Recorded {
    let number = |name| {
        field(entry, name)
            .and_then(|text| text.parse().ok())
            .unwrap_or(0)
    };
    let at = milliseconds(&entry.id)
        .and_then(|at| jiff::Timestamp::from_millisecond(i64::try_from(at).ok()?).ok());
    Recorded {
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
        undone: false,
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
