//! `warm --check`: compares what a run would write with what is cached, and writes nothing.
//!
//! A value that was cached during the run may be newer than the fetched one. Its property is fetched again
//! before a difference is reported.

use super::ask::{Origins, PendingWrite};
use super::baseline::{Digest, digest};
use super::same::{Difference, differences};
use super::view::CacheView;
use crate::cache::Error;
use crate::cache::values::VERSIONS;
use crate::domain::json::same_json;
use crate::domain::key::Id;
use crate::domain::ttl::{Resource, Ttl};
use crate::domain::warm::{Mismatch, MismatchedKey};
use crate::store::Write;
use std::cell::RefCell;
use std::collections::{BTreeMap, HashSet};
use std::time::Duration;

#[derive(Debug, Default)]
struct Wrong {
    whole: Option<Mismatch>,
    items: BTreeMap<String, Mismatch>,
    /// Digest of the cached value that was compared.
    cached: Option<Digest>,
}

/// What a run has compared so far. If a key is compared again, the last comparison counts.
#[derive(Debug, Default)]
pub(super) struct Comparison {
    wrong: RefCell<BTreeMap<String, Wrong>>,
    compared: RefCell<HashSet<Digest>>,
}

/// A whole cached value that differs from the API's.
struct Other<'p> {
    put: &'p PendingWrite,
    cached: Digest,
    parts: Vec<Difference>,
}

impl Comparison {
    /// Compares the writes of a run that began at `began` (ms, by the server's clock). Returns the properties to fetch
    /// again because the cached value may be newer than the fetched one.
    pub(super) async fn compare(
        &self,
        cache: &CacheView<'_>,
        began: u64,
        batch: &[PendingWrite],
    ) -> Result<Vec<Id>, Error> {
        let (mut values, mut lists) = (Vec::new(), Vec::new());
        for put in batch {
            let key = put.write.key();
            match &put.write {
                Write::Set { value, .. }
                | Write::SetAbsent { value, .. }
                | Write::Patch { value, .. } => values.push((put, value)),
                Write::List { items, .. } => lists.push((key, items)),
                Write::Fields { fields, .. } => self.fields(cache, key, fields, true).await?,
                Write::PatchFields { set, drop, .. } => {
                    self.fields(cache, key, set, false).await?;
                    self.ghosts(key, drop);
                }
                Write::DropFields { fields, .. } => self.ghosts(key, fields),
                Write::Expire { .. } => self.is_there(cache, key).await?,
                Write::Scores { .. } | Write::Mapping { .. } => {}
            }
        }
        self.lists(cache, &lists).await?;
        self.values(cache, began, &values).await
    }

    async fn values(
        &self,
        cache: &CacheView<'_>,
        began: u64,
        puts: &[(&PendingWrite, &Vec<u8>)],
    ) -> Result<Vec<Id>, Error> {
        let keys: Vec<String> = puts
            .iter()
            .map(|(put, _)| put.write.key().to_owned())
            .collect();
        let mut others = Vec::new();
        for ((put, value), cached) in puts.iter().zip(cache.values(&keys).await?) {
            let key = put.write.key();
            let Some(cached) = cached else {
                if !matches!(put.write, Write::Patch { .. }) {
                    self.enter(key, vec![(None, Mismatch::Missing)], None);
                }
                continue;
            };
            let parts = differences(put.resource, value, &cached);
            if parts.is_empty() {
                self.enter(key, parts, None);
            } else {
                others.push(Other {
                    put,
                    cached: digest(&cached),
                    parts,
                });
            }
        }
        let mut again = Vec::new();
        if others.is_empty() {
            return Ok(again);
        }
        let keys = others.iter().map(|other| {
            let key = other.put.write.key().to_owned();
            (key, other.put.resource)
        });
        let young = written_since(cache, began, keys.collect()).await?;
        for (other, young) in others.into_iter().zip(young) {
            let key = other.put.write.key();
            let former = self.wrong.borrow().get(key).and_then(|wrong| wrong.cached);
            if former.map_or(young, |former| former != other.cached) {
                again.extend(properties(&other.put.about, &other.parts));
            }
            self.enter(key, other.parts, Some(other.cached));
        }
        Ok(again)
    }

    async fn lists(
        &self,
        cache: &CacheView<'_>,
        lists: &[(&str, &Vec<String>)],
    ) -> Result<(), Error> {
        let keys: Vec<String> = lists.iter().map(|(key, _)| (*key).to_owned()).collect();
        if keys.is_empty() {
            return Ok(());
        }
        let heads = cache.store.heads(&keys, VERSIONS).await;
        for ((key, items), head) in lists.iter().zip(heads) {
            let cached = head?;
            let same = cached.iter().eq(items.iter().map(String::as_bytes));
            let parts = match (same, cached.is_empty()) {
                (true, _) => Vec::new(),
                (false, true) => vec![(None, Mismatch::Missing)],
                (false, false) => vec![(None, Mismatch::Differs)],
            };
            self.enter(key, parts, None);
        }
        Ok(())
    }

