//! What a walk found that the names of keys alone do not tell: which of those named are in the cache at
//! all, and host names whose own value says that they belong to one of them.

use super::readable;
use super::values::owner_of_host;
use super::walk::Walk;
use crate::cache::Error;
use crate::domain::graph::{Decision, Graph, Judged, Kind, Known, Reason};
use crate::domain::key::{Customer, Entry, Id};
use crate::store::Store;
use std::collections::{BTreeMap, HashMap};

/// So many values are read at a time.
pub(super) const VALUES: usize = 500;

/// What was found, for those who judge the same keys again.
#[derive(Default)]
pub(super) struct Found {
    pub(super) known: BTreeMap<Customer, Known>,
    /// Keys of host names that only their value gives away: the list of their property may have expired
    /// before them.
    pub(super) owned: HashMap<Vec<u8>, Reason>,
}

/// A host name that no list named, until its value is read.
pub(super) struct Unclaimed {
    customer: Customer,
    key: String,
    rest: String,
}

impl Found {
    /// Reason a key falls, if it does.
    pub(super) fn why(&self, judged: &Judged<'_, '_>, key: &[u8]) -> Option<Reason> {
        match &judged.decision {
            Decision::Own(_, why) | Decision::Named(why) => Some(why.clone()),
            Decision::Shared(kinds) => self.known.get(judged.customer?)?.why(kinds),
            Decision::Keep => self.owned.get(key).cloned(),
        }
    }
}

impl Unclaimed {
    /// A key that would stay, if it is a host name's that may belong to a property which takes its host
    /// names along.
    pub(super) fn new(
        graph: impl FnOnce() -> Option<bool>,
        customer: &Customer,
        rest: &[u8],
        key: &[u8],
    ) -> Option<Self> {
        let name = rest.strip_prefix(b"hostname:")?;
        // The map has no dot, and a lock no value.
        let is_name = name.contains(&b'.') && !name.contains(&b':');
        (is_name && graph()?).then_some(())?;
        Some(Self {
            customer: customer.clone(),
            key: String::from_utf8(key.to_vec()).ok()?,
            rest: String::from_utf8(rest.to_vec()).ok()?,
        })
    }
}

impl Walk<'_> {
    /// Reads the values of the host names that nobody claimed, once more than `waiting` are there.
    pub(super) async fn look_at_hosts(
        &mut self,
        store: &Store,
        waiting: usize,
    ) -> Result<(), Error> {
        if self.unclaimed.len() <= waiting {
            return Ok(());
        }
        let hosts = std::mem::take(&mut self.unclaimed);
        for hosts in hosts.chunks(VALUES) {
            let keys: Vec<String> = hosts.iter().map(|host| host.key.clone()).collect();
            for (host, value) in hosts.iter().zip(store.get(&keys).await) {
                let owner = readable(value)?.as_deref().and_then(owner_of_host);
                if let Some(owner) = owner {
                    self.claim(host, &owner)?;
                }
            }
        }
        Ok(())
    }

    fn claim(&mut self, host: &Unclaimed, owner: &str) -> Result<(), Error> {
        let graph = self.surveyed.matcher.graph(&host.customer);
        let target = graph.and_then(|graph: &Graph| Some(graph.why_property(owner)?.target));
        let (Some(target), Ok(id)) = (target, Id::new(owner)) else {
            return Ok(());
        };
        let why = Reason {
            target,
            with: Some(Entry::Property(id).to_string()),
        };
        if let Some(known) = self.found.known.get_mut(&host.customer) {
            known.enter(Kind::Property, target, host.rest.clone());
        }
        let (rest, key) = (host.rest.as_bytes(), host.key.as_bytes());
        self.select(Some(&host.customer), rest, key, &why)?;
        self.found.owned.insert(key.to_vec(), why);
        Ok(())
    }
}
