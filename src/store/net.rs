//! Connections to one server: dialing, TLS, handshake, requests, replies and retry budget.

pub(crate) mod batch_size;
pub(crate) mod connect;
pub(crate) mod connection;
pub(crate) mod handshake;
pub(crate) mod reply;
pub(crate) mod request;
pub(crate) mod retry;
mod tls;
