//! Marks of invalidations, which keep runs from writing back what was invalidated. The marks are read before
//! each write. On one server the transaction that writes watches them; elsewhere they are read again after it.
//!
//! Runs for named properties hold no lock. They mark what they write: a warm of the account that is running, or that
//! is continued later, fetches it again rather than write something older over it.

use super::ask::{OriginKind, Origins, PendingWrite};
use super::view::CacheView;
use crate::cache::Error;
use crate::cache::values::owner_of;
use crate::domain::invalidation::MARK_LIFE;
use crate::domain::invalidation::marks::{
    MarkedNames, gone, is_warmed, unhashed, unhashed_subject, warmed,
};
use crate::domain::key::{Entry, Fqdn, Id};
use crate::domain::papi::Property;
use crate::source::Source;
use crate::store::{self, SeenMarks, Write};
use std::collections::{BTreeSet, HashMap, HashSet};
use std::fmt::Display;
use std::rc::Rc;
use std::time::Duration;

/// Number of attempts to write a batch while marks appear between reading them and writing. The last attempt
/// writes without watching the marks, and they are read again afterwards.
pub(crate) const LOOKS: usize = 3;

/// Above this number of properties, and above the number of pairs, a new crawl is cheaper than single calls.
const MANY: usize = 10;

/// Clocks may go back by this much (ms), as after a failover.
const MARGIN: u64 = 5_000;

/// A moment before something was fetched. Values that were marked since may not be written.
pub(crate) struct Epoch {
    /// In milliseconds since 1970 by the server's clock.
    pub(crate) since: u64,
    /// Marks within the margin that existed before.
    before: BTreeSet<(String, u64)>,
    /// Marks of runs for named properties count as well.
    heeds_warmed: bool,
    /// Nothing is written, not even a new set of marks.
    checks: bool,
}

impl Epoch {
    /// Begins now. Runs for `named` properties do not block each other. Unless the run only `checks`, a key of
    /// another type where the marks belong is replaced.
    pub(crate) async fn begin(
        cache: &CacheView<'_>,
        named: bool,
        checks: bool,
    ) -> Result<Self, Error> {
        Self::begin_or_resume(cache, named, checks, None).await
    }

    /// Begins now, or at the earlier moment `resumed` that the marks still reach back to, unless much was marked since.
    pub(super) async fn begin_or_resume(
        cache: &CacheView<'_>,
        named: bool,
        checks: bool,
        resumed: Option<(u64, Vec<(String, u64)>)>,
    ) -> Result<Self, Error> {
        let mut epoch = Self {
            since: cache.now().await?,
            before: BTreeSet::new(),
            heeds_warmed: !named,
            checks,
        };
        let reached = |from: u64| {
            let age = epoch.since.checked_sub(from).map(Duration::from_millis);
            age.is_some_and(|age| age <= MARK_LIFE)
        };
        if let Some((since, before)) = resumed.filter(|(from, _)| reached(*from)) {
            let before = before.into_iter().collect();
            let former = Self {
                since,
                before,
                ..epoch
            };
            let (marked, _) = former.look(cache).await?;
            // If much was marked, another crawl would follow: a new one alone costs less.
            if !marked.is_much(0) {
                return Ok(former);
            }
        }
        let mut found = marks(cache, epoch.since).await?;
        if found.is_none() && !checks {
            cache.replace_marks().await?;
            epoch.since = cache.now().await?;
            found = marks(cache, epoch.since).await?;
        }
        // A mark in the future was made by a clock that has gone back since. It may be made again without a
        // trace.
        let marks = found.into_iter().flatten();
        epoch.before = marks.filter(|(_, at)| *at <= epoch.since).collect();
        Ok(epoch)
    }

    /// From now on the source answers calls with responses of this epoch alone.
    pub(super) fn begin_checkpoint(&self, source: &Source) {
        source.begin_checkpoint(self.since, self.before.iter().cloned().collect());
    }

