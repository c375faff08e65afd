//! `--resume`: decides which stored responses may be used. A run after one that ended because of its budget uses
//! them as well, unless everything is to be fetched (`--force`).

use super::Warm;
use crate::domain::invalidation::MARK_LIFE;
use crate::domain::key::{Customer, Entry};
use crate::domain::ttl::Due;
use crate::source::{Checkpoint, CheckpointHeader, Source};
use std::path::Path;
use std::time::Duration;

/// The usual reason for not resuming.
const NONE: &str = "no run was interrupted";

impl Warm<'_> {
    /// True if a later `--resume` can continue this run.
    pub(super) fn checkpoints(&self) -> bool {
        self.settings.state_folder.is_some()
            && self.request.is_for_account()
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
                self.out
                    .warn("nothing to resume: neither XDG_STATE_HOME nor HOME is set");
            }
            return source;
        };
        let of = format!(
            "{} {} {}",
            source.account_digest(),
            self.settings.endpoint(),
            self.settings.scheme.prefix()
        );
        let name = customer.as_str();
        let asked = self.arguments.resume;
        let goes_on = self.request.due != Due::Always && Checkpoint::left_by_budget(folder, name);
        let mut former = None;
        if asked || goes_on {
            match self.former(folder, customer, &of).await {
                Ok(header) => former = Some(header),
                // With --keep, most cycles follow one that ended well, so this is no warning.
                Err(reason) if asked && !(self.arguments.keep && reason == NONE) => {
                    self.out.warn(&format!(
                        "`{customer}` is warmed from the beginning: {reason}"
                    ));
                }
                Err(_) => {}
            }
        }
        let checkpoint = Checkpoint::new(folder, name, of, former);
        source.checkpointed(if self.arguments.dry_run {
            checkpoint.read_only()
        } else {
            checkpoint
        })
    }

    /// Returns the header of the run that may be resumed, or the reason why none may. What was invalidated since is
    /// no reason: the run finds its marks, and fetches it again.
    async fn former(
        &self,
        folder: &Path,
        customer: &Customer,
        of: &str,
    ) -> Result<CheckpointHeader, String> {
        let left = Checkpoint::left(folder, customer.as_str());
        let former = left.ok_or(NONE)?;
        if former.of != of {
            return Err("the interrupted run was for another account or server".into());
        }
        let marks = self.settings.scheme.key(customer, &Entry::Invalidated);
        let now = self.store.now_for(&marks).await;
        let now = now.map_err(|error| error.to_string())?;
        let age = now.checked_sub(former.since).map(Duration::from_millis);
        if age.is_none_or(|age| age > MARK_LIFE) {
            return Err("the interrupted run began more than an hour ago".into());
        }
        Ok(former)
    }
}
