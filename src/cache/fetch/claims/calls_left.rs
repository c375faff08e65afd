//! The calls that may still be made to decide claims.

use crate::domain::papi::ActiveHostname;
use crate::source::{self, Pages};
use std::collections::HashSet;

pub(super) struct CallsLeft {
    pub(super) left: u64,
    /// Pages of the account-wide list, if the cache knows.
    pub(super) pages: Option<u64>,
}

impl CallsLeft {
    /// Reads a list to its end, unless that takes more than `most` calls or more than are left. Returns true if
    /// it was read.
    pub(super) async fn read(
        &mut self,
        mut list: Pages<'_>,
        most: u64,
        names: &HashSet<String>,
        rows: &mut Vec<ActiveHostname>,
    ) -> Result<bool, source::Error> {
        let mut read = 0;
        loop {
            if !list.is_at_end() {
                let all = list.total().map_or(1, crate::cache::fetch::values::pages);
                if all.saturating_sub(read).max(1) > self.left.min(most.saturating_sub(read)) {
                    return Ok(false);
                }
                read += 1;
                self.left -= 1;
            }
            let Some(page) = list.next().await else {
                return Ok(true);
            };
            let wanted = |row: &ActiveHostname| names.contains(&row.name.to_lowercase());
            rows.extend(page?.into_iter().filter(wanted));
        }
    }
}
