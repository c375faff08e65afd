//! Files that are written completely or not at all, and private when they are new.

use crate::domain::os_error::cause;
use crate::stop;
use crate::write_target::{WriteTarget, open_stream};
use std::fs::{self, File, Permissions, TryLockError};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tempfile::NamedTempFile;

/// Error of reading or writing a file.
#[derive(Debug, thiserror::Error)]
#[error("cannot {what} `{}`: {}", .path.display(), cause(.reason))]
pub(crate) struct FileError {
    what: &'static str,
    path: PathBuf,
    reason: io::Error,
}

/// Replaces the file with `text` in one step: readers see the old content or the new one. A new file gets mode 0600.
/// An existing file keeps its permissions, so that an operator who lets others read it does so only once. Symbolic
/// links are followed. A pipe or a device is written into.
pub(crate) fn replace(path: &Path, text: &str) -> Result<(), FileError> {
    let write = || {
        let target = match WriteTarget::of(path)? {
            WriteTarget::Stream => {
                let mut stream = open_stream(path)?;
                return stop::blocking(|| stream.write_all(text.as_bytes()));
            }
            WriteTarget::Whole(target) => target,
        };
        let mut file = beside(&target)?;
        file.write_all(text.as_bytes())?;
        let mode = fs::metadata(&target).map_or(0o600, |there| there.permissions().mode() & 0o7777);
        file.as_file()
            .set_permissions(Permissions::from_mode(mode))?;
        file.as_file().sync_all()?;
        file.persist(&target).map_err(|error| error.error)?;
        Ok(())
    };
    write().map_err(|reason| FileError {
        what: "write",
        path: path.to_owned(),
        reason,
    })
}

/// Minimum age at which the temporary file of a killed run is taken over.
const LEFT_BEHIND: Duration = Duration::from_mins(1);

/// Creates the temporary file that will replace `target`. Its name is fixed, so that all killed runs together leave
/// one file behind; while another run writes that file, the name is random.
fn beside(target: &Path) -> io::Result<NamedTempFile> {
    let name = target.file_name().unwrap_or_default().to_string_lossy();
    let name = format!(".{name}.alecs-cache");
    let fixed = || {
        let mut builder = tempfile::Builder::new();
        builder
            .prefix(&name)
            .rand_bytes(0)
            .tempfile_in(folder(target))
    };
    match fixed() {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            let path = folder(target).join(&name);
            let age = fs::symlink_metadata(&path).and_then(|there| there.modified());
            if age.is_ok_and(|at| at.elapsed().is_ok_and(|age| age > LEFT_BEHIND)) {
                fs::remove_file(&path)?;
                fixed()
            } else {
                NamedTempFile::new_in(folder(target))
            }
        }
        made => made,
    }
}

/// Resolves symbolic links.
fn target(path: &Path) -> PathBuf {
    fs::canonicalize(path).unwrap_or_else(|_| path.to_owned())
}

fn folder(target: &Path) -> &Path {
    match target.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

/// Advisory lock on a file, held until it is dropped. It locks the folder, because the file is replaced by another
/// one, and may not exist yet.
#[derive(Debug)]
pub(crate) struct FileLock(#[expect(dead_code, reason = "closing it lets go")] Option<File>);

/// Locks a file; `None` if another process holds the lock. If locking is impossible, as in a folder that can be written
/// but not read, the lock counts as held.
pub(crate) fn hold(path: &Path) -> Result<Option<FileLock>, FileError> {
    let opened = match File::open(folder(&target(path))) {
        Err(reason) if reason.kind() == io::ErrorKind::NotFound => {
            return Err(FileError {
                what: "write",
                path: path.to_owned(),
                reason,
            });
        }
        Err(_) => return Ok(Some(FileLock(None))),
        Ok(opened) => opened,
    };
    Ok(match opened.try_lock() {
        Ok(()) => Some(FileLock(Some(opened))),
        Err(TryLockError::WouldBlock) => None,
        Err(TryLockError::Error(_)) => Some(FileLock(None)),
    })
}

/// Returns the text of a regular file; empty if there is none yet, and for a pipe or a device, which are only written
/// into. `None` if the file has more than `most` bytes.
pub(crate) fn read_if_there(path: &Path, most: u64) -> Result<Option<String>, FileError> {
    let read = || {
        if WriteTarget::of(path)? == WriteTarget::Stream {
            return Ok(String::new());
        }
        let mut text = String::new();
        match File::open(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            opened => drop(opened?.take(most + 1).read_to_string(&mut text)?),
        }
        Ok(text)
    };
    let text = stop::blocking(read).map_err(|reason| FileError {
        what: "read",
        path: path.to_owned(),
        reason,
    })?;
    Ok((text.len() as u64 <= most).then_some(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_file_is_private_and_an_old_one_keeps_its_permissions() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("cache.prom");
        let mode = || fs::metadata(&path).unwrap().permissions().mode() & 0o777;
        replace(&path, "one").unwrap();
        assert_eq!(mode(), 0o600);
        fs::set_permissions(&path, Permissions::from_mode(0o644)).unwrap();
        replace(&path, "two").unwrap();
        assert_eq!(
            (mode(), read_if_there(&path, 3).unwrap()),
            (0o644, Some("two".into()))
        );
        assert_eq!(read_if_there(&path, 2).unwrap(), None);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn the_file_of_a_killed_run_is_taken_over_and_that_of_a_running_one_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("h.csv");
        let left = folder.path().join(".h.csv.alecs-cache");
        fs::write(&left, "half").unwrap();
        replace(&path, "one").unwrap();
        assert_eq!(fs::read_to_string(&left).unwrap(), "half");
        let old = std::time::SystemTime::now() - 2 * LEFT_BEHIND;
        File::options()
            .write(true)
            .open(&left)
            .unwrap()
            .set_modified(old)
            .unwrap();
        replace(&path, "two").unwrap();
        assert!(!left.exists());
        assert_eq!(fs::read_to_string(&path).unwrap(), "two");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_file_is_locked_by_one_process_at_a_time() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("history.csv");
        let held = hold(&path).unwrap();
        assert!(held.is_some());
        assert!(hold(&path).unwrap().is_none());
        drop(held);
        assert!(hold(&path).unwrap().is_some());
    }

    #[test]
    fn a_file_that_cannot_be_written_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("no/such/folder/file");
        let error = replace(&path, "x").unwrap_err().to_string();
        assert!(error.contains("no/such/folder/file"), "{error}");
        assert_eq!(read_if_there(&path, 3).unwrap(), Some(String::new()));
    }
}
