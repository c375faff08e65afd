//! `--resume`: which answers of a former run may be used.

use super::Warm;
use crate::domain::key::{Customer, Entry};
use crate::source::{Checkpoint, Source, Start};
use std::path::Path;

/// Answers of a run that began longer ago (ms) are not used. Marks live as long.
const OLDEST: u64 = 3_600_000;

/// Clocks may go back by so much (ms), as after a failover.
const MARGIN: u64 = 5_000;

/// Why nothing is gone on with, most of the time.
const NONE: &str = "no run was interrupted";

impl Warm<'_> {
    /// Whether `--resume` can go on with this run.
    pub(super) fn checkpoints(&self) -> bool {
        self.settings.state_folder.is_some()
            && self.request.is_whole()
            && !self.request.check
            && !self.arguments.from_misses
            && self.answers.recording.is_none()
    }

    /// The source with a checkpoint, where there is a place for one and the whole account is asked for.
    /// What keeps a run from having one does not keep it from running.
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
        // Whatever is wrong with the server is reported by the run.
        let Ok(now) = self.store.now_for(&marks).await else {
            return source;
        };
        let Ok(before) = self
            .store
            .marks_since(&marks, now.saturating_sub(MARGIN))
            .await
        else {
            return source;
        };
        let start = Start {
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
        let checkpoint = if self.arguments.resume {
            match self.former(folder, customer, &start, &marks).await {
                Ok(former) => Checkpoint::resuming(folder, name, former),
                Err(reason) => {
                    // Most cycles of a process that stays follow one that has ended well.
                    if !(self.arguments.keep && reason == NONE) {
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

    /// When the run began whose answers may be used, or why none may.
    async fn former(
        &self,
        folder: &Path,
        customer: &Customer,
        now: &Start,
        marks: &str,
    ) -> Result<Start, String> {
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
            Ok(marks) if marks.iter().all(|mark| former.before.contains(mark)) => Ok(former),
            Ok(_) => Err("something was invalidated since the interrupted run began".into()),
            Err(error) => Err(error.to_string()),
        }
    }
}
