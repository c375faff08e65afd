//! Going on until it is certain that everything is gone: from the servers that hold the cache now, and
//! with what was written while we looked.

use super::removal::{Of, common};
use super::survey::Surveyed;
use super::tally::Ended;
use super::walk::Plan;
use super::{Invalidation, Marking};
use crate::cache::Error;
use crate::cache::coverage::{PAUSE, ROUNDS};
use crate::cache::undo::UndoWriter;
use crate::domain::counts::Counts;
use crate::domain::graph::Decision;
use crate::domain::invalidation::Outcome;
use crate::store::{self, Verified};
use futures_util::stream::{FuturesUnordered, StreamExt};

/// How many removals are on their way at the same time.
const IN_FLIGHT: usize = 3;

/// The stage that progress is told of.
const STAGE: &str = "removing";

pub(super) async fn carry_out(
    job: &Invalidation<'_>,
    surveyed: &Surveyed,
    plan: Plan,
    mut marking: Marking,
    late: bool,
    mut writer: Option<UndoWriter>,
) -> Ended {
    let mut outcome = plan.outcome.clone();
    outcome.softened = Counts::default();
    outcome.fields_of.clear();
    let mut ended = Ended::of(outcome);
    let mut late = late || marking.open;
    let mut plan = Some(plan);
    for round in 1..=ROUNDS {
        let Some(now) = plan.take() else { break };
        let before = now.before.clone();
        if let Err(error) = job.mark_on(&before, surveyed, &mut marking).await {
            ended.fail(error);
            break;
        }
        job.remove(surveyed, now, round > 1, &mut writer, &mut ended)
            .await;
        if !ended.is_over() && marking.open {
            // There may be room now for what did not fit before.
            let marked = job.mark_at(surveyed, &mut marking).await;
            marked.unwrap_or_else(|error| ended.fail(error));
        }
        match job.store.verify(&before).await {
            Ok(verified) => enter(verified, &mut ended),
            Err(error) => ended.fail(error),
        }
        let moved = ended.outcome.coverage.topology_changed;
        if ended.is_over() || round == ROUNDS || !(late || moved) {
            break;
        }
        late = false;
        if moved {
            tokio::time::sleep(PAUSE).await;
        }
        match job.plan(surveyed).await {
            Ok(next) => plan = Some(next),
            Err(error) => ended.fail(error),
        }
    }
    if marking.open {
        ended.unmarked = true;
    }
    if let Some(writer) = writer {
        match writer.finish() {
            Ok(id) => ended.outcome.undo_id = id,
            Err(error) => ended.fail(error),
        }
    }
    ended
}

pub(super) async fn stream(
    job: &Invalidation<'_>,
    surveyed: &Surveyed,
    mut marking: Marking,
) -> Ended {
    let mut ended = Ended::of(Outcome::default());
    job.progress.begin(STAGE, None);
    for round in 1..=ROUNDS {
        if let Err(error) = stream_once(job, surveyed, &mut marking, &mut ended).await {
            ended.fail(error);
        }
        if ended.is_over() || !ended.outcome.coverage.topology_changed || round == ROUNDS {
            break;
        }
        tokio::time::sleep(PAUSE).await;
    }
    job.progress.end(STAGE);
    ended.outcome.matched = ended.outcome.removed.clone();
    ended.unmarked = marking.open;
    ended
}

