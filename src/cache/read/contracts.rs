//! Single contracts. The API has no call for one contract: one call returns all, and serves every contract that a
//! command asks for.

use super::fetch::served_items;
use super::look::Lookup;
use super::{Reader, Served, ServedFrom};
use crate::cache::Error;
use crate::cache::fetch::items as cached_items;
use crate::domain::key::{Entry, Id};
use crate::domain::papi::Contract;
use crate::domain::read::freshness::Freshness;
use crate::source;
use crate::store::RenewedLock;
use std::cell::OnceCell;
use std::collections::HashMap;

/// All contracts, fetched at most once by a command.
#[derive(Default)]
pub(super) struct FetchedContracts {
    /// Held by the contract that fetches them all, or waits for another process that does.
    turn: tokio::sync::Mutex<()>,
    /// The contracts, or why they could not be fetched.
    all: OnceCell<Result<HashMap<Id, Vec<u8>>, Error>>,
}

impl Reader<'_> {
    /// Takes missing contracts from the cached list of all, unless the list should be refreshed. A contract that is
    /// not in it may be new, and stays missing.
    pub(super) async fn fill_from_list(
        &self,
        items: &[Entry],
        looks: &mut [Lookup],
    ) -> Result<(), Error> {
        let missing = items.iter().zip(looks).filter_map(|(item, look)| {
            let Entry::Contract(id) = item else {
                return None;
            };
            look.is_missing().then_some((id, look))
        });
        let missing: Vec<(&Id, &mut Lookup)> = missing.collect();
        if missing.is_empty() {
            return Ok(());
        }
        let list = self.look_again(&Entry::AccountContracts).await?.cached;
        let list = list.filter(|(_, freshness)| *freshness == Freshness::Fresh);
        let all = list.and_then(|(list, _)| cached_items(&list, Contract::parse));
        let all = json_by_id(all.unwrap_or_default());
        for (id, look) in missing {
            let value = all.get(id).cloned();
            look.cached = value.map(|value| (value, Freshness::Fresh));
        }
        Ok(())
    }

    /// Fetches an uncached contract together with all others, unless this command has done so.
    pub(super) async fn missing_contract(&self, item: &Entry, id: &Id) -> Result<Served, Error> {
        let fetched = &self.state.contracts;
        let _turn = fetched.turn.lock().await;
        if let Some(all) = fetched.all.get() {
            return self.contract_of(all, item, id).await;
        }
        let work = async |lock: Option<&RenewedLock>| {
            let all = self.all_contracts(lock).await;
            self.contract_of(fetched.all.get_or_init(|| all), item, id)
                .await
        };
        self.guarded(&Entry::Contracts, async || self.looked(item).await, work)
            .await
    }

    async fn all_contracts(
        &self,
        lock: Option<&RenewedLock>,
    ) -> Result<HashMap<Id, Vec<u8>>, Error> {
        match self.fetch_and_store(&Entry::AccountContracts, lock).await {
            Ok(list) => Ok(json_by_id(served_items(&list, Contract::parse)?)),
            Err(Error::Source(source::Error::NotFound { .. })) => Ok(HashMap::new()),
            Err(error) => Err(error),
        }
    }

    async fn contract_of(
        &self,
        all: &Result<HashMap<Id, Vec<u8>>, Error>,
        item: &Entry,
        id: &Id,
    ) -> Result<Served, Error> {
        match all {
            Ok(all) => match all.get(id).cloned() {
                Some(value) => Ok(Served {
                    origin: ServedFrom::Akamai,
                    value,
                }),
                None => Err(self.note_unknown(item).await),
            },
            Err(error) => Err(error.clone()),
        }
    }
}

fn json_by_id(all: Vec<Contract>) -> HashMap<Id, Vec<u8>> {
    let each = all.into_iter();
    each.map(|contract| (contract.id, contract.json.into_bytes()))
        .collect()
}
