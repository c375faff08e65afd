//! Answers on disk: the format, and what `--record` writes.
//!
//! One line of JSON for each answered call: `version`, `customer`, `call` (method, path and query,
//! body), `status`, `date`, `body`. No headers, no credentials, no account switch key, no host.

use super::Error;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// The only version of the format so far.
pub(super) const VERSION: u32 = 1;

/// An answer as a line keeps it.
#[derive(Serialize, Deserialize)]
pub(super) struct Line<'a> {
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

/// Writes answers as they arrive, for any number of customers.
#[derive(Debug)]
pub struct Recorder {
    path: PathBuf,
    file: Mutex<File>,
}

impl Recorder {
    /// A file that only its owner may read. One that was there before is replaced, not overwritten:
    /// whoever reads it goes on reading the old one. Through a link, and to what is no file (a
    /// pipe, `/dev/null`), it is written.
    pub fn create(path: &Path) -> Result<Self, Error> {
        let failed = |error: io::Error| cannot("write", path, &error);
        let mut options = OpenOptions::new();
        options.write(true).mode(0o600);
        match fs::symlink_metadata(path) {
            Ok(about) if about.is_file() => {
                fs::remove_file(path).map_err(failed)?;
                options.create_new(true);
            }
            Ok(_) => {
                options.create(true).truncate(true);
            }
            Err(_) => {
                options.create_new(true);
            }
        }
        let file = options.open(path).map_err(failed)?;
        if file.metadata().map_err(failed)?.is_file() {
            // Behind a link there may be an older one that others can read.
            file.set_permissions(fs::Permissions::from_mode(0o600))
                .map_err(failed)?;
        }
        Ok(Self {
            path: path.to_owned(),
            file: Mutex::new(file),
        })
    }

    /// Appends one answer. `body` must be free of secrets already.
    pub(super) fn write(
        &self,
        customer: &str,
        call: &str,
        status: u16,
        date: Option<Timestamp>,
        body: &str,
    ) -> Result<(), Error> {
        let broken = |error: &dyn std::fmt::Display| {
            Error::Recording(format!("cannot write `{}`: {error}", self.path.display()))
        };
        // Compact, since white space may hold line breaks; what is no JSON is kept as a text.
        let body = match serde_json::from_str::<&RawValue>(body) {
            Ok(raw) => RawValue::from_string(crate::domain::json::compact(raw.get())),
            Err(_) => serde_json::value::to_raw_value(body),
        }
        .map_err(|error| broken(&error))?;
        let mut line = serde_json::to_vec(&Line {
            version: VERSION,
            customer: customer.into(),
            call: call.into(),
            status,
            date: date.map(|date| date.to_string().into()),
            body: &body,
        })
        .map_err(|error| broken(&error))?;
        line.push(b'\n');
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        file.write_all(&line).map_err(|error| broken(&error))
    }
}

pub(super) fn cannot(what: &str, path: &Path, error: &io::Error) -> Error {
    Error::Recording(format!("cannot {what} `{}`: {error}", path.display()))
}
