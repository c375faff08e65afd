//! The read-through cache. Cached values are served. Missing ones are fetched once, however many processes ask for
//! them. Values about to expire are refreshed after the answer.
//!
//! `resolve` turns requested items into entries. `look` reads the cache and handles its failures. `guard` lets one
//! process fetch while the others wait. `fetch` chooses the API calls. `contracts` answers for all contracts from one
//! call. `storing` stores what was fetched unless it was invalidated meanwhile. `search` finds host names and properties.
//! `after` does what must not delay the answer.

mod account;
mod after;
mod contracts;
mod fetch;
mod gone;
mod guard;
mod lists;
mod look;
mod prefetch;
mod resolve;
mod search;
mod session;
mod storing;

use contracts::FetchedContracts;
use session::LazySource;
pub use session::{Reader, ReaderOptions};

use super::Error;
use super::fetch::{GroupContract, PairAnswer};
use crate::domain::key::{Entry, Id, Tally};
use crate::domain::read::ReadItem;
use crate::domain::read::freshness::Freshness;
use crate::domain::read::search::SearchTerm;
use crate::source::{self, PropertyRef, Source};
use crate::store::{self, RenewedLock};
use futures_util::StreamExt;
use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use tokio::time::Instant;

/// Concurrent API calls.
const CONCURRENCY: usize = 4;

/// State that a reader gathers.
#[derive(Default)]
struct ReaderState {
    said: RefCell<BTreeSet<String>>,
    repaired: RefCell<BTreeSet<String>>,
    /// Hits and misses of each key, named without its prefix as the server does.
    reads: RefCell<BTreeMap<(Tally, String), u64>>,
    due: RefCell<BTreeSet<Entry>>,
    /// Values that were fetched together with others, or that no cache could keep.
    fetched: RefCell<BTreeMap<Entry, Vec<u8>>>,
    search_due: RefCell<Option<SearchTerm>>,
    halted: RefCell<Option<Error>>,
    /// Why the cache is unreachable, once it is.
    unreachable: RefCell<Option<store::Error>>,
    places: tokio::sync::OnceCell<HashMap<Id, PropertyRef>>,
    /// Answers of the pairs that the list of all properties was fetched from.
    list_answers: RefCell<BTreeMap<GroupContract, PairAnswer>>,
    /// Properties that do not exist.
    gone: RefCell<BTreeSet<Id>>,
    /// Properties that no readable list has, and that are too many to ask for one by one.
    unlisted: RefCell<BTreeSet<Id>>,
    contracts: FetchedContracts,
    /// Result of checking that the credentials belong to the cached account.
    account: tokio::sync::OnceCell<Result<(), Error>>,
    /// Account of the API's answers, once it is known to be the cached one.
    agreed: RefCell<Option<String>>,
    /// The API had blocked this address before the first call.
    was_blocked: Cell<bool>,
    /// Deadline of the refresh's calls, once the refresh has started.
    limit: Cell<Option<Instant>>,
    /// End of the wait for foreign locks, once one was met.
    foreign_until: Cell<Option<Instant>>,
}

/// Origin of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ServedFrom {
    /// The cache; also a value that another process fetched while this one waited for it.
    Cache,
    /// The cache, with a value past its TTL.
    Stale,
    /// The API.
    Akamai,
}

impl From<Freshness> for ServedFrom {
    fn from(freshness: Freshness) -> Self {
        match freshness {
            Freshness::Stale => Self::Stale,
            _ => Self::Cache,
        }
    }
}

impl ServedFrom {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Cache => "cache",
            Self::Stale => "stale",
            Self::Akamai => "akamai",
        }
    }
}

/// A value and its origin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Served {
    pub origin: ServedFrom,
    /// JSON.
    pub value: Vec<u8>,
}

#[derive(Debug)]
pub struct ReadResult {
    /// Name of the requested item; that of a rule tree includes its version.
    pub name: String,
    /// The value, or why there is none.
    pub served: Result<Served, Error>,
}

struct Counted {
    served: Served,
    hit: bool,
}

