//! Where a removal takes its keys from: a plan, or a scan.

use crate::cache::Error;
use crate::cache::invalidate::spool::{Attribution, SelectedKey, Selection};
use crate::cache::invalidate::survey::RemovalSurvey;
use crate::cache::invalidate::walk::WalkProgress;
use crate::domain::inspect::escaped_bytes::escape_bytes;
use crate::domain::invalidation::MatchedSample;
use crate::domain::invalidation::graph::Decision;
use crate::store::Scan;
use std::collections::VecDeque;

/// Source of the selected keys.
pub(in crate::cache::invalidate) enum RemovalInput<'s> {
    Plan(Selection),
    /// A scan, and the matcher for its keys.
    Scan {
        surveyed: &'s RemovalSurvey,
        /// Where a round may be repeated on other servers: the keys that count already.
        seen: Option<&'s mut WalkProgress>,
        pages: Scan,
        waiting: VecDeque<SelectedKey>,
        sample: MatchedSample,
    },
}

impl RemovalInput<'_> {
    /// Returns the next keys, at most `most`; `None` at the end.
    pub(super) async fn next(&mut self, most: usize) -> Result<Option<Vec<SelectedKey>>, Error> {
        let keys = match self {
            Self::Plan(selection) => selection.take(most)?,
            Self::Scan {
                surveyed,
                seen,
                pages,
                waiting,
                sample,
            } => {
                while waiting.is_empty() {
                    let Some(page) = pages.next().await else {
                        break;
                    };
                    let seen = seen.as_deref_mut();
                    waiting.extend(decide(surveyed, seen, page?, sample));
                }
                let most = most.min(waiting.len());
                waiting.drain(..most).collect()
            }
        };
        Ok((!keys.is_empty()).then_some(keys))
    }
}

/// Selects the keys of a page. Only patterns and everything are removed during a scan.
fn decide(
    surveyed: &RemovalSurvey,
    mut seen: Option<&mut WalkProgress>,
    page: Vec<Vec<u8>>,
    sample: &mut MatchedSample,
) -> Vec<SelectedKey> {
    let mut decide = |key: Vec<u8>| {
        let judged = surveyed.matcher.judge(&key);
        let Decision::Named(reason) = judged.decision else {
            return None;
        };
        let again = seen.as_mut().is_some_and(|seen| !seen.is_fresh(&key));
        if !again {
            sample.offer(judged.rest, &escape_bytes(&key));
        }
        let of = Attribution {
            target: reason.target,
            customer: judged.place,
            again,
        };
        Some(SelectedKey {
            key,
            of,
            limit: None,
        })
    };
    page.into_iter().filter_map(&mut decide).collect()
}
