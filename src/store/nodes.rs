//! Single servers: what each says of itself, and a connection to each.

pub(crate) mod info;
pub(crate) mod node;
pub(crate) mod permissions;
