//! Searches for host names and properties, in the cache and then through the API's own search.

mod akamai;
mod denied;
mod parts;
mod results;

use super::look::Lookup;
use super::{Reader, ServedFrom};
use crate::cache::Error;
use crate::cache::fetch::Epoch;
use crate::cache::values::{HostnameValue, readable};
use crate::domain::key::{Entry, Fqdn, Query};
use crate::domain::papi::Property;
use crate::domain::read::freshness::Freshness;
use crate::domain::read::search::{Match, SearchHit, SearchTerm, choose};
use crate::domain::ttl::Resource;
use crate::store;
use serde_json::value::RawValue;

use results::NOTHING;
pub(super) use results::Results;

/// Limit of the searches in the index.
const INDEXED: u32 = 1_000;

/// Limit of a text whose results are stored, in bytes.
const LONGEST_STORED: usize = 4_096;

/// Results from the cache alone.
struct FromCache {
    hosts: Vec<SearchHit>,
    /// Host names that would rank above those found and that the cache cannot rule out.
    unsure: Vec<(Match, Fqdn)>,
    /// The properties found; `None` if the list of properties is not cached, lacks some that could not be read, or was
    /// not searched because host names were found.
    properties: Option<Vec<SearchHit>>,
    origin: ServedFrom,
}

