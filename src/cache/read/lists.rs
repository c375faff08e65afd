//! Lists that are asked for pair by pair, and what is made from them.

use super::after::MOMENT;
use super::fetch::items;
use super::keep::Fetched;
use super::{Reader, Served, ServedFrom};
use crate::cache::Error;
use crate::cache::fetch::{
    ApiRequest, CallAnswer, GroupContract, Origins, PairOutcome, PairStates, Payload, PendingWrite,
    Readable, array, each_once, pairs, tree,
};
use crate::domain::key::{Entry, Id};
use crate::domain::papi::{CpCode, Group, Property};
use crate::domain::read::ReadItem;
use crate::domain::ttl::Resource;
use crate::source;
use futures_util::StreamExt;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::rc::Rc;

/// Calls for a single list that a refresh may make, four at a time: more would not be answered in its
/// time, and be made for nothing by each process that finds the list nearly over.
const CALLS: usize = 16;

/// What the pairs said: the answer of each that answered.
struct Crawled {
    answers: Vec<Payload>,
    /// Every pair that may be read has answered, and all of it could be read.
    whole: bool,
}

impl Reader<'_> {
    /// Asks every pair. A group that these credentials may not see into is left out with a warning;
    /// any other failure is one of the whole list. Groups from the cache are not trusted where a
    /// pair is refused: they may be another account's.
    async fn crawl(
        &self,
        ask: impl Fn(GroupContract) -> ApiRequest,
        states: bool,
    ) -> Result<Crawled, Error> {
        let groups = self.one(ReadItem::Groups).await?;
        let mut fresh = groups.origin == ServedFrom::Akamai;
        let mut all = pairs(&items(&groups, Group::parse)?);
        let former = match self.place().filter(|_| states) {
            Some(place) => PairStates::read(&place).await.unwrap_or_default(),
            None => PairStates::default(),
        };
        let mut done: BTreeMap<GroupContract, Result<CallAnswer, source::Error>> = BTreeMap::new();
        loop {
            let open: Vec<GroupContract> = all
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
            let doubtful = |(pair, answer): (&GroupContract, &Result<_, _>)| {
                answer.is_err() && former.of(pair) != Some(Readable::Never)
            };
            if fresh || !done.iter().any(doubtful) {
                break;
            }
            fresh = true;
            let again = Box::pin(self.fetch_and_keep(&ReadItem::Groups, None)).await?;
            all = pairs(&items(&again, Group::parse)?);
            done.retain(|pair, _| all.contains(pair));
        }
        let any = done.values().any(Result::is_ok);
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
                    let outcome = if whole {
                        PairOutcome::Whole
                    } else {
                        PairOutcome::Flawed
                    };
                    let state = former.next(&pair, outcome, any);
                    new.insert(pair, state);
                }
                Some(Err(error)) => {
                    let group = &pair.1;
                    self.warn_once(group, &format!("`{group}` is left out: {error}"));
                    let state = former.next(&pair, PairOutcome::Refused, any);
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
    pub(super) async fn properties(&self) -> Result<Fetched, Error> {
        let crawled = self.crawl(ApiRequest::Properties, true).await?;
        let mut seen = HashSet::new();
        let mut all: Vec<Property> = Vec::new();
        for answer in crawled.answers {
            if let Payload::Properties(listed) = answer {
                all.extend(listed.into_iter().filter(|p| seen.insert(p.id.clone())));
            }
        }
        let value = array(all.iter().map(|property| property.json.as_str()));
        let about = Origins::Properties;
        Ok(self.value(&ReadItem::Properties, value, about, crawled.whole))
    }

    pub(super) async fn cpcodes(&self) -> Result<Fetched, Error> {
        match self.ask(&ApiRequest::AllCpCodes).await {
            Ok(answered) => {
                let whole = answered.flaws.is_empty();
                let all = match answered.answer {
                    Payload::CpCodes(all) => all,
                    _ => Vec::new(),
                };
                let value = array(all.iter().map(|code| code.json.as_str()));
                return Ok(self.value(&ReadItem::CpCodes, value, Origins::Account, whole));
            }
            Err(Error::Source(
                source::Error::Forbidden { .. } | source::Error::NotFound { .. },
            )) => {}
            Err(error) => return Err(error),
        }
        let crawled = self.crawl(ApiRequest::CpCodes, false).await?;
        let mut all: BTreeMap<String, CpCode> = BTreeMap::new();
        for answer in crawled.answers {
            if let Payload::CpCodes(listed) = answer {
                all.extend(listed.into_iter().map(|code| (code.id.clone(), code)));
            }
        }
        let value = array(all.values().map(|code| code.json.as_str()));
        Ok(self.value(&ReadItem::CpCodes, value, Origins::Account, crawled.whole))
    }

    pub(super) async fn tree(&self) -> Result<Fetched, Error> {
        let groups = items(&self.one(ReadItem::Groups).await?, Group::parse)?;
        let mut properties = items(&self.one(ReadItem::Properties).await?, Property::parse)?;
        each_once(&mut properties);
        let properties: Vec<Rc<Property>> = properties.into_iter().map(Rc::new).collect();
        let tree = tree(&groups, &properties).into_bytes();
        Ok(self.value(&ReadItem::Tree, tree, Origins::Properties, true))
    }

    /// Answers for cold properties from the list of all, where that takes fewer calls than asking for
    /// each of them. Gives nothing where it does not.
    pub(super) async fn cold_from_list(
        &self,
        cold: usize,
    ) -> HashMap<String, (String, ServedFrom)> {
        let known = self.peek(ReadItem::Groups).await;
        let list_is_cached = self.peek(ReadItem::Properties).await.is_some();
        let calls = match known {
            _ if list_is_cached => 0,
            Some(groups) => {
                let served = Served {
                    origin: ServedFrom::Cache,
                    value: groups,
                };
                items(&served, Group::parse).map_or(usize::MAX, |all| pairs(&all).len())
            }
            // To ask for the groups costs one, and tells the rest.
            None if cold > CALLS => match self.one(ReadItem::Groups).await {
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
        let Ok(list) = self.one(ReadItem::Properties).await else {
            return HashMap::new();
        };
        let all = items(&list, Property::parse)
            .unwrap_or_default()
            .into_iter();
        all.map(|property| (property.id, (property.json, list.origin)))
            .collect()
    }

    /// Stores a property that came with the list of all.
    pub(super) fn listed(&self, id: &Id, json: &str) -> PendingWrite {
        let value = json.as_bytes().to_vec();
        let ttl = self.ttl(Resource::Details, true);
        let write = self.keys().set(&Entry::Property(id.clone()), value, ttl);
        PendingWrite::new(Resource::Details, write, Origins::Property(id.clone()))
    }
}
