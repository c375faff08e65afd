//! The folder of the embedded server: its lock, its record of the running server, and the socket.

use crate::domain::os_error::cause;
use crate::store::error::Error;
use std::fs::{DirBuilder, File, OpenOptions, Permissions, TryLockError};
use std::io::{Read, Seek, SeekFrom, Write};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::time::Instant;

/// Interval of trying a held lock.
const POLL: Duration = Duration::from_millis(20);
/// How long a lock that was just released may still seem to be held.
const SETTLE: Duration = Duration::from_secs(1);
/// Longest socket path that works everywhere. The kernel's limit is 104 or 108 bytes, and servers silently truncate a
/// longer path.
const LONGEST_SOCKET: usize = 100;
/// The log is truncated beyond this size, in bytes.
const LONGEST_LOG: u64 = 1 << 20;

/// The folder, locked by this command until it is dropped.
pub(crate) struct ServerFolder {
    dir: PathBuf,
    /// The system releases the lock when this process ends, however it ends.
    _held: File,
}

/// Record of the last server that was started.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct ServerRecord {
    pub pid: i32,
    pub socket: PathBuf,
}

impl ServerFolder {
    /// Makes the folder private and locks it. Waits up to `wait` for another command that holds it.
    pub(super) async fn take(dir: &Path, wait: Duration) -> Result<Self, Error> {
        let dir = std::path::absolute(dir).map_err(|error| trouble(dir, "use", &error))?;
        prepare(&dir)?;
        let deadline = Instant::now() + wait;
        let mut held = open(&dir.join("lock"))?;
        loop {
            match held.try_lock() {
                Ok(()) => break,
                Err(TryLockError::Error(error)) => return Err(trouble(&dir, "lock", &error)),
                Err(TryLockError::WouldBlock) => {}
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(Error::Busy {
                    what: dir.display().to_string(),
                    holder: holder(&mut held),
                });
            }
            tokio::time::sleep(POLL.min(left)).await;
        }
        // The pid is for the message of the next command; only the lock counts.
        let _ = held
            .set_len(0)
            .and_then(|()| held.seek(SeekFrom::Start(0)))
            .and_then(|_| held.write_all(std::process::id().to_string().as_bytes()));
        Ok(Self { dir, _held: held })
    }

    pub(super) fn path(&self) -> &Path {
        &self.dir
    }

    /// Opens the file whose lock a running server holds. The server gets it as its standard input, so that the system
    /// releases the lock the moment the server ends. This is more reliable than a pid, which another process may have
    /// by then.
    fn server_lock(&self) -> Result<File, Error> {
        open(&self.dir.join("server.lock"))
    }

    /// Locks that file for a server that is about to start. A child process that is being spawned elsewhere in this
    /// program holds copies of all open files until it executes, so a lock that was just released may still seem to
    /// be held.
    pub(super) async fn lock_for_server(&self) -> Result<File, Error> {
        let deadline = Instant::now() + SETTLE;
        let lock = self.server_lock()?;
        loop {
            match lock.try_lock() {
                Ok(()) => return Ok(lock),
                Err(TryLockError::Error(error)) => return Err(trouble(&self.dir, "lock", &error)),
                Err(TryLockError::WouldBlock) if Instant::now() < deadline => {
                    tokio::time::sleep(POLL).await;
                }
                Err(TryLockError::WouldBlock) => {
                    return Err(Error::Embedded(format!(
                        "an unknown server runs in `{}`",
                        self.dir.display()
                    )));
                }
            }
        }
    }

    /// True if a server runs in this folder.
    pub(super) fn server_runs(&self) -> Result<bool, Error> {
        match self.server_lock()?.try_lock() {
            Ok(()) => Ok(false),
            Err(TryLockError::WouldBlock) => Ok(true),
            Err(TryLockError::Error(error)) => Err(trouble(&self.dir, "lock", &error)),
        }
    }

