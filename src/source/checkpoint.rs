//! Stores the responses of a run as they arrive, so that `warm --resume` can continue a run that was killed.
//!
//! There is one file for each customer, in the format of a recording. Its first line says since when what is marked as
//! invalidated is not taken from it.

use super::Error;
use super::recorder::{RecordingLine, VERSION, cannot, line};
use super::recording::{Recording, ReplayedAnswer};
use jiff::Timestamp;
use parking_lot::Mutex;
use rustix::fs::OFlags;
use serde::{Deserialize, Serialize};
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, BufRead as _, BufReader, Read as _, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Limit of the file, in bytes. Later responses are not stored, and a resumed run requests them again.
const MOST: u64 = 512 << 20;

/// Limit of the first line, in bytes.
const FIRST: u64 = 4 << 20;

/// Name of the call in the first line.
const START: &str = "START";

/// A moment before all responses in a file. A file is only continued by a run with an equal header, so accounts and
/// caches do not mix.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckpointHeader {
    /// Milliseconds since 1970, by the clock of the server that holds the marks.
    pub since: u64,
    /// The marks of shortly before that moment.
    pub before: Vec<(String, u64)>,
    /// The account and the cache.
    pub of: String,
}

/// The responses of this run, and those that an earlier run left.
#[derive(Debug)]
pub struct Checkpoint {
    path: PathBuf,
    customer: String,
    /// The account and the cache.
    of: String,
    /// Header of the file that an earlier run left, to be continued.
    former: Option<CheckpointHeader>,
    /// The file is for a plan, which leaves it as it is.
    read_only: bool,
    state: Mutex<CheckpointState>,
}

#[derive(Debug, Default)]
enum CheckpointState {
    /// The run has not begun to fetch: it may still be waiting for the one that writes the file.
    #[default]
    Unopened,
    Open {
        file: File,
        bytes: u64,
        former: Option<Recording>,
    },
    /// What the earlier run left is only read.
    ReadOnly(Arc<Recording>),
    /// The file could not be written. The run continues without it.
    Off,
}

impl Checkpoint {
    /// Prepares a file for a run, which may continue that of an earlier one.
    pub fn new(
        folder: &Path,
        customer: &str,
        of: String,
        former: Option<CheckpointHeader>,
    ) -> Self {
        Self {
            path: path(folder, customer),
            customer: customer.to_owned(),
            of,
            former,
            read_only: false,
            state: Mutex::default(),
        }
    }

    /// Only reads what an earlier run left.
    pub fn read_only(self) -> Self {
        Self {
            read_only: true,
            ..self
        }
    }

    /// Returns the moment before the responses that the earlier run left.
    pub(super) fn resumed(&self) -> Option<(u64, Vec<(String, u64)>)> {
        let former = self.former.as_ref()?;
        Some((former.since, former.before.clone()))
    }

    /// Begins to store responses from a moment on. The file of the earlier run is continued if its responses are from
    /// that moment on as well, and is replaced otherwise.
    pub(super) fn begin(&self, since: u64, before: Vec<(String, u64)>) {
        let mut state = self.state.lock();
        if matches!(*state, CheckpointState::Off) {
            return;
        }
        if self.read_only {
            let usable = self.former.as_ref().filter(|former| former.since == since);
            let read = usable.and_then(|_| Recording::read(&self.path).ok());
            *state = read.map_or(CheckpointState::Off, |read| {
                CheckpointState::ReadOnly(Arc::new(read))
            });
            return;
        }
        // What made this run fail would make each run fail that continues it.
        let _ = fs::remove_file(budget_mark(&self.path));
        let start = CheckpointHeader {
            since,
            before,
            of: self.of.clone(),
        };
        let former = self.former.as_ref().filter(|former| **former == start);
        let opened = match former.map(|former| self.continued(former)) {
            Some(Ok(opened)) => Ok(opened),
            _ => self.begun(&start),
        };
        *state = opened.unwrap_or_else(|error| {
            log::info!("no checkpoint: {error}");
            CheckpointState::Off
        });
    }

    /// Returns the header of the file that an earlier run left; `None` without a usable file.
    pub fn left(folder: &Path, customer: &str) -> Option<CheckpointHeader> {
        let file = open(&path(folder, customer)).ok()?;
        let mut first = Vec::new();
        BufReader::new(file.take(FIRST))
            .read_until(b'\n', &mut first)
            .ok()?;
        let line: RecordingLine = serde_json::from_slice(&first).ok()?;
        let own = line.version == VERSION && line.customer == customer && line.call == START;
        own.then(|| serde_json::from_str(line.body.get()).ok())?
    }

    /// Returns true if a run ended because of its budget, and none has begun anew since.
    pub fn left_by_budget(folder: &Path, customer: &str) -> bool {
        budget_mark(&path(folder, customer)).exists()
    }

    /// Notes that the budget ends this run, so that the next one continues it.
    pub(super) fn budget_ended(&self) {
        if matches!(*self.state.lock(), CheckpointState::Open { .. }) {
            // Without the note the next run begins anew.
            let _ = fs::write(budget_mark(&self.path), "");
        }
    }

    /// Removes the file after a run that came to its end.
    pub fn remove(&self) {
        let mut state = self.state.lock();
        if matches!(*state, CheckpointState::Open { .. }) {
            // A file that cannot be removed soon becomes too old to resume from.
            let _ = fs::remove_file(budget_mark(&self.path));
            let _ = fs::remove_file(&self.path);
        }
        *state = CheckpointState::Off;
    }

    /// Reports whether the earlier run received the list of hostnames, or a part of it.
    pub(super) fn has_listing(&self) -> bool {
        let listing = self.former(|former| former.has_listing(&self.customer).then_some(()));
        listing.is_some()
    }

