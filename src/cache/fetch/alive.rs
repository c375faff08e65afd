//! A run that stays keeps what is ours alive before it asks anything, and again while it asks: whatever
//! becomes of its calls and however long they take, nothing of it expires meanwhile.

use super::Halt;
use super::ask::{Effect, Origins, PendingWrite};
use super::incremental::Since;
use super::known::KnownAccount;
use super::plan::FetchStep;
use super::run::FetchRun;
use super::since::CHUNK;
use super::survey::Survey;
use crate::domain::key::{Entry, Id};
use crate::domain::papi::Property;
use crate::domain::ttl::Resource;
use crate::store::Write;
use std::collections::HashSet;
use std::convert::Infallible;
use std::rc::Rc;
use std::time::Duration;

/// The longest and the shortest time until what is due is looked for again.
const AGAIN: (Duration, Duration) = (Duration::from_mins(1), Duration::from_secs(1));

/// What is ours, as the survey saw it.
pub(super) struct Ours {
    since: Rc<Since>,
    /// The list of all properties says the same as they do.
    list: bool,
    /// There is a hash of all host names.
    hash: bool,
}

impl Survey {
    /// What a run that stays keeps alive; what is doubtful is not.
    pub(crate) fn ours(&self) -> Option<Ours> {
        let since = self.since.clone()?;
        Some(Ours {
            list: since.doubtful.is_empty() && self.lists(&since.ours),
            hash: self.hash_there,
            since,
        })
    }

    /// Whether the list of all properties says just this.
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

impl FetchRun<'_> {
    /// Gives what is ours and due a new time to live.
    pub(crate) async fn keep_ours(&self, ours: &Ours) -> Result<(), Halt> {
        let since = &ours.since;
        self.keep_details(since, &HashSet::new()).await?;
        if ours.list {
            self.keep_list_alive(since).await?;
        }
        if self.wants(Resource::Hostnames) && !since.hosts_old {
            let known = KnownAccount {
                properties: since.ours.clone(),
                ..KnownAccount::default()
            };
            self.kept_hosts(ours.hash, since, &known).await?;
        }
        since.counted.set(true);
        Ok(())
    }

    /// Leaves keys that are fresh; those of a run that stays are counted once.
    pub(crate) async fn leave(
        &self,
        since: &Since,
        resource: Resource,
        keys: Vec<String>,
    ) -> Result<(), Halt> {
        if since.counted.get() {
            return Ok(());
        }
        self.keep(resource, keys).await
    }

    /// Gives what properties that are ours were asked for by themselves a new time to live where it is due.
    pub(crate) async fn keep_own(&self, ours: &Ours) -> Result<(), Halt> {
        let known = KnownAccount {
            properties: ours.since.ours.clone(),
            ..KnownAccount::default()
        };
        for step in self.planner(false).each(&known, false).await? {
            if let FetchStep::Extend(resource, key, about) = step {
                self.keep_alive(resource, key, about).await?;
            }
        }
        Ok(())
    }

    /// Does so again and again, until the run ends.
    pub(crate) async fn stay_alive(&self, ours: Option<&Ours>) -> Result<Infallible, Halt> {
        let (Some(every), Some(ours)) = (self.request.keep, ours) else {
            return std::future::pending().await;
        };
        loop {
            tokio::time::sleep(every.clamp(AGAIN.1, AGAIN.0)).await;
            self.keep_ours(ours).await?;
        }
    }

    pub(crate) async fn keep_details(
        &self,
        since: &Since,
        changed: &HashSet<String>,
    ) -> Result<(), Halt> {
        let resource = Resource::Details;
        let ids = since
            .ours
            .iter()
            .filter(|one| !changed.contains(&one.id))
            .filter_map(|one| Id::new(&one.id).ok());
        let ids: Vec<Id> = ids.collect();
        for ids in ids.chunks(CHUNK) {
            let keys = self.place.keys_of(ids, Entry::Property);
            let surveyor = self.planner(false).surveyor;
            let due = surveyor.due_keys(&keys, |_| resource).await?;
            let mut due = due.into_iter().peekable();
            let mut fresh = Vec::new();
            for (at, (id, key)) in ids.iter().zip(keys).enumerate() {
                if due.next_if_eq(&at).is_some() {
                    let about = Origins::Property(id.clone());
                    self.keep_alive(resource, key, about).await?;
                } else {
                    fresh.push(key);
                }
            }
            self.leave(since, resource, fresh).await?;
        }
        Ok(())
    }

    pub(crate) async fn keep_list_alive(&self, since: &Since) -> Result<(), Halt> {
        let resource = Resource::Properties;
        let keys = vec![self.place.key(&Entry::Properties)];
        let surveyor = self.planner(false).surveyor;
        let due = surveyor.due_keys(&keys, |_| resource).await?;
        if due.is_empty() {
            return self.leave(since, resource, keys).await;
        }
        for key in keys {
            self.keep_alive(resource, key, Origins::Properties).await?;
        }
        Ok(())
    }

    pub(crate) async fn keep_alive(
        &self,
        resource: Resource,
        key: String,
        about: Origins,
    ) -> Result<(), Halt> {
        let ttl = self.ttl(resource, true);
        self.put(PendingWrite {
            resource,
            write: Write::Expire { key, ttl },
            about,
            effect: Effect::KeptAlive,
        })
        .await
    }
}
