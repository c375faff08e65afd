//! Valkey: the only place that names the driver.
//!
//! [`Store::connect`] is the one factory for all arrangements, and `run` the one way on which
//! commands travel: it knows the owner of each key, follows the keys when they move, and tries
//! again what may be tried again. Keys come in as text that was built elsewhere.

mod audit;
mod cached;
mod clear;
mod connect;
mod describe;
mod discover;
mod dump;
mod embedded;
pub mod error;
mod folder;
mod greeting;
pub mod keeper;
mod link;
pub mod lock;
pub mod options;
mod patience;
mod peer;
pub mod read;
mod remove;
mod reply;
mod request;
mod run;
mod scan;
#[expect(
    clippy::module_inception,
    reason = "the type that gives the folder its name"
)]
mod store;
mod survey;
mod tls;
mod topology;
mod view;
mod witness;
mod write;

pub use crate::domain::ttl::Ttl;
pub use cached::{Growth, Shape, Stored};
pub use clear::Seen;
pub use describe::Description;
pub use dump::{Restored, Saved, SavedField};
pub use error::Error;
pub use keeper::Kept;
pub use lock::{Attempt, Lock};
pub use options::Options;
pub use peer::{Peer, Weight};
pub use read::Field;
pub use remove::Softened;
pub use scan::{Coverage, Scan};
pub use store::Store;
pub use survey::{Facts, SlowEntry, Surveyed, Watch};
pub use view::StreamEntry;
pub use witness::Witness;
pub use write::Write;
