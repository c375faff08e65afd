//! What the cache does: operations that join the store and the source. A plan in, an outcome out.

pub mod error;
pub mod fill;
pub mod inspect;

pub use error::Error;
