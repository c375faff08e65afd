//! Reading the daily counts, as many fields as there are, in bounded memory.

use crate::domain::hit_rate::{Gathering, HitRate, Question};
use crate::domain::key::{Scheme, Tally};
use crate::store::{Error, Store};
use futures_util::stream::{self, TryStreamExt};
use jiff::civil::Date;
use std::cell::RefCell;

/// How many hashes are read at the same time: while the server gathers a page of one, a page of the
/// other is added up here. With more of them its other clients would only wait for longer.
const AT_ONCE: usize = 2;

/// The counts of a day.
struct Hash {
    /// The place of the day among those that were asked for.
    day: usize,
    tally: Tally,
    key: String,
}

/// The hashes of the days that have any fields.
async fn filled(store: &Store, scheme: &Scheme, days: &[Date]) -> Result<Vec<Hash>, Error> {
    let (mut hashes, mut keys) = (Vec::new(), Vec::new());
    for (at, day) in days.iter().enumerate() {
        for tally in [Tally::Hits, Tally::Misses] {
            let key = scheme.stats(*day, tally);
            keys.push(key.clone());
            let day = at;
            hashes.push(Hash { day, tally, key });
        }
    }
    let fields = store.numbers_of_fields(&keys).await?;
    let hashes = hashes.into_iter().zip(fields);
    let filled = hashes.filter_map(|(hash, fields)| (fields > 0).then_some(hash));
    Ok(filled.collect())
}

/// Reads the hashes of all days that were asked for and adds them up.
pub async fn measure(store: &Store, scheme: &Scheme, question: Question) -> Result<HitRate, Error> {
    let hashes = filled(store, scheme, &question.days).await?;
    let missed = hashes.iter().filter(|hash| hash.tally == Tally::Misses);
    let missed_on = missed.count();
    // Everything happens on one thread, and nothing is awaited while it is borrowed.
    let gathering = RefCell::new(Gathering::new(question, missed_on));
    loop {
        let sums = &gathering;
        let wanted = hashes.iter().filter(|hash| sums.borrow().wants(hash.tally));
        stream::iter(wanted.map(Ok))
            .try_for_each_concurrent(AT_ONCE, |hash| {
                store.fields(&hash.key, |field, value| {
                    let mut sums = sums.borrow_mut();
                    sums.take(hash.day, hash.tally, field, value);
                })
            })
            .await?;
        if !gathering.borrow_mut().wants_more() {
            return Ok(gathering.into_inner().finish());
        }
    }
}
