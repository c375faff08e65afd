//! Reads the daily hit and miss counts in bounded memory, whatever their number.

use crate::domain::hit_rate::{Gathering, HitRate, HitRateQuery};
use crate::domain::key::{Scheme, Tally};
use crate::store::{Error, Store};
use futures_util::try_join;
use jiff::civil::Date;
use std::cell::RefCell;
use std::vec::IntoIter;

/// A hash of counts for one day.
struct Hash {
    /// Index of the day in the query.
    day: usize,
    tally: Tally,
    key: String,
}

/// Returns the hashes that have fields, and the keys that are not hashes.
async fn filled(
    store: &Store,
    scheme: &Scheme,
    days: &[Date],
) -> Result<(Vec<Hash>, Vec<String>), Error> {
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
    let (mut filled, mut unreadable) = (Vec::new(), Vec::new());
    for (hash, fields) in hashes.into_iter().zip(fields) {
        match fields {
            None => unreadable.push(hash.key),
            Some(0) => {}
            Some(_) => filled.push(hash),
        }
    }
    Ok((filled, unreadable))
}

/// Reads the hashes of all requested days and adds them up. If one moves to another server, everything starts again,
/// because a sum does not show what it already contains.
pub(crate) async fn measure(
    store: &Store,
    scheme: &Scheme,
    question: HitRateQuery,
) -> Result<HitRate, Error> {
    store
        .restart_if_moved(async || measure_once(store, scheme, question.clone()).await)
        .await
}

async fn measure_once(
    store: &Store,
    scheme: &Scheme,
    question: HitRateQuery,
) -> Result<HitRate, Error> {
    let (hashes, unreadable) = filled(store, scheme, &question.days).await?;
    let missed = hashes.iter().filter(|hash| hash.tally == Tally::Misses);
    let missed_on = missed.count();
    // Everything is added up on one thread, and nothing is awaited during a borrow.
    let gathering = RefCell::new(Gathering::new(question, missed_on));
    let other = store.apart();
    loop {
        let hashes = hashes.iter();
        let wanted: Vec<&Hash> = hashes
            .filter(|hash| gathering.borrow().wants(hash.tally))
            .collect();
        let left = RefCell::new(wanted.into_iter());
        try_join!(
            walk(store, &left, &gathering),
            walk(&other, &left, &gathering)
        )?;
        if !gathering.borrow_mut().wants_more() {
            let answer = gathering.into_inner().finish();
            return Ok(HitRate {
                unreadable,
                ..answer
            });
        }
    }
}

/// Reads the remaining hashes one after the other.
async fn walk(
    store: &Store,
    left: &RefCell<IntoIter<&Hash>>,
    gathering: &RefCell<Gathering>,
) -> Result<(), Error> {
    let next = || left.borrow_mut().next();
    while let Some(hash) = next() {
        let take = |field: &[u8], value: &[u8]| {
            let mut sums = gathering.borrow_mut();
            sums.take(hash.day, hash.tally, field, value);
        };
        store.fields_once(&hash.key, take).await?;
    }
    Ok(())
}
