//! Valkey: the only place that names the driver.
//!
//! [`Store::connect`] is the one factory for all arrangements, and [`pipeline`] the one way on which
//! commands travel: it knows the owner of each key, follows the keys when they move, and tries
//! again what may be tried again. Keys come in as text that was built elsewhere.

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

pub use crate::domain::ttl::Ttl;
pub use client::Store;
pub(crate) use cluster::snapshot::{TopologySnapshot, Verified};
pub(crate) use commands::cached::{Growth, Shape, Stored};
pub(crate) use commands::collections::StreamEntry;
pub use commands::describe::Description;
pub(crate) use commands::dump::{Restored, Saved, SavedField};
pub use commands::exchange::Exchanged;
pub use commands::guarded::SeenMarks;
pub(crate) use commands::remove::EarlyExpiry;
pub(crate) use commands::scan::Scan;
pub use commands::write::Write;
pub use error::Error;
pub use locks::lock::{Attempt, Lock};
pub(crate) use locks::renewal::Kept;
pub use locks::stale::Seen;
pub(crate) use nodes::info::{Facts, NodeInfo, Watch};
pub(crate) use nodes::node::{KeyMemory, NodeConnection};
pub(crate) use nodes::permissions::{Condition, Permission};
pub use options::Options;