    /// Returns the earlier run's response to a call.
    pub(super) fn answer(&self, call: &str) -> Option<ReplayedAnswer> {
        let answer = self.former(|former| former.answer(&self.customer, call).ok())?;
        is_final(call, answer.status).then_some(answer)
    }

    /// Returns the earlier run's responses, if they are only read.
    pub(super) fn received(&self) -> Option<Arc<Recording>> {
        match &*self.state.lock() {
            CheckpointState::ReadOnly(former) => Some(Arc::clone(former)),
            _ => None,
        }
    }

    /// Looks in the earlier run's responses, if there are any.
    fn former<T>(&self, look: impl FnOnce(&Recording) -> Option<T>) -> Option<T> {
        match &*self.state.lock() {
            CheckpointState::Open { former, .. } => look(former.as_ref()?),
            CheckpointState::ReadOnly(former) => look(former),
            _ => None,
        }
    }

    /// Returns none of the earlier run's responses from now on.
    pub(super) fn stop_answering(&self) {
        if let CheckpointState::Open { former, .. } = &mut *self.state.lock() {
            *former = None;
        }
    }

    /// Appends a response, which must already be free of secrets. A failed write is logged and turns the checkpoint
    /// off.
    pub(super) fn keep(&self, call: &str, status: u16, date: Option<Timestamp>, body: &str) {
        let mut state = self.state.lock();
        let CheckpointState::Open { file, bytes, .. } = &mut *state else {
            return;
        };
        let Ok(line) = line(&self.customer, call, status, date, body) else {
            return;
        };
        if *bytes + line.len() as u64 > MOST {
            return;
        }
        *bytes += line.len() as u64;
        if let Err(error) = file.write_all(&line) {
            log::info!("no checkpoint: {}", cannot("write", &self.path, &error));
            *state = CheckpointState::Off;
        }
    }

    /// Replaces the file. Another process that still writes to the old one is not disturbed.
    fn begun(&self, start: &CheckpointHeader) -> Result<CheckpointState, Error> {
        let failed = |error: io::Error| cannot("write", &self.path, &error);
        if let Some(folder) = self.path.parent() {
            let mut builder = DirBuilder::new();
            builder
                .recursive(true)
                .mode(0o700)
                .create(folder)
                .map_err(failed)?;
        }
        match fs::remove_file(&self.path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(failed(error)),
            _ => {}
        }
        let mut new = OpenOptions::new();
        let mut file = new
            .append(true)
            .create_new(true)
            .mode(0o600)
            .open(&self.path)
            .map_err(failed)?;
        let start = serde_json::to_string(start).unwrap_or_default();
        let first =
            line(&self.customer, START, 0, None, &start).map_err(|error| failed(error.into()))?;
        file.write_all(&first).map_err(failed)?;
        Ok(CheckpointState::Open {
            file,
            bytes: first.len() as u64,
            former: None,
        })
    }

    /// Continues the file of the earlier run after its last whole line.
    fn continued(&self, former: &CheckpointHeader) -> Result<CheckpointState, Error> {
        let failed = |error: io::Error| cannot("read", &self.path, &error);
        let mut file = open(&self.path).map_err(failed)?;
        let end = end_of_lines(&mut file).map_err(failed)?;
        file.set_len(end).map_err(failed)?;
        let recording = Recording::read(&self.path)?;
        let start = recording.answer(&self.customer, START)?;
        let start: Option<CheckpointHeader> = serde_json::from_str(&start.body).ok();
        if start.as_ref() != Some(former) {
            return Err(failed(io::ErrorKind::InvalidData.into()));
        }
        Ok(CheckpointState::Open {
            file,
            bytes: end,
            former: Some(recording),
        })
    }
}

/// Returns true if a call need not be made again. A refusal is final for the list of a group: an account may have more
/// groups that these credentials may not read than a run may make calls.
fn is_final(call: &str, status: u16) -> bool {
    let lists = ["GET /papi/v1/properties?", "GET /papi/v1/cpcodes?"];
    (200..300).contains(&status) || status == 403 && lists.iter().any(|list| call.starts_with(list))
}

fn path(folder: &Path, customer: &str) -> PathBuf {
    folder.join("resume").join(format!("{customer}.ndjson"))
}

/// Returns the path of the empty file beside a checkpoint whose run ended because of its budget.
fn budget_mark(path: &Path) -> PathBuf {
    path.with_extension("budget")
}

/// Opens a file only if the current user owns it and no other user may read or write it.
fn open(path: &Path) -> io::Result<File> {
    let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK;
    let file = OpenOptions::new()
        .read(true)
        .append(true)
        .custom_flags(flags.bits().cast_signed())
        .open(path)?;
    let about = file.metadata()?;
    let ours = about.uid() == rustix::process::geteuid().as_raw() && about.mode() & 0o777 == 0o600;
    if about.is_file() && ours {
        Ok(file)
    } else {
        Err(io::ErrorKind::PermissionDenied.into())
    }
}

/// Returns the offset after the last whole line. A process that was killed may have left half a line.
fn end_of_lines(file: &mut File) -> io::Result<u64> {
    let mut end = file.metadata()?.len();
    let mut block = vec![0; 1 << 16];
    while end > 0 {
        let length = end.min(block.len() as u64);
        file.seek(SeekFrom::Start(end - length))?;
        let part = block
            .get_mut(..usize::try_from(length).unwrap_or(0))
            .unwrap_or_default();
        file.read_exact(part)?;
        if let Some(last) = part.iter().rposition(|byte| *byte == b'\n') {
            return Ok(end - length + last as u64 + 1);
        }
        end -= length;
    }
    Ok(0)
}

#[cfg(test)]
mod tests;
