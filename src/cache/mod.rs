//! What the cache does: operations that join the store and the source. A plan in, an outcome out.

mod answers;
pub mod audit;
mod coverage;
pub mod customers;
pub mod error;
pub mod fill;
pub mod hit_rate;
pub mod inspect;
pub mod invalidate;
pub mod locks;
pub mod reader;
pub mod stats;
pub mod undo;

pub use error::Error;
