//! A run with `keep` extends the TTL of the cache's own values before its first call, and again while it makes
//! calls: nothing of them expires, whatever becomes of the calls and however long they take.

use super::Halt;
use super::ask::Origins;
use super::known::KnownAccount;
use super::plan::{FetchStep, Planner};
use super::run::FetchRun;
use super::since::Since;
use super::survey::Survey;
use crate::cache::Error;
use crate::domain::key::{Entry, Id};
use crate::domain::papi::Property;
use crate::domain::ttl::Resource;
use std::collections::HashSet;
use std::convert::Infallible;
use std::rc::Rc;
use std::time::Duration;

/// Longest and shortest time between two searches for keys that are due.
const AGAIN: (Duration, Duration) = (Duration::from_mins(1), Duration::from_secs(1));

impl Survey {
    /// Returns true if the list of all properties contains exactly `properties`, in this order.
    pub(crate) fn lists(&self, properties: &[Rc<Property>]) -> bool {
        let listed = self.properties.as_deref();
        listed.is_some_and(|listed| {
            !self.repeats
                && listed.len() == properties.len()
                && listed
                    .iter()
                    .zip(properties)
                    .all(|(listed, known)| listed.json == known.json)
        })
    }
}

impl Planner<'_> {
    /// Plans to keep these keys, and to extend those that are due.
    async fn alive(
        &self,
        resource: Resource,
        all: Vec<(Origins, String)>,
    ) -> Result<Vec<FetchStep>, Error> {
        let keys: Vec<String> = all.iter().map(|(_, key)| key.clone()).collect();
        let due = self.due_keys(&keys, |_| resource).await?;
        let due = due.into_iter().filter_map(|at| all.get(at).cloned());
        let extended = due.map(|(about, key)| FetchStep::Extend(resource, key, about));
        let kept = FetchStep::Keep(resource, keys);
        Ok(extended.chain([kept]).collect())
    }

    /// Keeps alive the properties that are ours, except those in `changed`.
    pub(super) async fn details_alive(
        &self,
        since: &Since,
        changed: &HashSet<Id>,
    ) -> Result<Vec<FetchStep>, Error> {
        let ours = since.ours.iter().filter(|one| !changed.contains(&one.id));
        let key = |id: &Id| self.cache.key(&Entry::Property(id.clone()));
        let keys = ours.map(|one| (Origins::Property(one.id.clone()), key(&one.id)));
        self.alive(Resource::Details, keys.collect()).await
    }

    pub(super) async fn list_alive(&self) -> Result<Vec<FetchStep>, Error> {
        let key = self.cache.key(&Entry::Properties);
        let keys = vec![(Origins::Properties, key)];
        self.alive(Resource::Properties, keys).await
    }
}

impl FetchRun<'_> {
    /// Extends the values that are ours and due.
    pub(super) async fn keep_ours_alive(&self, since: &Since) -> Result<(), Halt> {
        let planner = self.planner();
        let mut known = KnownAccount::of(&since.ours);
        let mut steps = planner.details_alive(since, &HashSet::new()).await?;
        if since.list {
            steps.extend(planner.list_alive().await?);
        }
        if self.wants(Resource::Hostnames) && !since.hosts_old {
            steps.extend(planner.hosts_alive(since, &known).await?);
        }
        self.renew(steps, &mut known).await
    }

    /// Extends the due values that take a call for one property alone, of properties that are ours.
    pub(super) async fn keep_own_alive(&self, since: &Since) -> Result<(), Halt> {
        let mut known = KnownAccount::of(&since.ours);
        let steps = self.planner().each(&known, false).await?;
        self.renew(steps, &mut known).await
    }

    /// Carries out only what extends a TTL: as long as no answer of the API confirms a key, it does not count as
    /// seen by this run.
    async fn renew(&self, mut steps: Vec<FetchStep>, known: &mut KnownAccount) -> Result<(), Halt> {
        steps.retain(|step| matches!(step, FetchStep::Extend(..) | FetchStep::KeepHash(_)));
        self.carry_out(steps, known).await
    }

    /// Repeats `keep_ours_alive` until the run ends.
    pub(super) async fn stay_alive(&self, since: Option<&Since>) -> Result<Infallible, Halt> {
        let (Some(every), Some(since)) = (self.request.keep, since) else {
            return std::future::pending().await;
        };
        loop {
            tokio::time::sleep(every.clamp(AGAIN.1, AGAIN.0)).await;
            self.keep_ours_alive(since).await?;
        }
    }
}
