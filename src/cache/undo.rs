//! Bringing back what an invalidation removed: `folder` knows the files, `writer` writes one before
//! anything is removed, `newer` knows what was stored anew since, `restore` puts its records back.

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
