//! The folder of undo files: private, pruned by age and size.

use super::private;
use crate::cache::Error;
use crate::domain::invalidation::undo_file::{
    BlockHead, HEAD, HEADER_MAX, UndoFileError, UndoHeader, UndoRecord,
};
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom, Write as _};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

/// Extension of undo files.
const ENDING: &str = "undo";

/// Extension of files that hold the time when an undo file was undone.
const UNDONE: &str = "undone";

/// Limit of a timestamp, in bytes.
const MOMENT_MAX: u64 = 64;

/// Age after which files are removed when a new one is created. By then nearly everything in them has expired.
const AGE: Duration = Duration::from_hours(7 * 24);

/// Limit of all files together, in bytes.
const TOTAL: u64 = 2 << 30;

/// Limit of one file unless --undo is passed, in bytes.
const ONE: u64 = 1 << 30;

#[derive(Debug, Clone)]
pub(crate) struct UndoFolder(PathBuf);

#[derive(Debug, Clone, Default)]
pub(crate) struct UndoListing {
    /// Usable files, newest first.
    pub kept: Vec<UndoFile>,
    /// The unusable files.
    pub refused: Vec<RefusedFile>,
}

/// A file that cannot be undone.
#[derive(Debug, Clone)]
pub(crate) struct RefusedFile {
    pub id: String,
    /// Its header, if at least that is readable.
    pub header: Option<UndoHeader>,
    pub error: Error,
}

/// An undo file.
#[derive(Debug, Clone)]
pub(crate) struct UndoFile {
    pub header: UndoHeader,
    /// Number of keys and fields.
    pub records: u64,
    /// Size in bytes.
    pub bytes: u64,
    /// The file ends within a block, which is not read.
    pub cut: bool,
    /// Time of the last undo, as RFC 3339 in UTC.
    pub undone: Option<String>,
    path: PathBuf,
    /// Offset of the first block.
    start: u64,
}

impl UndoFolder {
    /// Returns the undo folder in the state folder.
    pub(crate) fn below(state: &Path) -> Self {
        Self(state.join("undo"))
    }

    /// Returns the limit for a file unless --undo is passed: 1 GiB or a tenth of the free disk space, whichever is
    /// less.
    pub(crate) fn limit(&self) -> Result<u64, Error> {
        self.make()?;
        let (_, free) = self.room()?;
        Ok(ONE.min(free / 10))
    }

    /// Returns the folder, which must exist, and the bytes that are free on its disk.
    pub(crate) fn room(&self) -> Result<(&Path, u64), Error> {
        let disk =
            rustix::fs::statvfs(&self.0).map_err(|error| self.failed("looking at", error))?;
        Ok((&self.0, disk.f_bavail.saturating_mul(disk.f_frsize)))
    }

    /// Creates an empty private file for this header.
    pub(super) fn create(&self, header: &UndoHeader) -> Result<File, Error> {
        self.make()?;
        self.prune();
        let path = self.path(&header.id);
        let file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(path);
        file.map_err(|error| self.failed("writing to", error))
    }

    /// Syncs the folder: the file's name must be on disk as well as its content.
    pub(super) fn sync(&self) -> Result<(), Error> {
        let synced = File::open(&self.0).and_then(|folder| folder.sync_all());
        synced.map_err(|error| self.failed("writing to", error))
    }

    /// Removes a file whose records were not removed.
    pub(super) fn discard(&self, id: &str) {
        // If this fails, the file is pruned later.
        let _ = fs::remove_file(self.path(id));
    }

    /// Returns all files, newest first.
    ///
    /// # Errors
    /// If the folder cannot be read, or others may write to it.
    pub(crate) fn list(&self) -> Result<UndoListing, Error> {
        self.check()?;
        let mut listing = UndoListing::default();
        for path in self.paths()? {
            match open(&path) {
                Ok((kept, _)) => listing.kept.push(kept),
                Err(error) => {
                    let id = path.file_stem().unwrap_or_default().to_string_lossy();
                    listing.refused.push(RefusedFile {
                        id: id.into_owned(),
                        header: header_of(&path),
                        error: broken(&path, error),
                    });
                }
            }
        }
        listing.kept.sort_by(|one, other| {
            (other.header.at, &other.header.id).cmp(&(one.header.at, &one.header.id))
        });
        Ok(listing)
    }

    /// Returns the headers of the newest files, newest first, without unreadable ones.
    pub(crate) fn newest(&self, limit: usize) -> Result<Vec<UndoHeader>, Error> {
        self.check()?;
        let mut paths = self.paths()?;
        // The names start with the time.
        paths.sort_by(|one, other| other.cmp(one));
        let headers = paths.iter().take(limit);
        Ok(headers.filter_map(|path| header_of(path)).collect())
    }

    /// Records when a file was undone (RFC 3339). If this fails, only the note is missing.
    pub(crate) fn mark_undone(&self, id: &str, at: &str) {
        let path = self.path(id).with_extension(UNDONE);
        let file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(path);
        let _ = file.and_then(|mut file| file.write_all(at.as_bytes()));
    }

    /// Checks that the folder is private, if it exists.
    fn check(&self) -> Result<(), Error> {
        match fs::metadata(&self.0) {
            Ok(about) => private::ours(&about).map_err(|error| broken(&self.0, error)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            Err(error) => Err(self.failed("reading from", error)),
        }
    }

    /// Returns the file with this id; `None` if there is none.
    pub(crate) fn find(&self, id: &str) -> Result<Option<UndoFile>, Error> {
        if id.is_empty()
            || !id
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        {
            return Ok(None);
        }
        self.check()?;
        match open(&self.path(id)) {
            Ok((kept, _)) => Ok(Some(kept)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(broken(&self.path(id), error)),
        }
    }

    fn make(&self) -> Result<(), Error> {
        let made = DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&self.0);
        made.map_err(|error| self.failed("making", error))?;
        self.check()
    }

    fn path(&self, id: &str) -> PathBuf {
        self.0.join(id).with_extension(ENDING)
    }

    fn paths(&self) -> Result<Vec<PathBuf>, Error> {
        let entries = match fs::read_dir(&self.0) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(self.failed("reading from", error)),
        };
        let paths = entries.filter_map(|entry| Some(entry.ok()?.path()));
        Ok(paths
            .filter(|path| path.extension().is_some_and(|ending| ending == ENDING))
            .collect())
    }

