//! Checks which account is cached. The account of a customer's cache is remembered. Another account is refused
//! unless the run fetches everything, and cached values of other accounts are removed.

use super::Halt;
use super::ask::ApiRequest;
use super::identity::Remembered;
use super::known::KnownAccount;
use super::pair_states::PairStates;
use super::plan::Planner;
use super::run::FetchRun;
use super::survey::Survey;
use super::view::{CHUNK, text_at};
use crate::cache::Error;
use crate::domain::key::{Entry, Id};
use crate::domain::papi::with_prefix;
use crate::domain::ttl::{Due, Resource};
use crate::source::{self, Source};
use std::collections::{BTreeMap, HashSet};

impl Planner<'_> {
    /// Returns true if a run begins by asking which account the source belongs to.
    pub(super) fn asks_account(&self, former: &Remembered, source: &Source) -> bool {
        let needed = self.request.is_for_account() && self.needs_account();
        !former.is_known_by(source) && (needed || former.account.is_some())
    }
}

impl FetchRun<'_> {
    /// Learns the source's account from `/groups`, unless it is remembered for these credentials. Fails if it
    /// is another account. Nothing is written before.
    pub(super) async fn identify(&self, known: &mut KnownAccount) -> Result<(), Halt> {
        let former = self.remembered;
        let planner = self.planner();
        if former.is_known_by(self.source) && self.account.borrow().is_none() {
            self.account.borrow_mut().clone_from(&former.account);
        }
        if !planner.asks_account(former, self.source) {
            return Ok(());
        }
        let needed = self.request.is_for_account() && planner.needs_account();
        match self.caller().ask(&ApiRequest::Groups).await {
            Ok(answered) => self.absorb(ApiRequest::Groups, answered, known).await,
            Err(source::Error::NotRecorded { .. }) => Ok(()),
            Err(error) if needed || error.ends_the_run() => Err(error.into()),
            Err(_) => Ok(()),
        }
    }

    /// Records the account that the source's last answer named. An account other than the cache's is refused, unless
    /// the run fetches everything.
    pub(super) async fn take_account(&self) -> Result<(), Halt> {
        let Some(found) = self.source.account() else {
            return Ok(());
        };
        if self.account.borrow().as_ref() == Some(&found) {
            return Ok(());
        }
        if self.request.due != Due::Always {
            let customer = self.cache.keys.customer.as_str();
            self.remembered.agree(customer, Some(&found))?;
        }
        *self.account.borrow_mut() = Some(found.clone());
        if !self.checks() {
            let remembered = self.remembered.remember(&self.cache, self.source, &found);
            remembered.await?;
        }
        Ok(())
    }

    /// Removes cached values of other accounts. The server stores them here if it reads another section than
    /// the customer's. Without SCAN they stay until they expire.
    pub(super) async fn remove_foreign(&self, known: &KnownAccount) -> Result<(), Halt> {
        let Some(account) = self.account.borrow().clone() else {
            return Ok(());
        };
        if !known.crawled || known.spoiled || !self.ledger.is_complete() {
            return Ok(());
        }
        if self.writes.empty {
            return Ok(());
        }
        for (resource, keys) in self.foreign(known, &account).await? {
            let removed = self.cache.remove(&keys).await?;
            self.ledger.removed(resource, removed);
            if removed > 0 {
                // Searches, the map and the server's results may show what was removed.
                self.writes.changes.borrow_mut().changed.unknown = true;
            }
        }
        Ok(())
    }

    /// Returns the keys of cached values of other accounts. They are removed only once all is read: one value decides
    /// about several keys.
    async fn foreign(
        &self,
        known: &KnownAccount,
        account: &str,
    ) -> Result<BTreeMap<Resource, Vec<String>>, Error> {
        let own: HashSet<&str> = known.properties.iter().map(|p| p.id.as_str()).collect();
        let hosts = known.host_names.as_ref();
        let is_own = |name: &str| hosts.is_some_and(|all| all.contains(name));
        // Keys in doubt, each with the key of the value that names its account.
        let mut doubtful = Vec::new();
        let key_of = |id: &Id| self.cache.key(&Entry::Property(id.clone()));
        let without = "values of another account, if there are any, stay until they expire";
        let scanned = self.scan("*", without, |entry, key| {
            match (&entry, entry.property()) {
                (_, Some(id)) if !own.contains(id.as_str()) => {
                    doubtful.push((key_of(id), Resource::Details, key));
                }
                // A host name that this run has handed over belongs to this account.
                (Entry::Hostname(name), _) if !is_own(name.as_str()) => {
                    doubtful.push((key.clone(), Resource::Hostnames, key));
                }
                _ => {}
            }
        });
        scanned.await?;
        let mut foreign: BTreeMap<Resource, Vec<String>> = BTreeMap::new();
        for some in doubtful.chunks(CHUNK) {
            let told_by: Vec<String> = some.iter().map(|(by, ..)| by.clone()).collect();
            let values = self.cache.values(&told_by).await?;
            for ((_, resource, key), value) in some.iter().zip(values) {
                let path: &[&str] = match resource {
                    Resource::Details => &["accountId"],
                    _ => &["property", "accountId"],
                };
                let named = value.and_then(|json| text_at(&json, path));
                if named.is_some_and(|named| with_prefix("act_", &named) != account) {
                    foreign.entry(*resource).or_default().push(key.clone());
                }
            }
        }
        Ok(foreign)
    }
}

impl Survey {
    /// Drops what is known of the pairs of another account, and a list that contains properties of another account, so
    /// that it is fetched again.
    pub(super) fn disown(&mut self, account: Option<&str>) {
        let former = self.remembered.account.as_deref().zip(account);
        if former.is_some_and(|(former, now)| former != now) {
            self.pairs = PairStates::default();
        }
        let foreign = |property: &crate::domain::papi::Property| {
            let named = property.account.as_deref();
            named.is_some() && account.is_some() && named != account
        };
        let list = self.properties.as_deref().unwrap_or_default();
        if list.iter().any(|property| foreign(property)) {
            self.properties = None;
        }
    }
}