    /// Returns the record of the last server that was started.
    pub(super) fn record(&self) -> Option<ServerRecord> {
        let text = std::fs::read(self.dir.join("server")).ok()?;
        let line = text.iter().position(|byte| *byte == b'\n')?;
        let pid = std::str::from_utf8(text.get(..line)?).ok()?.parse().ok()?;
        let socket = text.get(line + 1..)?.strip_suffix(b"\n")?;
        Some(ServerRecord {
            pid,
            socket: PathBuf::from(std::ffi::OsStr::from_bytes(socket)),
        })
    }

    /// Replaces the record atomically.
    pub(super) fn write_record(&self, record: &ServerRecord) -> Result<(), Error> {
        let mut text = format!("{}\n", record.pid).into_bytes();
        text.extend_from_slice(record.socket.as_os_str().as_bytes());
        text.push(b'\n');
        let write = || -> std::io::Result<()> {
            let mut file = tempfile::NamedTempFile::new_in(&self.dir)?;
            file.write_all(&text)?;
            file.persist(self.dir.join("server"))?;
            Ok(())
        };
        write().map_err(|error| trouble(&self.dir, "write to", &error))
    }

    /// Removes the record, the socket and the socket's folder.
    pub(super) fn forget(&self) {
        if let Some(record) = self.record() {
            let _ = std::fs::remove_file(&record.socket);
            if let Some(parent) = record.socket.parent() {
                // Removes only an empty folder.
                let _ = std::fs::remove_dir(parent);
            }
        }
        let _ = std::fs::remove_file(self.dir.join("server"));
    }

    /// Opens the log for the server. Returns it with the offset of this start's output.
    pub(super) fn log(&self) -> Result<(File, u64), Error> {
        let path = self.dir.join("server.log");
        let mut file = OpenOptions::new()
            .append(true)
            .create(true)
            .mode(0o600)
            .open(&path)
            .map_err(|error| trouble(&path, "write to", &error))?;
        let mut end = file.seek(SeekFrom::End(0)).unwrap_or(0);
        if end > LONGEST_LOG && file.set_len(0).is_ok() {
            end = 0;
        }
        Ok((file, end))
    }

    /// Returns the last line that the server logged since the offset `from`.
    pub(super) fn last_words(&self, from: u64) -> Option<String> {
        let mut file = File::open(self.dir.join("server.log")).ok()?;
        let length = file.seek(SeekFrom::End(0)).ok()?;
        file.seek(SeekFrom::Start(from.max(length.saturating_sub(8192))))
            .ok()?;
        let mut text = Vec::new();
        file.take(8192).read_to_end(&mut text).ok()?;
        String::from_utf8_lossy(&text)
            .lines()
            .rev()
            .map(str::trim)
            .find(|line| !line.is_empty())
            .map(str::to_owned)
    }
}

/// Returns a path for the socket in a private folder with a short name, whatever the length of the data folder's.
pub(crate) fn private_socket() -> Result<PathBuf, Error> {
    let bases = [
        std::env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from),
        Some(std::env::temp_dir()),
        Some(PathBuf::from("/tmp")),
    ];
    let mut last = None;
    for base in bases
        .into_iter()
        .flatten()
        .filter(|base| base.is_absolute())
    {
        let made = tempfile::Builder::new()
            .prefix("alecs-cache-")
            .permissions(Permissions::from_mode(0o700))
            .tempdir_in(&base);
        match made {
            Ok(folder) => {
                let socket = folder.path().join("s");
                if socket.as_os_str().len() <= LONGEST_SOCKET {
                    let _ = folder.keep();
                    return Ok(socket);
                }
            }
            Err(error) => last = Some(error),
        }
    }
    Err(Error::Embedded(format!(
        "no folder with a short path for the embedded server's socket: {}",
        last.map_or_else(|| "all are too long".to_owned(), |error| error.to_string())
    )))
}

