//! Writes that are recorded in the index of runs.

use super::Writes;
use crate::store::{self, SeenMarks, Write, WriteOutcome};

impl Writes<'_> {
    /// Writes, and records the keys in the index of runs with the writes or before them: a run that is killed
    /// leaves no value of unknown origin. A new TTL alone is no reason to record a key: if the account has lost
    /// it, the sweep of this run removes it.
    pub(super) async fn write_indexed(
        &self,
        writes: Vec<Write>,
        seen: Option<&SeenMarks>,
    ) -> (
        Result<(), store::Error>,
        Vec<Write>,
        Vec<Result<WriteOutcome, store::Error>>,
    ) {
        let store = self.cache.store;
        let written = writes
            .iter()
            .filter(|write| !matches!(write, Write::Scores { .. } | Write::Expire { .. }));
        let mut members: Vec<String> = written.map(|write| write.key().to_owned()).collect();
        members.dedup();
        if members.is_empty() {
            let mut writes = writes;
            let results = store.write_unmarked(&mut writes, seen).await;
            return (Ok(()), writes, results);
        }
        let entry = self.cache.entered(self.generation, members, false);
        let mut all = Vec::with_capacity(writes.len() + 1);
        all.push(entry);
        all.extend(writes);
        let mut results = store.write_unmarked(&mut all, seen).await;
        let writes = all.split_off(1);
        let each = results.split_off(results.len().min(1));
        let (entry, entered) = (all.pop(), results.pop());
        let entered = match (entry, entered) {
            (Some(entry), Some(Err(store::Error::WrongType { .. }))) => {
                self.cache.overwrite(entry).await
            }
            (_, entered) => entered.map_or(Ok(()), |entered| entered.map(drop)),
        };
        (entered, writes, each)
    }
}
