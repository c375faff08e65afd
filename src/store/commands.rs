//! Commands on keys, one file for each family.

pub(crate) mod cached;
pub(crate) mod collections;
pub(crate) mod describe;
pub(crate) mod dump;
pub(crate) mod exchange;
pub(crate) mod guarded;
mod index;
mod marks;
mod pages;
pub(crate) mod read;
pub(crate) mod remove;
pub(crate) mod restore;
pub(crate) mod scan;
pub(crate) mod seen_marks;
pub(crate) mod write;
