//! Repeats a removal until it is certain that the current servers hold none of the keys, including those written
//! meanwhile.

use super::pace::Pace;
use super::plan::InvalidationPlan;
use super::remove::{Removal, RemovalInput, STAGE};
use super::result::RunResult;
use super::survey::RemovalSurvey;
use super::walk::WalkProgress;
use super::{Invalidation, MarkTimes};
use crate::cache::Error;
use crate::cache::coverage::{PAUSE, ROUNDS};
use crate::cache::undo::UndoWriter;
use crate::domain::invalidation::MatchedSample;
use crate::store::Verification;
use std::collections::VecDeque;

impl<'a> Removal<'a> {
    /// Prepares a removal. `writer` saves what is removed.
    pub(crate) fn new(job: &'a Invalidation<'a>, writer: Option<UndoWriter>, pace: Pace) -> Self {
        Self {
            job,
            writer,
            pace,
            moved: false,
            result: RunResult::default(),
        }
    }

    /// Removes the keys that a plan selected, and the fields of hashes that belong to them.
    pub(crate) async fn once(&mut self, surveyed: &RemovalSurvey, plan: InvalidationPlan) {
        self.result.outcome.planned(plan.outcome);
        self.job.progress.begin(STAGE, Some(plan.keys.len()));
        match plan.keys.read() {
            Ok(selection) => self.keys(RemovalInput::Plan(selection)).await,
            Err(error) => self.result.fail(error),
        }
        self.job.progress.end(STAGE);
        if !self.result.is_over()
            && let Err(error) = self.fields(surveyed).await
        {
            self.result.fail(error);
        }
    }

    /// Removes what a plan selected, and repeats this while servers or slots move. If the plan is older than the
    /// marks (`late`), keys written in between are removed in another round.
    pub(crate) async fn until_proven(
        &mut self,
        surveyed: &RemovalSurvey,
        plan: InvalidationPlan,
        seen: &mut WalkProgress,
        mut marking: MarkTimes,
        late: bool,
    ) {
        let job = self.job;
        let mut late = late || marking.open;
        let mut plan = Some(plan);
        for round in 1..=ROUNDS {
            let Some(now) = plan.take() else { break };
            let before = now.before.clone();
            match job.mark_on(&before, surveyed, &mut marking).await {
                Ok(moved) => self.moved |= moved,
                Err(error) => {
                    self.result.fail(error);
                    break;
                }
            }
            self.once(surveyed, now).await;
            if !self.result.is_over() && marking.open {
                // The removal may have freed memory for marks that did not fit before.
                let marked = job.mark_at(surveyed, &mut marking).await;
                marked.unwrap_or_else(|error| self.result.fail(error));
            }
            match job.store.verify(&before).await {
                Ok(verified) => record(verified, &mut self.result),
                Err(error) => self.result.fail(error),
            }
            let moved = self.result.outcome.coverage.topology_changed;
            if self.result.is_over() || round == ROUNDS || !(late || moved) {
                break;
            }
            late = false;
            if moved {
                tokio::time::sleep(PAUSE).await;
            }
            seen.repeated = true;
            match job.plan(surveyed, seen).await {
                Ok(next) => {
                    let more = next.outcome.matched.total();
                    let all = self.result.outcome.matched.total() + more;
                    match job.request.most.filter(|most| all > *most) {
                        Some(most) => self.result.fail(Error::MoreKeys { all, most, more }),
                        None => plan = Some(next),
                    }
                }
                Err(error) => self.result.fail(error),
            }
        }
        self.result.unmarked = marking.open;
    }

    /// Removes keys while scanning, without knowing their number beforehand.
    pub(crate) async fn stream(&mut self, surveyed: &RemovalSurvey, mut marking: MarkTimes) {
        let repeats = self.job.store.can_fail_over();
        let mut seen = repeats.then(WalkProgress::default);
        self.job.progress.begin(STAGE, None);
        for round in 1..=ROUNDS {
            if let Some(seen) = &mut seen {
                seen.repeated = round > 1;
            }
            let streamed = self
                .stream_once(surveyed, seen.as_mut(), &mut marking)
                .await;
            if let Err(error) = streamed {
                self.result.fail(error);
            }
            let moved = self.result.outcome.coverage.topology_changed;
            if self.result.is_over() || !moved || round == ROUNDS {
                break;
            }
            tokio::time::sleep(PAUSE).await;
        }
        self.job.progress.end(STAGE);
        self.result.outcome.matched = self.result.outcome.removed.clone();
        self.result.unmarked = marking.open;
    }

    async fn stream_once(
        &mut self,
        surveyed: &RemovalSurvey,
        seen: Option<&mut WalkProgress>,
        marking: &mut MarkTimes,
    ) -> Result<(), Error> {
        let store = self.job.store;
        let before = store.snapshot().await?;
        self.moved |= self.job.mark_on(&before, surveyed, marking).await?;
        let source = RemovalInput::Scan {
            surveyed,
            seen,
            pages: store.scan(&surveyed.matcher.pattern()).await?,
            waiting: VecDeque::new(),
            sample: MatchedSample::default(),
        };
        self.keys(source).await;
        if !self.result.is_over() {
            record(store.verify(&before).await?, &mut self.result);
        }
        Ok(())
    }

    /// Finishes the undo file and the report.
    pub(crate) fn end(mut self) -> RunResult {
        let changed = &mut self.result.outcome.coverage.topology_changed;
        self.result.unproven = *changed;
        *changed |= self.moved;
        self.result.outcome.undo_id = self.writer.take().and_then(UndoWriter::finish);
        self.result
    }
}

/// Records the result of verifying a round.
fn record(verified: Verification, result: &mut RunResult) {
    const UNKNOWN: &str = "no answer about how many replicas have it";
    result.outcome.coverage = verified.coverage;
    result.notes.retain(|note| !note.starts_with(UNKNOWN));
    if !result.outcome.did_something() {
        return;
    }
    match verified.acknowledged {
        Ok(replicas) => result.outcome.replicas_acked = replicas,
        Err(error) => result.notes.push(format!("{UNKNOWN}: {error}")),
    }
}