    /// Compares fields of the hash of all host names; `made` if a run would create the hash.
    async fn fields(
        &self,
        cache: &CacheView<'_>,
        key: &str,
        fields: &[(String, Vec<u8>)],
        made: bool,
    ) -> Result<(), Error> {
        let names: Vec<String> = fields.iter().map(|(name, _)| name.clone()).collect();
        let cached = if names.is_empty() {
            Vec::new()
        } else {
            cache.fields(&names).await?
        };
        if cached.iter().all(Option::is_none) && !cache.is_there(key).await? {
            if made {
                self.enter(key, vec![(None, Mismatch::Missing)], None);
            }
            return Ok(());
        }
        self.count(key);
        for ((name, new), cached) in fields.iter().zip(cached) {
            let same = |cached: &Vec<u8>| same_json(cached, new);
            match cached {
                None => self.enter_item(key, name, Some(Mismatch::Missing)),
                Some(cached) if !same(&cached) => {
                    self.enter_item(key, name, Some(Mismatch::Differs));
                }
                Some(_) => self.enter_item(key, name, None),
            }
        }
        Ok(())
    }

    /// Checks only that the hash exists: its fields were compared before.
    async fn is_there(&self, cache: &CacheView<'_>, key: &str) -> Result<(), Error> {
        self.count(key);
        if !cache.is_there(key).await? {
            self.enter(key, vec![(None, Mismatch::Missing)], None);
        }
        Ok(())
    }

    /// Records fields that are cached but gone at Akamai.
    pub(super) fn ghosts(&self, key: &str, names: &[String]) {
        for name in names {
            self.enter_item(key, name, Some(Mismatch::Ghost));
        }
    }

    /// Records a cached key whose subject is gone at Akamai.
    pub(super) fn ghost(&self, key: &str) {
        self.enter(key, vec![(None, Mismatch::Ghost)], None);
    }

    fn count(&self, key: &str) {
        self.compared.borrow_mut().insert(digest(key.as_bytes()));
    }

    fn enter(&self, key: &str, parts: Vec<Difference>, cached: Option<Digest>) {
        self.count(key);
        let mut wrong = self.wrong.borrow_mut();
        if parts.is_empty() {
            wrong.remove(key);
            return;
        }
        let whole = parts.iter().find(|(item, _)| item.is_none());
        let new = Wrong {
            whole: whole.map(|(_, state)| *state),
            items: parts
                .into_iter()
                .filter_map(|(item, state)| Some((item?, state)))
                .collect(),
            cached,
        };
        wrong.insert(key.to_owned(), new);
    }

    fn enter_item(&self, key: &str, item: &str, state: Option<Mismatch>) {
        let mut wrong = self.wrong.borrow_mut();
        if let Some(state) = state {
            let wrong = wrong.entry(key.to_owned()).or_default();
            wrong.items.insert(item.to_owned(), state);
        } else if let Some(one) = wrong.get_mut(key) {
            one.items.remove(item);
            if one.items.is_empty() && one.whole.is_none() {
                wrong.remove(key);
            }
        }
    }

    pub(super) fn take(&self) -> (u64, Vec<MismatchedKey>) {
        let mut all = Vec::new();
        for (key, wrong) in self.wrong.take() {
            let parts: Vec<Difference> = match wrong.whole {
                Some(state) => vec![(None, state)],
                None => wrong
                    .items
                    .into_iter()
                    .map(|(item, state)| (Some(item), state))
                    .collect(),
            };
            all.extend(parts.into_iter().map(|(item, state)| MismatchedKey {
                key: key.clone(),
                item,
                state,
            }));
        }
        (self.compared.take().len() as u64, all)
    }
}

/// Returns for each key whether it was written since `began`, judged by its remaining TTL.
pub(super) async fn written_since(
    cache: &CacheView<'_>,
    began: u64,
    keys: Vec<(String, Resource)>,
) -> Result<Vec<bool>, Error> {
    let (keys, resources): (Vec<String>, Vec<Resource>) = keys.into_iter().unzip();
    // In this order: a value written before `began` must not count, however long an answer takes.
    let elapsed = Duration::from_millis(cache.now().await?.saturating_sub(began));
    let left = cache.store.time_to_live(&keys).await;
    let each = left.into_iter().zip(resources).map(|(left, resource)| {
        let age = match left? {
            Ttl::Left(left) => cache.lifetimes.stored_for(resource).checked_sub(left),
            Ttl::Absent | Ttl::Forever => None,
        };
        Ok(age.is_some_and(|age| age <= elapsed))
    });
    each.collect()
}

/// Returns the properties that a value is made from, if fetching them renews it.
fn properties(about: &Origins, parts: &[Difference]) -> Vec<Id> {
    match about {
        Origins::Property(id) | Origins::Host(_, id) => vec![id.clone()],
        Origins::Properties => {
            let items = parts.iter().filter_map(|(item, _)| item.as_deref());
            items.filter_map(|item| Id::new(item).ok()).collect()
        }
        _ => Vec::new(),
    }
}
