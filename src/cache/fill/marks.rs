//! Nobody may bring back what was invalidated: after writing, the marks made since the fetch began are
//! read, and what they name is fetched again, or removed where that fails.

use super::ledger::Ledger;
use super::one::owner;
use super::survey::readable;
use super::writer::Writer;
use super::{Fill, Halt};
use crate::domain::key::{Entry, Id};
use crate::domain::marked::Marked;
use crate::domain::ttl::Resource;
use std::collections::BTreeSet;

/// How often marked values are fetched again before they are removed instead.
const ROUNDS: usize = 3;

impl Fill<'_> {
    /// Sees to everything that was marked since `since` (ms by the server's clock), until nothing new
    /// is marked.
    pub(super) async fn settle(
        &self,
        writer: &Writer,
        ledger: &Ledger,
        since: u64,
    ) -> Result<(), Halt> {
        let mut since = since;
        for round in 0..=ROUNDS {
            writer.flush().await?;
            let members = self
                .store
                .marks_since(&self.key(&Entry::Invalidated), since)
                .await?;
            let marked = Marked::read(members.into_iter().map(|(member, _)| member));
            if marked.is_empty() {
                return Ok(());
            }
            if round == ROUNDS {
                return self.give_up(ledger, &marked).await;
            }
            since = self.store.now().await?;
            if marked.everything && self.request.ids.is_empty() {
                self.progress
                    .note("everything was invalidated meanwhile: fetching it again");
                Box::pin(self.crawl(writer, ledger, true)).await?;
            } else {
                self.fetch_again(writer, ledger, marked).await?;
            }
        }
        Ok(())
    }

    async fn fetch_again(
        &self,
        writer: &Writer,
        ledger: &Ledger,
        marked: Marked,
    ) -> Result<(), Halt> {
        let mut ids = self.touched(&marked).await?;
        // Of the properties named only those are ours to fetch; others we have not written.
        if !self.request.ids.is_empty() {
            ids.retain(|id| self.request.ids.contains(id));
        }
        if ids.is_empty() {
            return Ok(());
        }
        let ids: Vec<Id> = ids.into_iter().collect();
        self.progress.note(&format!(
            "{} invalidated meanwhile: fetching again",
            ids.len()
        ));
        let missed = self.properties_named(writer, ledger, &ids).await?;
        let keys: Vec<String> = missed
            .into_iter()
            .flat_map(|id| self.keys_of(&id))
            .collect();
        self.remove(ledger, &keys).await
    }

    /// The properties that the marks touch: those named, those that serve a host name named, and all
    /// that the request names where everything was marked.
    async fn touched(&self, marked: &Marked) -> Result<BTreeSet<Id>, Halt> {
        let mut ids = marked.properties.clone();
        if marked.everything {
            ids.extend(self.request.ids.iter().cloned());
        }
        let names: Vec<String> = marked
            .hosts
            .iter()
            .map(|name| name.as_str().to_owned())
            .collect();
        if names.is_empty() {
            return Ok(ids);
        }
        // The key of a host name and its field in the hash both tell its property; either may stand
        // without the other.
        let hash = self.key(&Entry::Hostnames);
        for value in self
            .store
            .field_values(&hash, &names)
            .await?
            .into_iter()
            .flatten()
        {
            let id = owner(&value, &["propertyId"]);
            ids.extend(id.and_then(|id| Id::new(&id).ok()));
        }
        let keys: Vec<String> = marked
            .hosts
            .iter()
            .map(|name| self.key(&Entry::Hostname(name.clone())))
            .collect();
        for value in self.store.get(&keys).await {
            let value = readable(Some(value))?;
            let id = value.and_then(|json| owner(&json, &["property", "propertyId"]));
            ids.extend(id.and_then(|id| Id::new(&id).ok()));
        }
        Ok(ids)
    }

    /// Removes what was marked again and again while it was being fetched.
    async fn give_up(&self, ledger: &Ledger, marked: &Marked) -> Result<(), Halt> {
        let mut keys: Vec<String> = self
            .touched(marked)
            .await?
            .iter()
            .flat_map(|id| self.keys_of(id))
            .collect();
        keys.extend(
            marked
                .hosts
                .iter()
                .map(|n| self.key(&Entry::Hostname(n.clone()))),
        );
        if marked.everything {
            keys.extend(ledger.take_written());
        }
        keys.push(self.key(&Entry::Properties));
        let message =
            "it was invalidated again each time it was fetched, and is removed".to_owned();
        ledger.failed(Resource::Properties, None, "invalidated", message);
        self.remove(ledger, &keys).await
    }

    fn keys_of(&self, id: &Id) -> [String; 2] {
        [
            Entry::Property(id.clone()),
            Entry::PropertyHostnames(id.clone()),
        ]
        .map(|entry| self.key(&entry))
    }

    async fn remove(&self, ledger: &Ledger, keys: &[String]) -> Result<(), Halt> {
        for removed in self.store.remove(keys).await {
            ledger.removed(Resource::Details, usize::from(removed?));
        }
        Ok(())
    }
}
