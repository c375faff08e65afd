//! A private Valkey server on a unix socket, and its folder.

mod folder;
pub(crate) mod server;
