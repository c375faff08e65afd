//! Writes keys to disk before they are removed.

use super::UndoFolder;
use crate::cache::Error;
use crate::domain::invalidation::undo_file::{UndoHeader, UndoRecord, block};
use std::collections::HashSet;
use std::fs::File;
use std::io::{self, Write};
use std::sync::Arc;

/// Number of keys that are remembered, at least: more than are read, but not removed yet.
const RECENT: usize = 10_000;

/// An undo file being written. It is created with its first record.
pub(crate) struct UndoWriter {
    folder: UndoFolder,
    header: UndoHeader,
    file: Option<Arc<File>>,
    recent: RecentKeys,
    /// True once records are synced, and may therefore be removed.
    saved: bool,
}

impl UndoWriter {
    pub(crate) fn new(folder: UndoFolder, header: UndoHeader) -> Self {
        Self {
            folder,
            header,
            file: None,
            recent: RecentKeys::default(),
            saved: false,
        }
    }

    /// Writes batches of records, one block each, and waits until they are synced. A key that SCAN returned again before
    /// it was removed is saved once.
    ///
    /// # Errors
    /// After an error, none of these records may be removed.
    pub(crate) async fn write(&mut self, mut batches: Vec<Vec<UndoRecord>>) -> Result<(), Error> {
        for records in &mut batches {
            records.retain(|record| match record {
                UndoRecord::Key { key, .. } => self.recent.add(key),
                UndoRecord::Field { .. } => true,
            });
        }
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

/// The last keys that were saved.
#[derive(Default)]
struct RecentKeys {
    newest: HashSet<Vec<u8>>,
    former: HashSet<Vec<u8>>,
}

impl RecentKeys {
    /// Adds a key. Returns false if it is one of the last [`RECENT`] ones.
    fn add(&mut self, key: &[u8]) -> bool {
        if self.newest.len() >= RECENT {
            self.former = std::mem::take(&mut self.newest);
        }
        !self.former.contains(key) && self.newest.insert(key.to_vec())
    }
}

fn failed(error: impl Into<io::Error>) -> Error {
    Error::Disk {
        what: "saving what is to be removed".into(),
        source: Arc::new(error.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::invalidation::undo_file::{SavedField, SavedKey};
    use std::collections::BTreeMap;

    fn key(name: usize) -> UndoRecord {
        UndoRecord::Key {
            key: name.to_string().into_bytes(),
            saved: SavedKey {
                dump: Vec::new(),
                expires: None,
                value: Some(b"v".to_vec()),
            },
            early: false,
        }
    }

    fn field() -> UndoRecord {
        UndoRecord::Field {
            key: b"1".to_vec(),
            field: SavedField {
                name: b"f".to_vec(),
                value: b"v".to_vec(),
                expires: None,
            },
        }
    }

    #[tokio::test]
    async fn a_key_that_comes_again_soon_is_saved_once() {
        let state = tempfile::tempdir().unwrap();
        let folder = UndoFolder::below(state.path());
        let header = UndoHeader::new(
            "a-1".into(),
            5,
            "e".into(),
            "akamai:".into(),
            BTreeMap::new(),
            "c".into(),
        );
        let mut writer = UndoWriter::new(folder.clone(), header);
        let many = (0..RECENT).map(key).collect();
        let batches = vec![many, vec![key(RECENT), key(0)], vec![field(), field()]];
        writer.write(batches).await.unwrap();
        writer.write(vec![vec![key(RECENT)]]).await.unwrap();
        assert_eq!(writer.finish().as_deref(), Some("a-1"));
        let kept = folder.find("a-1").unwrap().unwrap();
        assert_eq!(kept.records, RECENT as u64 + 3);
    }
}
