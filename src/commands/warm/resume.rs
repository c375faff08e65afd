//! `--resume`: decides which stored responses may be used. A run after one that ended because of its budget uses
//! them as well, unless everything is to be fetched (`--force`).

use super::Warm;
use crate::domain::key::{Customer, Entry};
use crate::domain::ttl::Due;
use crate::source::{Checkpoint, CheckpointHeader, Source};
use std::path::Path;

/// Maximum age of a run to resume, in milliseconds. Marks live equally long.
const OLDEST: u64 = 3_600_000;

/// Tolerance for clocks that go back, as after a failover, in milliseconds.
const MARGIN: u64 = 5_000;

/// The usual reason for not resuming.
const NONE: &str = "no run was interrupted";

impl Warm<'_> {
    /// True if a later `--resume` can continue this run.
    pub(super) fn checkpoints(&self) -> bool {
        self.settings.state_folder.is_some()
            && self.request.is_whole()
            && !self.request.check
            && !self.arguments.from_misses
            && self.answers.recording.is_none()
    }

    /// Adds a checkpoint to the source if the whole account is warmed and there is a state folder. Without a
    /// checkpoint the run goes on.
    pub(super) async fn checkpointed(&self, source: Source, customer: &Customer) -> Source {
        let folder = self.settings.state_folder.as_deref();
        let Some(folder) = folder.filter(|_| self.checkpoints()) else {
            if self.arguments.resume {
                self.out.warn(
                    "nothing to go on with: neither XDG_STATE_HOME nor HOME says where it is",
                );
            }
            return source;
        };
        let marks = self.settings.scheme.key(customer, &Entry::Invalidated);
        // The run itself reports problems with the server.
        let Ok(now) = self.store.now_for(&marks).await else {
            return source;
        };
        let Ok(Some(before)) = self
            .store
            .marks_since(&marks, now.saturating_sub(MARGIN))
            .await
        else {
            return source;
        };
        let start = CheckpointHeader {
            since: now,
            before,
            of: format!(
                "{} {} {}",
                source.account_digest(),
                self.settings.endpoint(),
                self.settings.scheme.prefix()
            ),
        };
        let name = customer.as_str();
        let asked = self.arguments.resume;
        let goes_on = self.request.due != Due::Always && Checkpoint::left_by_budget(folder, name);
        let checkpoint = if asked || goes_on {
            match self.former(folder, customer, &start, &marks).await {
                Ok(former) => Checkpoint::resuming(folder, name, former),
                Err(reason) => {
                    // With --keep, most cycles follow one that ended well, so this is no warning.
                    if asked && !(self.arguments.keep && reason == NONE) {
                        self.out.warn(&format!(
                            "`{customer}` is warmed from the beginning: {reason}"
                        ));
                    }
                    Checkpoint::new(folder, name, start)
                }
            }
        } else {
            Checkpoint::new(folder, name, start)
        };
        source.checkpointed(checkpoint)
    }

    /// Returns the `Start` of the run that may be resumed, or the reason why none may.
    async fn former(
        &self,
        folder: &Path,
        customer: &Customer,
        now: &CheckpointHeader,
        marks: &str,
    ) -> Result<CheckpointHeader, String> {
        let left = Checkpoint::left(folder, customer.as_str());
        let former = left.ok_or(NONE)?;
        if former.of != now.of {
            return Err("the interrupted run was for another account or server".into());
        }
        if former.since > now.since || now.since - former.since > OLDEST {
            return Err("the interrupted run began more than an hour ago".into());
        }
        let since = former.since.saturating_sub(MARGIN);
        match self.store.marks_since(marks, since).await {
            Ok(Some(marks)) if marks.iter().all(|mark| former.before.contains(mark)) => Ok(former),
            Ok(_) => Err("something was invalidated since the interrupted run began".into()),
            Err(error) => Err(error.to_string()),
        }
    }
}
