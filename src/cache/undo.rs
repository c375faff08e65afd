//! Restores what an invalidation removed. `folder` manages the files, `writer` writes a file before anything is
//! removed, `outdated` compares the `copies` of properties in saved values with the cache, `newer` remembers those that
//! differ, and `restore` writes the records back.

mod block;
pub(crate) mod folder;
mod newer;

mod private;
mod put_back;
mod restore;
mod retract;
mod survey;
mod writer;

pub(crate) use folder::{UndoFile, UndoFolder};
pub(crate) use restore::{Restore, RestoreTarget};
pub(crate) use writer::UndoWriter;
