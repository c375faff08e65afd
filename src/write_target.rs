//! How a file that the operator named is written: a regular file is replaced as a whole, anything else is written into.

use crate::stop;
use std::fs::{self, File, Metadata, OpenOptions};
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

/// What a path names.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum WriteTarget {
    /// A regular file, or none yet; links are followed.
    Whole(PathBuf),
    /// A pipe, a device, or this process' own output. Replacing `/dev/null` would break the machine.
    Stream,
}

impl WriteTarget {
    /// Looks at a path.
    pub(crate) fn of(path: &Path) -> io::Result<Self> {
        match fs::metadata(path) {
            Ok(about) if about.is_dir() => Err(io::ErrorKind::IsADirectory.into()),
            Ok(about) if !about.is_file() || is_own_output(&about) => Ok(Self::Stream),
            Ok(_) => Ok(Self::Whole(fs::canonicalize(path)?)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                // A dangling link: the file that it points to is created.
                let target = fs::read_link(path).map_or_else(
                    |_| path.to_owned(),
                    |to| path.parent().unwrap_or(Path::new(".")).join(to),
                );
                Ok(Self::Whole(target))
            }
            Err(error) => Err(error),
        }
    }
}

/// Returns true for the file that stdout or stderr is redirected to, which `/dev/stdout` names too.
fn is_own_output(about: &Metadata) -> bool {
    ["/dev/stdout", "/dev/stderr"].iter().any(|own| {
        fs::metadata(own).is_ok_and(|own| (own.dev(), own.ino()) == (about.dev(), about.ino()))
    })
}

/// Opens a [`WriteTarget::Stream`]. A FIFO blocks until it has a reader.
pub(crate) fn open_stream(path: &Path) -> io::Result<File> {
    stop::blocking(|| OpenOptions::new().append(true).open(path))
}
