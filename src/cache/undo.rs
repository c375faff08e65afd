//! Restores what an invalidation removed. `folder` manages the files, `writer` writes a file before anything is
//! removed, `survey` compares the properties in saved values with the cache, `newer` remembers those that differ, and
//! `restore` writes the records back.

mod block;
pub(crate) mod folder;
mod newer;
mod private;
mod put_back;
mod restore;
mod retract;
mod survey;
mod target;
mod writer;

pub(crate) use folder::{UndoFile, UndoFolder};
pub(crate) use restore::Restore;
pub(crate) use target::RestoreTarget;
pub(crate) use writer::UndoWriter;
