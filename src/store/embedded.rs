//! A Valkey server of our own on a unix socket, and its folder.

mod folder;
pub(crate) mod server;
