//! The CP codes of an account.

use super::Halt;
use super::ask::ApiRequest;
use super::known::KnownAccount;
use super::plan::FetchStep;
use super::run::FetchRun;
use super::values::{array, pairs};
use crate::domain::key::Entry;
use crate::domain::ttl::Resource;
use crate::source;

impl FetchRun<'_> {
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
        let whole = !known.cpcodes_lack;
        if !whole {
            // An item does not name its group, so a former list cannot complete a shorter one. The shorter list
            // is stored only if none is cached.
            let there = self.cache.is_there(&self.cache.key(&entry)).await?;
            if there || known.cpcodes.is_empty() {
                return Ok(());
            }
        }
        let list = array(known.cpcodes.values().map(|code| code.json.as_str()));
        self.set(&entry, list, whole).await
    }
}
