//! Asking the API for one thing, with as few calls as it takes.

use super::after::MOMENT;
use super::keep::Fetched;
use super::{Reader, Served};
use crate::cache::Error;
use crate::cache::answers::{
    Host, Pair, VERSIONS, array, host_value, hosts_of, pair_name, pairs, tree, version_names,
};
use crate::domain::account::{Contract, CpCode, Group, Property, VersionHostname};
use crate::domain::key::{Entry, Fqdn, Id};
use crate::domain::lacking::Lacking;
use crate::domain::read::Item;
use crate::domain::ttl::Resource;
use crate::source::{self, FindBy, PropertyRef};
use crate::store::Write;
use futures_util::StreamExt;
use serde_json::value::RawValue;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::time::Duration;
use tokio::time::{Instant, timeout_at};

/// Calls for a single list that a refresh may make, four at a time: more would not be answered in its
/// time, and be made for nothing by each process that finds the list nearly over.
const CALLS: usize = 16;

impl Reader<'_> {
    /// Fetches one item.
    pub(super) async fn fetch(&self, item: &Item) -> Result<Fetched, Error> {
        if let Some(error) = self.state.halted.borrow().clone() {
            return Err(error);
        }
        let fetched = self.ask(item).await;
        if let Err(error) = &fetched {
            let again = match error {
                Error::Source(error) => error.ends_the_run(),
                Error::Neither { .. } => true,
                _ => false,
            };
            if again {
                // The next call would meet the same.
                self.state.halted.borrow_mut().get_or_insert(error.clone());
            }
        }
        fetched
    }

    async fn ask(&self, item: &Item) -> Result<Fetched, Error> {
        let value = match item {
            Item::Properties => return self.properties().await,
            Item::Property(id) => {
                let place = self.listed_place(id).await;
                let source = self.api()?;
                self.within(source.property(&place))
                    .await?
                    .value
                    .json
                    .into_bytes()
            }
            Item::Hostnames(id) => {
                let property = self.property(id).await?;
                let hosts = self.hosts(&property).await?;
                array(hosts.iter().map(|host| host.item.as_str()))
            }
            Item::Hostname(name) => return self.hostname(name).await,
            Item::Rules(_, None) => return Err(unknown(&item.name())),
            Item::Rules(id, Some(version)) => {
                let place = self.place(id).await;
                let source = self.api()?;
                self.within(source.rules(&place, *version))
                    .await?
                    .value
                    .into_bytes()
            }
            Item::Versions(id) => return self.versions(id).await,
            Item::Activations(id) => {
                let place = self.place(id).await;
                let source = self.api()?;
                let activations = self.within(source.activations(&place)).await?.value;
                array(
                    activations
                        .iter()
                        .map(|activation| activation.json.as_str()),
                )
            }
            Item::Contracts => return self.contracts(None).await,
            Item::Contract(id) => return self.contracts(Some(id)).await,
            Item::Groups => {
                let source = self.api()?;
                let groups = self.within(source.groups()).await?.value;
                array(groups.iter().map(|group| group.json.as_str()))
            }
            Item::CpCodes => self.cpcodes().await?,
            Item::Tree => {
                let groups = self.groups().await?;
                let properties = items(&self.one(Item::Properties).await?, Property::parse)?;
                tree(&groups, &properties).into_bytes()
            }
        };
        Ok(self.whole(item, value))
    }

    /// Runs a call within the limit, where there is one.
    pub(super) async fn within<T>(
        &self,
        call: impl Future<Output = Result<T, source::Error>>,
    ) -> Result<T, source::Error> {
        let Some(limit) = self.limit else {
            return call.await;
        };
        let began = Instant::now();
        timeout_at(limit, call).await.unwrap_or_else(|_| {
            Err(source::Error::Timeout {
                call: "a refresh".into(),
                after: began.elapsed().max(Duration::from_millis(1)),
            })
        })
    }

    /// What goes into the cache where the value is all there is to write.
    fn whole(&self, item: &Item, value: Vec<u8>) -> Fetched {
        let entry = item.entry();
        let write = entry.map(|entry| self.set(&entry, item.resource(), value.clone()));
        Fetched {
            value,
            writes: write.into_iter().collect(),
            owner: None,
        }
    }

    pub(super) fn set(&self, entry: &Entry, resource: Resource, value: Vec<u8>) -> Write {
        Write::Set {
            key: self.key(entry),
            value: self.patience.marked(value),
            ttl: Some(self.patience.stored_for(resource)),
        }
    }

    /// A property, through the cache.
    pub(super) async fn property(&self, id: &Id) -> Result<Property, Error> {
        let served = self.one(Item::Property(id.clone())).await?;
        let text = String::from_utf8_lossy(&served.value).into_owned();
        Property::parse(&text).map_err(|flaw| unreadable(&format!("property {id}"), flaw))
    }

    async fn groups(&self) -> Result<Vec<Group>, Error> {
        items(&self.one(Item::Groups).await?, Group::parse)
    }

    /// What lists are made of, a call for each; not for a refresh that cannot come to an end.
    async fn pairs(&self) -> Result<Vec<Pair>, Error> {
        let pairs = pairs(&self.groups().await?);
        if self.limit.is_some() && pairs.len() > CALLS {
            return Err(source::Error::Timeout {
                call: format!("a refresh of {} calls", pairs.len()),
                after: MOMENT,
            }
            .into());
        }
        Ok(pairs)
    }

    async fn hosts(&self, property: &Property) -> Result<Vec<Host>, Error> {
        let source = self.api()?;
        let view = crate::domain::warm::HostnameView::Active;
        Ok(self.within(hosts_of(source, property, view)).await?.hosts)
    }

    /// Where a property lives, as its own value or the list of all tells it: the API finds it faster,
    /// and some clients may not see it otherwise. It is not worth a call.
    async fn place(&self, id: &Id) -> PropertyRef {
        let own = self.peek(Item::Property(id.clone())).await;
        let own = own.and_then(|value| Property::parse(std::str::from_utf8(&value).ok()?).ok());
        match own {
            Some(property) => PropertyRef::from(&property),
            None => self.listed_place(id).await,
        }
    }

    async fn listed_place(&self, id: &Id) -> PropertyRef {
        let listed = self.state.places.get_or_init(async || {
            let list = self.peek(Item::Properties).await.unwrap_or_default();
            let raw: Vec<&RawValue> = serde_json::from_slice(&list).unwrap_or_default();
            let all = raw
                .into_iter()
                .filter_map(|item| Property::parse(item.get()).ok());
            all.map(|property| (property.id.clone(), PropertyRef::from(&property)))
                .collect::<HashMap<_, _>>()
        });
        let known = listed.await.get(id.as_str()).cloned();
        known.unwrap_or_else(|| PropertyRef::new(id.as_str()))
    }

    /// What stands in the cache, whatever it is worth.
    async fn peek(&self, item: Item) -> Option<Vec<u8>> {
        let look = self.look_again(&item).await.ok()?;
        look.standing.map(|(value, _)| value)
    }

    async fn versions(&self, id: &Id) -> Result<Fetched, Error> {
        let place = self.place(id).await;
        let source = self.api()?;
        let versions = self.within(source.versions(&place, VERSIONS)).await?.value;
        let names = version_names(&versions);
        let value = serde_json::Value::from(names.clone())
            .to_string()
            .into_bytes();
        let write = Write::List {
            key: self.key(&Entry::Versions(id.clone())),
            items: names,
            ttl: self.patience.stored_for(Resource::Versions),
        };
        Ok(Fetched {
            value,
            writes: vec![write],
            owner: None,
        })
    }

    /// All contracts come in one call, so that all are stored, whichever was asked for.
    async fn contracts(&self, wanted: Option<&Id>) -> Result<Fetched, Error> {
        let source = self.api()?;
        let contracts: Vec<Contract> = self.within(source.contracts()).await?.value;
        let list = array(contracts.iter().map(|contract| contract.json.as_str()));
        let mut writes = vec![self.set(&Entry::Contracts, Resource::Contracts, list.clone())];
        for contract in &contracts {
            if let Ok(id) = Id::new(&contract.id) {
                let value = contract.json.clone().into_bytes();
                writes.push(self.set(&Entry::Contract(id), Resource::Contracts, value));
            }
        }
        let value = match wanted {
            None => list,
            Some(id) => {
                let found = contracts
                    .into_iter()
                    .find(|contract| contract.id == id.as_str());
                found.ok_or_else(|| unknown(id.as_str()))?.json.into_bytes()
            }
        };
        Ok(Fetched {
            value,
            writes,
            owner: None,
        })
    }

    /// The lists of all groups and contracts, each property once.
    async fn properties(&self) -> Result<Fetched, Error> {
        let pairs = self.pairs().await?;
        let source = self.api()?;
        let answers = futures_util::stream::iter(&pairs)
            .map(|(contract, group)| async move {
                let answer = self.within(source.properties(contract, group)).await;
                ((contract, group), answer)
            })
            .buffered(self.concurrency.max(1));
        let mut seen = HashSet::new();
        let mut all: Vec<Property> = Vec::new();
        let mut lacking = Lacking::default();
        let mut answers = std::pin::pin!(answers);
        while let Some(((contract, group), answer)) = answers.next().await {
            let answer = self.unless_forbidden(group, answer)?;
            if answer
                .as_ref()
                .is_none_or(|answer| !answer.flaws.is_empty())
            {
                lacking.add(Resource::Properties, Some(pair_name(contract, group)));
            }
            if let Some(answer) = answer {
                all.extend(
                    answer
                        .value
                        .into_iter()
                        .filter(|p| seen.insert(p.id.clone())),
                );
            }
        }
        self.remember(&lacking, Resource::Properties).await;
        let value = array(all.iter().map(|property| property.json.as_str()));
        Ok(self.whole(&Item::Properties, value))
    }

    /// Lets a warm run know that what is stored now has not all that it should have.
    async fn remember(&self, lacking: &Lacking, resource: Resource) {
        if let (name, Some(parts)) = lacking.field(resource) {
            let write = Write::Mapping {
                key: self.key(&Entry::WarmState),
                fields: vec![(name, parts)],
            };
            self.put(&[write]).await;
        }
    }

    async fn cpcodes(&self) -> Result<Vec<u8>, Error> {
        let pairs = self.pairs().await?;
        let source = self.api()?;
        let answers = futures_util::stream::iter(&pairs)
            .map(|(contract, group)| async move {
                (group, self.within(source.cpcodes(contract, group)).await)
            })
            .buffered(self.concurrency.max(1));
        let mut all: BTreeMap<String, CpCode> = BTreeMap::new();
        let mut lacking = Lacking::default();
        let mut answers = std::pin::pin!(answers);
        while let Some((group, answer)) = answers.next().await {
            let answer = self.unless_forbidden(group, answer)?;
            if answer
                .as_ref()
                .is_none_or(|answer| !answer.flaws.is_empty())
            {
                lacking.add(Resource::CpCodes, None);
            }
            if let Some(answer) = answer {
                all.extend(answer.value.into_iter().map(|code| (code.id.clone(), code)));
            }
        }
        self.remember(&lacking, Resource::CpCodes).await;
        Ok(array(all.values().map(|code| code.json.as_str())))
    }

    /// A group that these credentials may not see into is left out with a warning, as it is in
    /// everything that they see; any other failure is one of the whole list.
    fn unless_forbidden<T>(
        &self,
        group: &str,
        answer: Result<T, source::Error>,
    ) -> Result<Option<T>, Error> {
        match answer {
            Ok(answer) => Ok(Some(answer)),
            Err(error @ source::Error::Forbidden { .. }) => {
                self.warn_once(group, &format!("`{group}` is left out: {error}"));
                Ok(None)
            }
            Err(error) => Err(error.into()),
        }
    }

    /// The property that serves a host name, by the API's own search rather than by a crawl.
    async fn hostname(&self, name: &Fqdn) -> Result<Fetched, Error> {
        let source = self.api()?;
        let search = source.search(FindBy::Hostname(name.to_string()));
        let versions = match self.within(search).await {
            Ok(found) => found.value,
            Err(source::Error::NotFound { .. }) => Vec::new(),
            Err(error) => return Err(error.into()),
        };
        let id = owner(&versions).ok_or_else(|| unknown(name.as_str()))?;
        let property = self.property(&id).await?;
        let listed = self.one(Item::Hostnames(id)).await?;
        let hosts = items(&listed, VersionHostname::parse)?;
        let same = |host: &VersionHostname| host.name.to_lowercase() == name.as_str();
        let item = hosts.into_iter().find(same).map_or_else(
            // Active in a version that is not among the property's newest: the name is all we know.
            || serde_json::json!({"cnameFrom": name.as_str()}).to_string(),
            |host| host.json,
        );
        let host = Host {
            name: name.to_string(),
            item,
        };
        let value = host_value(&property, &host).into_bytes();
        let mut fetched = self.whole(&Item::Hostname(name.clone()), value);
        fetched.owner = Some(property.id);
        Ok(fetched)
    }
}