/// Walks and removes in one go: the server is asked for the next page before the last one is gone.
async fn stream_once(
    job: &Invalidation<'_>,
    surveyed: &Surveyed,
    marking: &mut Marking,
    ended: &mut Ended,
) -> Result<(), Error> {
    let before = job.store.snapshot().await?;
    job.mark_on(&before, surveyed, marking).await?;
    let mut pages = job.store.scan_pages(&surveyed.matcher.pattern()).await?;
    let mut in_flight = FuturesUnordered::new();
    let mut result: Result<(), Error> = Ok(());
    loop {
        if job.stop.heard().is_some() {
            ended.stopped = true;
            break;
        }
        let page = tokio::select! {
            biased;
            Some(removed) = in_flight.next() => {
                if !take(removed, ended) {
                    break;
                }
                continue;
            }
            page = pages.next(), if in_flight.len() < IN_FLIGHT => page,
        };
        let keys = match page {
            None => break,
            Some(Ok(keys)) => keys,
            Some(Err(error)) => {
                result = Err(error.into());
                break;
            }
        };
        let batch = sort(surveyed, keys, ended);
        job.progress.advance(STAGE, batch.keys.len() as u64);
        if !batch.keys.is_empty() {
            in_flight.push(remove(job, batch));
        }
    }
    while let Some(removed) = in_flight.next().await {
        take(removed, ended);
    }
    result?;
    if !ended.is_over() {
        enter(job.store.verify(&before).await?, ended);
    }
    Ok(())
}

#[derive(Default)]
struct Batch<'s> {
    keys: Vec<Vec<u8>>,
    of: Vec<Of<'s>>,
    /// A few keys that are measured before they go.
    measured: Vec<Vec<u8>>,
}

fn sort<'s>(surveyed: &'s Surveyed, keys: Vec<Vec<u8>>, ended: &mut Ended) -> Batch<'s> {
    let mut batch = Batch::default();
    for key in keys {
        let judged = surveyed.matcher.judge(&key);
        // Only patterns and everything are removed while they are looked for.
        let Decision::Named(reason) = judged.decision else {
            continue;
        };
        ended.outcome.sample.offer(judged.rest, &key);
        if batch.measured.len() < 4 {
            batch.measured.push(key.clone());
        }
        batch.of.push((reason.target, judged.customer));
        batch.keys.push(key);
    }
    batch
}

/// What came of a batch: keys removed, bytes (estimated).
struct Removed<'s> {
    of: Vec<(Of<'s>, u64)>,
    bytes: u64,
    error: Option<store::Error>,
}

async fn remove<'s>(job: &Invalidation<'_>, batch: Batch<'s>) -> Removed<'s> {
    let mut removed = Removed {
        of: Vec::new(),
        bytes: 0,
        error: None,
    };
    // Sent before the removal on the same connection, so that it sees the keys.
    let measuring = job.store.memory(&batch.measured);
    let removing = async {
        if let Some(of) = common(&batch.of) {
            let removed = job.store.remove_many(&batch.keys).await;
            return removed.map(|keys| vec![(of, keys)]);
        }
        let each = job.store.remove_each(&batch.keys).await.into_iter();
        each.zip(&batch.of)
            .map(|(gone, of)| Ok((*of, u64::from(gone?))))
            .collect()
    };
    let (sizes, gone) = futures_util::join!(measuring, removing);
    match gone {
        Ok(gone) => removed.of = gone,
        Err(error) => removed.error = Some(error),
    }
    let sizes: Vec<u64> = sizes.unwrap_or_default().into_iter().flatten().collect();
    let mean = sizes.iter().sum::<u64>() / (sizes.len().max(1) as u64);
    removed.bytes = mean * removed.of.iter().map(|(_, keys)| keys).sum::<u64>();
    removed
}

/// Enters what came of a batch; tells whether to go on.
fn take(removed: Removed<'_>, ended: &mut Ended) -> bool {
    for ((target, customer), keys) in removed.of {
        ended.outcome.removed.add(target, customer, keys);
    }
    ended.outcome.bytes += removed.bytes;
    if let Some(error) = removed.error {
        ended.fail(error);
    }
    !ended.is_over()
}

/// Enters what the end of a round has shown.
fn enter(verified: Verified, ended: &mut Ended) {
    const UNKNOWN: &str = "no answer about how many replicas have it";
    ended.outcome.coverage = verified.coverage;
    ended.notes.retain(|note| !note.starts_with(UNKNOWN));
    if !ended.outcome.did_something() {
        return;
    }
    match verified.acknowledged {
        Ok(replicas) => ended.outcome.replicas_acked = Some(replicas),
        Err(error) => ended.notes.push(format!("{UNKNOWN}: {error}")),
    }
}
