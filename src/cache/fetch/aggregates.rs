//! Keys made from all properties: the list and the tree.

use super::Halt;
use super::ask::PendingWrite;
use super::known::{KnownAccount, ListWrite};
use super::run::FetchRun;
use super::values::tree;
use crate::domain::key::Entry;
use crate::domain::ttl::Resource;
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
}
