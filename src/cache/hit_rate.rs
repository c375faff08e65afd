//! Reading the daily counts, as many fields as there are, in bounded memory.

use crate::domain::hit_rate::{Gathering, HitRate, Question};
use crate::domain::key::{Scheme, Tally};
use crate::store::{Error, Store};
use futures_util::stream::{self, TryStreamExt};
use std::cell::RefCell;

/// How many hashes are read at the same time: a page of each is in memory.
const AT_ONCE: usize = 8;

/// Reads the hashes of all days that were asked for and adds them up.
pub async fn measure(store: &Store, scheme: &Scheme, question: Question) -> Result<HitRate, Error> {
    let hashes: Vec<(usize, Tally, String)> = question
        .days
        .iter()
        .enumerate()
        .flat_map(|(at, day)| {
            [Tally::Hits, Tally::Misses].map(|tally| (at, tally, scheme.stats(*day, tally)))
        })
        .collect();
    // Everything happens on one thread, and nothing is awaited while it is borrowed.
    let gathering = RefCell::new(Gathering::new(question));
    loop {
        let sums = &gathering;
        stream::iter(hashes.iter().map(Ok))
            .try_for_each_concurrent(AT_ONCE, |(day, tally, hash)| {
                store.fields(hash, move |page| {
                    let mut sums = sums.borrow_mut();
                    for (field, value) in page {
                        sums.take(*day, *tally, &field, &value);
                    }
                })
            })
            .await?;
        if !gathering.borrow_mut().wants_more() {
            return Ok(gathering.into_inner().finish());
        }
    }
}
