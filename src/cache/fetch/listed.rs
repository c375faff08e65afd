//! A property that was stored by itself, and the list of all that has it as well.

use super::ask::{Origins, PendingWrite};
use super::changes::Changes;
use super::marks::Epoch;
use super::place::{CacheView, items};
use super::values::{array, field_value};
use crate::cache::Error;
use crate::domain::key::{Entry, Id};
use crate::domain::papi::Property;
use crate::domain::ttl::Resource;
use crate::store::Exchanged;

/// How often the list is patched anew, since others have changed it; then it is removed.
const ATTEMPTS: usize = 10;

impl CacheView<'_> {
    /// Puts properties that were stored in the list of all, where it has them in another version, under
    /// another name or in another place. Its deadline stays, and what was marked since the epoch is not
    /// written. Enters in `changes` what was found to differ.
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
        for _ in 0..ATTEMPTS {
            let (marked, seen) = epoch.look(self).await?;
            let about = |id: &Id| marked.takes(&Origins::Property(id.clone()));
            if ids.iter().any(about) {
                return Ok(());
            }
            let Some(former) = self.value(&Entry::Properties).await? else {
                return Ok(());
            };
            let Some(mut list) = items(&former, Property::parse) else {
                return Ok(());
            };
            let mut differs = false;
            // What is cached by now may be newer than what we have stored.
            for new in self.own_items(&ids).await? {
                let Some(listed) = list.iter_mut().find(|listed| listed.id == new.id) else {
                    continue;
                };
                if field_value(listed) != field_value(&new) {
                    changes.listed(Some(listed), &new);
                    *listed = new;
                    differs = true;
                }
            }
            if !differs {
                return Ok(());
            }
            let value = array(list.iter().map(|property| property.json.as_str()));
            let values = (former.as_slice(), value.as_slice());
            let exchanged = self.store.exchange(&key, values, seen.as_ref()).await?;
            if exchanged == Exchanged::Done {
                return Ok(());
            }
        }
        self.remove(&[key]).await?;
        Ok(())
    }
}
