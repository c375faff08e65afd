//! What is missing is a request to the engine: what to ask for one thing, with as few calls as it takes.

use super::after::MOMENT;
use super::keep::Fetched;
use super::{Origin, Reader, Served};
use crate::cache::Error;
use crate::cache::fetch::{
    About, Answer, Answered, Ask, Asking, Host, Pair, PairStates, Put, Readable, array, contracts,
    groups, host_value, pairs, serving, shared, tree,
};
use crate::domain::account::{CpCode, Group, Property, VersionHostname};
use crate::domain::key::{Entry, Fqdn, Id};
use crate::domain::progress::Silent;
use crate::domain::read::Item;
use crate::domain::ttl::Resource;
use crate::domain::warm::HostnameView;
use crate::source::{self, FindBy, PropertyRef};
use crate::store::Write;
use futures_util::StreamExt;
use serde_json::value::RawValue;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::rc::Rc;
use std::time::Duration;
use tokio::time::{Instant, timeout_at};

/// Calls for a single list that a refresh may make, four at a time: more would not be answered in its
/// time, and be made for nothing by each process that finds the list nearly over.
const CALLS: usize = 16;

/// What the pairs said: the answer of each that answered.
struct Crawled {
    answers: Vec<Answer>,
    /// Every pair that may be read has answered, and all of it could be read.
    whole: bool,
}

