//! Akamai: the only place that names the HTTP client.

pub mod error;
pub mod options;

pub use error::Error;
pub use options::Options;
