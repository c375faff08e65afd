//! Restores what an invalidation removed. `folder` manages the files, `writer` writes a file before anything is
//! removed, `newer` knows what has been stored since, and `restore` writes the records back.

pub(crate) mod folder;
mod newer;
mod private;
mod put_back;
mod restore;
mod retract;
mod writer;

pub(crate) use folder::{UndoFile, UndoFolder};
pub(crate) use restore::{Restore, RestoreTarget};
pub(crate) use writer::UndoWriter;