impl Reader<'_> {
    /// Fetches one item.
    pub(super) async fn fetch(&self, item: &Item) -> Result<Fetched, Error> {
        if let Some(error) = self.state.halted.borrow().clone() {
            return Err(error);
        }
        let fetched = self.request(item).await;
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

    async fn request(&self, item: &Item) -> Result<Fetched, Error> {
        let ask = match item {
            Item::Properties => return self.properties().await,
            Item::CpCodes => return self.cpcodes().await,
            Item::Tree => return self.tree().await,
            Item::Hostname(name) => return self.hostname(name).await,
            Item::Rules(_, None) => return Err(unknown(&item.name())),
            Item::Property(id) => Ask::Property(self.listed_place(id).await),
            Item::Hostnames(id) => Ask::HostsOf(Rc::new(self.property(id).await?)),
            Item::Rules(id, Some(version)) => Ask::Rules(self.place_of(id).await, *version),
            Item::Versions(id) => Ask::Versions(self.place_of(id).await),
            Item::Activations(id) => Ask::Activations(self.place_of(id).await),
            Item::Contracts | Item::Contract(_) => Ask::Contracts,
            Item::Groups => Ask::Groups,
        };
        let answered = self.ask(&ask).await?;
        let about = match item.property() {
            Some(id) => About::Property(Rc::new(named(id))),
            None => About::Account,
        };
        self.fetched(item, answered, about).await
    }

    /// Asks one question, within the limit where there is one.
    pub(super) async fn ask(&self, ask: &Ask) -> Result<Answered, Error> {
        let asking = Asking {
            source: self.api()?,
            view: HostnameView::Active,
            progress: &Silent,
        };
        let ttl = |resource| self.lifetimes.stored_for(resource);
        let call = asking.ask(ask, self.keys(), &ttl);
        let Some(limit) = self.limit else {
            return Ok(call.await?);
        };
        let began = Instant::now();
        let answer = timeout_at(limit, call).await.unwrap_or_else(|_| {
            Err(source::Error::Timeout {
                call: "a refresh".into(),
                after: began.elapsed().max(Duration::from_millis(1)),
            })
        });
        Ok(answer?)
    }

    /// The properties that a search finds; none is no error.
    pub(super) async fn find(&self, by: FindBy) -> Result<Vec<Property>, Error> {
        match self.ask(&Ask::Find(by)).await {
            Ok(answered) => Ok(match answered.answer {
                Answer::Properties(found) => found,
                _ => Vec::new(),
            }),
            Err(Error::Source(source::Error::NotFound { .. })) => Ok(Vec::new()),
            Err(error) => Err(error),
        }
    }

    /// The answer as it is served and stored.
    async fn fetched(
        &self,
        item: &Item,
        answered: Answered,
        about: About,
    ) -> Result<Fetched, Error> {
        let Answered { answer, flaws } = answered;
        let resource = item.resource();
        let ttl = self.ttl(resource, flaws.is_empty());
        let (puts, theirs) = match answer {
            Answer::Contracts(all) => {
                let puts = contracts(self.keys(), &all, ttl);
                (puts, Some(Entry::Contracts))
            }
            Answer::Groups(all) => (vec![groups(self.keys(), &all, ttl)], Some(Entry::Groups)),
            Answer::Value(write, _) => {
                let puts = write.map(|write| Put::new(resource, write, about));
                (puts.into_iter().collect(), None)
            }
            Answer::Properties(found) => {
                let json = found.into_iter().next().map(|property| property.json);
                let value = json.unwrap_or_default().into_bytes();
                return Ok(self.value(item, value, about, true));
            }
            Answer::Hosts(hosts) => {
                let list = array(hosts.iter().map(|host| host.item.as_str()));
                return Ok(self.value(item, list, about, flaws.is_empty()));
            }
            // Neither is asked for a single item.
            Answer::CpCodes(_) | Answer::Hostnames(_) => (Vec::new(), None),
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
    fn value(&self, item: &Item, value: Vec<u8>, about: About, whole: bool) -> Fetched {
        let resource = item.resource();
        let ttl = self.ttl(resource, whole);
        let put = item.entry().map(|entry| {
            let write = self.keys().set(&entry, value.clone(), ttl);
            Put::new(resource, write, about)
        });
        Fetched {
            value,
            puts: put.into_iter().collect(),
        }
    }

    fn ttl(&self, resource: Resource, whole: bool) -> Duration {
        if whole {
            self.lifetimes.stored_for(resource)
        } else {
            self.lifetimes.incomplete(resource)
        }
    }

    /// A property, through the cache.
    pub(super) async fn property(&self, id: &Id) -> Result<Property, Error> {
        let served = self.one(Item::Property(id.clone())).await?;
        let text = String::from_utf8_lossy(&served.value).into_owned();
        Property::parse(&text).map_err(|flaw| unreadable(&format!("property {id}"), flaw))
    }

    /// Where a property lives, as its own value or the list of all tells it: the API finds it faster,
    /// and some clients may not see it otherwise. That does not justify a call.
    async fn place_of(&self, id: &Id) -> PropertyRef {
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

    /// What is cached, fresh or not.
    pub(super) async fn peek(&self, item: Item) -> Option<Vec<u8>> {
        let look = self.look_again(&item).await.ok()?;
        look.standing.map(|(value, _)| value)
    }

    /// Asks every pair. A group that these credentials may not see into is left out with a warning;
    /// any other failure is one of the whole list. Groups from the cache are not trusted where a
    /// pair is refused: they may be another account's.
    async fn crawl(&self, ask: impl Fn(Pair) -> Ask, states: bool) -> Result<Crawled, Error> {
        let groups = self.one(Item::Groups).await?;
        let mut fresh = groups.origin == Origin::Akamai;
        let mut all = pairs(&items(&groups, Group::parse)?);
        let former = match self.place().filter(|_| states) {
            Some(place) => PairStates::read(&place).await.unwrap_or_default(),
            None => PairStates::default(),
        };
        let mut done: BTreeMap<Pair, Result<Answered, source::Error>> = BTreeMap::new();
        loop {
            let open: Vec<Pair> = all
                .iter()
                .filter(|pair| !done.contains_key(*pair))
                .cloned()
                .collect();
            if self.limit.is_some() && open.len() > CALLS {
                return Err(source::Error::Timeout {
                    call: format!("a refresh of {} calls", open.len()),
                    after: MOMENT,
                }
                .into());
            }
            let asks = open.into_iter().map(|pair| (pair.clone(), ask(pair)));
            let answers = futures_util::stream::iter(asks)
                .map(|(pair, ask)| async move { (pair, self.ask(&ask).await) })
                .buffered(self.concurrency.max(1));
            let mut answers = std::pin::pin!(answers);
            while let Some((pair, answer)) = answers.next().await {
                let answer = match answer {
                    Ok(answered) => Ok(answered),
                    Err(Error::Source(error @ source::Error::Forbidden { .. })) => Err(error),
                    Err(error) => return Err(error),
                };
                done.insert(pair, answer);
            }
            let doubtful = |(pair, answer): (&Pair, &Result<_, _>)| {
                answer.is_err() && former.of(pair) != Some(Readable::Never)
            };
            if fresh || !done.iter().any(doubtful) {
                break;
            }
            fresh = true;
            let again = Box::pin(self.fetch_and_keep(&Item::Groups, None)).await?;
            all = pairs(&items(&again, Group::parse)?);
            done.retain(|pair, _| all.contains(pair));
        }
        let nothing = !done.is_empty() && done.values().all(Result::is_err);
        let mut crawled = Crawled {
            answers: Vec::new(),
            whole: true,
        };
        let mut new = BTreeMap::new();
        for pair in all {
            match done.remove(&pair) {
                Some(Ok(answered)) => {
                    let whole = answered.flaws.is_empty();
                    crawled.whole &= whole;
                    crawled.answers.push(answered.answer);
                    new.insert(
                        pair,
                        if whole {
                            Readable::Yes
                        } else {
                            Readable::Failed
                        },
                    );
                }
                Some(Err(error)) => {
                    let group = &pair.1;
                    self.warn_once(group, &format!("`{group}` is left out: {error}"));
                    let state = match former.of(&pair) {
                        Some(Readable::Yes | Readable::Failed) => Readable::Failed,
                        _ if nothing => Readable::Unknown,
                        _ => Readable::Never,
                    };
                    crawled.whole &= state == Readable::Never;
                    new.insert(pair, state);
                }
                None => {}
            }
        }
        if let Some(place) = self.place().filter(|_| states)
            && let Err(error) = former.write(&place, &new, None).await
        {
            log::info!("which groups can be read was not remembered: {error}");
        }
        Ok(crawled)
    }

    /// The lists of all groups and contracts, each property once.
    async fn properties(&self) -> Result<Fetched, Error> {
        let crawled = self.crawl(Ask::Properties, true).await?;
        let mut seen = HashSet::new();
        let mut all: Vec<Property> = Vec::new();
        for answer in crawled.answers {
            if let Answer::Properties(listed) = answer {
                all.extend(listed.into_iter().filter(|p| seen.insert(p.id.clone())));
            }
        }
        let value = array(all.iter().map(|property| property.json.as_str()));
        let about = About::Properties;
        Ok(self.value(&Item::Properties, value, about, crawled.whole))
    }

    async fn cpcodes(&self) -> Result<Fetched, Error> {
        let crawled = self.crawl(Ask::CpCodes, false).await?;
        let mut all: BTreeMap<String, CpCode> = BTreeMap::new();
        for answer in crawled.answers {
            if let Answer::CpCodes(listed) = answer {
                all.extend(listed.into_iter().map(|code| (code.id.clone(), code)));
            }
        }
        let value = array(all.values().map(|code| code.json.as_str()));
        Ok(self.value(&Item::CpCodes, value, About::Account, crawled.whole))
    }

    async fn tree(&self) -> Result<Fetched, Error> {
        let groups = items(&self.one(Item::Groups).await?, Group::parse)?;
        let properties = items(&self.one(Item::Properties).await?, Property::parse)?;
        let properties: Vec<Rc<Property>> = properties.into_iter().map(Rc::new).collect();
        let tree = tree(&groups, &properties).into_bytes();
        Ok(self.value(&Item::Tree, tree, About::Properties, true))
    }

    /// The property that serves a host name, by the API's own search rather than by a crawl.
    async fn hostname(&self, name: &Fqdn) -> Result<Fetched, Error> {
        let versions = self.find(FindBy::Hostname(name.to_string())).await?;
        let id = serving(&versions).ok_or_else(|| unknown(name.as_str()))?;
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
        let about = About::Host(name.clone(), Rc::new(property));
        Ok(self.value(&Item::Hostname(name.clone()), value, about, true))
    }

    /// Answers for cold properties from the list of all, where that takes fewer calls than asking for
    /// each of them. Gives nothing where it does not.
    pub(super) async fn cold_from_list(&self, cold: usize) -> HashMap<String, (String, Origin)> {
        let known = self.peek(Item::Groups).await;
        let list_is_cached = self.peek(Item::Properties).await.is_some();
        let calls = match known {
            _ if list_is_cached => 0,
            Some(groups) => {
                let served = Served {
                    origin: Origin::Cache,
                    value: groups,
                };
                items(&served, Group::parse).map_or(usize::MAX, |all| pairs(&all).len())
            }
            // To ask for the groups costs one, and tells the rest.
            None if cold > CALLS => match self.one(Item::Groups).await {
                Ok(groups) => {
                    items(&groups, Group::parse).map_or(usize::MAX, |all| pairs(&all).len())
                }
                Err(_) => usize::MAX,
            },
            None => usize::MAX,
        };
        if list_is_cached || calls.saturating_add(1) >= cold {
            return HashMap::new();
        }
        let Ok(list) = self.one(Item::Properties).await else {
            return HashMap::new();
        };
        let all = items(&list, Property::parse)
            .unwrap_or_default()
            .into_iter();
        all.map(|property| (property.id, (property.json, list.origin)))
            .collect()
    }

    /// Stores a property that came with the list of all.
    pub(super) fn listed(&self, id: &Id, json: &str) -> Put {
        let value = json.as_bytes().to_vec();
        let ttl = self.ttl(Resource::Details, true);
        let write = self.keys().set(&Entry::Property(id.clone()), value, ttl);
        Put::new(
            Resource::Details,
            write,
            About::Property(Rc::new(named(id))),
        )
    }
}

/// As much of a property as its marks need.
fn named(id: &Id) -> Property {
    Property {
        id: id.to_string(),
        name: String::new(),
        contract: String::new(),
        group: String::new(),
        latest: None,
        staging: None,
        production: None,
        bucket: false,
        json: String::new(),
    }
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
