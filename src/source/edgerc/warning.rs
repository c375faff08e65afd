//! Warnings about credentials that work.

use crate::domain::secret::is_open_to_others;
use std::fmt;
use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

/// What should be changed about credentials that work; without secrets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CredentialsWarning {
    pub problem: String,
    /// An imperative; `None` if what was found may be meant.
    pub remedy: Option<String>,
}

impl fmt::Display for CredentialsWarning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.problem)?;
        match &self.remedy {
            Some(remedy) => write!(f, ": {remedy}"),
            None => Ok(()),
        }
    }
}

/// Returns a warning if others may use the file.
pub(super) fn readable_by_others(file: &Path) -> Option<CredentialsWarning> {
    let about = fs::metadata(file).ok()?;
    let mode = about.mode() & 0o777;
    let is_owner = about.uid() == rustix::process::geteuid().as_raw();
    is_open_to_others(mode, is_owner).then(|| CredentialsWarning {
        problem: format!(
            "`{}` holds secrets and is open to others (mode {mode:03o})",
            file.display()
        ),
        remedy: Some("chmod 600 it".to_owned()),
    })
}
