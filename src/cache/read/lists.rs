//! Lists that are fetched for each pair of contract and group, and the tree that is built from lists.

use super::after::MOMENT;
use super::fetch::served_items;
use super::storing::Fetched;
use super::{CONCURRENCY, Reader, ServedFrom};
use crate::cache::Error;
use crate::cache::fetch::{
    ApiRequest, CallAnswer, GroupContract, KnownAccount, PairAnswer, PairStates, Payload, array,
    each_once, tree,
};
use crate::domain::key::Entry;
use crate::domain::papi::{CpCode, Group, Property};
use crate::source;
use futures_util::StreamExt;
use std::collections::BTreeMap;
use std::rc::Rc;

/// Limit of the calls that a refresh makes for a single list, four at a time. More calls would not finish in time,
/// and each process that finds the list about to expire would make them in vain.
pub(super) const CALLS: usize = 16;

impl Reader<'_> {
    pub(super) async fn ask_all(
        &self,
        asks: Vec<ApiRequest>,
    ) -> Vec<(ApiRequest, Result<CallAnswer, Error>)> {
        futures_util::stream::iter(asks)
            .map(|ask| async move {
                let answer = self.ask(&ask).await;
                (ask, answer)
            })
            .buffered(CONCURRENCY)
            .collect()
            .await
    }

    /// Asks for every pair, as a warm run does. A group that the credentials may not read is left out with a warning;
    /// any other failure fails the whole list. The returned `bool` is true if every readable list arrived complete.
    async fn crawl(
        &self,
        ask: impl Fn(GroupContract) -> ApiRequest,
        former: PairStates,
    ) -> Result<(KnownAccount, Vec<Payload>, bool), Error> {
        let groups = self.one(Entry::AccountGroups).await?;
        let mut known = KnownAccount::default();
        known.take_groups(served_items(&groups, Group::parse)?);
        known.pairs = former;
        known.groups_asked = groups.origin == ServedFrom::Akamai;
        let mut answers = Vec::new();
        loop {
            let open = known.open_pairs();
            if self.limit().is_some() && open.len() > CALLS {
                return Err(source::Error::Timeout {
                    call: format!("a refresh of {} calls", open.len()),
                    after: MOMENT,
                }
                .into());
            }
            let asks = open.iter().cloned().map(&ask).collect();
            for (pair, (_, answer)) in open.into_iter().zip(self.ask_all(asks).await) {
                let said = match answer {
                    Ok(answered) => {
                        let whole = answered.item_errors.is_empty();
                        answers.push((pair.clone(), answered.value));
                        PairAnswer::of(whole)
                    }
                    Err(Error::Source(error @ source::Error::Forbidden { .. })) => {
                        let group = &pair.1;
                        self.warn_once(group, &format!("`{group}` is left out: {error}"));
                        PairAnswer::Failed(error)
                    }
                    Err(error) => return Err(error),
                };
                known.asked.insert(pair, said);
            }
            if !known.is_doubtful() {
                break;
            }
            let again = Box::pin(self.fetch_and_store(&Entry::AccountGroups, None)).await?;
            known.take_groups(served_items(&again, Group::parse)?);
        }
        answers.retain(|(pair, _)| known.asked.contains_key(pair));
        let whole = !known.is_partial();
        let answers = answers.into_iter().map(|(_, answer)| answer).collect();
        Ok((known, answers, whole))
    }

    /// Returns what earlier runs learned about the pairs.
    pub(super) async fn pair_states(&self) -> PairStates {
        match self.cache() {
            Some(cache) => PairStates::read(&cache).await.unwrap_or_default(),
            None => PairStates::default(),
        }
    }

    /// Fetches the lists of all groups and contracts. Each property appears once.
    pub(super) async fn properties(&self) -> Result<Fetched, Error> {
        let former = self.pair_states().await;
        let (known, answers, whole) = self.crawl(ApiRequest::Properties, former).await?;
        if let Some(cache) = self.cache()
            && let Err(error) = known.pairs.write(&cache, &known.states(), None).await
        {
            log::info!("the readable groups were not stored: {error}");
        }
        let mut all: Vec<Property> = Vec::new();
        for answer in answers {
            if let Payload::Properties(listed) = answer {
                all.extend(listed);
            }
        }
        each_once(&mut all);
        *self.state.list_answers.borrow_mut() = known.asked;
        let value = array(all.iter().map(|property| property.json.as_str()));
        Ok(self.value(&Entry::Properties, value, whole))
    }

    /// Fetches the CP codes with one call, or pair by pair if that call is refused or returns 404.
    pub(super) async fn cpcodes(&self) -> Result<Fetched, Error> {
        let remembered = self.remembered().await;
        let mut answers = Vec::new();
        let (mut whole, mut refused) = (true, false);
        if !remembered.cpcodes_by_pair {
            match self.ask(&ApiRequest::AllCpCodes).await {
                Ok(answered) => {
                    whole = answered.item_errors.is_empty();
                    answers.push(answered.value);
                }
                Err(Error::Source(source::Error::Forbidden { .. })) => refused = true,
                Err(Error::Source(source::Error::NotFound { .. })) => {}
                Err(error) => return Err(error),
            }
        }
        if answers.is_empty() {
            let none = PairStates::default();
            (_, answers, whole) = self.crawl(ApiRequest::CpCodes, none).await?;
        }
        // Only after the groups have named the account.
        if let Some(cache) = self.cache().filter(|_| refused)
            && let Err(error) = cache.remember_cpcodes_refused().await
        {
            log::info!("the refusal of CP codes was not stored: {error}");
        }
        let mut all: BTreeMap<String, CpCode> = BTreeMap::new();
        for answer in answers {
            if let Payload::CpCodes(listed) = answer {
                all.extend(listed.into_iter().map(|code| (code.id.clone(), code)));
            }
        }
        let value = array(all.values().map(|code| code.json.as_str()));
        Ok(self.value(&Entry::CpCodes, value, whole))
    }

    pub(super) async fn tree(&self) -> Result<Fetched, Error> {
        let groups = served_items(&self.one(Entry::AccountGroups).await?, Group::parse)?;
        let mut properties = served_items(&self.one(Entry::Properties).await?, Property::parse)?;
        each_once(&mut properties);
        let properties: Vec<Rc<Property>> = properties.into_iter().map(Rc::new).collect();
        let tree = tree(&groups, &properties).into_bytes();
        // Nothing else tells that a list with its whole TTL lacks the properties of a pair.
        let whole = !self.pair_states().await.any_failed();
        Ok(self.value(&Entry::Tree, tree, whole))
    }
}
