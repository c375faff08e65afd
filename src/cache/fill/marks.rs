//! Nobody may bring back what was invalidated: after writing, the marks made since the fetch began are
//! read, and what they name is fetched again, or removed where that fails. A run that ends early
//! removes it.

use super::ledger::Ledger;
use super::one::owner;
use super::survey::readable;
use super::writer::Writer;
use super::{Fill, Halt};
use crate::cache::Error;
use crate::domain::graph::{Graph, Verdict, Why};
use crate::domain::key::{Entry, Fqdn, Id, Key};
use crate::domain::marked::Marked;
use crate::domain::ttl::Resource;
use crate::store;
use std::collections::BTreeSet;

/// How often marked values are fetched again before they are removed instead.
const ROUNDS: usize = 3;

/// Which part of what falls is removed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Share {
    /// What is about the things marked alone.
    Own,
    /// The values that they share with others: the list, the map, the tree.
    Common,
    /// All of it.
    Both,
}

impl Fill<'_> {
    /// The clock that marks are made by: that of the server that holds them.
    pub(super) async fn marks_clock(&self) -> Result<u64, Error> {
        Ok(self.store.now_for(&self.key(&Entry::Invalidated)).await?)
    }

    async fn marked_since(&self, since: u64) -> Result<Marked, Error> {
        let key = self.key(&Entry::Invalidated);
        let members = self.store.marks_since(&key, since).await?;
        Ok(Marked::read(members.into_iter().map(|(member, _)| member)))
    }

    /// Sees to everything that was marked since `since` (ms by the clock of the marks), until nothing
    /// new is marked.
    pub(super) async fn settle(
        &self,
        writer: &Writer,
        ledger: &Ledger,
        since: u64,
    ) -> Result<(), Halt> {
        let mut since = since;
        for round in 0..=ROUNDS {
            writer.flush().await?;
            let marked = self.marked_since(since).await?;
            if marked.is_empty() {
                return Ok(());
            }
            // Away with it first: whatever fails from here on, nothing old stays.
            let ids = self.ours(ledger, self.touched(&marked).await?).await?;
            let falls = Marked {
                properties: ids.iter().cloned().collect(),
                hosts: marked.hosts,
                everything: marked.everything,
            };
            if round == ROUNDS {
                let message =
                    "it was invalidated again each time it was fetched, and is removed".to_owned();
                ledger.failed(Resource::Properties, None, "invalidated", message);
                return Ok(self.withdraw(ledger, &falls, Share::Both).await?);
            }
            since = self.marks_clock().await?;
            self.withdraw(ledger, &falls, Share::Own).await?;
            if falls.everything && self.request.ids.is_empty() {
                self.progress
                    .note("everything was invalidated meanwhile: fetching it again");
                Box::pin(self.crawl(writer, ledger, true)).await?;
            } else {
                self.fetch_again(writer, ledger, &ids, &falls).await?;
            }
        }
        Ok(())
    }

    async fn fetch_again(
        &self,
        writer: &Writer,
        ledger: &Ledger,
        ids: &[Id],
        falls: &Marked,
    ) -> Result<(), Halt> {
        if ids.is_empty() {
            return Ok(self.withdraw(ledger, falls, Share::Common).await?);
        }
        self.progress.note(&format!(
            "{} invalidated meanwhile: fetching again",
            ids.len()
        ));
        let again = self.properties_named(writer, ledger, ids).await?;
        if !again.failed.is_empty() {
            return Ok(self.withdraw(ledger, falls, Share::Common).await?);
        }
        if self.request.ids.is_empty() {
            self.patch_map(writer, ids, &again).await?;
            self.patch_tree(writer, ids, &again).await?;
        }
        Ok(())
    }

    /// Of these properties those that this run may have written something of: those that it names, or
    /// that stand in the list of all or were written.
    async fn ours(&self, ledger: &Ledger, mut ids: BTreeSet<Id>) -> Result<Vec<Id>, Error> {
        if !self.request.ids.is_empty() {
            ids.retain(|id| self.request.ids.contains(id));
        } else if !ids.is_empty() {
            let mut known: BTreeSet<String> = BTreeSet::new();
            known.extend(self.list().await?.into_iter().flatten().map(|p| p.id));
            ledger.written(|key| {
                if let Some(Key::Of(_, entry)) = self.scheme.parse(key.as_bytes())
                    && let ("property", Some(id), _) = entry.parts()
                {
                    known.insert(id);
                }
                false
            });
            ids.retain(|id| known.contains(id.as_str()));
        }
        Ok(ids.into_iter().collect())
    }

    /// The properties that the marks touch: those named, those that serve a host name named, and all
    /// that the request names where everything was marked.
    async fn touched(&self, marked: &Marked) -> Result<BTreeSet<Id>, Error> {
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
        let fields = match self.store.field_values(&hash, &names).await {
            Err(store::Error::WrongType { .. }) => Vec::new(),
            fields => fields?,
        };
        for value in fields.into_iter().flatten() {
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

    /// Removes what a run that ended early has written of what was marked since `since`.
    pub(super) async fn withdraw_since(&self, ledger: &Ledger, since: u64) {
        let withdrawn = async {
            let mut marked = self.marked_since(since).await?;
            let touched = self.touched(&marked).await?;
            marked.properties = self.ours(ledger, touched).await?.into_iter().collect();
            self.withdraw(ledger, &marked, Share::Both).await
        };
        if let Err(error) = withdrawn.await {
            self.progress.note(&format!(
                "what was invalidated while the run went on could not be removed again ({error})"
            ));
        }
    }

    /// Removes what this run has written of what falls with these marks.
    async fn withdraw(&self, ledger: &Ledger, marked: &Marked, share: Share) -> Result<(), Error> {
        if marked.is_empty() {
            return Ok(());
        }
        let why = || Why {
            target: 0,
            with: None,
        };
        let mut graph = Graph::new(true);
        if marked.everything && self.request.ids.is_empty() {
            graph.everything(0);
        }
        for id in &marked.properties {
            graph.property(id, why());
        }
        let mut fields: BTreeSet<Fqdn> = marked.hosts.clone();
        fields.extend(self.fields_of(&marked.properties).await?);
        for name in &fields {
            graph.host(name, why());
        }
        let ours = self.scheme.of_customer(self.customer);
        let mut keys = ledger.written(|key| {
            let verdict = key
                .strip_prefix(&ours)
                .map(|rest| graph.judge(rest.as_bytes()));
            match verdict {
                Some(Verdict::Own(..) | Verdict::Named(_)) => share != Share::Common,
                Some(Verdict::Shared(_)) => share != Share::Own,
                Some(Verdict::Stays) | None => false,
            }
        });
        if graph.sweeps() && self.wants(Resource::Hostnames) {
            keys.push(self.key(&Entry::Hostnames));
        }
        keys.sort_unstable();
        keys.dedup();
        for (key, removed) in keys.iter().zip(self.store.remove(&keys).await) {
            let resource = match self.scheme.parse(key.as_bytes()) {
                Some(Key::Of(_, entry)) => entry.resource(),
                _ => None,
            };
            let resource = resource.unwrap_or(Resource::Details);
            ledger.removed(resource, usize::from(removed?));
        }
        let fields: Vec<String> = fields.iter().map(ToString::to_string).collect();
        let hash = self.key(&Entry::Hostnames);
        match self.store.drop_fields(&hash, &fields).await {
            Err(store::Error::WrongType { .. }) => {}
            dropped => {
                let dropped = usize::try_from(dropped?).unwrap_or(usize::MAX);
                ledger.removed(Resource::Hostnames, dropped);
            }
        }
        Ok(())
    }

    /// The host names in the hash that these properties serve.
    async fn fields_of(&self, ids: &BTreeSet<Id>) -> Result<Vec<Fqdn>, Error> {
        let mut names = Vec::new();
        if ids.is_empty() {
            return Ok(names);
        }
        let hash = self.key(&Entry::Hostnames);
        let read = self.store.fields(&hash, |name, value| {
            let owner = owner(value, &["propertyId"]).and_then(|id| Id::new(&id).ok());
            if owner.is_some_and(|id| ids.contains(&id)) {
                let name = std::str::from_utf8(name).ok();
                names.extend(name.and_then(|name| Fqdn::new(name).ok()));
            }
        });
        match read.await {
            Ok(()) | Err(store::Error::WrongType { .. }) => Ok(names),
            Err(error) => Err(error.into()),
        }
    }
}
