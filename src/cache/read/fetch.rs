//! What is missing is a request to the engine: what to ask for one thing, with as few calls as it takes.

use super::keep::Fetched;
use super::{Reader, Served};
use crate::cache::Error;
use crate::cache::fetch::{
    ApiRequest, CallAnswer, Caller, Host, Origins, Payload, PendingWrite, array, contracts, groups,
    host_value, newest_versions, serving, shared,
};
use crate::domain::key::{Entry, Fqdn, Id};
use crate::domain::papi::{Property, VersionHostname};
use crate::domain::progress::Silent;
use crate::domain::read::ReadItem;
use crate::domain::ttl::{Resource, Ttl};
use crate::domain::warm::HostnameView;
use crate::source::{self, FindBy, PropertyRef};
use crate::store::Write;
use serde_json::value::RawValue;
use std::collections::HashMap;
use std::rc::Rc;
use std::time::Duration;
use tokio::time::{Instant, timeout_at};

impl Reader<'_> {
    /// Fetches one item.
    pub(super) async fn fetch(&self, item: &ReadItem) -> Result<Fetched, Error> {
        if let Some(error) = self.state.halted.borrow().clone() {
            return Err(error);
        }
        self.identify().await?;
        let fetched = self.request(item).await;
        match &fetched {
            Err(Error::Source(error)) => self.note_end(Some(error)),
            Err(error @ Error::Neither { .. }) => {
                self.state.halted.borrow_mut().get_or_insert(error.clone());
            }
            _ => {}
        }
        fetched
    }

    /// Where the next call would fail in the same way, none is made.
    pub(super) fn note_end(&self, error: Option<&source::Error>) {
        if let Some(error) = error.filter(|error| error.ends_the_run()) {
            let mut halted = self.state.halted.borrow_mut();
            halted.get_or_insert(error.clone().into());
        }
    }

    async fn request(&self, item: &ReadItem) -> Result<Fetched, Error> {
        let ask = match item {
            ReadItem::Properties => return self.properties().await,
            ReadItem::CpCodes => return self.cpcodes().await,
            ReadItem::Tree => return self.tree().await,
            ReadItem::Hostname(name) => return self.hostname(name).await,
            ReadItem::Rules(_, None) => return Err(unknown(&item.name())),
            ReadItem::Property(id) => ApiRequest::Property(self.listed_place(id).await),
            ReadItem::Hostnames(id) => ApiRequest::HostsOf(Rc::new(self.property(id).await?)),
            ReadItem::Rules(id, Some(version)) => {
                ApiRequest::Rules(self.place_of(id).await, *version)
            }
            ReadItem::Versions(id) => return self.versions(id).await,
            ReadItem::Activations(id) => ApiRequest::Activations(self.place_of(id).await),
            ReadItem::Contracts | ReadItem::Contract(_) => ApiRequest::Contracts,
            ReadItem::Groups => ApiRequest::Groups,
        };
        let answered = self.ask(&ask).await?;
        let Some(id) = item.property() else {
            return self.fetched(item, answered, Origins::Account).await;
        };
        let about = Origins::Property(id.clone());
        let mut fetched = self.fetched(item, answered, about).await?;
        if self.api()?.has_moved(id.as_str()) {
            fetched.puts.extend(self.moved(id).await);
        }
        Ok(fetched)
    }

    /// The numbers of versions follow from the property, and are stored for as long as that at most.
    async fn versions(&self, id: &Id) -> Result<Fetched, Error> {
        let names = newest_versions(&self.property(id).await?);
        let value = serde_json::Value::from(names.clone());
        let mut fetched = Fetched {
            value: value.to_string().into_bytes(),
            puts: Vec::new(),
        };
        let Some(place) = self.place().filter(|_| !names.is_empty()) else {
            return Ok(fetched);
        };
        let key = self.key(&Entry::Property(id.clone()));
        let left = place.store.time_to_live(&[key]).await.pop();
        if let Some(Ok(Ttl::Left(left))) = left {
            let write = Write::List {
                key: self.key(&Entry::Versions(id.clone())),
                items: names,
                ttl: self.ttl(Resource::Versions, true).min(left),
            };
            let about = Origins::Property(id.clone());
            fetched.puts = vec![PendingWrite::new(Resource::Versions, write, about)];
        }
        Ok(fetched)
    }

    /// The item of a property that is in another group than the cache says: the next one who asks about it
    /// should ask right.
    async fn moved(&self, id: &Id) -> Vec<PendingWrite> {
        let found = match self
            .ask(&ApiRequest::Property(PropertyRef::new(id.as_str())))
            .await
        {
            Ok(answered) => answered.answer,
            Err(error) => {
                log::info!("where `{id}` is now was not learned: {error}");
                return Vec::new();
            }
        };
        let Payload::Properties(found) = found else {
            return Vec::new();
        };
        let puts = found.into_iter().flat_map(|property| {
            let about = Origins::Property(id.clone());
            let item = ReadItem::Property(id.clone());
            self.value(&item, property.json.into_bytes(), about, true)
                .puts
        });
        puts.collect()
    }

    /// Asks one question, within the limit where there is one.
    pub(super) async fn ask(&self, ask: &ApiRequest) -> Result<CallAnswer, Error> {
        let asking = Caller {
            source: self.api()?,
            view: HostnameView::Active,
            progress: &Silent,
        };
        let ttl = |resource| self.lifetimes.stored_for(resource);
        let call = asking.ask(ask, self.keys(), &ttl);
        let answer = match self.limit {
            None => call.await,
            Some(limit) => {
                let began = Instant::now();
                timeout_at(limit, call).await.unwrap_or_else(|_| {
                    Err(source::Error::Timeout {
                        call: "a refresh".into(),
                        after: began.elapsed().max(Duration::from_millis(1)),
                    })
                })
            }
        };
        self.note_end(answer.as_ref().err());
        let answer = answer?;
        self.check_account(asking.source.account()).await?;
        Ok(answer)
    }

    /// The properties that a search finds; none is no error.
    pub(super) async fn find(&self, by: FindBy) -> Result<Vec<Property>, Error> {
        // That nothing was found names no account.
        self.identify().await?;
        match self.ask(&ApiRequest::Find(by)).await {
            Ok(answered) => Ok(match answered.answer {
                Payload::Properties(found) => found,
                _ => Vec::new(),
            }),
            Err(Error::Source(source::Error::NotFound { .. })) => Ok(Vec::new()),
            Err(error) => Err(error),
        }
    }

    /// The answer as it is served and stored.
    async fn fetched(
        &self,
        item: &ReadItem,
        answered: CallAnswer,
        about: Origins,
    ) -> Result<Fetched, Error> {
        let CallAnswer {
            answer,
            item_errors,
            ..
        } = answered;
        let resource = item.resource();
        let ttl = self.ttl(resource, item_errors.is_empty());
        let (puts, theirs) = match answer {
            Payload::Contracts(all) => {
                let puts = contracts(self.keys(), &all, ttl);
                (puts, Some(Entry::Contracts))
            }
            Payload::Groups(all) => {
                self.agree(all.account.as_deref()).await?;
                let puts = vec![groups(self.keys(), &all.groups, ttl)];
                (puts, Some(Entry::Groups))
            }
            Payload::Value(write, _) => {
                let puts = write.map(|write| PendingWrite::new(resource, write, about));
                (puts.into_iter().collect(), None)
            }
            Payload::Properties(found) => {
                let json = found.into_iter().next().map(|property| property.json);
                let value = json.unwrap_or_default().into_bytes();
                return Ok(self.value(item, value, about, true));
            }
            Payload::Hosts(hosts) => {
                let list = array(hosts.iter().map(|host| host.item.as_str()));
                return Ok(self.value(item, list, about, item_errors.is_empty()));
            }
            // Neither is asked for a single item.
            Payload::CpCodes(_) | Payload::Hostnames(_) => (Vec::new(), None),
        };
        let key = item.entry().map(|entry| self.key(&entry));
        let own = puts
            .iter()
            .find(|put| Some(put.write.key()) == key.as_deref());
        let value = match own.map(|put| &put.write) {
            Some(Write::Set { value, .. }) => value.clone(),
            Some(Write::List { items, .. }) => serde_json::Value::from(items.clone())
                .to_string()
                .into_bytes(),
            _ => return Err(unknown(&item.name())),
        };
        let mut fetched = Fetched { value, puts };
        if let (Some(theirs), Some(place)) = (theirs, self.place())
            && let Some(list) = fetched.puts.last()
            && let Ok(Some(put)) = shared(&place, &theirs, list).await
        {
            fetched.puts.push(put);
        }
        Ok(fetched)
    }

    /// What goes into the cache where the value is all there is to write.
    pub(super) fn value(
        &self,
        item: &ReadItem,
        value: Vec<u8>,
        about: Origins,
        whole: bool,
    ) -> Fetched {
        let resource = item.resource();
        let ttl = self.ttl(resource, whole);
        let put = item.entry().map(|entry| {
            let write = self.keys().set(&entry, value.clone(), ttl);
            PendingWrite::new(resource, write, about)
        });
        Fetched {
            value,
            puts: put.into_iter().collect(),
        }
    }

    pub(super) fn ttl(&self, resource: Resource, whole: bool) -> Duration {
        if whole {
            self.lifetimes.stored_for(resource)
        } else {
            self.lifetimes.incomplete(resource)
        }
    }

    /// A property, through the cache.
    pub(super) async fn property(&self, id: &Id) -> Result<Property, Error> {
        let served = self.one(ReadItem::Property(id.clone())).await?;
        let text = String::from_utf8_lossy(&served.value).into_owned();
        Property::parse(&text).map_err(|problem| unreadable(&format!("property {id}"), problem))
    }

    /// Where a property lives, as its own value or the list of all tells it: the API finds it faster,
    /// and some clients may not see it otherwise. That does not justify a call.
    async fn place_of(&self, id: &Id) -> PropertyRef {
        let own = self.peek(ReadItem::Property(id.clone())).await;
        let own = own.and_then(|value| Property::parse(std::str::from_utf8(&value).ok()?).ok());
        match own {
            Some(property) => PropertyRef::from(&property),
            None => self.listed_place(id).await,
        }
    }

    pub(super) async fn listed_place(&self, id: &Id) -> PropertyRef {
        let listed = self.state.places.get_or_init(async || {
            let list = self.peek(ReadItem::Properties).await.unwrap_or_default();
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

    /// What is cached, fresh or not.
    pub(super) async fn peek(&self, item: ReadItem) -> Option<Vec<u8>> {
        let look = self.look_again(&item).await.ok()?;
        look.cached.map(|(value, _)| value)
    }

    /// The property that serves a host name, by the API's own search rather than by a crawl.
    async fn hostname(&self, name: &Fqdn) -> Result<Fetched, Error> {
        let versions = self.find(FindBy::Hostname(name.to_string())).await?;
        let id = serving(&versions).ok_or_else(|| unknown(name.as_str()))?;
        let property = self.property(&id).await?;
        let listed = self.one(ReadItem::Hostnames(id.clone())).await?;
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
            production: false,
        };
        let value = host_value(&property, &host).into_bytes();
        let about = Origins::Host(name.clone(), id);
        Ok(self.value(&ReadItem::Hostname(name.clone()), value, about, true))
    }
}

/// The number of the latest version of a property item.
pub(super) fn latest(property: &[u8]) -> Result<Option<u32>, Error> {
    let text = String::from_utf8_lossy(property);
    let property = Property::parse(&text).map_err(|problem| unreadable("a property", problem))?;
    Ok(property.latest)
}

/// The items of a list.
pub(super) fn items<T, E: std::fmt::Display>(
    list: &Served,
    parse: impl Fn(&str) -> Result<T, E>,
) -> Result<Vec<T>, Error> {
    let raw: Vec<&RawValue> =
        serde_json::from_slice(&list.value).map_err(|error| unreadable("a list", error))?;
    raw.into_iter()
        .map(|item| parse(item.get()).map_err(|problem| unreadable("a list", problem)))
        .collect()
}

/// The API does not know it.
pub(super) fn unknown(what: &str) -> Error {
    source::Error::NotFound {
        call: what.into(),
        customer: None,
    }
    .into()
}

fn unreadable(what: &str, problem: impl std::fmt::Display) -> Error {
    source::Error::Malformed {
        call: what.into(),
        detail: problem.to_string(),
    }
    .into()
}
