//! Bringing back what an invalidation removed: `folder` knows the files, `writer` writes one before
//! anything is removed, `newer` knows what was stored anew since, `restore` puts its records back.

pub(crate) mod folder;
mod newer;
mod private;
mod put_back;
mod restore;
mod retract;
mod writer;

pub(crate) use folder::{Folder, Kept};
pub(crate) use restore::{Destination, Restore, Restored};
pub(crate) use writer::UndoWriter;
