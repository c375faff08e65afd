//! What the cache does: operations that join the store and the source. A plan in, an outcome out.

pub mod audit;
mod coverage;
pub mod customers;
pub mod error;
pub mod fetch;
pub mod hit_rate;
pub mod inspect;
pub mod invalidate;
pub mod locks;
pub mod read;
pub mod stats;
pub mod undo;

pub use error::Error;
