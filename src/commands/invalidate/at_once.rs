//! Removal without confirmation: keys that can be named are removed first, whatever the size of the keyspace, and
//! then the keys that only a walk finds. A refill has to know all of them while they are cached.

use super::{InvalidateRun, StateBefore};
use crate::cache::invalidate::{MarkTimes, Removal, RemovalSurvey, WalkProgress};
use crate::exit::{Exit, Failure};

impl InvalidateRun<'_> {
    /// Removes keys that can be named, then those that a walk finds.
    pub(super) async fn at_once(
        &self,
        mut surveyed: RemovalSurvey,
        mut marking: MarkTimes,
    ) -> Result<Exit, Failure> {
        let mut seen = WalkProgress::default();
        let mut removal = self.removal(&marking)?;
        let mut before = None;
        let named = if self.arguments.refill {
            None
        } else {
            self.job.plan_named(&surveyed, &mut seen).await?
        };
        // If there are none, what the report counts is read once the walk has found the others.
        if let Some(plan) = named.filter(|plan| plan.outcome.matched.total() > 0) {
            self.room(&plan.outcome)?;
            before = Some(self.before(&surveyed, &plan.outcome, &marking).await?);
            removal.once(&surveyed, plan).await;
        }
        let mut refused = None;
        if !removal.result.is_over() {
            refused = self
                .rest(
                    &mut surveyed,
                    &mut marking,
                    &mut seen,
                    &mut removal,
                    &mut before,
                )
                .await?;
        }
        let before = before.unwrap_or_default();
        let ended = removal.end();
        self.conclude(ended, &surveyed, before, refused).await
    }

    /// Removes what only a walk finds. If this is refused after the first part was done, returns the reason.
    async fn rest(
        &self,
        surveyed: &mut RemovalSurvey,
        marking: &mut MarkTimes,
        seen: &mut WalkProgress,
        removal: &mut Removal<'_>,
        before: &mut Option<StateBefore>,
    ) -> Result<Option<Failure>, Failure> {
        let planned = async {
            self.job.survey_hashes(surveyed).await?;
            self.job.mark_at(surveyed, marking).await?;
            self.job.plan(surveyed, seen).await
        };
        let plan = tokio::select! {
            plan = planned => plan,
            _ = self.stop.raised() => {
                removal.result.stopped = true;
                return Ok(None);
            }
        };
        let plan = match plan {
            Ok(plan) => plan,
            Err(error) => {
                removal.result.fail(error);
                return Ok(None);
            }
        };
        let mut all = removal.result.outcome.clone();
        all.planned(plan.outcome.clone());
        if let Err(mut refused) = self.room(&all) {
            if !removal.result.outcome.did_something() {
                return Err(refused);
            }
            refused.exit = Exit::Partial;
            return Ok(Some(refused));
        }
        if before.is_none() {
            *before = Some(self.before(surveyed, &all, marking).await?);
        }
        removal
            .until_proven(surveyed, plan, seen, marking.clone(), false)
            .await;
        Ok(None)
    }
}