    /// Returns what was marked since, and the present marks, for the server to watch: a write that names them fails once
    /// there are more. `None` if they are too many for that.
    pub(crate) async fn look(
        &self,
        cache: &CacheView<'_>,
    ) -> Result<(MarkedNames, Option<SeenMarks>), Error> {
        let (now, found) = futures_util::join!(cache.now(), marks(cache, self.since));
        let (now, mut found) = (now?, found?);
        if found.is_none() && !self.checks {
            cache.replace_marks().await?;
            found = marks(cache, self.since).await?;
        }
        let marks = found.unwrap_or_default();
        let key = cache.key(&Entry::Invalidated);
        let from = self.since.saturating_sub(MARGIN);
        let seen = SeenMarks::new(key, from, self.since, &marks);
        let heeded = |member: &str| self.heeds_warmed || !is_warmed(member);
        let new = marks
            .into_iter()
            .filter(|mark| !self.before.contains(mark) && heeded(&mark.0));
        let mut marked = MarkedNames::read(new.map(|(member, _)| member));
        marked.everything |= now < self.since;
        Ok((marked, seen))
    }
}

/// Marks properties that a run for named properties has fetched and is about to write.
pub(super) async fn mark_warmed(cache: &CacheView<'_>, all: &[Rc<Property>]) -> Result<(), Error> {
    let members: Vec<String> = all.iter().map(|one| warmed(&one.id)).collect();
    mark(cache, &members).await
}

/// Marks properties that no longer exist at Akamai, so that no undo and no process that fetched them earlier
/// brings them back. If the hash of host names is `whole` without them, it still denies names.
pub(super) async fn mark_gone(
    cache: &CacheView<'_>,
    ids: &BTreeSet<Id>,
    whole: bool,
) -> Result<(), Error> {
    let each = ids.iter();
    let members = each.map(|id| if whole { gone(id) } else { id.to_string() });
    mark(cache, &members.collect::<Vec<String>>()).await
}

/// Marks host names whose fields of the hash are about to be removed although they may exist, or properties whose names
/// it may lack, so that no search takes the hash for complete.
pub(super) async fn mark_unhashed<S: Display>(
    cache: &CacheView<'_>,
    subjects: &[S],
) -> Result<(), Error> {
    let members: Vec<String> = subjects.iter().map(unhashed).collect();
    mark(cache, &members).await
}

/// Removes such marks: the hash lacks nothing of these subjects any more.
pub(super) async fn forget_unhashed(
    cache: &CacheView<'_>,
    subjects: &[String],
) -> Result<(), Error> {
    let members: Vec<String> = subjects.iter().map(unhashed).collect();
    let key = cache.key(&Entry::Invalidated);
    Ok(cache.store.drop_members(&key, &members).await.map(drop)?)
}

async fn mark(cache: &CacheView<'_>, members: &[String]) -> Result<(), Error> {
    if members.is_empty() {
        return Ok(());
    }
    let key = cache.key(&Entry::Invalidated);
    let now = cache.store.now_for(&key).await?;
    match cache.store.mark(&key, now, members, MARK_LIFE).await {
        // The write that follows reports it, and a removal frees memory.
        Err(store::Error::OutOfMemory { .. }) => Ok(()),
        marked => Ok(marked?),
    }
}

/// Time of the last invalidation of each item, as long as marks are kept.
#[derive(Default)]
pub(super) struct LastMarks {
    everything: u64,
    properties: HashMap<String, u64>,
    hosts: HashMap<String, u64>,
    unhashed: HashSet<String>,
}

impl LastMarks {
    pub(super) async fn read(cache: &CacheView<'_>) -> Result<Self, Error> {
        let mut all = Self::default();
        for (member, at) in marks(cache, 0).await?.into_iter().flatten() {
            let subject = unhashed_subject(&member);
            all.unhashed.extend(subject.map(ToOwned::to_owned));
            if is_warmed(&member) {
                continue;
            }
            let marked = MarkedNames::read([member]);
            if marked.everything {
                all.everything = all.everything.max(at);
            }
            for id in marked.properties {
                all.properties.insert(id.to_string(), at);
            }
            for name in marked.hosts {
                all.hosts.insert(name.to_string(), at);
            }
        }
        Ok(all)
    }

