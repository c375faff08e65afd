//! Numbers of runs. An index records which run last wrote or kept a key: the key's score is the run's number.

use super::view::CacheView;
use crate::cache::Error;
use crate::domain::key::Entry;
use crate::store::Write;

/// Numbers from here on were not counted by runs. Scores are floating point, and exact below.
const NOT_COUNTED: u64 = 1 << 52;

impl CacheView<'_> {
    /// Takes the next number, above those of all runs in the index. A value that is not a number, or one too
    /// high to come from runs, is replaced.
    pub(super) async fn next_generation(&self) -> Result<u64, Error> {
        let key = self.key(&Entry::Generation);
        let index = self.key(&Entry::Generations);
        let counted = self.store.next_number(&key).await?;
        let counted = counted.filter(|number| (1..NOT_COUNTED).contains(number));
        let later = self.store.marks_since(&index, counted.unwrap_or(1)).await?;
        let last = later.into_iter().flatten().map(|(_, score)| score);
        let last = last.filter(|score| *score < NOT_COUNTED - 1).max();
        if let (Some(number), Some(last)) = (counted, last)
            && self
                .counted_to()
                .await?
                .is_some_and(|counted| counted >= last)
        {
            // Runs for named properties may overlap, and a run that began later has written first.
            return Ok(number);
        }
        match (counted, last) {
            (Some(number), None) => Ok(number),
            (_, last) => {
                let number = last.map_or(1, |last| last + 1);
                let set = Write::Set {
                    key: key.clone(),
                    value: number.to_string().into_bytes(),
                    ttl: None,
                };
                self.overwrite(set).await?;
                Ok(number)
            }
        }
    }

    async fn counted_to(&self) -> Result<Option<u64>, Error> {
        let value = self.value(&Entry::Generation).await?;
        let text = value.and_then(|value| String::from_utf8(value).ok());
        Ok(text.and_then(|text| text.parse().ok()))
    }

    /// Records keys in the index under a run's number; with `listed_only`, only keys that the index has
    /// already. A key of another type where it belongs is replaced.
    pub(super) fn entered(&self, number: u64, members: Vec<String>, listed_only: bool) -> Write {
        Write::Scores {
            key: self.key(&Entry::Generations),
            score: number,
            members,
            listed_only,
        }
    }
}
