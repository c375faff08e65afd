//! Whose account it is. The account that a customer's cache holds is remembered; another one is
//! refused until it is asked for in words, and what the cache holds of another one is removed.

use super::Halt;
use super::ask::{ApiRequest, Caller};
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
use std::time::Duration;

/// Fields of `warm:state`: the account, a digest of the credentials that it was read with, the grant
/// for all CP codes, and until when the API has blocked this address (Unix ms).
const FIELDS: [&str; 4] = ["account", "account:by", "cpcodes", "burst_until"];

/// What the field about CP codes says where one call is refused.
const BY_PAIR: &[u8] = b"by_pair";

/// The longest time that a remembered block is waited for.
const LONGEST_BLOCK: Duration = Duration::from_mins(10);

/// Values that are looked into at once.
const CHUNK: usize = 500;

/// What is remembered of a customer's account.
#[derive(Debug, Default, Clone)]
pub(crate) struct Remembered {
    /// `act_…`
    pub account: Option<String>,
    /// The credentials that told it, as [`Source::identity`] names them.
    by: Option<String>,
    /// These credentials may not read all CP codes in one call.
    pub cpcodes_by_pair: bool,
    /// Until when the API has blocked this address.
    pub burst_until: Option<u64>,
}

impl Remembered {
    pub(crate) async fn read(place: &CacheView<'_>) -> Result<Self, Error> {
        let key = place.key(&Entry::WarmState);
        let names = FIELDS.map(ToOwned::to_owned);
        let values = place.store.field_values(&key, &names).await?;
        let mut values = values.into_iter();
        let mut text = || String::from_utf8(values.next().flatten()?).ok();
        Ok(Self {
            account: text(),
            by: text(),
            cpcodes_by_pair: text().is_some_and(|word| word.as_bytes() == BY_PAIR),
            burst_until: text().and_then(|moment| moment.parse().ok()),
        })
    }

    /// Whether the credentials of a source are those that told the account.
    fn is_told_by(&self, source: &Source) -> bool {
        self.account.is_some() && self.by.is_some() && self.by == source.identity()
    }

    /// Whether the source has to say whose account it is before it is trusted.
    pub(crate) fn is_doubtful(&self, source: &Source) -> bool {
        self.account.is_some() && !self.is_told_by(source)
    }

    /// Fails where an account is another one than that of the cache.
    pub(crate) fn agree(&self, customer: &str, found: Option<&str>) -> Result<(), Error> {
        match (&self.account, found) {
            (Some(cached), Some(found)) if cached != found => Err(Error::OtherAccount {
                customer: customer.to_owned(),
                cached: cached.clone(),
                found: found.to_owned(),
            }),
            _ => Ok(()),
        }
    }

    /// Asks a source whose account it is, and fails where it is another one.
    async fn check(&self, customer: &str, source: &Source) -> Result<(), Error> {
        match source.groups_of_account().await {
            Ok(answer) => self.agree(customer, answer.value.account.as_deref()),
            Err(error) if error.ends_the_run() => Err(error.into()),
            // What it may not say it may not fetch either.
            Err(_) => Ok(()),
        }
    }

    /// How long the API has blocked this address for still.
    pub(crate) fn blocked_for(&self, now: u64) -> Option<Duration> {
        let rest = self.burst_until?.saturating_sub(now);
        // A clock that went back is no reason to wait for longer than a block lasts.
        (rest > 0).then(|| Duration::from_millis(rest).min(LONGEST_BLOCK))
    }

    /// Remembers a burst block, or that the one remembered is over.
    pub(crate) async fn end_of_block(
        &self,
        place: &CacheView<'_>,
        ended: Option<&Error>,
    ) -> Result<(), Error> {
        if let Some(Error::Source(source::Error::BurstBlocked { wait, .. })) = ended {
            let until = place.now().await? + u64::try_from(wait.as_millis()).unwrap_or(0);
            let field = (FIELDS[3].to_owned(), until.to_string().into_bytes());
            place.remember(vec![field]).await
        } else if self.burst_until.is_some() && ended.is_none() {
            let key = place.key(&Entry::WarmState);
            place
                .store
                .drop_fields(&key, &[FIELDS[3].to_owned()])
                .await?;
            Ok(())
        } else {
            Ok(())
        }
    }

