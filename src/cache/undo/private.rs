//! Only files and folders that no one else can write to are trusted.

use rustix::fs::{Mode, OFlags};
use std::fs::{File, Metadata};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// Permissions of group and others to write.
const WRITE_OF_OTHERS: u32 = 0o022;

/// Opens a regular file that belongs to us and that no one else may write to. Never waits: a FIFO is
/// refused, not read.
pub(super) fn open(path: &Path) -> io::Result<File> {
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let file = File::from(rustix::fs::open(path, flags, Mode::empty())?);
    let about = file.metadata()?;
    if !about.is_file() {
        return Err(refused("it is no regular file"));
    }
    ours(&about)?;
    Ok(file)
}

/// Refuses what belongs to another user, or what others may write to.
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
