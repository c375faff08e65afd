//! Watch for values that the server's background refresh brings back after an invalidation. The refresh takes no lock
//! and cannot be observed: it may write what it fetched before the invalidation. It can only concern keys whose TTL
//! was below the server's own threshold, or keys that the server was fetching for the first time, which its lock
//! reveals. These keys are checked after a refill.

use crate::cache::Error;
use crate::cache::fetch::same_value;
use crate::cache::invalidate::Invalidation;
use crate::cache::values::readable;
use crate::domain::invalidation::target::Target;
use crate::domain::invalidation::{InvalidationOutcome, InvalidationTarget};
use crate::domain::key::{Customer, Entry, Fqdn, Id, Scheme};
use crate::domain::papi::Property;
use crate::domain::ttl::Resource;
use crate::store::{Store, Ttl};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::Duration;
use tokio::time::Instant;

/// Remaining TTL below which the server refreshes what it reads.
const DETAILS: Duration = Duration::from_secs(270);
const HOSTNAMES: Duration = Duration::from_mins(6);
const LIST: Duration = Duration::from_mins(1);

/// Time that keys below their threshold are watched.
const WINDOW: Duration = Duration::from_secs(4);

/// Time limit of waiting for the server's locks.
const LOCKED: Duration = Duration::from_secs(10);

const PAUSE: Duration = Duration::from_millis(250);

/// Limit of the corrections after a refill.
const CORRECTIONS: usize = 3;

/// Value of the server's locks.
const LOCK: &[u8] = br#""1""#;

/// The keys that the server may have been fetching when an invalidation started.
#[derive(Debug, Default)]
pub(crate) struct RefreshWatch {
    /// The properties that are fetched again.
    ids: Vec<Id>,
    entries: Vec<Entry>,
    /// The server's locks on these keys.
    locks: Vec<String>,
    /// At least one key was below its threshold.
    below: bool,
}

/// Properties and host names of which another value came back.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct CameBack {
    pub ids: BTreeSet<Id>,
    pub hosts: Vec<Fqdn>,
}

/// A watch in progress after a refill.
pub(crate) struct RefillCheck<'a> {
    store: &'a Store,
    ids: &'a [Id],
    entries: &'a [Entry],
    keys: Vec<String>,
    locks: &'a [String],
    /// The values that the refill has left.
    ours: Vec<Option<Vec<u8>>>,
    window: Instant,
    locked: Instant,
    corrections: usize,
}

impl Invalidation<'_> {
    /// Returns the keys about to be removed that the server may be fetching. Call it before the removal.
    pub(crate) async fn watch(
        &self,
        outcome: &InvalidationOutcome,
    ) -> Result<BTreeMap<Customer, RefreshWatch>, Error> {
        let mut all = BTreeMap::new();
        for customer in self.customers {
            let watch = self.watch_of(customer, outcome).await?;
            if !watch.entries.is_empty() {
                all.insert(customer.clone(), watch);
            }
        }
        Ok(all)
    }

    async fn watch_of(
        &self,
        customer: &Customer,
        outcome: &InvalidationOutcome,
    ) -> Result<RefreshWatch, Error> {
        let ids = self.refill_ids(customer, outcome);
        let each = ids.iter().cloned();
        let each = each.flat_map(|id| [Entry::Property(id.clone()), Entry::PropertyHostnames(id)]);
        let hosts = self.named_hosts(customer).map(Entry::Hostname);
        let entries: Vec<Entry> = each.chain(hosts).chain([Entry::Properties]).collect();
        let keys: Vec<String> = entries.iter().map(|e| self.key(customer, e)).collect();
        let locks = entries.iter().map(|entry| entry.clone().lock());
        let locks: Vec<String> = locks.map(|lock| self.key(customer, &lock)).collect();
        let times = self.store.time_to_live(&keys).await;
        let holders = self.store.values(&locks).await?;
        let mut watch = RefreshWatch {
            ids,
            ..RefreshWatch::default()
        };
        for (((entry, lock), left), holder) in
            entries.into_iter().zip(locks).zip(times).zip(holders)
        {
            let below = matches!(left?, Ttl::Left(left) if left < threshold(&entry));
            let locked = holder.as_deref() == Some(LOCK);
            watch.below |= below;
            watch.locks.extend(locked.then_some(lock));
            watch.entries.extend((below || locked).then_some(entry));
        }
        Ok(watch)
    }

    /// Returns the host names that were named themselves, or by their keys.
    fn named_hosts(&self, customer: &Customer) -> impl Iterator<Item = Fqdn> {
        let wanted = self.request.wanted.iter();
        wanted.filter_map(move |(_, wanted)| match wanted {
            InvalidationTarget::Target(Target::Host(name)) => Some(name.clone()),
            InvalidationTarget::Target(Target::Key(of, rest))
                if of.as_ref().is_none_or(|of| of == customer) =>
            {
                match Scheme::parse_entry(rest) {
                    Some(Entry::Hostname(name)) => Some(name),
                    _ => None,
                }
            }
            _ => None,
        })
    }

    /// Starts watching once the refill has written `written`. Keys without an entry in `written` are compared with
    /// what they hold now.
    pub(crate) async fn look_again<'w>(
        &'w self,
        customer: &Customer,
        watch: &'w RefreshWatch,
        written: HashMap<String, Vec<u8>>,
    ) -> Result<RefillCheck<'w>, Error> {
        let now = Instant::now();
        let mut looking = RefillCheck {
            store: self.store,
            ids: &watch.ids,
            entries: &watch.entries,
            keys: watch
                .entries
                .iter()
                .map(|e| self.key(customer, e))
                .collect(),
            locks: &watch.locks,
            ours: Vec::new(),
            window: if watch.below { now + WINDOW } else { now },
            locked: now + LOCKED,
            corrections: 0,
        };
        looking.corrected(written).await?;
        Ok(looking)
    }
}

