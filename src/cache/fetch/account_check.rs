//! Whose account it is. The account that a customer's cache holds is remembered; another one is
//! refused until it is asked for in words, and what the cache holds of another one is removed.

use super::Halt;
use super::ask::ApiRequest;
use super::identity::Remembered;
use super::known::KnownAccount;
use super::place::{CacheView, text_at};
use super::planner::Planner;
use super::run::FetchRun;
use super::survey::Survey;
use crate::cache::Error;
use crate::domain::key::{Entry, Key};
use crate::domain::papi::with_prefix;
use crate::domain::ttl::{Due, Resource};
use crate::source::{self, Source};
use std::collections::HashSet;

/// Values that are looked into at once.
const CHUNK: usize = 500;

impl Planner<'_> {
    /// Whether a run begins by asking whose account the source is.
    pub(super) fn asks_account(&self, former: &Remembered, source: &Source) -> bool {
        let whole = self.request().is_whole() && self.needs_account();
        !former.is_known_by(source) && (whole || former.account.is_some())
    }
}

impl FetchRun<'_> {
    /// Learns whose account the source is, where that is not remembered of its credentials: `/groups`
    /// is asked, and refused where it is another account's. Nothing is written before.
    pub(super) async fn identify(&self, known: &mut KnownAccount) -> Result<(), Halt> {
        let former = self.remembered;
        let planner = self.planner(false);
        if former.is_known_by(self.source) {
            known.account.clone_from(&former.account);
        }
        if !planner.asks_account(former, self.source) {
            return Ok(());
        }
        let whole = self.request.is_whole() && planner.needs_account();
        match self.caller().ask(&ApiRequest::Groups).await {
            Ok(answered) => self.absorb(ApiRequest::Groups, answered, known).await,
            Err(source::Error::Recording(_)) => Ok(()),
            Err(error) if whole || error.ends_the_run() => Err(error.into()),
            Err(_) => Ok(()),
        }
    }

    /// Takes in whose account an answer is. Another one than that of the cache is refused, unless
    /// everything is to be fetched anew.
    pub(super) async fn take_account(
        &self,
        found: Option<&str>,
        known: &mut KnownAccount,
    ) -> Result<(), Halt> {
        let Some(found) = found else { return Ok(()) };
        if known.account.as_deref() == Some(found) {
            return Ok(());
        }
        if self.request.due != Due::Always {
            let customer = self.place.keys.customer.as_str();
            self.remembered.agree(customer, Some(found))?;
        }
        if !self.checks() {
            let remembered = self.remembered.remember(&self.place, self.source, found);
            remembered.await?;
        }
        known.account = Some(found.to_owned());
        Ok(())
    }

    /// Removes what the cache holds of other accounts: the server stores it there where it reads another
    /// section than that of the customer.
    pub(super) async fn remove_foreign(&self, known: &KnownAccount) -> Result<(), Halt> {
        let Some(account) = known.account.as_deref() else {
            return Ok(());
        };
        if !known.crawled || known.spoiled || !self.ledger.is_complete() {
            return Ok(());
        }
        if self.writes.empty {
            return Ok(());
        }
        let own: HashSet<&str> = known.properties.iter().map(|p| p.id.as_str()).collect();
        let keys = self.place.keys;
        let pattern = keys.scheme.pattern(keys.customer, "*");
        let mut pages = self.place.store.scan_pages(pattern.as_bytes()).await?;
        let (mut properties, mut hosts) = (
            ForeignKeys::named_at(account, &["accountId"]),
            ForeignKeys::named_at(account, &["property", "accountId"]),
        );
        while let Some(page) = pages.next().await {
            for key in page? {
                let Some(Key::Of(_, entry)) = keys.scheme.parse(&key) else {
                    continue;
                };
                match entry {
                    Entry::Property(id)
                    | Entry::PropertyHostnames(id)
                    | Entry::Rules(id, _)
                    | Entry::Versions(id)
                    | Entry::Activations(id)
                        if !own.contains(id.as_str()) =>
                    {
                        properties.enter(self.place.key(&Entry::Property(id)), key);
                    }
                    // What was handed over is this account's.
                    Entry::Hostname(name) if !known.has_host(name.as_str()) => {
                        hosts.enter(self.place.key(&Entry::Hostname(name)), key);
                    }
                    _ => {}
                }
            }
            properties.look(&self.place, CHUNK).await?;
            hosts.look(&self.place, CHUNK).await?;
        }
        let removed = properties.remove(&self.place).await?;
        self.ledger.removed(Resource::Details, removed);
        let removed = hosts.remove(&self.place).await?;
        self.ledger.removed(Resource::Hostnames, removed);
        Ok(())
    }
}

/// Keys that may be another account's, and those that are.
struct ForeignKeys<'a> {
    account: &'a str,
    /// Where a value names its account.
    path: &'a [&'a str],
    /// Keys whose value tells, each with one that goes with it.
    doubtful: Vec<(String, Vec<u8>)>,
    foreign: Vec<Vec<u8>>,
}

impl<'a> ForeignKeys<'a> {
    fn named_at(account: &'a str, path: &'a [&'a str]) -> Self {
        Self {
            account,
            path,
            doubtful: Vec::new(),
            foreign: Vec::new(),
        }
    }

    fn enter(&mut self, told_by: String, key: Vec<u8>) {
        self.doubtful.push((told_by, key));
    }

    /// Reads the values once there are so many.
    async fn look(&mut self, place: &CacheView<'_>, most: usize) -> Result<(), Error> {
        let (account, path) = (self.account, self.path);
        if self.doubtful.len() < most {
            return Ok(());
        }
        for chunk in std::mem::take(&mut self.doubtful).chunks(CHUNK) {
            let keys: Vec<String> = chunk.iter().map(|(key, _)| key.clone()).collect();
            let values = place.values(&keys).await?;
            let foreign = chunk.iter().zip(values).filter(|(_, value)| {
                let named = value.as_deref().and_then(|json| text_at(json, path));
                named.is_some_and(|named| with_prefix("act_", &named) != account)
            });
            self.foreign
                .extend(foreign.map(|((_, key), _)| key.clone()));
        }
        Ok(())
    }

    /// Removes what is foreign. Not before all is read: one value tells of several keys.
    async fn remove(mut self, place: &CacheView<'_>) -> Result<usize, Error> {
        self.look(place, 0).await?;
        let keys = self.foreign.into_iter().map(String::from_utf8);
        let keys: Vec<String> = keys.filter_map(Result::ok).collect();
        place.remove(&keys).await
    }
}

impl Survey {
    /// Leaves a list that holds properties of another account out of account: it is fetched again.
    pub(super) fn disown(&mut self, account: Option<&str>) {
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