impl Reader<'_> {
    /// Answers for all items in their order: cached ones from one pipeline, the others from the API. Counts a hit or
    /// a miss for each item that resolves to an entry.
    ///
    /// # Errors
    /// Only if the cache is required and fails. Errors of single items are in their answers.
    pub async fn read(&self, items: &[ReadItem]) -> Result<Vec<ReadResult>, Error> {
        let resolved = self.resolve(items).await?;
        let known: Vec<Entry> = resolved.iter().flatten().cloned().collect();
        let mut through = self.through(&known).await?.into_iter();
        let mut answers = Vec::with_capacity(items.len());
        for (item, entry) in items.iter().zip(resolved) {
            let (name, counted) = match entry {
                Ok(entry) => {
                    let Some(counted) = through.next() else {
                        continue;
                    };
                    self.count(&entry, counted.as_ref().is_ok_and(|counted| counted.hit));
                    (entry.name(), counted)
                }
                Err(error) => (item.name(), Err(error)),
            };
            answers.push(ReadResult {
                name,
                served: counted.map(|counted| counted.served),
            });
        }
        Ok(answers)
    }

    /// Returns the keys that held unexpected values and were fetched again.
    pub fn repaired(&self) -> Vec<String> {
        self.state.repaired.borrow().iter().cloned().collect()
    }

    /// Returns the number of values that are about to expire, and that `finish` refreshes.
    pub fn due(&self) -> usize {
        let search = self.state.search_due.borrow().is_some();
        self.state.due.borrow().len() + usize::from(search)
    }

    fn lazy_source(&self) -> &LazySource<'_> {
        if self.limit().is_some() {
            &self.brief
        } else {
            &self.source
        }
    }

    /// Returns the API source. If there are no credentials and the cache is unreachable, the error names both.
    fn api(&self) -> Result<&Source, Error> {
        self.lazy_source().get().map_err(|error| {
            let gone = self.state.unreachable.borrow().clone();
            match (gone, error) {
                (Some(cache), credentials @ source::Error::Credentials(_)) => {
                    let (cache, credentials) = (cache.into(), credentials.into());
                    Error::Neither { cache, credentials }
                }
                (_, error) => error.into(),
            }
        })
    }

    fn count(&self, entry: &Entry, hit: bool) {
        let tally = if hit { Tally::Hits } else { Tally::Misses };
        let key = format!("{}:{entry}", self.about.customer);
        let mut reads = self.state.reads.borrow_mut();
        *reads.entry((tally, key)).or_default() += 1;
    }

    async fn through(&self, items: &[Entry]) -> Result<Vec<Result<Counted, Error>>, Error> {
        let mut looks = self.look(items).await?;
        self.fill_from_list(items, &mut looks).await?;
        let missing = items.iter().zip(&looks);
        let missing = missing.filter(|(_, look)| look.is_missing());
        let missing: Vec<Entry> = missing.map(|(item, _)| item.clone()).collect();
        self.prefetch(&missing).await;
        let answers = futures_util::stream::iter(items.iter().zip(looks))
            .map(|(item, look)| async move {
                match look.cached {
                    Some((value, freshness)) => Ok(self.cached_answer(item, value, freshness)),
                    None if look.absent => Err(self.unknown(item)),
                    None => self.missing(item).await,
                }
            })
            .buffered(CONCURRENCY);
        Ok(answers.collect().await)
    }

    async fn one(&self, item: Entry) -> Result<Served, Error> {
        // Boxed: fetching one item may require another.
        let answers = Box::pin(self.through(std::slice::from_ref(&item))).await?;
        let answer = answers.into_iter().next();
        let counted = answer.unwrap_or_else(|| Err(self.unknown(&item)))?;
        Ok(counted.served)
    }

    fn cached_answer(&self, item: &Entry, value: Vec<u8>, freshness: Freshness) -> Counted {
        if freshness != Freshness::Fresh {
            self.state.due.borrow_mut().insert(item.clone());
        }
        Counted {
            served: Served {
                origin: freshness.into(),
                value,
            },
            hit: true,
        }
    }

    /// Fetches an uncached item, or waits for another process that fetches it.
    async fn missing(&self, item: &Entry) -> Result<Counted, Error> {
        if let Some(served) = self.fetched_before(item) {
            return Ok(Counted { served, hit: false });
        }
        self.refuse_known(item)?;
        let served = match item {
            Entry::Contract(id) => self.missing_contract(item, id).await?,
            item => {
                let looked = async || self.looked(item).await;
                let work =
                    async |lock: Option<&RenewedLock>| self.fetch_and_store(item, lock).await;
                self.guarded(item, looked, work).await?
            }
        };
        Ok(Counted { served, hit: false })
    }

    /// Returns what another process has stored of an item meanwhile.
    async fn looked(&self, item: &Entry) -> Result<Option<Result<Served, Error>>, Error> {
        let look = self.look_again(item).await?;
        Ok(match look.cached {
            Some((value, freshness)) => Some(Ok(self.cached_answer(item, value, freshness).served)),
            None if look.absent => Some(Err(self.unknown(item))),
            None => None,
        })
    }
}
