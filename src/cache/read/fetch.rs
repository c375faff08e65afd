//! Fetches one missing item through the fetch engine, with as few API calls as possible.

use super::storing::Fetched;
use super::{Reader, Served};
use crate::cache::Error;
use crate::cache::fetch::{
    ApiRequest, CallAnswer, Caller, Host, Payload, PendingWrite, array, contracts, groups,
    host_value, newest_versions, serving, shared,
};
use crate::cache::values::{property, readable};
use crate::domain::key::{Entry, Fqdn, Id};
use crate::domain::papi::{Property, VersionHostname};
use crate::domain::progress::NoProgress;
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
    pub(super) async fn fetch(&self, item: &Entry) -> Result<Fetched, Error> {
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

    /// Prevents further calls after an error that each of them would meet again.
    pub(super) fn note_end(&self, error: Option<&source::Error>) {
        if let Some(error) = error.filter(|error| error.ends_the_run()) {
            let mut halted = self.state.halted.borrow_mut();
            halted.get_or_insert(error.clone().into());
        }
    }

    async fn request(&self, item: &Entry) -> Result<Fetched, Error> {
        let ask = match item {
            Entry::Properties => return self.properties().await,
            Entry::CpCodes => return self.cpcodes().await,
            Entry::Tree => return self.tree().await,
            Entry::Hostname(name) => return self.hostname(name).await,
            Entry::Versions(id) => return self.versions(id).await,
            Entry::Property(id) => ApiRequest::Property(self.listed_place(id).await),
            Entry::PropertyHostnames(id) => ApiRequest::HostsOf(Rc::new(self.property(id).await?)),
            Entry::Rules(id, version) => ApiRequest::Rules(self.place_of(id).await, *version),
            Entry::Activations(id) => ApiRequest::Activations(self.place_of(id).await),
            Entry::AccountContracts | Entry::Contract(_) => ApiRequest::Contracts,
            Entry::AccountGroups => ApiRequest::Groups,
            _ => return Err(self.unknown(item)),
        };
        let answered = self.ask(&ask).await?;
        let mut fetched = self.fetched(item, answered).await?;
        if let Some(id) = item.property()
            && self.api()?.has_moved(id.as_str())
        {
            fetched.puts.extend(self.moved(id).await);
        }
        Ok(fetched)
    }

    /// Derives the version numbers from the property, and stores them for at most the property's remaining TTL.
    async fn versions(&self, id: &Id) -> Result<Fetched, Error> {
        let names = newest_versions(&self.property(id).await?);
        let value = serde_json::Value::from(names.clone());
        let mut fetched = Fetched {
            value: value.to_string().into_bytes(),
            puts: Vec::new(),
        };
        let left = self.left_of(id).await.filter(|_| !names.is_empty());
        if let Some(left) = left {
            let entry = Entry::Versions(id.clone());
            let write = Write::List {
                key: self.key(&entry),
                items: names,
                ttl: self
                    .about
                    .lifetimes
                    .stored_for(Resource::Versions)
                    .min(left),
            };
            fetched.puts = vec![PendingWrite::new(&entry, write)];
        }
        Ok(fetched)
    }

    /// Returns how long the cached item of a property is still kept; `None` if there is none.
    async fn left_of(&self, id: &Id) -> Option<Duration> {
        let key = self.key(&Entry::Property(id.clone()));
        match self.cache()?.store.time_to_live(&[key]).await.pop() {
            Some(Ok(Ttl::Left(left))) => Some(left),
            _ => None,
        }
    }

    /// Returns how long host names are stored that were asked for by the versions of the cached item: they are as old
    /// as the item, which may name a former version. Half of the TTL is left in any case, or reads would refresh them soon.
    async fn ttl_of_hosts(&self, id: &Id) -> Duration {
        let left = self.left_of(id).await.unwrap_or_default();
        let age = self.ttl(Resource::Details, true).saturating_sub(left);
        let whole = self.ttl(Resource::Hostnames, true);
        whole.saturating_sub(age.min(whole / 2))
    }

    /// Returns the item of a property that is in another group than cached, so that the next request names the right
    /// group.
    async fn moved(&self, id: &Id) -> Vec<PendingWrite> {
        let found = match self
            .ask(&ApiRequest::Property(PropertyRef::new(id.clone())))
            .await
        {
            Ok(answered) => answered.value,
            Err(error) => {
                log::info!("cannot tell where `{id}` is now: {error}");
                return Vec::new();
            }
        };
        let Payload::Properties(found) = found else {
            return Vec::new();
        };
        let item = Entry::Property(id.clone());
        let puts = found.into_iter().flat_map(|property| {
            let value = property.json.into_bytes();
            self.value(&item, value, true).puts
        });
        puts.collect()
    }

    /// Makes one call, within the deadline of the refresh if there is one.
    pub(super) async fn ask(&self, ask: &ApiRequest) -> Result<CallAnswer, Error> {
        if let Some(error) = self.state.halted.borrow().clone() {
            return Err(error);
        }
        let asking = Caller {
            source: self.unblocked_api().await?,
            view: HostnameView::Active,
            progress: &NoProgress,
        };
        let call = asking.ask(ask);
        let answer = match self.limit() {
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
        let answer = match answer.map_err(Error::from) {
            Ok(answer) => answer,
            Err(error) => {
                self.note_block(&error).await;
                return Err(error);
            }
        };
        self.check_account(asking.source.account()).await?;
        Ok(answer)
    }

    /// Returns the error for an item that does not exist, whether the API has just said so or is remembered to have.
    pub(super) fn unknown(&self, item: &Entry) -> Error {
        self.not_found(item.described())
    }

    pub(super) fn not_found(&self, what: String) -> Error {
        source::Error::NotFound {
            call: what,
            customer: Some(self.about.customer.to_string()),
        }
        .into()
    }

    /// Returns the properties that a search finds; an empty result is not an error.
    pub(super) async fn find(&self, by: FindBy) -> Result<Vec<Property>, Error> {
        // An empty result names no account, so the account is checked first.
        self.identify().await?;
        match self.ask(&ApiRequest::Find(by)).await {
            Ok(answered) => Ok(match answered.value {
                Payload::Properties(found) => found,
                _ => Vec::new(),
            }),
            Err(Error::Source(source::Error::NotFound { .. })) => Ok(Vec::new()),
            Err(error) => Err(error),
        }
    }

    /// Converts an answer into the value to serve and the writes to store.
    async fn fetched(&self, item: &Entry, answered: CallAnswer) -> Result<Fetched, Error> {
        let whole = answered.item_errors.is_empty();
        let (puts, theirs) = match answered.value {
            Payload::Contracts(all) => {
                let ttl = self.ttl(Resource::Contracts, whole);
                (contracts(self.keys(), &all, ttl), Entry::Contracts)
            }
            Payload::Groups(all) => {
                self.agree(all.account.as_deref()).await?;
                let ttl = self.ttl(Resource::Groups, whole);
                let put = groups(self.keys(), &all.groups, ttl);
                (vec![put], Entry::Groups)
            }
            Payload::Value(value, _) => return Ok(self.value(item, value, true)),
            Payload::Properties(found) => {
                let json = found.into_iter().next().map(|property| property.json);
                let value = json.unwrap_or_default().into_bytes();
                return Ok(self.value(item, value, true));
            }
            Payload::Hosts(hosts) => {
                let list = array(hosts.iter().map(|host| host.item.as_str()));
                let ttl = match item.property() {
                    Some(id) if whole => self.ttl_of_hosts(id).await,
                    _ => self.ttl(Resource::Hostnames, false),
                };
                let write = self.keys().set(item, list.clone(), ttl);
                return Ok(Fetched {
                    value: list,
                    puts: vec![PendingWrite::new(item, write)],
                });
            }
            // None of these is requested for a single item.
            Payload::CpCodes(_) | Payload::Hostnames(_) | Payload::Versions(_) => {
                return Err(self.unknown(item));
            }
        };
        let key = self.key(item);
        let value = puts.iter().find_map(|put| match &put.write {
            Write::Set {
                key: own, value, ..
            } if *own == key => Some(value.clone()),
            _ => None,
        });
        let value = value.ok_or_else(|| self.unknown(item))?;
        let mut fetched = Fetched { value, puts };
        if let Some(cache) = self.cache()
            && let Some(list) = fetched.puts.last()
            && let Ok(Some(put)) = shared(&cache, &theirs, list).await
        {
            fetched.puts.push(put);
        }
        Ok(fetched)
    }

    /// Returns a fetched value whose only write is the value itself.
    pub(super) fn value(&self, item: &Entry, value: Vec<u8>, whole: bool) -> Fetched {
        let put = item.resource().map(|resource| {
            let ttl = self.ttl(resource, whole);
            PendingWrite::new(item, self.keys().set(item, value.clone(), ttl))
        });
        Fetched {
            value,
            puts: put.into_iter().collect(),
        }
    }

    /// Returns the fetched value of a host name that a property serves.
    pub(super) fn host_value(
        &self,
        (name, host): (Fqdn, &Host),
        (id, property): (Id, &Property),
    ) -> Fetched {
        let value = host_value(property, &host.item).into_bytes();
        let ttl = self.ttl(Resource::Hostnames, true);
        let entry = Entry::Hostname(name.clone());
        let write = self.keys().set(&entry, value.clone(), ttl);
        Fetched {
            value,
            puts: vec![PendingWrite::of_host(name, id, write)],
        }
    }

    fn ttl(&self, resource: Resource, whole: bool) -> Duration {
        if whole {
            self.about.lifetimes.stored_for(resource)
        } else {
            self.about.lifetimes.incomplete(resource)
        }
    }

    pub(super) async fn property(&self, id: &Id) -> Result<Property, Error> {
        let served = self.one(Entry::Property(id.clone())).await?;
        let text = String::from_utf8_lossy(&served.value).into_owned();
        Property::parse(&text).map_err(|problem| unreadable(&format!("property {id}"), problem))
    }

    /// Returns the group and contract of a property, from its own value or from the cached list of all properties.
    /// With them the API finds it faster, and some clients cannot see it otherwise. They do not justify a call of
    /// their own.
    async fn place_of(&self, id: &Id) -> PropertyRef {
        let own = self.peek(&Entry::Property(id.clone())).await;
        match own.as_deref().and_then(property) {
            Some(property) => PropertyRef::from(&property),
            None => self.listed_place(id).await,
        }
    }

    pub(super) async fn listed_place(&self, id: &Id) -> PropertyRef {
        let known = self.listed_places().await.get(id).cloned();
        known.unwrap_or_else(|| PropertyRef::new(id.clone()))
    }

    /// Returns the properties of the list that was cached when a place was first needed.
    pub(super) async fn listed_places(&self) -> &HashMap<Id, PropertyRef> {
        let listed = self.state.places.get_or_init(async || {
            let list = self.peek(&Entry::Properties).await.unwrap_or_default();
            let all = readable(&list, Property::parse).into_iter();
            all.map(|property| (property.id.clone(), PropertyRef::from(&property)))
                .collect::<HashMap<_, _>>()
        });
        listed.await
    }

    pub(super) async fn peek(&self, item: &Entry) -> Option<Vec<u8>> {
        let look = self.look_again(item).await.ok()?;
        look.cached.map(|(value, _)| value)
    }

    /// Finds the property that serves a host name through the API's own search instead of a crawl.
    async fn hostname(&self, name: &Fqdn) -> Result<Fetched, Error> {
        let versions = self.find(FindBy::Hostname(name.to_string())).await?;
        let unknown = || self.unknown(&Entry::Hostname(name.clone()));
        let id = serving(&versions, HostnameView::Active).ok_or_else(unknown)?;
        let listed = self.one(Entry::PropertyHostnames(id.clone())).await?;
        // Read last: fetching the list may have found the property in another group.
        let property = self.property(&id).await?;
        let hosts = served_items(&listed, VersionHostname::parse)?;
        let same = |host: &VersionHostname| host.name.to_lowercase() == name.as_str();
        let item = hosts.into_iter().find(same).map_or_else(
            // Active in a version that is not among the property's newest: only the name is known.
            || serde_json::json!({"cnameFrom": name.as_str()}).to_string(),
            |host| host.json,
        );
        let host = Host {
            name: name.to_string(),
            item,
            production: false,
        };
        Ok(self.host_value((name.clone(), &host), (id, &property)))
    }
}

/// Returns the number of the latest version of a property item.
pub(super) fn latest(property: &[u8]) -> Result<Option<u32>, Error> {
    let text = String::from_utf8_lossy(property);
    let property = Property::parse(&text).map_err(|problem| unreadable("a property", problem))?;
    Ok(property.latest)
}

pub(super) fn served_items<T, E: std::fmt::Display>(
    list: &Served,
    parse: impl Fn(&str) -> Result<T, E>,
) -> Result<Vec<T>, Error> {
    let raw: Vec<&RawValue> =
        serde_json::from_slice(&list.value).map_err(|error| unreadable("a list", error))?;
    raw.into_iter()
        .map(|item| parse(item.get()).map_err(|problem| unreadable("a list", problem)))
        .collect()
}

fn unreadable(what: &str, problem: impl std::fmt::Display) -> Error {
    source::Error::Malformed {
        call: what.into(),
        detail: problem.to_string(),
    }
    .into()
}
