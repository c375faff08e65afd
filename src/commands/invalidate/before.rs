//! What is prepared before anything is removed: the undo file, and the state that the refill needs.

use super::{InvalidateRun, gates, request};
use crate::cache::fetch::CachedBefore;
use crate::cache::invalidate::{MarkTimes, RemovalSurvey};
use crate::cache::refill::RefreshWatch;
use crate::cache::undo::{UndoFolder, UndoWriter};
use crate::domain::invalidation::InvalidationOutcome;
use crate::domain::invalidation::undo_file::UndoHeader;
use crate::domain::key::Customer;
use crate::exit::Failure;
use jiff::Timestamp;
use std::collections::BTreeMap;

/// State read before the removal.
#[derive(Default)]
pub(super) struct StateBefore {
    /// Data of the removed keys that the refill needs, the property lists among it.
    pub(super) cached: BTreeMap<Customer, CachedBefore>,
    /// API calls that the refill costs.
    pub(super) calls: u64,
    /// Keys that the ALECS server may refresh meanwhile.
    pub(super) watched: BTreeMap<Customer, RefreshWatch>,
}

impl InvalidateRun<'_> {
    /// Refuses if the undo file would exceed its limit.
    pub(super) fn room(&self, outcome: &InvalidationOutcome) -> Result<(), Failure> {
        if self.arguments.no_undo || self.arguments.undo {
            return Ok(());
        }
        gates::room(&self.folder()?, outcome)
    }

    fn folder(&self) -> Result<UndoFolder, Failure> {
        let state = self.settings.state_folder.as_deref().ok_or_else(|| {
            Failure::config("no folder for undo files")
                .hint("set XDG_STATE_HOME or HOME, or pass --no-undo")
        })?;
        Ok(UndoFolder::below(state))
    }

    pub(super) fn writer(&self, marking: &MarkTimes) -> Result<Option<UndoWriter>, Failure> {
        if self.arguments.no_undo {
            return Ok(None);
        }
        let now = Timestamp::now();
        let second = now.strftime("%Y%m%dT%H%M%SZ");
        let id = format!("{second}-{:08x}", fastrand::u32(..));
        let header = UndoHeader::new(
            id,
            u64::try_from(now.as_millisecond()).unwrap_or(0),
            self.settings.endpoint(),
            self.settings.scheme.prefix().to_owned(),
            marking.at.clone(),
            request::command_line(self.arguments),
        );
        Ok(Some(UndoWriter::new(self.folder()?, header)))
    }

    /// Returns the API calls that a refill costs.
    pub(super) async fn refill_calls(&self, outcome: &InvalidationOutcome) -> Result<u64, Failure> {
        let lifetimes = self.settings.lifetimes();
        Ok(self.job.refill_calls(outcome, lifetimes).await?)
    }

    /// Reads what the refill and the report need before anything is removed.
    pub(super) async fn before(
        &self,
        surveyed: &RemovalSurvey,
        outcome: &InvalidationOutcome,
        marking: &MarkTimes,
    ) -> Result<StateBefore, Failure> {
        // The table does not show the number.
        let calls = if self.out.is_json() {
            self.refill_calls(outcome).await?
        } else {
            0
        };
        let mut before = StateBefore {
            calls,
            ..StateBefore::default()
        };
        if self.arguments.refill {
            before.watched = self.job.watch(outcome).await?;
            let lifetimes = self.settings.lifetimes();
            let job = self.job;
            let cached = job.cached_before(surveyed, outcome, marking, lifetimes);
            before.cached = cached.await?;
        }
        Ok(before)
    }
}
