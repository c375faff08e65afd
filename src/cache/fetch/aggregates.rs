//! Keys made from the answers of the whole account: the list of properties, the tree, and the CP codes.

use super::Halt;
use super::ask::{ApiRequest, PendingWrite};
use super::known::{KnownAccount, ListWrite};
use super::plan::FetchStep;
use super::run::FetchRun;
use super::values::{array, pairs, tree};
use crate::domain::key::Entry;
use crate::domain::ttl::Resource;
use crate::source;
use crate::store::Write;

impl FetchRun<'_> {
    pub(super) async fn make_list(&self, known: &KnownAccount) -> Result<(), Halt> {
        let entry = Entry::Properties;
        if self.checks() && !self.wants(Resource::Properties) {
            return Ok(());
        }
        match known.list {
            ListWrite::No => Ok(()),
            ListWrite::Whole => self.set(&entry, known.list_of_all(), true).await,
            ListWrite::Patch => {
                let write = Write::Patch {
                    key: self.cache.key(&entry),
                    value: known.list_of_all(),
                };
                self.put(PendingWrite::new(&entry, write)).await
            }
        }
    }

    /// Writes the whole list again, or patches the cached one.
    pub(super) async fn list_anew(&self, known: &mut KnownAccount) -> Result<(), Halt> {
        if known.list == ListWrite::No {
            known.list = ListWrite::Patch;
        }
        // The list itself may still be in the queue.
        self.queue.flush().await?;
        self.make_list(known).await
    }

    pub(super) async fn make_tree(&self, known: &KnownAccount) -> Result<(), Halt> {
        let groups = known.groups.as_deref().unwrap_or_default();
        let tree = tree(groups, &known.properties).into_bytes();
        // The entry of a failed pair may be a former one: the tree is then made again soon.
        let whole = self.ledger.is_complete();
        self.set(&Entry::Tree, tree, whole).await
    }

    /// Asks each pair for its CP codes, because one call for all of them was refused.
    pub(super) async fn cpcodes_by_pair(&self, known: &mut KnownAccount) -> Result<(), Halt> {
        if known.groups.is_none() {
            let groups = vec![FetchStep::fetch(ApiRequest::Groups)];
            self.carry_out(groups, known).await?;
        }
        let forbidden = matches!(known.cpcodes_refused, Some(source::Error::Forbidden { .. }));
        if forbidden && !self.checks() {
            self.cache.remember_cpcodes_refused().await?;
        }
        let all = known.groups.as_deref().map(pairs).unwrap_or_default();
        let steps = FetchStep::each(all, ApiRequest::CpCodes);
        self.carry_out(steps, known).await
    }

    /// Stores the list of CP codes.
    pub(super) async fn make_cpcodes(&self, known: &KnownAccount) -> Result<(), Halt> {
        let entry = Entry::CpCodes;
        let count = known.cpcodes.len();
        self.ledger.fetched(Resource::CpCodes, count);
        if count == 0 && !self.ledger.has_seen_all() {
            // A list without a single answer says nothing.
            return Ok(());
        }
        let whole = !known.cpcodes_lack;
        if !whole {
            // An item does not name its group, so a former list cannot complete a shorter one. The shorter list
            // is stored only if none is cached.
            let there = self.cache.is_there(&self.cache.key(&entry)).await?;
            if there {
                return Ok(());
            }
        }
        let list = array(known.cpcodes.values().map(|code| code.json.as_str()));
        self.set(&entry, list, whole).await
    }
}