    /// Removes files that are too old, then the oldest ones until the rest fits the limit.
    fn prune(&self) {
        let about = |path: PathBuf| {
            let about = fs::metadata(&path).ok()?;
            Some((about.modified().ok()?, about.len(), path))
        };
        let mut files: Vec<_> = self
            .paths()
            .unwrap_or_default()
            .into_iter()
            .filter_map(about)
            .collect();
        files.sort();
        let mut total: u64 = files.iter().map(|(_, bytes, _)| bytes).sum();
        for (modified, bytes, path) in files {
            let age = SystemTime::now()
                .duration_since(modified)
                .unwrap_or_default();
            if age <= AGE && total <= TOTAL {
                break;
            }
            // A file that cannot be removed is tried again at the next invalidation.
            let _ = fs::remove_file(path.with_extension(UNDONE));
            if fs::remove_file(path).is_ok() {
                total = total.saturating_sub(bytes);
            }
        }
    }

    fn failed(&self, doing: &str, error: impl Into<io::Error>) -> Error {
        Error::Disk {
            what: format!("{doing} the folder of undo files `{}`", self.0.display()),
            source: Arc::new(error.into()),
        }
    }
}

impl UndoFile {
    /// Starts reading the records, block by block.
    pub(crate) fn records(&self) -> Result<Records, Error> {
        match open(&self.path).and_then(|(kept, mut file)| {
            file.seek(SeekFrom::Start(kept.start))?;
            Ok(file)
        }) {
            Ok(file) => Ok(Records {
                file,
                left: self.records,
                path: self.path.clone(),
            }),
            Err(error) => Err(broken(&self.path, error)),
        }
    }
}

/// Records being read.
pub(crate) struct Records {
    file: BufReader<File>,
    left: u64,
    path: PathBuf,
}

impl Records {
    /// Returns the next block; `None` at the end. A block that a crash cut off is not read; its keys were not
    /// removed.
    pub(crate) fn next_block(&mut self) -> Result<Option<Vec<UndoRecord>>, Error> {
        if self.left == 0 {
            return Ok(None);
        }
        let mut head = [0; HEAD];
        let read = self.file.read_exact(&mut head).and_then(|()| {
            let head = BlockHead::parse(head).map_err(io::Error::other)?;
            let mut payload = vec![0; head.length];
            self.file.read_exact(&mut payload)?;
            head.records(&payload).map_err(io::Error::other)
        });
        let records = read.map_err(|error| broken(&self.path, error))?;
        self.left = self.left.saturating_sub(records.len() as u64);
        Ok(Some(records))
    }
}

fn broken(path: &Path, error: io::Error) -> Error {
    let (file, source) = (path.display().to_string(), Arc::new(error));
    match source.kind() {
        io::ErrorKind::PermissionDenied => Error::NotPrivate { file, source },
        _ => Error::UndoFile { file, source },
    }
}

/// Returns when a file was undone, from the file beside it.
fn undone(path: &Path) -> Option<String> {
    let mut text = String::new();
    let file = private::open(&path.with_extension(UNDONE)).ok()?;
    file.take(MOMENT_MAX).read_to_string(&mut text).ok()?;
    let at: jiff::Timestamp = text.trim().parse().ok()?;
    Some(format!("{at:.3}"))
}

/// Returns the header of a file; `None` if it cannot be read.
fn header_of(path: &Path) -> Option<UndoHeader> {
    let mut file = BufReader::new(private::open(path).ok()?);
    Some(header(&mut file).ok()?.0)
}

/// Reads the header. Returns it with its length in bytes.
fn header(file: &mut BufReader<File>) -> io::Result<(UndoHeader, u64)> {
    let mut line = Vec::new();
    file.by_ref()
        .take(HEADER_MAX as u64)
        .read_until(b'\n', &mut line)?;
    let header = UndoHeader::parse(&line).map_err(io::Error::other)?;
    Ok((header, line.len() as u64))
}

/// Reads the header, and counts the records of complete blocks without reading them. Refuses a file without any.
fn open(path: &Path) -> io::Result<(UndoFile, BufReader<File>)> {
    let mut file = BufReader::new(private::open(path)?);
    let bytes = file.get_ref().metadata()?.len();
    let (header, start) = header(&mut file)?;
    let mut at = start;
    let mut records = 0;
    while at + HEAD as u64 <= bytes {
        let mut head = [0; HEAD];
        file.read_exact(&mut head)?;
        let head = BlockHead::parse(head).map_err(io::Error::other)?;
        at += (HEAD + head.length) as u64;
        if at > bytes {
            break;
        }
        records += head.count as u64;
        file.seek_relative(i64::try_from(head.length).map_err(io::Error::other)?)?;
    }
    if records == 0 {
        let reason = "it ends in its first batch (a command that was killed there removed nothing)";
        return Err(io::Error::other(UndoFileError(reason)));
    }
    let kept = UndoFile {
        header,
        records,
        bytes,
        cut: at != bytes,
        undone: undone(path),
        path: path.to_owned(),
        start,
    };
    Ok((kept, file))
}

#[cfg(test)]
mod tests;
