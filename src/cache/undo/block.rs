//! The records of one block on their way back.

use crate::domain::invalidation::undo_file::{SavedField, SavedKey, UndoRecord};
use crate::domain::key::{Customer, Entry};
use std::collections::BTreeMap;

/// A record, and the customer and entry that it is restored as; `None` if undo may not write it.
pub(super) type PlacedRecord = (Option<(Customer, Entry)>, UndoRecord);

/// The records of one block with their new names.
#[derive(Default)]
pub(super) struct Block {
    pub(super) keys: Vec<RestorableKey>,
    pub(super) fields: BTreeMap<Customer, Vec<SavedField>>,
}

impl Block {
    /// Adds a record; `renamed` is its key if that differs from the file's.
    pub(super) fn add(
        &mut self,
        renamed: Option<String>,
        customer: Customer,
        entry: Entry,
        record: UndoRecord,
    ) {
        match record {
            UndoRecord::Key { key, saved, early } => self.keys.push(RestorableKey {
                customer,
                entry,
                key: renamed.map_or(key, String::into_bytes),
                saved,
                early,
            }),
            UndoRecord::Field { field, .. } => {
                self.fields.entry(customer).or_default().push(field);
            }
        }
    }
}

/// A removed key with its new name.
pub(super) struct RestorableKey {
    pub(super) customer: Customer,
    pub(super) entry: Entry,
    pub(super) key: Vec<u8>,
    pub(super) saved: SavedKey,
    pub(super) early: bool,
}
