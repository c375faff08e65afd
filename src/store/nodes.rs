//! Single servers: their reports about themselves, and connections to them.

pub(crate) mod info;
pub(crate) mod node;
pub(crate) mod permissions;