fn holder(lock: &mut File) -> String {
    let mut text = String::new();
    let _ = lock.seek(SeekFrom::Start(0));
    let _ = lock.take(32).read_to_string(&mut text);
    match text.trim().parse::<u32>() {
        Ok(pid) => format!("another command (pid {pid})"),
        Err(_) => "another command".to_owned(),
    }
}

fn open(path: &Path) -> Result<File, Error> {
    OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(path)
        .map_err(|error| trouble(path, "open", &error))
}

/// Creates the folder and makes it private. A folder with other files is refused, because its permissions are not
/// this program's to change.
fn prepare(dir: &Path) -> Result<(), Error> {
    let make = DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(dir)
        .and_then(|()| std::fs::metadata(dir));
    let found = make.map_err(|error| trouble(dir, "create", &error))?;
    if found.permissions().mode() & 0o777 == 0o700 {
        return Ok(());
    }
    let mut entries = std::fs::read_dir(dir).map_err(|error| trouble(dir, "read", &error))?;
    if entries.next().is_some() && !dir.join("server.lock").exists() {
        return Err(Error::Settings(format!(
            "`{}` holds other files: give the embedded server a folder of its own",
            dir.display()
        )));
    }
    std::fs::set_permissions(dir, Permissions::from_mode(0o700))
        .map_err(|error| trouble(dir, "make private", &error))
}

fn trouble(path: &Path, what: &str, error: &std::io::Error) -> Error {
    Error::Embedded(format!(
        "cannot {what} `{}`: {}",
        path.display(),
        cause(error)
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn folder(dir: &Path) -> ServerFolder {
        ServerFolder::take(dir, Duration::from_secs(1))
            .await
            .unwrap()
    }

    #[tokio::test]
    async fn the_folder_is_private_and_has_one_user_at_a_time() {
        let temp = tempfile::tempdir().unwrap();
        let dir = temp.path().join("a/b");
        let first = folder(&dir).await;
        let mode = std::fs::metadata(&dir).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o700);
        match ServerFolder::take(&dir, Duration::from_millis(30)).await {
            Err(Error::Busy { what, holder }) => {
                assert_eq!(what, dir.display().to_string());
                assert_eq!(
                    holder,
                    format!("another command (pid {})", std::process::id())
                );
            }
            _ => panic!("the folder has two users"),
        }
        drop(first);
        folder(&dir).await;
    }

    #[tokio::test]
    async fn a_folder_with_other_files_keeps_its_permissions() {
        let temp = tempfile::tempdir().unwrap();
        std::fs::set_permissions(temp.path(), Permissions::from_mode(0o755)).unwrap();
        std::fs::write(temp.path().join("precious"), "").unwrap();
        assert!(matches!(
            ServerFolder::take(temp.path(), Duration::ZERO).await,
            Err(Error::Settings(_))
        ));
        let mode = std::fs::metadata(temp.path()).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o755);
    }

    #[tokio::test]
    async fn a_record_is_read_back_and_forgotten() {
        let temp = tempfile::tempdir().unwrap();
        let folder = folder(temp.path()).await;
        assert_eq!(folder.record(), None);
        let socket = private_socket().unwrap();
        let record = ServerRecord { pid: 7, socket };
        folder.write_record(&record).unwrap();
        assert_eq!(folder.record().as_ref(), Some(&record));
        folder.forget();
        assert_eq!(folder.record(), None);
        assert!(!record.socket.parent().unwrap().exists());
    }

    #[tokio::test]
    async fn the_last_words_are_those_of_this_start() {
        let temp = tempfile::tempdir().unwrap();
        let folder = folder(temp.path()).await;
        let (mut log, _) = folder.log().unwrap();
        writeln!(log, "an old complaint").unwrap();
        let (_, from) = folder.log().unwrap();
        assert_eq!(folder.last_words(from), None);
        writeln!(log, "first\nlast\n\n").unwrap();
        assert_eq!(folder.last_words(from).as_deref(), Some("last"));
    }
}
