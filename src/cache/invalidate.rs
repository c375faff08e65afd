//! Removes stale keys, and only those.
//!
//! `survey` finds what belongs to the named items. `plan` selects the keys: `walk` visits each one and `spool` stores
//! the selected ones. `remove` removes them in batches, saving each batch first if it can be undone. `prove` repeats
//! this until nothing moved meanwhile.

mod generations;
mod hosts;
mod invalidated_before;
mod names;
mod pace;
mod part;
mod plan;
mod prove;
mod remove;
mod result;
mod spool;
mod stale;
mod survey;
mod tags;
mod walk;

pub(crate) use pace::Pace;
pub(crate) use plan::InvalidationPlan;
pub(crate) use remove::Removal;
pub(crate) use result::RunResult;
pub(crate) use stale::{CacheChanges, RemovedStale};
pub(crate) use survey::RemovalSurvey;
pub(crate) use walk::WalkProgress;

use super::{Error, note_replaced_marks};
use crate::domain::invalidation::{InvalidationRequest, MARK_LIFE};
use crate::domain::key::{Customer, Entry, Id, Scheme};
use crate::domain::progress::Progress;
use crate::stop::Stop;
use crate::store::{self, Store, TopologySnapshot};
use std::collections::BTreeMap;

/// An invalidation for any number of customers.
pub(crate) struct Invalidation<'a> {
    pub store: &'a Store,
    pub scheme: &'a Scheme,
    pub customers: &'a [Customer],
    pub request: &'a InvalidationRequest,
    pub progress: &'a dyn Progress,
    pub stop: &'a Stop,
}

/// Times of an invalidation's marks.
#[derive(Debug, Clone, Default)]
pub(crate) struct MarkTimes {
    /// Milliseconds since 1970 by the server's clock, for each customer.
    pub at: BTreeMap<String, u64>,
    /// The server had no memory for the marks. They are written once there is room.
    pub open: bool,
    /// The servers that accepted the marks.
    on: Option<TopologySnapshot>,
}

impl Invalidation<'_> {
    pub(super) fn key(&self, customer: &Customer, entry: &Entry) -> String {
        self.scheme.key(customer, entry)
    }

    /// Checks whether the user may save what is to be removed, before anything is written. The key used for this
    /// cannot exist: a large value would block other clients.
    ///
    /// # Errors
    /// If a command needed for saving is not permitted, and errors of the connection.
    pub(crate) async fn may_save(&self) -> Result<(), Error> {
        for customer in self.customers {
            let (Ok(undo), Ok(probe)) = (Id::new("undo"), Id::new("probe")) else {
                continue;
            };
            let key = self.key(customer, &Entry::Absent(undo, probe));
            self.store.may_save(&key).await?;
        }
        Ok(())
    }

    /// Marks what is about to be removed, so that no process that fetched it earlier writes it back.
    ///
    /// # Errors
    /// If the marks cannot be written, nothing should be removed. The exception is a server that is out of memory,
    /// because the removal frees some.
    pub(crate) async fn mark(&self, surveyed: &RemovalSurvey) -> Result<MarkTimes, Error> {
        let mut marking = MarkTimes {
            on: Some(self.store.snapshot().await?),
            ..MarkTimes::default()
        };
        for customer in surveyed.parts.keys() {
            let key = self.key(customer, &Entry::Invalidated);
            marking
                .at
                .insert(customer.to_string(), self.store.now_for(&key).await?);
        }
        self.mark_at(surveyed, &mut marking).await?;
        Ok(marking)
    }

    /// Writes the marks again if the servers in `now` differ from those that accepted them. Returns whether they do.
    async fn mark_on(
        &self,
        now: &TopologySnapshot,
        surveyed: &RemovalSurvey,
        marking: &mut MarkTimes,
    ) -> Result<bool, Error> {
        if marking.on.as_ref().is_some_and(|on| on.is_same(now)) {
            return Ok(false);
        }
        self.mark_at(surveyed, marking).await?;
        marking.on = Some(now.clone());
        Ok(true)
    }

    /// Writes the marks with their original times.
    pub(crate) async fn mark_at(
        &self,
        surveyed: &RemovalSurvey,
        marking: &mut MarkTimes,
    ) -> Result<(), Error> {
        marking.open = false;
        for (customer, part) in &surveyed.parts {
            let (members, at) = (part.marks.members(), marking.at.get(customer.as_str()));
            let Some(at) = at.filter(|_| !members.is_empty()) else {
                continue;
            };
            let key = self.key(customer, &Entry::Invalidated);
            match self.store.mark(&key, *at, &members, MARK_LIFE).await {
                Err(store::Error::OutOfMemory { .. }) => marking.open = true,
                marked => marked?,
            }
        }
        note_replaced_marks(self.store, |text| self.progress.note(text));
        Ok(())
    }
}
