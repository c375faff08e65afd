//! The API's own search, for what the cache does not know.

use super::{FromCache, of_host, raw};
use crate::cache::Error;
use crate::cache::read::Reader;
use crate::cache::values::property;
use crate::domain::key::{Entry, Fqdn, Id};
use crate::domain::read::search::{Match, SearchHit, SearchTerm};
use crate::domain::read::{GetResource, ReadItem};
use crate::source::{self, FindBy};
use std::collections::BTreeSet;

impl Reader<'_> {
    /// Searches through the API. The first host name that it knows is the result, followed by the cached ones of
    /// lower rank except wildcards: each further name would cost a call.
    pub(super) async fn ask_akamai(
        &self,
        wanted: &SearchTerm,
        here: FromCache,
    ) -> Result<Vec<SearchHit>, Error> {
        for (how, name) in here.unsure {
            if let Some(found) = self.ask_host(how, name).await? {
                let less = here.hosts.into_iter();
                let less = less.filter(|less| less.how != Match::WildcardHostname);
                let less = less.map(|less| of_same_property(less, &found));
                let less: Vec<SearchHit> = less.collect();
                return Ok(std::iter::once(found).chain(less).collect());
            }
        }
        if !here.hosts.is_empty() {
            return Ok(here.hosts);
        }
        if let Some(properties) = here.properties {
            return Ok(properties);
        }
        let mut found = Vec::new();
        if !wanted.can_be_a_name() {
            return Ok(found);
        }
        // An id is hardly ever a name as well.
        let whole_id = GetResource::Property.named(wanted.lower());
        if let Ok(ReadItem::Entry(Entry::Property(id))) = whole_id
            && let Some(found) = self.ask_property(Match::PropertyId, &id).await?
        {
            return Ok(vec![found]);
        }
        let by = FindBy::PropertyName(wanted.typed().to_owned());
        let versions = self.find(by).await?;
        let ids: BTreeSet<Id> = versions.into_iter().map(|version| version.id).collect();
        for id in ids {
            found.extend(self.ask_property(Match::PropertyName, &id).await?);
        }
        Ok(found)
    }

    async fn ask_property(&self, how: Match, id: &Id) -> Result<Option<SearchHit>, Error> {
        match self.property(id).await {
            Ok(property) => Ok(raw(&property.json).map(|json| SearchHit::new(how, json, None))),
            Err(Error::Source(source::Error::NotFound { .. })) => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn ask_host(&self, how: Match, name: Fqdn) -> Result<Option<SearchHit>, Error> {
        match self.one(Entry::Hostname(name)).await {
            Ok(served) => Ok(of_host(how, &served.value)),
            Err(Error::Source(source::Error::NotFound { .. })) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

/// Gives a cached hit the property of one that was fetched since, if both are of the same one.
fn of_same_property(mut hit: SearchHit, fetched: &SearchHit) -> SearchHit {
    let id = |hit: &SearchHit| property(hit.property.get().as_bytes()).map(|property| property.id);
    if id(fetched).is_some_and(|fetched| id(&hit) == Some(fetched)) {
        hit.property.clone_from(&fetched.property);
    }
    hit
}
