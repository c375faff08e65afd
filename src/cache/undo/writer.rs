//! Writes keys to disk before they are removed.

use super::UndoFolder;
use crate::cache::Error;
use crate::domain::invalidation::undo_file::{UndoHeader, UndoRecord, block};
use std::fs::File;
use std::io::{self, Write};
use std::sync::Arc;

/// An undo file being written. It is created with its first record.
pub(crate) struct UndoWriter {
    folder: UndoFolder,
    header: UndoHeader,
    file: Option<Arc<File>>,
    /// True once records are synced, and may therefore be removed.
    saved: bool,
}

impl UndoWriter {
    pub(crate) fn new(folder: UndoFolder, header: UndoHeader) -> Self {
        Self {
            folder,
            header,
            file: None,
            saved: false,
        }
    }

    /// Writes batches of records, one block each, and waits until they are synced.
    ///
    /// # Errors
    /// After an error, none of these records may be removed.
    pub(crate) async fn write(&mut self, mut batches: Vec<Vec<UndoRecord>>) -> Result<(), Error> {
        batches.retain(|records| !records.is_empty());
        if batches.is_empty() {
            return Ok(());
        }
        let (file, fresh) = if let Some(file) = &self.file {
            (Arc::clone(file), None)
        } else {
            let file = Arc::new(self.folder.create(&self.header)?);
            self.file = Some(Arc::clone(&file));
            (file, Some((self.header.line(), self.folder.clone())))
        };
        let written = tokio::task::spawn_blocking(move || {
            let mut to = file.as_ref();
            if let Some((line, folder)) = &fresh {
                to.write_all(line).map_err(failed)?;
                folder.sync()?;
            }
            for records in batches {
                let block = block(&records).map_err(io::Error::other).map_err(failed)?;
                drop(records);
                to.write_all(&block).map_err(failed)?;
            }
            file.sync_data().map_err(failed)
        });
        written.await.unwrap_or_else(|error| Err(failed(error)))?;
        self.saved = true;
        Ok(())
    }

    /// Finishes the file. Returns its undo id; `None` if nothing was saved. No file is left then: the next undo would be
    /// of an invalidation that removed nothing.
    pub(crate) fn finish(self) -> Option<String> {
        if !self.saved {
            if self.file.is_some() {
                self.folder.discard(&self.header.id);
            }
            return None;
        }
        Some(self.header.id)
    }
}

fn failed(error: impl Into<io::Error>) -> Error {
    Error::Disk {
        what: "saving what is to be removed".into(),
        source: Arc::new(error.into()),
    }
}
