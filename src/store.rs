//! Valkey. Nothing outside this folder names the driver.
//!
//! [`Store::connect`] is the only factory for every deployment, and all commands run through [`pipeline`]: it sends
//! each request to the owner of its key, follows keys that move, and retries what may be retried. Callers pass
//! complete keys.

mod client;
mod cluster;
mod commands;
mod embedded;
mod error;
mod locks;
mod net;
mod nodes;
pub(crate) mod options;
mod pipeline;
mod topology;
mod unsupported;

pub use crate::domain::ttl::Ttl;
pub use client::Store;
pub(crate) use cluster::snapshot::{TopologySnapshot, Verification};
pub(crate) use commands::cached::{CachedWrite, Increment, Shape};
pub(crate) use commands::collections::StreamEntry;
pub use commands::describe::Description;
pub use commands::exchange::ExchangeResult;
pub use commands::guarded::WriteOutcome;
pub(crate) use commands::restore::RestoreResult;
pub(crate) use commands::scan::Scan;
pub use commands::seen_marks::SeenMarks;
pub use commands::write::Write;
pub use error::Error;
pub(crate) use error::{NO_CLUSTER_NODE, NO_DATABASE, NO_PRIMARY, NO_SENTINEL};
pub use locks::lock::{Lock, LockAttempt};
pub(crate) use locks::renewal::RenewedLock;
pub use locks::stale::ObservedLock;
pub(crate) use nodes::info::{Facts, NodeInfo, SentinelView};
pub(crate) use nodes::node::{KeyMemory, NodeConnection};
pub(crate) use nodes::permissions::{Condition, Permission};
pub use options::Options;