/// The property of the versions that a search has found: one that is active in production, else on
/// staging, else any.
fn owner(versions: &[Property]) -> Option<Id> {
    let active = |network: &'static str| {
        versions.iter().find(move |version| {
            let json = serde_json::from_str::<serde_json::Value>(&version.json);
            json.is_ok_and(|json| json.get(network).is_some_and(|status| status == "ACTIVE"))
        })
    };
    let found = active("productionStatus")
        .or_else(|| active("stagingStatus"))
        .or(versions.first())?;
    Id::new(&found.id).ok()
}

/// The number of the latest version of a property item.
pub(super) fn latest(property: &[u8]) -> Result<Option<u32>, Error> {
    let text = String::from_utf8_lossy(property);
    let property = Property::parse(&text).map_err(|flaw| unreadable("a property", flaw))?;
    Ok(property.latest)
}

/// The items of a list.
fn items<T, E: std::fmt::Display>(
    list: &Served,
    parse: impl Fn(&str) -> Result<T, E>,
) -> Result<Vec<T>, Error> {
    let raw: Vec<&RawValue> =
        serde_json::from_slice(&list.value).map_err(|error| unreadable("a list", error))?;
    raw.into_iter()
        .map(|item| parse(item.get()).map_err(|flaw| unreadable("a list", flaw)))
        .collect()
}

/// The API does not know it.
pub(super) fn unknown(what: &str) -> Error {
    source::Error::NotFound { call: what.into() }.into()
}

fn unreadable(what: &str, flaw: impl std::fmt::Display) -> Error {
    source::Error::Malformed {
        call: what.into(),
        detail: flaw.to_string(),
    }
    .into()
}
