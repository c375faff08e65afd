//! `--record` and `--from`.

use super::{Warm, WarmArgs};
use crate::exit::Failure;
use crate::output::human;
use crate::source::{Recorder, Recording};
use crate::stop::Stop;
use std::sync::Arc;

/// The recording that is replayed, and the one that is written.
#[derive(Default)]
pub(super) struct Recordings {
    pub(super) recording: Option<Arc<Recording>>,
    pub(super) recorder: Option<Arc<Recorder>>,
}

impl Recordings {
    pub(super) async fn prepare(arguments: &WarmArgs, stop: &Stop) -> Result<Self, Failure> {
        let recording = match &arguments.from {
            Some(from) => Some(Arc::new(Recording::open(from, stop).await?)),
            None => None,
        };
        let recorder = match &arguments.record {
            Some(path) => Some(Arc::new(Recorder::create(path)?)),
            None => None,
        };
        Ok(Self {
            recording,
            recorder,
        })
    }
}

impl Warm<'_> {
    /// Puts the recording in its place if it is complete. `fresh` keys were not fetched.
    pub(super) fn keep(&self, recorder: &Recorder, whole: bool, fresh: u64) -> Result<(), Failure> {
        if !whole {
            self.out.warn(
                "the recording is not kept, since the run ended early; a former one is left as it is",
            );
        } else if !recorder.keep()? {
            self.out.warn(
                "nothing had to be fetched, so there is no recording; --force fetches everything",
            );
        } else if fresh > 0 {
            self.out.warn(&format!(
                "the recording lacks what was not fetched because it is fresh ({}); --force fetches everything",
                human::count(fresh, "key")
            ));
        }
        Ok(())
    }
}
