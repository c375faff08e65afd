//! Report of `locks`.

use crate::domain::locks::LockReport;
use crate::output::table::{Column, Rows};
use crate::output::{Output, Tone, WriteError, human};
use serde::Serialize;
use std::time::Duration;

/// The locks found or removed.
#[derive(Debug, Serialize)]
pub(crate) struct LocksView<'a> {
    /// The locks shown.
    pub locks: &'a [LockReport],
    /// Number of all locks.
    pub total: usize,
    /// Requested customers, or those of all locks.
    #[serde(skip)]
    pub customers: Vec<&'a str>,
    /// Removed keys, if a removal was requested.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cleared: Option<&'a [String]>,
    /// True for the dry run of a removal; `None` if no removal was requested.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dry_run: Option<bool>,
}

impl LocksView<'_> {
    /// Prints the report on stdout.
    pub(crate) fn show(&self, out: &Output, endpoint: &str) -> Result<(), WriteError> {
        if out.is_json() {
            return out.document("locks", endpoint, self.customers.clone(), self);
        }
        let of = match self.customers.as_slice() {
            [] => "all customers".to_owned(),
            names => names.join(", "),
        };
        let (all, on) = (
            human::count(self.total as u64, "lock"),
            human::address(endpoint),
        );
        out.note(&match self.cleared {
            Some(keys) if self.dry_run == Some(false) && self.total > 0 => {
                format!("removed {} of {all} of {of} on {on}", keys.len())
            }
            _ => format!("{all} of {of} on {on}"),
        });
        if self.locks.is_empty() {
            return Ok(());
        }
        let mut rows = Rows::new(&[
            Column::Whole("lock"),
            Column::Whole("owner"),
            Column::Number("age"),
            Column::Number("ttl"),
            Column::Text("state"),
        ])
        .optional(&["age", "owner"]);
        let seconds = |span: Option<u64>, none: &str| {
            span.map_or_else(
                || none.to_owned(),
                |span| human::duration(Duration::from_secs(span)),
            )
        };
        for lock in self.locks {
            rows.push([
                lock.key.clone(),
                lock.owner.clone().unwrap_or_else(|| "-".into()),
                seconds(lock.age_seconds, "-"),
                seconds(lock.ttl_seconds, "NONE"),
                self.state(lock).to_owned(),
            ]);
            let removed = self.cleared.is_some_and(|keys| keys.contains(&lock.key));
            rows.tone("state", (lock.stale && !removed).then_some(Tone::Bad));
        }
        out.table(rows)?;
        out.note_of_more((self.total - self.locks.len()) as u64, "lock");
        Ok(())
    }

    fn state(&self, lock: &LockReport) -> &'static str {
        match self.cleared {
            Some(cleared) if cleared.contains(&lock.key) => "removed",
            Some(_) if lock.stale && self.dry_run == Some(true) => "STALE, would be removed",
            Some(_) if lock.stale => "STALE, taken again or no lock: left alone",
            _ if lock.stale && lock.no_ttl => "STALE: never expires",
            _ if lock.stale => "STALE: lives too long",
            _ => "held",
        }
    }
}
