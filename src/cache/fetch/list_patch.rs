//! Updates the cached list of all properties when one of them was stored by itself. Others may change the list
//! at the same time.

use super::ask::{Origins, PendingWrite};
use super::changes::Changes;
use super::marks::Epoch;
use super::values::{array, field_value};
use super::view::{CacheView, properties};
use crate::cache::Error;
use crate::domain::key::{Entry, Id};
use crate::domain::papi::Property;
use crate::domain::ttl::Resource;
use crate::store::ExchangeResult;
use std::collections::BTreeSet;
use std::time::Duration;

/// Number of times that a read tries to change the list. Then the list is removed.
const ATTEMPTS: u64 = 10;

impl CacheView<'_> {
    /// Changes the cached list, if it is readable. `change` gets the value and its properties, and is called
    /// again if it returns false because another process was first. Returns false if that happened each time.
    pub(super) async fn change_list(
        &self,
        attempts: u64,
        mut change: impl AsyncFnMut(&[u8], Vec<Property>) -> Result<bool, Error>,
    ) -> Result<bool, Error> {
        for attempt in 1..=attempts {
            let former = self.value(&Entry::Properties).await?.unwrap_or_default();
            let Some(list) = properties(&former) else {
                return Ok(true);
            };
            if change(&former, list).await? {
                return Ok(true);
            }
            let pause = fastrand::u64(1..=(2 * attempt).min(50));
            tokio::time::sleep(Duration::from_millis(pause)).await;
        }
        Ok(false)
    }

    /// Removes what is cached of properties that do not exist any more.
    pub(crate) async fn remove_gone(&self, ids: &BTreeSet<Id>) -> Result<(), Error> {
        let known = self.with_traces(ids).await?;
        if known.is_empty() {
            return Ok(());
        }
        let mut changes = Changes::none(true);
        changes.changed.gone.clone_from(&known);
        // The list may be the last to know their names.
        changes.remove_stale(self).await?;
        let key = self.key(&Entry::Properties);
        let patch = async |former: &[u8], mut list: Vec<Property>| {
            let before = list.len();
            list.retain(|listed| !known.contains(&listed.id));
            let value = array(list.iter().map(|property| property.json.as_str()));
            let values = (former, value.as_slice());
            Ok(list.len() == before
                || self.store.exchange(&key, values, None).await? == ExchangeResult::Done)
        };
        if !self.change_list(ATTEMPTS, patch).await? {
            self.remove(std::slice::from_ref(&key)).await?;
        }
        Ok(())
    }

    /// Updates stored properties in the list that have another version, name or group there. The list keeps its
    /// expiry, and nothing is written that was marked since the epoch. Records differences in `changes`.
    pub(crate) async fn patch_listed(
        &self,
        puts: &[PendingWrite],
        epoch: &Epoch,
        changes: &mut Changes,
    ) -> Result<(), Error> {
        let ids = puts.iter().filter_map(|put| match &put.about {
            Origins::Property(id) if put.resource == Resource::Details => Some(id.clone()),
            _ => None,
        });
        let ids: Vec<Id> = ids.collect();
        if ids.is_empty() {
            return Ok(());
        }
        let key = self.key(&Entry::Properties);
        let patch = async |former: &[u8], mut list: Vec<Property>| {
            let (marked, seen) = epoch.look(self).await?;
            let about = |id: &Id| marked.takes(&Origins::Property(id.clone()));
            if ids.iter().any(about) {
                return Ok(true);
            }
            let mut differs = false;
            // The cached items may be newer than those that we have stored.
            for new in self.own_items(&ids).await? {
                let listed = list.iter_mut().find(|listed| listed.id == new.id);
                let differing = |listed: &&mut Property| field_value(listed) != field_value(&new);
                if let Some(listed) = listed.filter(differing) {
                    changes.list_differs(listed, &new);
                    *listed = new;
                    differs = true;
                }
            }
            let value = array(list.iter().map(|property| property.json.as_str()));
            let values = (former, value.as_slice());
            Ok(!differs
                || self.store.exchange(&key, values, seen.as_ref()).await? == ExchangeResult::Done)
        };
        if !self.change_list(ATTEMPTS, patch).await? {
            self.remove(&[key]).await?;
        }
        Ok(())
    }
}
