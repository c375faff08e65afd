//! Bringing back what an invalidation removed: `folder` knows the files, `writer` writes one before
//! anything is removed, `restore` puts its records back.

pub mod folder;
mod private;
mod put_back;
mod restore;
mod retract;
mod writer;

pub use folder::{Folder, Kept};
pub use restore::{Destination, Restore, Restored};
pub use writer::UndoWriter;
