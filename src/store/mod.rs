//! Valkey: the only place that names the driver.

pub mod error;
pub mod options;

pub use error::Error;
pub use options::Options;
