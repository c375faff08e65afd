//! Trusts only files and folders that no other user can write to.

use rustix::fs::{Mode, OFlags};
use std::fs::{File, Metadata};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// Write permission of group and others.
const WRITE_OF_OTHERS: u32 = 0o022;

/// Opens a regular file that belongs to the current user and that no other user may write to. Never blocks: a FIFO
/// is refused.
pub(super) fn open(path: &Path) -> io::Result<File> {
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let file = File::from(rustix::fs::open(path, flags, Mode::empty())?);
    let about = file.metadata()?;
    if !about.is_file() {
        return Err(refused("it is not a regular file"));
    }
    ours(&about)?;
    Ok(file)
}

/// Refuses files of other users, and files that others may write to.
pub(super) fn ours(about: &Metadata) -> io::Result<()> {
    if about.uid() != rustix::process::geteuid().as_raw() {
        return Err(refused("it belongs to another user"));
    }
    if about.mode() & WRITE_OF_OTHERS != 0 {
        return Err(refused("other users may write to it"));
    }
    Ok(())
}

fn refused(reason: &str) -> io::Error {
    io::Error::new(io::ErrorKind::PermissionDenied, reason)
}