    /// Remembers whose account a source is.
    pub(crate) async fn remember(
        &self,
        place: &CacheView<'_>,
        source: &Source,
        account: &str,
    ) -> Result<(), Error> {
        if self.account.as_deref().is_some_and(|own| own != account) {
            // What is remembered there is about another account.
            place.remove(&[place.key(&Entry::WarmState)]).await?;
        } else if self.is_told_by(source) {
            return Ok(());
        }
        let mut fields = vec![("account".to_owned(), account.as_bytes().to_vec())];
        if let Some(by) = source.identity() {
            fields.push(("account:by".to_owned(), by.into_bytes()));
            // The grant is a matter of the credentials.
            if self.cpcodes_by_pair {
                let field = [FIELDS[2].to_owned()];
                let key = place.key(&Entry::WarmState);
                place.store.drop_fields(&key, &field).await?;
            }
        }
        place.remember(fields).await
    }
}

impl CacheView<'_> {
    /// Fails where the credentials are those of another account than the cached one. Those that told the
    /// account are believed.
    pub(super) async fn refuse_other_account(&self, source: &Source) -> Result<(), Error> {
        let remembered = Remembered::read(self).await?;
        if !remembered.is_doubtful(source) {
            return Ok(());
        }
        remembered.check(self.keys.customer.as_str(), source).await
    }

    /// Asks whose account it is before anything is removed, whoever told it before: a call, where an
    /// account is remembered.
    pub(crate) async fn refuse_changed_account(&self, source: &Source) -> Result<(), Error> {
        let remembered = Remembered::read(self).await?;
        if remembered.account.is_none() {
            return Ok(());
        }
        remembered.check(self.keys.customer.as_str(), source).await
    }

    /// Remembers that these credentials may not read all CP codes in one call.
    pub(crate) async fn remember_cpcodes_refused(&self) -> Result<(), Error> {
        let field = (FIELDS[2].to_owned(), BY_PAIR.to_vec());
        self.remember(vec![field]).await
    }

    /// How many calls [`CacheView::refuse_changed_account`] makes.
    pub(crate) async fn calls_for_account(&self) -> Result<u64, Error> {
        let remembered = Remembered::read(self).await?;
        Ok(u64::from(remembered.account.is_some()))
    }
}

impl Planner<'_> {
    /// Whether a run begins by asking whose account the source is.
    pub(super) fn asks_account(&self, former: &Remembered, source: &Source) -> bool {
        let whole = self.request().is_whole() && self.needs_account();
        !former.is_told_by(source) && (whole || former.account.is_some())
    }
}

impl FetchRun<'_> {
    /// Learns whose account the source is, where that is not remembered of its credentials: `/groups`
    /// is asked, and refused where it is another account's. Nothing is written before.
    pub(super) async fn identify(&self, known: &mut KnownAccount) -> Result<(), Halt> {
        let former = self.remembered;
        let planner = self.planner(false, false);
        if former.is_told_by(self.source) {
            known.account.clone_from(&former.account);
        }
        if !planner.asks_account(former, self.source) {
            return Ok(());
        }
        let whole = self.request.is_whole() && planner.needs_account();
        let asking = Caller {
            source: self.source,
            view: self.request.hostnames,
            progress: self.progress,
        };
        let ttl = |resource| self.ttl(resource, true);
        let answered = asking.ask(&ApiRequest::Groups, self.place.keys, &ttl).await;
        match answered {
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
        if self.writes.found_empty() {
            return Ok(());
        }
        let own: HashSet<&str> = known.properties.iter().map(|p| p.id.as_str()).collect();
        let keys = self.place.keys;
        let pattern = keys.scheme.pattern(keys.customer, "*");
        let mut pages = self.place.store.scan_pages(pattern.as_bytes()).await?;
        let (mut properties, mut hosts) = (Strangers::default(), Strangers::default());
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
            properties
                .look(&self.place, account, &["accountId"], CHUNK)
                .await?;
            hosts
                .look(&self.place, account, &["property", "accountId"], CHUNK)
                .await?;
        }
        let removed = properties
            .remove(&self.place, account, &["accountId"])
            .await?;
        self.ledger.removed(Resource::Details, removed);
        let removed = hosts
            .remove(&self.place, account, &["property", "accountId"])
            .await?;
        self.ledger.removed(Resource::Hostnames, removed);
        Ok(())
    }
}

/// Keys that may be another account's, and those that are.
#[derive(Default)]
struct Strangers {
    /// Keys whose value tells, each with one that goes with it.
    doubtful: Vec<(String, Vec<u8>)>,
    foreign: Vec<Vec<u8>>,
}

impl Strangers {
    fn enter(&mut self, told_by: String, key: Vec<u8>) {
        self.doubtful.push((told_by, key));
    }

    /// Reads the values once there are so many.
    async fn look(
        &mut self,
        place: &CacheView<'_>,
        account: &str,
        path: &[&str],
        most: usize,
    ) -> Result<(), Error> {
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
    async fn remove(
        mut self,
        place: &CacheView<'_>,
        account: &str,
        path: &[&str],
    ) -> Result<usize, Error> {
        self.look(place, account, path, 0).await?;
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
