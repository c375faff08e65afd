//! The embedded server's folder: who may use it, what runs in it, where its socket is.

use crate::domain::os_error::cause;
use crate::store::error::Error;
use std::fs::{DirBuilder, File, OpenOptions, Permissions, TryLockError};
use std::io::{Read, Seek, SeekFrom, Write};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::time::Instant;

/// How often a held lock is tried.
const POLL: Duration = Duration::from_millis(20);
/// How long a free lock may seem to be held.
const SETTLE: Duration = Duration::from_secs(1);
/// The longest socket path that every system takes; the name that the kernel keeps ends at 104 or
/// 108 bytes, and the servers cut a longer one off silently.
const LONGEST_SOCKET: usize = 100;
/// The log is started anew when it has grown to this.
const LONGEST_LOG: u64 = 1 << 20;

/// The folder, held by this command until it is dropped.
pub(crate) struct ServerFolder {
    dir: PathBuf,
    /// The system releases it when this process ends, however it ends.
    _held: File,
}

/// The record of the server that was started last.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct ServerRecord {
    pub pid: i32,
    pub socket: PathBuf,
}

impl ServerFolder {
    /// Makes the folder private and takes it; waits up to `wait` for another command that has it.
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
        // For the message of the next command; the lock itself is what counts.
        let _ = held
            .set_len(0)
            .and_then(|()| held.seek(SeekFrom::Start(0)))
            .and_then(|_| held.write_all(std::process::id().to_string().as_bytes()));
        Ok(Self { dir, _held: held })
    }

    /// The folder's path.
    pub(super) fn path(&self) -> &Path {
        &self.dir
    }

    /// The file whose lock a server that runs here holds: it is given to the server as its standard
    /// input, so that the system releases the lock at the very moment the server ends. That is
    /// surer than a process number, which may long be another client's.
    fn server_lock(&self) -> Result<File, Error> {
        open(&self.dir.join("server.lock"))
    }

    /// That file, locked, for a server that is about to start. A process that begins elsewhere in
    /// this program has copies of our files for the blink before it becomes another program, so that
    /// a lock that was just released may still seem to be held.
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

    /// Whether a server runs here.
    pub(super) fn server_runs(&self) -> Result<bool, Error> {
        match self.server_lock()?.try_lock() {
            Ok(()) => Ok(false),
            Err(TryLockError::WouldBlock) => Ok(true),
            Err(TryLockError::Error(error)) => Err(trouble(&self.dir, "lock", &error)),
        }
    }

    /// What is known of the server that was started last.
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

    /// Records what was started, in one step.
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

    /// Forgets the server, its socket and the folder of its socket.
    pub(super) fn forget(&self) {
        if let Some(record) = self.record() {
            let _ = std::fs::remove_file(&record.socket);
            if let Some(parent) = record.socket.parent() {
                // Only ever removes an empty folder.
                let _ = std::fs::remove_dir(parent);
            }
        }
        let _ = std::fs::remove_file(self.dir.join("server"));
    }

    /// The log, for the server to write to, and where this start's part of it begins.
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

    /// The last line that the server wrote to its log since `from`.
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

/// A path for the socket, in a private folder whose name is short enough whatever the length of
/// ours.
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

/// Makes sure that the folder is there and private. A folder with other people's files in it is
/// refused: its permissions are not ours to change.
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