    /// Returns true if a property was invalidated after `fetched`, or less than `MARGIN` before.
    pub(super) fn property(&self, id: &str, fetched: u64) -> bool {
        let own = self.properties.get(id).copied().unwrap_or_default();
        own.max(self.everything) + MARGIN > fetched && own.max(self.everything) > 0
    }

    /// Returns true if the hash of host names may lack names of a property.
    pub(super) fn is_unhashed(&self, id: &str) -> bool {
        self.unhashed.contains(id)
    }

    /// Returns the host names that were invalidated by name, and those whose field of the hash is gone.
    pub(super) fn host_names(&self) -> impl Iterator<Item = &str> {
        self.hosts.keys().chain(&self.unhashed).map(String::as_str)
    }

    /// Returns true if a host name was invalidated after `fetched`, or less than `MARGIN` before.
    pub(super) fn host(&self, name: &str, fetched: u64) -> bool {
        let own = self.hosts.get(name).copied().unwrap_or_default();
        own > 0 && own + MARGIN > fetched
    }
}

impl CacheView<'_> {
    /// Returns how far the last mark is ahead of the server's clock, if it is by more than `MARGIN`.
    pub(super) async fn marked_ahead(&self) -> Result<Option<Duration>, Error> {
        let now = self.now().await?;
        let key = self.key(&Entry::Invalidated);
        let marks = self.store.marks_since(&key, now + MARGIN).await?;
        let ahead = marks.into_iter().flatten().map(|(_, at)| at - now);
        Ok(ahead.max().map(Duration::from_millis))
    }

    async fn replace_marks(&self) -> Result<(), Error> {
        let key = self.key(&Entry::Invalidated);
        Ok(self.store.replace_marks(&key, MARK_LIFE).await?)
    }
}

/// Returns the marks since a time; `None` if their key has another type.
async fn marks(cache: &CacheView<'_>, since: u64) -> Result<Option<Vec<(String, u64)>>, Error> {
    let key = cache.key(&Entry::Invalidated);
    let since = since.saturating_sub(MARGIN);
    Ok(cache.store.marks_since(&key, since).await?)
}

impl MarkedNames {
    /// Returns true if a value with these origins may no longer be written.
    pub(crate) fn takes(&self, about: &Origins) -> bool {
        self.takes_parts(about.parts())
    }

    pub(super) fn takes_parts(&self, (kind, id, host): (OriginKind, &str, &str)) -> bool {
        self.everything
            || match kind {
                OriginKind::Account => false,
                OriginKind::Property => self.properties.contains(id),
                OriginKind::Host => self.hosts.contains(host) || self.properties.contains(id),
                OriginKind::Properties => !self.properties.is_empty(),
                OriginKind::Hostnames => !self.properties.is_empty() || !self.hosts.is_empty(),
            }
    }

    /// Removes the fields of marked host names and properties from a write of the hash.
    pub(crate) fn take_fields(&self, put: &mut PendingWrite) {
        if let Write::Fields { fields, .. } | Write::PatchFields { set: fields, .. } =
            &mut put.write
        {
            fields.retain(|(name, value)| {
                let named = Fqdn::new(name).is_ok_and(|name| self.hosts.contains(&name));
                let owner = owner_of(value);
                let by_owner = owner.is_some_and(|id| self.properties.contains(&id));
                !(named || by_owner)
            });
        }
    }

    /// Returns true if another crawl, which asks this number of pairs, costs less than single calls for what was marked.
    pub(super) fn is_much(&self, pairs: usize) -> bool {
        self.everything || self.properties.len() > pairs.max(MANY)
    }

    pub(crate) fn join(&mut self, other: Self) {
        self.everything |= other.everything;
        self.properties.extend(other.properties);
        self.hosts.extend(other.hosts);
    }
}
