//! Bringing back what an invalidation removed: `folder` knows the files, `keeper` writes one before
//! anything is removed, `restore` puts its records back.

pub mod folder;
mod keeper;
mod restore;

pub use folder::{Folder, Kept};
pub use keeper::Keeper;
pub use restore::{Destination, Restore, Restored};