impl Reader<'_> {
    /// Searches and returns at most `limit` results. Counts as one read of the search's own key: a hit if the first
    /// look at the cache answered it. A search that is remembered as empty counts as a miss.
    ///
    /// # Errors
    /// Fails if the API fails, or if the cache fails and is required.
    pub async fn search(&self, wanted: &SearchTerm, limit: usize) -> Result<Results, Error> {
        let query = wanted.query();
        let found = self.search_through(wanted, query.as_ref()).await;
        if let Some(query) = query {
            let hit = matches!(&found, Ok((_, hit)) if *hit);
            self.count(&Entry::Search(query), hit);
        }
        let error = match found {
            Ok((results, _)) => return self.with_parts(wanted, results, limit).await,
            Err(error @ Error::Source(_)) => error,
            Err(error) => return Err(error),
        };
        // Names that contain the text are known to the cache alone.
        let nothing = Results::of(&[], ServedFrom::Cache, false).without_the_api();
        let parts = self.with_parts(wanted, nothing, limit).await?;
        if parts.total == 0 {
            return Err(error);
        }
        self.only_the_cache(&error);
        Ok(parts)
    }

    fn only_the_cache(&self, error: &Error) {
        self.warn_once("search", &format!("only the cache was searched: {error}"));
    }

    async fn search_through(
        &self,
        wanted: &SearchTerm,
        query: Option<&Query>,
    ) -> Result<(Results, bool), Error> {
        // Queried together: marks are compared with the time before anything was read.
        let (found, since) = futures_util::join!(self.look_up(query), self.epoch());
        let (found, since) = (found?, since?);
        if let Some((json, freshness)) = found.cached
            && let Some(results) = self.stored(wanted, json, freshness.into()).await?
        {
            if freshness != Freshness::Fresh {
                *self.state.search_due.borrow_mut() = Some(wanted.clone());
            }
            return Ok((results, true));
        }
        let here = self.look_here(wanted).await?;
        if here.answers() {
            let results = here.results();
            self.store_results(query, &results, since.as_ref()).await;
            return Ok((results, true));
        }
        if found.absent {
            return Ok((here.results(), false));
        }
        let Some(query) = query else {
            return Ok((self.ask_and_store(wanted, None).await?, false));
        };
        let listed = here.properties.is_some();
        let look = async || {
            let found = self.look_up(Some(query)).await?;
            Ok(match found.cached {
                Some((json, _)) => self.stored(wanted, json, ServedFrom::Cache).await?.map(Ok),
                None if found.absent => Some(Ok(Results::of(&[], ServedFrom::Cache, listed))),
                None => None,
            })
        };
        let work =
            async |_: Option<&store::RenewedLock>| self.ask_and_store(wanted, Some(query)).await;
        let entry = Entry::Search(query.clone());
        Ok((self.guarded(&entry, look, work).await?, false))
    }

    /// Refreshes stored results unless another process is doing so.
    pub(super) async fn search_again(&self, wanted: &SearchTerm) {
        let (Some(store), Some(query)) = (self.usable(), wanted.query()) else {
            return;
        };
        let entry = Entry::Search(query.clone());
        let Some(lock) = self.lock_now(store, &entry).await else {
            return;
        };
        if let Err(error) = self.ask_and_store(wanted, Some(&query)).await {
            log::info!("`{entry}` was not refreshed: {error}");
        }
        self.release(lock).await;
    }

    /// Searches the cache and the API again, and stores the results.
    async fn ask_and_store(
        &self,
        wanted: &SearchTerm,
        query: Option<&Query>,
    ) -> Result<Results, Error> {
        let since = self.epoch().await?;
        let here = self.look_here(wanted).await?;
        let results = if here.answers() {
            here.results()
        } else {
            let known = here.results();
            let listed = here.properties.is_some();
            let calls = self.calls_made();
            match self.ask_akamai(wanted, here).await {
                Ok(found) => {
                    // A property whose own key is cached needs no call.
                    let asked = self.calls_made() > calls;
                    let origin = if asked {
                        ServedFrom::Akamai
                    } else {
                        ServedFrom::Cache
                    };
                    Results::of(&found, origin, listed)
                }
                // Partial results are better than an error.
                Err(error) if known.json != NOTHING => {
                    self.only_the_cache(&error);
                    return Ok(known.without_the_api());
                }
                Err(error) => return Err(error),
            }
        };
        self.store_results(query, &results, since.as_ref()).await;
        Ok(results)
    }

    /// Returns stored results; `None` if the property list, cached since, has more.
    async fn stored(
        &self,
        wanted: &SearchTerm,
        json: Vec<u8>,
        origin: ServedFrom,
    ) -> Result<Option<Results>, Error> {
        let mut results = Results::stored(json, origin);
        if !results.incomplete {
            return Ok(Some(results));
        }
        let look = self.look_again(&Entry::Properties).await?;
        if let Some((list, _)) = look.cached {
            if among(wanted, &list).len() > results.total {
                return Ok(None);
            }
            results.incomplete = false;
        }
        Ok(Some(results))
    }

    async fn look_up(&self, query: Option<&Query>) -> Result<Lookup, Error> {
        match query {
            Some(query) => self.look_again(&Entry::Search(query.clone())).await,
            None => Ok(Lookup::default()),
        }
    }

    async fn look_here(&self, wanted: &SearchTerm) -> Result<FromCache, Error> {
        let names = wanted.hostnames();
        let mut here = FromCache {
            hosts: Vec::new(),
            unsure: Vec::new(),
            properties: None,
            origin: ServedFrom::Cache,
        };
        let items: Vec<Entry> = names
            .iter()
            .map(|(_, name)| Entry::Hostname(name.clone()))
            .collect();
        let looks = self.look(&items).await?;
        let (mut cached, mut missing) = (Vec::new(), Vec::new());
        for ((how, name), look) in names.into_iter().zip(looks) {
            let found = look.cached.and_then(|(value, freshness)| {
                let found = of_host(how, &value)?;
                Some((name.clone(), freshness, found))
            });
            match found {
                Some(found) => cached.push((how, found)),
                // No host name starts with `www.www.`.
                None if look.absent || name.as_str().starts_with("www.www.") => {}
                None => missing.push((how, name)),
            }
        }
        for (_, (name, freshness, found)) in choose(cached) {
            self.used(&mut here, Entry::Hostname(name), freshness);
            here.hosts.push(found);
        }
        if let Some(best) = here.hosts.first() {
            missing.retain(|(how, _)| *how < best.how);
        }
        here.unsure = self.not_denied(missing).await?;
        if here.hosts.is_empty() {
            let look = self.look_again(&Entry::Properties).await?;
            if let Some((list, freshness)) = look.cached {
                let found = among(wanted, &list);
                if !found.is_empty() || self.lists_all().await {
                    here.properties = Some(found);
                }
                self.used(&mut here, Entry::Properties, freshness);
            }
        }
        Ok(here)
    }

    fn used(&self, here: &mut FromCache, item: Entry, freshness: Freshness) {
        if freshness == Freshness::Stale {
            here.origin = ServedFrom::Stale;
        }
        if freshness != Freshness::Fresh {
            self.state.due.borrow_mut().insert(item);
        }
    }

    /// Stores results and adds them to the index, unless something was invalidated since `since`: it may have changed
    /// them. An empty result of the API is remembered for a while.
    async fn store_results(&self, query: Option<&Query>, results: &Results, since: Option<&Epoch>) {
        let (Some(query), Some(since)) = (query, since) else {
            return;
        };
        // Results from stale values would pass for fresh ones.
        if query.as_str().len() > LONGEST_STORED || results.origin == ServedFrom::Stale {
            return;
        }
        if results.json == NOTHING {
            // An empty result from the cache costs no call the next time either.
            if results.origin == ServedFrom::Akamai {
                self.store_absent(Entry::Search(query.clone()).absent())
                    .await;
            }
            return;
        }
        let entry = Entry::Search(query.clone());
        let ttl = self.about.lifetimes.stored_for(Resource::Search);
        let write = self.keys().set(&entry, results.json.clone(), ttl);
        let Some(cache) = self.cache() else { return };
        // Anything that was invalidated may have been among the results.
        let unmarked = async || match since.look(&cache).await {
            Ok((marked, seen)) if marked.is_empty() => Some(seen),
            _ => None,
        };
        let Some(seen) = unmarked().await else { return };
        let written = self.put_unmarked(&mut [write], seen.as_ref()).await;
        // What the cache alone has answered costs no call the next time either.
        if results.origin == ServedFrom::Akamai {
            self.report(&written);
        }
        if !written.any {
            return;
        }
        let member = format!("{query}:search:{query}", query = query.as_str());
        let ttl = self.about.lifetimes.policy.ttl(Resource::Searches);
        let index = self.key(&Entry::Searches);
        let indexed = cache
            .store
            .index(&index, &member, since.since, ttl, INDEXED);
        if let Err(error) = indexed.await {
            log::info!("the index of searches was not stored: {error}");
        }
        if unmarked().await.is_none() {
            self.remove(&[self.key(&entry)]).await;
        }
    }
}

impl FromCache {
    /// Returns true if the API has nothing to add.
    fn answers(&self) -> bool {
        self.unsure.is_empty() && (!self.hosts.is_empty() || self.properties.is_some())
    }

    fn results(&self) -> Results {
        Results::of(self.found(), self.origin, self.properties.is_some())
    }

    /// Returns the host names, or the properties if there are none.
    fn found(&self) -> &[SearchHit] {
        if self.hosts.is_empty() {
            self.properties.as_deref().unwrap_or_default()
        } else {
            &self.hosts
        }
    }
}

fn of_host(how: Match, value: &[u8]) -> Option<SearchHit> {
    let value = HostnameValue::read(value)?;
    Some(SearchHit::new(
        how,
        value.property.to_owned(),
        Some(value.hostname.to_owned()),
    ))
}

fn among(wanted: &SearchTerm, list: &[u8]) -> Vec<SearchHit> {
    let properties = readable(list, Property::parse);
    let found = wanted.among(&properties).into_iter();
    found
        .filter_map(|(how, listed)| Some(SearchHit::new(how, raw(&listed.json)?, None)))
        .collect()
}

fn raw(json: &str) -> Option<Box<RawValue>> {
    RawValue::from_string(json.to_owned()).ok()
}
