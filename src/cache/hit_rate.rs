//! Reading the daily counts, as many fields as there are, in bounded memory.

use crate::domain::hit_rate::{Gathering, HitRate, HitRateQuery};
use crate::domain::key::{Entry, Key, Scheme, Tally};
use crate::domain::papi::Property;
use crate::store::{Error, Store};
use futures_util::try_join;
use jiff::civil::Date;
use std::cell::RefCell;
use std::collections::HashMap;
use std::vec::IntoIter;

/// The counts of a day.
struct Hash {
    /// The place of the day among those that were asked for.
    day: usize,
    tally: Tally,
    key: String,
}

/// The hashes of the days that have any fields, and the keys in their place that are no hashes.
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

/// Reads the hashes of all days that were asked for and adds them up. Where one of them moves to
/// another server, all of it starts again: a sum does not tell what it has counted already.
pub(crate) async fn measure(
    store: &Store,
    scheme: &Scheme,
    question: HitRateQuery,
) -> Result<HitRate, Error> {
    store
        .begun_again(async || measure_once(store, scheme, question.clone()).await)
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
    // All of it is added up on one thread, and nothing is awaited while it is borrowed.
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

/// Keys whose names are looked up at most.
const NAMED: usize = 100;

/// The names of the properties that keys (without the prefix) are of, as far as they are cached. A name
/// is a help to the eye: where it cannot be read it is missing.
pub(crate) async fn names<'k>(
    store: &Store,
    scheme: &Scheme,
    keys: impl Iterator<Item = &'k str>,
) -> HashMap<String, String> {
    let of = keys.filter_map(|key| {
        let whole = format!("{}{key}", scheme.prefix());
        let Some(Key::Of(customer, entry)) = scheme.parse(whole.as_bytes()) else {
            return None;
        };
        let details = Entry::Property(entry.property()?.clone());
        Some((key, scheme.key(&customer, &details)))
    });
    let (keys, details): (Vec<&str>, Vec<String>) = of.take(NAMED).unzip();
    let values = store.get(&details).await;
    let named = keys.into_iter().zip(values).filter_map(|(key, value)| {
        let json = String::from_utf8(value.ok()??).ok()?;
        Some((key.to_owned(), Property::parse(&json).ok()?.name))
    });
    named.collect()
}

/// Reads one of the hashes that are left after the other.
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
