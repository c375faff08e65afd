//! The plan of a removal, complete before anything is touched: first the keys that can be named, then one walk over
//! the keyspace, whatever the number of ids and patterns.

use super::Invalidation;
use super::hosts::VALUES;
use super::spool::Spool;
use super::survey::RemovalSurvey;
use super::walk::{KeyWalk, WalkProgress};
use crate::cache::{Error, coverage};
use crate::domain::invalidation::InvalidationOutcome;
use crate::store::{self, TopologySnapshot};

/// What would be removed.
pub(crate) struct InvalidationPlan {
    /// What was found; nothing is removed yet.
    pub outcome: InvalidationOutcome,
    pub(super) keys: Spool,
    pub(super) before: TopologySnapshot,
}

impl Invalidation<'_> {
    /// Plans the keys that can be named without a walk. `None` if there are none, or if no walk is needed at all.
    pub(crate) async fn plan_named(
        &self,
        surveyed: &RemovalSurvey,
        seen: &mut WalkProgress,
    ) -> Result<Option<InvalidationPlan>, Error> {
        if surveyed.matcher.keys().is_some() {
            return Ok(None);
        }
        let keys = surveyed.matcher.named_keys(&surveyed.rules);
        if keys.is_empty() {
            return Ok(None);
        }
        let before = self.store.snapshot().await?;
        let mut walk = KeyWalk::new(self, surveyed, seen);
        self.visit_existing(&mut walk, keys).await?;
        let (outcome, keys) = walk.finish().await?;
        Ok(Some(InvalidationPlan {
            outcome,
            keys,
            before,
        }))
    }

    /// Plans everything. Walks again if servers or slots move, up to three times.
    pub(crate) async fn plan(
        &self,
        surveyed: &RemovalSurvey,
        seen: &mut WalkProgress,
    ) -> Result<InvalidationPlan, Error> {
        // A dry run may read from a replica; a removal reads from the primaries.
        let mut round = 1;
        loop {
            let before = self.store.snapshot().await?;
            let mut again = seen.clone();
            let (mut outcome, keys) = self.walk(surveyed, &mut again).await?;
            let after = self.store.snapshot().await?;
            outcome.coverage = before.coverage(&after);
            if !outcome.coverage.topology_changed || round == coverage::ROUNDS {
                *seen = again;
                return Ok(InvalidationPlan {
                    outcome,
                    keys,
                    before,
                });
            }
            round += 1;
            tokio::time::sleep(coverage::PAUSE).await;
        }
    }

    async fn walk(
        &self,
        surveyed: &RemovalSurvey,
        seen: &mut WalkProgress,
    ) -> Result<(InvalidationOutcome, Spool), Error> {
        let mut walk = KeyWalk::new(self, surveyed, seen);
        let mut scan_skipped = None;
        if let Some(keys) = surveyed.matcher.keys() {
            self.visit_existing(&mut walk, keys).await?;
        } else {
            match self.walk_pages(surveyed, &mut walk).await {
                Err(Error::Store(error))
                    if self.goes_without(&error) && !surveyed.matcher.is_only_walked() =>
                {
                    let keys = surveyed.matcher.named_keys(&surveyed.rules);
                    self.visit_existing(&mut walk, keys).await?;
                    scan_skipped = Some(error.to_string());
                }
                walked => walked?,
            }
        }
        let (mut outcome, keys) = walk.finish().await?;
        outcome.scan_skipped = scan_skipped;
        Ok((outcome, keys))
    }

    /// Returns true if a removal is limited to the keys that can be named because of this error. A user who may not scan
    /// is asked for the permission only if an operator named what to remove, and not if a run found it stale.
    fn goes_without(&self, error: &store::Error) -> bool {
        let by_run = self.request.wanted.is_empty();
        matches!(error, store::Error::NoScan(_)) || by_run && error.refuses_scan()
    }

    async fn walk_pages(
        &self,
        surveyed: &RemovalSurvey,
        walk: &mut KeyWalk<'_>,
    ) -> Result<(), Error> {
        let mut pages = self.store.scan(&surveyed.matcher.pattern()).await?;
        while let Some(page) = pages.next().await {
            page?.into_iter().try_for_each(|key| walk.visit(key))?;
            walk.look_at_hosts(VALUES).await?;
            if self.stop.signal().is_some() {
                break;
            }
        }
        Ok(())
    }

    async fn visit_existing(
        &self,
        walk: &mut KeyWalk<'_>,
        keys: Vec<Vec<u8>>,
    ) -> Result<(), Error> {
        let there = self.store.exist(&keys).await;
        for (key, there) in keys.into_iter().zip(there) {
            if there? {
                walk.visit(key)?;
            }
        }
        Ok(())
    }
}
