//! Connections to one server: dialling, TLS, the handshake, requests, replies and the retry budget.

pub(crate) mod batch_size;
pub(crate) mod connect;
pub(crate) mod connection;
pub(crate) mod handshake;
pub(crate) mod reply;
pub(crate) mod request;
pub(crate) mod retry;
mod tls;
