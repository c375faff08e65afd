//! The file format of recordings, and the writer for `--record`.
//!
//! One line of JSON for each response: `version`, `customer`, `call` (method, path, query and body), `status`,
//! `date`, `body`. No headers, no credentials, no account switch key, no host.

use super::Error;
use crate::domain::os_error::cause;
use crate::write_target::{WriteTarget, open_stream};
use jiff::Timestamp;
use parking_lot::Mutex;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use tempfile::NamedTempFile;

/// The only version of the format so far.
pub(super) const VERSION: u32 = 1;

/// One line of a recording.
#[derive(Serialize, Deserialize)]
pub(super) struct RecordingLine<'a> {
    pub version: u32,
    #[serde(borrow)]
    pub customer: Cow<'a, str>,
    #[serde(borrow)]
    pub call: Cow<'a, str>,
    pub status: u16,
    #[serde(default, borrow, skip_serializing_if = "Option::is_none")]
    pub date: Option<Cow<'a, str>>,
    #[serde(borrow)]
    pub body: &'a RawValue,
}

/// Writes responses as they arrive, for any number of customers.
#[derive(Debug)]
pub struct Recorder {
    path: PathBuf,
    state: Mutex<RecorderState>,
}

#[derive(Debug)]
struct RecorderState {
    place: RecordingFile,
    answers: u64,
}

#[derive(Debug)]
enum RecordingFile {
    /// The target is not a regular file (a pipe, a device) and is written directly.
    Stream(File),
    /// A temporary file beside the target. [`Recorder::keep`] renames it; dropping it removes it.
    Beside(NamedTempFile, PathBuf),
    /// The temporary file was renamed to the target.
    Kept,
}

impl Recorder {
    /// Starts a recording that only its owner may read. An existing file is left alone until [`Recorder::keep`]. A
    /// link is followed. A pipe or a device such as `/dev/null` is written directly.
    pub fn create(path: &Path) -> Result<Self, Error> {
        let failed = |error: io::Error| unwritable(path, &error);
        let place = match WriteTarget::of(path).map_err(failed)? {
            WriteTarget::Stream => RecordingFile::Stream(open_stream(path).map_err(failed)?),
            WriteTarget::Whole(target) => {
                let folder = match target.parent() {
                    Some(folder) if !folder.as_os_str().is_empty() => folder,
                    _ => Path::new("."),
                };
                // Temporary files are created with mode 0600.
                let file = NamedTempFile::new_in(folder).map_err(failed)?;
                RecordingFile::Beside(file, target)
            }
        };
        Ok(Self {
            path: path.to_owned(),
            state: Mutex::new(RecorderState { place, answers: 0 }),
        })
    }

    /// Puts the recording in its place. Returns `false` if there was nothing to record; an existing file is then left
    /// alone.
    pub fn keep(&self) -> Result<bool, Error> {
        let failed = |error: io::Error| unwritable(&self.path, &error);
        let mut state = self.state.lock();
        if state.answers == 0 {
            return Ok(false);
        }
        if let RecordingFile::Beside(file, target) =
            std::mem::replace(&mut state.place, RecordingFile::Kept)
        {
            file.as_file().sync_all().map_err(failed)?;
            file.persist(target).map_err(|error| failed(error.error))?;
        }
        Ok(true)
    }

    /// Appends one response. `body` must already be free of secrets.
    pub(super) fn write(
        &self,
        customer: &str,
        call: &str,
        status: u16,
        date: Option<Timestamp>,
        body: &str,
    ) -> Result<(), Error> {
        let broken = |error: &dyn std::fmt::Display| {
            Error::Unrecorded(format!("cannot write `{}`: {error}", self.path.display()))
        };
        let line = line(customer, call, status, date, body).map_err(|error| broken(&error))?;
        let mut state = self.state.lock();
        let written = match &mut state.place {
            RecordingFile::Stream(file) => file.write_all(&line),
            RecordingFile::Beside(file, _) => file.write_all(&line),
            RecordingFile::Kept => Err(io::Error::other("it is finished already")),
        };
        written.map_err(|error| broken(&error))?;
        state.answers += 1;
        Ok(())
    }
}

/// Formats a response as a line of a recording, with the line break.
pub(super) fn line(
    customer: &str,
    call: &str,
    status: u16,
    date: Option<Timestamp>,
    body: &str,
) -> Result<Vec<u8>, serde_json::Error> {
    // Compact, because white space may contain line breaks. A body that is not JSON is stored as a string.
    let body = match serde_json::from_str::<&RawValue>(body) {
        Ok(raw) => RawValue::from_string(crate::domain::json::compact(raw.get())),
        Err(_) => serde_json::value::to_raw_value(body),
    }?;
    let mut line = serde_json::to_vec(&RecordingLine {
        version: VERSION,
        customer: customer.into(),
        call: call.into(),
        status,
        date: date.map(|date| date.to_string().into()),
        body: &body,
    })?;
    line.push(b'\n');
    Ok(line)
}

fn unwritable(path: &Path, error: &io::Error) -> Error {
    Error::Unrecorded(format!(
        "cannot write `{}`: {}",
        path.display(),
        cause(error)
    ))
}

pub(super) fn cannot(what: &str, path: &Path, error: &io::Error) -> Error {
    Error::Recording(format!(
        "cannot {what} `{}`: {}",
        path.display(),
        cause(error)
    ))
}