impl RefillCheck<'_> {
    /// Waits until a key holds another value than the refill left, and returns what to fetch again; `None` if no other
    /// value appears in time.
    pub(crate) async fn next(&mut self) -> Result<Option<CameBack>, Error> {
        loop {
            // Before reading the values: a value written before its lock is released is then seen.
            let waits = self.waits().await?;
            let values = self.store.values(&self.keys).await?;
            let mut back = CameBack::default();
            for ((entry, ours), now) in self.entries.iter().zip(&self.ours).zip(&values) {
                if let Entry::Hostname(name) = entry {
                    let differs = differs(Resource::Hostnames, ours.as_deref(), now.as_deref());
                    back.hosts
                        .extend((now.is_some() && differs).then(|| name.clone()));
                }
                back.ids
                    .extend(self.changed_ids(entry, ours.as_deref(), now.as_deref()));
            }
            if back != CameBack::default() && self.corrections < CORRECTIONS {
                self.corrections += 1;
                return Ok(Some(back));
            }
            if !waits {
                return Ok(None);
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// Records the values to expect: the written ones, and for other keys what they hold now.
    pub(crate) async fn corrected(
        &mut self,
        mut written: HashMap<String, Vec<u8>>,
    ) -> Result<(), Error> {
        let now = self.store.values(&self.keys).await?;
        let ours = self.keys.iter().zip(now);
        self.ours = ours.map(|(key, now)| written.remove(key).or(now)).collect();
        Ok(())
    }

    /// Returns the properties whose value is another one now. A key that has expired holds nothing that came back.
    fn changed_ids(&self, entry: &Entry, ours: Option<&[u8]>, now: Option<&[u8]>) -> Vec<Id> {
        if now.is_none() || ours == now {
            return Vec::new();
        }
        match entry {
            Entry::Property(id) if differs(Resource::Details, ours, now) => vec![id.clone()],
            Entry::PropertyHostnames(id) if differs(Resource::Hostnames, ours, now) => {
                vec![id.clone()]
            }
            Entry::Properties => {
                let (ours, now) = (listed(ours), listed(now));
                let changed = |id: &&Id| {
                    let (ours, now) = (ours.get(*id), now.get(*id));
                    let (ours, now) = (ours.map(Vec::as_slice), now.map(Vec::as_slice));
                    differs(Resource::Details, ours, now)
                };
                self.ids.iter().filter(changed).cloned().collect()
            }
            _ => Vec::new(),
        }
    }

    async fn waits(&self) -> Result<bool, Error> {
        let now = Instant::now();
        if now < self.window {
            return Ok(true);
        }
        if now >= self.locked || self.locks.is_empty() {
            return Ok(false);
        }
        let holders = self.store.values(self.locks).await?;
        Ok((holders.iter()).any(|holder| holder.as_deref() == Some(LOCK)))
    }
}

fn differs(resource: Resource, ours: Option<&[u8]>, now: Option<&[u8]>) -> bool {
    match (ours, now) {
        (Some(ours), Some(now)) => !same_value(resource, ours, now),
        (ours, now) => ours != now,
    }
}

const fn threshold(entry: &Entry) -> Duration {
    match entry {
        Entry::Property(_) => DETAILS,
        Entry::PropertyHostnames(_) | Entry::Hostname(_) => HOSTNAMES,
        _ => LIST,
    }
}

fn listed(list: Option<&[u8]>) -> BTreeMap<Id, Vec<u8>> {
    let items = readable(list.unwrap_or_default(), Property::parse).into_iter();
    items
        .map(|item| (item.id, item.json.into_bytes()))
        .collect()
}
